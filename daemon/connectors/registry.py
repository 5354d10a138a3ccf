"""The billing platforms that there are: what an account names, and how one is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daemon.connectors.platform import Platform
from daemon.connectors.service import Make
from shared.rules import invoiced
from shared.rules.connectors import PlatformAccount


def platforms(reactor: Any) -> Mapping[str, Make]:
    """Every platform by the name that accounts have for it.

    What one needs, such as TLS, is imported for the first account that is connected.
    """

    def of_invoiced(account: PlatformAccount, key: str) -> Platform:
        from daemon.connectors.invoiced.client import Client
        from daemon.connectors.invoiced.platform import Invoiced

        return Invoiced(Client(reactor, account.url, key), account.time_zone)

    return {invoiced.NAME: of_invoiced}
