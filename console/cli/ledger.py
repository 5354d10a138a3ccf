"""``deskbridge customers``, ``invoices`` and ``credits``: what was imported."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import decide
from console.cli.json_option import json_option
from console.cli.params import FROM_STANDARD_INPUT, name_argument
from shared.files import write_private
from shared.operations.contracts.ledger import (
    CUSTOMER_DETAIL,
    INVOICE_DETAIL,
    LISTED_CREDIT_MEMO,
    LISTED_CUSTOMER,
    LISTED_INVOICE,
    LISTED_MAPPING,
    RESOLVED_NAME,
)
from shared.operations.describe import customers as customer_words
from shared.operations.describe import invoices as invoice_words
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import (
    count,
    for_spreadsheet,
    grouped,
    iso_day,
    local_time,
    plain,
)
from shared.rules.ledger import CreditMemo, CustomerDetail, InvoiceDetail, InvoiceSides
from shared.rules.payments.values import CustomerMapping
from shared.rules.values import CustomerRow

if TYPE_CHECKING:
    from shared.operations.customers import Matched

CONNECTION = Column("Connection", least=10)
MOST_INVOICES = 200
STATUSES = ("open", "paid", "void", "deleted")


@click.group()
def customers() -> None:
    """Customers that imported invoices are billed to."""


@customers.command("list")
@name_argument
@click.option(
    "--all",
    "with_settled",
    is_flag=True,
    help="Also those whose imported invoices are all paid, void or deleted.",
)
@json_option(LISTED_CUSTOMER, many=True)
@pass_command_context
def list_customers(
    context: CommandContext, name: str | None, with_settled: bool, as_json: bool
) -> None:
    """List the customers of NAME, or of all connections: those that open invoices bill."""
    from shared.operations import customers as operations

    with context.store.reading():
        found = operations.view_list(context.store, name, with_settled=with_settled)
    if as_json:
        output.say_json_lines(output.json_text(LISTED_CUSTOMER.of(row)) for row in found)
    elif found:
        _say_listed(CUSTOMER_COLUMNS, [(one.connection, _customer_row(one.row)) for one in found])
        output.say()
        output.say_wrapped(count(len(found), "customer"))
    else:
        output.say_wrapped(
            "No customer yet: they come with the invoices that bill them. Next: run Invoice "
            "Sync in the Web Connector."
        )


def _say_listed(columns: Sequence[Column], rows: Sequence[tuple[str, Row]]) -> None:
    """A table of rows, with a column for their connections where those are several."""
    if len({connection for connection, _ in rows}) > 1:
        columns = (*columns, CONNECTION)
        rows = [(connection, Row((*row.cells, connection))) for connection, row in rows]
    output.say_table(columns, [row for _, row in rows])


CUSTOMER_COLUMNS = (
    Column("Customer", least=20),
    Column("Active"),
    Column("ListID", drop=1),
)


def _customer_row(customer: CustomerRow) -> Row:
    return Row((customer.full_name, "yes" if customer.active else "no", customer.list_id))


@customers.command("show")
@click.argument("name")
@click.argument("customer")
@json_option(CUSTOMER_DETAIL)
@pass_command_context
def show_customer(context: CommandContext, name: str, customer: str, as_json: bool) -> None:
    """Show one CUSTOMER of NAME: what it owes on both sides, its names, its open invoices.

    CUSTOMER is its full name or its ListID in QuickBooks.
    """
    from shared.operations import customers as operations

    with context.store.reading():
        detail = operations.view_called(context.store, name, customer, MOST_INVOICES)
    if as_json:
        output.say_json(CUSTOMER_DETAIL.of(detail))
        return
    output.say_sections(customer_words.sections(detail))
    _say_invoices_of(detail)


def _say_invoices_of(detail: CustomerDetail) -> None:
    for title, found in (("Open invoices", detail.invoices), ("Left out", detail.left_out)):
        if found:
            output.say()
            output.say(output.strong(title))
            output.say_table(DETAIL_COLUMNS, [_detail_row(one) for one in found])
    if detail.more:
        output.say_wrapped(
            f'There are more. All: deskbridge invoices list "{detail.sides.connection}"'
        )


DETAIL_COLUMNS = (
    Column("Invoice", least=8),
    Column("Customer or job", least=14, drop=1),
    Column("Status", drop=3),
    Column("Ours", right=True),
    Column("QuickBooks", right=True),
    Column("", drop=4),
    Column("Date", drop=2),
)


def _detail_row(one: InvoiceSides) -> Row:
    return Row(
        (
            one.number or "(none)",
            one.named,
            invoice_words.status(one),
            grouped(one.balance),
            invoice_words.seen(one),
            one.currency,
            iso_day(one.date) or "",
        )
    )


@customers.command("map")
@click.argument("name")
@click.argument("platform_name")
@click.argument("customer")
@json_option(RESOLVED_NAME)
@pass_command_context
def map_customer(
    context: CommandContext, name: str, platform_name: str, customer: str, as_json: bool
) -> None:
    """Match PLATFORM_NAME to CUSTOMER of NAME, though they are called differently.

    PLATFORM_NAME is the customer's name as payments of the billing platform give it, CUSTOMER
    the full name or the ListID in QuickBooks. From then on the name means that customer and the
    jobs below it, and nobody else. Payments that were refused for the name are judged again at
    once, and go to QuickBooks with the next Payment Sync if nothing else stands against them.
    """
    from shared.operations import customers as operations

    plan_of = partial(
        operations.plan_map_called, connection=name, name=platform_name, customer=customer
    )
    _say_matched(decide(context, plan_of), as_json)


def _say_matched(done: Matched, as_json: bool) -> None:
    if as_json:
        output.say_json(RESOLVED_NAME.of(done.resolved))
    else:
        output.say_wrapped(done.sentence)


@customers.command("unmap")
@click.argument("name")
@click.argument("platform_name")
@json_option(RESOLVED_NAME)
@pass_command_context
def unmap_customer(context: CommandContext, name: str, platform_name: str, as_json: bool) -> None:
    """Remove the match: PLATFORM_NAME is matched by its own name in NAME again.

    Payments of that name which are not in QuickBooks yet are judged again at once.
    """
    from shared.operations import customers as operations

    plan_of = partial(operations.plan_unmap, connection=name, name=platform_name)
    _say_matched(decide(context, plan_of), as_json)


@customers.command("mappings")
@name_argument
@json_option(LISTED_MAPPING, many=True)
@pass_command_context
def list_mappings(context: CommandContext, name: str | None, as_json: bool) -> None:
    """List the names of the platform that were matched to customers of NAME, or of all."""
    from shared.operations import customers as operations

    with context.store.reading():
        found = operations.view_mappings(context.store, name)
    if as_json:
        output.say_json_lines(output.json_text(LISTED_MAPPING.of(one)) for one in found)
    elif found:
        _say_listed(MAPPING_COLUMNS, [(one.connection, _mapping_row(one.row)) for one in found])
    else:
        output.say_wrapped(
            "No name is mapped: payments name customers as QuickBooks does. To map one: "
            "deskbridge customers map NAME PLATFORM_NAME CUSTOMER"
        )


MAPPING_COLUMNS = (
    Column("On the platform", least=16),
    Column("In QuickBooks", least=16),
    Column("ListID", drop=2),
    Column("Who", least=8, drop=3),
    Column("When", drop=1),
)


def _mapping_row(one: CustomerMapping) -> Row:
    customer = one.customer or "(gone from QuickBooks)"
    return Row((one.name, customer, one.list_id, one.who, local_time(one.at)))


@click.group("credits")
def credit_memos() -> None:
    """Credit memos of QuickBooks of which something is left."""


@credit_memos.command("list")
@name_argument
@json_option(LISTED_CREDIT_MEMO, many=True)
@pass_command_context
def list_credit_memos(context: CommandContext, name: str | None, as_json: bool) -> None:
    """List the open credit memos of NAME, or of all connections, and what they are applied to."""
    from shared.operations import credit_memos as operations

    with context.store.reading():
        found = operations.view_list(context.store, name)
    if as_json:
        output.say_json_lines(output.json_text(LISTED_CREDIT_MEMO.of(one)) for one in found)
    elif found:
        _say_listed(CREDIT_COLUMNS, [(one.connection, _credit_row(one.row)) for one in found])
        output.say()
        output.say_wrapped(count(len(found), "open credit memo"))
    else:
        output.say_wrapped(
            "No open credit memo. They are read where that is on: deskbridge connection edit NAME"
            " --credit-memos on"
        )


CREDIT_COLUMNS = (
    Column("Number"),
    Column("Customer", least=12),
    Column("Date", drop=1),
    Column("Total", right=True, drop=3),
    Column("Remaining", right=True),
    Column("", drop=2),
)


def _credit_row(memo: CreditMemo) -> Row:
    amounts = (grouped(memo.total), grouped(memo.remaining), memo.currency)
    named = (memo.number or "(none)", memo.customer, iso_day(memo.date) or "")
    below = [f"{grouped(u.amount)} applied to {u.type} {u.number}".rstrip() for u in memo.uses]
    return Row((*named, *amounts), below=below)


@click.group()
def invoices() -> None:
    """Invoices that were imported from QuickBooks."""


def filters(command: Callable[..., None]) -> Callable[..., None]:
    """Which invoices: ``--status`` and ``--left-out``."""
    left_out = click.option(
        "--left-out",
        is_flag=True,
        help="Those that are held but not imported, with the reason.",
    )
    status = click.option(
        "--status",
        "statuses",
        type=click.Choice(STATUSES),
        multiple=True,
        help="Only these; may be repeated. Default: all.",
    )
    return status(left_out(command))


def _found(
    context: CommandContext,
    name: str | None,
    statuses: Sequence[str],
    left_out: bool,
    show: Callable[[InvoiceSides], Any],
) -> list[Any]:
    """Read the invoices and show each; the store is released before anything is printed.

    A pager that nobody scrolls must not hold a read transaction: it would keep the daemon
    from committing.
    """
    from shared.operations import invoices as operations

    with context.store.reading(), output.progress("Reading invoices") as tell:
        shown: list[Any] = []
        for invoice in operations.view_list(context.store, name, statuses, left_out=left_out):
            shown.append(show(invoice))
            tell(len(shown))
    return shown


@invoices.command("list")
@name_argument
@filters
@json_option(LISTED_INVOICE, many=True)
@pass_command_context
def list_invoices(
    context: CommandContext,
    name: str | None,
    statuses: tuple[str, ...],
    left_out: bool,
    as_json: bool,
) -> None:
    """List the imported invoices of NAME, or of all connections."""
    if as_json:
        output.say_json_lines(_found(context, name, statuses, left_out, _json_line))
        return
    found: list[InvoiceSides] = _found(context, name, statuses, left_out, lambda one: one)
    if not found:
        output.say_wrapped(_nothing(statuses, left_out))
        return
    columns = (*COLUMNS, Column("Left out because")) if left_out else COLUMNS
    _say_listed(columns, [(one.connection, _row(one, left_out)) for one in found])
    output.say()
    for line in _totals(found):
        output.say_wrapped(line)


@invoices.command("show")
@click.argument("invoice")
@click.option("--connection", "name", metavar="NAME", help="Look only among the invoices of NAME.")
@json_option(INVOICE_DETAIL)
@pass_command_context
def show_invoice(context: CommandContext, invoice: str, name: str | None, as_json: bool) -> None:
    """Show one invoice: both sides, why it is left out, its payments, its lines.

    INVOICE is its number or its TxnID in QuickBooks.
    """
    from shared.operations import invoices as operations

    with context.store.reading():
        detail = operations.view_called(context.store, name, invoice)
    if as_json:
        output.say_json(INVOICE_DETAIL.of(detail))
        return
    output.say_sections(invoice_words.sections(detail))
    _say_tables_of(detail)


def _say_tables_of(detail: InvoiceDetail) -> None:
    tables = {
        "Payments": [
            invoice_words.payment_cells(one.payment, detail.sides) for one in detail.payments
        ],
        "Lines": [invoice_words.line_cells(o, detail.sides.currency) for o in detail.invoice.lines],
    }
    for title, rows in tables.items():
        if rows:
            output.say()
            output.say(output.strong(title))
            output.say_table(LINE_COLUMNS, [Row(cells) for cells in rows])


LINE_COLUMNS = (
    Column("What", least=20),
    Column("How", least=10, drop=2),
    Column("Status", drop=3),
    Column("Date", drop=1),
    Column("Amount", right=True),
    Column(""),
)


COLUMNS = (
    Column("Number"),
    Column("Customer", least=12),
    Column("Date", drop=1),
    Column("Due", drop=2),
    Column("Total", right=True, drop=3),
    Column("Balance", right=True),
    Column("", drop=5),
    Column("Status", drop=4),
)


def _row(invoice: InvoiceSides, left_out: bool) -> Row:
    cells = (
        invoice.number or "(none)",
        invoice.customer,
        iso_day(invoice.date) or "",
        iso_day(invoice.due_date) or "",
        grouped(invoice.total),
        grouped(invoice.balance),
        invoice.currency,
        invoice.status,
    )
    return Row((*cells, _reason(invoice)) if left_out else cells)


def _reason(invoice: InvoiceSides) -> str:
    return invoice.left_out.removeprefix("left-out-").replace("-", " ")


def _totals(found: Iterable[InvoiceSides]) -> list[str]:
    """One sentence per currency."""
    sums: dict[str, list[Decimal]] = {}
    for invoice in found:
        sums.setdefault(invoice.currency, []).append(invoice.balance)
    return [
        f"{count(len(balances), 'invoice')}, balance {grouped(sum(balances, Decimal()))} {currency}"
        for currency, balances in sorted(sums.items())
    ]


def _nothing(statuses: Sequence[str], left_out: bool) -> str:
    if left_out:
        return "No invoice is left out. Those that are imported: deskbridge invoices list"
    if statuses:
        return f"No invoice that is {' or '.join(statuses)}. All: deskbridge invoices list"
    return "No invoice yet. Next: run Invoice Sync in the Web Connector."


@invoices.command()
@name_argument
@filters
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl"]),
    default="csv",
    show_default=True,
    help="CSV with a header line, or one JSON object to a line.",
)
@click.option(
    "--out",
    "target",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    default=Path(FROM_STANDARD_INPUT),
    metavar="FILE",
    help="File to write, readable by you only; - is standard output, the default.",
)
@pass_command_context
def export(
    context: CommandContext,
    name: str | None,
    statuses: tuple[str, ...],
    left_out: bool,
    form: str,
    target: Path,
) -> None:
    """Export the imported invoices of NAME, or of all connections, for a spreadsheet or a script.

    The columns are the keys of `invoices list --json`. In CSV, a text that a spreadsheet
    would run as a formula gets an apostrophe in front of the sign; jsonl has every text unchanged.
    """
    show = _csv_line if form == "csv" else _json_line
    lines = _found(context, name, statuses, left_out, show)
    if form == "csv":
        lines.insert(0, _csv(LISTED_INVOICE.names()))
    if target == Path(FROM_STANDARD_INPUT):
        output.say_lines(lines)
        return
    write_private(target, "".join(f"{line}\n" for line in lines).encode())
    number = len(lines) - (form == "csv")
    output.say_beside(f"Wrote {count(number, 'invoice')} to {target}.")


def _json_line(invoice: InvoiceSides) -> str:
    return output.json_text(LISTED_INVOICE.of(invoice))


def _csv_line(invoice: InvoiceSides) -> str:
    keys = LISTED_INVOICE.of(invoice)
    return _csv([value if name in _AMOUNTS else _unarmed(value) for name, value in keys.items()])


_AMOUNTS = frozenset({"total", "balance"})
"""What is ours and stays a number, also where it is negative."""


def _unarmed(value: Any) -> str:
    """Text that no spreadsheet runs and no terminal obeys: ``=1+1`` is a customer's name."""
    return "" if value is None else for_spreadsheet(plain(str(value)))


def _csv(cells: Sequence[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(["" if cell is None else cell for cell in cells])
    return line.getvalue()
