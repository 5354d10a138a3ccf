"""The README's table of keys, made from the bindings.

``python -m console.keys`` writes it into README.md; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from inspect import getmembers, isclass
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from console.app import MAIN_SCREENS, DeskbridgeApp
from console.widgets.key_line import key_shown

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- keys: python -m console.keys -->", "<!-- end of keys -->"


def bound_classes() -> list[type[DOMNode]]:
    """The console, then every screen and every widget of ours that has keys of its own."""
    main = [_loaded(screen.place) for screen in MAIN_SCREENS]
    screens = [cls for cls in _defined("console.screens") if issubclass(cls, Screen)]
    widgets = [cls for cls in _defined("console.widgets") if issubclass(cls, Widget)]
    ordered = dict.fromkeys([DeskbridgeApp, *main, *screens, *widgets])
    return [cls for cls in ordered if own_bindings(cls)]


def own_bindings(cls: type[DOMNode]) -> list[Binding]:
    """The bindings that the class itself declares, one for each key."""
    return list(Binding.make_bindings(vars(cls).get("BINDINGS", [])))


def _loaded(place: str) -> type[DOMNode]:
    module, name = place.split(":")
    found: type[DOMNode] = getattr(import_module(f"console.screens.{module}"), name)
    return found


def _defined(package: str) -> Iterator[type[Any]]:
    for found in iter_modules(import_module(package).__path__, f"{package}."):
        module = import_module(found.name)
        for _, cls in getmembers(module, isclass):
            if cls.__module__ == found.name:
                yield cls
