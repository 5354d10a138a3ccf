"""RefNumbers of ours that QuickBooks listed among deleted payments, as one session was told.

An older copy of the company file lacks deletions that a later one has: what one session was told
is never told to another.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shared.models import tables as t
from shared.models.statements import Statement, insert_new_rows


def forget(connection_id: int) -> None:
    """Forget what sessions of a connection were told."""
    _forget.run(connection=connection_id)


def note(session_id: int, numbers: Iterable[str]) -> None:
    """Note that payments with these RefNumbers were deleted, each once."""
    _NOTE.many((session_id, number.casefold()) for number in numbers)


def is_noted(session_id: int, number: str) -> bool:
    """Whether a payment with this RefNumber was deleted; compared without case."""
    return _IS_NOTED.one(session=session_id, number=number.casefold()) is not None


@Statement
def _forget() -> Any:
    of_connection = t.Session.select("id").where(t.Session.has("connection"))
    return t.DeletedNumber.delete().where(t.DeletedNumber.session.in_(of_connection))


_NOTE = insert_new_rows(t.DeletedNumber)
_IS_NOTED = Statement(
    lambda: t.DeletedNumber.select("number").where(t.DeletedNumber.has("session", "number"))
)
