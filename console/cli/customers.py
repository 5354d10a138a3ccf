"""``deskbridge customers``: whom invoices bill, and whom names of the platform mean."""

from __future__ import annotations

from functools import partial

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import decide
from console.cli.json_option import json_option
from console.cli.listing import Listing
from console.cli.params import name_argument, named_argument
from shared import dates
from shared.operations import customers as operations
from shared.operations.contracts.ledger import (
    CUSTOMER,
    CUSTOMER_DETAIL,
    LISTED_MAPPING,
    RESOLVED_NAME,
)
from shared.operations.customers import Matched
from shared.operations.describe import customers as describe
from shared.operations.describe import invoices
from shared.operations.describe.tables import CURRENCY, Column, Row
from shared.operations.describe.text import count, grouped
from shared.rules.ledger import CustomerDetail, CustomerSides, InvoiceSides, Listed
from shared.rules.payments.values import CustomerMapping

MOST_INVOICES = 200


@click.group()
def customers() -> None:
    """Customers that imported invoices are billed to."""


@customers.command("list")
@name_argument
@click.option(
    "--all",
    "with_settled",
    is_flag=True,
    help="Include customers whose imported invoices are all paid, void or deleted.",
)
@json_option(CUSTOMER, many=True)
@pass_command_context
def list_customers(
    context: CommandContext, name: str | None, with_settled: bool, as_json: bool
) -> None:
    """List the customers of NAME, or of all connections: those with open invoices."""
    view = partial(operations.view_list, connection=name, with_settled=with_settled)
    found = context.read(view)
    CUSTOMERS.say(
        found,
        (
            "No customer yet: customers are imported with their invoices. Next: run Invoice Sync "
            "in the Web Connector."
        ),
        [count(len(found), "customer")],
        as_json=as_json,
    )


def _customer_row(customer: CustomerSides) -> Row:
    active = "yes" if customer.active else "no"
    return Row((customer.full_name, customer.account_number, active, customer.list_id))


CUSTOMERS = Listing(
    CUSTOMER,
    (
        *(Column("Customer", least=20), Column("Number", drop=2)),
        *(Column("Active"), Column("ListID", drop=1)),
    ),
    _customer_row,
    lambda customer: customer.connection,
)


@customers.command("show")
@named_argument
@click.argument("customer")
@json_option(CUSTOMER_DETAIL)
@pass_command_context
def show_customer(context: CommandContext, name: str, customer: str, as_json: bool) -> None:
    """Show one CUSTOMER of NAME: its balance on both sides, its names, its open invoices.

    CUSTOMER is its full name or its ListID in QuickBooks.
    """
    view = partial(operations.view_called, connection=name, text=customer, most=MOST_INVOICES)
    detail = context.read(view)
    if as_json:
        output.say_json(CUSTOMER_DETAIL.of(detail))
        return
    output.say_sections(describe.sections(detail))
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
    Column("Invoice"),
    Column("Customer or job", least=14, drop=1),
    Column("Status", drop=3),
    Column("Ours", right=True),
    Column("QuickBooks", right=True),
    CURRENCY,
    Column("Date", drop=2),
)


def _detail_row(one: InvoiceSides) -> Row:
    return Row(
        (
            one.number or "(none)",
            one.named,
            invoices.status(one),
            grouped(one.balance),
            invoices.seen(one),
            one.currency,
            dates.day(one.date),
        )
    )


@customers.command("map")
@named_argument
@click.argument("platform_name")
@click.argument("customer")
@json_option(RESOLVED_NAME)
@pass_command_context
def map_customer(
    context: CommandContext, name: str, platform_name: str, customer: str, as_json: bool
) -> None:
    """Match the name PLATFORM_NAME to CUSTOMER of NAME.

    PLATFORM_NAME is the customer's name on payments from the billing platform, CUSTOMER the full
    name or the ListID in QuickBooks. From then on, the name stands for that customer and its jobs,
    and for nobody else. Payments that were refused because of the name are checked again at once,
    and the next Payment Sync posts them if they have no other problem.
    """
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
@named_argument
@click.argument("platform_name")
@json_option(RESOLVED_NAME)
@pass_command_context
def unmap_customer(context: CommandContext, name: str, platform_name: str, as_json: bool) -> None:
    """Remove the match: PLATFORM_NAME is matched by its own name in NAME again.

    Payments with that name that are not in QuickBooks yet are checked again at once.
    """
    plan_of = partial(operations.plan_unmap, connection=name, name=platform_name)
    _say_matched(decide(context, plan_of), as_json)


@customers.command("mappings")
@name_argument
@json_option(LISTED_MAPPING, many=True)
@pass_command_context
def list_mappings(context: CommandContext, name: str | None, as_json: bool) -> None:
    """List the platform's names that are matched to customers of NAME, or of all connections."""
    found = context.read(partial(operations.view_mappings, connection=name))
    MAPPINGS.say(
        found,
        (
            "No name is matched: payments use the same customer names as QuickBooks. To match"
            " one: deskbridge customers map NAME PLATFORM_NAME CUSTOMER"
        ),
        as_json=as_json,
    )


def _mapping_row(listed: Listed[CustomerMapping]) -> Row:
    one = listed.row
    customer = one.customer or "(no longer in QuickBooks)"
    return Row((one.name, customer, one.list_id, one.who, dates.moment(one.at)))


MAPPINGS = Listing(
    LISTED_MAPPING,
    (
        Column("On the platform", least=16),
        Column("In QuickBooks", least=16),
        Column("ListID", drop=2),
        Column("Who", least=8, drop=3),
        Column("When", drop=1),
    ),
    _mapping_row,
    lambda listed: listed.connection,
)
