"""Which platforms there are, which accounts are connected, and when a worker is made anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.defer import Deferred, succeed

from daemon.connectors.platform import Answer, Capabilities, Company, NotNow, Platform, Prepared
from shared.models.platforms import accounts
from shared.models.store import Store
from shared.rules import invoiced
from shared.rules.connectors import Change, PlatformAccount
from shared.rules.outlets import Refused
from shared.sealing import CannotOpen

LOOK_SECONDS = 5.0
Make = Callable[[PlatformAccount, str], Platform]
"""Makes a platform for an account with its key."""
Connected = tuple[PlatformAccount, bytes]
"""An account, and its key as the store holds it."""


def platforms(reactor: Any) -> Mapping[str, Make]:
    """Every platform by the name that accounts have for it.

    What one needs, such as TLS, is imported for the first account that is connected.
    """

    def of_invoiced(account: PlatformAccount, key: str) -> Platform:
        from daemon.connectors.invoiced.client import Client
        from daemon.connectors.invoiced.platform import Invoiced

        return Invoiced(Client(reactor, account.url, key), account.time_zone)

    return {invoiced.NAME: of_invoiced}


def connected(_store: Store) -> list[Connected]:
    """All connected accounts."""
    return [(one, accounts.sealed_key(one.connection_id)) for one in accounts.every()]


def sameness(one: Connected) -> Any:
    """What makes an account another one, which a new worker works for."""
    account, sealed = one
    where = (account.connection_id, account.platform, account.url, account.connected_at)
    return (*where, account.key_source, sealed)


def opened(account: PlatformAccount, make: Make, key: Callable[[], str]) -> Platform:
    """The platform of an account; ``key`` finds its key, or raises CannotOpen."""
    try:
        return make(account, key())
    except CannotOpen as why:
        return _Closed(str(why))


class _Closed(Platform):
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
