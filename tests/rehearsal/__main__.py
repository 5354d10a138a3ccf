"""More rehearsals than the suite plays: ``make rehearse N=1000 FROM=200``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from twisted.logger import globalLogPublisher

from tests.rehearsal.conftest import IN_MEMORY
from tests.rehearsal.play import play
from tests.rehearsal.stage import Violation


def main() -> int:
    """Play rehearsals, say which seeds go wrong and how; 1 when any does."""
    parser = argparse.ArgumentParser(prog="make rehearse", description=__doc__)
    parser.add_argument("runs", type=int, help="how many")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first seed")
    parser.add_argument(
        "--trace", action="store_true", help="show what happened in each that fails"
    )
    parser.add_argument(
        "--books", type=int, choices=(2, 3), help="with Invoiced, or without; else as the suite"
    )
    given = parser.parse_args()
    started = time.monotonic()
    seeds = range(given.first, given.first + given.runs)
    run = partial(outcome, third=None if given.books is None else given.books == 3)
    with ProcessPoolExecutor() as workers:
        failed = [wrong for wrong in workers.map(run, seeds, chunksize=4) if wrong]
    for wrong in failed:
        print(wrong if given.trace else wrong.partition("\n")[0])
    seconds = time.monotonic() - started
    print(
        f"{given.runs - len(failed)} rehearsals went well, {len(failed)} did not, {seconds:.0f} s"
    )
    return 1 if failed else 0


def outcome(seed: int, *, third: bool | None = None) -> str:
    """What went wrong with a seed; empty when all went well.

    What the daemon logs as a failure went wrong, too.
    """
    failures: list[str] = []

    def watch(event: dict[str, Any]) -> None:
        if event.get("log_failure") is not None:
            failures.append(event["log_failure"].getTraceback())

    globalLogPublisher.addObserver(watch)
    place = IN_MEMORY if IN_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        try:
            play(seed, Path(folder), third=third)
        except Violation as wrong:
            return str(wrong)
        finally:
            globalLogPublisher.removeObserver(watch)
    return f"rehearsal {seed}: logged\n{failures[0]}" if failures else ""


if __name__ == "__main__":
    sys.exit(main())
