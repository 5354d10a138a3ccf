"""Who is behind a ticket: for the log and the metrics, which must not ask the store.

A session is known by its ticket alone, so whoever looks one up in the store notes here whose it
is. In memory and bounded, by digests: a restart forgets, and the next call tells again.
"""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from threading import Lock

from shared.structs import Value

MOST_KNOWN = 5000
_SHORT = 8
_LEAST_SECRET = 32
"""The ticket of a session has 36 characters; of anything shorter its short form would tell much."""


class Caller(Value):
    """Whose call it is. ``refused`` is the hint code for which a login got no session."""

    connection: str = ""
    sync_id: int | None = None
    refused: str = ""


class Callers:
    """Remembers the latest callers; safe to use from several threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Caller] = OrderedDict()
        self._not_stored: OrderedDict[bytes, None] = OrderedDict()
        self._lock = Lock()

    def note(self, ticket: str, caller: Caller) -> None:
        """Remember whose a ticket is."""
        with self._lock:
            self._known[_digest(ticket)] = caller
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)

    def note_store_failed(self, ticket: str) -> None:
        """Remember that a call of this ticket could not be stored, so the store knows nothing."""
        with self._lock:
            self._not_stored[_digest(ticket)] = None
            if len(self._not_stored) > MOST_KNOWN:
                self._not_stored.popitem(last=False)

    def met_store_failure(self, ticket: str) -> bool:
        """Whether a call of this ticket could not be stored."""
        return _digest(ticket) in self._not_stored

    def of(self, ticket: str) -> Caller:
        """Whose a ticket is; nobody's where that is not known."""
        return self._known.get(_digest(ticket), _NOBODY)


_NOBODY = Caller()


def short(ticket: str) -> str:
    """The first characters of a session's ticket, which find it in the Web Connector's log.

    Empty for anything else.
    """
    return ticket[:_SHORT] if len(ticket) >= _LEAST_SECRET and "." not in ticket else ""


def _digest(ticket: str) -> bytes:
    return sha256(ticket.encode("utf-8", "surrogatepass")).digest()
