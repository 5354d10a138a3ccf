"""A password on the screen: in no picture of it, in no selection, and gone when it is forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

_INDENT = " " * 4
_COVER = "*"


class Secret(Widget):
    """One line; ``show`` is called once and ``forget`` at the end."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Secret { height: 1; width: 100%; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._covered = False

    def show(self, text: str) -> None:
        """Show it."""
        self._text = text
        self.refresh()

    def forget(self) -> None:
        """Let go of it."""
        self.show("")

    def cover(self, covered: bool) -> None:
        """Show asterisks in its place, or itself again."""
        self._covered = covered
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The text as it is to be typed, without a break or a blank in it."""
        text = _COVER * len(self._text) if self._covered else self._text
        bold = self.rich_style + Style(bold=True)
        line = Strip([Segment(_INDENT, self.rich_style), Segment(text if y == 0 else "", bold)])
        return line.adjust_cell_length(self.size.width, self.rich_style)


@contextmanager
def covered(secrets: Iterable[Secret]) -> Iterator[None]:
    """Cover them while a picture is taken."""
    held = list(secrets)
    for secret in held:
        secret.cover(True)
    try:
        yield
    finally:
        for secret in held:
            secret.cover(False)
