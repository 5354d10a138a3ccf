"""A dialog: in front of what it is about, which stays in view behind it, dimmed."""

from __future__ import annotations

from typing import Any, TypeVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen

Result = TypeVar("Result")
_DIMMED = Style(dim=True, bold=False, reverse=False)


class Dialog(ModalScreen[Result]):
    """A dialog that gives back a ``Result``."""

    def render(self) -> Any:
        """The screen behind, dimmed: on sixteen colors there is nothing to blend."""
        drawn = super().render()
        return _Dimmed(drawn) if isinstance(drawn, BackgroundScreen) else drawn


class _Dimmed:
    """Whatever is drawn, without what stands out."""

    def __init__(self, drawn: BackgroundScreen) -> None:
        self._drawn = drawn

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for text, style, control in console.render(self._drawn, options):
            yield Segment(text, (style or Style.null()) + _DIMMED, control)
