"""The rules that setup collects; nothing of them is in the store yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from console.tui.screens import settings_fields as fields
from console.tui.screens.settings_rows import rule_lines
from console.tui.widgets.dialogs import ask_with
from console.tui.widgets.form_dialog import FormDialog
from console.tui.widgets.record_table import Column, RecordTable
from shared.operations.describe import payment_rules as describe
from shared.rules.payments.names import folded
from shared.rules.payments.values import DepositRule, MethodRule
from shared.structs import replace

COLUMNS = (Column("Payments", least=24), Column("In QuickBooks", least=20))
_TOLD = (
    "Where payments are deposited in QuickBooks, and what QuickBooks calls their methods."
    " Optional: without rules, payments go to Undeposited Funds and methods keep their usual"
    " names. Enter adds or removes a rule; PageDown continues."
)


class SetupRules(Vertical):
    """A table of rules; Enter on a line adds one, or takes that one out again."""

    DEFAULT_CSS = """
    SetupRules > Static { padding: 0 1; height: auto; margin-bottom: 1; }
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say
        self.deposits: tuple[DepositRule, ...] = ()
        self.methods: tuple[MethodRule, ...] = ()

    def compose(self) -> ComposeResult:
        yield Static(_TOLD)
        yield RecordTable(COLUMNS)

    def on_mount(self) -> None:
        """Show that there is none yet."""
        self._show()

    def on_record_table_opened(self, event: RecordTable.Opened) -> None:
        """Add a rule, or take one out."""
        event.stop()
        kind, _, which = event.key.partition(":")
        if event.key == "action:add_deposit":
            self._ask_deposit()
        elif event.key == "action:set_method":
            dialog = FormDialog("Add a method rule", [], fields.method_fields(()), "Add")
            ask_with(self, dialog, self._set_method)
        elif kind == "deposit":
            self.deposits = tuple(rule for rule in self.deposits if rule.id != int(which))
        elif kind == "method":
            self.methods = tuple(rule for rule in self.methods if rule.method != which)
        self._show()

    def _ask_deposit(self) -> None:
        dialog = FormDialog(
            "Add a deposit rule",
            ["If several rules match a payment, the most specific one applies."],
            fields.deposit_fields(()),
            "Add",
        )
        ask_with(self, dialog, self._add_deposit)

    def _add_deposit(self, values: dict[str, Any]) -> None:
        rule = fields.deposit_rule(values)
        if _conditions(rule) in map(_conditions, self.deposits):
            self._say(
                f"There is already a rule for {describe.condition(rule)}. Remove that one first."
            )
            return
        number = max((one.id for one in self.deposits), default=0) + 1
        self.deposits = (*self.deposits, replace(rule, id=number))
        self._show()

    def _set_method(self, values: dict[str, Any]) -> None:
        rule = fields.method_rule(values)
        others = (one for one in self.methods if folded(one.method) != folded(rule.method))
        self.methods = (*others, rule)
        self._show()

    def _show(self) -> None:
        self.query_one(RecordTable).show(
            list(rule_lines(self.deposits, self.methods, with_keys=False))
        )


def _conditions(rule: DepositRule) -> tuple[str, str, str]:
    return folded(rule.method), folded(rule.currency), folded(rule.gateway)
