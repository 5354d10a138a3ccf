"""Faults that are rehearsed: which planned one a call brings on, and how it fails."""

from __future__ import annotations

from collections.abc import Callable

from simulator.company.books import Books
from simulator.company.errors import HRESULTS, SET_CODES, STATUS_MESSAGES, QuickBooksError, Status
from simulator.company.records import Fault

_UNNAMED = "QuickBooks could not do what was asked."


class PlannedFaults:
    """The faults planned for a company, used up as they come.

    ``own`` is False for the Web Connector's own message set, which unnamed faults pass by.
    """

    def __init__(self, books: Books, *, armed: bool = True) -> None:
        self._books = books
        self._armed = armed

    def hresult(self, names: list[str], own: bool) -> Fault | None:
        """The fault that a whole call fails with."""
        return self._use_up(names, own, lambda fault: fault.is_hresult)

    def set_code(self, names: list[str], own: bool) -> str:
        """The code that a message set with ids is answered with; empty for none."""
        fault = self._use_up(names, own, lambda fault: fault.code in SET_CODES)
        return fault.code if fault else ""

    def status(self, name: str, own: bool) -> Status | None:
        """The status that a single request fails with."""
        fault = self._use_up(
            [name], own, lambda fault: not fault.is_hresult and fault.code not in SET_CODES
        )
        if fault is None:
            return None
        code = int(fault.code)
        return Status(code, fault.message or STATUS_MESSAGES.get(code, _UNNAMED))

    def _use_up(self, names: list[str], own: bool, kind: Callable[[Fault], bool]) -> Fault | None:
        """The first planned fault of a kind that fits; it comes once less from now on."""
        for n, fault in enumerate(self._books.faults if self._armed else ()):
            if kind(fault) and (fault.request in names or (own and not fault.request)):
                rest = [fault._replace(times=fault.times - 1)] if fault.times > 1 else []
                self._books.faults[n : n + 1] = rest
                self._books.writes += 1
                return fault
        return None


def failure(fault: Fault) -> QuickBooksError:
    """How a call fails with a fault."""
    message = fault.message or HRESULTS.get(fault.code, "An unexpected error occurred.")
    return QuickBooksError(fault.code, message, "this fault was rehearsed")
