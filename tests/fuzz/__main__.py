"""More cases than the suite plays: ``make fuzz N=2000 FROM=60``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.fuzz.case import play
from tests.fuzz.wrong import Wrong
from tests.rehearsal.conftest import IN_MEMORY


def main() -> int:
    """Play cases, say which seeds go wrong and how; 1 when any does."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("cases", type=int, help="how many")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first seed")
    given = parser.parse_args()
    started = time.monotonic()
    seeds = range(given.first, given.first + given.cases)
    with ProcessPoolExecutor(2) as workers:
        failed = [wrong for wrong in workers.map(outcome, seeds, chunksize=4) if wrong]
    for wrong in failed:
        sys.stdout.write(f"{wrong}\n")
    seconds = time.monotonic() - started
    well = given.cases - len(failed)
    sys.stdout.write(f"{well} cases went well, {len(failed)} did not, {seconds:.0f} s\n")
    return 1 if failed else 0


def outcome(seed: int) -> str:
    """What went wrong with a seed; empty when all went well."""
    place = IN_MEMORY if IN_MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        try:
            play(seed, Path(folder))
        except Wrong as wrong:
            return str(wrong)
    return ""


if __name__ == "__main__":
    sys.exit(main())
