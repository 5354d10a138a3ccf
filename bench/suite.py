"""How long the tests take: ``make test`` and ``make quick``, once each."""

from __future__ import annotations

import resource
import subprocess
import time

from bench.page import Part, at_most

GOALS = {"test": 300, "quick": 60}


def part(_runs: int) -> Part:
    """Both of them; a failing test fails the benchmark."""
    taken = {target: _made(target) for target in GOALS}
    goals = [
        at_most(f"`make {target}`", taken[target][0], most, " s") for target, most in GOALS.items()
    ]
    rows = "\n".join(
        f"| `make {target}` | {seconds:.0f} s | {cpu:.0f} s |"
        for target, (seconds, cpu) in taken.items()
    )
    return Part("the tests", goals, f"| | time | CPU |\n|---|---|---|\n{rows}")


def _made(target: str) -> tuple[float, float]:
    """Seconds, and those of CPU, of all processes that it started and waited for."""
    before = _spent()
    started = time.perf_counter()
    done = subprocess.run(["make", target], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"make {target} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.perf_counter() - started, _spent() - before


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
