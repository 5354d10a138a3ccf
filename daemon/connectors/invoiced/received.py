"""A payment of Invoiced, as it is to be taken in."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from daemon.connectors.invoiced.values import cut, day_of, money, quickbooks_method
from shared.rules.arrivals import Arrival, PaidThere
from shared.rules.payments.checking import MAX_MEMO, MAX_TEXT
from shared.rules.payments.values import ZERO, ChargeState, NewPayment, NewUse, UseKind

Record = Mapping[str, Any]
_FROM_BOOKS = "accounting_system"

_CHARGES = {
    "succeeded": ChargeState.SUCCEEDED,
    "pending": ChargeState.PENDING,
    "failed": ChargeState.FAILED,
}


def is_ours(record: Record) -> bool:
    """Whether a payment came from an accounting system, or is an adjustment without money."""
    if record.get("charge"):
        return False
    return record.get("source") == _FROM_BOOKS or not money(record.get("amount"))


def arrival(record: Record, zone: str, *, is_old: bool) -> Arrival:
    """The payment; one that was made before the account was connected is old.

    It is processed where a charge stands behind it: the source of a payment is free text. What
    cannot be read is told: it keeps no other payment out. Of QuickBooks' own payments only that
    one was voided is told.
    """
    their_id = str(record["id"])
    try:
        if is_ours(record):
            return Arrival(their_id, None, passed_over=not record.get("voided"))
        return _read(record, their_id, zone, is_old=is_old)
    except Exception as why:
        return Arrival(their_id, None, is_old=is_old, unread=unread_because(why))


class _Fraction(ValueError):
    """An amount that QuickBooks cannot have."""


def _exact(value: Any) -> Decimal:
    """An amount as it is: rounded, it would be another one. Raises ``_Fraction``."""
    amount = money(value)
    if amount != Decimal(str(value or 0)):
        raise _Fraction
    return amount


def unread_because(why: Exception) -> str:
    """Why a record cannot be read, in words that hold nothing of it."""
    if isinstance(why, _Fraction):
        return "It has an amount with more than two decimals, which QuickBooks does not have."
    return f"Its data on Invoiced cannot be read ({type(why).__name__})."


def _read(record: Record, their_id: str, zone: str, *, is_old: bool) -> Arrival:
    if record.get("voided"):
        return Arrival(their_id, None, is_old=is_old)
    charge = record.get("charge") or {}
    state = _CHARGES.get(str(charge.get("status")), ChargeState.SUCCEEDED)
    rows = record.get("applied_to") or ()
    customer_id, customer = _customer(record.get("customer"))
    amount = _exact(record["amount"])
    payment = NewPayment(
        external_id=their_id,
        date=day_of(record["date"], zone),  # type: ignore[arg-type]
        amount=amount,
        uses=tuple(_credits(rows)),
        customer=customer,
        currency=str(record.get("currency") or "").upper(),
        method=quickbooks_method(_line(record.get("method"))),
        reference=_line(charge.get("gateway_id") or record.get("reference")),
        gateway=_line(charge.get("gateway")),
        memo=_memo(record.get("notes")),
        charged=bool(charge),
        charge_state=state if charge else ChargeState.SUCCEEDED,
        refunded=min(_exact(charge.get("amount_refunded")), amount),
        disputed=bool(charge.get("disputed")),
    )
    return Arrival(
        their_id,
        payment,
        tuple(PaidThere(id_, paid) for id_, paid in _invoices(rows).items()),
        customer_id,
        sum((_exact(row["amount"]) for row in rows if row["type"] == "convenience_fee"), ZERO),
        is_old,
        _watch_because(payment),
    )


def _watch_because(payment: NewPayment) -> str:
    """Why to read it again: a charge may be decided, and a dispute won, without a word."""
    if payment.charge_state is ChargeState.PENDING:
        return "The charge is pending."
    return "The charge is disputed." if payment.disputed else ""


def number_of(invoice: Record) -> str:
    """The number of an invoice there; what cannot be printed is marked, so that it is no other."""
    return "".join(one if one.isprintable() else "\ufffd" for one in str(invoice["number"]))


def _invoices(rows: Any) -> dict[str, Decimal]:
    paid: dict[str, Decimal] = {}
    for row in rows:
        if row["type"] == "invoice":
            id_ = str(row["invoice"])
            paid[id_] = paid.get(id_, ZERO) + _exact(row["amount"])
    return paid


def _credits(rows: Any) -> list[NewUse]:
    """Credit notes that are applied with it, which are told and not posted."""
    used: dict[str, Decimal] = {}
    for row in rows:
        if row["type"] == "credit_note":
            name = f"credit note {row.get('credit_note')}"
            used[name] = used.get(name, ZERO) + money(row["amount"])
    return [NewUse(name, amount, UseKind.CREDIT_NOTE) for name, amount in used.items()]


def _customer(told: Any) -> tuple[str, str]:
    """The id of the customer, and its name where it is shown."""
    if isinstance(told, Mapping):
        return str(told["id"]), _line(told.get("name"))
    return str(told or ""), ""


def _line(value: Any) -> str:
    """A text on one line, as far as it is taken in."""
    text = " ".join(str(value or "").split())
    return cut("".join(one for one in text if one.isprintable()), MAX_TEXT)


def _memo(value: Any) -> str:
    text = str(value or "").replace("\0", "")
    return cut(text.encode("utf-8", "replace").decode(), MAX_MEMO // 2)
