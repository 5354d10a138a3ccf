"""Units of work: whole or not at all, nested, by thread, and only where they belong."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import ExitStack
from importlib import import_module
from itertools import count
from pkgutil import walk_packages
from types import SimpleNamespace

import peewee
import psycopg
import pytest

from shared import models
from shared.errors import StoreUnavailable
from shared.models import audit, sqlite, statements
from shared.models.sqlite import SqliteEngine
from shared.models.statements import OutsideUnit
from shared.models.store import Store, open_store
from tests.models.builders import NOON


def note(what: str) -> None:
    audit.add("anna", what, "", "", NOON)


def noted(store: Store) -> list[str]:
    with store.reading():
        return [entry.action for entry in reversed(audit.entries())]


def note_and_fail(store: Store) -> None:
    with store.transaction():
        note("lost")
        raise ZeroDivisionError


def note_and_fail_inside(store: Store) -> None:
    with store.transaction():
        note("lost as well")
        note_and_fail(store)


def no_write_gets_through(store: Store) -> None:
    refused = (RuntimeError, peewee.PeeweeException, psycopg.Error)
    with pytest.raises(refused), store.reading():
        note("sneaked in")


def test_a_transaction_is_written_as_a_whole(store):
    with store.transaction():
        note("one")
        note("two")
    assert noted(store) == ["one", "two"]


def test_a_transaction_that_fails_leaves_nothing(store):
    with pytest.raises(ZeroDivisionError):
        note_and_fail(store)
    assert noted(store) == []


def test_an_inner_transaction_may_fail_alone(store):
    with store.transaction():
        note("outer")
        with pytest.raises(ZeroDivisionError):
            note_and_fail(store)
        note("after")
    assert noted(store) == ["outer", "after"]


def test_an_inner_transaction_fails_with_what_it_wrote_before_one_inside_it_failed(store):
    with store.transaction():
        note("before")
        with pytest.raises(ZeroDivisionError):
            note_and_fail_inside(store)
    assert noted(store) == ["before"]


def test_reading_inside_a_transaction_sees_what_it_wrote(store):
    with store.transaction():
        note("one")
        assert noted(store) == ["one"]


def test_a_reading_may_hold_another(store):
    with store.reading(), store.reading():
        assert audit.entries() == []
    with store.transaction():
        note("one")
    assert noted(store) == ["one"]


def test_a_reader_sees_one_moment_while_others_write(store_url):
    with open_store(store_url) as reader, open_store(store_url) as writer, reader.reading():
        assert audit.entries() == []
        with writer.transaction():
            note("meanwhile")
        assert audit.entries() == []


def test_two_stores_in_one_thread_do_not_mix(store, tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'other'}") as other:
        with store.transaction():
            note("here")
            with other.transaction():
                note("there")
            note("here again")
        assert noted(other) == ["there"]
    assert noted(store) == ["here", "here again"]


def test_writing_while_reading_fails(store):
    no_write_gets_through(store)
    with store.transaction():
        note("allowed again")
    assert noted(store) == ["allowed again"]


def test_writing_while_reading_fails_however_often_they_take_turns(store):
    for turn in range(3):
        with store.transaction():
            note(f"{turn}")
        for _ in range(2):
            no_write_gets_through(store)
    assert noted(store) == ["0", "1", "2"]


def test_reading_and_writing_in_turn_has_sqlite_prepare_no_statement_anew(tmp_path):
    told: list[str] = []
    with open_store(f"sqlite:///{tmp_path / 'read'}", create=True) as store:
        noted(store)
        store._engine.database.connection().set_trace_callback(told.append)
        for _ in range(2):
            noted(store)
            with store.transaction():
                note("one")
    settings = {line for line in told if "pragma" in line.lower()}
    assert {line.partition("=")[0].strip() for line in settings} == {"PRAGMA busy_timeout"}


def test_a_transaction_inside_a_reading_is_a_mistake(store):
    with (
        store.reading(),
        pytest.raises(RuntimeError, match="begin with transaction"),
        store.transaction(),
    ):
        pass


def test_repositories_work_only_in_a_unit(store):
    assert store.engine
    with pytest.raises(OutsideUnit, match=r"with store\.transaction\(\)"):
        note("nowhere")


def test_each_thread_has_a_connection_of_its_own(store):
    def work(number: int) -> None:
        with store.transaction():
            note(f"by {number}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(noted(store)) == [f"by {number}" for number in range(8)]


def test_threads_share_a_store_in_memory():
    with open_store("sqlite:///:memory:") as store:
        thread = threading.Thread(target=lambda: noted(store))
        with store.transaction():
            note("one")
            thread.start()
            note("two")
        thread.join()
        assert noted(store) == ["one", "two"]


def test_a_lost_connection_is_opened_again_for_the_next_unit(postgres_store_url, postgres):
    with open_store(postgres_store_url) as store:
        noted(store)
        cut_connections(postgres.url("postgres"))
        assert isinstance(noted(store), list)


def test_a_connection_lost_in_the_middle_is_said_so(postgres_store_url, postgres):
    with open_store(postgres_store_url) as store:
        with pytest.raises(StoreUnavailable, match="cannot be used"):
            note_before_and_after(store, lambda: cut_connections(postgres.url("postgres")))
        assert "lost" not in noted(store)


def note_before_and_after(store: Store, event: Callable[[], None]) -> None:
    with store.transaction():
        note("lost")
        event()
        note("after")


def cut_connections(admin_url: str) -> None:
    with psycopg.connect(admin_url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'store'"
        )


def test_a_store_locked_by_another_program_is_explained(tmp_path, monkeypatch):
    monkeypatch.setitem(sqlite.PRAGMAS, "busy_timeout", 50)
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    with (
        open_store(url) as holder,
        open_store(url) as other,
        holder.transaction(),
        pytest.raises(StoreUnavailable, match="database is locked") as refusal,
        other.transaction(),
    ):
        pass
    assert "Another program holds it" in refusal.value.remedy


def test_who_waits_for_the_store_looks_for_its_turn_at_short_even_intervals(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    slept: list[float] = []
    with open_store(url) as holder, open_store(url) as other, ExitStack() as held:
        held.enter_context(holder.transaction())

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 100:
                held.close()

        monkeypatch.setattr(sqlite, "time", SimpleNamespace(sleep=sleep, monotonic=lambda: 0.0))
        with other.transaction():
            note("its turn")
        assert noted(holder) == ["its turn"]
    assert slept == [sqlite.TURN_SECONDS] * 100
    assert sqlite.TURN_SECONDS <= 0.002, "pauses of long work are made for this"


@pytest.mark.parametrize("lasting", [True, False])
def test_only_work_that_lasts_waits_for_the_disk(tmp_path, lasting):
    def waits(store: Store) -> bool:
        return store._engine.database.pragma("synchronous") == 2

    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    with open_store(url) as store:
        with store.transaction(lasting=lasting):
            assert waits(store) is lasting
        with store.transaction():
            assert waits(store), "the next one again"
    old = Store(SqliteEngine(str(tmp_path / "old"), version=(3, 40, 1)), clock=None, migrations={})
    with old, old._engine.unit(writing=True, lasting=lasting):
        assert waits(old), "a rollback journal is no use without it"


def import_every_module() -> None:
    for module in walk_packages(models.__path__, f"{models.__name__}."):
        if ".migrations" not in module.name:
            import_module(module.name)


def test_every_statement_can_be_built_ahead(store):
    import_every_module()
    with store.reading():
        statements.compile_all()
    with pytest.raises(OutsideUnit):
        statements.compile_all()


def test_postgresql_takes_every_statement_whether_a_test_runs_it_there_or_not(postgres_store_url):
    import_every_module()
    with open_store(postgres_store_url) as store, store.reading():
        engine, database = statements.current()
        for number, statement in enumerate(statements._statements):
            compiled = statement._compile(engine, database)
            kinds = ["unknown"] * compiled.sql.count("%s")
            for place, constant in compiled._constants.items():
                kinds[place] = "bigint" if type(constant) is int else "unknown"
            numbers = count(1)
            sql = re.sub("%s", lambda _: f"${next(numbers)}", compiled.sql)  # noqa: B023 - at once
            told = f"({', '.join(kinds)})" if kinds else ""
            database.execute_sql(f"PREPARE s{number}{told} AS {sql.replace('%%', '%')}")
