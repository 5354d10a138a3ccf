"""New payments of a file come in without keeping anybody waiting, and are seen all at once."""

from __future__ import annotations

import os
import socket
import time
from array import array
from collections.abc import Collection, Sequence
from datetime import timedelta

from shared.errors import NotPossible
from shared.models.payments import from_platform, hidden_imports, rejudging
from shared.operations.deciding import Operator
from shared.operations.slices import in_slices, let_others_in
from shared.rules.payments.values import NewPayment
from shared.rules.values import Connection

SILENT = timedelta(minutes=1)
"""An import that another machine carries out is given up after that time without a sign."""
_AT_ONCE = 500


class Disturbed(NotPossible):
    """Somebody added payments of the same file meanwhile, or took it for given up."""


class Arrival:
    """The new payments of one file on their way into the store."""

    def __init__(self, by: Operator, connection: Connection, source: str) -> None:
        self._by = by
        self._connection = connection
        self._source = source
        self._id = 0
        self._numbers = array("q")

    def write(self, payments: Sequence[NewPayment]) -> int:
        """Write payments where nobody sees them; the number of their import, 0 for none.

        Raises NotPossible where another import is under way, Disturbed where this one has to be
        planned anew.
        """
        if payments:
            self._id = self._begin()
            in_slices(self._by.store, payments, self._write)
        return self._id

    def _begin(self) -> int:
        process = (socket.gethostname(), os.getpid())
        while True:
            with self._by.store.transaction():
                other = hidden_imports.under_way(self._connection.id)
                if other is None:
                    return hidden_imports.begin(
                        self._connection.id, self._source, self._by.who, process, self._by.now
                    )
                if _goes_on(other, self._by):
                    raise NotPossible(
                        f"{other.source} is being imported into {self._connection.name} by "
                        f"{other.who} right now. Nothing was done.",
                        "Wait until that import ends, then run the same command again.",
                    )
            self._remove(other.id)

    def _write(self, payments: Sequence[NewPayment]) -> None:
        keys = [one.external_id for one in payments]
        added_meanwhile = from_platform.ids(self._connection.id, keys)
        if added_meanwhile or not hidden_imports.keep(self._id, self._by.now):
            raise Disturbed("Payments in this file were added in the meantime.", "Import it again.")
        added = from_platform.add_hidden(self._connection.id, self._id, payments, self._by.now)
        self._numbers.extend(added)

    def remove(self) -> None:
        """Take back what was written."""
        if self._id:
            self._remove(self._id)

    def _remove(self, import_id: int) -> None:
        some = True
        while some:
            began = time.monotonic()
            with self._by.store.transaction():
                some = hidden_imports.remove_some(self._connection.id, import_id, _AT_ONCE)
            ended = time.monotonic()
            let_others_in(ended - began, since=ended)

    def judge(self, others: Collection[int]) -> None:
        """Judge all that is seen now, and ``others`` that are on file and were changed."""

        def judge(numbers: Sequence[int]) -> None:
            rejudging.judge_again(self._connection.id, self._by.now, numbers)

        in_slices(self._by.store, array("q", others) + self._numbers, judge)


def _goes_on(other: hidden_imports.Arriving, by: Operator) -> bool:
    if other.host == socket.gethostname():
        return other.pid != os.getpid() and _lives(other.pid)
    return by.now - other.beat_at < SILENT


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is somebody else's
        pass
    return True
