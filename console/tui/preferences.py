"""What an operator chose of the console, kept in the user's state directory.

Nothing here stops the console: what cannot be read was never chosen.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import platformdirs

from console.tui.themes import COLORS, TERMINAL

FILE_NAME = "console.toml"


class Preferences:
    """What is kept in ``folder``; None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._path = None if folder is None else folder / FILE_NAME

    @property
    def colors(self) -> str:
        """The name of the colors that were chosen, or of the terminal's own."""
        try:
            kept = tomllib.loads(self._path.read_text("utf-8")) if self._path else {}
        except (OSError, ValueError):  # not there, not ours to read, not TOML
            return TERMINAL
        chosen = kept.get("colors")
        return chosen if chosen in {one.name for one in COLORS} else TERMINAL

    def keep_colors(self, name: str) -> None:
        """Keep the name of colors; raises OSError where that cannot be."""
        if self._path is not None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.write_text(f'colors = "{name}"\n', "utf-8")


def of_this_user() -> Preferences:
    """Those of whoever runs the console."""
    return Preferences(platformdirs.user_state_path("deskbridge"))
