"""``deskbridge invoices``: what was imported."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.json_option import json_option
from console.cli.listing import Field, Found, Listing, shown, states_option
from console.cli.params import (
    FROM_STANDARD_INPUT,
    Typed,
    connection_option,
    flag,
    name_argument,
    option,
)
from console.cli.spreadsheet import csv_line, unarmed
from console.fields import field, money
from shared import dates
from shared.files import write_private
from shared.operations import invoices as operations
from shared.operations.contracts.ledger import EXPORTED_INVOICE, INVOICE_DETAIL, LISTED_INVOICE
from shared.operations.describe import invoices as describe
from shared.operations.describe.tables import CURRENCY, Row
from shared.operations.describe.text import count, grouped
from shared.rules.ledger import ExportedInvoice, InvoiceDetail, InvoiceSides

STATUSES = ("open", "paid", "void", "deleted")
READING = "Reading invoices"


@click.group()
def invoices() -> None:
    """Invoices that were imported from QuickBooks."""


def filters(command: Callable[..., None]) -> Callable[..., None]:
    """Which invoices: ``--status`` and ``--left-out``."""
    left_out = flag("--left-out", "Invoices that are left out, with the reason.")
    return states_option("--status", STATUSES)(left_out(command))


@invoices.command("list")
@name_argument
@filters
@json_option(LISTED_INVOICE, many=True)
@pass_command_context
def list_invoices(
    context: CommandContext,
    name: str | None,
    states: tuple[str, ...],
    left_out: bool,
    as_json: bool,
) -> None:
    """List the imported invoices of NAME, or of all connections."""
    view = partial(operations.view_list, connection=name, statuses=states, left_out=left_out)
    if as_json:
        output.say_json_lines(shown(context, READING, view, INVOICES.json_line))
        return
    found = list(shown(context, READING, view, lambda one: one))
    listing = LEFT_OUT if left_out else INVOICES
    listing.say(Found(found, _nothing(states, left_out), _totals(found)))


@invoices.command("show")
@click.argument("invoice")
@connection_option("Search only the invoices of NAME.")
@json_option(INVOICE_DETAIL)
@pass_command_context
def show_invoice(context: CommandContext, invoice: str, name: str | None, as_json: bool) -> None:
    """Show one invoice: both sides, why it is left out, its payments, its lines.

    INVOICE is its number or its TxnID in QuickBooks.
    """
    detail = context.read(partial(operations.view_called, connection=name, text=invoice))
    if as_json:
        output.say_json(INVOICE_DETAIL.of(detail))
        return
    output.say_sections(describe.sections(detail))
    _say_tables_of(detail)


def _say_tables_of(detail: InvoiceDetail) -> None:
    tables = {
        "Payments": [describe.payment_cells(one.payment, detail.sides) for one in detail.payments],
        "Lines": [describe.line_cells(o, detail.sides.currency) for o in detail.invoice.lines],
    }
    for title, rows in tables.items():
        if rows:
            output.say()
            output.say(output.strong(title))
            output.say_table(describe.COLUMNS, [Row(cells) for cells in rows])


FIELDS: tuple[Field[InvoiceSides], ...] = (
    field("Number", lambda one: one.number or "(none)"),
    field("Customer", lambda one: one.customer, least=12),
    field("Date", lambda one: dates.day(one.date), drop=1),
    field("Due", lambda one: dates.day(one.due_date), drop=2),
    money("Total", lambda one: one.total, drop=3),
    money("Balance", lambda one: one.balance),
    (CURRENCY, lambda one: one.currency),
    field("Status", lambda one: one.status, drop=4),
)


INVOICES = Listing(LISTED_INVOICE, *FIELDS, connection=lambda one: one.connection)
LEFT_OUT = Listing(
    LISTED_INVOICE,
    *FIELDS,
    field("Left out because", lambda one: one.left_out.removeprefix("left-out-").replace("-", " ")),
    connection=lambda one: one.connection,
)


def _totals(found: Iterable[InvoiceSides]) -> list[str]:
    """One sentence per currency."""
    sums: dict[str, list[Decimal]] = {}
    for invoice in found:
        sums.setdefault(invoice.currency, []).append(invoice.balance)
    return [
        f"{count(len(balances), 'invoice')}, balance {grouped(sum(balances, Decimal()))} {currency}"
        for currency, balances in sorted(sums.items())
    ]


def _nothing(states: Sequence[str], left_out: bool) -> str:
    if left_out:
        return "No invoice is left out. Those that are imported: deskbridge invoices list"
    if states:
        return f"No invoice that is {' or '.join(states)}. All: deskbridge invoices list"
    return "No invoice yet. Next: run Invoice Sync in the Web Connector."


def _columns(words: str) -> dict[str, str]:
    """Read ``KEY,HEADER=KEY,…``: the keys of an export by the header that each gets."""
    known = EXPORTED_INVOICE.names()
    if words == "all":
        return {key: key for key in known}
    columns: dict[str, str] = {}
    for one in words.split(","):
        header, equals, key = one.strip().rpartition("=")
        key = key.strip()
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            meant = f" Did you mean {near[0]}?" if near else ""
            raise ValueError(f'there is no column "{key}".{meant} Columns: {", ".join(known)}')
        header = header.strip() if equals else key
        if not header or header in columns:
            raise ValueError(f'"{one.strip()}" has no header.')
        columns[header] = key
    return columns


@invoices.command()
@name_argument
@filters
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl"]),
    default="csv",
    show_default=True,
    help="CSV with a header line, or one JSON object per line.",
)
@option(
    "--columns",
    "KEY,…",
    "Columns, in this order; HEADER=KEY renames one; all for all of them.",
    type=Typed("columns", _columns),
)
@option(
    "--out",
    "FILE",
    "File to write, readable by you only; - is standard output, the default.",
    into="target",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    default=Path(FROM_STANDARD_INPUT),
)
@pass_command_context
def export(
    context: CommandContext,
    name: str | None,
    states: tuple[str, ...],
    left_out: bool,
    form: str,
    columns: dict[str, str] | None,
    target: Path,
) -> None:
    """Export the imported invoices of NAME, or of all connections, for a spreadsheet or a script.

    The columns are the keys of `invoices list --json`. With --columns there are also job, subtotal,
    tax, applied, terms, po_number, memo, email and phone: "Invoice No=number,customer,email,Due
    Date=due_date,terms,balance". In CSV, a text that a spreadsheet would run as a formula gets an
    apostrophe in front; jsonl has every text unchanged.
    """
    columns = columns or {key: key for key in LISTED_INVOICE.names()}
    view = partial(operations.view_export, connection=name, statuses=states, left_out=left_out)
    show = partial(_csv_line if form == "csv" else _json_line, columns)
    lines = shown(context, READING, view, show)
    if form == "csv":
        lines.insert(0, csv_line(list(map(unarmed, columns))))
    if target == Path(FROM_STANDARD_INPUT):
        output.say_lines(lines)
        return
    write_private(target, "".join(f"{line}\n" for line in lines).encode())
    number = len(lines) - (form == "csv")
    output.say_beside(f"Wrote {count(number, 'invoice')} to {target}.")


def _csv_line(columns: Mapping[str, str], invoice: ExportedInvoice) -> str:
    keys = EXPORTED_INVOICE.of(invoice)
    return csv_line([keys[k] if k in _AMOUNTS else unarmed(keys[k]) for k in columns.values()])


def _json_line(columns: Mapping[str, str], invoice: ExportedInvoice) -> str:
    keys = EXPORTED_INVOICE.of(invoice)
    return output.json_text({header: keys[key] for header, key in columns.items()})


_AMOUNTS = frozenset({"total", "balance", "subtotal", "tax", "applied"})
"""What is ours and stays a number, also where it is negative."""
