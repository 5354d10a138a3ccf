"""Rows as values: which column holds which field, and how."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

import pytest
from peewee import (
    BigIntegerField,
    BlobField,
    BooleanField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)

from shared.models.mapper import Mapper
from shared.structs import Value

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
NOON_MS = 1_795_867_200_000


class Color(StrEnum):
    RED = "red"


class Rig(Model):
    name = TextField()


class Visit(Model):
    rig = ForeignKeyField(Rig)
    amount_cents = BigIntegerField()
    tip_cents = BigIntegerField(null=True)
    came_ms = BigIntegerField()
    left_ms = BigIntegerField(null=True)
    locked_until_ms = BigIntegerField(null=True)
    day = TextField()
    other_day = TextField()
    color = TextField()
    other_color = TextField()
    text = BlobField()
    paid = BooleanField()
    size_of_it = IntegerField()


class Money(Value):
    amount: Decimal
    tip: Decimal | None


class Times(Value):
    rig_id: int
    came_at: datetime
    left_at: datetime | None
    locked_until: datetime | None
    day: date
    other_day: date | None


class Rest(Value):
    color: Color
    other_color: Color | None
    text: bytes
    paid: bool
    size: int
    guests: tuple[str, ...] = ()


class Whole(Value):
    rig_id: int
    money: Money
    times: Times | None


MONEY = Mapper(Money, Visit)
TIMES = Mapper(Times, Visit)
REST = Mapper(Rest, Visit, but=["guests"], size=Visit.size_of_it)

MAPPED = [
    (MONEY, Money(Decimal("12.34"), None), (1234, None)),
    (MONEY, Money(Decimal("0.05"), Decimal("-3.00")), (5, -300)),
    (
        TIMES,
        Times(7, NOON, None, NOON, date(2026, 11, 28), None),
        (7, NOON_MS, None, NOON_MS, "2026-11-28", ""),
    ),
    (REST, Rest(Color.RED, None, b"<x/>", True, 3), ("red", "", b"<x/>", True, 3)),
    (REST, Rest(Color.RED, Color.RED, b"", False, 0), ("red", "red", b"", False, 0)),
]


@pytest.mark.parametrize(("mapper", "value", "row"), MAPPED)
def test_a_value_is_written_and_read_back(mapper, value, row):
    assert mapper.row(value) == row
    assert mapper.read(row) == value


def test_sqlite_has_numbers_for_flags_and_postgresql_views_for_bytes():
    read = REST.read(("red", "", memoryview(b"<x/>"), 1, 3), guests=("Anna",))
    assert read == Rest(Color.RED, None, b"<x/>", True, 3, ("Anna",))
    assert (type(read.paid), type(read.text)) == (bool, bytes)


def test_columns_are_found_by_the_name_and_the_type_of_a_field():
    found = [field.name for mapper in (MONEY, TIMES, REST) for field in mapper.fields]
    assert found == [
        *("amount_cents", "tip_cents"),
        *("rig", "came_ms", "left_ms", "locked_until_ms", "day", "other_day"),
        *("color", "other_color", "text", "paid", "size_of_it"),
    ]


def test_a_value_in_a_value_is_missing_where_a_column_that_it_needs_is_null():
    whole = Mapper(Whole, Visit, money=MONEY, times=TIMES)
    assert whole.fields == (Visit.rig, *MONEY.fields, *TIMES.fields)
    there = (7, 1234, None, 7, NOON_MS, None, None, "2026-11-28", "")
    assert whole.read(there).times == Times(7, NOON, None, None, date(2026, 11, 28), None)
    assert whole.read((7, 1234, None, *[None] * 6)) == Whole(7, Money(Decimal("12.34"), None), None)


def test_some_fields_are_written_by_the_names_of_their_columns():
    assert TIMES.changes(left_at=None, came_at=NOON) == {"left_ms": None, "came_ms": NOON_MS}
    assert MONEY.stored(Money(Decimal(1), None), but=["tip"]) == {"amount_cents": 100}
    assert MONEY.names == ("amount_cents", "tip_cents")


def test_a_field_that_there_is_not_is_a_mistake():
    with pytest.raises(TypeError, match="Money has no column for amounts"):
        MONEY.changes(amounts=1)
    with pytest.raises(TypeError, match="Rig has none of the columns amount_cents"):
        _ = Mapper(Money, Rig).fields


def test_money_is_never_rounded_on_its_way_in():
    with pytest.raises(ValueError, match="more than two decimal places"):
        MONEY.row(Money(Decimal("1.005"), None))
