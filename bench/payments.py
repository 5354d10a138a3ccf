"""Two Payment Syncs: one that posts payments, and one that reads those of QuickBooks."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from bench.page import Part, at_most, middle
from bench.stage import (
    Line,
    command,
    cpu_seconds,
    daemon,
    memory_mib,
    scratch,
    update,
    web_connector,
)
from shared.structs import Value
from simulator.company import Company, acts

POSTED = 200
DELETED = 2_000
READ_OF_INVOICES = 15_500
"""So many invoices make a company of a little over 10,000 payments."""
MANY_READ_OF_INVOICES = 157_000
"""Likewise 100,000."""


class PaymentFigures(Value):
    """What one Payment Sync came to."""

    what: str
    payments: int
    calls: int
    seconds: float
    cpu_seconds: float
    peak_mib: float

    @property
    def cpu_ms(self) -> float:
        """The daemon's CPU a payment, in milliseconds."""
        return 1000 * self.cpu_seconds / self.payments


def posting() -> PaymentFigures:
    """Post payments, each of an invoice of its own."""
    company = Company.create(seed=7, customers=300, invoices=POSTED, all_open=True)
    return _measured("posted", company, POSTED)


def posting_beside_deleted() -> PaymentFigures:
    """The same in a company in which many payments were deleted lately."""
    company = Company.create(seed=7, customers=300, invoices=POSTED, all_open=True)
    customer = next(iter(company.books.customers_in_order())).list_id
    for _ in range(DELETED):
        acts.delete(company.books, acts.receive(company.books, customer, 100).object_id)
    return _measured(f"posted, {DELETED:,} deleted", company, POSTED)


def reading(invoices: int = READ_OF_INVOICES) -> PaymentFigures:
    """Read all payments of a company for the first time, after its open invoices."""
    return _measured("read", Company.create(seed=7, customers=300, invoices=invoices), 0)


def small_part(runs: int) -> Part:
    """Posting, also where many payments were deleted, and a first Payment Sync of 10,000."""
    measures = (posting, posting_beside_deleted, reading)
    posted, beside, read = (
        middle((measure() for _ in range(runs)), lambda run: run.cpu_seconds)
        for measure in measures
    )
    goals = [
        at_most("posting, CPU a payment", posted.cpu_ms, 5, " ms"),
        at_most(f"the same with {DELETED:,} deleted in the company", beside.cpu_ms, 5, " ms"),
        at_most(f"calls a payment at {POSTED}", posted.calls / POSTED, 2.5),
    ]
    return Part("posting and reading payments", goals, as_table([posted, beside, read]))


def large_part(_runs: int) -> Part:
    """A first Payment Sync of 100,000, once."""
    read = reading(MANY_READ_OF_INVOICES)
    goal = at_most("first Payment Sync of 100,000 payments, peak memory", read.peak_mib, 90, " MiB")
    return Part("the first Payment Sync of 100,000 payments", [goal], as_table([read]))


def _measured(what: str, company: Company, to_post: int) -> PaymentFigures:
    """An Invoice Sync, then the Payment Sync that is measured."""
    before = len(company.books.payments)
    with scratch() as folder:
        line = Line()
        with daemon(folder) as (process, environment):
            connector, rows = web_connector(environment, folder, company, line)
            update(connector, rows["invoice"], line)
            if to_post:
                command(environment, "payments", "import", "Big", str(_file(folder, company)))
            before_it = cpu_seconds(process.pid)
            update(connector, rows["payment"], line)
            cpu = cpu_seconds(process.pid) - before_it
            peak = memory_mib(process.pid, "VmHWM")
            command(environment, "reconcile", "Big")
            held = command(environment, "payments", "list", "Big")
    if len(company.books.payments) != before + to_post or len(held) != before + to_post:
        raise SystemExit(f"not every payment was {what}")
    return PaymentFigures(what, len(held), line.calls, line.seconds, cpu, peak)


def _file(folder: Path, company: Company) -> Path:
    """Payments of the billing platform, one for each open invoice."""
    path = folder / "payments.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("external_id", "amount", "invoice", "method", "gateway"))
        for invoice in company.audit().as_json()["importable"]["invoices"]:
            txn_id = invoice["txn_id"]
            writer.writerow((f"pay-{txn_id}", invoice["balance"], txn_id, "credit_card", "stripe"))
    return path


def as_table(results: Iterable[PaymentFigures]) -> str:
    """The figures of Payment Sync, for the page."""
    rows = "\n".join(
        f"| {r.payments:,} {r.what} | {r.seconds:.2f} s | {r.payments / r.seconds:,.0f} | {r.calls:,} "
        f"| {1000 * r.seconds / r.calls:.1f} ms "
        f"| {r.cpu_ms:.1f} ms | {r.peak_mib:.0f} MiB |"
        for r in results
    )
    return f"""| payments | time in the daemon | payments/s | calls | a call | CPU a payment | memory peak |
|---|---|---|---|---|---|---|
{rows}

- *Posted*: each payment is looked at, written and answered before the next; its exact request is committed before it leaves.
- *Read*: the first Payment Sync of a company, after its Invoice Sync, with what each payment is applied to."""
