"""The problems of records on their way to the platform: opened when one stops, closed when it goes.

Each is about one record, ``invoice/1A-100``, and in the transaction that has the record stand so.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from shared.models import problems
from shared.rules.connectors import Outgoing, SendState, Would
from shared.rules.values import RecordKind

REFUSED, AMBIGUOUS, DIFFERS = "platform-refused", "platform-ambiguous", "platform-differs"
WAITS_LONG = "platform-waits-long"
PATIENCE_ATTEMPTS = 8
"""So many failed tries of a record pass without a word: twenty minutes in all."""


def tell(
    connection_id: int, one: Outgoing, state: SendState, would: Would, reason: str, now: datetime
) -> None:
    """Open the problem of a record that stands so now, or close what waited about it."""
    code = _code(state, would, reason)
    problems.resolve_all_but(connection_id, RecordKind.SENDING, [one.name], [code], now)
    if code:
        _report_of(connection_id, one, code, reason, now)


def tell_late(connection_id: int, one: Outgoing, reason: str, now: datetime) -> None:
    """Open the problem of a record that is tried again and again; it closes once that ends."""
    _report_of(connection_id, one, WAITS_LONG, reason, now)


def tell_difference(
    connection_id: int, txn_id: str, number: str, reason: str, now: datetime
) -> None:
    """Open the problem of an invoice of which another balance is due there."""
    _report(connection_id, f"invoice/{txn_id}", f"Invoice {number}", DIFFERS, reason, now)


def settle_differences(connection_id: int, txn_ids: Iterable[str], now: datetime) -> None:
    """Close what waits about the balances of invoices: they are equal."""
    names = [f"invoice/{txn_id}" for txn_id in txn_ids]
    problems.resolve(connection_id, RecordKind.SENDING, names, [DIFFERS], now)


def _report_of(connection_id: int, one: Outgoing, code: str, reason: str, now: datetime) -> None:
    document = f"{one.kind.value.capitalize()} {one.document or one.object_id}"
    _report(connection_id, one.name, document, code, reason, now)


def _report(
    connection_id: int, name: str, document: str, code: str, reason: str, now: datetime
) -> None:
    about = (RecordKind.SENDING, name, document)
    trouble = problems.trouble(code, *about, reason=reason.rstrip("."), basis=reason)
    problems.report(connection_id, None, [trouble], now)


def _code(state: SendState, would: Would, reason: str) -> str:
    if state is SendState.REFUSED:
        return AMBIGUOUS if would is Would.AMBIGUOUS else REFUSED
    return DIFFERS if state is SendState.SENT and reason else ""


def settle(connection_id: int, one: Outgoing, now: datetime) -> None:
    """Close what waits about a record: a person decided about it."""
    problems.resolve(connection_id, RecordKind.SENDING, [one.name], None, now)


def settle_all(connection_id: int, now: datetime) -> None:
    """Close what waits about all records: nothing is on its way any more."""
    for code in (REFUSED, AMBIGUOUS, DIFFERS, WAITS_LONG):
        problems.resolve_others(connection_id, code, [], now)
