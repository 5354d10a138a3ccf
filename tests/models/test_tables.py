"""How the tables are asked: columns by their names, conditions on several at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.models import connections, throttles
from shared.models import tables as t
from shared.models.statements import AnyOf, Statement, slot
from shared.rules.throttling import Source

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)


@pytest.fixture
def locks(store):
    with store.transaction():
        for name, guesses in (("10.0.0.1", 25), ("10.0.0.2", 26)):
            throttles.lock(Source.ADDRESS, name, guesses, NOW)
            throttles.lock(Source.TOKEN_ADDRESS, name, guesses, NOW)
        yield store


def found(condition, **given):
    return Statement(lambda: t.Throttle.select("guesses", "name").where(condition())).all(**given)


def test_a_slot_goes_by_the_name_of_its_column(locks):
    where = {"source": Source.ADDRESS.value, "name": "10.0.0.2"}
    assert found(lambda: t.Throttle.has("source", "name"), **where) == [(26, "10.0.0.2")]


def test_other_columns_hold_a_member_an_expression_or_one_of_a_list(locks):
    def condition():
        return t.Throttle.has(source=Source.ADDRESS, guesses=slot("wanted"), name=AnyOf("names"))

    assert found(condition, wanted=25, names=["10.0.0.1", "10.0.0.2"]) == [(25, "10.0.0.1")]
    assert found(condition, wanted=25, names=["10.0.0.2"]) == []


def test_none_is_what_is_missing(store):
    running = Statement(lambda: t.Connection.select("id").where(t.Connection.has(paused_ms=None)))
    with store.transaction():
        one, paused = (connections.add(name, now=NOW) for name in ("Larkspur Tile", "Oak Lumber"))
        connections.pause(paused.id, "pat", NOW)
        assert running.column() == [one.id]


def test_a_column_that_is_not_there_is_an_error():
    with pytest.raises(KeyError):
        t.Throttle.has("nothing")
    with pytest.raises(KeyError):
        t.Throttle.select("nothing")
