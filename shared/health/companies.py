"""Whether each company file has one connection: two would each write to it."""

from __future__ import annotations

from collections.abc import Iterator

from shared.health.checks import Check, fail, ok
from shared.health.snapshot import StoreSnapshot

_REMEDY = (
    "Keep one, and remove the others: deskbridge connection remove NAME. For one that moved "
    "to another company file: deskbridge connection edit NAME --rebind."
)


def of_companies(snapshot: StoreSnapshot) -> Iterator[Check]:
    """Check that no two connections are bound to one company file."""
    for first, *others in snapshot.on_one_file:
        told = f"{first} and {', '.join(others)} belong to one company file; {first} came first."
        yield fail("company files", told, _REMEDY)
    if snapshot.has_connections and not snapshot.on_one_file:
        yield ok("company files", "Each has one connection.")
