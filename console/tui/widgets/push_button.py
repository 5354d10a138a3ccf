"""A button that looks like one on any terminal: ``[ Stop sync ]``."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Button


class PushButton(Button):
    """A button in one line; brackets show that it is one, reversed it has the focus."""

    DEFAULT_CSS = """
    PushButton, PushButton.-active {
        margin-right: 1;
        min-width: 8;
        border: none !important;
    }
    PushButton:focus { text-style: bold reverse; }
    """

    def __init__(self, label: str, *, id: str) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(Text(f"[ {label} ]"), id=id, compact=True)
