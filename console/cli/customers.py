"""``deskbridge customers``: whom invoices bill, and whom names of the platform mean."""

from __future__ import annotations

from functools import partial

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import decide
from console.cli.json_option import json_option
from console.cli.listing import Found, Listing, Table
from console.cli.params import flag, name_argument, named_argument
from console.fields import field, money
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
from shared.operations.describe.tables import CURRENCY
from shared.operations.describe.text import count
from shared.rules.ledger import CustomerDetail, CustomerSides, InvoiceSides, Listed
from shared.rules.payments.values import CustomerMapping

MOST_INVOICES = 200


@click.group()
def customers() -> None:
    """Customers that imported invoices are billed to."""


CUSTOMERS = Listing[CustomerSides](
    CUSTOMER,
    field("Customer", lambda one: one.full_name, least=20),
    field("Number", lambda one: one.account_number, drop=2),
    field("Active", lambda one: "yes" if one.active else "no"),
    field("ListID", lambda one: one.list_id, drop=1),
    connection=lambda one: one.connection,
)


@customers.command("list")
@name_argument
@flag(
    "--all",
    "Include customers whose imported invoices are all paid, void or deleted.",
    into="with_settled",
)
@CUSTOMERS.command
def list_customers(
    context: CommandContext, name: str | None, with_settled: bool
) -> Found[CustomerSides]:
    """List the customers of NAME, or of all connections: those with open invoices."""
    view = partial(operations.view_list, connection=name, with_settled=with_settled)
    found = context.read(view)
    nothing = (
        "No customer yet: customers are imported with their invoices. Next: run Invoice Sync in "
        "the Web Connector."
    )
    return Found(found, nothing, [count(len(found), "customer")])


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
            DETAILS.show(found)
    if detail.more:
        output.say_wrapped(
            f'There are more. All: deskbridge invoices list "{detail.sides.connection}"'
        )


DETAILS = Table[InvoiceSides](
    field("Invoice", lambda one: one.number or "(none)"),
    field("Customer or job", lambda one: one.named, least=14, drop=1),
    field("Status", invoices.status, drop=3),
    money("Ours", lambda one: one.balance),
    field("QuickBooks", invoices.seen, right=True),
    (CURRENCY, lambda one: one.currency),
    field("Date", lambda one: dates.day(one.date), drop=2),
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


MAPPINGS = Listing[Listed[CustomerMapping]](
    LISTED_MAPPING,
    field("On the platform", lambda one: one.row.name, least=16),
    field("In QuickBooks", lambda one: one.row.customer or "(no longer in QuickBooks)", least=16),
    field("ListID", lambda one: one.row.list_id, drop=2),
    field("Who", lambda one: one.row.who, least=8, drop=3),
    field("When", lambda one: dates.moment(one.row.at), drop=1),
    connection=lambda one: one.connection,
)


@customers.command("mappings")
@name_argument
@MAPPINGS.command
def list_mappings(context: CommandContext, name: str | None) -> Found[Listed[CustomerMapping]]:
    """List the platform's names that are matched to customers of NAME, or of all connections."""
    found = context.read(partial(operations.view_mappings, connection=name))
    nothing = (
        "No name is matched: payments use the same customer names as QuickBooks. To match one: "
        "deskbridge customers map NAME PLATFORM_NAME CUSTOMER"
    )
    return Found(found, nothing)
