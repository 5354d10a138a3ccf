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
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.structs import to_builtins
from simulator.company.books import Books
from simulator.company.product import Edition, Habits, Product, Profile
from simulator.company.records import (
    Account,
    Address,
    Application,
    Credit,
    Customer,
    Deletion,
    Entry,
    Fault,
    Invoice,
    LateCall,
    Line,
    Origin,
    Payment,
    StoredAnswer,
    StoredSet,
)

FORMAT, VERSION = "deskbridge-company", 1
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
            "entries": _table(Entry._fields, books.entries.values()),
            "accounts": _table(Account._fields, books.accounts.values()),
            "customers": _table(Customer._fields, books.customers.values()),
            "invoices": _table(Invoice._fields, books.invoices.values()),
            "payments": _table(Payment._fields, books.payments.values()),
            "credits": _table(Credit._fields, books.credits.values()),
            "deletions": _table(Deletion._fields, books.deletions),
        },
    }
    return json.dumps(state, ensure_ascii=True, separators=(",", ":")) + "\n"


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
    except (KeyError, TypeError, ValueError, AttributeError) as broken:
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


def _table(columns: tuple[str, ...], rows: Iterable[object]) -> dict[str, object]:
    return {"columns": columns, "rows": list(rows)}


def _rows(state: dict[str, Any], name: str, columns: tuple[str, ...]) -> list[list[Any]]:
    table = state["tables"][name]
    if tuple(table["columns"]) != columns[: len(table["columns"])]:
        raise ValueError(f"unexpected columns of {name}")
    rows: list[list[Any]] = table["rows"]
    return rows


def _books(state: dict[str, Any]) -> Books:
    books = Books(state["clock"]["seed"], _profile(state["profile"]), state["clock"]["now"])
    for name in _COUNTERS:
        setattr(books, name, state["clock"][name])
    rehearsal = state["rehearsal"]
    books.situation = rehearsal["situation"]
    books.faults = [Fault(*row) for row in rehearsal["faults"]]
    books.locks = set(rehearsal["locks"])
    books.late = [LateCall(*row) for row in rehearsal.get("late", ())]
    for stored in (_stored_set(row) for row in state.get("message_sets", ())):
        books.message_sets[stored.application, stored.set_id] = stored
    books.data_exts = {(owner, name): value for owner, name, value in state["data_exts"]}
    for entry in (Entry(*row) for row in _rows(state, "entries", Entry._fields)):
        books.entries[entry.list_id] = entry
    for account in (Account(*row) for row in _rows(state, "accounts", Account._fields)):
        books.accounts[account.list_id] = account
    for row in _rows(state, "customers", Customer._fields):
        books.put_customer(_customer(row))
    for row in _rows(state, "invoices", Invoice._fields):
        books.put(_invoice(row))
    for row in _rows(state, "payments", Payment._fields):
        books.put(_payment(row))
    for row in _rows(state, "credits", Credit._fields):
        books.put(_credit(row))
    books.deletions = [Deletion(*row) for row in _rows(state, "deletions", Deletion._fields)]
    return books


def _profile(stored: dict[str, Any]) -> Profile:
    product = Product(**{**stored["product"], "edition": Edition(stored["product"]["edition"])})
    habits = Habits(**stored.get("habits", {}))
    currencies = tuple(stored["currencies"])
    return Profile(**{**stored, "product": product, "currencies": currencies, "habits": habits})


def _stored_set(row: list[Any]) -> StoredSet:
    stored = StoredSet(*row)
    if stored.answers is None:
        return stored
    return stored._replace(answers=tuple(StoredAnswer(*answer) for answer in stored.answers))


def _at(record: type[Any], field: str) -> int:
    index: int = record._fields.index(field)
    return index


_CUSTOMER_ADDRESS, _CUSTOMER_CUSTOM = _at(Customer, "address"), _at(Customer, "custom")
_INVOICE_LINES, _INVOICE_ORIGIN = _at(Invoice, "lines"), _at(Invoice, "origin")
_INVOICE_ADDRESS, _INVOICE_SHIP = _at(Invoice, "address"), _at(Invoice, "ship_address")
_INVOICE_CUSTOM = _at(Invoice, "custom")
_PAYMENT_APPLIED = _at(Payment, "applied")
_CREDIT_LINES, _CREDIT_APPLIED = _at(Credit, "lines"), _at(Credit, "applied")


def _customer(row: list[Any]) -> Customer:
    row[_CUSTOMER_ADDRESS] = _address(row[_CUSTOMER_ADDRESS])
    row[_CUSTOMER_CUSTOM] = _pairs(row[_CUSTOMER_CUSTOM])
    return Customer(*row)


def _invoice(row: list[Any]) -> Invoice:
    row[_INVOICE_LINES] = _lines(row[_INVOICE_LINES])
    row[_INVOICE_ADDRESS] = _address(row[_INVOICE_ADDRESS])
    row[_INVOICE_SHIP] = _address(row[_INVOICE_SHIP])
    origin = row[_INVOICE_ORIGIN]
    row[_INVOICE_ORIGIN] = Origin(*origin) if origin else None
    row[_INVOICE_CUSTOM] = _pairs(row[_INVOICE_CUSTOM])
    return Invoice(*row)


def _payment(row: list[Any]) -> Payment:
    row[_PAYMENT_APPLIED] = tuple(Application(*one) for one in row[_PAYMENT_APPLIED])
    payment = Payment(*row)
    return payment._replace(credits=tuple(payment.credits))


def _credit(row: list[Any]) -> Credit:
    row[_CREDIT_LINES] = _lines(row[_CREDIT_LINES])
    row[_CREDIT_APPLIED] = tuple(Application(*one) for one in row[_CREDIT_APPLIED])
    return Credit(*row)


def _lines(rows: list[list[Any]]) -> tuple[Line, ...]:
    for row in rows:
        row[-1] = _lines(row[-1]) if row[-1] else ()
    return tuple(Line(*row) for row in rows)


def _address(row: list[Any] | None) -> Address | None:
    return Address(tuple(row[0]), *row[1:]) if row else None


def _pairs(rows: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in rows)
