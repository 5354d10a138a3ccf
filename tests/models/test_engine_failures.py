"""What the engines say when they cannot work comes out as it is, with what to do."""

from __future__ import annotations

import threading
from contextlib import nullcontext

import peewee
import pytest

from shared.errors import StoreConflict, StoreUnavailable
from shared.models import audit, connections, postgresql, sqlite
from shared.models.store import Store, open_store
from tests.models.builders import NOON, Books

FILLS_THE_DISK = "x" * 1_000_000


def note(what: str) -> None:
    audit.add("anna", what, "", "", NOON)


def noted(store: Store) -> list[str]:
    with store.reading():
        return [entry.action for entry in audit.entries()]


def test_a_full_disk_is_said_to_be_full_and_nothing_is_written(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    open_store(url).close()
    monkeypatch.setitem(sqlite.PRAGMAS, "max_page_count", 1)  # no more than it has
    with open_store(url) as store:
        with pytest.raises(StoreUnavailable, match=r"store\.sqlite3.*disk is full") as refusal:
            fill_the_disk(store)
        assert "Free space on that disk" in refusal.value.remedy
        assert noted(store) == []


def fill_the_disk(store: Store) -> None:
    with store.transaction():
        note("lost")
        note(FILLS_THE_DISK)


@pytest.mark.parametrize("nested", [False, True], ids=["at once", "in a unit inside"])
def test_why_sqlite_rolled_back_by_itself_is_not_hidden(tmp_path, nested):
    with open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}") as store:
        with pytest.raises(StoreUnavailable, match="disk is full"):
            note_and_break_down(store, nested=nested)
        with store.transaction():
            note("room again")
        assert noted(store) == ["room again"]


def note_and_break_down(store: Store, *, nested: bool) -> None:
    with store.transaction():
        note("lost")
        with store.transaction() if nested else nullcontext():
            break_down(store)


def break_down(store: Store) -> None:
    """Fail as SQLite does when it cannot even keep the transaction open."""
    store._engine.database.execute_sql("ROLLBACK")
    raise peewee.OperationalError("database or disk is full")


def test_a_disk_that_is_full_at_the_commit_is_said_to_be_full(tmp_path, monkeypatch):
    with open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}") as store:
        with monkeypatch.context() as patched:
            patched.setattr(sqlite._Database, "commit", lambda _: break_down(store))
            with pytest.raises(StoreUnavailable, match="disk is full"), store.transaction():
                note("lost")
        assert noted(store) == []


def test_of_two_units_that_wait_for_each_other_one_is_undone_and_says_so(
    empty_postgres_url, monkeypatch
):
    monkeypatch.setattr(postgresql, "_ON_CONNECT", ("SET deadlock_timeout = '50ms'",))
    both_hold_one = threading.Barrier(2)
    undone: list[StoreConflict] = []
    with open_store(empty_postgres_url) as store:
        first, second = Books(store, "First"), Books(store, "Second")

        def edit(*ids: int) -> None:
            try:
                with store.transaction():
                    connections.edit(ids[0], debug=True)
                    both_hold_one.wait(5)
                    connections.edit(ids[1], debug=True)
            except StoreConflict as conflict:
                undone.append(conflict)

        there = threading.Thread(target=edit, args=(first.id, second.id))
        back = threading.Thread(target=edit, args=(second.id, first.id))
        for thread in (there, back):
            thread.start()
        for thread in (there, back):
            thread.join()
    (conflict,) = undone
    assert "deadlock" in conflict.sentence
    assert "DESKBRIDGE_DATABASE" not in str(conflict)


def test_a_unit_that_read_what_another_changed_is_undone_and_says_so(empty_postgres_url):
    with open_store(empty_postgres_url) as store, open_store(empty_postgres_url) as other:
        books = Books(store)
        with pytest.raises(StoreConflict, match="could not serialize"):
            edit_what_changes_meanwhile(store, other, books.id)


def edit_what_changes_meanwhile(store: Store, other: Store, connection_id: int) -> None:
    with store.transaction():
        store._engine.database.execute_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connections.by_id(connection_id)
        with other.transaction():
            connections.edit(connection_id, debug=True)
        connections.edit(connection_id, debug=False)


def test_a_lock_that_is_held_too_long_does_not_blame_the_address(empty_postgres_url, monkeypatch):
    monkeypatch.setattr(postgresql, "_ON_CONNECT", ("SET lock_timeout = '20ms'",))
    with open_store(empty_postgres_url) as store, open_store(empty_postgres_url) as other:
        books = Books(store)
        with store.transaction():
            connections.edit(books.id, debug=True)
            with pytest.raises(StoreUnavailable) as refusal, other.transaction():
                connections.edit(books.id, debug=True)
    assert "Another program holds" in refusal.value.remedy


def test_who_comes_without_the_password_is_told_where_it_may_stand(empty_postgres_url):
    with (
        open_store(empty_postgres_url) as store,
        pytest.raises(StoreUnavailable) as refusal,
        store._engine.explained(),
    ):
        raise peewee.OperationalError("fe_sendauth: no password supplied")
    assert "docs/secrets.md" in refusal.value.remedy
