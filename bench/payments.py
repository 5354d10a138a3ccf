"""Two Payment Syncs: one that posts payments, and one that reads those of QuickBooks."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.stage import Line, command, daemon, memory_mib, update, web_connector
from simulator.company import Company

POSTED = 200
READ_OF_INVOICES = 15_500
"""So many invoices make a company of a little over 10,000 payments."""


@dataclass(frozen=True)
class PaymentFigures:
    """What one Payment Sync came to."""

    what: str
    payments: int
    calls: int
    seconds: float
    peak_mib: float


def posting() -> PaymentFigures:
    """Post payments, each of an invoice of its own."""
    company = Company.create(seed=7, customers=300, invoices=POSTED, all_open=True)
    return _measured("posted", company, POSTED)


def reading() -> PaymentFigures:
    """Read all payments of a company for the first time, after its open invoices."""
    return _measured("read", Company.create(seed=7, customers=300, invoices=READ_OF_INVOICES), 0)


def _measured(what: str, company: Company, to_post: int) -> PaymentFigures:
    """An Invoice Sync, then the Payment Sync that is measured."""
    before = len(company.books.payments)
    with tempfile.TemporaryDirectory(prefix="deskbridge-bench-") as name:
        folder, line = Path(name), Line(None)
        with daemon(folder) as (process, environment):
            connector, rows = web_connector(environment, folder, company, line)
            update(connector, rows["invoice"], line)
            if to_post:
                command(environment, "payments", "import", "Big", str(_file(folder, company)))
            update(connector, rows["payment"], line)
            peak = memory_mib(process.pid, "VmHWM")
            command(environment, "reconcile", "Big")
            held = command(environment, "payments", "list", "Big")
    if len(company.books.payments) != before + to_post or len(held) != before + to_post:
        raise SystemExit(f"not every payment was {what}")
    return PaymentFigures(what, len(held), line.calls, line.seconds, peak)


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


def median_of(runs: Iterable[PaymentFigures]) -> PaymentFigures:
    """The run whose time is in the middle."""
    ordered = sorted(runs, key=lambda run: run.seconds)
    return ordered[len(ordered) // 2]


def as_table(results: Iterable[PaymentFigures]) -> str:
    """The figures of Payment Sync, for the page."""
    rows = "\n".join(
        f"| {r.payments:,} {r.what} | {r.seconds:.2f} s | {r.payments / r.seconds:,.0f} | {r.calls:,} "
        f"| {1000 * r.seconds / r.calls:.1f} ms | {r.peak_mib:.0f} MiB |"
        for r in results
    )
    return f"""| payments | time in the daemon | payments/s | calls | a call | memory peak |
|---|---|---|---|---|---|
{rows}

- *Posted*: each payment is looked at, written and answered before the next; its exact request is committed before it leaves.
- *Read*: the first Payment Sync of a company, after its Invoice Sync, with what each payment is applied to."""
