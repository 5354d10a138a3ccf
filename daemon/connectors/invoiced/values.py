"""Single values as Invoiced wants them, and compared with what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

SYSTEM = "quickbooks_desktop"
"""How Invoiced calls the accounting system that our ids are of."""
OUR_ID = "quickbooks_id"
"""The metadata key under which a record of Invoiced names its ListID or TxnID."""
LONGEST_NAME, LONGEST_NUMBER, LONGEST_TEXT = 255, 32, 5000
_MORNING, _EVENING = time(6), time(18)

Values = dict[str, Any]
QUICKBOOKS_METHODS = {
    "ach": "ACH",
    "check": "Check",
    "cash": "Cash",
    "credit_card": "Credit Card",
    "direct_debit": "Direct Debit",
    "echeck": "E-Check",
    "eft": "EFT",
    "paypal": "PayPal",
    "wire_transfer": "Wire Transfer",
}
"""The words that QuickBooks knows for Invoiced's methods; any other one is capitalized."""


def linked(our_id: str) -> Values:
    """What ties a record of Invoiced to ours: on its accounting page, and where we find it."""
    return {"accounting_system": SYSTEM, "accounting_id": our_id, "metadata": {OUR_ID: our_id}}


def tied(our_id: str, there: Mapping[str, Any]) -> Values:
    """As ``linked``, for a record that is there: an ordinary call replaces all of its metadata,
    and custom fields are in it."""
    return {**linked(our_id), "metadata": {**(there.get("metadata") or {}), OUR_ID: our_id}}


def our_id_of(record: Mapping[str, Any]) -> str:
    """The ListID or TxnID that a record of Invoiced names; empty: none."""
    metadata = record.get("metadata")
    return str(metadata.get(OUR_ID) or "") if isinstance(metadata, Mapping) else ""


def linked_otherwise(there: Mapping[str, Any], named: str) -> str:
    """That a record of Invoiced is another one of some books, and what to do."""
    return (
        f"Record {there['id']} of Invoiced is linked with {named} of QuickBooks. Map this one to"
        " another record (deskbridge invoiced map), then retry it."
    )


def still_linked(kind: str, other: Mapping[str, Any], our_id: str) -> str:
    """That another record of Invoiced is ours, and what to do."""
    way = "Merge the two customers" if kind == "customers" else f"{unpay(other)}Delete that one"
    return (
        f"Record {other['id']} of Invoiced is linked with {our_id} of QuickBooks already."
        f" {way} there, then retry this one."
    )


def unpay(there: Mapping[str, Any]) -> str:
    """What to do before an invoice that is paid there can be voided or deleted; empty: nothing.

    Voiding a payment would say that its money was not received.
    """
    is_pending = there.get("status") == "pending"
    if not is_pending and money(there.get("balance")) == money(there.get("total")):
        return ""
    return (
        "Edit each payment that pays it there, even one of 0, so that it no longer pays this"
        " invoice. Do not void a payment whose money was received. "
    )


def quickbooks_method(method: str) -> str:
    """What QuickBooks calls a payment method of Invoiced."""
    return QUICKBOOKS_METHODS.get(method, method.replace("_", " ").title())


def day(value: date, zone: str) -> int:
    """A day as Invoiced keeps it: 6 in the morning there, so that no time zone moves it."""
    return _seconds(value, _MORNING, zone)


def due_day(value: date, zone: str) -> int:
    """The day until which something is due, as Invoiced keeps it: 6 in the evening."""
    return _seconds(value, _EVENING, zone)


def _seconds(value: date, at: time, zone: str) -> int:
    return int(datetime.combine(value, at, ZoneInfo(zone)).timestamp())


def day_of(seconds: Any, zone: str) -> date | None:
    """The day that Invoiced means; None where it names none."""
    return datetime.fromtimestamp(int(seconds), ZoneInfo(zone)).date() if seconds else None


def cut(text: str, longest: int) -> str:
    """The text as far as Invoiced takes it, which keeps no blanks around it."""
    text = text.strip()
    return text if len(text) <= longest else text[: longest - 1] + "…"


def money(value: Any) -> Decimal:
    """An amount that Invoiced shows; none is zero."""
    return Decimal(str(value or 0)).quantize(Decimal("0.01"))


def as_number(value: Decimal) -> int | float:
    """A number for JSON. A float has 15 digits, more than any amount, and prints as it was read."""
    return int(value) if value == value.to_integral_value() else float(value)
