"""``db restore`` and ``db check``: what is put in the place of the store, and what is refused."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from shared.models import audit
from shared.models.ledger import rereads
from shared.models.store import open_store
from shared.open_files import programs_that_hold


@pytest.fixture
def backup(shell) -> Path:
    """A backup that knows one connection; the store knows another one as well."""
    shell.says("connection", "add", "Larkspur")
    copy = shell.folder / "copy.sqlite3"
    shell.says("db", "backup", str(copy))
    shell.says("connection", "add", "Harbor")
    return copy


def names(shell) -> list[str]:
    return sorted(one["name"] for one in shell.json("connection", "list"))


def path(shell) -> Path:
    return shell.folder / "store.sqlite3"


def test_a_backup_takes_the_place_of_the_store_which_is_kept(shell, backup):
    restored = shell.json("db", "restore", str(backup), "--yes")
    assert names(shell) == ["Larkspur"]
    assert restored["path"] == str(path(shell))
    shell.database = f"sqlite:///{restored['kept']}"
    assert names(shell) == ["Harbor", "Larkspur"]
    assert backup.exists()


def test_a_restored_store_is_for_its_owner_only_and_leaves_nothing_behind(shell, backup):
    kept = Path(shell.json("db", "restore", str(backup), "--yes")["kept"])
    assert stat.S_IMODE(path(shell).stat().st_mode) == 0o600
    assert {one.name for one in shell.folder.iterdir() if one.suffix != ".json"} >= {
        "copy.sqlite3",
        "store.sqlite3",
        kept.name,
    }
    assert not list(shell.folder.glob(".store*"))


def test_the_next_invoice_sync_compares_everything(shell, bound):
    with shell.store.transaction():
        rereads.set_watermark(bound.id, rereads.COMPARED, "2026-01-05T14:02:11")
    shell.says("db", "backup", str(shell.folder / "copy.sqlite3"))
    shell.close()
    shell.says("db", "restore", str(shell.folder / "copy.sqlite3"), "--yes")
    with open_store(shell.database) as restored, restored.reading():
        assert rereads.watermark(bound.id, rereads.COMPARED) == ""
        assert audit.entries(1)[0].action == "store.restore"


def test_it_asks_before(shell, backup):
    shell.refuses(2, "db", "restore", str(backup))
    assert names(shell) == ["Harbor", "Larkspur"]


def test_a_store_that_is_gone_can_be_restored(shell, backup):
    path(shell).unlink()
    assert shell.json("db", "restore", str(backup), "--yes")["kept"] is None
    assert names(shell) == ["Larkspur"]


def test_a_damaged_store_can_be_restored(shell, backup):
    path(shell).write_bytes(b"nothing that SQLite knows" * 400)
    kept = shell.json("db", "restore", str(backup), "--yes")["kept"]
    assert names(shell) == ["Larkspur"]
    assert Path(kept).read_bytes().startswith(b"nothing that")


def test_a_store_that_is_open_is_not_replaced(shell, backup):
    before = path(shell).read_bytes()
    with shell.store.reading():
        pass
    said = shell.refuses(1, "db", "restore", str(backup), "--yes")
    assert "in use" in said
    assert path(shell).read_bytes() == before
    assert not list(shell.folder.glob("*before-restore*"))


def test_the_programs_that_have_a_file_open_are_named(tmp_path):
    file = tmp_path / "held"
    file.write_text("")
    child, parent = os.pipe()
    with file.open():
        number = os.fork()
        if number == 0:
            os.read(child, 1)
            os._exit(0)
    try:
        assert [f"process {number}" in one for one in programs_that_hold([file])] == [True]
    finally:
        os.write(parent, b".")
        os.waitpid(number, 0)
        os.close(child)
        os.close(parent)
    assert programs_that_hold([file]) == []


def damaged(file: Path) -> None:
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("pragma journal_mode = delete")
        (page,) = raw.execute(
            "select rootpage from sqlite_master where name = 'connection'"
        ).fetchone()
        (size,) = raw.execute("pragma page_size").fetchone()
    with file.open("r+b") as stream:
        stream.seek((page - 1) * size)
        stream.write(b"\xff" * 64)


@pytest.mark.parametrize("what", ["missing", "text", "damaged", "other program", "half"])
def test_what_is_no_whole_backup_is_refused_and_the_store_stays(shell, backup, what):
    file = shell.folder / "bad.sqlite3"
    if what == "text":
        file.write_bytes(b"text" * 4000)
    elif what == "damaged":
        file.write_bytes(backup.read_bytes())
        damaged(file)
    elif what == "other program":
        with closing(sqlite3.connect(file)) as raw:
            raw.execute("create table theirs (id)")
    elif what == "half":
        file.write_bytes(backup.read_bytes())
        Path(f"{file}-wal").write_bytes(b"more")
    said = shell.refuses(1, "db", "restore", str(file), "--yes")
    assert file.name in said or "another program" in said
    assert names(shell) == ["Harbor", "Larkspur"]


def test_the_store_itself_is_no_backup(shell, backup):
    shell.refuses(1, "db", "restore", str(path(shell)), "--yes")


def test_a_sound_store_is_told(shell, backup):
    assert shell.json("db", "check") == {"damage": []}


def test_a_damaged_store_is_told_with_what_to_do(shell, backup):
    damaged(path(shell))
    result = shell.run("db", "check")
    assert result.exit_code == 1
    assert "db restore" in result.stderr


def test_postgresql_has_tools_of_its_own(pg_shell):
    pg_shell.says("db", "upgrade")
    assert "pg_restore" in pg_shell.refuses(1, "db", "restore", "copy", "--yes")
    assert "pg_amcheck" in pg_shell.refuses(1, "db", "check")
