"""The state file: one JSON file that holds a whole company, written as a whole or not at all.

Tables are stored as columns and rows, so that the file stays small and explains itself. Layout:
``{"format": "deskbridge-company", "version": 1, "profile": {…}, "clock": {…}, "rehearsal": {…},
"message_sets": […], "tables": {"invoices": {"columns": [names], "rows": [[values]]}, …}}``.
A state of an earlier version may lack the last columns of a table: they have their defaults.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from msgspec import ValidationError, convert

from shared.structs import to_builtins
from simulator.company.books import Books
from simulator.company.product import Profile
from simulator.company.records import (
    Account,
    Credit,
    Customer,
    Deletion,
    Entry,
    Fault,
    Invoice,
    LateCall,
    Payment,
    StoredSet,
)

FORMAT, VERSION = "deskbridge-company", 1
TABLES: dict[str, type[NamedTuple]] = {
    "entries": Entry,
    "accounts": Account,
    "customers": Customer,
    "invoices": Invoice,
    "payments": Payment,
    "credits": Credit,
    "deletions": Deletion,
}
Row = TypeVar("Row", Entry, Account, Customer, Invoice, Payment, Credit, Deletion)
_COUNTERS = ("seed", "now", "next_id", "next_list_id", "next_txn_number", "sessions")


class BadState(Exception):
    """A state file that cannot be used; ``path`` is where, the text says why and what to do."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path


class NoState(BadState):
    """There is no state file where one was named."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "no such file; make one with `company new`")


def dump(books: Books) -> str:
    """The state as JSON text; the same books always give the same text."""
    state = {
        "format": FORMAT,
        "version": VERSION,
        "profile": to_builtins(books.profile),
        "clock": {name: getattr(books, name) for name in _COUNTERS},
        "rehearsal": {
            "situation": books.situation,
            "faults": books.faults,
            "locks": sorted(books.locks),
            "late": books.late,
        },
        "data_exts": [[*key, value] for key, value in sorted(books.data_exts.items())],
        "message_sets": list(books.message_sets.values()),
        "tables": {
            name: {"columns": kind._fields, "rows": _records(books, name)}
            for name, kind in TABLES.items()
        },
    }
    return json.dumps(state, ensure_ascii=True, separators=(",", ":")) + "\n"


def _records(books: Books, table: str) -> list[object]:
    held = getattr(books, table)
    return list(held.values() if isinstance(held, dict) else held)


def parse(text: str, path: Path) -> Books:
    """Read what ``dump`` wrote. Raises BadState."""
    with _without_garbage_collection():
        return _parse(text, path)


def _parse(text: str, path: Path) -> Books:
    try:
        state = json.loads(text)
    except ValueError:
        raise BadState(path, "this is not JSON; give the file that `company new` made") from None
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise BadState(path, "this is not a simulated company; make one with `company new`")
    if state.get("version") != VERSION:
        raise BadState(
            path,
            f"made by another version of the simulator (state {state.get('version')}, "
            f"this one reads {VERSION}); make it again with `company new`",
        )
    try:
        return _books(state)
    except (KeyError, TypeError, ValueError, AttributeError, ValidationError) as broken:
        raise BadState(
            path, f"the state is damaged ({broken!r}); make it again with `company new`"
        ) from broken


def load(path: Path) -> Books:
    """Read a state file. Raises BadState when it is missing or cannot be used."""
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise NoState(path) from None
    except (OSError, ValueError) as unreadable:
        raise BadState(path, f"cannot be read ({unreadable})") from unreadable
    return parse(text, path)


def save(books: Books, path: Path) -> None:
    """Write the state file, mode 0600: the old file stays whole until the new one is."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(dump(books))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def locked(path: Path, waiting: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Hold the company for one change: others who change it wait. The lock is a file beside it.

    ``waiting`` is called once when somebody else holds it. Raises BadState when there is no
    company to hold.
    """
    if not path.exists():
        raise NoState(path)
    handle = os.open(path.with_name(f".{path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)  # a forked process may still have the handle
        os.close(handle)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """A large state is millions of objects, none of them garbage: looking takes half the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _rows(state: dict[str, Any], name: str, kind: type[Row]) -> Iterator[Row]:
    table = state["tables"][name]
    columns, known = tuple(table["columns"]), kind._fields
    if columns != known[: len(columns)]:
        raise ValueError(f"unexpected columns of {name}")
    for row in table["rows"]:
        yield convert(row, kind)


def _books(state: dict[str, Any]) -> Books:
    profile = convert(state["profile"], Profile)
    books = Books(state["clock"]["seed"], profile, state["clock"]["now"])
    for name in _COUNTERS:
        setattr(books, name, state["clock"][name])
    rehearsal = state["rehearsal"]
    books.situation = rehearsal["situation"]
    books.faults = convert(rehearsal["faults"], list[Fault])
    books.locks = set(rehearsal["locks"])
    books.late = convert(rehearsal.get("late", []), list[LateCall])
    for stored in convert(state.get("message_sets", []), list[StoredSet]):
        books.message_sets[stored.application, stored.set_id] = stored
    books.data_exts = {(owner, name): value for owner, name, value in state["data_exts"]}
    books.entries = {one.list_id: one for one in _rows(state, "entries", Entry)}
    books.accounts = {one.list_id: one for one in _rows(state, "accounts", Account)}
    books.customers = {one.list_id: one for one in _rows(state, "customers", Customer)}
    for invoice in _rows(state, "invoices", Invoice):
        books.put(invoice)
    for payment in _rows(state, "payments", Payment):
        books.put(payment)
    for credit in _rows(state, "credits", Credit):
        books.put(credit)
    books.deletions = list(_rows(state, "deletions", Deletion))
    return books
