"""Many rows at once: the same on both engines, whatever way they take."""

from __future__ import annotations

import pytest

from shared.models import tables as t
from shared.models.statements import Statement, current, insert_new_rows, insert_rows, put_rows
from shared.models.store import open_store

LOOK = ("boot", "uptime_ms", "wall_ms")
ALL = Statement(
    lambda: t.ClockLook.select("boot", "uptime_ms", "wall_ms").order_by(t.ClockLook.boot)
)


def looks():
    return put_rows(t.ClockLook)


def test_rows_are_added_and_those_that_are_there_overwritten(store):
    with store.transaction():
        looks().many([("a", 1, 2), ("b", 3, 4)])
        looks().many(iter([("b", 5, 6), ("c", 7, 8)]))
        assert ALL.all() == [("a", 1, 2), ("b", 5, 6), ("c", 7, 8)]


def test_of_a_row_that_comes_twice_at_once_the_last_one_stays(store):
    with store.transaction():
        looks().many([("a", 1, 2), ("b", 3, 4), ("a", 5, 6)])
        assert ALL.all() == [("a", 5, 6), ("b", 3, 4)]


def test_an_old_row_stays_where_nothing_is_to_be_replaced(store):
    with store.transaction():
        insert = insert_new_rows(t.ClockLook)
        insert.many([("a", 1, 2)])
        insert.many([("a", 3, 4), ("a", 5, 6), ("b", 7, 8)])
        assert ALL.all() == [("a", 1, 2), ("b", 7, 8)]


TEXT = 'a "quote", a \\ and a \t tab\r\nof {Müller} 𝄞 \x1f'
AMOUNTS = (-(2**63), 2**63 - 1)


def test_texts_numbers_and_what_is_missing_are_stored_as_they_are(store):
    columns = ("at_ms", "connection", "kind", "object_id", "document", "amount_cents")
    rows = [(one, 0, TEXT, "null", "", other) for one in AMOUNTS for other in (*AMOUNTS, 0, None)]
    with store.transaction():
        insert_rows(t.Event, *columns).many(rows)
        assert Statement(lambda: t.Event.select(*columns).order_by(t.Event.id)).all() == rows


def test_no_rows_are_no_work(store):
    with store.transaction():
        looks().many([])
        assert ALL.all() == []


def test_what_one_at_a_time_could_not_be_written_cannot_be_written_at_once(store):
    with pytest.raises(Exception), store.transaction():  # noqa: B017, PT011 (each engine has its own)
        looks().many([("a", 1, None)])
    with store.transaction():
        assert ALL.all() == []


@pytest.fixture
def new_database(new_postgres_url):
    with open_store(new_postgres_url()) as store:
        yield store


def rows_known() -> float:
    """How many rows PostgreSQL believes to be in the table; -1: it never looked."""
    told = current()[1].execute_sql("SELECT reltuples FROM pg_class WHERE relname = 'clock_look'")
    return told.fetchone()[0]


def test_postgresql_looks_at_a_table_once_there_is_something_in_it_and_then_never_again(
    new_database,
):
    insert = looks()
    with new_database.transaction():
        insert.many((f"a{number}", 1, 2) for number in range(499))
        assert rows_known() < 1
        insert.many([("b", 1, 2)])
        assert rows_known() == 500
        insert.many((f"c{number}", 1, 2) for number in range(2000))
        looks().many((f"d{number}", 1, 2) for number in range(2000))
        assert rows_known() == 500
