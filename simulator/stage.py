"""Where the demo plays: its folder, its settings, and the commands that are its steps."""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import click

from simulator.report import WIDTH


class StepFailed(Exception):
    """A step of the demo did not work; the text says which one and what it said."""


@dataclass
class Stage:
    """The folder in which the demo plays, its settings, and the clock of its progress lines."""

    folder: Path
    port: int
    started: float = field(default_factory=time.monotonic)

    @property
    def address(self) -> str:
        """Where the daemon is reached."""
        return f"http://localhost:{self.port}"

    @property
    def config(self) -> Path:
        """The settings file of the demo."""
        return self.folder / "deskbridge.toml"

    @property
    def company(self) -> Path:
        """The state of the simulated company file."""
        return self.folder / "company.json"

    def set(self) -> None:
        """Write the settings file: a store in the folder, ports of this machine that are free."""
        listen = "tcp:{}:interface=127.0.0.1"
        self.config.write_text(
            f"database = {json.dumps(f'sqlite:///{self.folder}/deskbridge.sqlite3')}\n"
            f'listen = "{listen.format(self.port)}"\n'
            f'api_listen = "{listen.format(free_port())}"\n'
            f'admin_listen = "{listen.format(free_port())}"\n'
            f'public_url = "{self.address}"\n'
        )

    def environment(self) -> dict[str, str]:
        """The environment of the steps: this machine's own settings must not leak in."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("DESKBRIDGE_")}
        return {**kept, "DESKBRIDGE_CONFIG": str(self.config)}

    def tell(self, text: str) -> None:
        """Print a progress line with the seconds since the start."""
        line = f"{time.monotonic() - self.started:5.1f} s  {text}"
        click.echo(textwrap.fill(line, WIDTH, subsequent_indent=" " * 9))

    def run(self, *words: str) -> str:
        """Run one deskbridge command and give its output; raises StepFailed."""
        done = self.tried(*words)
        if done.returncode:
            said = (done.stderr + done.stdout).strip()
            raise StepFailed(
                f"`deskbridge {shlex.join(words)}` failed with exit code {done.returncode}: {said}"
            )
        return done.stdout

    def tried(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one deskbridge command, however it ends."""
        return subprocess.run(  # noqa: S603 (our own command line)
            [sys.executable, "-m", "deskbridge", *words],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *words: str, out: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """Start a deskbridge command that goes on; what it prints goes to ``out``."""
        return subprocess.Popen(  # noqa: S603 (our own command line)
            [sys.executable, "-m", "deskbridge", *words],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )

    def run_json(self, *words: str) -> Any:
        """Run one deskbridge command with --json and read what it prints."""
        return json.loads(self.run(*words, "--json"))


def made_for_us(path: Path) -> int:
    """A new file that only we can read, open for writing."""
    return os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)


def free_port() -> int:
    """A port of this machine that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
