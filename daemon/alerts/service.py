"""Looks once a minute what is wrong, and tells whoever wants to know.

Of several daemons one looks, and one sends to each recipient: whoever holds the outlet.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from attrs import define, field
from twisted.application.service import MultiService
from twisted.internet import defer
from twisted.internet.defer import Deferred, gatherResults, inlineCallbacks
from twisted.logger import Logger
from twisted.python.failure import Failure

from daemon.alerts.sending import SECONDS, Sender, Wanted, note, wanted, write
from daemon.failures import tell
from daemon.read_thread import Reads
from daemon.store_thread import Threads
from daemon.timers import Timer
from shared.errors import StoreDamaged
from shared.health.machine import Machine
from shared.models import alerts, backups, events, outlets
from shared.models.store import Store
from shared.operations import alert_facts
from shared.rules.alert_conditions import Facts, conditions
from shared.rules.alerts import AlertKind, Changes, Recipient, settle
from shared.settings import Settings

LOOK_SECONDS = 60.0
TESTS_SECONDS = 2.0
"""How often it is looked whether somebody asked for a test: a person waits for it."""
STOP_SECONDS = 5.0
WATCH = "alerts"
"""The outlet whose holder looks what is wrong."""


@define(eq=False, repr=False, kw_only=True)
class Alerts(MultiService):
    """``now`` is the store's time, asked inside a unit; ``chance`` gives numbers from 0 to 1."""

    log = Logger()

    _sender: Sender
    _reactor: Any
    _threads: Threads
    _reads: Reads
    _settings: Settings
    _machine: Machine
    _now: Callable[[], datetime]
    _chance: Callable[[], float]
    _holder: str
    _under_way: dict[int, Deferred[None]] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        super().__init__()
        for seconds, look in ((LOOK_SECONDS, self._look), (TESTS_SECONDS, self._look_for_tests)):
            Timer(self._reactor, seconds, look).setServiceParent(self)

    @inlineCallbacks
    def stopService(self) -> Any:
        """Let messages under way come to their end, for a while."""
        yield super().stopService()
        ended = gatherResults(list(self._under_way.values()))
        ended.addTimeout(STOP_SECONDS, self._reactor).addErrback(lambda _late: None)
        yield ended
        yield self._threads.store(self._thd_let_go).addErrback(self._failed)

    def _thd_let_go(self) -> None:
        for name in (WATCH, *(one.outlet for one in alerts.recipients())):
            outlets.let_go(name, self._holder)

    def _failed(self, failure: Failure) -> None:
        tell(self.log, "Alerts failed; they are tried again", failure)

    # What is wrong.

    @inlineCallbacks
    def _look(self) -> Any:
        try:
            if (yield self._threads.store(self._thd_claim_watch)):
                changes = yield self._look_around()
                if changes:
                    yield self._threads.store(lambda: alerts.change(changes, self._now()))
            for recipient in (yield self._reads.view(self._to_tell)):
                self._tell(recipient)
        except Exception:  # it is looked again a minute later
            self._failed(Failure())

    def _thd_claim_watch(self) -> bool:
        now = self._now()
        outlets.open_outlet(WATCH, events.EVERY)
        alerts.prune(now - timedelta(days=self._settings.keep_days))
        return outlets.claim(WATCH, self._holder, now) is not None

    @inlineCallbacks
    def _look_around(self) -> Any:
        try:
            return (yield self._reads.view(self._changes))
        except StoreDamaged:  # that alone can be told then, and nothing is known to be over
            return (yield self._reads.view(self._damage))

    def _damage(self, _store: Store) -> Changes:
        now, facts = self._now(), Facts(check=backups.last_check())
        known = [one for one in alerts.on_file() if one.kind is AlertKind.STORE]
        return settle(known, conditions(facts, now), now)

    def _changes(self, store: Store) -> Changes:
        facts = alert_facts.read(store, self._settings, self._machine)
        now = self._now()
        return settle(alerts.on_file(), conditions(facts, now), now)

    # Telling.

    def _to_tell(self, _store: Store) -> list[Recipient]:
        return [one for one in alerts.recipients() if wanted(one, self._now()) is not None]

    @inlineCallbacks
    def _look_for_tests(self) -> Any:
        try:
            asked = self._reads.view(lambda _store: [*map(alerts.get, alerts.tests_asked())])
            for recipient in (yield asked):
                self._tell(recipient)
        except Exception:  # as above
            self._failed(Failure())

    def _tell(self, recipient: Recipient) -> None:
        """Send to a recipient, unless a message to it is under way."""
        if recipient.id in self._under_way or not self.running:
            return
        told = Deferred.fromCoroutine(self._send(recipient))
        told.addErrback(self._failed)
        self._under_way[recipient.id] = told
        told.addBoth(lambda _: self._ended(recipient))

    def _ended(self, recipient: Recipient) -> None:
        del self._under_way[recipient.id]

    async def _send(self, recipient: Recipient) -> None:
        what = await self._threads.store(self._thd_claim, recipient)
        if what is None:
            return
        written = await self._reads.view(lambda store: write(store, recipient, what, self._now()))
        sent = self._sender.send(recipient, written)
        sent.addTimeout(SECONDS, self._reactor).addErrback(_too_late)
        why = await sent
        await self._threads.store(self._thd_note, recipient, what, why)

    def _thd_claim(self, recipient: Recipient) -> Wanted | None:
        """What it is to get, if nobody else sends to it."""
        now = self._now()
        if outlets.claim(recipient.outlet, self._holder, now) is None:
            return None
        return wanted(alerts.get(recipient.id), now)

    def _thd_note(self, recipient: Recipient, what: Wanted, why: str) -> None:
        now = self._now()
        if outlets.claim(recipient.outlet, self._holder, now) is not None:  # it was not removed
            note(recipient, what, why, self._chance, now)


def _too_late(failure: Failure) -> str:
    failure.trap(defer.TimeoutError)
    return f"There was no answer within {SECONDS:g} seconds."
