"""How long commands take from their start to their end."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.page import Part, at_most
from shared.models.store import open_store

AGAIN = 7
COMMANDS = (("syncs", "list"), ("--help",), ("connection", "list"), ("doctor", "--offline"))
GOALS = {"syncs list": 120, "--help": 70}


def seconds(environment: dict[str, str], words: tuple[str, ...]) -> list[float]:
    """Several starts, one after the other."""
    taken = []
    for _ in range(AGAIN):
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "deskbridge", *words],
            env=environment,
            capture_output=True,
            check=False,  # the doctor finds no daemon, and says so
        )
        taken.append(time.perf_counter() - started)
    return taken


def part(_runs: int) -> Part:
    """Commands on a new store."""
    measured = {}
    with tempfile.TemporaryDirectory(prefix="deskbridge-bench-") as name:
        url = f"sqlite:///{Path(name) / 'store.sqlite3'}"
        open_store(url).close()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DESKBRIDGE_")}
        environment["DESKBRIDGE_DATABASE"] = url
        for words in COMMANDS:
            measured[" ".join(words)] = [1000 * one for one in seconds(environment, words)]
    medians = {name: statistics.median(taken) for name, taken in measured.items()}
    goals = [
        at_most(f"`deskbridge {name}`", medians[name], most, " ms") for name, most in GOALS.items()
    ]
    rows = "\n".join(
        f"| `deskbridge {name}` | {medians[name]:.0f} ms | {min(taken):.0f} ms | {max(taken):.0f} ms |"
        for name, taken in measured.items()
    )
    text = f"""| command | median | fastest | slowest |
|---|---|---|---|
{rows}

- *Command*: a process of its own on a new SQLite store, started {AGAIN} times; psycopg is installed."""
    return Part("how long commands take", goals, text)
