"""What may write, and what may import what, seen from outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from pkgutil import walk_packages

import shared.operations

ROOT = Path(__file__).parents[1]
FRONT_ENDS = ("click", "textual", "twisted")


def test_operations_load_no_front_end_and_no_reactor():
    found = walk_packages(shared.operations.__path__, "shared.operations.")
    names = ["shared.operations", *(one.name for one in found)]
    program = (
        f"import sys; [__import__(name) for name in {names}]; "
        f"print([name for name in {FRONT_ENDS} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
