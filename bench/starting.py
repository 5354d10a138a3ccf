"""How long commands take to start, of which nearly all is imports."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable

from bench.page import Part, at_most
from bench.stage import command, scratch
from shared.structs import Value

TIMES = 9
GOALS = {"deskbridge syncs list": 120, "deskbridge --help": 70}
COMMANDS = (("--help",), ("syncs", "list"), ("connection", "list"))


class StartFigures(Value):
    """What a command took, from its start to its end; medians in milliseconds."""

    words: str
    wall_ms: float
    cpu_ms: float


def figures() -> list[StartFigures]:
    """Start each command over a store with one connection; Python alone to compare with."""
    with scratch() as folder:
        url = f"sqlite:///{folder}/store.sqlite3"
        environment = {**os.environ, "DESKBRIDGE_DATABASE": url}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled
        command(environment, "connection", "add", "Big")
        alone = _measured("python -c pass", [sys.executable, "-c", "pass"], environment)
        return [alone, *(_of_command(words, environment) for words in COMMANDS)]


def _of_command(words: tuple[str, ...], environment: dict[str, str]) -> StartFigures:
    started = [sys.executable, "-m", "deskbridge", *words]
    return _measured("deskbridge " + " ".join(words), started, environment)


def _measured(words: str, started: list[str], environment: dict[str, str]) -> StartFigures:
    taken = [_one(started, environment) for _ in range(TIMES)]
    return StartFigures(words, *(statistics.median(column) for column in zip(*taken, strict=True)))


def _one(started: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Milliseconds that passed, and those that it was at work."""
    began = time.perf_counter()
    process = subprocess.Popen(started, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{started} failed")
    passed = time.perf_counter() - began
    return 1000 * passed, 1000 * (used.ru_utime + used.ru_stime)


def part(_runs: int) -> Part:
    """Commands on a small store."""
    results = figures()
    taken = {one.words: one.wall_ms for one in results}
    goals = [at_most(f"`{words}`", taken[words], most, " ms") for words, most in GOALS.items()]
    return Part("how long commands take", goals, as_table(results))


def as_table(results: Iterable[StartFigures]) -> str:
    """The figures, for the page."""
    rows = "\n".join(f"| `{r.words}` | {r.wall_ms:.0f} ms | {r.cpu_ms:.0f} ms |" for r in results)
    return f"""| start and end of a command | time | CPU |
|---|---|---|
{rows}"""
