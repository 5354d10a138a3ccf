"""``docs/keys.md``, the table of keys, made from the bindings.

``python -m console.tui.keys`` writes it; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from inspect import getmembers, isclass
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from console.tui.app import DeskbridgeApp
from console.tui.bindings import key_shown
from console.tui.main_screens import MAIN_SCREENS
from console.tui.screens.base import ConsoleScreen
from console.tui.widgets.dialogs import AskReason, Confirm

PAGE = Path(__file__).parents[2] / "docs" / "keys.md"
BEGIN, END = "<!-- keys: python -m console.tui.keys -->\n", "<!-- end of keys -->"
_MANY = 5
_CALLED = {
    "SetupScreen": "Setup",
    "PasswordScreen": "A new password",
    "GenerateScreen": "Generate QWC",
    "HintScreen": "A troubleshooting entry",
    "CustomerNameScreen": "Match customer",
    "TakeFileScreen": "Import a file",
    "LookScreen": "Import a file, checked",
    "SecretScreen": "A new secret",
    "ColorsDialog": "Colors",
}
"""Screens whose title is made of what they show."""
_WIDGETS = {
    "RecordTable": "in a table",
    "TextView": "in a text",
    "FilterLine": "in a search line",
    "Form": "in a form",
    "Choice": "on a choice",
    "Confirm": "in a question",
}


def own_bindings(cls: type[DOMNode]) -> list[Binding]:
    """The bindings that the class itself declares, one for each key."""
    return list(Binding.make_bindings(vars(cls).get("BINDINGS", [])))


def table() -> str:
    """The table in Markdown: where, then each key with what it is called there."""
    rows = [f"| {where} | {' · '.join(keys)} |" for where, keys in _rows()]
    return "\n".join(["| where | keys |", "|---|---|", *rows]) + "\n"


def _rows() -> Iterator[tuple[str, list[str]]]:
    everywhere = [*own_bindings(DeskbridgeApp), *own_bindings(ConsoleScreen)]
    yield "everywhere", list(_told(everywhere))
    for name, where in _WIDGETS.items():
        [cls] = [cls for cls in classes_of("console.tui.widgets") if cls.__name__ == name]
        yield where, list(_told(own_bindings(cls)))
    for cls in _shown():
        told = list(_told(_all_bindings(cls)))
        if told:
            yield _name(cls), told


def _shown() -> list[type[Any]]:
    """The screens themselves, not what they are made of; main screens first, then by name."""
    main = [screen.load() for screen in MAIN_SCREENS]
    screens = [cls for cls in classes_of("console.tui.screens") if issubclass(cls, Screen)]
    opened = [cls for cls in screens if cls not in main and not cls.__subclasses__()]
    asked = (AskReason, Confirm)
    return [*main, *sorted((cls for cls in opened if not issubclass(cls, asked)), key=_name)]


def _all_bindings(cls: type[DOMNode]) -> list[Binding]:
    """Those of the class and of what it is made of, but for what is everywhere."""
    bases = [base for base in cls.__mro__ if base.__module__.startswith("console.")]
    return [one for base in bases if base is not ConsoleScreen for one in own_bindings(base)]


def _told(bindings: list[Binding]) -> Iterator[str]:
    by_name: dict[str, list[str]] = {}
    for one in bindings:
        by_name.setdefault(one.description, []).append(key_shown(one.key))
    for name, keys in by_name.items():
        shown = keys if len(keys) < _MANY else [keys[0], "…", keys[-1]]
        yield f"{' '.join(f'`{key}`' if key != '…' else key for key in shown)} {name}"


def _name(cls: type[Any]) -> str:
    titles = {screen.load().__name__: screen.title for screen in MAIN_SCREENS}
    named = titles.get(cls.__name__) or _CALLED.get(cls.__name__) or getattr(cls, "PLACE", "")
    return named or cls.__name__.removesuffix("Screen")


def classes_of(package: str) -> Iterator[type[Any]]:
    """Every class that the modules of a package define, module by module."""
    for found in iter_modules(import_module(package).__path__, f"{package}."):
        module = import_module(found.name)
        for _, cls in getmembers(module, isclass):
            if cls.__module__ == found.name:
                yield cls


def main() -> None:
    """Put the table into the page, between the two marks; raises ValueError without them."""
    before, rest = PAGE.read_text("utf-8").split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
