"""A store moves from one engine to the other, whole, or is none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from shared.clock import utc_now
from shared.errors import StoreError
from shared.models import audit, connections, daemons, events, moving
from shared.models.daemons import DaemonFacts
from shared.models.store import open_store
from shared.models.tables import TABLES
from shared.operations import stores
from shared.operations.deciding import Operator
from shared.operations.stores import Copied
from shared.rules.events import EventKind
from tests.models.filling import fill

ROWS = 7


class Move:
    """A full store on one engine, and an empty database on the other one."""

    def __init__(self, source: str, target: str) -> None:
        self.source_url, self.target_url = source, target
        with open_store(source) as store:
            fill(store, ROWS)
            with store.transaction():
                moving._run("UPDATE daemon SET stopped_ms = 1")

    def copy(self, **hooks: Callable[..., object]) -> Copied:
        with open_store(self.source_url) as store:
            told = hooks.get("told", lambda _table, _done: None)
            return stores.copy_to(Operator(store, "ada"), self.target_url, told)

    def refuses(self) -> str:
        with pytest.raises(StoreError) as refused:
            self.copy()
        return str(refused.value)


@pytest.fixture(params=["to postgresql", "to sqlite"])
def move(request, tmp_path, new_postgres_url) -> Move:
    file, server = f"sqlite:///{tmp_path / 'store.sqlite3'}", new_postgres_url()
    return Move(file, server) if request.param == "to postgresql" else Move(server, file)


@pytest.fixture
def to_file(tmp_path) -> Move:
    """From a file to another one: quickly."""
    return Move(f"sqlite:///{tmp_path / 'store.sqlite3'}", f"sqlite:///{tmp_path / 'copy'}")


def contents(url: str) -> dict[str, moving.CopiedTable]:
    with open_store(url) as store, store.reading():
        return {table.name: moving._summed(table) for table in moving.TABLES}


def test_every_row_of_every_table_goes_over(move, monkeypatch):
    monkeypatch.setattr(moving, "BATCH_ROWS", 3)
    copied = move.copy()
    names = [table._meta.table_name for table in TABLES]
    rows = {one.table: one.rows for one in copied.tables}
    assert rows == dict.fromkeys(names, ROWS) | {"installation": 1}
    before, after = contents(move.source_url), contents(move.target_url)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"audit"}, "it is noted there that it is a copy"
    with open_store(move.target_url) as store, store.reading():
        assert audit.entries(1)[0].action == "store.copy"


def test_numbers_go_on_where_they_were(move):
    """An id that was given once is never given again, not even where its row is gone."""
    with open_store(move.source_url) as store, store.transaction():
        last = connections.add("Gone", now=utc_now()).id
        connections.remove(last)
        cursor = events._last_taken()
    move.copy()
    with open_store(move.target_url) as store, store.transaction():
        assert events._last_taken() == cursor
        assert connections.add("New", now=utc_now()).id == last + 1


class Torn(Exception):
    """Somebody pulled the plug."""


def test_a_copy_that_broke_off_is_no_store_and_goes_on(move, monkeypatch):
    monkeypatch.setattr(moving, "BATCH_ROWS", 3)
    seen: list[tuple[str, int]] = []

    def tear(table: str, done: int) -> None:
        seen.append((table, done))
        if len(seen) == 40:
            raise Torn

    with pytest.raises(Torn):
        move.copy(told=tear)
    with pytest.raises(StoreError, match="unfinished copy"):
        open_store(move.target_url)
    again: list[int] = []
    move.copy(told=lambda _table, done: again.append(done))
    assert again[-1] + seen[-1][1] == ROWS * (len(TABLES) - 1) + 1, (
        "what was there was not copied again"
    )
    contents(move.target_url)


def test_a_source_that_changed_meanwhile_is_noticed_and_the_copy_stays_none(move, monkeypatch):
    def tear(_table: str, done: int) -> None:
        if done > ROWS * 5:
            raise Torn

    with pytest.raises(Torn):
        move.copy(told=tear)
    with open_store(move.source_url) as store, store.transaction():
        moving._run("UPDATE connection SET name = 'Other' WHERE id = 3")
    assert "connection is not the same on both sides" in move.refuses()
    with pytest.raises(StoreError, match="unfinished copy"):
        open_store(move.target_url)


def test_a_row_that_arrived_otherwise_is_noticed(to_file, monkeypatch):
    written = moving._written
    monkeypatch.setattr(
        moving, "_written", lambda table, row: written(table, (*row[:-1], row[-1] or 1))
    )
    assert "not the same on both sides" in to_file.refuses()


def test_half_of_another_store_is_not_gone_on_with(to_file, tmp_path):
    def tear(_table: str, _done: int) -> None:
        raise Torn

    with pytest.raises(Torn):
        to_file.copy(told=tear)
    other = Move(f"sqlite:///{tmp_path / 'other'}", f"sqlite:///{tmp_path / 'nowhere'}")
    with open_store(other.source_url) as store, store.transaction():
        moving._run("UPDATE installation SET token = 'another'")
    other.target_url = to_file.target_url
    assert "unfinished copy of another store" in other.refuses()


def test_a_target_that_holds_something_is_refused(move):
    with open_store(move.target_url) as store, store.transaction():
        connections.add("Precious", now=utc_now())
    assert "is not empty" in move.refuses()
    with open_store(move.target_url) as store, store.reading():
        assert [one.name for one in connections.all()] == ["Precious"]


def test_a_store_is_not_copied_to_itself(to_file):
    to_file.target_url = to_file.source_url
    assert "itself" in to_file.refuses()


def test_nothing_is_copied_while_a_daemon_runs(move):
    facts = DaemonFacts("one", "bridge-1", 4711, "1.0", (), "http://localhost", None, utc_now())
    with open_store(move.source_url) as store, store.transaction():
        daemons.beat(facts, store.now())
    assert "process 4711 on bridge-1" in move.refuses()


@pytest.fixture
def somebody() -> Iterator[Callable[[str], None]]:
    """Another process that has a store open, as a console has."""
    opened: list[tuple[int, int]] = []

    def opens(path: str) -> None:
        asked, answer = os.pipe()
        ends, told = os.pipe()
        number = os.fork()
        if number == 0:
            held = Path(path).open("rb")  # noqa: SIM115 - until the process ends
            os.write(answer, b".")
            os.read(ends, 1)
            held.close()
            os._exit(0)
        os.read(asked, 1)
        opened.append((number, told))

    yield opens
    for number, told in opened:
        os.write(told, b".")
        os.waitpid(number, 0)


@pytest.mark.parametrize("which", ["source", "target"])
def test_nothing_is_copied_while_a_console_is_open(to_file, somebody, which):
    open_store(to_file.target_url).close()
    url = to_file.source_url if which == "source" else to_file.target_url
    somebody(url.removeprefix("sqlite:///"))
    assert "is in use by" in to_file.refuses()


@pytest.mark.parametrize("which", ["source", "target"])
def test_a_console_on_postgresql_is_noticed_as_well(move, which):
    url = move.source_url if which == "source" else move.target_url
    if url.startswith("sqlite"):
        return
    with psycopg.connect(url, application_name="deskbridge"):
        assert "is in use by a program on" in move.refuses()


def test_memory_stays_flat_whatever_a_table_holds(to_file, monkeypatch):
    """Batches end by their size as well, and no more than one is held."""
    with open_store(to_file.source_url) as store, store.transaction():
        moving._run("DELETE FROM event")
        for number in range(40):
            row = (number + 1, 1, 0, "k", "", "x" * 1_000, None, None, "", "", "")
            moving._run("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    monkeypatch.setattr(moving, "BATCH_BYTES", 4_000)
    sizes: list[int] = []
    run_many = moving._run_many

    def noted(sql: str, rows: object) -> None:
        listed = list(rows)
        if 'INTO "event"' in sql:
            sizes.append(len(listed))
        run_many(sql, listed)

    monkeypatch.setattr(moving, "_run_many", noted)
    to_file.copy()
    assert sum(sizes) == 40
    assert max(sizes) <= 4


def test_what_happened_can_be_read_on_from_the_same_cursor(to_file):
    to_file.copy()
    with open_store(to_file.target_url) as store:
        with store.transaction():
            events.settings_changed(events.NOBODY, "x", "y")
        found = events.after(store, ROWS * 3, kinds=[EventKind.SETTINGS_CHANGED]).events
    assert len(found) == 1
