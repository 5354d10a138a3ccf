"""Rows of the platform's payments: what is on file, what has left, what is written of them.

What may be written is decided in ``shared/operations/payment_intake.py``; the payments are
judged afterwards (``rejudging``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from peewee import fn

from shared.models import tables as t
from shared.models.convert import cents, millis
from shared.models.payments import hidden_imports, rows, telling
from shared.models.payments.standing import ADD_EVENTS, IN_QUICKBOOKS
from shared.models.statements import Row, Statement, among, insert_rows, slot
from shared.rules.events import EventKind
from shared.rules.payments.values import (
    Asking,
    NewPayment,
    Payment,
    PaymentSource,
    PaymentStatus,
    PostingState,
)


def on_file(connection_id: int, external_ids: Collection[str]) -> dict[str, Payment]:
    """Return the payments that are known under these ids, as they came in."""
    found = rows.given(_KNOWN.all(**_keys(connection_id, external_ids)))
    return {payment.external_id: payment for payment in found}


def ids(connection_id: int, external_ids: Collection[str]) -> dict[str, int]:
    """Return the numbers of the payments that are known under these ids."""
    return dict(_IDS.all(**_keys(connection_id, external_ids)))


def _keys(connection_id: int, keys: Collection[str]) -> dict[str, Any]:
    return {"connection": connection_id, "keys": keys}


def _of_these(*fields: Any) -> Any:
    return t.Payment.select(*fields).where(
        (t.Payment.connection == slot("connection"))
        & (t.Payment.source == PaymentSource.INVOICED.value)
        & among(t.Payment.key, "keys")
    )


_KNOWN = Statement(lambda: _of_these(*rows.PAYMENT_FIELDS))
_IDS = Statement(lambda: _of_these(t.Payment.key, t.Payment.id))


def left(payment_ids: Collection[int]) -> frozenset[int]:
    """Return those of which a request has left, or that QuickBooks may have for another reason.

    A refused one has left, too: what QuickBooks was asked for stays what it was asked for.
    """
    return frozenset(_LEFT.column(ids=payment_ids))


def _left() -> Any:
    sent = t.MessageSet.select(t.MessageSet.id).where(t.MessageSet.posting == t.Posting.id)
    gone = t.Posting.state.in_([state.value for state in IN_QUICKBOOKS])
    return t.Posting.select(t.Posting.payment).where(
        among(t.Posting.payment, "ids") & (gone | (t.Posting.generation > 1) | fn.EXISTS(sent))
    )


_LEFT = Statement(_left)


def add(connection_id: int, payments: Sequence[NewPayment], now: datetime) -> None:
    """Write payments that are not on file; they wait to be judged.

    Payments of these ids in an import that is under way give way.
    """
    hidden_imports.give_way(connection_id, [one.external_id for one in payments])
    _ADD.many(_row(connection_id, one, millis(now)) for one in payments)
    numbers = ids(connection_id, [one.external_id for one in payments])
    _add_uses((numbers[one.external_id], one) for one in payments)
    telling.tell(EventKind.PAYMENT_RECEIVED, list(numbers.values()))


def add_hidden(
    connection_id: int, import_id: int, payments: Sequence[NewPayment], now: datetime
) -> list[int]:
    """Write payments of an import that is under way; return their numbers.

    None of them may be on file.
    """
    _ADD_HIDDEN.many((*_row(connection_id, one, millis(now)), import_id) for one in payments)
    keys = [one.external_id for one in payments]
    numbers = hidden_imports.numbers(connection_id, import_id, keys)
    _add_uses((numbers[one.external_id], one) for one in payments)
    return list(numbers.values())


def _row(connection_id: int, one: NewPayment, now_ms: int) -> Row:
    return (
        *(connection_id, PaymentSource.INVOICED.value, one.external_id, one.customer, ""),
        *(one.date.isoformat(), cents(one.amount), one.currency, one.method, one.reference),
        *(one.gateway, one.memo, one.charged, one.charge_state.value, one.from_quickbooks),
        *(
            cents(one.refunded),
            one.disputed,
            _fee(one),
            PaymentStatus.WAITING.value,
            "",
            "",
            "",
            "",
        ),
        *(now_ms, now_ms, "", "", "", "", "", "", 0, False, 0),
    )


def _fee(one: NewPayment) -> int | None:
    return None if one.fee is None else cents(one.fee)


def _add_uses(payments: Iterable[tuple[int, NewPayment]]) -> None:
    ADD_USES.many(
        (id_, position, use.kind.value, use.document, "", "", cents(use.amount), 0)
        for id_, one in payments
        for position, use in enumerate(one.uses)
    )


_LATER = (
    "import_id",
    "asking",
    "waiting_ms",
    "overpayment",
    "on_account",
    "closed_period",
    "closed_too",
)
PAYMENT_COLUMNS: tuple[Any, ...] = tuple(
    field for field in t.Payment._meta.sorted_fields if field.name not in ("id", *_LATER)
)
"""What a payment comes in with; ``_LATER`` is what becomes of it here."""
_ADD = insert_rows(t.Payment, PAYMENT_COLUMNS)
_ADD_HIDDEN = insert_rows(t.Payment, [*PAYMENT_COLUMNS, t.Payment.import_id])
ADD_USES = insert_rows(
    t.PaymentUse,
    [
        *(t.PaymentUse.payment, t.PaymentUse.position, t.PaymentUse.kind),
        *(t.PaymentUse.document, t.PaymentUse.invoice_txn_id, t.PaymentUse.number),
        *(t.PaymentUse.amount_cents, t.PaymentUse.discount_cents),
    ],
)


def correct(payments: Sequence[tuple[int, NewPayment, str]], who: str, now: datetime) -> None:
    """Write other terms over those of payments that have not left; they wait to be judged anew.

    Each is its number, what it should be, and what changes as a sentence. Their postings keep
    their tags, the refused ones are planned again. What a person decided for the payment as it
    was is forgotten, but a skipped one stays skipped.
    """
    _CORRECT.many((*_terms(one), millis(now), id_) for id_, one, _told in payments)
    numbers = [id_ for id_, _one, _told in payments]
    _FORGET_USES.run(ids=numbers)
    _add_uses((id_, one) for id_, one, _told in payments)
    _FORGET_DECIDED.run(ids=numbers)
    _WAIT.run(ids=numbers)
    told = {id_: sentence for id_, _one, sentence in payments}
    postings = _POSTINGS.all(ids=numbers)
    ADD_EVENTS.many(
        (posting_id, "", millis(now), "corrected", told[payment_id], who)
        for payment_id, posting_id in postings
    )
    _PLAN_AGAIN.run(ids=numbers)
    telling.tell(EventKind.PAYMENT_CORRECTED, numbers)


_TERMS = (
    *(t.Payment.customer, t.Payment.date, t.Payment.amount_cents, t.Payment.currency),
    *(t.Payment.method, t.Payment.reference, t.Payment.gateway, t.Payment.memo),
    *(t.Payment.charged, t.Payment.charge_state, t.Payment.from_quickbooks),
    *(t.Payment.refunded_cents, t.Payment.disputed, t.Payment.fee_cents, t.Payment.changed_ms),
)


def _terms(one: NewPayment) -> Row:
    return (
        *(one.customer, one.date.isoformat(), cents(one.amount), one.currency, one.method),
        *(one.reference, one.gateway, one.memo, one.charged, one.charge_state.value),
        *(one.from_quickbooks, cents(one.refunded), one.disputed, _fee(one)),
    )


_CORRECT = Statement(
    lambda: t.Payment.update({field: slot(field.name) for field in _TERMS}).where(
        t.Payment.id == slot("id")
    )
)
_FORGET_USES = Statement(lambda: t.PaymentUse.delete().where(among(t.PaymentUse.payment, "ids")))
_FORGET_DECIDED = Statement(
    lambda: t.Payment.update(
        {
            t.Payment.asking: Asking.NO.value,
            t.Payment.waiting_ms: None,
            t.Payment.overpayment: "",
            t.Payment.on_account: "",
            t.Payment.closed_period: "",
        }
    ).where(among(t.Payment.id, "ids"))
)
_WAIT = Statement(
    lambda: t.Payment.update(
        {
            t.Payment.status: PaymentStatus.WAITING.value,
            t.Payment.code: "",
            t.Payment.reason: "",
            t.Payment.note: "",
        }
    ).where(among(t.Payment.id, "ids") & (t.Payment.status != PaymentStatus.SKIPPED.value))
)
_POSTINGS = Statement(
    lambda: t.Posting.select(t.Posting.payment, t.Posting.id).where(among(t.Posting.payment, "ids"))
)
_PLAN_AGAIN = Statement(
    lambda: t.Posting.update(
        {
            t.Posting.state: PostingState.PLANNED.value,
            t.Posting.code: "",
            t.Posting.said: "",
            t.Posting.attempts: 0,
            t.Posting.date: "",
            t.Posting.pause_ms: None,
        }
    ).where(among(t.Posting.payment, "ids"))
)


def recharge(payments: Sequence[tuple[int, NewPayment]], now: datetime) -> None:
    """Write what became of the charges of payments, by their numbers."""
    _RECHARGE.many(
        (one.charge_state.value, cents(one.refunded), one.disputed, _fee(one), millis(now), id_)
        for id_, one in payments
    )
    telling.tell(EventKind.PAYMENT_CORRECTED, [id_ for id_, _ in payments])


_RECHARGE = Statement(
    lambda: t.Payment.update(
        {
            t.Payment.charge_state: slot("charge_state"),
            t.Payment.refunded_cents: slot("refunded"),
            t.Payment.disputed: slot("disputed"),
            t.Payment.fee_cents: slot("fee"),
            t.Payment.changed_ms: slot("now_ms"),
        }
    ).where(t.Payment.id == slot("id"))
)
