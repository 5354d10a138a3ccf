"""What the company's commands share: its errors as sentences, and one change at a time."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import click

from simulator import screen
from simulator.company.books import BookError, NotInBooks
from simulator.company.company import Company
from simulator.company.state import BadState, NoState

speaking = screen.speaking(missing=(NotInBooks, NoState), refused=(BookError, BadState))


def changing(path: Path) -> AbstractContextManager[Company]:
    """Load, change and save a company; says so when somebody else holds it."""
    return Company.changing(path, waiting=_say_waiting)


def _say_waiting() -> None:
    click.echo("Another program is using this company; waiting for it.", err=True)
