"""Settings of a connection: everything that can be changed about it, with what follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from console.cli.rules import told_of
from console.tui import words
from console.tui.actions import connections as actions
from console.tui.actions import rules
from console.tui.screens import settings_fields as fields
from console.tui.screens import settings_rows
from console.tui.screens.issuing import IssuesPasswords
from console.tui.screens.settings_fields import FIELDS, FieldOfConnection
from console.tui.snapshots import settings as snapshots
from console.tui.snapshots.settings import AtStake, ConnectionSettings, HeldBack
from console.tui.widgets.dialogs import Confirm
from console.tui.widgets.form import TextField, Wrong
from console.tui.widgets.form_dialog import FormDialog
from console.tui.widgets.record_table import Column, RecordTable
from console.tui.widgets.text_view import TextView
from shared.models.store import Store
from shared.operations.describe.text import count
from shared.rules.payments.values import DepositRule, MethodRule
from shared.rules.values import Application, Connection

COLUMNS = (Column("Setting", least=24), Column("As it is", least=20))


class SettingsScreen(IssuesPasswords[ConnectionSettings]):
    """The fields and rules of one connection; Enter changes what is under the cursor.

    ``removed`` is told the sentence when the connection is no more.
    """

    CSS_PATH = "settings.tcss"
    AUTO_FOCUS = "RecordTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "D",
            "add_deposit",
            "Deposit rule",
            tooltip="Add a rule: which payments are deposited to which account.",
        ),
        Binding(
            "M",
            "set_method",
            "Method rule",
            tooltip="Add a rule: what QuickBooks calls a payment method.",
        ),
        Binding(
            "U",
            "unbind",
            "Forget the company",
            show=False,
            tooltip="Forget the company file; the next sync binds the one that is open. It asks.",
        ),
        Binding(
            "X",
            "remove",
            "Remove connection",
            show=False,
            tooltip="Remove the connection with all that it holds. It asks for its name.",
        ),
    ]

    def __init__(self, connection_id: int, removed: Callable[[str], None]) -> None:
        super().__init__()
        self._connection_id = connection_id
        self._removed = removed

    def body(self) -> ComposeResult:
        """The table, and what the line under the cursor means."""
        yield RecordTable(COLUMNS)
        yield TextView(classes="preview")

    def question(self) -> Callable[[Store], ConnectionSettings]:
        """The connection with its rules."""
        return partial(snapshots.read, connection_id=self._connection_id)

    def show(self, snapshot: ConnectionSettings) -> None:
        """Fill the table."""
        self.show_place(f"Settings of {snapshot.connection.name}")
        self.query_one(RecordTable).show(list(settings_rows.lines(snapshot)))
        self._explain()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim what waits for the store, and what there is nothing to forget of."""
        held = self.snapshot
        if action in ("add_deposit", "set_method", "remove"):
            return True if held else None
        if action == "unbind":
            return True if held and held.connection.binding else None
        return super().check_action(action, parameters)

    def issuing_for(self) -> tuple[Connection, Sequence[Application]] | None:
        """This connection."""
        held = self.snapshot
        return (held.connection, held.applications) if held else None

    @on(RecordTable.Moved)
    def _explain(self) -> None:
        key = self.query_one(RecordTable).key
        if key is not None and self.snapshot is not None:
            self.query_one(TextView).show(list(self._told(key, self.snapshot)), from_top=True)
        self.refresh_bindings()

    def _told(self, key: str, held: ConnectionSettings) -> Iterator[Text]:
        if key in FIELDS:
            yield from _told_of_field(FIELDS[key], held.connection)
        else:
            yield from settings_rows.explained(key, held)

    @on(RecordTable.Opened)
    def _open(self, event: RecordTable.Opened) -> None:
        kind, _, which = event.key.partition(":")
        if event.key in FIELDS:
            self._change(FIELDS[event.key])
        elif kind == "deposit":
            self._remove_deposit(int(which))
        elif kind == "method":
            self._remove_method(which)
        elif kind == "action":
            self.run_action_of(which)

    def run_action_of(self, name: str) -> None:
        """Do what a line of the table stands for; its key does the same."""
        if self.check_action(name, ()):
            getattr(self, f"action_{name}")()

    # Fields.

    def _change(self, one: FieldOfConnection) -> None:
        if self.snapshot is None or not self.may_change():
            return
        connection = self.snapshot.connection
        dialog = FormDialog(
            f"{one.title} of {connection.name}",
            [told] if (told := actions.always_follows(one.name)) else [],
            [one.field(getattr(connection, one.name))],
            "Continue" if one.asks else "Change",
        )
        self.app.push_screen(dialog, partial(self._chosen, one, connection))

    def _chosen(
        self, one: FieldOfConnection, before: Connection, changes: dict[str, Any] | None
    ) -> None:
        if changes is None:
            return
        if changes[one.name] == getattr(before, one.name):
            self.say("Nothing was changed: it is so already.")
        elif one is fields.PAYMENTS_OUT and changes[one.name]:
            question = partial(snapshots.held_back, connection_id=before.id)
            self.look(question, lambda held: self._ask(one, before, changes, _held_back(held)))
        elif one.asks:
            self._ask(one, before, changes, actions.follows(before, changes))
        else:
            self._edit(changes)

    def _ask(
        self,
        one: FieldOfConnection,
        before: Connection,
        changes: dict[str, Any],
        told: Sequence[str],
    ) -> None:
        was, becomes = one.shown(getattr(before, one.name)), one.shown(changes[one.name])
        self.app.push_screen(
            Confirm(
                f"{one.title} of {before.name}: change it?",
                [f"From: {was}.", f"To: {becomes}.", *told],
                "Change",
            ),
            lambda agreed: self._edit(changes) if agreed else None,
        )

    def _edit(self, changes: dict[str, Any]) -> None:
        edit = partial(actions.edit, connection_id=self._connection_id, changes=changes)
        self.carry_out(edit)

    # Rules.

    def action_add_deposit(self) -> None:
        """Ask for a deposit rule, and add it."""
        if self.snapshot is None or not self.may_change():
            return
        dialog = FormDialog(
            "Where shall which payments be deposited?",
            ["Of several rules that fit a payment, the one that names most counts."],
            fields.deposit_fields(self.snapshot.accounts),
            "Add",
        )
        self.app.push_screen(dialog, self._add_deposit)

    def _add_deposit(self, values: dict[str, Any] | None) -> None:
        if values is not None:
            rule = fields.deposit_rule(values)
            add = partial(rules.add_deposit, connection_id=self._connection_id, wanted=rule)
            self.carry_out(add)

    def action_set_method(self) -> None:
        """Ask for a method rule, and add it."""
        if self.snapshot is None or not self.may_change():
            return
        dialog = FormDialog(
            "What does QuickBooks call a payment method?",
            ["A rule for the same method is replaced."],
            fields.method_fields(self.snapshot.methods),
            "Add",
        )
        self.app.push_screen(dialog, self._set_method)

    def _set_method(self, values: dict[str, Any] | None) -> None:
        if values is not None:
            rule = fields.method_rule(values)
            self.carry_out(
                partial(rules.set_method, connection_id=self._connection_id, wanted=rule)
            )

    def _remove_deposit(self, rule_id: int) -> None:
        if self.snapshot is None or not self.may_change():
            return
        rule = next(one for one in self.snapshot.deposit_rules if one.id == rule_id)
        remove = partial(rules.remove_deposit, connection_id=self._connection_id, rule_id=rule_id)
        self.app.push_screen(
            Confirm("Remove this deposit rule?", _without_deposit(rule), "Remove"),
            lambda agreed: self.carry_out(remove) if agreed else None,
        )

    def _remove_method(self, method: str) -> None:
        if self.snapshot is None or not self.may_change():
            return
        rule = next(one for one in self.snapshot.method_rules if one.method == method)
        remove = partial(rules.remove_method, connection_id=self._connection_id, method=method)
        self.app.push_screen(
            Confirm("Remove this method rule?", _without_method(rule), "Remove"),
            lambda agreed: self.carry_out(remove) if agreed else None,
        )

    # Forgetting and removing.

    def action_unbind(self) -> None:
        """Ask, then forget the company file."""
        held = self.snapshot
        if held is None or held.connection.binding is None or not self.may_change():
            return
        bound = held.connection.binding.company_name
        unbind = partial(actions.unbind, connection_id=self._connection_id)
        self.app.push_screen(
            Confirm(
                f"Forget that {held.connection.name} belongs to {bound}?",
                [
                    "The next sync takes whatever company is open then, and payments go there. See"
                    " first that it is the right one.",
                ],
                "Forget it",
            ),
            lambda agreed: self.carry_out(unbind) if agreed else None,
        )

    def action_remove(self) -> None:
        """Count what would go, ask for the name, then remove."""
        if self.snapshot is not None and self.may_change():
            question = partial(snapshots.at_stake, connection_id=self._connection_id)
            self.look(question, partial(self._ask_to_remove, self.snapshot.connection))

    def _ask_to_remove(self, connection: Connection, stake: AtStake) -> None:
        name = TextField(
            "name",
            "To remove it, type its name",
            connection.name,
            partial(_same_name, connection.name),
        )
        dialog = FormDialog(f"Remove {connection.name}?", _lost(stake), [name], "Remove")
        self.app.push_screen(dialog, lambda typed: self._remove() if typed else None)

    def _remove(self) -> None:
        self.say("Working…")
        remove = partial(actions.remove, connection_id=self._connection_id)
        done = self.backstage.carry_out(remove)
        self.go_on(done, self._gone)

    def _gone(self, sentence: str) -> None:
        self.dismiss()
        self._removed(sentence)


def _told_of_field(one: FieldOfConnection, connection: Connection) -> Iterator[Text]:
    yield words.titled(one.title, one.told)
    if told := actions.always_follows(one.name):
        yield words.titled("A change", told)
    for value, option in one.options:
        follows = actions.follows(connection, {one.name: value})
        if follows and not told:
            yield words.titled(f"Enter, {option}", " ".join(follows))
    if not one.options or told:
        yield words.titled("Enter", "changes it.")


def _same_name(name: str, typed: str) -> str:
    if typed.strip() != name:
        raise Wrong(f"Type {name}, in exactly these letters.")
    return name


def _lost(stake: AtStake) -> list[str]:
    told = [
        f"It goes with {count(stake.open_invoices, 'open invoice')}, its customers, its payments,"
        f" its syncs, {count(stake.open_problems, 'open problem')} and its passwords. This cannot"
        " be undone; QuickBooks is not touched."
    ]
    if stake.payments_waiting:
        told.append(
            f"{count(stake.payments_waiting, 'payment')} that should still go to QuickBooks will"
            " not be posted."
        )
    if stake.payments_unknown:
        told.append(
            f"Of {count(stake.payments_unknown, 'payment')} nobody will find out any more whether"
            " QuickBooks has them."
        )
    return told


def _held_back(held: HeldBack) -> list[str]:
    if not held.count:
        return ["No payment was held back; those that come in from now on are posted."]
    sums = " and ".join(f"{total:,.2f} {currency}".strip() for currency, total in held.sums)
    return [
        f"{count(held.count, 'payment')} of {sums} that were held back go to QuickBooks with the"
        " next Payment Sync, as far as nothing else stands against them."
    ]


def _without_deposit(rule: DepositRule) -> list[str]:
    return [
        f"Until now {told_of(rule)}.",
        "From the next Payment Sync on another rule counts for them, or Undeposited Funds.",
    ]


def _without_method(rule: MethodRule) -> list[str]:
    return [
        f"{rule.method} is {rule.name or '(no method)'} in QuickBooks.",
        "From the next Payment Sync on it goes by its usual name.",
    ]
