"""Whom a reverse proxy speaks for.

A proxy that we trust names its client in ``X-Forwarded-For``; what anybody else writes there is
not believed. Each proxy adds whom it was called by at the end, so the client is the last one named
that is no proxy of ours.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from shared.addresses import ip_address, peer_group

ON_THIS_MACHINE = ("127.0.0.0/8", "::1")


class TrustedProxies:
    """The addresses and networks of our proxies; whatever has no address (a UNIX socket), too."""

    def __init__(self, networks: Iterable[str] = ON_THIS_MACHINE) -> None:
        """Raises ValueError for what is no network."""
        self._networks = [ipaddress.ip_network(network, strict=False) for network in networks]

    def trust(self, peer: str) -> bool:
        """Whether ``peer`` speaks for others, and so for no client of its own."""
        address = ip_address(peer)
        return address is None or any(address in network for network in self._networks)

    def source(self, client: str) -> str:
        """The unit by which guesses of a client are counted; empty where a proxy names nobody."""
        return "" if self.trust(client) else peer_group(client)

    def client(self, peer: str, forwarded: Sequence[str]) -> str:
        """Name the client behind ``peer``; ``forwarded`` are the headers in their order."""
        if not forwarded or not self.trust(peer):
            return peer
        client = peer
        named = [name.strip() for header in forwarded for name in header.split(",")]
        for name in reversed(named):
            address = ip_address(name)
            if address is None:
                break
            client = str(address)
            if not self.trust(client):
                break
        return client
