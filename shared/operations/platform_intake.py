"""Payments that a connected billing platform brings: taken in as those of a file or the API are.

The platform's id is the external id of a payment, whichever way it comes, so one that was imported
from a file is the same here. What it pays is named by the TxnID of the invoice that was sent
there, or else by the number that the platform has for it.

Each payment is taken in as a whole, in the transaction of whoever calls: with the note that the
platform owns it, so that it is never sent back, and with what has to be looked at again. One that
cannot be taken in keeps no other one out: it has a problem, and is read again until it can be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from shared.models import connections
from shared.models.payments import from_platform
from shared.models.platforms import copies, inbox, outbox, receiving, records
from shared.models.store import Store
from shared.operations.deciding import Operator
from shared.operations.payment_intake import BadPayment, plan_add
from shared.rules.arrivals import Arrival, NumberedThere, PaidThere
from shared.rules.connectors import ConvenienceFees, Mapped, Owner, PlatformAccount
from shared.rules.payments.correcting import as_taken
from shared.rules.payments.names import folded
from shared.rules.payments.values import ChargeState, NewPayment, NewUse, Payment, UseKind
from shared.rules.values import Connection, RecordKind
from shared.structs import replace

_PAYMENT, _INVOICE, _CUSTOMER = RecordKind.PAYMENT, RecordKind.INVOICE, RecordKind.CUSTOMER
_WAITS = (
    (timedelta(hours=1), timedelta(minutes=1)),
    (timedelta(days=1), timedelta(minutes=10)),
    (timedelta(days=31), timedelta(hours=1)),
    (timedelta.max, timedelta(days=1)),
)
"""How long to wait before the next look at what is watched for less than so long."""


def unknown_invoices(account: PlatformAccount, arrived: Iterable[Arrival]) -> set[str]:
    """Return the invoices of the platform that these payments pay and that are none of ours."""
    paid = {use.invoice for one in arrived if one.payment and not one.is_old for use in one.paid}
    return {one for one in paid if _ours(account, _INVOICE, one) is None}


def _ours(account: PlatformAccount, kind: RecordKind, their_id: str) -> tuple[str, str] | None:
    """The ListID or TxnID of a record of the platform, and what it is called."""
    found = records.ours(*account.where, kind, their_id)
    return (found.our_id, found.document) if found else None


def take_in(
    by: Operator,
    account: PlatformAccount,
    arrived: Iterable[Arrival],
    numbers: Mapping[str, NumberedThere],
) -> None:
    """Take payments in, or what became of them. One that is kept out has a problem that says why.

    ``numbers`` has what the platform calls the invoices that are none of ours.
    """
    connection = connections.by_id(account.connection_id)
    left_out = receiving.skipped(account)
    for one in arrived:
        _take(by, account, connection, one, numbers, is_left_out=one.their_id in left_out)


def set_aside(by: Operator, account: PlatformAccount, one: Arrival, why: str) -> None:
    """Have a person told of a payment that failed for a reason of ours, and try it again later."""
    _keep_out(by, account, one, receiving.FAILED, why)


def _keep_out(by: Operator, account: PlatformAccount, one: Arrival, code: str, why: str) -> None:
    """It is read again, less and less often: so what is put right on the platform is noticed."""
    receiving.tell(account, one.their_id, code, why, by.now)
    _watch(account, one.their_id, why, by.now)


def _take(
    by: Operator,
    account: PlatformAccount,
    connection: Connection,
    one: Arrival,
    numbers: Mapping[str, NumberedThere],
    *,
    is_left_out: bool,
) -> None:
    """Take one in. One of QuickBooks that ended there is looked at again, to tell a person."""
    key = one.payment.external_id if one.payment else one.their_id
    held = from_platform.on_file(connection.id, [key]).get(key)
    known = records.ours(connection.id, account.identity, _PAYMENT, one.their_id)
    if is_left_out and (held is None or known is None):
        return
    if one.unread and not one.is_old:
        _keep_out(by, account, one, receiving.FAILED, one.unread)
        return
    if known is not None and known.owner is Owner.QUICKBOOKS and one.has_ended:
        outbox.want_again(connection.id, _PAYMENT, [known.our_id], by.now)
    if _is_nothing_new(one, held, known):
        _is_done(account, one, by.now)
        return
    came_otherwise = held is not None and known is None
    mixed_up = _mixed_up(account, one, held, numbers, is_known=known is not None)
    if mixed_up:
        _keep_out(by, account, one, receiving.REFUSED, mixed_up)
        return
    where = (connection.id, account.identity, _PAYMENT)
    try:
        wanted = _wanted(account, one, held, numbers, came_otherwise=came_otherwise)
        plan = plan_add(by.store, connection.name, wanted, back=False)
        records.put(*where, key, one.their_id, key, by.now, owner=Owner.PLATFORM)
        plan.apply(by)
    except BadPayment as wrong:
        _keep_out(by, account, one, receiving.REFUSED, str(wrong))
        return
    _is_done(account, one, by.now)


def _mixed_up(
    account: PlatformAccount,
    one: Arrival,
    held: Payment | None,
    numbers: Mapping[str, NumberedThere],
    *,
    is_known: bool,
) -> str:
    """Why a payment may be taken for another one, or pay another invoice than it does; empty: no.

    ``held`` came from elsewhere under its id, unless it ``is_known``. The platform's number of an
    invoice that is none of ours may be that of another one in QuickBooks.
    """
    if one.payment is None:
        return ""
    told = one.payment
    amounts = (told.amount, told.amount - one.convenience_fee)
    if held is not None and not is_known:
        known = f"A payment {one.their_id} of {held.amount:,.2f} {held.currency} is on file already"
        if held.amount not in amounts or held.currency not in ("", told.currency):
            return f"{known}, and this one is of {told.amount:,.2f} {told.currency}: {_TWO}"
        return f"{known} for other invoices: {_TWO}" if _pays_others(account, one, held) else ""
    used = _used(held)
    for use in one.paid:
        there = numbers.get(use.invoice)
        if there and there.number not in used and _is_the_one(account, there) is False:
            return (
                f"It pays invoice {there.number} of {account.platform.capitalize()}, which is not"
                f" linked with invoice {there.number} of QuickBooks: {_TWO}"
            )
    return ""


_TWO = "they seem to be two"


def _pays_others(account: PlatformAccount, one: Arrival, held: Payment) -> bool:
    """Whether a payment of the same id and amount is for other invoices of ours, so that it is
    another one: taken for this one, this one would never be posted.
    """
    paid = [_ours(account, _INVOICE, use.invoice) for use in one.paid]
    uses = [use for use in held.uses if use.kind is UseKind.INVOICE]
    if not (paid and uses and all(paid)):
        return False
    here = {folded(name) for use in uses for name in (use.document, use.invoice_txn_id)}
    return here.isdisjoint(folded(name) for ours in paid if ours for name in ours)


def _is_the_one(account: PlatformAccount, there: NumberedThere) -> bool | None:
    return copies.is_the_one_of_number(*account.where, there.number, there.total)


def _used(held: Payment | None) -> frozenset[str]:
    return frozenset(use.document for use in held.uses) if held else frozenset()


def _is_nothing_new(one: Arrival, held: Payment | None, known: Mapped | None) -> bool:
    """Whether nothing of it is to be taken in."""
    if one.passed_over or one.unread or (known is not None and known.owner is Owner.QUICKBOOKS):
        return True
    return held is None and (one.payment is None or one.is_old)


def _is_done(account: PlatformAccount, one: Arrival, now: datetime) -> None:
    """All of it is on file as it is there now."""
    receiving.settle(account, one.their_id, now)
    if one.watch_because:
        _watch(account, one.their_id, one.watch_because, now)
    else:
        inbox.unwatch(*account.where, one.their_id)


def _wanted(
    account: PlatformAccount,
    one: Arrival,
    held: Payment | None,
    numbers: Mapping[str, NumberedThere],
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
    paid = tuple(_use(account, use, _used(held), numbers) for use in one.paid)
    customer = _ours(account, _CUSTOMER, one.customer)
    named = customer[1] if customer else one.payment.customer
    uses = (*paid, *one.payment.uses)
    told = replace(one.payment, uses=uses, customer=named)
    with_fee = _is_with_fee(account, one, held)
    return told if with_fee else _without_fee(told, one.convenience_fee)


def _is_with_fee(account: PlatformAccount, one: Arrival, held: Payment | None) -> bool:
    """Whether a convenience fee is part of the payment: as it was when it came in first."""
    assert one.payment is not None
    amount = one.payment.amount
    if not one.convenience_fee or (held is not None and held.amount == amount):
        return True
    if held is not None and held.amount == amount - one.convenience_fee:
        return False
    return account.convenience_fees is ConvenienceFees.ON_ACCOUNT


def _without_fee(payment: NewPayment, fee: Decimal) -> NewPayment:
    """The convenience fee stays out: QuickBooks has no invoice for it."""
    told = f"Convenience fee of {fee:,.2f} not included"
    amount = payment.amount - fee
    return replace(
        payment,
        amount=amount,
        memo=f"{payment.memo}; {told}" if payment.memo else told,
        refunded=min(payment.refunded, amount),
    )


def _use(
    account: PlatformAccount,
    use: PaidThere,
    used: Collection[str],
    numbers: Mapping[str, NumberedThere],
) -> NewUse:
    """What a payment pays, by the name that it was first told with, so that it stays the same.

    An invoice that is none of ours has a name of its own until QuickBooks has it as well: else an
    other one that gets its number later would be paid.
    """
    ours = _ours(account, _INVOICE, use.invoice)
    there = numbers.get(use.invoice)
    names: tuple[str, ...]
    if ours:
        names = ours
    elif there is None:
        names = (from_platform.named_there(account.platform, use.invoice),)
    elif there.number in used or _is_the_one(account, there):
        names = (there.number,)
    else:
        names = (from_platform.named_there(account.platform, there.number),)
    document = next((name for name in names if name in used), names[0])
    return NewUse(document, use.amount, UseKind.INVOICE)


def view_to_look_at(
    _store: Store, account: PlatformAccount, numbers: Collection[str] | None
) -> list[str]:
    """Return payments, by their ids there, that wait for invoices that are none of ours.

    ``numbers``: those for which QuickBooks has invoices by now; None: all.
    """
    waiting = from_platform.waiting_there(account.connection_id, account.platform)
    names = None if numbers is None else {folded(one) for one in numbers}
    where = (*account.where, _PAYMENT)
    keys = {key for key, number in waiting if names is None or folded(number) in names}
    return [one.their_id for one in records.these(*where, sorted(keys)).values()]


def look_again(account: PlatformAccount, their_ids: Iterable[str], now: datetime) -> None:
    """Have payments read again: QuickBooks may have what they wait for."""
    for their_id in their_ids:
        inbox.watch(
            *account.where, their_id, "QuickBooks may have its invoice.", due_at=now, now=now
        )


def _watch(account: PlatformAccount, their_id: str, why: str, now: datetime) -> None:
    """Look again at what no feed tells of, less and less often."""
    where = (*account.where, their_id)
    since = inbox.since(*where)
    waited = now - (since or now)
    wait = next(wait for until, wait in _WAITS if waited < until)
    inbox.watch(*where, why, due_at=now + wait, now=now)
