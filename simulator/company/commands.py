"""``deskbridge company``: make a simulated QuickBooks company, look into it, ask it, check it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import click

from shared.structs import replace
from simulator.company.act_commands import act
from simulator.company.audit import Audit
from simulator.company.books import Books, money
from simulator.company.clock import ZONES
from simulator.company.company import TODAY, Company, make_profile
from simulator.company.errors import QuickBooksError
from simulator.company.product import CURRENCIES, Edition, Product
from simulator.company.records import Customer, Document, Invoice
from simulator.company.rehearsal_commands import REHEARSALS
from simulator.company.screen import speaking
from simulator.screen import AS_JSON, DAY, MOST_PROBLEMS_SHOWN, STATE, Failure, option, show


@click.group()
def company() -> None:
    """A simulated QuickBooks company file, kept in one STATE file.

    Create one from a seed, do bookkeeping in it, rehearse faults, and audit it. Exit codes: 0 done,
    1 failed, 2 wrong usage, 3 not found.
    """


for command in (act, *REHEARSALS):
    company.add_command(command)


@company.command()
@STATE
@option("--seed", type=int, default=7, help="Same seed, same company.")
@option("--customers", type=click.IntRange(0), default=300, help="Customers and jobs together.")
@option(
    "--invoices", type=click.IntRange(0), default=2000, help="Invoices; about a third are open."
)
@option(
    "--edition",
    type=click.Choice([one.value for one in Edition]),
    default="us",
    help="Country: taxes, home currency, qbXML versions.",
)
@click.option(
    "--currency",
    "currencies",
    type=click.Choice(list(CURRENCIES)),
    multiple=True,
    help="A foreign currency; repeat for more. Default: the usual two of the country.",
)
@click.option("--single-currency", is_flag=True, help="Turn off multicurrency.")
@option("--name", default="Harbor & Vale Supply", help="Company name.")
@click.option(
    "--lines",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="For measurements: exactly N plain lines per invoice, 5 make about 4.7 KB.",
)
@click.option(
    "--all-open",
    is_flag=True,
    help="For measurements: every invoice open, posted, numbered, of active customers.",
)
@option("--today", type=DAY, default=TODAY, help="The last date of its history.")
@click.option(
    "--zone", type=click.Choice(list(ZONES)), help="Time zone of the PC. Default: by country."
)
@click.option(
    "--true-offsets",
    is_flag=True,
    help="Use true time offsets. QuickBooks usually uses the one of winter all year.",
)
@click.option(
    "--payments-leave-invoices",
    is_flag=True,
    help="A payment does not change TimeModified of the invoice that it pays.",
)
@click.option("--closing-date", type=DAY, help="The closing date.")
@click.option("--sample", is_flag=True, help="Mark it as a sample company.")
@click.option("--year", type=click.IntRange(2002, 2040), help="Year of the QuickBooks product.")
@option(
    "--tier",
    type=click.Choice(["pro", "premier", "enterprise"]),
    default="enterprise",
    help="Which QuickBooks.",
)
@click.option("--force", is_flag=True, help="Replace an existing STATE.")
@AS_JSON
@speaking
def new(
    state: Path,
    *,
    edition: str,
    currencies: tuple[str, ...],
    single_currency: bool,
    name: str,
    zone: str | None,
    true_offsets: bool,
    payments_leave_invoices: bool,
    closing_date: str | None,
    sample: bool,
    year: int | None,
    tier: str,
    force: bool,
    as_json: bool,
    **story: Any,
) -> None:
    """Create a company in STATE."""
    if state.exists() and not force:
        raise Failure(f"{state} already exists. --force replaces it.")
    foreign = () if single_currency else currencies or None
    profile = make_profile(edition, foreign, name, zone or "")
    product = profile.product
    profile = replace(
        profile,
        product=Product(product.edition, year or product.year, tier),
        offsets="true" if true_offsets else "winter",
        closing_date=closing_date or "",
        is_sample=sample,
        payments_touch_invoices=not payments_leave_invoices,
    )
    made = Company.create(profile=profile, **story)
    made.save(state)
    summary = _summary(made)
    show(summary, f"Created {state}.\n{_lines(summary)}", as_json=as_json)


@company.command()
@STATE
@AS_JSON
@speaking
def audit(state: Path, *, as_json: bool) -> None:
    """Check that balances, applications and customer totals add up; exits with 1 if not.

    The JSON holds "ok", "problems", "invoices" (open ones with balances by currency), and
    "importable": the invoices that an Invoice Sync must hold, which are open, posted, and of active
    customers under active parents, each with customer and top customer. "payments" are all payments
    with what they are applied to.
    """
    found = Company.load(state).audit()
    show(found.as_json(), _audit_text(found), as_json=as_json)
    if not found.ok:
        raise click.exceptions.Exit(Failure.exit_code)


@company.command("show")
@STATE
@click.argument(
    "kind",
    type=click.Choice(["summary", "customers", "invoices", "payments", "credits"]),
    default="summary",
)
@click.option("--open", "only_open", is_flag=True, help="Only what is open, unused or active.")
@AS_JSON
@speaking
def show_books(state: Path, kind: str, *, only_open: bool, as_json: bool) -> None:
    """Show what is in the books: a summary, or one KIND of records, tab separated."""
    shown = Company.load(state)
    if kind == "summary":
        summary = _summary(shown)
        show(summary, _lines(summary), as_json=as_json)
        return
    rows = [row for row, is_open in _rows(shown.books, kind) if is_open or not only_open]
    text = "\n".join("\t".join(str(value) for value in row.values()) for row in rows)
    show(rows, text or f"There are no {kind} to show.", as_json=as_json)


@company.command()
@STATE
@click.argument("request", type=click.File("rb"), default="-")
@click.option("--application", default="company ask", help="Name of the asking application.")
@speaking
def ask(state: Path, request: BinaryIO, *, application: str) -> None:
    """Answer a qbXML REQUEST file (or standard input) as QuickBooks would.

    A refused message set says why on standard error, which QuickBooks never does.
    """
    document = request.read()
    try:
        answer = Company.load(state).connect(application).process(document)
    except QuickBooksError as refused:
        raise Failure(refused.explained) from refused
    click.echo(answer, nl=False)


def _summary(shown: Company) -> dict[str, object]:
    books, found = shown.books, shown.audit()
    profile = books.profile
    return {
        "company": profile.name,
        "product": profile.product.product_name,
        "edition": profile.edition.value,
        "file": profile.file_path,
        "situation": books.situation,
        "now": books.stamp(books.now),
        "currencies": ", ".join(profile.currencies),
        "customers": found.counts["customers"],
        "jobs": found.counts["jobs"],
        "invoices": found.counts["total"],
        "open": found.open_invoices,
        "importable": len(found.importable),
        "payments": found.counts["payments"],
        "credit_memos": found.counts["credits"],
    }


def _lines(summary: Mapping[str, object]) -> str:
    return "\n".join(f"{name.replace('_', ' '):<13} {value}" for name, value in summary.items())


def _audit_text(found: Audit) -> str:
    said = found.as_json()
    lines = [
        f"open invoices  {found.open_invoices}: {_balances(said['invoices'])}",
        f"importable     {len(found.importable)}: {_balances(said['importable'])}",
        *found.problems[:MOST_PROBLEMS_SHOWN],
    ]
    more = len(found.problems) - MOST_PROBLEMS_SHOWN
    if more > 0:
        lines.append(f"… and {more} more problems; --json lists all.")
    lines.append("Everything adds up." if found.ok else "The books do not add up.")
    return "\n".join(lines)


def _balances(invoices: Mapping[str, Mapping[str, str]]) -> str:
    return ", ".join(f"{code} {sum_}" for code, sum_ in invoices["balance"].items()) or "nothing"


Row = dict[str, str | bool]


def _customer(books: Books, one: Customer) -> Row:
    return {
        "list_id": one.list_id,
        "full_name": books.full_name(one.list_id),
        "active": one.active,
        "balance": money(one.balance),
        "currency": one.currency,
    }


def _document(books: Books, one: Document, left: str) -> Row:
    return {
        "txn_id": one.txn_id,
        "number": one.number,
        "date": one.date,
        "customer": books.full_name(one.customer),
        "total": money(one.total),
        left: money(one.balance),
        "currency": one.currency,
    }


def _status(one: Invoice) -> str:
    return "void" if one.voided else "pending" if one.pending else "paid" if one.is_paid else "open"


def _rows(books: Books, kind: str) -> Iterable[tuple[Row, bool]]:
    """What is shown of all records of a kind, and whether each is open, unused or active."""
    if kind == "customers":
        for customer in books.customers_in_order():
            yield _customer(books, customer), customer.active
    elif kind == "invoices":
        for invoice in books.invoices.values():
            row = _document(books, invoice, "balance")
            yield {**row, "status": _status(invoice)}, not invoice.is_paid
    else:
        found, left = (
            (books.payments, "unused") if kind == "payments" else (books.credits, "remaining")
        )
        for one in found.values():
            row = _document(books, one, left)
            applied_to = " ".join(use.txn_id for use in one.applied)
            yield {**row, "applied_to": applied_to}, bool(one.balance)
