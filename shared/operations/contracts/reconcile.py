"""The JSON of ``reconcile``."""

from __future__ import annotations

from collections.abc import Sequence

from shared.operations.contracts.payments import PAYMENT
from shared.operations.contracts.shapes import Key, Shape
from shared.operations.reconcile import Reconciliation, Total
from shared.rules.ledger import OpenCredit
from shared.rules.payments.values import CustomerBalance, Payment, SetAside

CUSTOMER_BALANCE = Shape(
    CustomerBalance,
    "customer currency ours=balance quickbooks=seen open_invoices",
    "quickbooks_open_invoices=seen_invoices list_id",
)

TOTAL = Shape(Total, "currency ours quickbooks open_invoices=invoices")

SET_ASIDE = Shape(SetAside, "document reason quickbooks=seen")


def _standing(name: str, meaning: str) -> Key:
    return Key(
        name, meaning, Sequence[Payment], lambda found: found.having(name), PAYMENT, listed=False
    )


RECONCILIATION = Shape(
    Reconciliation,
    "differences customers",
    _standing("posted", "payments that were posted, with their TxnIDs"),
    _standing("waiting", "payments that post by themselves later"),
    _standing("unknown", "payments with an unknown outcome: the next sync settles them"),
    _standing("parked", "payments that somebody has to check in QuickBooks"),
    _standing("refused", "payments that were refused"),
    "totals last_invoice_sync last_payment_sync",
    _standing("ready", "payments that the next sync posts"),
    _standing("sent", "payments that are being posted"),
    _standing("not_eligible", "payments that are not eligible for posting"),
    _standing("skipped", "payments that an operator skipped"),
    "set_aside connection credits",
    customers=CUSTOMER_BALANCE,
    totals=TOTAL,
    set_aside=SET_ASIDE,
    credits=Shape(OpenCredit),
)
