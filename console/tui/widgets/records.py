"""What names a record in a table, and its columns, each beside what it shows of a record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

from rich.text import Text

from console.fields import Field
from console.tui.widgets.record_table import Row
from shared import dates

T = TypeVar("T")
Shown: TypeAlias = str | Text | datetime | None


class Records(Generic[T]):
    """Records of one kind; a time is as short as it can be told, and None is never."""

    def __init__(self, key: Callable[[T], str], *fields: Field[T, Shown]) -> None:
        self.columns = tuple(column for column, _ in fields)
        self._key = key
        self._cells = [cell for _, cell in fields]

    def row(self, one: T, now: datetime) -> Row:
        """The row of a record."""
        shown = [cell(one) for cell in self._cells]
        return Row(
            self._key(one),
            tuple(
                cell if isinstance(cell, str | Text) else dates.short(cell, now) for cell in shown
            ),
        )
