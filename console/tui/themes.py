"""The colors of the console: the terminal's own, or one of three of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace  # noqa: TID251  # Textual's themes are dataclasses
from typing import TypeAlias

from rich.terminal_theme import TerminalTheme
from textual.theme import BUILTIN_THEMES, Theme

from shared.structs import Value

TERMINAL = "terminal"
Rgb: TypeAlias = tuple[int, int, int]


class Colors(Value):
    """One choice of colors: ``theme`` is what Textual calls it."""

    name: str
    title: str
    theme: str


COLORS = (
    Colors(TERMINAL, "The terminal's own colors", TERMINAL),
    Colors("light", "Light", "textual-light"),
    Colors("dark", "Dark", "textual-dark"),
    Colors("contrast", "High contrast", "high-contrast"),
)
_ANSI = BUILTIN_THEMES["ansi-dark"]
_TRACK = ("scrollbar-background", "scrollbar-background-hover", "scrollbar-background-active")
OWN_COLORS = replace(
    _ANSI,
    name=TERMINAL,
    # Textual's is black, also on a terminal that is light.
    variables={**_ANSI.variables, **dict.fromkeys(_TRACK, "ansi_default")},
)
HIGH_CONTRAST = Theme(
    name="high-contrast",
    primary="#FFFF00",
    secondary="#00FFFF",
    accent="#FFFF00",
    warning="#FFFF00",
    error="#FF8080",
    success="#00FF00",
    foreground="#FFFFFF",
    background="#000000",
    surface="#000000",
    panel="#000000",
    boost="#000000",
    dark=True,
    text_alpha=1.0,
    variables={"block-cursor-foreground": "#000000", "block-cursor-background": "#FFFF00"},
)


def _sixteen(
    background: Rgb, foreground: Rgb, red: Rgb, green: Rgb, yellow: Rgb, blue: Rgb, cyan: Rgb
) -> TerminalTheme:
    colors = [background, red, green, yellow, blue, blue, cyan, foreground]
    return TerminalTheme(background, foreground, colors, colors)


ANSI_COLORS: Mapping[str, TerminalTheme] = {
    "textual-light": _sixteen(
        (224, 224, 224),
        (31, 31, 31),
        red=(160, 0, 0),
        green=(20, 90, 20),
        yellow=(120, 75, 0),
        blue=(20, 60, 150),
        cyan=(0, 85, 115),
    ),
    HIGH_CONTRAST.name: _sixteen(
        (0, 0, 0),
        (255, 255, 255),
        red=(255, 128, 128),
        green=(0, 255, 0),
        yellow=(255, 255, 0),
        blue=(150, 180, 255),
        cyan=(0, 255, 255),
    ),
}
"""What the colors of states are in themes in which Textual's own would be hard to read."""


def theme_of(name: str) -> str:
    """What Textual calls the colors of that name; those of the terminal for a name of none."""
    return next((one.theme for one in COLORS if one.name == name), COLORS[0].theme)
