"""What may write, and what may import what, seen from outside."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from pkgutil import walk_packages

import shared.operations

ROOT = Path(__file__).parents[1]
FRONT_ENDS = ("click", "textual", "twisted")


def test_operations_load_no_front_end_and_no_reactor():
    found = walk_packages(shared.operations.__path__, "shared.operations.")
    names = ["shared.operations", *(one.name for one in found)]
    assert loaded_of(FRONT_ENDS, f"[__import__(name) for name in {names}]") == []


def test_only_a_postgresql_store_loads_its_driver(tmp_path: Path):
    opens = (
        "from shared.models.store import open_store;"
        f" open_store('sqlite:///{tmp_path}/store', create=True).close()"
    )
    assert loaded_of(["peewee", "psycopg"], opens) == ["peewee"]
    asks = "from shared.models.postgresql import PostgresEngine; PostgresEngine('postgresql:///x')"
    assert loaded_of(["peewee", "psycopg"], asks) == ["peewee", "psycopg"]


def loaded_of(names: Sequence[str], program: str) -> list[str]:
    """Which of these packages a process has loaded that ran a program."""
    shown = f"; import sys; print(*[name for name in {list(names)} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program + shown],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return done.stdout.split()


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
