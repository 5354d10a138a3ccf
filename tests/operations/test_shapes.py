from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest

from shared.operations.contracts.shapes import Elsewhere, Key, Shape
from shared.structs import Value

Day = date


class Color(StrEnum):
    RED = "red"


class Line(Value):
    item: Annotated[str, "the item"]
    price: Annotated[Decimal, "what it costs"]
    private: int = 0


class Order(Value):
    id: Annotated[int, "number of the order"]
    date: Annotated[Day | None, "its day"]
    lines: Annotated[tuple[Line, ...], "what was ordered"]

    @property
    def total(self) -> Annotated[Decimal, "what they cost"]:
        return sum((line.price for line in self.lines), Decimal(0))


class View(Value):
    order: Order
    extra: Annotated[Line | None, "one more"]


TILE, GROUT = Line("tile", Decimal("2.5")), Line("grout", Decimal(1))
ORDER = Order(7, date(2026, 1, 31), (TILE, GROUT))
LINES = [{"item": "tile", "price": "2.50"}, {"item": "grout", "price": "1.00"}]


def test_the_keys_are_the_fields_that_are_told_in_their_order():
    assert Shape(Order).of(ORDER) == {"id": 7, "date": "2026-01-31", "lines": LINES}
    assert Shape(Order).names() == ["id", "date", "lines"]
    assert [key.meaning for key in Shape(Line).keys] == ["the item", "what it costs"]


@pytest.mark.parametrize(
    ("declared", "held", "written"),
    [
        (str, "Zoë", "Zoë"),
        (int, 3, 3),
        (bool, False, False),
        (Decimal, Decimal("-1234.5"), "-1234.50"),
        (Decimal | None, None, None),
        (date, date(2026, 1, 31), "2026-01-31"),
        (datetime, datetime(2026, 1, 31, 14, 2, 11, 9, UTC), "2026-01-31T14:02:11Z"),
        (
            datetime | None,
            datetime(2026, 1, 31, 9, 2, 11, tzinfo=timezone(timedelta(hours=-5))),
            "2026-01-31T14:02:11Z",
        ),
        (Color, Color.RED, "red"),
        (Color | None, None, None),
        (Path | None, Path("/srv/a"), "/srv/a"),
        (Sequence[str], ("a", "b"), ["a", "b"]),
        (tuple[Decimal | None, ...], (None, Decimal(1)), [None, "1.00"]),
    ],
)
def test_how_a_value_is_written_follows_from_its_type(declared: Any, held: Any, written: Any):
    found = Key("x", "", declared, str).write(held)
    assert (found, type(found)) == (written, type(written))


def test_what_is_said_by_hand_is_only_what_differs():
    shape = Shape(
        Order,
        "number=id total",
        Key("first", "the first line", Line, lambda order: order.lines[0], Shape(Line, "item")),
        total="all of it",
    )
    assert shape.of(ORDER) == {"number": 7, "total": "3.50", "first": {"item": "tile"}}
    meanings = [key.meaning for key in shape.keys]
    assert meanings == ["number of the order", "all of it", "the first line"]


def test_a_larger_shape_takes_the_keys_of_its_part_or_single_fields_of_it():
    assert Shape(View, "order.* extra").names() == ["id", "date", "lines", "extra"]
    single = Shape(View, "extra order.total").of(View(ORDER, None))
    assert single == {"extra": None, "total": "3.50"}
    renamed = Shape(View, "order.* extra", order=Shape(Order, "number=id"), extra=Shape(Line))
    assert renamed.of(View(ORDER, GROUT)) == {"number": 7, "extra": LINES[1]}


def test_a_shape_that_is_told_elsewhere_is_written_all_the_same():
    [key] = Shape(Order, "lines", lines=Elsewhere(Shape(Line, "item"))).keys
    assert not key.listed
    assert key.write(ORDER.lines) == [{"item": "tile"}, {"item": "grout"}]


def test_the_type_of_a_key_is_kept():
    types = [key.type for key in Shape(Line).keys]
    assert types == [Annotated[str, "the item"], Annotated[Decimal, "what it costs"]]


def test_a_key_of_no_field_is_refused():
    with pytest.raises(KeyError, match="shade"):
        Shape(Order, "id shade").names()
