"""Webhooks: added with a secret that is shown once, listed, tested, removed; what they get."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar

from shared.errors import NotFound, NotPossible
from shared.models import connections, events, outlets, problems, syncs, webhooks
from shared.models.events import Told
from shared.models.ledger import customer_pages, invoice_pages
from shared.models.store import Store
from shared.operations import events as event_operations
from shared.operations import payment_views, which
from shared.operations.deciding import Operator, Outcome, Plan
from shared.operations.receivers import checked_url
from shared.operations.which import Which
from shared.rules.events import Event, EventKind
from shared.rules.operators import Role
from shared.rules.outlets import DeliveryState
from shared.rules.payments.views import PaymentLine
from shared.rules.values import Problem, Sync
from shared.rules.webhooks import Webhook, WebhookStanding
from shared.structs import Value

MOST = 20
"""So many webhooks a connection has at the most: each costs a request for every event."""


def view_all(_store: Store, connection: Which = None) -> list[WebhookStanding]:
    """The webhooks of a connection, or of all, with how each stands. Raises NotFound."""
    return [webhooks.standing(one, kinds_wanted(one)) for one in of_connection(connection)]


def of_connection(connection: Which) -> list[Webhook]:
    """The webhooks of a connection, or of all where it is None. Raises NotFound."""
    of = which.number(connection)
    return [one for one in webhooks.all_webhooks() if of in (None, one.connection_id)]


def kinds_wanted(webhook: Webhook) -> tuple[str, ...] | None:
    """The kinds of events that a webhook wants, its tests among them; None: all."""
    if not webhook.events:
        return None
    meant = event_operations.kinds_meant(webhook.events)
    return tuple(dict.fromkeys((*meant, EventKind.WEBHOOK_TESTED.value)))


class Made(Outcome, kw_only=True):
    """A new webhook. ``secret`` signs its deliveries; it is shown this once."""

    HIDDEN: ClassVar = ("secret",)

    id: Annotated[int, "number of the webhook"]
    secret: Annotated[str, "the secret that signs its deliveries: it is shown only once"]


class AddPlan(Plan[Made], kw_only=True):
    """A webhook to be added; no ``kinds``: it gets all events."""

    HIDDEN: ClassVar = ("url",)

    role = Role.MANAGE
    connection: str
    url: str
    kinds: tuple[str, ...]

    def again(self, store: Store) -> AddPlan:
        return plan_add(store, self.connection, self.url, self.kinds)

    def apply(self, by: Operator) -> Made:
        """Add it, and work out its secret."""
        of = connections.get(self.connection)
        made = webhooks.add(of.id, self.url, self.kinds, by.who, by.now)
        by.note("webhook.add", of.name, f"webhook {made.id}, {made.host}, {_wanted(made.events)}")
        sentence = (
            f"Webhook {made.id} now receives {_wanted(made.events)} of {of.name}. Save its "
            "secret now: it is not shown again."
        )
        return Made(sentence, id=made.id, secret=webhooks.secret(made))


def plan_add(_store: Store, connection: Which, url: str, kinds: Sequence[str] = ()) -> AddPlan:
    """What adding a webhook would do. Raises NotFound, CannotBeMeant, NotPossible."""
    of = which.connection(connection)
    url = checked_address(url)
    kinds = tuple(dict.fromkeys(kinds))
    event_operations.kinds_meant(kinds)
    if len([one for one in webhooks.all_webhooks() if one.connection_id == of.id]) >= MOST:
        raise NotPossible(f"{of.name} already has {MOST} webhooks.", "Remove one of them first.")
    return AddPlan(
        title=f"Add a webhook to {of.name}?",
        verb="Add",
        told=(
            f"It receives {_wanted(kinds)}, with invoices, customers and payments as they"
            " are at that time. The owner of that address can read them.",
        ),
        connection=of.name,
        url=url,
        kinds=kinds,
    )


def checked_address(url: str) -> str:
    """An address that events can be sent to, without spaces around it. Raises CannotBeMeant."""
    return checked_url(url, "Events")


def _wanted(kinds: Sequence[str]) -> str:
    return f"events ({', '.join(kinds)})" if kinds else "all events"


class RemovePlan(Plan[Outcome], kw_only=True):
    """A webhook that is to get nothing more."""

    role = Role.MANAGE
    webhook: Webhook

    def again(self, store: Store) -> RemovePlan:
        return plan_remove(store, self.webhook.id)

    def apply(self, by: Operator) -> Outcome:
        webhooks.remove(self.webhook)
        told = f"webhook {self.webhook.id}, {self.webhook.host}"
        by.note("webhook.remove", self.webhook.connection, told)
        return Outcome(f"Webhook {self.webhook.id} ({self.webhook.shown}) is removed.")


def plan_remove(_store: Store, webhook_id: int) -> RemovePlan:
    """What removing a webhook would do. Raises NotFound."""
    webhook = webhooks.get(webhook_id)
    return RemovePlan(
        title=f"Remove webhook {webhook.id} ({webhook.shown})?",
        verb="Remove",
        told=("It gets no more events, not even those that are waiting. Its secret is deleted.",),
        webhook=webhook,
    )


class Asked(Outcome, kw_only=True):
    """A test delivery that the daemon makes; ``event_id`` is that of its event."""

    webhook_id: int
    event_id: int


class TestPlan(Plan[Asked], kw_only=True):
    """A test delivery to one webhook."""

    role = Role.MANAGE
    __test__ = False
    webhook: Webhook

    def again(self, store: Store) -> TestPlan:
        return plan_test(store, self.webhook.id)

    def apply(self, by: Operator) -> Asked:
        """Write an event down for this webhook alone, and end its pause."""
        one = self.webhook
        told = Told(str(one.id), one.outlet, state="test")
        events.record(one.connection_id, EventKind.WEBHOOK_TESTED, [told])
        outlets.resume(one.outlet_id)
        kinds = [EventKind.WEBHOOK_TESTED.value]
        [made] = events.newest(connections=[one.connection_id], kinds=kinds, limit=1)
        by.note("webhook.test", one.connection, f"webhook {one.id}, {one.host}")
        sentence = f"A test is being sent to webhook {one.id} ({one.shown})."
        return Asked(sentence, webhook_id=one.id, event_id=made.id)


def plan_test(_store: Store, webhook_id: int) -> TestPlan:
    """What testing a webhook would do. Raises NotFound."""
    webhook = webhooks.get(webhook_id)
    return TestPlan(
        title=f"Send a test to webhook {webhook.id} ({webhook.shown})?",
        verb="Send",
        told=("The daemon sends it one signed event of the kind webhook.tested.",),
        webhook=webhook,
    )


class Tested(Value):
    """What became of a test."""

    delivered: Annotated[bool, "whether the receiver accepted it"]
    reason: Annotated[str, "why not; empty: it did"]


def view_test(_store: Store, webhook_id: int, event_id: int) -> Tested | None:
    """What became of a test; None as long as no daemon tried it. Raises NotFound."""
    outlet = outlets.get(webhooks.get(webhook_id).outlet)
    failed = outlets.failed(outlet.id, event_id)
    if failed is not None:
        state, reason = failed
        return Tested(delivered=False, reason=reason) if state is DeliveryState.PARKED else None
    return Tested(delivered=True, reason="") if outlet.position >= event_id else None


# What is sent.


class Delivery(Value):
    """An event as a webhook gets it; ``record`` is what it is about, as that is now."""

    event: Event
    delivery: str
    record: Any


def view_delivery(store: Store, webhook_id: int, event: Event) -> Delivery:
    """What is sent to a webhook. The same event has the same ``delivery`` each time."""
    return Delivery(event, f"{webhook_id}-{event.id}", _record(store, event))


def _record(store: Store, event: Event) -> Any:
    read = _RECORDS.get(event.kind.about)
    if read is None:
        return None
    try:
        return read(store, event.connection_id, event.object_id)
    except (NotFound, ValueError):  # it is gone by now, or was never taken in
        return None


def _payment(store: Store, connection_id: int, number: str) -> PaymentLine | None:
    found = payment_views.view_payment(store, int(number))
    return found if found.payment.connection_id == connection_id else None


def _problem(_store: Store, connection_id: int, number: str) -> Problem | None:
    found = problems.get(int(number))
    return found if found.connection_id == connection_id else None


def _sync(_store: Store, connection_id: int, number: str) -> Sync | None:
    found = syncs.get(int(number))
    return found if found.connection_id == connection_id else None


_RECORDS: Mapping[str, Callable[[Store, int, str], Any]] = {
    "invoice": lambda _store, of, txn_id: invoice_pages.get(of, txn_id),
    "customer": lambda _store, of, list_id: customer_pages.get(of, list_id),
    "payment": _payment,
    "problem": _problem,
    "sync": _sync,
}
