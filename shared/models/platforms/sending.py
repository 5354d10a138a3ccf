"""The problems of records on their way to the platform: opened when one stops, closed when it goes.

Each is about one record, ``invoice/1A-100``, and in the transaction that has the record stand so.
"""

from __future__ import annotations

from datetime import datetime

from shared import hints
from shared.models import problems
from shared.rules.connectors import Outgoing, SendState, Would
from shared.rules.values import RecordKind, Trouble

REFUSED, AMBIGUOUS, DIFFERS = "platform-refused", "platform-ambiguous", "platform-differs"


def tell(
    connection_id: int, one: Outgoing, state: SendState, would: Would, reason: str, now: datetime
) -> None:
    """Open the problem of a record that stands so now, or close what waited about it."""
    code = _code(state, would, reason)
    problems.resolve_all_but(connection_id, RecordKind.SENDING, [one.name], [code], now)
    if not code:
        return
    document = f"{one.kind.value.capitalize()} {one.document or one.object_id}"
    told = hints.tell(code, reason=reason.rstrip("."))
    trouble = Trouble(
        code, RecordKind.SENDING, one.name, document, told.message, told.remedy, basis=reason
    )
    problems.report(connection_id, None, [trouble], now)


def _code(state: SendState, would: Would, reason: str) -> str:
    if state is SendState.REFUSED:
        return AMBIGUOUS if would is Would.AMBIGUOUS else REFUSED
    return DIFFERS if state is SendState.SENT and reason else ""


def settle(connection_id: int, one: Outgoing, now: datetime) -> None:
    """Close what waits about a record: a person decided about it."""
    problems.resolve(connection_id, RecordKind.SENDING, [one.name], None, now)
