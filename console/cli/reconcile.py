"""``deskbridge reconcile``: both sides beside each other, differences first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from console.cli import output
from console.cli.desk import Desk, pass_desk
from console.cli.errors import Exit
from console.cli.json_option import json_option
from console.cli.params import chosen_connection, name_argument
from console.cli.payments import COLUMNS as PAYMENT_COLUMNS
from console.cli.payments import payment_row
from shared.operations.contracts.reconcile import RECONCILIATION, Difference, Reconciliation, Total
from shared.operations.describe.payments import name_of
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import count, grouped, iso_day, local_time

if TYPE_CHECKING:
    from datetime import datetime

    from shared.rules.payments.values import CustomerBalance, Payment, SetAside
    from shared.rules.values import Connection, Problem

PROBLEMS = frozenset(
    {
        *("payment-edited", "payment-deleted", "payment-balance-differs", "payment-posted-twice"),
        *("payment-lost", "payment-not-applied", "company-restored"),
    }
)
"""Codes of problems that mean: the two sides do not hold the same."""

UNREAD = frozenset({"invoice-unreadable", "record-refused"})
"""Codes of problems with invoices that were never read: nothing of them is held."""

AT_WORK = ("unknown", "parked", "sent", "ready", "waiting", "refused", "not_eligible", "skipped")
SKIPPED = "skipped"
BLOCK = 500


@click.command()
@name_argument
@json_option(RECONCILIATION)
@pass_desk
def reconcile(desk: Desk, name: str | None, as_json: bool) -> None:
    """Put the open invoices and payments of NAME beside what QuickBooks last showed.

    Differences come first; with any the exit code is 1, else 0. In JSON, payments have the keys
    of `payments list`. Nothing is asked of QuickBooks: run both syncs before, for what it shows
    today. NAME may be left out where there is exactly one connection.
    """
    with desk.store.reading(), output.progress("Reading both sides") as tell:
        tell(0)
        found = reconciled(chosen_connection(name))
    if as_json:
        output.say_json(RECONCILIATION.of(found))
    else:
        _say(found)
    if found.differences:
        output.flush()
        raise click.exceptions.Exit(int(Exit.FAILED))


def reconciled(connection: Connection) -> Reconciliation:
    """Put both sides of a connection beside each other; inside a unit of the store."""
    from shared.models import problems
    from shared.models.payments import listing, reconciling

    payments = list(listing.payments(connection.id))
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
            *_of_unread(connection.id, held),
        ],
        customers=customers,
        totals=_totals(customers),
        payments=payments,
        set_aside=set_aside,
        last_invoice_sync=_last_finished(connection.id, "invoice"),
        last_payment_sync=_last_finished(connection.id, "payment"),
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
                message=f"Ours: {count(one.open_invoices, 'open invoice')}; QuickBooks last "
                f"showed {one.seen_invoices:,} of them open.",
                currency=one.currency,
            )


def _of_payments(payments: Iterable[Payment]) -> Iterator[Difference]:
    from shared import hints

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


def _of_problems(
    problems: Iterable[Problem], payments: Mapping[str, Payment]
) -> Iterator[Difference]:
    for problem in problems:
        payment = payments.get(problem.object_id)
        if problem.code in PROBLEMS and not (payment and payment.status in ("unknown", "parked")):
            yield Difference(
                kind=problem.code,
                document=problem.document,
                ours=payment.amount if payment else None,
                quickbooks=None,
                remedy=problem.remedy,
                message=problem.message,
                currency=payment.currency if payment else "",
            )


def _of_invoices(set_aside: Iterable[SetAside]) -> Iterator[Difference]:
    from shared import hints

    for invoice in set_aside:
        if SKIPPED not in invoice.reason:
            told = hints.tell(invoice.reason)
            yield Difference(
                kind="invoice-set-aside",
                document=invoice.document,
                ours=None,
                quickbooks=invoice.seen,
                remedy=told.remedy,
                message=told.message,
            )


def _of_unread(connection_id: int, problems: Iterable[Problem]) -> Iterator[Difference]:
    from shared.models import ledger

    unread = [one for one in problems if one.kind == "invoice" and one.code in UNREAD]
    held = ledger.held(connection_id, [one.object_id for one in unread])
    for problem in unread:
        if problem.object_id not in held:
            yield Difference(
                kind=problem.code,
                document=problem.document,
                ours=None,
                quickbooks=None,
                remedy=problem.remedy,
                message=problem.message,
            )


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
    from shared.models import syncs

    before: int | None = None
    while block := syncs.list_syncs(connection_id, limit=BLOCK, before_id=before):
        for sync in block:
            if sync.state == "finished" and sync.application in (kind, "combined"):
                return sync.ended_at
        before = block[-1].id
    return None


def _say(found: Reconciliation) -> None:
    _say_differences(found)
    _say_at_work(found)
    _say_posted(found.having("posted"))
    _say_customers(found)
    _say_set_aside(found.set_aside)
    output.say()
    output.say_pairs(
        [
            ("Last Invoice Sync", local_time(found.last_invoice_sync, "none has finished yet")),
            ("Last Payment Sync", local_time(found.last_payment_sync, "none has finished yet")),
        ]
    )


DIFFERENCE_COLUMNS = (
    Column("What differs", least=20),
    Column("Ours", right=True),
    Column("QuickBooks", right=True),
    Column(""),
)


def _say_differences(found: Reconciliation) -> None:
    if found.differences:
        output.say(output.strong(f"{count(len(found.differences), 'difference')}"))
        output.say_table(DIFFERENCE_COLUMNS, [_difference_row(one) for one in found.differences])
    elif found.last_invoice_sync is None:
        output.say_wrapped("No Invoice Sync has finished yet, so nothing could be compared.")
    else:
        output.say_wrapped(f"No difference in {found.connection}.")


def _difference_row(one: Difference) -> Row:
    sides = (_side(one.ours), _side(one.quickbooks))
    below = [text for text in (one.message, one.remedy) if text]
    return Row((one.document, *sides, one.currency), below=below)


def _side(value: Decimal | None) -> str:
    return "not known" if value is None else grouped(value)


def _say_at_work(found: Reconciliation) -> None:
    for status in AT_WORK:
        payments = found.having(status)
        if payments:
            output.say()
            output.say(output.strong(f"{status.replace('_', ' ').capitalize()} payments"))
            output.say_table(PAYMENT_COLUMNS, [payment_row(payment) for payment in payments])


POSTED_COLUMNS = (
    Column("ID", right=True),
    Column("Posted payment", least=12),
    Column("TxnID", least=14),
    Column("Date", drop=1),
    Column("Amount", right=True),
    Column("", drop=2),
)


def _say_posted(posted: Sequence[Payment]) -> None:
    if posted:
        output.say()
        output.say_table(POSTED_COLUMNS, [_posted_row(payment) for payment in posted])


def _posted_row(payment: Payment) -> Row:
    named = (str(payment.id), name_of(payment), payment.txn_id)
    day = iso_day(payment.date) or ""
    return Row((*named, day, grouped(payment.amount), payment.currency))


CUSTOMER_COLUMNS = (
    Column("Customer", least=20),
    Column("Open", right=True, drop=1),
    Column("Ours", right=True),
    Column("QuickBooks", right=True),
    Column(""),
)


def _say_customers(found: Reconciliation) -> None:
    output.say()
    if not found.customers:
        output.say_wrapped("No imported invoice is open.")
        return
    rows = [
        Row(
            (
                one.customer,
                str(one.open_invoices),
                grouped(one.balance),
                grouped(one.seen),
                one.currency,
            )
        )
        for one in found.customers
    ]
    rows += [
        Row(("Total", str(one.invoices), grouped(one.ours), grouped(one.quickbooks), one.currency))
        for one in found.totals
    ]
    output.say_table(CUSTOMER_COLUMNS, rows)


def _say_set_aside(set_aside: Sequence[SetAside]) -> None:
    for invoice in set_aside:
        if SKIPPED in invoice.reason:
            output.say_wrapped(
                f"Not compared, since it is skipped: {invoice.document}, {grouped(invoice.seen)} "
                "in QuickBooks."
            )
