"""``deskbridge payments rules``: deposit accounts and payment methods in QuickBooks."""

from __future__ import annotations

from functools import partial

import click

from console.cli import output
from console.cli.context import CommandContext, pass_command_context
from console.cli.deciding import PlanOf, decide, decides
from console.cli.json_option import json_option
from console.cli.listing import Table
from console.cli.params import name_argument, named_argument, option
from console.fields import field
from shared.operations import payment_rules
from shared.operations.contracts.payments import DEPOSIT_RULE, METHOD_RULE, RULES
from shared.operations.describe import payment_rules as describe
from shared.operations.payment_rules import Rules
from shared.rules.payments.values import DepositRule, MethodRule


@click.group()
def rules() -> None:
    """Rules: where payments are deposited, and what QuickBooks calls their method."""


@rules.command("list")
@name_argument
@json_option(RULES)
@pass_command_context
def list_rules(context: CommandContext, name: str | None, as_json: bool) -> None:
    """List the rules of NAME.

    You can leave out NAME if there is only one connection.
    """
    found = context.read(partial(payment_rules.view, which=name))
    if as_json:
        output.say_json(RULES.of(found))
        return
    _say_deposits(found)
    _say_methods(found)


DEPOSITS = Table[DepositRule](
    field("ID", lambda rule: str(rule.id), right=True),
    field("Method", lambda rule: rule.method or describe.ANY, least=8),
    field("Currency", lambda rule: rule.currency or describe.ANY),
    field("Gateway", lambda rule: rule.gateway or describe.ANY, least=8),
    field("Deposited to", describe.account, least=20),
)
METHODS = Table[MethodRule](
    field("Method", lambda rule: rule.method, least=12),
    field("In QuickBooks", lambda rule: rule.name or describe.NO_METHOD, least=12),
)


def _say_deposits(found: Rules) -> None:
    if found.deposits:
        DEPOSITS.show(found.deposits)
        output.say()
        output.say_wrapped(
            f"Payments that no rule matches are deposited to {describe.UNDEPOSITED_FUNDS}."
        )
    else:
        output.say_wrapped(
            f"No deposit rule: payments are deposited to {describe.UNDEPOSITED_FUNDS}. Another "
            "account: deskbridge payments rules deposit NAME ACCOUNT"
        )


def _say_methods(found: Rules) -> None:
    output.say()
    if found.methods:
        METHODS.show(found.methods)
    else:
        output.say_wrapped("No method rule: each method uses its usual name in QuickBooks.")


@rules.command()
@named_argument
@click.argument("account")
@option("--method", "METHOD", "Only this payment method.", default="")
@option("--currency", "CODE", "Only this currency.", default="")
@option("--gateway", "GATEWAY", "Only this gateway.", default="")
@json_option(DEPOSIT_RULE)
@pass_command_context
def deposit(
    context: CommandContext,
    name: str,
    account: str,
    method: str,
    currency: str,
    gateway: str,
    as_json: bool,
) -> None:
    """Deposit payments of NAME to ACCOUNT: those that match the options, or all.

    ACCOUNT is the full name in QuickBooks ("Bank:Checking"); undeposited, or empty, is Undeposited
    Funds. If several rules match, the most specific one applies.
    """
    wanted = DepositRule(
        0, method.strip(), currency.strip().upper(), gateway.strip(), account.strip()
    )
    made = decide(context, partial(payment_rules.plan_deposit, which=name, wanted=wanted))
    if as_json:
        output.say_json(DEPOSIT_RULE.of(made.rule))
    else:
        output.say_wrapped(f"Rule {made.rule.id}: {describe.deposit(made.rule)}.")
    _warn(made.warning)


@rules.command()
@named_argument
@click.argument("method")
@click.argument("quickbooks_method")
@json_option(METHOD_RULE)
@pass_command_context
def method(
    context: CommandContext, name: str, method: str, quickbooks_method: str, as_json: bool
) -> None:
    """Map the payment METHOD of NAME to QUICKBOOKS_METHOD in QuickBooks.

    An empty QUICKBOOKS_METHOD posts such payments without a method. A rule for the same method is
    replaced.
    """
    wanted = MethodRule(method.strip(), quickbooks_method.strip())
    made = decide(context, partial(payment_rules.plan_method, which=name, wanted=wanted))
    if as_json:
        output.say_json(METHOD_RULE.of(made.rule))
    else:
        output.say_wrapped(f"{describe.method(made.rule)}.")
    _warn(made.warning)


def _warn(warning: str) -> None:
    if warning:
        output.say_beside(warning)


@rules.command()
@named_argument
@click.argument("which", metavar="ID|METHOD")
@decides()
def remove(name: str, which: str) -> PlanOf:
    """Remove a deposit rule of NAME by its number ID, or the rule of a METHOD."""
    return partial(payment_rules.plan_removal, which=name, rule=which.strip())
