"""A list and the text about the record under its cursor, below it or beside it."""

from __future__ import annotations

from textual.containers import Container


class Beside(Container):
    """Holds a ``RecordTable`` and a ``TextView.preview``; from 180 columns on, side by side.

    So the list shows more rows, and no line of the text is too long to read.
    """
