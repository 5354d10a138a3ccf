"""The seam for payments of the billing platform: taken in once, judged until they are posted.

    with store.transaction():
        received = receiving.receive(connection.id, [NewPayment(...), ...], store.now())

The terms of a payment (date, amount, what it pays …) never change once it is on file; what
became of its charge may. One that comes in again is known by its external id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from shared.errors import StoreError
from shared.hints import tell
from shared.models import problems
from shared.models import tables as t
from shared.models.convert import cents, millis
from shared.models.payments import rows
from shared.models.payments.parts import IN_QUICKBOOKS
from shared.models.payments.preparing import prepare
from shared.models.statements import Row, Statement, among, insert_rows, slot
from shared.rules.payments.checking import Fault, faults
from shared.rules.payments.values import (
    ChargeState,
    NewPayment,
    NewUse,
    Payment,
    PaymentSource,
    PaymentStatus,
)
from shared.rules.values import RecordKind, Trouble

__all__ = ["BadPayments", "Received", "prepare", "receive"]

_SHOWN = 3


class BadPayments(StoreError):
    """Payments that cannot be taken in; none of their batch was.

    ``faults`` are (position in the batch, what is wrong), in the order of the batch.
    """

    def __init__(self, faults: Sequence[tuple[int, Fault]]) -> None:
        named = " ".join(f"Payment {position + 1}: {fault}" for position, fault in faults[:_SHOWN])
        more = f" And {len(faults) - _SHOWN} more." if len(faults) > _SHOWN else ""
        super().__init__(
            f"The payments were not taken in. {named}{more}",
            "Correct them and give the whole batch again: what is known already is not doubled.",
        )
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a batch: the payments' numbers in its order, and how many were what."""

    ids: tuple[int, ...]
    added: int
    updated: int
    unchanged: int


def receive(connection_id: int, batch: Sequence[NewPayment], now: datetime) -> Received:
    """Take in payments of the platform, all or none, and judge them.

    One that is known with the same terms is unchanged; its charge state, refund or dispute is
    brought up to date. The same one twice in a batch is one. Raises BadPayments, with nothing
    written, for a payment that is wrong in itself or that has other terms than before.
    """
    batch = [replace(one, currency=one.currency.upper()) for one in batch]
    _refuse((position, fault) for position, one in enumerate(batch) for fault in faults(one))
    on_file = _on_file(connection_id, {one.external_id for one in batch})
    known = {key: _as_new(payment) for key, payment in on_file.items()}
    touched: dict[str, NewPayment] = {}
    became = Counter[str]()
    bad: list[tuple[int, Fault]] = []
    for position, one in enumerate(batch):
        before = touched.get(one.external_id) or known.get(one.external_id)
        if before is None:
            became["added"] += 1
        elif differing := _differing(before, one):
            bad += [(position, fault) for fault in differing]
            continue
        else:
            became["unchanged" if _charge(before) == _charge(one) else "updated"] += 1
        touched[one.external_id] = one
    _refuse(bad)
    _add(connection_id, [one for key, one in touched.items() if key not in known], now)
    _update([(on_file[key], one) for key, one in touched.items() if key in known], now)
    ids = {row[0]: row[1] for row in _IDS.all(**_keys(connection_id, touched))}
    prepare(connection_id, now, [ids[key] for key in touched])
    return Received(tuple(ids[one.external_id] for one in batch), **_counts(became))


def _counts(became: Counter[str]) -> dict[str, int]:
    return {name: became[name] for name in ("added", "updated", "unchanged")}


def _refuse(found: Iterable[tuple[int, Fault]]) -> None:
    if bad := list(found):
        raise BadPayments(bad)


def _keys(connection_id: int, keys: Collection[str]) -> dict[str, Any]:
    return {"connection": connection_id, "keys": keys}


def _on_file(connection_id: int, keys: Collection[str]) -> dict[str, Payment]:
    found = rows.given(_KNOWN.all(**_keys(connection_id, keys)))
    return {payment.external_id: payment for payment in found}


def _of_these(*fields: Any) -> Any:
    return t.Payment.select(*fields).where(
        (t.Payment.connection == slot("connection"))
        & (t.Payment.source == PaymentSource.INVOICED.value)
        & among(t.Payment.key, "keys")
    )


_KNOWN = Statement(lambda: _of_these(*rows.PAYMENT_FIELDS))
_IDS = Statement(lambda: _of_these(t.Payment.key, t.Payment.id))


def _as_new(payment: Payment) -> NewPayment:
    """The payment as it came in."""
    return NewPayment(
        external_id=payment.external_id,
        date=payment.date,
        amount=payment.amount,
        uses=tuple(NewUse(use.document, use.amount, use.kind) for use in payment.uses),
        customer=payment.customer,
        currency=payment.currency,
        method=payment.method,
        reference=payment.reference,
        gateway=payment.gateway,
        memo=payment.memo,
        charged=payment.charged,
        charge_state=payment.charge_state,
        from_quickbooks=payment.from_quickbooks,
        refunded=payment.refunded,
        disputed=payment.disputed,
    )


_TERMS = (
    *("date", "amount", "uses", "customer", "currency", "method", "reference", "gateway"),
    *("memo", "charged", "from_quickbooks"),
)


def _differing(before: NewPayment, now: NewPayment) -> list[Fault]:
    """One fault for each term that is not what it was; the order of uses is none."""
    return [
        Fault(
            field=name,
            value=_said(now, name),
            problem=f"is not what payment {now.external_id} has on file ({_said(before, name)})",
            remedy="give the terms on file, or another external id for another payment",
        )
        for name in _TERMS
        if _term(before, name) != _term(now, name)
    ]


def _term(one: NewPayment, name: str) -> Any:
    return frozenset(one.uses) if name == "uses" else getattr(one, name)


def _said(one: NewPayment, name: str) -> str:
    if name == "uses":
        return "; ".join(f"{use.document}={use.amount}" for use in one.uses)
    return str(getattr(one, name))


def _charge(one: NewPayment) -> tuple[str, Decimal, bool]:
    """What may change: what became of the charge."""
    return one.charge_state.value, one.refunded, one.disputed


def _add(connection_id: int, payments: Sequence[NewPayment], now: datetime) -> None:
    _ADD.many(_row(connection_id, one, millis(now)) for one in payments)
    ids: dict[str, int] = dict(
        _IDS.all(**_keys(connection_id, [one.external_id for one in payments]))
    )
    ADD_USES.many(
        (
            *(ids[one.external_id], position, use.kind.value, use.document),
            *("", "", cents(use.amount), 0),
        )
        for one in payments
        for position, use in enumerate(one.uses)
    )


def _row(connection_id: int, one: NewPayment, now_ms: int) -> Row:
    return (
        *(connection_id, PaymentSource.INVOICED.value, one.external_id, one.customer, ""),
        *(one.date.isoformat(), cents(one.amount), one.currency, one.method, one.reference),
        *(one.gateway, one.memo, one.charged, one.charge_state.value, one.from_quickbooks),
        *(cents(one.refunded), one.disputed, PaymentStatus.WAITING.value, "", "", "", ""),
        *(now_ms, now_ms, "", "", "", "", "", "", 0, False, 0),
    )


_LATER = ("asking", "waiting_ms", "overpayment", "on_account", "closed_period")
PAYMENT_COLUMNS: tuple[Any, ...] = tuple(
    field for field in t.Payment._meta.sorted_fields if field.name not in ("id", *_LATER)
)
"""What a payment comes in with; ``_LATER`` is what becomes of it here."""
_ADD = insert_rows(t.Payment, PAYMENT_COLUMNS)
ADD_USES = insert_rows(
    t.PaymentUse,
    [
        *(t.PaymentUse.payment, t.PaymentUse.position, t.PaymentUse.kind),
        *(t.PaymentUse.document, t.PaymentUse.invoice_txn_id, t.PaymentUse.number),
        *(t.PaymentUse.amount_cents, t.PaymentUse.discount_cents),
    ],
)


def _update(payments: Sequence[tuple[Payment, NewPayment]], now: datetime) -> None:
    changed = [
        (payment, one) for payment, one in payments if _charge(_as_new(payment)) != _charge(one)
    ]
    _CHANGE.many(
        (one.charge_state.value, cents(one.refunded), one.disputed, millis(now), payment.id)
        for payment, one in changed
    )
    _tell_of_posted(changed, now)


_CHANGE = Statement(
    lambda: t.Payment.update(
        {
            t.Payment.charge_state: slot("charge_state"),
            t.Payment.refunded_cents: slot("refunded"),
            t.Payment.disputed: slot("disputed"),
            t.Payment.changed_ms: slot("now_ms"),
        }
    ).where(t.Payment.id == slot("id"))
)


def _tell_of_posted(changed: Sequence[tuple[Payment, NewPayment]], now: datetime) -> None:
    """A refund, dispute or return of what QuickBooks has in full is for a person to book there."""
    parts = rows.postings_of(payment.id for payment, _ in changed)
    for payment, one in changed:
        if not any(part.state in IN_QUICKBOOKS for part in parts[payment.id]):
            continue
        amount = _money(payment.amount, payment.currency)
        told = []
        if one.refunded and one.refunded != payment.refunded:
            refunded = _money(one.refunded, payment.currency)
            told.append(_trouble(payment, "payment-refunded", amount=amount, refunded=refunded))
        if one.disputed and not payment.disputed:
            told.append(_trouble(payment, "payment-disputed", amount=amount))
        if one.charge_state is ChargeState.FAILED is not payment.charge_state:
            told.append(_trouble(payment, "payment-returned", amount=amount))
        problems.report(payment.connection_id, None, told, now)


def _money(amount: Decimal, currency: str) -> str:
    return f"{amount:,.2f} {currency}".rstrip()


def _trouble(payment: Payment, code: str, **fields: str) -> Trouble:
    told = tell(code, **fields)
    return Trouble(
        code=code,
        kind=RecordKind.PAYMENT,
        object_id=str(payment.id),
        document=payment.document,
        message=told.message,
        remedy=told.remedy,
    )
