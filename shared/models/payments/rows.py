"""Rows of payments and postings as values; several repositories read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from peewee import JOIN

from shared.models import tables as t
from shared.models.convert import moment, moment_or_none, money, money_or_none
from shared.models.statements import Row, Statement, among, current_engine, locking
from shared.rules.payments.values import (
    Allowances,
    Asking,
    ChargeState,
    Payment,
    PaymentSource,
    PaymentStatus,
    PaymentUse,
    Posting,
    PostingState,
    PostingUse,
    UseKind,
)
from shared.rules.values import ClosedPeriod, OnAccount, Overpayment

PAYMENT_FIELDS: tuple[Any, ...] = (
    *(t.Payment.id, t.Payment.connection, t.Payment.source, t.Payment.key, t.Payment.customer),
    *(t.Payment.customer_list_id, t.Payment.date, t.Payment.amount_cents, t.Payment.currency),
    *(t.Payment.method, t.Payment.reference, t.Payment.gateway, t.Payment.memo),
    *(t.Payment.charged, t.Payment.charge_state, t.Payment.from_quickbooks),
    *(t.Payment.refunded_cents, t.Payment.disputed, t.Payment.status, t.Payment.code),
    *(t.Payment.reason, t.Payment.note, t.Payment.changed_by, t.Payment.received_ms),
    *(t.Payment.changed_ms, t.Payment.unused_cents, t.Payment.deleted, t.Payment.asking),
    *(t.Payment.waiting_ms, t.Payment.overpayment, t.Payment.on_account),
    *(t.Payment.closed_period, t.Payment.closed_too),
)
POSTING_FIELDS: tuple[Any, ...] = (
    *(t.Posting.id, t.Posting.connection, t.Posting.payment, t.Posting.part),
    *(t.Posting.generation, t.Posting.customer_list_id, t.Posting.customer),
    *(t.Posting.ar_account_list_id, t.Posting.currency, t.Posting.amount_cents),
    *(t.Posting.ref_number, t.Posting.external_guid, t.Posting.state, t.Posting.code),
    *(t.Posting.said, t.Posting.attempts, t.Posting.txn_id, t.Posting.edit_sequence),
    *(t.Posting.time_created, t.Posting.unused_cents, t.Posting.method),
    *(t.Posting.deposit_account, t.Posting.posted_ms, t.Posting.verified_ms, t.Posting.deleted),
    *(t.Posting.date, t.Posting.pause_ms),
)


class _Use(NamedTuple):
    """A use with what its invoice tells, empty where it is not held."""

    use: PaymentUse
    customer_list_id: str
    customer: str
    currency: str


def given(rows: Sequence[Row]) -> list[Payment]:
    """Make payments of the columns PAYMENT_FIELDS, with uses; terms just as they came in."""
    uses = _uses_of(row[0] for row in rows)
    return [_read(row, tuple(one.use for one in uses[row[0]])) for row in rows]


def shown(rows: Sequence[Row]) -> list[Payment]:
    """As ``given``, with what the platform left open and QuickBooks knows.

    That is customer and currency, what its parts are called in QuickBooks, and what became of
    them there.
    """
    ids = [row[0] for row in rows]
    uses, parts = _uses_of(ids), postings_of(ids)
    return [_filled(_read(row, ()), uses[row[0]], parts[row[0]]) for row in rows]


def _read(row: Row, uses: tuple[PaymentUse, ...]) -> Payment:
    id_, connection_id, source, key, customer, list_id, day, amount, currency, *rest = row
    method, reference, gateway, memo, charged, charge_state, from_quickbooks, *rest = rest
    refunded, disputed, status, code, reason, note, changed_by, *rest = rest
    received_ms, changed_ms, unused, deleted, asking, waiting_ms, *allowed = rest
    ours = source == PaymentSource.INVOICED
    return Payment(
        id=id_,
        connection_id=connection_id,
        source=PaymentSource(source),
        external_id=key if ours else "",
        txn_id="" if ours else key,
        ref_number="" if ours else reference,
        customer=customer,
        customer_list_id=list_id,
        date=date.fromisoformat(day),
        amount=money(amount),
        currency=currency,
        method=method,
        reference=reference,
        gateway=gateway,
        memo=memo,
        charged=bool(charged),
        charge_state=ChargeState(charge_state),
        from_quickbooks=bool(from_quickbooks),
        refunded=money(refunded),
        disputed=bool(disputed),
        status=PaymentStatus(status),
        code=code,
        reason=reason,
        note=note,
        changed_by=changed_by,
        received_at=moment(received_ms),
        changed_at=moment(changed_ms),
        unused=money(unused),
        deleted=bool(deleted),
        uses=uses,
        asking=Asking(asking),
        waiting_since=moment_or_none(waiting_ms),
        allowances=_allowances(*allowed),
    )


def _allowances(
    overpayment: str, on_account: str, closed_period: str, closed_too: object
) -> Allowances:
    return Allowances(
        Overpayment(overpayment) if overpayment else None,
        OnAccount(on_account) if on_account else None,
        ClosedPeriod(closed_period) if closed_period else None,
        bool(closed_too),
    )


def _filled(payment: Payment, uses: Sequence[_Use], parts: Sequence[Posting]) -> Payment:
    payment = replace(payment, uses=tuple(one.use for one in uses))
    if payment.source is PaymentSource.QUICKBOOKS:
        return payment
    list_ids = [*(part.customer_list_id for part in parts), *(one[1] for one in uses)]
    customers = [*(part.customer for part in parts), *(one[2] for one in uses)]
    currencies = [*(part.currency for part in parts), *(one[3] for one in uses)]
    named = "" if payment.customer in list_ids else payment.customer
    return replace(
        payment,
        customer=named or _first(customers) or payment.customer,
        customer_list_id=_first(list_ids),
        currency=payment.currency or _first(currencies),
        txn_id=" ".join(part.txn_id for part in parts if part.txn_id),
        ref_number=" ".join(part.ref_number for part in parts),
        unused=sum((part.unused for part in parts), payment.unused),
        deleted=any(part.deleted for part in parts),
    )


def _first(texts: Iterable[str]) -> str:
    return next(filter(None, texts), "")


def _uses_of(payment_ids: Iterable[int]) -> Mapping[int, list[_Use]]:
    found: defaultdict[int, list[_Use]] = defaultdict(list)
    for payment_id, kind, document, txn_id, number, amount, discount, *invoice in _USES.all(
        ids=list(payment_ids)
    ):
        held, its_number, *names = invoice
        use = PaymentUse(
            kind=UseKind(kind),
            document=document,
            invoice_txn_id=txn_id,
            number=number or its_number or "",
            amount=money(amount),
            discount=money(discount),
            held=held is not None,
        )
        found[payment_id].append(_Use(use, *(name or "" for name in names)))
    return found


_USES = Statement(
    lambda: (
        t.PaymentUse.select(
            *(t.PaymentUse.payment, t.PaymentUse.kind, t.PaymentUse.document),
            *(t.PaymentUse.invoice_txn_id, t.PaymentUse.number),
            *(t.PaymentUse.amount_cents, t.PaymentUse.discount_cents),
            *(t.Invoice.id, t.Invoice.number, t.Invoice.customer_list_id),
            *(t.Invoice.customer_full_name, t.Invoice.currency),
        )
        .join(t.Payment)
        .join(
            t.Invoice,
            JOIN.LEFT_OUTER,
            on=(
                (t.Invoice.connection == t.Payment.connection)
                & (t.Invoice.txn_id == t.PaymentUse.invoice_txn_id)
            ),
        )
        .where(among(t.PaymentUse.payment, "ids"))
        .order_by(t.PaymentUse.payment, t.PaymentUse.position)
    )
)


def postings_of(payment_ids: Iterable[int]) -> Mapping[int, list[Posting]]:
    """Return the parts of payments, in order, with their uses; none for an unknown payment."""
    found: defaultdict[int, list[Posting]] = defaultdict(list)
    for posting in postings(_POSTINGS.all(ids=list(payment_ids))):
        found[posting.payment_id].append(posting)
    return found


_POSTINGS = Statement(
    lambda: (
        t.Posting.select(*POSTING_FIELDS)
        .where(among(t.Posting.payment, "ids"))
        .order_by(t.Posting.payment, t.Posting.part)
    )
)


def postings(rows: Sequence[Row]) -> list[Posting]:
    """Make postings of the columns POSTING_FIELDS, with their uses."""
    uses: defaultdict[int, list[PostingUse]] = defaultdict(list)
    for posting_id, *use in _POSTING_USES.all(ids=[row[0] for row in rows]):
        txn_id, number, amount, *seen = use
        uses[posting_id].append(
            PostingUse(txn_id, number, money(amount), *map(money_or_none, seen))
        )
    return [_read_posting(row, tuple(uses[row[0]])) for row in rows]


_POSTING_USES = Statement(
    lambda: (
        t.PostingUse.select(
            *(t.PostingUse.posting, t.PostingUse.invoice_txn_id, t.PostingUse.number),
            *(t.PostingUse.amount_cents, t.PostingUse.expected_cents, t.PostingUse.fitting_cents),
        )
        .where(among(t.PostingUse.posting, "ids"))
        .order_by(t.PostingUse.posting, t.PostingUse.position)
    )
)


def _read_posting(row: Row, uses: tuple[PostingUse, ...]) -> Posting:
    id_, connection_id, payment_id, part, generation, list_id, customer, account, *rest = row
    currency, amount, ref_number, external_guid, state, code, said, attempts, *rest = rest
    txn_id, edit_sequence, time_created, unused, method, deposit_account, *rest = rest
    posted_ms, verified_ms, deleted, day, pause_ms = rest
    return Posting(
        id=id_,
        connection_id=connection_id,
        payment_id=payment_id,
        part=part,
        generation=generation,
        customer_list_id=list_id,
        customer=customer,
        ar_account_list_id=account,
        currency=currency,
        amount=money(amount),
        ref_number=ref_number,
        external_guid=external_guid,
        state=PostingState(state),
        code=code,
        said=said,
        attempts=attempts,
        txn_id=txn_id,
        edit_sequence=edit_sequence,
        time_created=time_created,
        unused=money(unused),
        method=method,
        deposit_account=deposit_account,
        posted_at=moment_or_none(posted_ms),
        verified_at=moment_or_none(verified_ms),
        deleted=bool(deleted),
        uses=uses,
        date=date.fromisoformat(day) if day else None,
        pause_until=moment_or_none(pause_ms),
    )


def lock(payment_ids: Collection[int]) -> None:
    """Keep payments from being sent or changed by another unit until the end of this one."""
    if current_engine() == "postgresql":  # SQLite has one writer anyway
        _LOCK.all(ids=payment_ids)


_LOCK = Statement(
    lambda: locking(
        t.Payment.select(t.Payment.id).where(among(t.Payment.id, "ids")).order_by(t.Payment.id),
        t.Payment,
    )
)
