"""What the steps ask of the machine, and have done on it."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from shared.errors import StoreError


class StepFailed(StoreError):
    """A command of the system that a step needs did not do it."""


class Machine(Protocol):
    """This machine, or a test's idea of one."""

    def is_root(self) -> bool:
        """Whether we may change the system."""

    def has_systemd(self) -> bool:
        """Whether systemd runs here; its files can be written without, its units not started."""

    def has_user(self, name: str) -> bool:
        """Whether there is that user."""

    def read(self, path: str) -> str | None:
        """The text of a file; None where there is none."""

    def is_there(self, path: str) -> bool:
        """Whether there is such a file, folder or link."""

    def run(self, words: Sequence[str], text: str = "") -> str:
        """Run a command with ``text`` as its input; what it prints. Raises StepFailed."""

    def asked(self, words: Sequence[str]) -> str:
        """What a command prints that only looks, whatever it ends with; empty without it."""


class ThisMachine(Machine):
    """The real one."""

    def is_root(self) -> bool:
        return os.geteuid() == 0

    def has_systemd(self) -> bool:
        """Whether systemd runs here. Source: sd_booted(3)."""
        return Path("/run/systemd/system").is_dir()

    def has_user(self, name: str) -> bool:
        try:
            pwd.getpwnam(name)
        except KeyError:
            return False
        return True

    def read(self, path: str) -> str | None:
        try:
            return Path(path).read_text("utf-8")
        except FileNotFoundError:
            return None

    def is_there(self, path: str) -> bool:
        return os.path.lexists(path)

    def run(self, words: Sequence[str], text: str = "") -> str:
        try:
            done = subprocess.run(  # noqa: S603 - our own words
                words, input=text, capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            raise StepFailed(f"There is no command {words[0]} here.", "Install it.") from None
        if done.returncode:
            why = " ".join(done.stderr.split()) or f"it ended with {done.returncode}"
            raise StepFailed(f"{' '.join(words)}: {why}", "Correct that, and run it again.")
        return done.stdout

    def asked(self, words: Sequence[str]) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - our own words
                words, capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            return ""
        return done.stdout


def own_command() -> Path:
    """The command ``deskbridge`` of this installation."""
    return Path(sys.executable).parent / "deskbridge"


def own_places() -> list[Path]:
    """Where this installation keeps what it runs: the command, Python itself, our modules."""
    return [own_command(), Path(sys.executable).resolve(), Path(__file__).resolve()]
