"""What all our requests to other servers have in common; it imports what TLS needs."""

from __future__ import annotations

import os
from typing import Any

from OpenSSL import SSL
from service_identity import VerificationError
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.error import ConnectError, DNSLookupError
from twisted.web.client import ResponseNeverReceived
from twisted.web.iweb import IBodyProducer
from zope.interface import implementer


@implementer(IBodyProducer)
class Body:
    """A body that is there as a whole."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.length = len(body)

    def startProducing(self, consumer: Any) -> Deferred[None]:
        """Write it at once."""
        consumer.write(self._body)
        return succeed(None)

    def pauseProducing(self) -> None:
        """It is written already."""

    def resumeProducing(self) -> None:
        """It is written already."""

    def stopProducing(self) -> None:
        """It is written already."""


def cause(why: BaseException | None) -> BaseException | None:
    """What lies behind a connection that ended before an answer."""
    if isinstance(why, ResponseNeverReceived) and why.reasons:
        return why.reasons[0].value  # type: ignore[no-any-return]
    return why


def was_not_sent(why: BaseException | None) -> bool:
    """Whether the server cannot have received the request: there was no connection, or no TLS."""
    return isinstance(cause(why), (DNSLookupError, ConnectError, SSL.Error, VerificationError))


def sentence(why: BaseException | None) -> str:
    """What a person can do something with; never the address, which may hold a secret."""
    why = cause(why)
    if isinstance(why, DNSLookupError):
        return "Its host name cannot be found."
    if isinstance(why, ConnectError):
        told = os.strerror(why.osError) if isinstance(why.osError, int) else type(why).__name__
        return f"It cannot be reached: {told}."
    if isinstance(why, (SSL.Error, VerificationError)):
        return f"Its certificate or TLS failed: {_of_tls(why)}."
    if isinstance(why, CancelledError):
        return "It was canceled."
    return f"It closed the connection without an answer ({type(why).__name__})."


def _of_tls(why: BaseException) -> str:
    if isinstance(why, VerificationError):
        return "the certificate is for another name"
    told = why.args[0] if why.args else []
    return ", ".join(str(one[-1]) for one in told) or "the connection ended"
