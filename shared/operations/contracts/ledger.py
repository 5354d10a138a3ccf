"""The JSON of customers and invoices."""

from __future__ import annotations

from shared.operations.contracts.payments import PAYMENT_LINE
from shared.operations.contracts.shapes import Elsewhere, Key, Shape
from shared.rules.ledger import (
    CreditMemo,
    CreditUse,
    CustomerDetail,
    CustomerSides,
    ExportedInvoice,
    InvoiceDetail,
    InvoiceSides,
    LeftOut,
    Listed,
    Owing,
    Resolved,
)
from shared.rules.payments.values import CustomerMapping, PaymentStatus

_CUSTOMER = "list_id name full_name parent_list_id active account_number connection state"

CUSTOMER = Shape(CustomerSides, _CUSTOMER)

CUSTOMER_MAPPING = Shape(CustomerMapping, "name list_id customer mapped_by=who mapped_at=at")

LISTED_MAPPING: Shape[Listed[CustomerMapping]] = Shape(
    Listed, "row.* connection", row=CUSTOMER_MAPPING
)


def _standing(status: PaymentStatus, meaning: str) -> Key:
    return Key(status.value, meaning, int, lambda resolved: resolved.payments.get(status, 0))


RESOLVED_NAME = Shape(
    Resolved,
    "mapping.*",
    _standing(PaymentStatus.READY, "number of payments with that name that can be posted now"),
    _standing(PaymentStatus.WAITING, "number of payments that wait for something else"),
    _standing(PaymentStatus.REFUSED, "number of payments that still need attention"),
    mapping=CUSTOMER_MAPPING,
)

_INVOICE = (
    "txn_id number customer customer_list_id date due_date total balance currency status left_out"
)

INVOICE = Shape(InvoiceSides, _INVOICE)

LISTED_INVOICE = Shape(InvoiceSides, _INVOICE, "connection")

EXPORTED_INVOICE = Shape(
    ExportedInvoice,
    "sides.* job=sides.named subtotal tax applied terms po_number memo email phone",
    sides=LISTED_INVOICE,
)

INVOICE_DETAIL = Shape(
    InvoiceDetail,
    "sides.* sides.connection quickbooks_balance=sides.seen job=sides.named lines=invoice.lines",
    "payments problem=problem_code",
    sides=INVOICE,
    lines="its lines",
    payments=Elsewhere(PAYMENT_LINE),
)

CREDIT_MEMO = Shape(
    CreditMemo,
    "txn_id number customer customer_list_id date total remaining currency applied_to=uses",
    uses=Shape(CreditUse),
)

LISTED_CREDIT_MEMO: Shape[Listed[CreditMemo]] = Shape(Listed, "row.* connection", row=CREDIT_MEMO)

OWING = Shape(Owing, "currency open_invoices=open balance quickbooks=seen")

OWING_CUSTOMER = Shape(CustomerSides, _CUSTOMER, "owing", owing=OWING)

CUSTOMER_LEFT_OUT = Shape(LeftOut, "reason open_invoices=count currency quickbooks=seen")

CUSTOMER_DETAIL = Shape(
    CustomerDetail,
    "sides.list_id sides.full_name sides.connection sides.active sides.account_number",
    "sides.owing sides.left_out",
    "also_called formerly invoices=all_invoices",
    owing=OWING,
    left_out=CUSTOMER_LEFT_OUT,
    invoices=INVOICE,
)
