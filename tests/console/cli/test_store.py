from __future__ import annotations

import contextlib
import functools
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from shared.clock import utc_now
from shared.models import audit, daemons
from shared.models.daemons import SILENT_AFTER, DaemonFacts
from shared.models.schema import MIGRATIONS
from shared.models.store import open_store
from shared.models.tables import TABLES
from tests.console.cli.builders import customer, import_into, invoice


def test_a_store_that_is_up_to_date_is_left_alone(shell):
    assert shell.says("db", "upgrade") == "The store is up to date.\n"
    assert shell.json("db", "upgrade") == {"applied": [], "backup": None}


@pytest.mark.parametrize(
    "words", [("connection", "add", "Larkspur"), ("db", "upgrade")], ids=" ".join
)
def test_adding_a_connection_and_an_upgrade_make_a_missing_store(shell, words):
    shell.database = f"sqlite:///{shell.folder}/new/folder/store.sqlite3"
    shell.says(*words)
    path = shell.folder / "new" / "folder" / "store.sqlite3"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "words",
    [
        *(("connection", "list"), ("syncs", "list"), ("problems", "list"), ("payments", "list")),
        *(("invoices", "list"), ("customers", "list"), ("audit", "list"), ("reconcile",)),
        *(("db", "backup", "copy"), ("password", "rotate", "Larkspur")),
    ],
    ids=" ".join,
)
def test_no_other_command_makes_a_store_in_the_place_of_one_that_is_gone(shell, words):
    shell.database = f"sqlite:///{shell.folder}/gone/store.sqlite3"
    said = shell.refuses(1, *words)
    assert "There is no store at" in said
    assert "restore a backup" in said
    assert not (shell.folder / "gone").exists()


def test_a_backup_is_a_whole_store(shell):
    shell.says("connection", "add", "Larkspur")
    made = shell.json("db", "backup", str(shell.folder / "copy.sqlite3"))
    copy = Path(made["path"])
    assert made["size_bytes"] == copy.stat().st_size
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    shell.close()
    shell.database = f"sqlite:///{copy}"
    assert shell.json("connection", "list")[0]["name"] == "Larkspur"


def test_a_backup_overwrites_nothing(shell):
    target = shell.folder / "copy.sqlite3"
    target.write_text("mine")
    shell.refuses(1, "db", "backup", str(target))
    assert target.read_text() == "mine"


def change_history(shell, statement: str) -> None:
    open_store(shell.database).close()
    with contextlib.closing(sqlite3.connect(shell.folder / "store.sqlite3")) as raw:
        raw.execute(statement)
        raw.commit()


def test_a_store_of_a_newer_version_is_refused_with_a_sentence(shell):
    change_history(
        shell,
        "insert into schema_migration (name, applied)"
        " select '9999_later', max(applied) from schema_migration",
    )
    for words in (["connection", "list"], ["db", "upgrade"]):
        assert "newer" in shell.refuses(1, *words)


@pytest.fixture
def next_version(shell, monkeypatch):
    """Deskbridge as it will be with one more step in the store, on today's store."""
    shell.says("connection", "add", "Larkspur")
    shell.close()
    steps = shell.folder / "steps"
    shutil.copytree(MIGRATIONS, steps)
    (steps / "9999_later.py").write_text("def up(migrator, db):\n    pass\n")
    later = functools.partial(open_store, migrations=steps)
    monkeypatch.setattr("shared.models.store.open_store", later)


def test_an_older_store_waits_for_its_upgrade(shell, next_version):
    assert "deskbridge db upgrade" in shell.refuses(1, "connection", "list")


def test_an_upgrade_backs_the_store_up_and_says_where(shell, next_version):
    upgraded = shell.json("db", "upgrade")
    assert upgraded["applied"] == ["9999_later"]
    assert Path(upgraded["backup"]).exists()
    assert shell.json("connection", "list")[0]["name"] == "Larkspur"
    assert shell.json("db", "upgrade") == {"applied": [], "backup": None}


def test_an_upgrade_tells_what_it_did(shell, next_version):
    text = shell.says("db", "upgrade")
    assert "Applied 1 step: 9999_later" in text
    assert ".backup" in text


def test_an_upgrade_is_refused_while_a_daemon_runs_and_names_it(shell, next_version):
    facts = DaemonFacts("one", "bridge-1", 4711, "1.0", (), "http://localhost", None, utc_now())
    with open_store(shell.database, check_version=False) as store:
        with store.transaction():
            daemons.beat(facts, store.now())
        said = shell.refuses(1, "db", "upgrade")
        assert "process 4711 on bridge-1" in said
        assert "Stop every daemon" in said
        with store.transaction():
            daemons.stopped("one", store.now())
    assert "Applied 1 step" in shell.says("db", "upgrade")


def test_a_daemon_that_was_killed_holds_an_upgrade_up_for_a_moment_only(shell, next_version):
    facts = DaemonFacts("one", "bridge-1", 4711, "1.0", (), "http://localhost", None, utc_now())
    with (
        open_store(shell.database, check_version=False) as store,
        store.transaction(),
    ):
        daemons.beat(facts, store.now() - SILENT_AFTER)
    assert "Applied 1 step" in shell.says("db", "upgrade")


def test_a_database_that_cannot_be_one_is_refused(shell):
    (shell.folder / "store.sqlite3").write_bytes(b"not a database" * 500)
    said = shell.refuses(1, "connection", "list")
    assert "store.sqlite3" in said


def test_a_wrong_setting_is_refused_with_its_place(shell):
    said = shell.refuses(1, "connection", "list", DESKBRIDGE_DATABASE="mysql://x")
    assert "DESKBRIDGE_DATABASE" in said


def test_a_config_file_is_read(shell):
    config = shell.folder / "deskbridge.toml"
    other = shell.folder / "other.sqlite3"
    config.write_text(f'database = "sqlite:///{other}"\n')
    shell.says("--config", str(config), "db", "upgrade", DESKBRIDGE_DATABASE=None)
    assert other.exists()


def test_a_missing_config_file_is_told(shell):
    said = shell.refuses(1, "--config", str(shell.folder / "no.toml"), "connection", "list")
    assert "no.toml" in said


def test_a_backup_of_postgresql_points_to_pg_dump(pg_shell):
    pg_shell.says("db", "upgrade")
    said = pg_shell.refuses(1, "db", "backup", str(pg_shell.folder / "copy"))
    assert "pg_dump" in said


def test_the_commands_work_the_same_on_postgresql(pg_shell):
    made = pg_shell.json("connection", "add", "Larkspur", "--start-date", "2026-01-01")
    assert made["start_date"] == "2026-01-01"
    issued = pg_shell.json("qwc", "--out", str(pg_shell.folder / "out"))
    assert [file["application"] for file in issued["files"]] == ["invoice", "payment"]
    sync = import_into(
        pg_shell,
        "Larkspur",
        invoice("A-1", "1042", "12.50"),
        customers=[customer("80000001-1", "Larkspur Tile")],
    )
    assert pg_shell.json("invoices", "list")[0]["balance"] == "12.50"
    assert pg_shell.json("customers", "list")[0]["name"] == "Larkspur Tile"
    pg_shell.says("syncs", "stop", str(sync))
    assert pg_shell.json("syncs", "show", str(sync))["stop_requested_by"]
    assert pg_shell.json("db", "upgrade") == {"applied": [], "backup": None}
    pg_shell.says("connection", "remove", "Larkspur", "--yes")
    assert pg_shell.json("connection", "list") == []


def test_a_store_moves_to_postgresql_and_back(shell, new_postgres_url):
    shell.says("connection", "add", "Larkspur")
    server, back = new_postgres_url(), f"sqlite:///{shell.folder}/back.sqlite3"
    said = shell.says("db", "copy", server)
    assert f"{len(TABLES)} tables" in said
    shell.close()
    shell.database = server
    assert shell.json("connection", "list")[0]["name"] == "Larkspur"
    moved = shell.json("db", "copy", back)
    assert {one["table"]: one["rows"] for one in moved["tables"]}["connection"] == 1
    assert not moved["seals_keys"]
    shell.close()
    shell.database = back
    assert shell.json("connection", "list")[0]["name"] == "Larkspur"
    assert shell.json("audit", "list")[0]["action"] == "store.copy"


def test_a_target_that_is_no_address_is_refused(shell):
    assert "not the address of a store" in shell.refuses(1, "db", "copy", "mysql://x/y")


def test_a_vacuum_gives_free_room_back_and_changes_no_row(shell):
    shell.says("connection", "add", "Larkspur")
    with shell.store.transaction():
        audit.add_all("x", "y", "", ["z" * 1000] * 2000, utc_now())
    with shell.store.transaction():
        shell.store._engine.database.execute_sql("DELETE FROM audit WHERE who = 'x'")
    before = {one.name for one in shell.folder.iterdir()}
    done = shell.json("db", "vacuum")
    assert done["after_bytes"] < done["before_bytes"] - 1_500_000
    assert shell.json("audit", "list")[0]["action"] == "store.vacuum"
    assert shell.json("connection", "list")[0]["name"] == "Larkspur"
    assert {one.name for one in shell.folder.iterdir()} == before


def test_no_vacuum_while_a_daemon_runs_nor_on_postgresql(shell, pg_shell):
    facts = DaemonFacts("one", "bridge-1", 4711, "1.0", (), "http://localhost", None, utc_now())
    pg_shell.says("db", "upgrade")
    assert "autovacuum" in pg_shell.refuses(1, "db", "vacuum")
    with pg_shell.store.transaction():
        daemons.beat(facts, pg_shell.store.now())
    assert "process 4711" in pg_shell.refuses(1, "db", "vacuum")
