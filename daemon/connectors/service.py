"""All connected accounts: each has a worker of its own, and changes while the daemon runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.defer import Deferred, succeed

from daemon.connectors.platform import Answer, Capabilities, Company, NotNow, Platform, Prepared
from daemon.connectors.worker import ConnectorWorker
from daemon.kept_services import KeptServices
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


class Connectors(KeptServices[Found, ConnectorWorker]):
    """The worker of each connected account.

    ``platforms`` are the kinds that there are, ``key_of`` finds the key of an account and raises
    CannotOpen.
    """

    def __init__(
        self,
        platforms: Mapping[str, Make],
        *,
        reactor: Any,
        reads: Reads,
        key_of: Callable[[PlatformAccount, bytes], str],
        worker: Callable[[PlatformAccount, Platform], ConnectorWorker],
    ) -> None:
        super().__init__(reactor=reactor, reads=reads, look_seconds=LOOK_SECONDS)
        self._platforms = platforms
        self._key_of = key_of
        self._worker = worker

    def set_up(self, _store: Store) -> list[Found]:
        return [(one, accounts.sealed_key(one.connection_id)) for one in accounts.every()]

    def sameness(self, one: Found) -> Any:
        account, sealed = one
        where = (account.connection_id, account.platform, account.url, account.connected_at)
        return (*where, account.key_source, sealed)

    def make(self, one: Found) -> ConnectorWorker:
        account, sealed = one
        return self._worker(account, self._platform(account, sealed))

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
