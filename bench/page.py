"""``docs/benchmarks.md``: goals and what was measured side by side, then each part's figures.

A run that measures a few parts leaves the rows and chapters of the others as they were, and the
last chapter, which people write, always.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import TypeVar

from shared.structs import Value

Run = TypeVar("Run")
KEPT = "Where a goal is not met"
_NOTHING_SAID = "Nothing was said about it yet."
_LIBRARIES = ("twisted", "lxml", "peewee", "textual", "pysqlite3", "psycopg")


class Goal(Value):
    """What something may cost, and what it cost now."""

    measure: str
    goal: str
    measured: str
    is_met: bool


class Part(Value):
    """What one part found out: its goals, if it has some, and its chapter."""

    title: str
    goals: Sequence[Goal]
    text: str


def at_most(measure: str, value: float, limit: float, unit: str = "") -> Goal:
    """A goal that a figure must not exceed."""
    return Goal(measure, f"≤ {limit:g}{unit}", f"{_plain(value)}{unit}", value <= limit)


def middle(runs: Iterable[Run], by: Callable[[Run], float]) -> Run:
    """The run whose figure is in the middle."""
    ordered = sorted(runs, key=by)
    return ordered[len(ordered) // 2]


def percentile(values: Iterable[float], share: float) -> float:
    """The value that this share of all does not exceed."""
    ordered = sorted(values)
    return ordered[int(len(ordered) * share)]


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def at_least(measure: str, value: float, limit: float, unit: str = "") -> Goal:
    """A goal that a figure must reach."""
    return Goal(measure, f"≥ {limit:g}{unit}", f"{_plain(value)}{unit}", value >= limit)


def written(parts: Mapping[str, Part], old: str, order: Sequence[str]) -> str:
    """The page with these parts anew; ``order`` are the names of all parts."""
    rows = {name: _rows_of(old, name) for name in order}
    rows |= {name: [_row(name, goal) for goal in part.goals] for name, part in parts.items()}
    chapters = {name: text for name in order if (text := _chapter_of(old, name))}
    chapters |= {name: _chapter(name, part) for name, part in parts.items()}
    goals = "\n".join(row for name in order for row in rows[name])
    kept = old.partition(f"## {KEPT}\n")[2] or _NOTHING_SAID
    return f"""# Benchmarks

Written by `make bench`; `python -m bench NAME…` measures single parts. {_machine()}

| part | measure | goal | measured | |
|---|---|---|---|---|
{goals}

CPU is that of the daemon, all threads; *floor* is what reading and storing the same bytes costs without sessions, checks and
problems (chapter `imports`), measured in the same run. Shared machines are noisy: compare ratios and CPU before seconds.

{"".join(chapters[name] for name in order if name in chapters)}## {KEPT}

{kept.strip()}
"""


def _machine() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return (
        f"Last run: {os.cpu_count()} cores, {platform.machine()}, {platform.system()}; "
        f"Python {platform.python_version()}; {libraries}."
    )


def _row(name: str, goal: Goal) -> str:
    verdict = "met" if goal.is_met else "**not met**"
    return f"| `{name}` | {goal.measure} | {goal.goal} | {goal.measured} | {verdict} |"


def _rows_of(page: str, name: str) -> list[str]:
    return re.findall(rf"^\| `{name}` \|.*$", page, re.MULTILINE)


def _chapter(name: str, part: Part) -> str:
    return f"## `{name}`: {part.title}\n\n{part.text.strip()}\n\n"


def _chapter_of(page: str, name: str) -> str:
    found = re.search(rf"^## `{name}`: .*?(?=^## )", page, re.MULTILINE | re.DOTALL)
    return found[0] if found else ""
