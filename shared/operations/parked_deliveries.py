"""Deliveries that a webhook set aside for a person: listed, delivered again, or given up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from shared.errors import NotFound, NotPossible
from shared.models import outlets, parked_deliveries, webhooks
from shared.models.store import Store
from shared.operations.deciding import Need, Operator, Outcome, Plan
from shared.operations.describe.text import count
from shared.operations.webhooks import of_connection
from shared.operations.which import Which
from shared.rules.events import Event
from shared.rules.operators import Role
from shared.rules.outlets import DeliveryState
from shared.rules.webhooks import Webhook
from shared.structs import Value

NEVER_DELIVERED = "never-delivered"


class Parked(Value):
    """An event that a webhook's receiver did not accept, or not for 48 hours."""

    webhook_id: Annotated[int, "number of the webhook"]
    event: Event
    attempts: Annotated[int, "how often it was tried"]
    reason: Annotated[str, "why it was not delivered"]
    overtaken: Annotated[
        bool,
        "whether a later event of the same document was delivered: then it is not delivered again",
    ]


def view_parked(_store: Store, connection: Which, limit: int | None = None) -> list[Parked]:
    """What the webhooks of a connection, or of all, set aside, newest first. Raises NotFound."""
    of = {one.outlet: one for one in of_connection(connection)}
    found = parked_deliveries.aside(
        [DeliveryState.PARKED], [one.outlet_id for one in of.values()], limit
    )
    return [
        Parked(of[one.outlet].id, one.event, one.attempts, one.reason, one.overtaken)
        for one in found
    ]


class _Decision(Plan[Outcome], kw_only=True):
    """What becomes of parked events of one webhook; ``event_ids`` are those events.

    ``asked`` are those that were asked for; none: all.
    """

    role = Role.RUN
    webhook: Webhook
    event_ids: tuple[int, ...]
    asked: tuple[int, ...]

    def _done(self, by: Operator, word: str) -> None:
        """Write it down; the webhook's problem ends with the last event that is parked."""
        outlet = outlets.get(self.webhook.outlet)
        if not outlets.queue(outlet.id).parked:
            outlets.settle(outlet, by.now)
        told = f"webhook {self.webhook.id}, {count(len(self.event_ids), 'event')}"
        by.note(f"webhook.{word}", self.webhook.connection, told)


class RetryPlan(_Decision, kw_only=True):
    """Parked events that are delivered again."""

    def again(self, store: Store) -> RetryPlan:
        return plan_retry(store, self.webhook.id, self.asked)

    def apply(self, by: Operator) -> Outcome:
        """Have the daemon deliver them; a pause ends at once."""
        retried = parked_deliveries.retry(self.webhook.outlet_id, self.event_ids, by.now)
        outlets.resume(self.webhook.outlet_id)
        self._done(by, "retry")
        told = f"{count(retried, 'event')} of webhook {self.webhook.id}"
        return Outcome(f"{told} will be delivered again, for 48 hours.", retried)


def plan_retry(_store: Store, webhook_id: int, event_ids: Sequence[int] = ()) -> RetryPlan:
    """What delivering parked events again would do; no ``event_ids``: all that can be.

    Raises NotFound, NotPossible where nothing is parked, or a later event was delivered.
    """
    webhook = webhooks.get(webhook_id)
    parked = _parked(webhook, event_ids)
    able = set(parked_deliveries.to_retry(webhook.outlet_id))
    chosen = tuple(one for one in parked if one in able)
    late = [one for one in parked if one not in able]
    if not chosen or (event_ids and late):
        raise NotPossible(
            f"Event {late[0]} is not delivered again: the receiver already has a later event "
            "of the same document.",
            f"Drop it: deskbridge webhook drop {webhook.id} {late[0]}",
        )
    return RetryPlan(
        title=f"Deliver {count(len(chosen), 'event')} again?",
        verb="Deliver",
        webhook=webhook,
        event_ids=chosen,
        asked=tuple(event_ids),
    )


class DropPlan(_Decision, kw_only=True):
    """Parked events that are given up."""

    def again(self, store: Store) -> DropPlan:
        return plan_drop(store, self.webhook.id, self.asked)

    def apply(self, by: Operator) -> Outcome:
        dropped = parked_deliveries.drop(self.webhook.outlet_id, self.event_ids)
        self._done(by, "drop")
        told = count(dropped, "event")
        return Outcome(f"{told} of webhook {self.webhook.id} will not be delivered.", dropped)


def plan_drop(_store: Store, webhook_id: int, event_ids: Sequence[int] = ()) -> DropPlan:
    """What giving up parked events would do; no ``event_ids``: all of the webhook.

    Raises NotFound, NotPossible where nothing is parked.
    """
    webhook = webhooks.get(webhook_id)
    parked = tuple(_parked(webhook, event_ids))
    told = count(len(parked), "event")
    need = Need(NEVER_DELIVERED, f"Webhook {webhook.id} never receives the {told} it missed.")
    return DropPlan(
        title=f"Drop {told} of webhook {webhook.id} ({webhook.shown})?",
        verb="Drop",
        told=("They stay in the list of events.",),
        needs=(need,),
        webhook=webhook,
        event_ids=parked,
        asked=tuple(event_ids),
    )


def _parked(webhook: Webhook, asked: Sequence[int]) -> list[int]:
    """The numbers of the events asked for, or of all; raises NotFound, NotPossible."""
    parked = parked_deliveries.numbers(webhook.outlet_id)
    if not parked:
        raise NotPossible(f"Nothing of webhook {webhook.id} is set aside.")
    missing = sorted(set(asked) - set(parked))
    if missing:
        raise NotFound("event", missing[0], where=f"set aside for webhook {webhook.id}")
    return sorted(set(asked)) or parked
