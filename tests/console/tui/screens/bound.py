"""Everything of the console that has keys of its own."""

from __future__ import annotations

from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from console.tui.app import DeskbridgeApp
from console.tui.keys import classes_of, own_bindings
from console.tui.main_screens import MAIN_SCREENS


def bound_classes() -> list[type[DOMNode]]:
    """The console, then every screen and every widget of ours that has keys of its own."""
    main = [screen.load() for screen in MAIN_SCREENS]
    screens = [cls for cls in classes_of("console.tui.screens") if issubclass(cls, Screen)]
    widgets = [cls for cls in classes_of("console.tui.widgets") if issubclass(cls, Widget)]
    every: list[type[DOMNode]] = [DeskbridgeApp, *main, *screens, *widgets]
    return [cls for cls in dict.fromkeys(every) if own_bindings(cls)]
