"""``deskbridge company act STATE …``: the bookkeeper's acts as commands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from simulator.company import acts
from simulator.company.acts import Change
from simulator.company.acts.accounts import ACCOUNT_TYPES
from simulator.company.books import Books
from simulator.company.screen import AS_JSON, STATE, amount, changing, show, speaking

_INVOICE = click.argument("invoice")
_CUSTOMER = click.argument("customer")
_PAYMENT = click.argument("payment")
Act = Callable[..., Change | list[Change]]


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


def _command(name: str, *parameters: Callable[[Any], Any]) -> Callable[[Act], click.Command]:
    """A command that runs an act on the books, saves them and says what happened."""

    def decorate(function: Act) -> click.Command:
        @speaking
        def run(state: Path, *, as_json: bool, **given: Any) -> None:
            with changing(state) as company:
                done = function(company.books, **given)
            changes = done if isinstance(done, list) else [done]
            values = [change.as_json() for change in changes]
            text = "\n".join(change.sentence for change in changes)
            show(values if isinstance(done, list) else values[0], text, as_json=as_json)

        callback: Any = click.pass_obj(run)
        for parameter in reversed((*parameters, AS_JSON)):
            callback = parameter(callback)
        return act.command(name, help=function.__doc__)(callback)

    return decorate


@_command(
    "pay",
    _INVOICE,
    click.option("--amount", type=amount, help="Default: all that is left."),
    click.option("--discount", type=amount, default="0", help="An early payment discount."),
    click.option("--method", default="Check", show_default=True, help="Payment method."),
    click.option("--number", default="", help="Check or reference number."),
)
def _pay(books: Books, invoice: str, **options: Any) -> Change:
    """Receive a payment for an INVOICE; any excess stays unapplied."""
    return acts.pay(books, invoice, **options)


@_command("close", _INVOICE)
def _close(books: Books, invoice: str) -> Change:
    """Pay an INVOICE in full."""
    return acts.close(books, invoice)


@_command(
    "credit",
    _INVOICE,
    click.option("--amount", type=amount, help="Default: all that is left."),
    click.option("--number", default="", help="Number of the credit memo."),
)
def _credit(books: Books, invoice: str, **options: Any) -> Change:
    """Create a credit memo and apply it to an INVOICE."""
    return acts.credit(books, invoice, **options)


def _applied(context: click.Context, option: click.Parameter, given: Any) -> list[Any]:
    """Read INVOICE=AMOUNT."""
    split = [one.rpartition("=") for one in given]
    if not all(invoice for invoice, _, _ in split):
        raise click.BadParameter("write INVOICE=AMOUNT")
    return [(invoice, amount(paid)) for invoice, _, paid in split]


@_command(
    "receive",
    _CUSTOMER,
    click.argument("amount", type=amount),
    click.option(
        "--invoice",
        "invoices",
        multiple=True,
        metavar="INVOICE=AMOUNT",
        callback=_applied,
        help="What is paid of an invoice; repeat for more.",
    ),
    click.option("--method", default="Check", show_default=True, help="Payment method."),
    click.option("--number", default="", help="Check or reference number."),
    click.option("--memo", default="", help="Its memo."),
    click.option("--deposit-to", default="", help="Account; default Undeposited Funds."),
)
def _receive(books: Books, customer: str, amount: int, **options: Any) -> Change:
    """Receive a payment from a CUSTOMER; what is not applied to an invoice stays unapplied."""
    return acts.receive(books, customer, amount, **options)


@_command(
    "edit-payment",
    _PAYMENT,
    click.option("--amount", type=amount, help="Another amount."),
    click.option("--number", help="Another check or reference number."),
    click.option("--memo", help="Another memo."),
    click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="Another date."),
    click.option("--unapply", is_flag=True, help="Unapply it from all its invoices."),
)
def _edit_payment(books: Books, payment: str, date: datetime | None, **options: Any) -> Change:
    """Edit a PAYMENT, by TxnID or number."""
    day = f"{date:%Y-%m-%d}" if date else None
    return acts.edit_payment(books, payment, date=day, **options)


@_command(
    "apply",
    _PAYMENT,
    _INVOICE,
    click.option("--amount", type=amount, required=True, help="How much of the unapplied amount."),
)
def _apply(books: Books, payment: str, invoice: str, amount: int) -> Change:
    """Apply the unapplied amount of a PAYMENT to an INVOICE."""
    return acts.apply(books, payment, invoice, amount)


@_command(
    "deposit",
    _PAYMENT,
    click.option("--to", "account", default="Checking", show_default=True, help="The bank."),
)
def _deposit(books: Books, payment: str, account: str) -> Change:
    """Deposit a PAYMENT at the bank: after that it can neither be deleted nor change its amount."""
    return acts.deposit(books, payment, account)


@_command("void", _INVOICE)
def _void(books: Books, invoice: str) -> Change:
    """Void an INVOICE; its payments become unapplied."""
    return acts.void(books, invoice)


@_command("delete", click.argument("document"))
def _delete(books: Books, document: str) -> Change:
    """Delete a DOCUMENT: an invoice, payment or credit memo."""
    return acts.delete(books, document)


@_command(
    "edit",
    _INVOICE,
    click.option("--add", type=amount, help="Add an untaxed line of this amount."),
    click.option("--memo", help="Another memo."),
    click.option("--po-number", help="Another PO number."),
    click.option("--due-date", type=click.DateTime(["%Y-%m-%d"]), help="Another due date."),
)
def _edit(books: Books, invoice: str, due_date: datetime | None, **options: Any) -> Change:
    """Edit an INVOICE."""
    due = f"{due_date:%Y-%m-%d}" if due_date else None
    return acts.edit(books, invoice, due_date=due, **options)


@_command("renumber", _INVOICE, click.argument("number"))
def _renumber(books: Books, invoice: str, number: str) -> Change:
    """Give an INVOICE another NUMBER; "" removes it."""
    return acts.renumber(books, invoice, number)


@_command("move", _INVOICE, _CUSTOMER)
def _move(books: Books, invoice: str, customer: str) -> Change:
    """Move an INVOICE to another CUSTOMER of its currency."""
    return acts.move(books, invoice, customer)


@_command("pend", _INVOICE)
def _pend(books: Books, invoice: str) -> Change:
    """Mark an INVOICE as pending, so that it is not owed."""
    return acts.pend(books, invoice)


@_command("post", _INVOICE)
def _post(books: Books, invoice: str) -> Change:
    """Mark a pending INVOICE as final."""
    return acts.post(books, invoice)


@_command(
    "add-invoice",
    _CUSTOMER,
    click.argument("amount", type=amount),
    click.option("--number", default="", help="Its number; default none."),
    click.option("--pending", is_flag=True, help="Do not post it yet."),
    click.option("--receivable", default="", help="Another Accounts Receivable account."),
)
def _add_invoice(books: Books, customer: str, amount: int, **options: Any) -> Change:
    """Write an invoice of an untaxed AMOUNT to a CUSTOMER."""
    return acts.add_invoice(books, customer, amount, **options)


@_command(
    "add-customer",
    click.argument("name"),
    click.option("--parent", default="", help="Make it a job of this customer."),
    click.option("--currency", default="", help="Code of its currency; default home."),
)
def _add_customer(books: Books, name: str, **options: Any) -> Change:
    """Add a customer or job called NAME."""
    return acts.add_customer(books, name, **options)


@_command(
    "add-account",
    click.argument("name"),
    click.argument("kind", metavar="TYPE", type=click.Choice(ACCOUNT_TYPES)),
    click.option("--currency", default="", help="Code of its currency; default home."),
)
def _add_account(books: Books, name: str, kind: str, currency: str) -> Change:
    """Add an account called NAME of a TYPE such as Bank or AccountsReceivable."""
    return acts.add_account(books, name, kind, currency=currency)


@_command("rename", _CUSTOMER, click.argument("name"))
def _rename(books: Books, customer: str, name: str) -> Change:
    """Rename a CUSTOMER to NAME (the last part of its full name)."""
    return acts.rename(books, customer, name)


@_command("deactivate", _CUSTOMER)
def _deactivate(books: Books, customer: str) -> Change:
    """Make a CUSTOMER inactive."""
    return acts.deactivate(books, customer)


@_command("reactivate", _CUSTOMER)
def _reactivate(books: Books, customer: str) -> Change:
    """Make a CUSTOMER active again."""
    return acts.reactivate(books, customer)


@_command("merge", _CUSTOMER, click.argument("into"))
def _merge(books: Books, customer: str, into: str) -> Change:
    """Merge a CUSTOMER INTO another one; the first is gone."""
    return acts.merge(books, customer, into)


@_command("delete-customer", _CUSTOMER)
def _delete_customer(books: Books, customer: str) -> Change:
    """Delete a CUSTOMER that has neither jobs nor documents."""
    return acts.delete_customer(books, customer)


@_command("wait", click.argument("minutes", type=click.IntRange(0)))
def _wait(books: Books, minutes: int) -> Change:
    """Move the company's clock forward by MINUTES."""
    return acts.wait(books, minutes * 60)


@_command(
    "random",
    click.option("--count", type=click.IntRange(1), default=50, show_default=True),
    click.option("--seed", type=int, default=3, show_default=True, help="Same seed, same acts."),
)
def _random(books: Books, count: int, seed: int) -> list[Change]:
    """Do random acts of all kinds."""
    return acts.random_acts(books, count, seed)
