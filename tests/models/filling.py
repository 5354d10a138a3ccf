"""Rows in every table that there is, whatever it is for: made of the tables themselves."""

from __future__ import annotations

from typing import Any

import peewee

from shared.models import moving
from shared.models import tables as t
from shared.models.store import Store

TEXTS = ("", "Bröd & Søn ☂", "z", "A", "a", "ß", "línea\n2", 'Z\' "q"')


def fill(store: Store, rows: int) -> None:
    """So many rows in each table; a row refers to the rows of other tables with its number.

    There is one installation, as in every store.
    """
    with store.transaction():
        moving._run("DELETE FROM installation")
        for table in peewee.sort_models(t.TABLES):
            fields = table._meta.sorted_fields
            described = moving._Table.of(table)
            for number in range(1, 2 if table is t.Installation else rows + 1):
                row = tuple(_value(field, number) for field in fields)
                moving._run(described.insert, moving._written(described, row))
        moving._go_on_from(moving._last_numbers())


def _value(field: Any, number: int) -> Any:
    if isinstance(field, peewee.ForeignKeyField):
        return _value(field.rel_field, number)
    if field.primary_key and field.field_type != "TEXT":
        return number * 3  # with gaps
    if field.null and number % 3 == 0:
        return None
    match field.field_type:
        case "BOOL":
            return number % 2 == 0
        case "BLOB":
            return bytes(range(256)) * (number % 3)
        case "TEXT":
            return f"{TEXTS[number % len(TEXTS)]}{number}"
        case "INT":
            return 2_147_483_000 + number
        case _:
            return 9_007_199_254_740_993 + number  # more than a float could hold
