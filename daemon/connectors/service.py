"""All connected accounts: each has a worker of its own, and changes while the daemon runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twisted.application.service import MultiService
from twisted.internet.defer import Deferred, inlineCallbacks, maybeDeferred, succeed
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from daemon.connectors.platform import Answer, Capabilities, Company, NotNow, Platform, Prepared
from daemon.connectors.worker import ConnectorWorker
from daemon.read_thread import Reads
from shared.models.platforms import accounts
from shared.models.store import Store
from shared.rules.connectors import Change, PlatformAccount
from shared.rules.outlets import Refused
from shared.sealing import CannotOpen

LOOK_SECONDS = 5.0
Make = Callable[[PlatformAccount, str], Platform]
"""Makes a platform for an account with its key."""
Found = tuple[PlatformAccount, bytes]


class Connectors(MultiService):
    """Looks now and then which accounts are connected: people do that while the daemon runs.

    ``platforms`` are the kinds that there are, ``key_of`` finds the key of an account and raises
    CannotOpen.
    """

    log = Logger()

    def __init__(
        self,
        platforms: Mapping[str, Make],
        *,
        reactor: Any,
        reads: Reads,
        key_of: Callable[[PlatformAccount, bytes], str],
        worker: Callable[[PlatformAccount, Platform], ConnectorWorker],
    ) -> None:
        super().__init__()
        self._platforms = platforms
        self._reads = reads
        self._key_of = key_of
        self._worker = worker
        self._running: dict[tuple[Any, ...], ConnectorWorker] = {}
        self._loop = LoopingCall(self._look)
        self._loop.clock = reactor

    def startService(self) -> None:
        super().startService()
        self._loop.start(LOOK_SECONDS)

    @inlineCallbacks
    def stopService(self) -> Any:
        """Stop all of them together."""
        if self._loop.running:
            self._loop.stop()
        yield super().stopService()

    @inlineCallbacks
    def _look(self) -> Any:
        try:
            found = yield self._reads.view(_connected)
        except Exception:  # a store that cannot be read is read again at the next look
            self.log.failure("The connected accounts cannot be read")
            return
        wanted = {_sameness(account, sealed): (account, sealed) for account, sealed in found}
        for same in [one for one in self._running if one not in wanted]:
            yield maybeDeferred(self._running.pop(same).disownServiceParent)
        for same, (account, sealed) in wanted.items():
            if same not in self._running and self.running:
                worker = self._worker(account, self._platform(account, sealed))
                self._running[same] = worker
                worker.setServiceParent(self)

    def _platform(self, account: PlatformAccount, sealed: bytes) -> Platform:
        try:
            return self._platforms[account.platform](account, self._key_of(account, sealed))
        except CannotOpen as why:
            return _Closed(str(why))


class _Closed:
    """Stands for a platform whose key is not to be had: the worker says so, and waits."""

    capabilities = Capabilities()

    def __init__(self, reason: str) -> None:
        self._refused = Refused(reason)

    def company(self) -> Deferred[Company | Refused | NotNow]:
        return succeed(self._refused)

    def prepare(self, _change: Change) -> Deferred[Prepared]:
        return succeed(self._refused)

    def send(self, _body: bytes, _key: str) -> Deferred[Answer]:
        return succeed(self._refused)

    def close(self) -> Deferred[None]:
        return succeed(None)


def _sameness(account: PlatformAccount, sealed: bytes) -> tuple[Any, ...]:
    """What makes a worker another one."""
    where = (account.connection_id, account.platform, account.url, account.connected_at)
    return (*where, account.key_source, sealed)


def _connected(_store: Store) -> list[Found]:
    return [(one, accounts.sealed_key(one.connection_id)) for one in accounts.every()]
