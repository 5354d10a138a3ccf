"""``deskbridge audit list``: who did what, newest first."""

from __future__ import annotations

import pytest

from shared.models import audit
from tests.console.cli.builders import NOW

KEYS = ["id", "at", "who", "action", "connection", "detail"]


@pytest.fixture
def trail(shell):
    """Three entries of two people, two of them about a connection that is gone."""
    with shell.store.transaction():
        audit.add("anna", "connection.add", "Larkspur", "jobs roll-up", NOW)
        audit.add("root (sudo by ben)", "qwc", "Larkspur", "larkspur-invoice", NOW)
        audit.add("anna", "db.backup", "", "/backups/store", NOW)
    return shell


def ids(shell, *words: str) -> list[int]:
    return [entry["id"] for entry in shell.json("audit", "list", *words)]


def test_entries_come_newest_first_with_the_promised_keys(trail):
    entries = trail.json("audit", "list")
    assert [list(entry) for entry in entries] == [KEYS] * 3
    assert entries[1] == {
        "id": 2,
        "at": "2026-01-05T14:02:11Z",
        "who": "root (sudo by ben)",
        "action": "qwc",
        "connection": "Larkspur",
        "detail": "larkspur-invoice",
    }
    assert [entry["id"] for entry in entries] == [3, 2, 1]


def test_entries_can_be_narrowed(trail):
    assert ids(trail, "--who", "ANNA") == [3, 1]
    assert ids(trail, "--who", "ben") == [2]
    assert ids(trail, "--connection", "Larkspur") == [2, 1]
    assert ids(trail, "--connection", "Larkspur", "--who", "anna") == [1]
    assert ids(trail, "--limit", "1") == [3]


def test_entries_can_be_looked_for_by_action_text_and_day(trail):
    assert ids(trail, "--action", "BACK") == [3]
    assert ids(trail, "--text", "roll-up") == [1]
    assert ids(trail, "--text", "a", "--who", "anna", "--action", "connection") == [1]
    assert ids(trail, "--since", "2026-01-06") == []
    assert ids(trail, "--since", "2026-01-05", "--until", "2026-01-05") == [3, 2, 1]
    assert ids(trail, "--until", "2026-01-04") == []
    trail.refuses(2, "audit", "list", "--since", "yesterday")


def test_a_connection_may_be_written_in_any_case_while_it_exists(trail):
    assert ids(trail, "--connection", "larkspur") == []
    trail.says("connection", "add", "Larkspur")
    assert ids(trail, "--connection", "larkspur") == [4, 2, 1]


def test_the_table_fits_and_tells_the_detail_below(trail):
    lines = trail.says("audit", "list").splitlines()
    assert lines[0].split() == ["When", "Who", "What", "Connection"]
    assert lines[1].split() == ["2026-01-05", "14:02", "anna", "db.backup"]
    assert "    /backups/store" in lines
    assert max(map(len, lines)) <= 80


def test_people_see_the_newest_and_scripts_see_all(shell):
    with shell.store.transaction():
        for number in range(30):
            audit.add("anna", "qwc", "Larkspur", f"run {number}", NOW)
    text = shell.says("audit", "list")
    assert ("run 10" in text, "run 9" in text) == (True, False)
    assert "The newest 20 entries. More: --limit N" in text
    assert ids(shell) == list(range(30, 0, -1))


def test_nothing_found_is_a_sentence(shell):
    assert shell.says("audit", "list") == "Nothing has been changed yet.\n"
    assert shell.json("audit", "list") == []
    shell.says("connection", "add", "Larkspur")
    assert "deskbridge audit list" in shell.says("audit", "list", "--who", "nobody at all")


def test_a_backup_is_on_the_trail(shell):
    target = shell.folder / "copy.sqlite3"
    shell.says("db", "backup", str(target))
    [entry] = shell.json("audit", "list")
    assert (entry["action"], entry["detail"]) == ("db.backup", str(target))
