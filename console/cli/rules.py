"""``deskbridge payments rules``: deposit accounts and payment methods in QuickBooks."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import click

from console.cli import output
from console.cli.desk import Desk, pass_desk
from console.cli.json_option import json_option
from console.cli.params import chosen_connection, name_argument
from shared.operations.contracts.payments import DEPOSIT_RULE, METHOD_RULE, RULES, Rules
from shared.operations.describe.tables import Column, Row

if TYPE_CHECKING:
    from shared.rules.payments.values import DepositRule, ListKind

UNDEPOSITED = "undeposited"
UNDEPOSITED_FUNDS = "Undeposited Funds"
ANY = "any"
NONE = "(none)"


@click.group()
def rules() -> None:
    """Rules: where payments are deposited, and what QuickBooks calls their method."""


@rules.command("list")
@name_argument
@json_option(RULES)
@pass_desk
def list_rules(desk: Desk, name: str | None, as_json: bool) -> None:
    """List the rules of NAME.

    NAME may be left out where there is exactly one connection.
    """
    from shared.models.payments import rules as store

    with desk.store.reading():
        connection = chosen_connection(name)
        found = Rules(store.deposit_rules(connection.id), store.method_rules(connection.id))
    if as_json:
        output.say_json(RULES.of(found))
        return
    _say_deposits(found)
    _say_methods(found)


DEPOSIT_COLUMNS = (
    Column("ID", right=True),
    Column("Method", least=8),
    Column("Currency"),
    Column("Gateway", least=8),
    Column("Deposited to", least=20),
)


def _say_deposits(found: Rules) -> None:
    if found.deposits:
        output.say_table(DEPOSIT_COLUMNS, [_deposit_row(rule) for rule in found.deposits])
        output.say()
        output.say_wrapped(f"What no rule fits is deposited to {UNDEPOSITED_FUNDS}.")
    else:
        output.say_wrapped(
            f"No deposit rule: payments are deposited to {UNDEPOSITED_FUNDS}. Another account: "
            "deskbridge payments rules deposit NAME ACCOUNT"
        )


def _deposit_row(rule: DepositRule) -> Row:
    conditions = (rule.method or ANY, rule.currency or ANY, rule.gateway or ANY)
    return Row((str(rule.id), *conditions, rule.account or UNDEPOSITED_FUNDS))


def _say_methods(found: Rules) -> None:
    output.say()
    if found.methods:
        columns = (Column("Method", least=12), Column("In QuickBooks", least=12))
        output.say_table(columns, [Row((one.method, one.name or NONE)) for one in found.methods])
    else:
        output.say_wrapped("No method rule: each method goes by its usual name in QuickBooks.")


@rules.command()
@click.argument("name")
@click.argument("account")
@click.option("--method", default="", metavar="METHOD", help="Only this payment method.")
@click.option("--currency", default="", metavar="CODE", help="Only this currency.")
@click.option("--gateway", default="", metavar="GATEWAY", help="Only this gateway.")
@json_option(DEPOSIT_RULE)
@pass_desk
def deposit(
    desk: Desk,
    name: str,
    account: str,
    method: str,
    currency: str,
    gateway: str,
    as_json: bool,
) -> None:
    """Deposit payments of NAME to ACCOUNT, those that the options name or all.

    ACCOUNT is the full name in QuickBooks ("Bank:Checking"); undeposited, or empty, is
    Undeposited Funds. Of several rules that fit, the one that names most counts.
    """
    from shared.models import audit, connections
    from shared.models.payments import rules as store
    from shared.rules.payments.values import ListKind

    wanted = "" if account.strip().casefold() == UNDEPOSITED else account.strip()
    with desk.store.transaction():
        connection = connections.get(name)
        made = store.add_deposit_rule(
            connection.id,
            method=method.strip(),
            currency=currency.strip().upper(),
            gateway=gateway.strip(),
            account=wanted,
        )
        warning = unlisted(connection.id, ListKind.ACCOUNT, wanted)
        audit.add(desk.who, "rule.deposit", connection.name, told_of(made), desk.store.now())
    if as_json:
        output.say_json(DEPOSIT_RULE.of(made))
    else:
        output.say_wrapped(f"Rule {made.id}: {told_of(made)}.")
    if warning:
        output.say_aside(warning)


def told_of(rule: DepositRule) -> str:
    """``credit_card payments in USD by stripe go to Bank:Checking``."""
    currency = f" in {rule.currency}" if rule.currency else ""
    gateway = f" by {rule.gateway}" if rule.gateway else ""
    which = f"{rule.method or 'all'} payments{currency}{gateway}"
    return f"{which} go to {rule.account or UNDEPOSITED_FUNDS}"


def unlisted(connection_id: int, kind: ListKind, name: str) -> str:
    """Warn of a name that the company did not list when it was last read; else empty."""
    from shared.models.payments import lists
    from shared.rules.payments.deposits import find_entry

    entries = lists.entries(connection_id, kind)
    if not name or not entries or find_entry(entries, name):
        return ""
    near = difflib.get_close_matches(name, [entry.full_name for entry in entries], n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    return (
        f'The last Payment Sync read no {kind.replace("-", " ")} "{name}" in QuickBooks.{meant} '
        "Add it there, or correct the rule."
    )


@rules.command()
@click.argument("name")
@click.argument("method")
@click.argument("quickbooks_method")
@json_option(METHOD_RULE)
@pass_desk
def method(desk: Desk, name: str, method: str, quickbooks_method: str, as_json: bool) -> None:
    """Have QuickBooks call the payments' METHOD of NAME by the name QUICKBOOKS_METHOD.

    An empty QUICKBOOKS_METHOD posts such payments without a method. A rule for the same method
    is replaced.
    """
    from shared.models import audit, connections
    from shared.models.payments import rules as store

    with desk.store.transaction():
        connection = connections.get(name)
        made = store.set_method_rule(connection.id, method.strip(), quickbooks_method.strip())
        told = f"{made.method} is {made.name or NONE} in QuickBooks"
        audit.add(desk.who, "rule.method", connection.name, told, desk.store.now())
    if as_json:
        output.say_json(METHOD_RULE.of(made))
    else:
        output.say_wrapped(f"{told}.")


@rules.command()
@click.argument("name")
@click.argument("which", metavar="ID|METHOD")
@pass_desk
def remove(desk: Desk, name: str, which: str) -> None:
    """Remove a deposit rule of NAME by its number ID, or the rule of a METHOD."""
    from shared.models import audit, connections
    from shared.models.payments import rules as store

    with desk.store.transaction():
        connection = connections.get(name)
        if which.isascii() and which.isdigit():
            store.remove_deposit_rule(connection.id, int(which))
        else:
            store.remove_method_rule(connection.id, which.strip())
        audit.add(desk.who, "rule.remove", connection.name, which, desk.store.now())
    output.say_wrapped(f"Removed rule {which}.")
