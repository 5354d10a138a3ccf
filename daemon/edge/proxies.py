"""Whom a reverse proxy speaks for.

A proxy that we trust names its client in ``X-Forwarded-For``; what anybody else writes there is
not believed. Each proxy adds whom it was called by at the end, so the client is the last one named
that is no proxy of ours.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
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

    def client(self, peer: str, forwarded: Iterable[str]) -> str:
        """Name the client behind ``peer``; ``forwarded`` are the headers in their order."""
        if not self.trust(peer):
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


def ip_address(text: str) -> Address | None:
    """Read an address, an IPv4 one in IPv6's clothes as what it is; None for anything else."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def peer_group(peer: str) -> str:
    """The unit that a limit for each peer counts: an IPv4 address or an IPv6 /64; else itself."""
    address = ip_address(peer)
    if address is None:
        return peer
    return str(
        address if address.version == 4 else ipaddress.ip_network((address, 64), strict=False)
    )
