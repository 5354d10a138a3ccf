"""The JSON of payments and of their rules."""

from __future__ import annotations

from shared.operations.contracts.shapes import Shape
from shared.operations.payment_rules import Rules
from shared.rules.payments.values import (
    DepositRule,
    MethodRule,
    Payment,
    PaymentUse,
    Posting,
    PostingEvent,
    PostingUse,
)
from shared.rules.payments.views import PartDetail, PaymentDetail, PaymentLine

APPLIED = Shape(PaymentUse, "invoice_txn_id number amount document discount held")

OTHER_USE = Shape(
    PaymentUse,
    "kind document amount",
    document="the document as the payment names it",
    amount="what it gets",
)

PAYMENT = Shape(
    Payment,
    "id external_id source status reason amount currency date txn_id ref_number applied customer",
    "customer_list_id method reference gateway memo offline charge_state from_quickbooks refunded",
    "disputed unused code note changed_by deleted received_at changed_at other_applied fee",
    applied=APPLIED,
    other_applied=OTHER_USE,
)

PAYMENT_LINE = Shape(PaymentLine, "payment.* connection remedy", payment=PAYMENT)

PART_APPLIED = Shape(PostingUse, "invoice_txn_id number amount expected_balance=expected paid")

_POSTING = Shape(
    Posting,
    "part state amount currency customer customer_list_id ar_account_list_id txn_id ref_number",
    "external_guid generation method deposit_account unused code said attempts posted_at",
    "verified_at",
)

PART = Shape(
    PartDetail,
    "posting.* set_id last_sent_at applied=posting.uses posting.date posting.credited",
    posting=_POSTING,
    applied=PART_APPLIED,
)

EVENT = Shape(PostingEvent, "at event detail who set_id")

PAYMENT_DETAIL = Shape(
    PaymentDetail,
    "payment.* remedy parts events connection payment.allowances",
    payment=PAYMENT,
    parts=PART,
    events=EVENT,
)

DEPOSIT_RULE = Shape(DepositRule)

METHOD_RULE = Shape(MethodRule, "method quickbooks_method=name")

RULES = Shape(Rules, methods=METHOD_RULE)
