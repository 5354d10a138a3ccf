"""A list and the text about the record under its cursor, below it or beside it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.containers import Container

from console.tui.widgets.record_table import Column, RecordTable
from console.tui.widgets.text_view import TextView


class Beside(Container):
    """A ``RecordTable`` and a ``TextView.preview``; from 180 columns on, side by side.

    So the list shows more rows, and no line of the text is too long to read.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__(RecordTable(columns), TextView(classes="preview"))
