"""``deskbridge customers`` and ``deskbridge invoices``: what was imported."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console.cli import output
from console.cli.desk import Desk, pass_desk
from console.cli.json_option import json_option
from console.cli.params import FROM_STANDARD_INPUT, chosen_connection, name_argument
from shared.files import write_private
from shared.operations.contracts.records import CUSTOMER, CUSTOMER_MAPPING, INVOICE, RESOLVED_NAME
from shared.operations.describe.tables import Column, Row
from shared.operations.describe.text import count, grouped, iso_day, local_time, plain

if TYPE_CHECKING:
    from shared.models.payments.naming import Resolved
    from shared.rules.payments.values import CustomerMapping
    from shared.rules.values import CustomerRow, InvoiceRow

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
@json_option(CUSTOMER, many=True)
@pass_desk
def list_customers(desk: Desk, name: str | None, with_settled: bool, as_json: bool) -> None:
    """List the customers of NAME: those that imported open invoices are billed to.

    NAME may be left out where there is exactly one connection.
    """
    from shared.models import ledger

    with desk.store.reading():
        connection = chosen_connection(name)
        found = ledger.customers(connection.id, connection.jobs, with_settled=with_settled)
    if as_json:
        output.say_json_lines(output.json_text(CUSTOMER.of(row)) for row in found)
    elif found:
        output.say_table(CUSTOMER_COLUMNS, [_customer_row(row) for row in found])
        output.say()
        output.say_wrapped(count(len(found), "customer"))
    else:
        output.say_wrapped(
            "No customer yet: they come with the invoices that bill them. Next: run Invoice "
            "Sync in the Web Connector."
        )


CUSTOMER_COLUMNS = (
    Column("Customer", least=20),
    Column("Active"),
    Column("ListID", drop=1),
)


def _customer_row(customer: CustomerRow) -> Row:
    return Row((customer.full_name, "yes" if customer.active else "no", customer.list_id))


@customers.command("map")
@click.argument("name")
@click.argument("platform_name")
@click.argument("customer")
@json_option(RESOLVED_NAME)
@pass_desk
def map_customer(desk: Desk, name: str, platform_name: str, customer: str, as_json: bool) -> None:
    """Have PLATFORM_NAME mean CUSTOMER of NAME, though they are called differently.

    PLATFORM_NAME is the customer's name as payments of the billing platform give it, CUSTOMER
    the full name or the ListID in QuickBooks. From then on the name means that customer and the
    jobs below it, and nobody else. Payments that were refused for the name are judged again at
    once, and go to QuickBooks with the next Payment Sync if nothing else stands against them.
    """
    from shared.models import audit, connections
    from shared.models.ledger import customer_pages
    from shared.models.payments import naming

    with desk.store.transaction():
        connection, now = connections.get(name), desk.store.now()
        chosen = customer_pages.find(connection.id, customer)
        done = naming.resolve(connection.id, platform_name, chosen.list_id, desk.who, now)
        told = f"{done.mapping.name} means {chosen.full_name} ({chosen.list_id})"
        audit.add(desk.who, "customer.map", connection.name, told, now)
    if as_json:
        output.say_json(RESOLVED_NAME.of(done))
        return
    output.say_wrapped(f"{told} from now on. {where_they_stand(done)}")


def where_they_stand(done: Resolved) -> str:
    """What became of the payments that have the name: "Payments: 2 ready, 1 refused still."."""
    words = {"ready": "ready for the next Payment Sync", "refused": "refused still"}
    known = [f"{number:,} {words.get(status, status)}" for status, number in done.payments.items()]
    return f"Payments: {', '.join(known)}." if known else "No payment of that name waits."


@customers.command("unmap")
@click.argument("name")
@click.argument("platform_name")
@json_option(RESOLVED_NAME)
@pass_desk
def unmap_customer(desk: Desk, name: str, platform_name: str, as_json: bool) -> None:
    """Have PLATFORM_NAME mean again whoever is called so in NAME.

    Payments of that name which are not in QuickBooks yet are judged again at once.
    """
    from shared.models import audit, connections
    from shared.models.payments import naming

    with desk.store.transaction():
        connection, now = connections.get(name), desk.store.now()
        done = naming.take_back(connection.id, platform_name, desk.who, now)
        told = f"{done.mapping.name} no longer means {_meant(done.mapping)}"
        audit.add(desk.who, "customer.unmap", connection.name, told, now)
    if as_json:
        output.say_json(RESOLVED_NAME.of(done))
        return
    output.say_wrapped(f"{told}. {where_they_stand(done)}")


def _meant(mapping: CustomerMapping) -> str:
    return f"{mapping.customer} ({mapping.list_id})" if mapping.customer else mapping.list_id


@customers.command("mappings")
@name_argument
@json_option(CUSTOMER_MAPPING, many=True)
@pass_desk
def list_mappings(desk: Desk, name: str | None, as_json: bool) -> None:
    """List the names of the platform that were mapped to customers of NAME.

    NAME may be left out where there is exactly one connection.
    """
    from shared.models import mappings

    with desk.store.reading():
        found = mappings.listed(chosen_connection(name).id)
    if as_json:
        output.say_json_lines(output.json_text(CUSTOMER_MAPPING.of(one)) for one in found)
    elif found:
        output.say_table(MAPPING_COLUMNS, [_mapping_row(one) for one in found])
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
    customer = one.customer or "(not there any more)"
    return Row((one.name, customer, one.list_id, one.who, local_time(one.at)))


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
    desk: Desk,
    name: str | None,
    statuses: Sequence[str],
    left_out: bool,
    show: Callable[[InvoiceRow], Any],
) -> list[Any]:
    """Read the invoices and show each; the store is released before anything is printed.

    A pager that nobody scrolls must not hold a read transaction: it would keep the daemon
    from committing.
    """
    from shared.models import ledger

    with desk.store.reading(), output.progress("Reading invoices") as tell:
        connection = chosen_connection(name)
        shown = []
        for invoice in ledger.invoices(connection.id, include_left_out=left_out):
            if bool(invoice.left_out) == left_out and (not statuses or invoice.status in statuses):
                shown.append(show(invoice))
                tell(len(shown))
    return shown


@invoices.command("list")
@name_argument
@filters
@json_option(INVOICE, many=True)
@pass_desk
def list_invoices(
    desk: Desk, name: str | None, statuses: tuple[str, ...], left_out: bool, as_json: bool
) -> None:
    """List the imported invoices of NAME.

    NAME may be left out where there is exactly one connection.
    """
    if as_json:
        output.say_json_lines(_found(desk, name, statuses, left_out, _json_line))
        return
    found: list[InvoiceRow] = _found(desk, name, statuses, left_out, lambda invoice: invoice)
    if not found:
        output.say_wrapped(_nothing(statuses, left_out))
        return
    columns = (*COLUMNS, Column("Left out because")) if left_out else COLUMNS
    output.say_table(columns, [_row(invoice, left_out) for invoice in found])
    output.say()
    for line in _totals(found):
        output.say_wrapped(line)


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


def _row(invoice: InvoiceRow, left_out: bool) -> Row:
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


def _reason(invoice: InvoiceRow) -> str:
    return invoice.left_out.removeprefix("left-out-").replace("-", " ")


def _totals(found: Iterable[InvoiceRow]) -> list[str]:
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
@pass_desk
def export(
    desk: Desk,
    name: str | None,
    statuses: tuple[str, ...],
    left_out: bool,
    form: str,
    target: Path,
) -> None:
    """Export the imported invoices of NAME for a spreadsheet or a script.

    The columns are the keys of `invoices list --json`. In CSV, a text that a spreadsheet
    would run as a formula gets an apostrophe in front; jsonl has every text unchanged.
    NAME may be left out where there is exactly one connection.
    """
    show = _csv_line if form == "csv" else _json_line
    lines = _found(desk, name, statuses, left_out, show)
    if form == "csv":
        lines.insert(0, _csv(INVOICE.names()))
    if target == Path(FROM_STANDARD_INPUT):
        output.say_lines(lines)
        return
    write_private(target, "".join(f"{line}\n" for line in lines).encode())
    number = len(lines) - (form == "csv")
    output.say_aside(f"Wrote {count(number, 'invoice')} to {target}.")


def _json_line(invoice: InvoiceRow) -> str:
    return output.json_text(INVOICE.of(invoice))


def _csv_line(invoice: InvoiceRow) -> str:
    keys = INVOICE.of(invoice)
    texts = {"number", "customer"}
    return _csv([_unarmed(value) if name in texts else value for name, value in keys.items()])


def _unarmed(value: Any) -> str:
    """Text that no spreadsheet runs and no terminal obeys: ``=1+1`` is a customer's name."""
    text = plain(str(value))
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _csv(cells: Sequence[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(["" if cell is None else cell for cell in cells])
    return line.getvalue()
