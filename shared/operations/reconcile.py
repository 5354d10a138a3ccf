"""Our open invoices and payments beside what QuickBooks last showed: where the two differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from shared import hints
from shared.models import problems, syncs
from shared.models.ledger import incoming_invoices
from shared.models.payments import holds, payment_pages, reconciling
from shared.models.store import Store
from shared.operations import credit_memos, which
from shared.operations.describe.text import count
from shared.operations.which import Which
from shared.rules.ledger import OpenCredit
from shared.rules.payments.values import CustomerBalance, PaidButOpen, Payment, SetAside
from shared.rules.values import Connection, Problem
from shared.structs import Value

PROBLEMS = frozenset(
    {
        *("payment-edited", "payment-deleted", "payment-balance-differs", "payment-posted-twice"),
        *("payment-lost", "payment-not-applied", "company-restored", "company-copy-unknown"),
    }
)
"""Codes of problems that mean: the two sides do not hold the same."""

UNREAD = frozenset({"invoice-unreadable", "record-refused"})
"""Codes of problems with invoices that were never read: nothing of them is held."""

BLOCK = 500


class Difference(Value):
    """Something in which the two sides do not agree, or of which it is not known.

    ``ours`` and ``quickbooks`` are amounts; None where one of them is not known.
    """

    kind: Annotated[
        str,
        "`balance`, `payment-unknown`, `payment-parked`, `invoice-set-aside`, "
        "`invoice-paid-but-open` or the code of a problem",
    ]
    document: Annotated[str, "the customer, payment or invoice"]
    ours: Annotated[Decimal | None, "amount in Deskbridge; null: none"]
    quickbooks: Annotated[Decimal | None, "amount that QuickBooks last showed; null: not known"]
    remedy: Annotated[str, "what to do"]
    message: Annotated[str, "what it is"] = ""
    currency: Annotated[str, "such as USD; may be empty"] = ""


class Total(Value):
    """All imported open invoices of one currency, ours beside what QuickBooks last showed."""

    currency: Annotated[str, "such as USD"]
    ours: Annotated[Decimal, "balance of all imported open invoices"]
    quickbooks: Annotated[Decimal, "what QuickBooks last showed of them"]
    invoices: Annotated[int, "number of open invoices in Deskbridge"]


class Reconciliation(Value):
    """Both sides of a connection, side by side; ``payments`` are all that are not deleted."""

    connection: Annotated[str, "the connection"]
    differences: Annotated[
        Sequence[Difference],
        "where the sides differ, or it is not known whether they do; exit code 1 if there are any",
    ]
    customers: Annotated[
        Sequence[CustomerBalance],
        "open invoices of each customer and currency, here and in QuickBooks",
    ]
    totals: Annotated[Sequence[Total], "all open invoices, by currency"]
    payments: Sequence[Payment]
    set_aside: Annotated[Sequence[SetAside], "open invoices in QuickBooks that are not compared"]
    last_invoice_sync: Annotated[
        datetime | None, "when the last Invoice Sync finished; null: none did"
    ]
    last_payment_sync: Annotated[
        datetime | None, "when the last Payment Sync finished; null: none did"
    ]
    credits: Annotated[
        Sequence[OpenCredit], "open credit memos of each customer and currency, where they are read"
    ]

    def having(self, *statuses: str) -> list[Payment]:
        """The payments that stand so."""
        return [payment for payment in self.payments if payment.status in statuses]


def view(_store: Store, connection: Which) -> list[Reconciliation]:
    """Both sides of one connection, or of all, beside each other. Raises NotFound."""
    return [_reconciled(held) for held in which.every(connection)]


def _reconciled(connection: Connection) -> Reconciliation:
    payments = holds.told(connection.id, payment_pages.each(connection.id))
    customers = reconciling.by_customer(connection.id, connection.jobs)
    set_aside = reconciling.set_aside(connection.id)
    held = problems.list_problems(connection.id)
    return Reconciliation(
        connection=connection.name,
        differences=[
            *_of_balances(customers),
            *_of_payments(payments),
            *_of_problems(held, {str(payment.id): payment for payment in payments}),
            *_of_invoices(set_aside),
            *_of_posted(reconciling.paid_but_open(connection.id)),
            *_of_unread(connection.id, held),
        ],
        customers=customers,
        totals=_totals(customers),
        payments=payments,
        set_aside=set_aside,
        last_invoice_sync=_last_finished(connection.id, "invoice"),
        last_payment_sync=_last_finished(connection.id, "payment"),
        credits=credit_memos.by_customer(connection.id),
    )


def _of_balances(customers: Iterable[CustomerBalance]) -> Iterator[Difference]:
    for one in customers:
        if (one.balance, one.open_invoices) != (one.seen, one.seen_invoices):
            yield Difference(
                kind="balance",
                document=one.customer,
                ours=one.balance,
                quickbooks=one.seen,
                remedy="Run Invoice Sync, then reconcile again.",
                message=f"Here: {count(one.open_invoices, 'open invoice')}; QuickBooks last "
                f"showed {one.seen_invoices:,} of them open.",
                currency=one.currency,
            )


def _of_payments(payments: Iterable[Payment]) -> Iterator[Difference]:
    for payment in payments:
        if payment.status in ("unknown", "parked"):
            yield Difference(
                kind=f"payment-{payment.status}",
                document=payment.document,
                ours=payment.amount,
                quickbooks=None,
                remedy=hints.tell(payment.code).remedy,
                message=payment.reason,
                currency=payment.currency,
            )


def _of_problems(found: Iterable[Problem], payments: Mapping[str, Payment]) -> Iterator[Difference]:
    for problem in found:
        payment = payments.get(problem.object_id)
        if problem.code in PROBLEMS and not (payment and payment.status in ("unknown", "parked")):
            yield _of_problem(problem, payment)


def _of_problem(problem: Problem, payment: Payment | None = None) -> Difference:
    return Difference(
        kind=problem.code,
        document=problem.document,
        ours=payment.amount if payment else None,
        quickbooks=problem.found,
        remedy=problem.remedy,
        message=problem.message,
        currency=payment.currency if payment else "",
    )


def _of_invoices(set_aside: Iterable[SetAside]) -> Iterator[Difference]:
    for invoice in set_aside:
        if not invoice.is_skipped:
            told = hints.tell(invoice.reason)
            yield Difference(
                kind="invoice-set-aside",
                document=invoice.document,
                ours=None,
                quickbooks=invoice.seen,
                remedy=told.remedy,
                message=told.message,
            )


def _of_posted(contradicted: Iterable[PaidButOpen]) -> Iterator[Difference]:
    """Invoices that owe more than our own posted payments leave of them."""
    for one in contradicted:
        yield Difference(
            kind="invoice-paid-but-open",
            document=one.document,
            ours=one.expected,
            quickbooks=one.balance,
            remedy="Make sure that QuickBooks has the current company file open, not a copy, "
            "and that the payment is still there. Run both syncs, then reconcile "
            "again.",
            message=f"Payments of {one.paid:,.2f} were posted for it, so its balance should "
            f"be {one.expected:,.2f} at most.",
            currency=one.currency,
        )


def _of_unread(connection_id: int, found: Iterable[Problem]) -> Iterator[Difference]:
    unread = [one for one in found if one.kind == "invoice" and one.code in UNREAD]
    held = incoming_invoices.held(connection_id, [one.object_id for one in unread])
    yield from (_of_problem(one) for one in unread if one.object_id not in held)


def _totals(customers: Iterable[CustomerBalance]) -> list[Total]:
    sums: dict[str, Total] = {}
    for one in customers:
        so_far = sums.get(one.currency, Total(one.currency, Decimal("0.00"), Decimal("0.00"), 0))
        sums[one.currency] = Total(
            one.currency,
            so_far.ours + one.balance,
            so_far.quickbooks + one.seen,
            so_far.invoices + one.open_invoices,
        )
    return [sums[currency] for currency in sorted(sums)]


def _last_finished(connection_id: int, kind: str) -> datetime | None:
    """When the last sync of that kind, or of both in one, came to its end."""
    before: int | None = None
    while block := syncs.list_syncs(connection_id, limit=BLOCK, before_id=before):
        for sync in block:
            if sync.state == "finished" and sync.application in (kind, "combined"):
                return sync.ended_at
        before = block[-1].id
    return None
