"""What ``reconcile`` finds, and its JSON."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from shared.operations.contracts.payments import PAYMENT
from shared.operations.contracts.shapes import Json, Key, Shape
from shared.operations.describe.text import amount, iso_instant

if TYPE_CHECKING:
    from shared.operations.reconcile import Difference, Reconciliation, Total
    from shared.rules.payments.values import CustomerBalance, Payment, SetAside


def _amount_or_none(value: Decimal | None) -> str | None:
    return None if value is None else amount(value)


DIFFERENCE: Shape[Difference] = Shape(
    Key(
        "kind",
        "`balance`, `payment-unknown`, `payment-parked`, `invoice-set-aside`, "
        "`invoice-paid-but-open` or the code of a problem",
        lambda d: d.kind,
    ),
    Key("document", "the customer, payment or invoice", lambda d: d.document),
    Key("ours", "amount on our side; null: not told", lambda d: _amount_or_none(d.ours)),
    Key(
        "quickbooks",
        "amount that QuickBooks last showed; null: not known",
        lambda d: _amount_or_none(d.quickbooks),
    ),
    Key("remedy", "what to do", lambda d: d.remedy),
    Key("message", "what it is", lambda d: d.message),
    Key("currency", "such as USD; may be empty", lambda d: d.currency),
)

CUSTOMER_BALANCE: Shape[CustomerBalance] = Shape(
    Key("customer", "the customer", lambda c: c.customer),
    Key("currency", "such as USD", lambda c: c.currency),
    Key("ours", "balance of its imported open invoices", lambda c: amount(c.balance)),
    Key("quickbooks", "what QuickBooks last showed of them", lambda c: amount(c.seen)),
    Key("open_invoices", "how many are open on our side", lambda c: c.open_invoices),
    Key("quickbooks_open_invoices", "and in QuickBooks", lambda c: c.seen_invoices),
    Key("list_id", "ListID of the customer", lambda c: c.list_id),
)

TOTAL: Shape[Total] = Shape(
    Key("currency", "such as USD", lambda t: t.currency),
    Key("ours", "balance of all imported open invoices", lambda t: amount(t.ours)),
    Key("quickbooks", "what QuickBooks last showed of them", lambda t: amount(t.quickbooks)),
    Key("open_invoices", "how many are open on our side", lambda t: t.invoices),
)

SET_ASIDE: Shape[SetAside] = Shape(
    Key("document", "the invoice", lambda s: s.document),
    Key("reason", "why it is not imported (a hint)", lambda s: s.reason),
    Key("quickbooks", "what QuickBooks last showed that it owes", lambda s: amount(s.seen)),
)


def _standing(name: str, told: str) -> Key[Reconciliation]:
    return Key(name, told, lambda r: _payments(r.having(name)))


def _payments(found: Iterable[Payment]) -> list[Json]:
    return [PAYMENT.of(payment) for payment in found]


RECONCILIATION: Shape[Reconciliation] = Shape(
    Key(
        "differences",
        "where the sides do not agree, or it is not known; exit code 1 when there are any",
        lambda r: [DIFFERENCE.of(one) for one in r.differences],
        DIFFERENCE,
    ),
    Key(
        "customers",
        "open invoices of each customer and currency, ours beside QuickBooks'",
        lambda r: [CUSTOMER_BALANCE.of(one) for one in r.customers],
        CUSTOMER_BALANCE,
    ),
    _standing("posted", "payments that were posted, with their TxnIDs"),
    _standing("waiting", "payments that go out by themselves later"),
    _standing("unknown", "payments that QuickBooks may have: settled by the next sync"),
    _standing("parked", "payments of which only a person can tell"),
    _standing("refused", "payments that were refused"),
    Key(
        "totals",
        "all open invoices, by currency",
        lambda r: [TOTAL.of(one) for one in r.totals],
        TOTAL,
    ),
    Key(
        "last_invoice_sync",
        "when the last Invoice Sync finished; null: none did",
        lambda r: iso_instant(r.last_invoice_sync),
    ),
    Key(
        "last_payment_sync",
        "when the last Payment Sync finished; null: none did",
        lambda r: iso_instant(r.last_payment_sync),
    ),
    _standing("ready", "payments that go out with the next sync"),
    _standing("sent", "payments whose request is out"),
    _standing("not_eligible", "payments that are never posted as they are"),
    _standing("skipped", "payments that an operator set aside"),
    Key(
        "set_aside",
        "open invoices in QuickBooks that are not compared",
        lambda r: [SET_ASIDE.of(one) for one in r.set_aside],
        SET_ASIDE,
    ),
    Key("connection", "the connection", lambda r: r.connection),
)
