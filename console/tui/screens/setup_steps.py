"""What each step of Set-up shows beside its fields: data flows, the account, the summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from shlex import quote
from typing import Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from console.tui import words
from console.tui.screens import settings_fields as fields
from console.tui.screens.settings_fields import DEFAULTS, FIELDS, FieldOfConnection
from console.tui.screens.setup_address import AddressChecks
from console.tui.screens.setup_rules import SetupRules
from console.tui.widgets.form import Field, Form
from console.tui.widgets.text_view import Paragraph
from shared.rules.values import Layout

YES, NO, NOWHERE = "yes", "no", "-"
_FLOWS = "{:<20}{:<18}{}"


def account(name: str) -> Iterator[Paragraph]:
    """What stands in the place of an Invoiced account."""
    quoted = quote(name)
    yield Text(
        "This version has no connector to an Invoiced account, so nothing is asked here. The"
        " connection is a local ledger alone: customers, open invoices and the payments of"
        " QuickBooks are kept in Deskbridge's own store."
    )
    yield Text()
    yield Text("Payments that shall go to QuickBooks come in from a file, or one by one:")
    yield f"    deskbridge payments import {quoted} payments.csv"
    yield f"    deskbridge payments add {quoted} --help"
    yield Text()
    yield Text("Both sides beside each other:")
    yield f"    deskbridge reconcile {quoted}"


def proposed(*names: FieldOfConnection) -> tuple[Field, ...]:
    """Fields of a connection, filled in with what Set-up proposes."""
    return tuple(one.field(DEFAULTS[one.name]) for one in names)


class DataFlows(Vertical):
    """The table of what goes where, following the choices below it."""

    DEFAULT_CSS = """
    DataFlows > Static { height: auto; padding: 0 1; margin-bottom: 1; }
    DataFlows Form { height: 1fr; }
    """

    def compose(self) -> ComposeResult:
        """The table, the choices."""
        yield Static()
        yield Form(proposed(fields.PAYMENTS_IN, fields.PAYMENTS_OUT, fields.JOBS))

    @on(Form.Touched)
    def follow(self) -> None:
        """Show the choices in the table."""
        form = self.query_one(Form)
        come, go = form.filled("payments_in"), form.filled("payments_out")
        self.query_one(Static).update(flows(come, go))

    def on_mount(self) -> None:
        """Show what is proposed."""
        self.follow()


def flows(payments_in: bool, payments_out: bool) -> Text:
    """The table of data flows, a dash where a direction does not exist."""
    rows = (
        ("Customers", YES, NOWHERE),
        ("Invoices", YES, NOWHERE),
        ("Payments", YES if payments_in else NO, YES if payments_out else NO),
    )
    head = _FLOWS.format("", "From QuickBooks", "To QuickBooks")
    return Text.assemble(
        (head, "bold"), *(f"\n{_FLOWS.format(*row)}".rstrip() for row in rows), no_wrap=True
    )


def summary(
    values: Mapping[str, Any], address: AddressChecks, url: str, rules: SetupRules
) -> Iterator[Paragraph]:
    """Everything that was chosen, and what the last key does."""
    yield words.titled("Public address", f"{url}, {_verdict(address)}")
    for one in FIELDS.values():
        if one.name in values:
            yield words.titled(one.title, one.shown(values[one.name]))
    yield words.titled("Customers and invoices", "come in from QuickBooks, always")
    for rule in rules.deposits:
        account = rule.account or fields.UNDEPOSITED_FUNDS
        yield words.titled("Deposit rule", f"{fields.condition_of(rule)}: to {account}")
    for one_method in rules.methods:
        name = one_method.name or "(none)"
        yield words.titled("Method rule", f"{one_method.method} is {name} in QuickBooks")
    yield words.titled("Invoiced account", "none, the local ledger alone")
    files = {Layout.TWO: "invoice.qwc and payment.qwc", Layout.COMBINED: "invoiced.qwc"}
    yield words.titled("Files", files[values["layout"]])


def _verdict(address: AddressChecks) -> str:
    if address.failed:
        return f"not reached: {address.failed[0].told}"
    return "reached" if address.standing == "checked" else f"check {address.standing}"
