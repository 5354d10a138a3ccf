"""The way of a request's body: counted, passed on, and stopped when it grows too large.

No body is collected here. Its owner takes it piece by piece; what arrives while the owner
is being asked whether it may be large is all that is held.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol

from twisted.internet.defer import Deferred, succeed
from twisted.web.http_headers import Headers

from shared.structs import Value


class Head(Value):
    """What is known of a request before its body."""

    method: bytes
    path: bytes
    headers: Headers


class OneAtATime(Exception):
    """Another large body of the same ticket is still being read or worked on."""


class Body(Protocol):
    """Where the body of one request goes."""

    limit_bytes: int
    """The most that is read of this body, judged by the request's head alone.

    More than that is refused unread; what is read need not be kept.
    """

    def feed(self, data: bytes) -> None:
        """Take the next piece."""

    def may_be_large(self) -> Deferred[bool]:
        """Answer, once, whether it may outgrow the general limit; OneAtATime: not just now."""

    def drop(self) -> None:
        """Forget it all: it will not be needed."""


class DiscardedBody(Body):
    """The body of a request that needs none."""

    def __init__(self, limit_bytes: int = 0) -> None:
        self.limit_bytes = limit_bytes

    def feed(self, data: bytes) -> None: ...

    def may_be_large(self) -> Deferred[bool]:
        return succeed(False)

    def drop(self) -> None: ...


# A body in pieces of a few bytes (chunks, above all) costs us much and the sender little.
# A real one comes in packets; a few small pieces at its start are nobody's fault.
_FREE_PIECES = 1024
_LEAST_BYTES_A_PIECE = 64


class Passage(Enum):
    """What became of a piece."""

    PASSED = auto()
    HELD = auto()  # the owner is being asked already
    ASK = auto()  # the body has outgrown the general limit: ask its owner now
    TOO_LARGE = auto()
    TOO_FINE = auto()  # in pieces so small that somebody means harm


class BodyGate:
    """Passes one body on to its owner; asks nobody itself.

    ``complete`` is for the reader of the connection to set, at the end of the body.
    """

    def __init__(self, body: Body, general_limit_bytes: int) -> None:
        self.body = body
        self.received_bytes = 0
        self.asking = False
        self.complete = False
        self._general_limit_bytes = general_limit_bytes
        self._admitted = False
        self._pieces = 0
        self._held: list[bytes] = []

    @property
    def limit_bytes(self) -> int:
        """The most that will be taken, as far as is known by now."""
        limit_bytes = self.body.limit_bytes
        return limit_bytes if self._admitted else min(limit_bytes, self._general_limit_bytes)

    def take(self, data: bytes) -> Passage:
        """Count a piece and pass it on, as far as it may go."""
        room_bytes = self._general_limit_bytes - self.received_bytes
        self.received_bytes += len(data)
        if self.received_bytes > self.body.limit_bytes:
            return Passage.TOO_LARGE
        self._pieces += 1
        if self.received_bytes < _LEAST_BYTES_A_PIECE * (self._pieces - _FREE_PIECES):
            return Passage.TOO_FINE
        if self.asking:
            self._held.append(data)
            return Passage.HELD
        if self._admitted or len(data) <= room_bytes:
            self.body.feed(data)
            return Passage.PASSED
        self.body.feed(data[:room_bytes])
        self._held.append(data[room_bytes:])
        self.asking = True
        return Passage.ASK

    def admit(self) -> None:
        """Let the large body in: pass on what was held, and everything from now on."""
        self.asking = False
        self._admitted = True
        for piece in self._held:
            self.body.feed(piece)
        self._held.clear()

    def drop(self) -> None:
        """Forget the body and what was held of it."""
        self._held.clear()
        self.body.drop()
