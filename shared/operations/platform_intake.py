"""Payments that a connected billing platform brings: taken in as those of a file or the API are.

The platform's id is the external id of a payment, whichever way it comes, so one that was imported
from a file is the same here. What it pays is named by the TxnID of the invoice that was sent
there, or else by the number that the platform has for it.

Each payment is taken in as a whole, in the transaction of whoever calls: with the note that the
platform owns it, so that it is never sent back, and with what has to be looked at again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from shared.models import connections
from shared.models.payments import from_platform
from shared.models.platforms import inbox, records
from shared.operations.deciding import Operator
from shared.operations.payment_intake import BadPayment, plan_add
from shared.rules.arrivals import Arrival, PaidThere
from shared.rules.connectors import Owner, PlatformAccount
from shared.rules.payments.correcting import as_taken
from shared.rules.payments.values import ChargeState, NewPayment, NewUse, Payment, UseKind
from shared.rules.values import Connection, RecordKind

_PAYMENT, _INVOICE, _CUSTOMER = RecordKind.PAYMENT, RecordKind.INVOICE, RecordKind.CUSTOMER
_SOON, _LATER, _LATEST = timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1)
_MONTH = timedelta(days=31)


def unknown_invoices(account: PlatformAccount, arrived: Iterable[Arrival]) -> set[str]:
    """Return the invoices of the platform that these payments pay and that are none of ours."""
    paid = {use.invoice for one in arrived if one.payment and not one.is_old for use in one.paid}
    return {one for one in paid if _ours(account, _INVOICE, one) is None}


def _ours(account: PlatformAccount, kind: RecordKind, their_id: str) -> tuple[str, str] | None:
    """The ListID or TxnID of a record of the platform, and what it is called."""
    found = records.ours(account.connection_id, account.identity, kind, their_id)
    return (found.our_id, found.document) if found else None


def take_in(
    by: Operator, account: PlatformAccount, arrived: Iterable[Arrival], numbers: Mapping[str, str]
) -> list[str]:
    """Take payments in, or what became of them; return what kept one out, in sentences.

    ``numbers`` has what the platform calls the invoices that are none of ours.
    """
    connection = connections.by_id(account.connection_id)
    return [told for one in arrived for told in _taken(by, account, connection, one, numbers)]


def _taken(
    by: Operator,
    account: PlatformAccount,
    connection: Connection,
    one: Arrival,
    numbers: Mapping[str, str],
) -> Iterator[str]:
    key = one.payment.external_id if one.payment else one.their_id
    held = from_platform.on_file(connection.id, [key]).get(key)
    known = records.ours(connection.id, account.identity, _PAYMENT, one.their_id)
    if known is not None and known.owner is Owner.QUICKBOOKS:
        return
    if held is None and (one.payment is None or one.is_old):
        return
    _watch(account, one, by.now)
    came_otherwise = held is not None and known is None
    wanted = _wanted(account, one, held, numbers, came_otherwise=came_otherwise)
    records.put(
        *(connection.id, account.identity, _PAYMENT, key, one.their_id, key, by.now),
        owner=Owner.PLATFORM,
    )
    try:
        plan_add(by.store, connection.name, wanted, back=False).apply(by)
    except BadPayment as wrong:
        yield f"Payment {key} is left out: {wrong.sentence}"


def _wanted(
    account: PlatformAccount,
    one: Arrival,
    held: Payment | None,
    numbers: Mapping[str, str],
    *,
    came_otherwise: bool,
) -> NewPayment:
    """The payment as it is to be on file.

    One that is gone there, or that a file or a person brought, keeps its terms: only what became
    of its charge is new.
    """
    if one.payment is None:
        assert held is not None
        return replace(as_taken(held), charge_state=ChargeState.FAILED)
    if came_otherwise and held is not None:
        told = one.payment
        return replace(
            as_taken(held),
            charge_state=told.charge_state,
            refunded=min(told.refunded, held.amount),
            disputed=told.disputed,
        )
    used = {use.document for use in held.uses} if held else frozenset()
    paid = tuple(_use(account, use, used, numbers) for use in one.paid)
    customer = _ours(account, _CUSTOMER, one.customer)
    named = customer[1] if customer else one.payment.customer
    uses = (*paid, *one.payment.uses)
    return _without_fee(replace(one.payment, uses=uses, customer=named), one.convenience_fee)


def _without_fee(payment: NewPayment, fee: Decimal) -> NewPayment:
    """The convenience fee stays out: QuickBooks has no invoice for it."""
    if not fee:
        return payment
    told = f"Convenience fee of {fee:,.2f} not included"
    amount = payment.amount - fee
    return replace(
        payment,
        amount=amount,
        memo=f"{payment.memo}; {told}" if payment.memo else told,
        refunded=min(payment.refunded, amount),
    )


def _use(
    account: PlatformAccount, use: PaidThere, used: Collection[str], numbers: Mapping[str, str]
) -> NewUse:
    """What a payment pays, by the name that it was first told with, so that it stays the same."""
    ours = _ours(account, _INVOICE, use.invoice)
    names = ours or (numbers.get(use.invoice) or f"invoice {use.invoice}",)
    document = next((name for name in names if name in used), names[0])
    return NewUse(document, use.amount, UseKind.INVOICE)


def _watch(account: PlatformAccount, one: Arrival, now: datetime) -> None:
    """Look again at what no feed tells of, less and less often, and not for ever."""
    where = (account.connection_id, _PAYMENT, one.their_id)
    since = inbox.since(*where)
    waited = now - (since or now)
    if not one.watch_because or waited > _MONTH:
        inbox.unwatch(*where)
        return
    wait = _SOON if waited < _LATEST else _LATER if waited < timedelta(days=1) else _LATEST
    inbox.watch(*where, one.watch_because, due_at=now + wait, now=now)
