"""``deskbridge audit list``: who did what, newest first."""

from __future__ import annotations

import json
from datetime import UTC, datetime

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


@pytest.fixture
def old_trail(trail):
    """The same, and two entries of long ago."""
    with trail.store.transaction():
        for year in (2023, 2024):
            audit.add("ben", "qwc", "Larkspur", f"in {year}", NOW.replace(year=year))
    return trail


def test_old_entries_go_into_a_file_and_the_others_stay(old_trail):
    file = old_trail.folder / "old.jsonl"
    old_trail.says("audit", "prune", "--before", "2025-01-01", "--out", str(file), "--yes")
    kept = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [list(one) for one in kept] == [KEYS] * 2
    assert [one["detail"] for one in kept] == ["in 2023", "in 2024"]
    assert file.stat().st_mode & 0o777 == 0o600
    entries = old_trail.json("audit", "list")
    assert [one["action"] for one in entries][:1] == ["audit.prune"]
    assert len(entries) == 4


def test_nothing_of_the_last_90_days_is_forgotten_and_no_file_overwritten(old_trail):
    file = old_trail.folder / "old.jsonl"
    prune = ("audit", "prune", "--out", str(file), "--yes", "--before")
    old_trail.refuses(2, *prune, f"{datetime.now(UTC):%Y-%m-%d}")
    old_trail.refuses(3, *prune, "2001-01-01")
    assert not file.exists()
    file.write_text("mine")
    old_trail.refuses(3, *prune, "2025-01-01")
    assert file.read_text() == "mine"
    assert len(old_trail.json("audit", "list")) == 5


def test_what_cannot_be_written_stays_in_the_store(old_trail):
    folder = old_trail.folder / "gone"
    folder.write_text("no folder")
    out = str(folder / "old.jsonl")
    old_trail.refuses(1, "audit", "prune", "--out", out, "--yes", "--before", "2025-01-01")
    assert len(old_trail.json("audit", "list")) == 5
