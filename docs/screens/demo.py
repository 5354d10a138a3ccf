"""The README's picture: what `make demo` prints, as an SVG.

python docs/screens/demo.py > docs/screens/demo.svg
"""

from __future__ import annotations

import io
import subprocess
import sys

from rich.console import Console
from rich.text import Text

COLUMNS = 80


def printed() -> str:
    """What the demo prints; raises CalledProcessError where its sides are not equal."""
    done = subprocess.run(
        [sys.executable, "-m", "deskbridge", "demo", "--headless"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.rstrip()


def picture(text: str) -> str:
    """The text in a window, under the command that printed it."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text("$ make demo", style="bold"))
    console.print(Text(text))
    return console.export_svg(title="deskbridge demo")


if __name__ == "__main__":
    sys.stdout.write(picture(printed()))
