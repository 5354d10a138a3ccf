"""Posts to addresses that people name: to no private network, with patience and memory bounded.

Each request has a connection of its own. The address is looked at after its name was resolved, and
that address is connected to, so a name that means something else a moment later gains nothing.
Certificates are verified, redirects are not followed, and only the head of the answer counts.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, cast

from attrs import define
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError, DNSLookupError
from twisted.internet.interfaces import IProtocol, IResolutionReceiver, IStreamClientEndpoint
from twisted.internet.protocol import Protocol
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure
from twisted.web.client import URI, Agent, BrowserLikePolicyForHTTPS
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer

from daemon.outlets.posting import Answer, NoAnswer
from daemon.web_requests import Body, sentence

SECONDS = 10.0
"""So long a request may take; so long a connection lives at the most."""
CONNECT_SECONDS = 4.0
"""So long one of several addresses of a host is tried."""
MOST_BYTES = 256 * 1024
"""So much a receiver may send, TLS and all; what it says beside the status is not read anyway."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_private(address: str) -> bool:
    """Whether an address is this machine or not on the public Internet.

    One that stands for an IPv4 address is judged as that one.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_private(str(inner))
    return not found.is_global or found.is_multicast or found.is_reserved


class WebClient:
    """Posts bodies; ``private_allowed`` opens this machine and private networks.

    Whose certificates are good is what this machine trusts, unless ``trust`` says otherwise.
    """

    def __init__(self, reactor: Any, *, private_allowed: bool, trust: Any = None) -> None:
        self._reactor = reactor
        policy = BrowserLikePolicyForHTTPS(trust)
        endpoints = _Endpoints(reactor, policy, private_allowed)
        self._agent = Agent.usingEndpointFactory(reactor, endpoints)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Deferred[Answer]:
        """Post ``body``; the Deferred fails with NoAnswer alone."""
        held = Headers({name.encode(): [text.encode()] for name, text in headers.items()})
        asked: Deferred[Any] = self._agent.request(b"POST", url.encode(), held, Body(body))
        asked.addTimeout(SECONDS, self._reactor, onTimeoutCancel=_too_late)
        answered: Deferred[Answer] = asked.addCallbacks(_head, _no_answer)
        return answered


def _head(response: Any) -> Deferred[Answer]:
    told = response.headers.getRawHeaders(b"retry-after", [b""])[0]
    answer = Answer(response.code, told.decode("ascii", "replace"))
    drain = _Drain()
    response.deliverBody(drain)
    return drain.done.addCallback(lambda _: answer)


def _too_late(_failure: Any, seconds: float) -> Any:
    raise NoAnswer(f"There was no answer within {seconds:g} seconds.")


def _no_answer(failure: Failure) -> Any:
    why = failure.value
    if isinstance(why, NoAnswer):
        return failure
    raise NoAnswer(sentence(why)) from None


class _Drain(Protocol):
    """Lets the receiver say the rest, as far as its connection goes."""

    def __init__(self) -> None:
        self.done: Deferred[None] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        """It is not kept."""

    def connectionLost(self, reason: Any = None) -> None:
        self.done.callback(None)


@implementer(IAgentEndpointFactory)
@define(eq=False, repr=False)
class _Endpoints:
    """How an address is connected to."""

    _reactor: Any
    _policy: BrowserLikePolicyForHTTPS
    _private_allowed: bool

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        secure = uri.scheme == b"https"
        host = uri.host.decode("ascii")
        checked: Any = _CheckedEndpoint(
            self._reactor, host, uri.port, secure=secure, private_allowed=self._private_allowed
        )
        if not secure:
            return cast(IStreamClientEndpoint, checked)
        return wrapClientTLS(self._policy.creatorForNetloc(uri.host, uri.port), checked)


@implementer(IStreamClientEndpoint)
@define(eq=False, repr=False)
class _CheckedEndpoint:
    """Resolves a host, and connects to that of its addresses which is allowed."""

    _reactor: Any
    _host: str
    _port: int
    _secure: bool
    _private_allowed: bool

    def connect(self, protocolFactory: Any) -> Deferred[IProtocol]:
        return Deferred.fromCoroutine(self._connect(_Bounded(self._reactor, protocolFactory)))

    async def _connect(self, factory: _Bounded) -> IProtocol:
        found = await _resolve(self._reactor, self._host, self._port)
        allowed = [one for one in found if self._allows(one)]
        if not allowed:
            raise NoAnswer(self._why_none(found))
        for address in allowed[:-1]:
            try:
                return await self._to(address, factory)
            except ConnectError:
                continue  # the next of its addresses may answer
        return await self._to(allowed[-1], factory)

    def _allows(self, address: str) -> bool:
        return self._private_allowed if is_private(address) else self._secure

    def _why_none(self, found: list[str]) -> str:
        if all(is_private(one) for one in found):
            return (
                f"{self._host} is a private address ({', '.join(found)}), and the setting"
                " webhooks_to_private_addresses is off."
            )
        return "Events are not sent over the Internet unencrypted: the address should use https."

    async def _to(self, address: str, factory: Any) -> IProtocol:
        kind = TCP6ClientEndpoint if ":" in address else TCP4ClientEndpoint
        endpoint = kind(self._reactor, address, self._port, timeout=CONNECT_SECONDS)
        wrapper = await endpoint.connect(factory)
        return cast(IProtocol, wrapper.wrappedProtocol)


def _resolve(reactor: Any, host: str, port: int) -> Deferred[list[str]]:
    """The addresses of a host; fails with DNSLookupError where it has none."""
    found = _Found()
    reactor.nameResolver.resolveHostName(found, host.strip("[]"), port)
    return found.done


@implementer(IResolutionReceiver)
class _Found:
    """Collects the addresses of a host."""

    def __init__(self) -> None:
        self._addresses: list[str] = []
        self.done: Deferred[list[str]] = Deferred(lambda _: None)

    def resolutionBegan(self, resolutionInProgress: Any) -> None:
        """Nothing to do: whoever loses patience forgets it."""

    def addressResolved(self, address: Any) -> None:
        self._addresses.append(address.host)

    def resolutionComplete(self) -> None:
        if self.done.called:
            return
        if self._addresses:
            self.done.callback(list(dict.fromkeys(self._addresses)))
        else:
            self.done.errback(DNSLookupError())


class _BoundedConnection(ProtocolWrapper):
    """A connection that ends by itself after so many bytes, and after so long."""

    factory: _Bounded

    def makeConnection(self, transport: Any) -> None:
        self._received = 0
        self._end = self.factory.reactor.callLater(SECONDS, transport.abortConnection)
        super().makeConnection(transport)

    def dataReceived(self, data: bytes) -> None:
        self._received += len(data)
        if self._received > MOST_BYTES:
            self.abortConnection()
        else:
            super().dataReceived(data)

    def connectionLost(self, reason: Any = None) -> None:
        if self._end.active():
            self._end.cancel()
        super().connectionLost(reason)


class _Bounded(WrappingFactory):
    """Makes such connections."""

    protocol = _BoundedConnection
    noisy = False

    def __init__(self, reactor: Any, wrapped: Any) -> None:
        super().__init__(wrapped)
        self.reactor = reactor
