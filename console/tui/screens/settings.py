"""Settings of a connection: everything that can be changed about it, with what follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult

from console.tui import render
from console.tui.bindings import bindings, hide
from console.tui.screens import settings_fields as fields
from console.tui.screens import settings_rows
from console.tui.screens.issuing import IssuesPasswords
from console.tui.widgets.beside import Beside
from console.tui.widgets.dialogs import ask_with
from console.tui.widgets.form import TextField, Wrong
from console.tui.widgets.form_dialog import FormDialog
from console.tui.widgets.record_table import Column, RecordTable
from console.tui.widgets.text_view import TextView
from shared.models.store import Store
from shared.operations import connections, payment_rules
from shared.operations.connections import Decided, RemovalPlan, SettingsView
from shared.operations.describe.connection_settings import SETTINGS, Setting, follows
from shared.rules.values import Application, Connection

COLUMNS = (Column("Setting", least=24), Column("Current value", least=20))


class SettingsScreen(IssuesPasswords[SettingsView]):
    """The fields and rules of one connection; Enter changes what is under the cursor.

    ``removed`` is told the sentence when the connection is no more.
    """

    BINDINGS = bindings(
        hide(
            "x",
            "remove",
            "Remove connection",
            "Remove the connection and everything in it. Asks for its name.",
        )
    )

    def __init__(self, connection_id: int, removed: Callable[[str], None]) -> None:
        super().__init__()
        self._connection_id = connection_id
        self._removed = removed

    def body(self) -> ComposeResult:
        yield Beside(COLUMNS)

    def question(self) -> Callable[[Store], SettingsView]:
        return partial(connections.view_settings, which=self._connection_id)

    def show(self, snapshot: SettingsView) -> None:
        self.show_place(f"Settings of {snapshot.connection.name}")
        lines = settings_rows.lines(snapshot, self.worker.clock())
        self.query_one(RecordTable).show(list(lines))
        self.explain()

    def able(self) -> dict[str, bool]:
        held = self.snapshot
        return super().able() | {
            **dict.fromkeys(("add_deposit", "set_method", "remove"), held is not None),
            "unbind": held is not None and held.connection.binding is not None,
        }

    def issuing_for(self) -> tuple[Connection, Sequence[Application]] | None:
        held = self.snapshot
        return (held.connection, held.applications) if held else None

    def explain(self) -> None:
        key, held = self.under_cursor, self.snapshot
        if not key or held is None:
            return
        if key in SETTINGS:
            told = _told_of_field(SETTINGS[key], held.connection)
        else:
            told = settings_rows.explained(key, held, self.worker.clock())
        self.query_one(TextView).show(list(told), from_top=True)

    @on(RecordTable.Opened)
    def _open(self, event: RecordTable.Opened) -> None:
        kind, _, which = event.key.partition(":")
        if event.key in SETTINGS:
            self._change(SETTINGS[event.key])
        elif kind == "deposit" or kind == "method":
            self._remove_rule(which)
        elif kind == "action":
            self.run_action_of(which)

    def run_action_of(self, name: str) -> None:
        """Do what a line of the table stands for; its key does the same."""
        if self.check_action(name, ()):
            getattr(self, f"action_{name}")()

    # Fields.

    def _change(self, one: Setting) -> None:
        if self.snapshot is None or not self.may_change():
            return
        connection = self.snapshot.connection
        dialog = FormDialog(
            f"{one.title} of {connection.name}",
            [one.follows] if one.follows else [],
            [fields.field_of(one, getattr(connection, one.key))],
            "Continue" if one.asks else "Change",
        )
        ask_with(self, dialog, partial(self._chosen, one, connection))

    def _chosen(self, one: Setting, before: Connection, changes: dict[str, Any]) -> None:
        if changes[one.key] == getattr(before, one.key):
            self.say("Nothing was changed: that is the current value.")
        else:
            self.decide(
                partial(connections.plan_edit, which=before.id, changes=changes), asks=one.asks
            )

    # Rules.

    def action_add_deposit(self) -> None:
        """Ask for a deposit rule, and add it."""
        if self.snapshot is None or not self.may_change():
            return
        dialog = FormDialog(
            "Add a deposit rule",
            ["If several rules match a payment, the most specific one applies."],
            fields.deposit_fields(self.snapshot.accounts),
            "Add",
        )
        ask_with(self, dialog, self._add_deposit)

    def _add_deposit(self, values: dict[str, Any]) -> None:
        wanted = fields.deposit_rule(values)
        self.decide(partial(payment_rules.plan_deposit, which=self._connection_id, wanted=wanted))

    def action_set_method(self) -> None:
        """Ask for a method rule, and add it."""
        if self.snapshot is None or not self.may_change():
            return
        dialog = FormDialog(
            "Add a method rule",
            ["A rule for the same method is replaced."],
            fields.method_fields(self.snapshot.methods),
            "Add",
        )
        ask_with(self, dialog, self._set_method)

    def _set_method(self, values: dict[str, Any]) -> None:
        wanted = fields.method_rule(values)
        self.decide(partial(payment_rules.plan_method, which=self._connection_id, wanted=wanted))

    def _remove_rule(self, rule: str) -> None:
        if self.snapshot is not None and self.may_change():
            plan = partial(payment_rules.plan_removal, which=self._connection_id, rule=rule)
            self.decide(plan, asks=True)

    # Forgetting and removing.

    def action_unbind(self) -> None:
        """Ask, then forget the company file."""
        held = self.snapshot
        if held is not None and held.connection.binding and self.may_change():
            plan = partial(
                connections.plan_edit, which=self._connection_id, changes={}, rebind=True
            )
            self.decide(plan, asks=True)

    def action_remove(self) -> None:
        """Count what would go, ask for the name, then remove."""
        if self.snapshot is not None and self.may_change():
            question = partial(connections.plan_removal, which=self._connection_id)
            self.look(question, partial(self._ask_to_remove, self.snapshot.connection.name))

    def _ask_to_remove(self, name: str, plan: RemovalPlan) -> None:
        typed = TextField("name", "To remove it, type its name", name, partial(_same_name, name))
        told = (*plan.told, *(need.sentence for need in plan.needs))
        dialog = FormDialog(plan.title, told, [typed], plan.verb)
        self.app.push_screen(dialog, lambda given: self._remove(plan) if given else None)

    def _remove(self, plan: RemovalPlan) -> None:
        self.say("Working…")
        codes = [need.code for need in plan.needs]
        self.go_on(self.worker.decide(plan, codes), self._gone)

    def _gone(self, removed: Decided) -> None:
        self.dismiss()
        self._removed(removed.sentence)


def _told_of_field(one: Setting, connection: Connection) -> Iterator[Text]:
    yield render.titled(one.title, one.told)
    if one.follows:
        yield render.titled("A change", one.follows)
    for value, option in one.options:
        told = follows(connection, {one.key: value})
        if told and not one.follows:
            yield render.titled(f"Enter, {option}", " ".join(told))
    if not one.options or one.follows:
        yield render.titled("Enter", "changes it.")


def _same_name(name: str, typed: str) -> str:
    if typed.strip() != name:
        raise Wrong(f"Type {name}, in exactly these letters.")
    return name
