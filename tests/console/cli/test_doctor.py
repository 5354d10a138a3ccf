"""``deskbridge doctor``: what it prints, what it leaves alone, how it ends."""

from __future__ import annotations

import functools
import json
import re
import shutil
from datetime import timedelta
from importlib.metadata import version
from typing import Any

import pytest

from shared.health import internet
from shared.health.address import OUR_PAGE
from shared.health.checks import Check, State
from shared.health.internet import Page
from shared.models import applications, connections, daemons
from shared.models.daemons import DaemonFacts
from shared.models.schema import MIGRATIONS
from shared.models.store import open_store
from shared.operations.health import Diagnosis

URL = "http://localhost:8085"


@pytest.fixture
def up(shell):
    """A shell on whose store a daemon runs."""
    with shell.store.transaction():
        now = shell.store.now()
        facts = DaemonFacts("a1", "books", 4711, version("deskbridge"), (URL,), URL, None, now)
        daemons.beat(facts, now)
    return shell


def diagnosis(shell, *words: str, code: int = 0, **environ: str | None) -> Any:
    result = shell.run("doctor", "--no-network", *words, "--json", **environ)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def states(found: Any) -> dict[str, str]:
    return {check["name"]: check["state"] for check in found["checks"]}


def test_a_warning_is_told_and_the_exit_code_is_0(up):
    text = up.says("doctor", "--no-network")
    assert "ok    store: SQLite" in text
    assert "warn  address: http://localhost:8085" in text
    assert "What to do: Set public_url" in " ".join(text.split())
    assert "1 warning" in text.splitlines()[-1]
    # A path stays whole, however long.
    assert all(len(line) <= 80 for line in text.splitlines() if str(up.folder) not in line)


def test_strictly_a_warning_ends_with_1_too(up):
    found = diagnosis(up, "--strict", code=1)
    assert found["ok"], "nothing failed"
    assert "warn" in states(found).values()


def test_a_failure_comes_last_and_the_exit_code_is_1(shell):
    result = shell.run("doctor", "--no-network")
    assert result.exit_code == 1
    words = [line.split()[0] for line in result.stdout.splitlines() if line[:1] in "owf" and line]
    checked = [word for word in words if word in ("ok", "warn", "fail")]
    assert checked == sorted(checked, key=["ok", "warn", "fail"].index)
    assert checked[-1] == "fail"
    assert result.stdout.splitlines()[-1].startswith("1 check failed, 1 warning, ")
    assert result.stderr == ""


def test_json_has_the_checks_and_where_each_setting_comes_from(up, tmp_path):
    config = tmp_path / "deskbridge.toml"
    config.write_text("keep_days = 30\n")
    result = up.run("--config", str(config), "doctor", "--no-network", "--json")
    found = json.loads(result.stdout)
    assert list(found) == ["ok", "checks", "settings"]
    assert found["ok"] is True
    assert list(found["checks"][0]) == ["name", "state", "told", "remedy"]
    sources = {row["key"]: row["source"] for row in found["settings"]}
    assert sources["keep_days"] == str(config)
    assert sources["database"] == "DESKBRIDGE_DATABASE"
    assert sources["page_size"] == "default"


def test_settings_are_shown_on_request_those_that_somebody_set_first(up):
    assert "keep_days" not in up.says("doctor", "--no-network")
    said = up.says("doctor", "--no-network", "--settings", DESKBRIDGE_KEEP_DAYS="30")
    lines = [line for line in said.splitlines() if "date_format" not in line]  # the suite sets it
    assert lines[0].split() == ["Setting", "Value", "From"]
    assert lines[1].split()[0] == "database"
    assert lines[2].split() == ["keep_days", "30", "DESKBRIDGE_KEEP_DAYS"]
    assert lines[3].endswith("default")


def test_a_database_password_is_never_printed(shell):
    shell.database = "postgresql://anna:s3cret@127.0.0.1:1/context"
    for words in (["--json"], []):
        result = shell.run("doctor", "--no-network", *words)
        assert result.exit_code == 1
        assert "anna:" in result.stdout
        assert "s3cret" not in result.output


def test_refused_settings_are_a_finding(shell):
    found = diagnosis(shell, code=1, DESKBRIDGE_KEEP_DAYS="0", DESKBRIDGE_LOG="loud")
    assert [check["name"] for check in found["checks"]] == ["settings", "settings"]
    assert found["settings"] == []
    assert "DESKBRIDGE_LOG" in shell.run("doctor", DESKBRIDGE_LOG="loud").stdout


def test_a_missing_store_is_a_finding_and_is_not_made(shell):
    missing = shell.folder / "nowhere" / "store.sqlite3"
    shell.database = f"sqlite:///{missing}"
    assert states(diagnosis(shell, code=1))["store"] == "fail"
    assert not missing.parent.exists()


def test_a_store_that_may_not_be_opened_is_a_finding(shell, monkeypatch):
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "/var/lib/deskbridge")

    monkeypatch.setattr("shared.models.store.open_store", denied)
    found = diagnosis(shell, code=1)
    [told] = [check for check in found["checks"] if check["name"] == "store"]
    assert told["told"] == "The store /var/lib/deskbridge: Permission denied."
    assert "sudo -u deskbridge" in told["remedy"]


def test_a_store_that_waits_for_its_upgrade_is_a_finding(shell, monkeypatch):
    steps = shell.folder / "steps"
    shutil.copytree(MIGRATIONS, steps)
    (steps / "9999_later.py").write_text("def up(migrator, db):\n    pass\n")
    later = functools.partial(open_store, migrations=steps)
    monkeypatch.setattr("shared.models.store.open_store", later)
    found = diagnosis(shell, code=1)
    [told] = [check for check in found["checks"] if check["name"] == "schema"]
    assert (told["state"], "deskbridge db upgrade" in told["remedy"]) == ("fail", True)


def test_a_backup_is_remembered(up):
    up.says("connection", "add", "Larkspur")
    assert states(diagnosis(up))["backup"] == "warn"
    up.says("db", "backup", str(up.folder / "copy.sqlite3"))
    assert states(diagnosis(up))["backup"] == "ok"


def test_a_locked_sign_in_is_a_warning_until_its_remedy_is_followed(up):
    up.says("connection", "add", "Larkspur")
    with up.store.transaction():
        invoice = connections.applications(connections.get("Larkspur").id)[0]
        until = up.store.now() + timedelta(minutes=5)
        applications.login_failed(invoice.id, locked_until=until)
    [told] = [one for one in diagnosis(up)["checks"] if one["name"] == "sign-in"]
    assert told["state"] == "warn"
    assert "Invoice Sync of Larkspur" in told["told"]
    command = re.search(r"deskbridge (password unlock) NAME", told["remedy"])
    up.says(*command.group(1).split(), "Larkspur")
    assert states(diagnosis(up))["sign-in"] == "ok"


class FakeInternet:
    """A network in which the address works."""

    def look_up(self, host: str) -> list[str]:
        return ["203.0.113.9"]

    def connect(self, host: str, port: int) -> None:
        pass

    def get(self, url: str) -> Page:
        return Page(200, "", OUR_PAGE)


def test_the_network_is_used_unless_it_is_left_out(up, monkeypatch):
    monkeypatch.setattr(internet, "Internet", FakeInternet)
    assert {"dns", "connect", "answer"} <= set(states(up.json("doctor")))
    assert not {"dns", "connect", "answer"} & set(states(diagnosis(up)))


def test_all_is_well_in_one_sentence(up, monkeypatch):
    well = Diagnosis([Check("store", State.OK, "SQLite.")], ())
    monkeypatch.setattr("console.cli.doctor.diagnose", lambda *_, **__: well)
    assert up.says("doctor").splitlines() == [
        "ok    store: SQLite.",
        "",
        "Everything is OK: 1 check.",
    ]


def test_it_works_the_same_on_postgresql(pg_shell):
    pg_shell.says("db", "upgrade")
    found = diagnosis(pg_shell, code=1)
    assert states(found)["store"] == "ok"
    assert states(found)["daemon"] == "fail"
    assert "journal" not in states(found)
