"""``deskbridge company act STATE …``: the bookkeeper's acts as commands."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from simulator.company import acts
from simulator.company.acts import Change
from simulator.company.acts.lists import ACCOUNT_TYPES
from simulator.company.books import Books
from simulator.company.screen import changing, speaking
from simulator.screen import DAY, STATE, Parameter, add_act, option


@click.group()
@STATE
@click.pass_context
def act(context: click.Context, state: Path) -> None:
    """Do bookkeeping in the company of STATE, to rehearse changes.

    Invoices go by number or TxnID, customers by full name (Parent:Job) or ListID. Each act moves
    the company's clock forward a little. QuickBooks' own rules apply: what it would not allow is
    refused with exit code 1, and an unknown document or customer with 3.
    """
    context.obj = state


def amount(text: str) -> int:
    """Read an amount of money with two decimals or none, as hundredths. Raises BadParameter."""
    found = re.fullmatch(r"([+-]?)(\d{1,11})(?:\.(\d\d))?", text)
    if not found:
        raise click.BadParameter(f"{text!r} is not an amount; write 12 or 12.50.")
    hundredths = int(found[2]) * 100 + int(found[3] or 0)
    return -hundredths if found[1] == "-" else hundredths


def _applied(context: click.Context, option: click.Parameter, given: Any) -> list[Any]:
    """Read INVOICE=AMOUNT."""
    split = [one.rpartition("=") for one in given]
    if not all(invoice for invoice, _, _ in split):
        raise click.BadParameter("write INVOICE=AMOUNT")
    return [(invoice, amount(paid)) for invoice, _, paid in split]


def _add(
    function: Callable[..., Change | list[Change]], *parameters: Parameter, name: str = ""
) -> None:
    """A command that runs an act on the books and saves them."""

    @speaking
    def do(state: Path, given: dict[str, Any]) -> Change | list[Change]:
        with changing(state) as company:
            return function(company.books, **given)

    add_act(act, function, do, *parameters, name=name)


def wait(books: Books, minutes: int) -> Change:
    """Move the company's clock forward by MINUTES."""
    return acts.wait(books, minutes * 60)


def _about(what: str, name: str = "reference") -> Parameter:
    return click.argument(name, metavar=what)


_INVOICE, _PAYMENT, _CUSTOMER = _about("INVOICE"), _about("PAYMENT"), _about("CUSTOMER")
_OWNER, _NAME = click.argument("customer"), click.argument("name")
_AMOUNT = click.argument("amount", type=amount)
_LEFT = click.option("--amount", type=amount, help="Default: all that is left.")
_METHOD = option("--method", default="Check", help="Payment method.")
_NUMBER = click.option("--number", default="", help="Check or reference number.")
_CURRENCY = click.option("--currency", default="", help="Code of its currency; default home.")

_add(
    acts.pay,
    _INVOICE,
    _LEFT,
    click.option("--discount", type=amount, default="0", help="An early payment discount."),
    _METHOD,
    _NUMBER,
)
_add(acts.close, _INVOICE)
_add(
    acts.credit,
    _INVOICE,
    _LEFT,
    click.option("--number", default="", help="Number of the credit memo."),
)
_add(
    acts.receive,
    _OWNER,
    _AMOUNT,
    click.option(
        "--invoice",
        "invoices",
        multiple=True,
        metavar="INVOICE=AMOUNT",
        callback=_applied,
        help="What is paid of an invoice; repeat for more.",
    ),
    _METHOD,
    _NUMBER,
    click.option("--memo", default="", help="Its memo."),
    click.option("--deposit-to", default="", help="Account; default Undeposited Funds."),
)
_add(
    acts.edit_payment,
    _PAYMENT,
    click.option("--amount", type=amount, help="Another amount."),
    click.option("--number", help="Another check or reference number."),
    click.option("--memo", help="Another memo."),
    click.option("--date", type=DAY, help="Another date."),
    click.option("--unapply", is_flag=True, help="Unapply it from all its invoices."),
)
_add(
    acts.apply,
    _PAYMENT,
    click.argument("invoice"),
    click.option("--amount", type=amount, required=True, help="How much of the unapplied amount."),
)
_add(acts.deposit, _PAYMENT, option("--to", "account", default="Checking", help="The bank."))
_add(acts.void, _INVOICE)
_add(acts.delete, _about("DOCUMENT"))
_add(
    acts.edit,
    _INVOICE,
    click.option("--add", type=amount, help="Add an untaxed line of this amount."),
    click.option("--memo", help="Another memo."),
    click.option("--po-number", help="Another PO number."),
    click.option("--due-date", type=DAY, help="Another due date."),
)
_add(acts.renumber, _INVOICE, click.argument("number"))
_add(acts.move, _INVOICE, _OWNER)
_add(acts.pend, _INVOICE)
_add(acts.post, _INVOICE)
_add(
    acts.add_invoice,
    _OWNER,
    _AMOUNT,
    click.option("--number", default="", help="Its number; default none."),
    click.option("--pending", is_flag=True, help="Do not post it yet."),
    click.option("--receivable", default="", help="Another Accounts Receivable account."),
)
_add(
    acts.add_customer,
    _NAME,
    click.option("--parent", default="", help="Make it a job of this customer."),
    _CURRENCY,
)
_add(
    acts.add_account,
    _NAME,
    click.argument("kind", metavar="TYPE", type=click.Choice(ACCOUNT_TYPES)),
    _CURRENCY,
)
_add(acts.rename, _CUSTOMER, _NAME)
_add(acts.deactivate, _CUSTOMER)
_add(acts.reactivate, _CUSTOMER)
_add(acts.merge, _CUSTOMER, click.argument("into"))
_add(acts.delete_customer, _CUSTOMER)
_add(wait, click.argument("minutes", type=click.IntRange(0)))
_add(
    acts.random_acts,
    option("--count", type=click.IntRange(1), default=50),
    option("--seed", type=int, default=3, help="Same seed, same acts."),
    name="random",
)
