"""A rig with an operator at its command line, and the stories of problems and their remedies.

A story makes its problem, yields, and then does what the remedy says: in QuickBooks by acts of the
simulator, on our side by the very commands that the remedy names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.console.cli.builders import Shell
from tests.whole.rig import Rig

BECAUSE = ("--because", "a person looked at it")


@dataclass
class Office:
    """A rig, the command line of its store, and the commands that were given there."""

    rig: Rig
    shell: Shell
    patch: Any
    """pytest's monkeypatch, where a fault of ours has to be made."""
    failures: list[Any]
    """What was logged of faults of ours; a story that makes one takes it away."""
    ran: list[str] = field(default_factory=list)

    @property
    def books(self) -> Any:
        return self.rig.company.books

    def problems(self) -> list[dict[str, Any]]:
        """All open problems."""
        return list(self.shell.json("problems", "list"))

    def problem(self, code: str) -> dict[str, Any]:
        """The first open problem of a code."""
        listed = self.problems()
        found = [one for one in listed if one["code"] == code]
        assert found, [one["code"] for one in listed]
        return found[0]

    def number(self, code: str) -> str:
        """The number of the problem, as commands take it."""
        return str(self.problem(code)["id"])

    def payment(self, code: str) -> str:
        """The number of the payment that the problem is about."""
        return str(self.problem(code)["object_id"])

    def runs(self, *words: str) -> str:
        """Give a command that a remedy names, and confirm it."""
        alone = words[0] in {"qwc", "reconcile"}
        self.ran.append(words[0] if alone else " ".join(words[:2]))
        sure = [] if words[0] == "customers" or words[1] == "reconcile" else ["--yes"]
        result = self.shell.run(*words, *sure)
        if "No such option" in result.output:
            result = self.shell.run(*words)
        assert result.exit_code == 0, (words, result.output)
        return result.stdout

    def skips(self, code: str) -> None:
        self.runs("payments", "skip", self.payment(code), *BECAUSE)

    def retries(self, code: str) -> None:
        self.runs("payments", "retry", self.payment(code))

    def acknowledges(self, code: str) -> None:
        self.runs("problems", "acknowledge", self.number(code), *BECAUSE)


Story = Callable[[Office], Iterator[None]]
STORIES: list[tuple[str, Story]] = []


def remedy(*codes: str) -> Callable[[Story], Story]:
    """Register a story for each of these codes."""

    def register(story: Story) -> Story:
        STORIES.extend((code, story) for code in codes)
        return story

    return register


def open_office(rig: Rig, folder: Path, patch: Any, failures: list[Any]) -> Office:
    shell = Shell(folder)
    shell.database = rig.store_url
    return Office(rig, shell, patch, failures)
