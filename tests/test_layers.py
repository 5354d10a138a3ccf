"""What may write, and what may import what, seen from outside."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
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


def calls_in(folder: str) -> Iterator[tuple[str, str]]:
    """Every method that the modules of a package call, with where it is called."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield node.func.attr, f"{path.relative_to(ROOT)}:{node.lineno}"


def test_no_command_and_no_screen_writes_but_through_the_guard():
    calls = list(calls_in("console"))
    assert len(calls) > 1000
    past_it = ("transaction", "atomic", "apply")
    assert [where for name, where in calls if name in past_it] == []
