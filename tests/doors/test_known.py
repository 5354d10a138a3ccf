"""Every way to a decision is known: a new one fails here until it is listed in ``known``."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import click
import pytest

import shared.operations
from console.tui.app import DeskbridgeApp
from console.tui.keys import classes_of, own_bindings
from console.tui.screens.issuing import IssuesPasswords
from console.tui.screens.settings import SettingsScreen
from console.tui.screens.settings_rows import ACTIONS
from deskbridge import cli
from shared.operations.deciding import Plan
from tests.doors.known import ASKS, COMMANDS, KEYS, LOOKS, PLANS, WITHOUT_PLAN

ROOT = Path(__file__).parents[2]
DECIDING = frozenset({"decide", "decides", "carry_out", "confirm"})
WRITING = DECIDING | {"ask_person", "back_up", "compact", "copy_to", "upgrade"}
WHOLE_STORE = frozenset({"back_up", "compact", "copy_to", "restore", "upgrade"})
"""Operations of ``stores`` that copy or replace all of it."""


@cache
def modules() -> tuple[Any, ...]:
    """All modules of the operations."""
    found = walk_packages(shared.operations.__path__, "shared.operations.")
    return tuple(import_module(one.name) for one in found)


def plans() -> Iterator[type[Plan[Any]]]:
    """Every kind of plan that can be carried out, wherever it is declared."""
    modules()
    waiting: list[type[Plan[Any]]] = [Plan]
    while waiting:
        for cls in waiting.pop().__subclasses__():
            waiting.append(cls)
            if cls.again is not Plan.again and cls.__module__.startswith("shared."):
                yield cls


def called(cls: type[Any]) -> str:
    return f"{cls.__module__.removeprefix('shared.operations.')}.{cls.__qualname__}"


def test_every_plan_says_what_it_demands_or_why_nothing():
    assert sorted({called(cls) for cls in plans()}) == sorted(PLANS)


def test_every_code_that_operations_demand_is_known_and_no_other():
    codes = set()
    for module in modules():
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Need":
                assert isinstance(node.args[0], ast.Name), "a code is a constant with a name"
                codes.add(getattr(module, node.args[0].id))
    known = {code for demands in PLANS.values() if not isinstance(demands, str) for code in demands}
    assert codes == known


# Commands.


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def names_in(tree: ast.AST) -> set[str]:
    """All that a piece of code calls, or hands on to be called."""
    return {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}


def methods_in(tree: ast.AST) -> set[str]:
    return {one.attr for one in ast.walk(tree) if isinstance(one, ast.Attribute)}


def reaches(function: Any) -> set[str]:
    """What a function calls, with the functions of its own module that it calls in turn."""
    tree = ast.parse(inspect.getsource(inspect.getmodule(function)))
    own = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
    seen, waiting = set[str](), [function.__name__]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            if name in own:
                waiting += names_in(own[name])
                seen |= methods_in(own[name]) & WRITING
    return seen


def test_every_command_that_writes_is_known():
    behind = {path: inspect.unwrap(command.callback) for path, command in commands(cli)}
    writing = {path for path, function in behind.items() if reaches(function) & WRITING}
    assert sorted(writing) == sorted(COMMANDS)


def test_a_command_takes_yes_exactly_where_its_plan_may_demand_something():
    for path, command in commands(cli):
        demands = PLANS.get(COMMANDS.get(path, ""), "")
        if demands and not isinstance(demands, str):
            assert "yes" in {one.name for one in command.params}, path


# Keys.


def actions() -> Iterator[tuple[str, str]]:
    """Every action of every key and line, with the class that has it."""
    found = [DeskbridgeApp]
    for package in ("console.tui.screens", "console.tui.widgets"):
        found += [cls for cls in classes_of(package) if "BINDINGS" in vars(cls)]
    for cls in found:
        for one in own_bindings(cls):
            yield cls.__name__, one.action.partition("(")[0]
    bound = {one.action for cls in (IssuesPasswords, SettingsScreen) for one in own_bindings(cls)}
    yield from (("SettingsScreen", name) for name in ACTIONS if name not in bound)


def test_every_key_is_known_to_decide_or_to_look():
    found = {(action, f"{cls}.{action}") for cls, action in actions()}
    acting = {full for action, full in found if not LOOKS & {action, full}}
    assert sorted(acting) == sorted(KEYS)


@pytest.mark.parametrize("table", [COMMANDS, KEYS], ids=["commands", "keys"])
def test_each_way_leads_to_a_plan_that_is_known(table):
    assert {to for to in table.values() if not to.startswith("no plan")} <= PLANS.keys()


# The code.


class Deciders(ast.NodeVisitor):
    """The functions of a module that have something decided, by their full names."""

    def __init__(self) -> None:
        self.within: list[str] = []
        self.found: set[str] = set()
        self.replacing: set[str] = set()

    def visit_within(self, node: Any) -> None:
        self.within.append(node.name)
        self.generic_visit(node)
        self.within.pop()

    visit_ClassDef = visit_FunctionDef = visit_AsyncFunctionDef = visit_within

    def visit_Call(self, node: ast.Call) -> None:
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in DECIDING:
            self.found.add(".".join(self.within[:2]))
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr in WHOLE_STORE and getattr(node.value, "id", "") == "stores":
            self.replacing.add(".".join(self.within[:2]))
        self.generic_visit(node)


def deciders(of: str) -> Iterator[str]:
    """The functions of all screens that a ``Deciders`` has under that name."""
    screens = ROOT / "console" / "tui"
    for path in sorted(screens.rglob("*.py")):
        visitor = Deciders()
        visitor.visit(ast.parse(path.read_text("utf-8")))
        module = path.relative_to(screens).with_suffix("").as_posix().replace("/", ".")
        yield from (f"{module}:{name}" for name in getattr(visitor, of))


def test_nothing_else_on_the_screens_has_something_decided():
    assert sorted(deciders("found")) == sorted(ASKS)
    assert sorted(deciders("replacing")) == sorted(WITHOUT_PLAN)


def test_the_console_imports_of_the_models_only_the_store():
    for path in sorted((ROOT / "console").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            imported = getattr(node, "module", "") or "" if isinstance(node, ast.ImportFrom) else ""
            plain = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            for name in (imported, *plain):
                if name.startswith("shared.models"):
                    assert name == "shared.models.store", f"{path}: {name}"
