"""Webhooks: which programs are told what happens, and how deliveries to them go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from rich.text import Text

from console.fields import field
from console.tui import render
from console.tui.bindings import bind, bindings
from console.tui.screens.outlets import OutletsScreen
from console.tui.screens.paging import Listed
from console.tui.widgets.dialogs import ask_with
from console.tui.widgets.form import TextField, Wrong, refusing
from console.tui.widgets.form_dialog import FormDialog
from console.tui.widgets.records import Records
from console.tui.worker import Company
from shared import dates
from shared.models.store import Store
from shared.operations import events as event_operations
from shared.operations import parked_deliveries
from shared.operations import webhooks as operations
from shared.operations.describe import webhooks as describe
from shared.operations.describe.text import count
from shared.operations.webhooks import Asked, Made, Tested
from shared.rules.operators import Role
from shared.rules.webhooks import WebhookStanding
from shared.structs import Value

WEBHOOKS = Records[WebhookStanding](
    lambda one: str(one.webhook.id),
    field("Address", lambda one: one.webhook.shown, least=20, fair=40),
    field("Events", describe.wanted, least=8, drop=3),
    field("State", lambda one: render.state(one.state.value, describe.standing(one)), least=10),
    field("Delivered", lambda one: one.delivered_at, drop=2),
    field("Connection", lambda one: one.webhook.connection, least=10, drop=1),
)


class Shown(Value):
    """The webhooks, and what became of the test that was asked for; None: nothing yet."""

    rows: Sequence[WebhookStanding]
    tested: Tested | None


class WebhooksScreen(OutletsScreen[Shown, WebhookStanding, Asked]):
    """Each webhook with its state; the one under the cursor is explained below."""

    PLACE = "Webhooks"
    TABLE = WEBHOOKS.columns
    NOTHING = (
        "No program gets events.\n\n"
        "A webhook sends a signed request to your program for each event of a company. + adds one."
    )
    ASKED, MADE = Asked, Made
    COPIED = "the webhook"
    BINDINGS = bindings(
        bind("plus", "add", "Add", "Send events to another program.", key_display="+"),
        bind("r", "retry", "Retry", "Deliver again what was set aside after 48 hours."),
        bind("M", "test", "Test", "Send a test and show the result."),
        bind("x", "remove", "Remove", "Send nothing more to it. Asks first."),
        bind("C", "copy", "Copy", "Copy these details to your clipboard."),
    )

    def question(self) -> Callable[[Store], Shown]:
        return partial(_view, connection_id=self.connection_id, asked=self.test)

    def results(self, tested: Tested) -> str:
        which = f"Webhook {self.test.webhook_id}" if self.test else "It"
        if tested.delivered:
            return f"{which} accepted the test."
        return f"{which} did not accept the test: {tested.reason}"

    def listed(self, snapshot: Shown) -> Iterator[Listed[WebhookStanding]]:
        return self.rows(WEBHOOKS, snapshot.rows)

    def told(self, one: WebhookStanding) -> Iterator[Text]:
        held = one.webhook
        yield render.titled(f"Webhook {held.id}", held.shown)
        yield render.titled("Connection", held.connection)
        yield render.titled("Events", describe.wanted(one))
        yield render.titled("State", describe.standing(one))
        if one.reason:
            yield render.titled("Why", one.reason)
        if one.parked:
            told = f"delivers {count(one.parked, 'event')} again that could not be delivered."
            yield render.titled("r", told)
        yield render.titled("Added", f"{dates.moment(held.created_at)} by {held.created_by}")

    def company_of(self, one: WebhookStanding) -> Company | None:
        return Company(one.webhook.connection_id, one.webhook.connection)

    def place(self, snapshot: Shown) -> str:
        return f"Webhooks{self.of_company} ({len(snapshot.rows)})"

    def able(self) -> dict[str, bool]:
        chosen = self.chosen()
        may, runs = self.worker.includes(Role.MANAGE), self.worker.includes(Role.RUN)
        return super().able() | {
            "add": may,
            "test": may and chosen is not None,
            "remove": may and chosen is not None,
            "retry": runs and chosen is not None and chosen.parked > 0,
        }

    def ask_what(self, names: Sequence[str]) -> None:
        proposed = self.company.name if self.company else names[0] if len(names) == 1 else ""
        fields = [
            TextField(
                *("name", "Company", "Whose events are sent."),
                partial(_one_of, names),
                proposed,
                tuple(names),
            ),
            TextField(
                "url",
                "Address",
                "https:// and where your program listens.",
                refusing(operations.checked_address),
            ),
            TextField(
                *("kinds", "Events", "Such as invoice or payment.posted; leave empty for all."),
                refusing(_kinds),
            ),
        ]
        told = ["It receives invoices, customers and payments as they are at that time."]
        ask_with(self, FormDialog("Add a webhook", told, fields, "Add"), self._add)

    def _add(self, values: dict[str, Any]) -> None:
        self.decide(
            partial(
                operations.plan_add,
                connection=values["name"],
                url=values["url"],
                kinds=values["kinds"],
            )
        )

    def action_retry(self) -> None:
        """Deliver again what was set aside."""
        if (chosen := self.chosen()) is not None:
            self.decide(partial(parked_deliveries.plan_retry, webhook_id=chosen.webhook.id))

    def action_test(self) -> None:
        """Have the daemon send a test."""
        if (chosen := self.chosen()) is not None:
            self.decide(partial(operations.plan_test, webhook_id=chosen.webhook.id))

    def action_remove(self) -> None:
        """Ask, then remove it."""
        if (chosen := self.chosen()) is not None:
            plan = partial(operations.plan_remove, webhook_id=chosen.webhook.id)
            self.decide(plan, asks=True)


def _view(store: Store, connection_id: int | None, asked: Asked | None) -> Shown:
    tested = operations.view_test(store, asked.webhook_id, asked.event_id) if asked else None
    return Shown(operations.view_all(store, connection_id), tested)


def _one_of(names: Sequence[str], typed: str) -> str:
    by_name = {one.casefold(): one for one in names}
    if typed.strip().casefold() not in by_name:
        raise Wrong("Type the name of a company; the right arrow completes it.")
    return by_name[typed.strip().casefold()]


def _kinds(typed: str) -> tuple[str, ...]:
    kinds = tuple(typed.replace(",", " ").split())
    event_operations.kinds_meant(kinds)
    return kinds
