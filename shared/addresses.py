"""IP addresses: read, and grouped to the unit that one party holds."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@lru_cache(maxsize=1024)
def ip_address(text: str) -> Address | None:
    """Read an address, an IPv4 one in IPv6's clothes as what it is; None for anything else.

    Each request asks for the same few, several times.
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def peer_group(peer: str) -> str:
    """The unit that a limit for each peer counts: an IPv4 address or an IPv6 /64; else itself.

    A group is the group of itself.
    """
    address = ip_address(peer.removesuffix("/64"))
    if address is None:
        return peer
    return str(
        address if address.version == 4 else ipaddress.ip_network((address, 64), strict=False)
    )
