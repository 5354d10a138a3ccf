"""More rehearsals than the suite plays: ``make rehearse N=1000 FROM=200``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

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
    given = parser.parse_args()
    started = time.monotonic()
    seeds = range(given.first, given.first + given.runs)
    with ProcessPoolExecutor() as workers:
        failed = [wrong for wrong in workers.map(outcome, seeds, chunksize=4) if wrong]
    for wrong in failed:
        print(wrong if given.trace else wrong.partition("\n")[0])
    seconds = time.monotonic() - started
    print(
        f"{given.runs - len(failed)} rehearsals went well, {len(failed)} did not, {seconds:.0f} s"
    )
    return 1 if failed else 0


def outcome(seed: int) -> str:
    """What went wrong with a seed; empty when all went well."""
    place = IN_MEMORY if IN_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        try:
            play(seed, Path(folder))
        except Violation as wrong:
            return str(wrong)
    return ""


if __name__ == "__main__":
    sys.exit(main())
