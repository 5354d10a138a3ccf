"""Which codes of hints the program says, and with which fields: read from its source.

A code counts as said where it is an argument of a call, an entry of an enumeration, returned, or
given a name. Where it only stands in a set or is compared with, nobody says it.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

from shared.structs import Value

ROOT = Path(__file__).parents[2]
SAYERS = frozenset(
    {
        *("tell", "say", "trouble", "_trouble", "Refused", "Refusal", "Unsupported"),
        *("Fail", "StopPosting", "HeldBack", "Unfit", "of_code", "_stopped", "_not_eligible"),
        *("_unclear", "fail", "give_up", "thd_refuse", "stopped", "failed"),
        *("open_problem",),
    }
)
"""Functions and classes that take the code of a hint."""

ADDED = {
    # The session record and login know who speaks; a parked payment tells what was found.
    "fail": {"application", "connection"},
    "give_up": {"application", "connection"},
    "Fail": {"application", "connection"},
    "thd_refuse": {"application", "username", "until"},
    "Refused": {"application", "connection"},
    "_unclear": {"found", "count"},
    "Unsupported": {"product"},
}
"""Fields that these pass of themselves, whatever the code."""

NOT_TOLD = frozenset({("payment-closed-period", "date")})
"""Facts that nobody knows: QuickBooks refuses a date without saying where its period ends."""

_CODE = re.compile(r"[a-z]+(-[a-z]+)+")


class Said(Value):
    """A code where it is said: ``by`` which call, with ``fields``; None where they come whole."""

    code: str
    where: str
    by: str
    fields: frozenset[str] | None


def names_of_codes(known: set[str]) -> set[str]:
    """Return the known codes that some line of the program says."""
    return {one for _, tree in _modules() for one in _given(tree)} & known


def _given(tree: ast.Module) -> Iterator[str]:
    """The strings that are passed, named or returned, but for those of sets and comparisons."""
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, is_said = waiting.pop()
        if isinstance(node, ast.Constant):
            if is_said and isinstance(node.value, str):
                yield node.value
        elif isinstance(node, ast.Call | ast.Assign | ast.AnnAssign | ast.Return | ast.keyword):
            is_said = True
        elif isinstance(node, ast.Set | ast.Compare):
            is_said = False
        waiting.extend((one, is_said) for one in ast.iter_child_nodes(node))


@functools.cache
def said_by_calls() -> tuple[Said, ...]:
    """Each code that is passed to a sayer."""
    return tuple(_said())


def _said() -> Iterator[Said]:
    modules = dict(_modules())
    constants = {path: _constants(tree) for path, tree in modules.items()}
    everywhere = {name: value for found in constants.values() for name, value in found.items()}
    for path, tree in modules.items():
        known = everywhere | constants[path]
        for function in _scopes(tree):
            for call in (one for one in _own(function) if isinstance(one, ast.Call)):
                by = _name(call.func)
                if by in SAYERS and not _names_a_check(path, by):
                    for code in _codes(call, known):
                        fields = _fields(call, function)
                        whole = None if fields is None else frozenset(fields | ADDED.get(by, set()))
                        yield Said(code, f"{path}:{call.lineno}", by, whole)


def _names_a_check(path: str, by: str) -> bool:
    """Whether it is ``fail`` of a health check, which takes the name of the check."""
    return by == "fail" and path.startswith("shared/health/")


def enumerated(known: set[str]) -> Iterator[str]:
    """Yield the values of enumerations of codes."""
    for _, tree in _modules():
        for one in ast.walk(tree):
            if isinstance(one, ast.ClassDef) and "StrEnum" in map(_name, one.bases):
                values = {text for line in one.body for text in _texts(line)}
                if len(values & known) > 1:
                    yield from values


@functools.cache
def _modules() -> tuple[tuple[str, ast.Module], ...]:
    return tuple(_parsed())


def _parsed() -> Iterator[tuple[str, ast.Module]]:
    for top in ("daemon", "shared"):
        for path in sorted((ROOT / top).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(("shared/hints/", "shared/health/")):  # checks say no code
                yield name, ast.parse(path.read_text("utf-8"))


def _constants(tree: ast.Module) -> dict[str, str]:
    found = {}
    for line in tree.body:
        if isinstance(line, ast.Assign):
            target, value = line.targets[0], line.value
            several = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
            pairs = zip(target.elts, value.elts, strict=True) if several else [(target, value)]
            for name, given in pairs:
                if isinstance(given, ast.Constant) and isinstance(given.value, str):
                    found[_name(name)] = given.value
    return found


def _scopes(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for one in ast.walk(tree):
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            yield one


def _own(function: ast.AST) -> Iterator[ast.AST]:
    for one in ast.iter_child_nodes(function):
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            yield one
            yield from _own(one)


def _codes(call: ast.Call, constants: dict[str, str]) -> Iterator[str]:
    """The codes among the arguments; QuickBooks' own numbers and free text are none."""
    for given in (*call.args, *(one.value for one in call.keywords if one.arg == "code")):
        for one in (given.body, given.orelse) if isinstance(given, ast.IfExp) else (given,):
            text = one.value if isinstance(one, ast.Constant) else constants.get(_name(one))
            if isinstance(text, str) and _CODE.fullmatch(text):
                yield text


def _fields(call: ast.Call, function: ast.AST) -> set[str] | None:
    found: set[str] = set()
    for one in (
        *call.args,
        *(one.value for one in call.keywords if one.arg in {"fields", "facts"}),
    ):
        given = _local(one, function)
        if isinstance(given, ast.Dict):
            found |= {text for key in given.keys if key for text in _texts(key)}
        elif one not in call.args:
            return None
    if any(one.arg is None for one in call.keywords):
        return None
    return found | {one.arg for one in call.keywords if one.arg}


def _local(node: ast.expr, function: ast.AST) -> ast.expr:
    """The value that a local name was given, where it is a dictionary."""
    wanted = _name(node) if isinstance(node, ast.Name) else None
    for one in _own(function):
        if isinstance(one, ast.Assign) and _name(one.targets[0]) == wanted:
            node = one.value if isinstance(one.value, ast.Dict) else node
    return node


def _texts(node: ast.AST) -> set[str]:
    """The strings that stand right there: not those of sets, nor what is compared with."""
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) else set()
    if isinstance(node, ast.Set | ast.Compare):
        return set()
    return {text for one in ast.iter_child_nodes(node) for text in _texts(one)}


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
