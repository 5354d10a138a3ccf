"""Webhooks: each event as a signed request to the address of somebody's program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import ClassVar

from attrs import define
from twisted.internet.defer import Deferred

from daemon.outlets.posting import Answer, NoAnswer, Poster
from daemon.read_thread import Reads
from shared.about import VERSION
from shared.models import webhooks
from shared.models.store import Store
from shared.operations import webhooks as operations
from shared.operations.contracts.webhooks import delivery_json
from shared.rules.events import Event, EventKind
from shared.rules.outlets import GIVE_UP_AFTER, Became, Delivered, Refused, TryAgain
from shared.rules.webhooks import DELIVERY, SIGNATURE, Webhook, signature
from shared.structs import PartlyCompared

LOOK_SECONDS = 10.0
"""How often it is looked which webhooks there are."""
LONGEST_WAIT = timedelta(hours=1)
"""So long at the most a receiver may ask to be left alone."""
_BUSY = (429, 502, 503, 504)
"""What is answered where no other event would be taken either."""


class WebhookOutlet(PartlyCompared):
    """One webhook, as ``daemon.outlets.runner.Outlet`` tells."""

    HIDDEN: ClassVar = ("secret", "client", "reads", "now")
    NOT_COMPARED: ClassVar = ("client", "reads", "now")

    webhook: Webhook
    kinds: frozenset[str] | None
    secret: str
    client: Callable[[], Poster]
    reads: Reads
    now: Callable[[], datetime]
    at_once: int = 4
    gives_up_after: timedelta = GIVE_UP_AFTER

    @property
    def name(self) -> str:
        """The name of its row in the store."""
        return self.webhook.outlet

    @property
    def connections(self) -> frozenset[int]:
        """Its connection alone."""
        return frozenset({self.webhook.connection_id})

    def deliver(self, event: Event) -> Became | Deferred[Became]:
        """Post an event. A test is for one webhook alone, and tried once: somebody waits for it."""
        if event.kind is not EventKind.WEBHOOK_TESTED:
            return Deferred.fromCoroutine(self._post(event))
        if event.object_id != str(self.webhook.id):
            return Delivered(wanted=False)
        return Deferred.fromCoroutine(self._post(event)).addCallback(_tried_once)

    async def _post(self, event: Event) -> Became:
        body = await self.reads.view(
            lambda store: delivery_json(operations.view_delivery(store, self.webhook.id, event))
        )
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"Deskbridge/{VERSION}",
            DELIVERY: f"{self.webhook.id}-{event.id}",
            SIGNATURE: signature(self.secret, self.now(), body),
        }
        try:
            answer = await self.client().post(self.webhook.url, headers, body)
        except NoAnswer as why:
            return TryAgain(str(why), whole=True)
        return judged(answer, self.now())


def _tried_once(became: Became) -> Became:
    return Refused(became.reason) if isinstance(became, TryAgain) else became


def judged(answer: Answer, now: datetime) -> Became:
    """What an answer says: 2xx takes the event, anything else leaves it to another try."""
    if 200 <= answer.status < 300:
        return Delivered()
    told = f"It answered {answer.status}."
    if 300 <= answer.status < 400:
        told = f"It answered {answer.status}, a redirect, which is not followed."
    after = _asked_for(answer.retry_after, now)
    return TryAgain(told, min(after, LONGEST_WAIT), whole=answer.status in _BUSY)


def _asked_for(retry_after: str, now: datetime) -> timedelta:
    """How long the receiver wants to be left alone; nothing where that cannot be read."""
    text = retry_after.strip()
    if text.isascii() and text.isdecimal():
        return timedelta(seconds=min(int(text[:9]), 86_400))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return timedelta()
    return max(at.replace(tzinfo=at.tzinfo or UTC) - now, timedelta())


@define(eq=False, repr=False)
class Webhooks:
    """The webhooks that are set up."""

    _client: Callable[[], Poster]
    _reads: Reads
    _now: Callable[[], datetime]

    def outlets(self, _store: Store) -> Sequence[WebhookOutlet]:
        """Those of now, each with what it signs with."""
        return [self._outlet(one) for one in webhooks.all_webhooks()]

    def _outlet(self, webhook: Webhook) -> WebhookOutlet:
        kinds = operations.kinds_wanted(webhook)
        return WebhookOutlet(
            webhook,
            None if kinds is None else frozenset(kinds),
            webhooks.secret(webhook),
            self._client,
            self._reads,
            self._now,
        )
