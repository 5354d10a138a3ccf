"""Payments and what belongs to them, with defaults for the tests of their rules."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from shared.rules.payments.values import (
    ZERO,
    ChargeState,
    NamedInvoice,
    NewPayment,
    NewUse,
    Payment,
    PaymentSource,
    PaymentStatus,
    PaymentUse,
    Posting,
    PostingState,
    UseKind,
)
from shared.rules.values import InvoiceStatus

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def money(text: str) -> Decimal:
    return Decimal(text)


def a_new_payment(**changes: Any) -> NewPayment:
    values: dict[str, Any] = {
        "external_id": "pay_8Kd2",
        "date": date(2026, 3, 2),
        "amount": money("250.00"),
        "uses": (NewUse("1042", money("250.00")),),
    }
    return NewPayment(**{**values, **changes})


def a_use(document: str = "1042", amount: str = "250.00", **changes: Any) -> PaymentUse:
    values: dict[str, Any] = {
        "kind": UseKind.INVOICE,
        "document": document,
        "invoice_txn_id": "",
        "number": "",
        "amount": money(amount),
    }
    return PaymentUse(**{**values, **changes})


def a_credit(document: str = "CN-7", amount: str = "10.00") -> PaymentUse:
    return a_use(document, amount, kind=UseKind.CREDIT_NOTE)


def a_payment(*uses: PaymentUse, **changes: Any) -> Payment:
    values: dict[str, Any] = {
        "id": 1,
        "connection_id": 1,
        "source": PaymentSource.INVOICED,
        "external_id": "pay_8Kd2",
        "txn_id": "",
        "ref_number": "",
        "customer": "",
        "customer_list_id": "",
        "date": date(2026, 3, 2),
        "amount": money("250.00"),
        "currency": "",
        "method": "credit_card",
        "reference": "ch_9x",
        "gateway": "stripe",
        "memo": "",
        "charged": True,
        "charge_state": ChargeState.SUCCEEDED,
        "from_quickbooks": False,
        "refunded": ZERO,
        "disputed": False,
        "status": PaymentStatus.WAITING,
        "code": "",
        "reason": "",
        "note": "",
        "changed_by": "",
        "received_at": NOON,
        "changed_at": NOON,
        "unused": ZERO,
        "deleted": False,
        "uses": uses or (a_use(),),
    }
    return Payment(**{**values, **changes})


def an_invoice(txn_id: str = "1A-1", number: str = "1042", **changes: Any) -> NamedInvoice:
    values: dict[str, Any] = {
        "txn_id": txn_id,
        "number": number,
        "customer_list_id": "80-1",
        "customer": "Larkspur Tile",
        "ar_account_list_id": "AR-1",
        "currency": "USD",
        "balance": money("250.00"),
        "status": InvoiceStatus.OPEN,
        "left_out": "",
        "customer_names": frozenset({"larkspur tile"}),
    }
    return NamedInvoice(**{**values, **changes})


def a_posting(**changes: Any) -> Posting:
    values: dict[str, Any] = {
        "id": 5,
        "connection_id": 1,
        "payment_id": 1,
        "part": 1,
        "generation": 0,
        "customer_list_id": "80-1",
        "customer": "Larkspur Tile",
        "ar_account_list_id": "AR-1",
        "currency": "USD",
        "amount": money("250.00"),
        "ref_number": "pay_8Kd2-K7QJ2M4A",
        "external_guid": "{7F0F6D0E-5B6C-5F57-9D0A-3B0D7A4C5E21}",
        "state": PostingState.PLANNED,
        "code": "",
        "said": "",
        "attempts": 0,
        "txn_id": "",
        "edit_sequence": "",
        "time_created": "",
        "unused": ZERO,
        "method": "",
        "deposit_account": "",
        "posted_at": None,
        "verified_at": None,
    }
    return Posting(**{**values, **changes})
