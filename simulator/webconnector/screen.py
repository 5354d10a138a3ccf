"""What a person sees of the Web Connector: the status column, or JSON for scripts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable

import click

from shared.structs import asdict
from simulator.webconnector.connector import Summary
from simulator.webconnector.errors import WebConnectorError
from simulator.webconnector.update import Outcome, Status

_BAR = 20


class Screen:
    """Prints ends and refusals, and on a terminal the progress of the running update."""

    def __init__(self, *, as_json: bool, terminal: bool) -> None:
        self._as_json = as_json
        self._live = terminal and not as_json

    def progress(self, status: Status) -> None:
        """Draw the running update over the line before; only a terminal sees it."""
        if self._live:
            columns = shutil.get_terminal_size((80, 24)).columns
            line = f"{_bar(status.percent)} {status.application}: {status.text}"[: columns - 1]
            click.echo(f"\r{line:<{columns - 1}}\r", nl=False)

    def ended(self, outcome: Outcome) -> None:
        """Print what the status column shows when an update has ended."""
        if not self._as_json:
            self._clear()
            click.echo(f"{outcome.application}: {outcome.status}")

    def ended_scheduled(self, outcome: Outcome) -> None:
        """The same for Auto-Run, which has no end of its own: JSON is a line for each update."""
        if self._as_json:
            click.echo(json.dumps(asdict(outcome)))
        else:
            self.ended(outcome)

    def summary(self, summary: Summary, refusals: Iterable[WebConnectorError]) -> None:
        """Print the end of Update Selected: as JSON one document, else the closing dialog."""
        if self._as_json:
            document = {
                "updates": [asdict(outcome) for outcome in summary.outcomes],
                "refused": [{"code": error.code, "text": error.text} for error in refusals],
                "code": summary.code,
                "text": summary.text,
            }
            click.echo(json.dumps(document, indent=2))
        elif summary.text:
            click.echo(summary.text, err=True)

    def refusal(self, name: str, error: WebConnectorError) -> None:
        """Print why a .qwc file was not added."""
        self._clear()
        click.echo(f"{name}: {error}", err=True)

    def _clear(self) -> None:
        if self._live:
            click.echo(f"\r{'':<{shutil.get_terminal_size((80, 24)).columns - 1}}\r", nl=False)


def _bar(percent: int) -> str:
    done = _BAR * max(0, min(percent, 100)) // 100
    return f"[{'#' * done}{' ' * (_BAR - done)}] {percent:>3} %"
