"""Alerts: what is wrong now, who is told of it, and whether messages reach them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeAlias

from rich.text import Text

from console.fields import field
from console.tui import render
from console.tui.bindings import bind, bindings, troubleshooting
from console.tui.screens.hint import OpensHint
from console.tui.screens.outlets import OutletsScreen
from console.tui.screens.paging import Listed
from console.tui.widgets.dialogs import ask_with
from console.tui.widgets.form import ChoiceField, Field, TextField, refusing
from console.tui.widgets.form_dialog import FormDialog
from console.tui.widgets.record_table import Heading
from console.tui.widgets.records import Records
from console.tui.worker import Company
from shared import dates
from shared.models.store import Store
from shared.operations import alerts as operations
from shared.operations.alerts import Added, Asked, RecipientStanding, TestResults, Wanted
from shared.operations.describe import alerts as describe
from shared.rules.alerts import Alert, Audience, Digest
from shared.rules.operators import Role
from shared.structs import Value

ALERTS = Records[Alert](
    lambda one: f"alert {one.id}",
    field("What", lambda one: one.subject, least=20),
    field("State", lambda one: render.state(describe.state(one)), least=7),
    field("When", lambda one: one.opened_at),
    field("Connection", lambda one: one.connection, least=10, drop=1),
)
RECIPIENTS = Records[RecipientStanding](
    lambda one: f"recipient {one.recipient.id}",
    field("What", lambda one: one.recipient.shown),
    field(
        "State", lambda one: render.state("failed" if one.reason else "ok", describe.standing(one))
    ),
    field("When", lambda one: one.delivered_at),
    field("Connection", lambda one: one.recipient.connection or "all"),
)
MOST = 200
"""So many alerts are listed; whoever has more has one cause for them."""
Line: TypeAlias = Alert | RecipientStanding


class Shown(Value):
    """What is wrong, who is told, and what became of the test that was asked for."""

    alerts: Sequence[Alert]
    recipients: Sequence[RecipientStanding]
    tested: TestResults | None


class AlertsScreen(OutletsScreen[Shown, Line, Asked], OpensHint[Shown]):
    """What is wrong, then who is told; the line under the cursor is explained below."""

    PLACE = "Alerts"
    TABLE = ALERTS.columns
    NOTHING = (
        "The daemon has found nothing wrong. Nobody is notified when something goes wrong.\n\n+"
        " adds an email address, or the URL of a program."
    )
    ASKED, MADE = Asked, Added
    COPIED = "the alert"
    BINDINGS = bindings(
        bind("plus", "add", "Add", "Notify another person or program.", key_display="+"),
        bind("M", "test", "Test", "Send a test to the recipient and show the result."),
        bind("x", "remove", "Remove", "Stop notifying this recipient. Asks first."),
        bind("C", "copy", "Copy", "Copy these details to your clipboard."),
        troubleshooting("this failure and its remedy"),
    )

    def question(self) -> Callable[[Store], Shown]:
        return partial(_view, connection_id=self.connection_id, asked=self.test)

    def results(self, tested: TestResults) -> str:
        told = (
            f"Recipient {one.id} ({one.shown}) got the test."
            if one.delivered
            else f"Recipient {one.id} ({one.shown}) did not get the test: {one.reason}."
            for one in tested.results
        )
        return " ".join(told)

    def listed(self, snapshot: Shown) -> Iterator[Listed[Line]]:
        if snapshot.alerts:
            yield Heading(f"Wrong now: {len(snapshot.alerts)}")
        yield from self.rows(ALERTS, snapshot.alerts)
        if snapshot.recipients:
            yield Heading(f"Recipients: {len(snapshot.recipients)}")
        yield from self.rows(RECIPIENTS, snapshot.recipients)

    def told(self, record: Line) -> Iterator[Text]:
        if isinstance(record, Alert):
            yield render.titled(record.subject, record.told)
            yield render.titled("What to do", record.remedy)
            yield render.titled("Since", dates.moment(record.opened_at))
            return
        held = record.recipient
        yield render.titled(f"Recipient {held.id}", held.shown)
        yield render.titled("Alerts", describe.whom(held))
        if record.reason:
            again = dates.moment(record.retry_at)
            yield render.titled("Messages fail", f"{record.reason} Next try {again}.")
        yield render.titled("Last message", dates.moment(record.delivered_at, "none yet"))
        yield render.titled("Added", f"{dates.moment(held.created_at)} by {held.created_by}")

    def company_of(self, record: Line) -> Company | None:
        held = record if isinstance(record, Alert) else record.recipient
        if not held.connection or held.connection_id is None:
            return None
        return Company(held.connection_id, held.connection)

    def place(self, snapshot: Shown) -> str:
        return f"Alerts{self.of_company} ({len(snapshot.alerts)} open)"

    def hint_code(self) -> str:
        chosen = self.chosen()
        return chosen.code if isinstance(chosen, Alert) else ""

    def able(self) -> dict[str, bool]:
        chosen = self.chosen()
        may = self.worker.includes(Role.MANAGE)
        decides = may and isinstance(chosen, RecipientStanding)
        able = {"add": may, "test": decides, "remove": decides}
        return super().able() | able

    def ask_what(self, names: Sequence[str]) -> None:
        fields: list[Field] = [
            TextField(
                "address",
                "Address",
                "An email address, or the URL of a program.",
                refusing(operations.checked_address),
            ),
            TextField(
                *("name", "Company", "Leave empty for all companies and for the machine."),
                str.strip,
                self.company.name if self.company else "",
                tuple(names),
            ),
            ChoiceField(
                *("audience", "Reader", "A bookkeeper gets no commands and no amounts."),
                ((Audience.OPERATOR, "operator"), (Audience.BOOKKEEPER, "bookkeeper")),
                Audience.OPERATOR,
            ),
            ChoiceField(
                *("digest", "Messages", "When they are sent."),
                (
                    (Digest.NONE, "as things happen"),
                    (Digest.DAILY, "one a day, at 7:00"),
                    (Digest.WEEKLY, "one a week, on Mondays at 7:00"),
                ),
                Digest.NONE,
            ),
            TextField(*("quiet", "Quiet hours", "Such as 22:00-07:00; leave empty for none.")),
        ]
        ask_with(self, FormDialog("Notify a person or a program", [], fields, "Add"), self._add)

    def _add(self, values: dict[str, Any]) -> None:
        wanted = Wanted(audience=values["audience"], digest=values["digest"], quiet=values["quiet"])
        name = values["name"] or None
        address = values["address"]
        self.decide(partial(operations.plan_add, address=address, wanted=wanted, connection=name))

    def action_test(self) -> None:
        """Have the daemon send a test to the recipient."""
        if isinstance(chosen := self.chosen(), RecipientStanding):
            self.decide(partial(operations.plan_test, ids=(chosen.recipient.id,)))

    def action_remove(self) -> None:
        """Ask, then remove the recipient."""
        if isinstance(chosen := self.chosen(), RecipientStanding):
            plan = partial(operations.plan_remove, recipient_id=chosen.recipient.id)
            self.decide(plan, asks=True)


def _view(store: Store, connection_id: int | None, asked: Asked | None) -> Shown:
    return Shown(
        operations.view_alerts(store, MOST, connection_id),
        operations.view_recipients(store, connection_id),
        operations.view_tests(store, asked.ids) if asked else None,
    )
