"""One Invoiced account: its records in memory, and the journal that keeps them.

The state file is JSON lines. The first line is the account's profile; each other one is one
change, ``[[kind, id, record or null], …]``, of which everything counts or, when the line is torn,
nothing. It is written before the change is answered, so that a server that is killed loses
nothing that it answered. Several processes may use one file: each takes the lock, reads what the
others added, and adds its own.
"""

from __future__ import annotations

import fcntl
import json
import os
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Any

from shared.structs import Value, to_builtins
from simulator.invoiced.errors import BadState
from simulator.invoiced.money import number

Record = dict[str, Any]  # never changed in place: another one is put where it stood
FORMAT, VERSION = "deskbridge-invoiced", 1
FIRST_ID = 1001


class Profile(Value):
    """What an account is, and what is not known of the real one and so can be chosen.

    ``previous_beside``: an event has its previous values beside ``data``, not inside.
    ``mapping_touches``: naming an accounting ID alone moves a payment's ``updated_at``.
    """

    key: str
    name: str = "Harbor & Vale Supply"
    currency: str = "usd"
    country: str = "US"
    time_zone: str = "America/New_York"
    previous_beside: bool = False
    mapping_touches: bool = False


Keys = Callable[[Record], Iterable[Hashable]]


def _field(name: str) -> Keys:
    return lambda record: [fold(record[name])] if record[name] is not None else []


def _applied(document: str) -> Keys:
    return lambda payment: {row[document] for row in payment["applied_to"] if document in row}


def _metadata(record: Record) -> Iterable[Hashable]:
    return [(key, str(value)) for key, value in record["metadata"].items()]


def fold(value: Hashable) -> Hashable:
    """What counts as equal to Invoiced's database: case and accents make no difference."""
    if not isinstance(value, str):
        return value
    letters = unicodedata.normalize("NFKD", value.casefold())
    return "".join(one for one in letters if not unicodedata.combining(one))


INDEXES: Mapping[str, Mapping[str, Keys]] = {
    "customers": {
        **{one: _field(one) for one in ("name", "number", "parent_customer")},
        "metadata": _metadata,
    },
    "contacts": {"customer": _field("customer")},
    "invoices": {**{one: _field(one) for one in ("number", "customer")}, "metadata": _metadata},
    "credit_notes": {one: _field(one) for one in ("number", "customer")},
    "payments": {
        "customer": _field("customer"),
        "charge": _field("charge"),
        "invoice": _applied("invoice"),
        "credit_note": _applied("credit_note"),
        "credited": _applied("credited"),
        "reference": _field("reference"),
        "metadata": _metadata,
    },
    "refunds": {"charge": _field("charge")},
    "mappings": {
        "record": lambda one: [(one["object"], one["object_id"])],
        "accounting": lambda one: [(one["object"], one["system"], one["accounting_id"])],
    },
    "answers": {"key": _field("key")},
}


class Account:
    """The records of one account, by kind and ID."""

    def __init__(
        self, profile: Profile, clock: Callable[[], float], journal: Journal | None = None
    ) -> None:
        self.profile = profile
        self._clock = clock
        self._journal = journal
        self._tables: dict[str, dict[int, Record]] = {}
        self._index: dict[tuple[str, str, Hashable], set[int]] = {}
        self._highest: dict[str, int] = {}
        self._undo: list[tuple[str, int, Record | None]] | None = None
        self.refresh()

    @classmethod
    def open(cls, path: Path, clock: Callable[[], float]) -> Account:
        """Use the account of a state file. Raises BadState."""
        journal = Journal(path)
        try:
            header, *changes = journal.news()
            account = cls(_profile(header), clock, journal)
            account._take_in(changes)
        except (ValueError, KeyError, TypeError) as wrong:
            why = "this is not a fake Invoiced account; make one with `invoiced-server new`"
            raise BadState(f"{path}: {why}") from wrong
        return account

    @property
    def now(self) -> int:
        """Unix seconds."""
        return int(self._clock())

    def refresh(self) -> None:
        """Take in what other processes did."""
        if self._journal:
            self._take_in(self._journal.news())

    def _take_in(self, changes: Iterable[Any]) -> None:
        for change in changes:
            for kind, id_, record in change:
                self._set(kind, id_, record)

    @contextmanager
    def change(self) -> Iterator[None]:
        """Do everything in here, on disk by the end, or after an error nothing of it."""
        with self._journal.held() if self._journal else nullcontext():
            self.refresh()
            self._undo, highest = [], dict(self._highest)
            try:
                yield
                if self._journal and self._undo:
                    changed = {(kind, id_): None for kind, id_, _ in self._undo}
                    self._journal.add([[*one, self._record(*one)] for one in changed])
            except BaseException:
                for kind, id_, before in reversed(self._undo):
                    self._set(kind, id_, before)
                self._highest = highest
                raise
            finally:
                self._undo = None

    def get(self, kind: str, id_: int | None) -> Record | None:
        """The record of that ID, or None."""
        return self._record(kind, id_) if id_ is not None else None

    def the(self, kind: str, id_: int) -> Record:
        """The record of that ID, which is there."""
        return self._tables[kind][id_]

    def all(self, kind: str) -> list[Record]:
        """All records of a kind, by ID."""
        return [one for _, one in sorted(self._tables.get(kind, {}).items())]

    def find(self, kind: str, index: str, key: Hashable) -> list[Record]:
        """The records of a kind with that key in an index (``INDEXES``), by ID."""
        found = self._index.get((kind, index, fold(key)), ())
        return [self._tables[kind][id_] for id_ in sorted(found)]

    def first(self, kind: str, index: str, key: Hashable) -> Record | None:
        """The first of ``find``, or None."""
        return next(iter(self.find(kind, index, key)), None)

    def next_id(self, kind: str) -> int:
        """The ID of the next record; an ID is never given twice."""
        return self._highest.get(kind, FIRST_ID - 1) + 1

    def put(self, kind: str, record: Record) -> Record:
        """Keep a record, new or in place of the one of its ID."""
        self._remember(kind, record["id"])
        self._set(kind, record["id"], record)
        return record

    def add(self, kind: str, record: Record) -> Record:
        """Keep a new record; it gets its ID and times."""
        times = {"created_at": self.now, "updated_at": self.now}
        return self.put(kind, {"id": self.next_id(kind), **record, **times})

    def alter(self, kind: str, record: Record, *, touch: bool = True, **values: Any) -> Record:
        """Keep a record with other values; ``touch`` moves its updated_at."""
        times = {"updated_at": self.now} if touch else {}
        return self.put(kind, {**record, **values, **times})

    def remove(self, kind: str, record: Record) -> None:
        """Delete a record for good."""
        self._remember(kind, record["id"])
        self._set(kind, record["id"], None)

    def _record(self, kind: str, id_: int) -> Record | None:
        return self._tables.get(kind, {}).get(id_)

    def _remember(self, kind: str, id_: int) -> None:
        if self._undo is None:
            raise RuntimeError("a record is changed outside of `change`")
        self._undo.append((kind, id_, self._record(kind, id_)))

    def _set(self, kind: str, id_: int, record: Record | None) -> None:
        table = self._tables.setdefault(kind, {})
        for key in self._keys(kind, table.get(id_)):
            self._index[key].discard(id_)
        for key in self._keys(kind, record):
            self._index.setdefault(key, set()).add(id_)
        self._highest[kind] = max(id_, self._highest.get(kind, 0))
        if record is None:
            table.pop(id_, None)
        else:
            table[id_] = record

    def _keys(self, kind: str, record: Record | None) -> list[tuple[str, str, Hashable]]:
        if record is None:
            return []
        indexes = INDEXES.get(kind, {}).items()
        return [(kind, name, key) for name, keys in indexes for key in keys(record)]


class Journal:
    """The lines of a state file; one process at a time adds to it."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_APPEND)
        except FileNotFoundError:
            why = "no such file; make one with `invoiced-server new`"
            raise BadState(f"{path}: {why}") from None
        self._read = 0  # bytes taken in, up to the end of a line

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else adds to the file meanwhile."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def news(self) -> list[Any]:
        """The lines added since the last time; one that is not whole is left for later."""
        size = os.fstat(self._file).st_size
        text = os.pread(self._file, size - self._read, self._read)
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        return [json.loads(line, parse_float=Decimal) for line in whole.split(b"\n") if line]

    def add(self, change: object) -> None:
        """Write a line; the journal is held and ``news`` was called."""
        os.ftruncate(self._file, self._read)  # half a line of somebody who was killed
        line = _line(change)
        written = 0
        while written < len(line):
            written += os.write(self._file, line[written:])
        self._read += len(line)


def create(path: Path, profile: Profile) -> None:
    """Make the state file of an empty account, mode 0600; one that is there is replaced."""
    path.unlink(missing_ok=True)
    header = {"format": FORMAT, "version": VERSION, "profile": to_builtins(profile)}
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
        file.write(_line(header))


def _profile(header: Record) -> Profile:
    if (header["format"], header["version"]) != (FORMAT, VERSION):
        raise ValueError(header)
    return Profile(**header["profile"])


def _line(value: object) -> bytes:
    return json.dumps(value, default=number, separators=(",", ":")).encode("ascii") + b"\n"
