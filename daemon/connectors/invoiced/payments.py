"""Payments recorded in QuickBooks, as they go to Invoiced.

They are imported by their TxnID, so one that is told twice is there once. The import leaves out
what it cannot apply and counts the rest: so invoices are named by their TxnID alone, never by a
number that another one may have, and what comes back is held against what was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from daemon.connectors.invoiced.values import (
    LONGEST_NAME,
    LONGEST_TEXT,
    QUICKBOOKS_METHODS,
    Values,
    as_number,
    cut,
    day,
    linked,
    money,
)
from daemon.connectors.invoiced.writes import Call, Write
from shared.rules.connectors import AppliedCopy, PaymentCopy
from shared.rules.payments.names import folded
from shared.rules.payments.values import ZERO
from shared.rules.values import RecordKind

Record = Mapping[str, Any]
IMPORT = "/payments/accounting_sync"
OURS = "accounting_system"
"""The source of payments that Invoiced has from QuickBooks, and writes nowhere."""
_CARDS = ("visa", "mastercard", "master card", "american express", "discover")
_METHODS = {
    **{folded(name): method for method, name in QUICKBOOKS_METHODS.items()},
    "cheque": "check",
    "wire": "wire_transfer",
    **dict.fromkeys(_CARDS, "credit_card"),
}


def send(copy: PaymentCopy, zone: str) -> Write:
    """Have a payment there as QuickBooks has it; one that is there is changed."""
    values: Values = {
        **linked(copy.txn_id),
        "currency": copy.currency.lower(),
        "customer": {
            "accounting_id": copy.customer_list_id,
            "name": cut(copy.customer, LONGEST_NAME),
        },
        **_told(copy, zone),
        "applied_to": [
            {
                **({"document_type": "invoice"} if kind != "invoice" else {}),
                "type": kind,
                "amount": as_number(amount),
                "invoice": {"accounting_id": txn_id},
            }
            for kind, txn_id, _, amount in _rows(copy)
        ],
    }
    return Write(RecordKind.PAYMENT, copy.txn_id, (Call("POST", IMPORT, values),), str(_cash(copy)))


def delete(our_id: str) -> Write:
    """Delete a payment that QuickBooks has no more: what it paid is open again."""
    values = {**linked(our_id), "deleted": True}
    return Write(RecordKind.PAYMENT, our_id, (Call("POST", IMPORT, values),))


def is_ours(there: Record) -> bool:
    """Whether Invoiced has a payment from QuickBooks: no other one is written to."""
    return there.get("source") == OURS and not there.get("charge")


def is_the_same(copy: PaymentCopy, own: Record) -> bool:
    """Whether a payment that was made on Invoiced is the one that a file or a program brought
    under its ID: it pays as much of an invoice. An ID alone may be another one's.
    """
    return not is_ours(own) and any(one.amount == pays_of(own, one) for one in copy.applied)


def pays_of(there: Record | None, use: AppliedCopy) -> Decimal:
    """What a payment pays of an invoice there by now."""
    rows = (there or {}).get("applied_to") or ()
    return sum(
        (money(row["amount"]) for row in rows if str(row.get("invoice")) == use.their_id), ZERO
    )


def more_than_due(use: AppliedCopy, invoice: Record, due: Decimal) -> str:
    """That a payment pays more than is due there, and what to do."""
    return (
        f"It pays {use.amount + use.discount} of invoice {invoice['number']}, of which {due} is due"
        " on Invoiced. If the same payment is on Invoiced already, skip this one. Otherwise remove"
        " the payment that pays the invoice there by mistake, then retry this one"
    )


def is_as_wanted(copy: PaymentCopy, there: Record, zone: str) -> bool:
    """Whether Invoiced has what would be sent."""
    rows = sorted((kind, their_id, amount) for kind, _, their_id, amount in _rows(copy))
    found = sorted(
        (str(one["type"]), str(one.get("invoice")), money(one["amount"]))
        for one in there.get("applied_to") or ()
    )
    told = _told(copy, zone)
    return (
        rows == found
        and money(there["amount"]) == _cash(copy)
        and all((there.get(name) or None) == told[name] for name in told)
    )


def _rows(copy: PaymentCopy) -> list[tuple[str, str, str, Decimal]]:
    """What is applied: (type, TxnID of the invoice, its id there, amount); discounts besides."""
    cash = [("invoice", one.txn_id, one.their_id, one.amount) for one in copy.applied]
    discounts = [
        ("document_adjustment", one.txn_id, one.their_id, one.discount) for one in copy.applied
    ]
    return [row for row in (*cash, *discounts) if row[3] > ZERO]


def _cash(copy: PaymentCopy) -> Decimal:
    return sum((one.amount for one in copy.applied), ZERO)


def _told(copy: PaymentCopy, zone: str) -> Values:
    return {
        "date": day(copy.date, zone),
        "method": _METHODS.get(folded(copy.method), "other"),
        "reference": cut(copy.reference, LONGEST_NAME) or None,
        "notes": cut(copy.memo, LONGEST_TEXT) or None,
    }
