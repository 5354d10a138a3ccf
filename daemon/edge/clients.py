"""Who is connected: two caps, and idle connections that make room for new ones.

Web Connectors keep a connection open after an update, and many of them may sit behind one
address (a hosting provider's, say). So where all places are taken, the connection that has
waited longest for a next request is closed first, then the one that has owed us a whole request
for longest: whoever opens connections and sends nothing, or sends it byte by byte, keeps nobody
out. Only when all are being answered is the newcomer refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from daemon.edge.proxies import TrustedProxies
from shared.addresses import peer_group


class Client(Protocol):
    """A connection, as the limits see it."""

    peer: str

    def close_idle(self) -> None:
        """Close, between two requests."""

    def make_way(self) -> None:
        """Close, in the middle of a request that is not complete."""


ClientT = TypeVar("ClientT", bound=Client)


class Clients(Generic[ClientT]):
    """Counts the open connections and knows which of them are idle.

    A proxy speaks for everybody, so the cap for one address does not hold for it.
    """

    def __init__(self, most: int, most_per_peer: int, proxies: TrustedProxies) -> None:
        self._proxies = proxies
        self._most = most
        self._most_per_peer = most_per_peer
        self._open: dict[ClientT, str | None] = {}  # with its group
        self._idle: dict[ClientT, None] = {}  # the longest idle first
        self._owing: dict[ClientT, None] = {}  # those without a whole request, the oldest first
        self._groups: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[ClientT]:
        return iter(tuple(self._open))

    def enter(self, client: ClientT) -> str:
        """Take a connection in; the answer is why it may not stay, or empty."""
        group = None if self._proxies.trust(client.peer) else peer_group(client.peer)
        crowded = group is not None and self._groups[group] >= self._most_per_peer
        if crowded and not self._make_room(lambda idle: self._open[idle] == group):
            return f"{self._most_per_peer} connections from there are open already"
        if len(self) >= self._most and not self._make_room(lambda _idle: True):
            return f"{self._most} connections are open already"
        self._open[client] = group
        self._owing[client] = None
        if group is not None:
            self._groups[group] += 1
        return ""

    def leave(self, client: ClientT) -> None:
        """Count a connection no longer; leaving twice, or uninvited, is harmless."""
        self._idle.pop(client, None)
        self._owing.pop(client, None)
        group = self._open.pop(client, None)
        if group is not None:
            self._groups[group] -= 1
            if not self._groups[group]:
                del self._groups[group]

    def idles(self, client: ClientT) -> None:
        """Note that a connection waits for a next request."""
        self._idle[client] = None

    def begins(self, client: ClientT) -> None:
        """Note that a request has begun to arrive."""
        self._idle.pop(client, None)
        self._owing[client] = None

    def works(self, client: ClientT) -> None:
        """Note that the request deserves its place: it is complete, or may be large."""
        self._owing.pop(client, None)

    def _make_room(self, fits: Callable[[ClientT], bool]) -> bool:
        idle = next(filter(fits, self._idle), None)
        owing = next(filter(fits, self._owing), None)
        client = idle or owing
        if client is None:
            return False
        self.leave(client)
        if idle:
            client.close_idle()
        else:
            client.make_way()
        return True
