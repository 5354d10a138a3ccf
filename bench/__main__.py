"""``make bench``: what Deskbridge costs, beside what it may cost.

    python -m bench [NAME…] [--runs 3] [--write docs/benchmarks.md]

Measures all parts, or those that are named, and prints their chapters; ``--write`` brings them
into the page, in which other parts, and what people wrote about goals, stay as they are.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from bench import (
    api,
    console,
    crowd,
    imports,
    invoiced,
    load,
    payment_files,
    payments,
    postgres,
    quiet,
    settling,
    slow_line,
    starting,
    suite,
)
from bench.page import Part, written

PARTS: dict[str, Callable[[int], Part]] = {
    "imports": imports.small_part,
    "imports-large": imports.large_part,
    "payments-large": payments.large_part,
    "settling": settling.part,
    "crowd": crowd.part,
    "load": load.part,
    "payments": payments.small_part,
    "payment-files": payment_files.part,
    "api": api.part,
    "postgres": postgres.part,
    "quiet": quiet.part,
    "invoiced": invoiced.part,
    "starting": starting.part,
    "console": console.part,
    "slow-line": slow_line.part,
    "suite": suite.part,
}


def main() -> None:
    """Measure, print, and write the page if asked; each part is written once it is measured."""
    options = argparse.ArgumentParser(
        prog="bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PARTS)}")
    options.add_argument("--runs", type=int, default=3, help="of which the middle one counts")
    options.add_argument("--write", type=Path, help="the page to write the figures to")
    chosen = options.parse_args()
    if unknown := set(chosen.names) - set(PARTS):
        options.error(f"there is no part {', '.join(sorted(unknown))}")
    for name in chosen.names or PARTS:
        started = time.perf_counter()
        part = PARTS[name](chosen.runs)
        print(f"{name}: {part.title} ({time.perf_counter() - started:.0f} s)\n\n{part.text}\n")
        for goal in part.goals:
            verdict = "met" if goal.is_met else "NOT MET"
            print(f"{goal.measure}: {goal.measured} (goal {goal.goal}): {verdict}")
        print(flush=True)
        if chosen.write:
            old = chosen.write.read_text() if chosen.write.exists() else ""
            chosen.write.write_text(written({name: part}, old, list(PARTS)))


if __name__ == "__main__":
    main()
