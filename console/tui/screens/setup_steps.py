"""What each step of Setup shows beside its fields: data flows and the summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from shlex import quote
from typing import Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from console.tui import render
from console.tui.screens.settings_fields import field_of
from console.tui.screens.setup_address import AddressChecks
from console.tui.screens.setup_rules import SetupRules
from console.tui.widgets.form import Field, Form
from console.tui.widgets.text_view import Paragraph
from shared.operations.describe import payment_rules as rule_words
from shared.operations.describe.connection_settings import SETTINGS
from shared.rules.values import Layout

YES, NO, NOWHERE = "yes", "no", "-"
_FLOWS = "{:<20}{:<18}{}"


MISFITS = ("overpayment", "on_account", "closed_period", "sample_company")
"""What becomes of payments and companies that are not as usual."""


def proposed(*keys: str) -> tuple[Field, ...]:
    """Settings of a connection, filled in with what Setup proposes."""
    return tuple(field_of(one, one.proposed) for one in map(SETTINGS.__getitem__, keys))


class DataFlows(Vertical):
    """The table of what goes where, following the choices below it."""

    DEFAULT_CSS = """
    DataFlows > Static { height: auto; padding: 0 1; margin-bottom: 1; }
    DataFlows Form { height: 1fr; }
    """

    def compose(self) -> ComposeResult:
        yield Static()
        yield Form(proposed("payments_in", "payments_out", "jobs"))

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
    files = {Layout.TWO: "invoice.qwc and payment.qwc", Layout.COMBINED: "invoiced.qwc"}
    yield render.titled("Files", files[values["layout"]])
    yield render.titled("Public address", f"{url}, {_verdict(address)}")
    yield render.titled("Invoiced", values.get("account") or "connected later, or not at all")
    yield from _chosen(values, [key for key in SETTINGS if key not in MISFITS])
    for rule in rules.deposits:
        yield render.titled("Deposit rule", rule_words.deposit(rule))
    for one_method in rules.methods:
        yield render.titled("Method rule", rule_words.method(one_method))
    yield from _chosen(values, MISFITS)
    add = f"deskbridge payments import {quote(values['name'])} payments.csv"
    yield render.titled("To add payments later", add)


def _chosen(values: Mapping[str, Any], keys: Iterable[str]) -> Iterator[Paragraph]:
    for key in keys:
        if key in values:
            yield render.titled(SETTINGS[key].title, SETTINGS[key].words(values[key]))


def _verdict(address: AddressChecks) -> str:
    if address.failed:
        return f"not reached: {address.failed[0].told}"
    return "reached" if address.standing == "checked" else f"check {address.standing}"
