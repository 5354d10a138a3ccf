"""Which connection is meant: by its name, by its number, or the only one."""

from __future__ import annotations

from typing import TypeAlias

from shared.errors import CannotBeMeant, NotPossible
from shared.models import connections
from shared.rules.values import Connection

Which: TypeAlias = str | int | None


def connection(which: Which) -> Connection:
    """The connection of that name or number; for None the only one. Inside a unit of the store.

    Raises NotFound, NotPossible where there is none at all, CannotBeMeant where it has to be
    named.
    """
    if isinstance(which, int):
        return connections.by_id(which)
    if which is not None:
        return connections.get(which)
    held = connections.all()
    if not held:
        raise NotPossible("There is no connection yet.", "deskbridge connection add NAME")
    if len(held) > 1:
        names = ", ".join(connection.name for connection in held)
        raise CannotBeMeant("Which connection?", f"Name one of: {names}")
    return held[0]


def number(which: Which) -> int | None:
    """The number of that connection; None, which stands for all, for None. Raises NotFound."""
    return None if which is None else connection(which).id


def names() -> dict[int, str]:
    """What each connection is called, by its number."""
    return {number: name for name, number in connections.names().items()}


def every(which: Which) -> list[Connection]:
    """The connection of that name or number; for None all, by name. Inside a unit of the store.

    Raises NotFound.
    """
    return connections.all() if which is None else [connection(which)]
