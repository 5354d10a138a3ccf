"""Over a real socket: another SOAP stack, and what only the kernel can show."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import zeep
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread

from daemon.edge.limits import EdgeLimits
from daemon.edge.resource import make_site
from tests.edge.builders import ANSWERS, PASSWORD, TICKET, FakeCallbacks, envelope, post, receive


@asynccontextmanager
async def listening(callbacks: FakeCallbacks, **limits: float) -> AsyncIterator[int]:
    """Serve on a free port; everything is closed at the end."""
    site = make_site(
        callbacks,
        EdgeLimits(**limits),  # type: ignore[arg-type]
        public_url="http://127.0.0.1",
        reactor=reactor,
    )
    port = reactor.listenTCP(0, site, interface="127.0.0.1")
    try:
        yield port.getHost().port
    finally:
        await port.stopListening()
        drained = site.drain()
        site.cut()
        await drained


async def in_thread(work: Callable[..., Any], *arguments: Any) -> Any:
    return await deferToThread(work, *arguments)


def zeep_session(port: int, response: str) -> dict[str, Any]:
    """Load the WSDL, then call everything that it names."""
    url = f"http://127.0.0.1:{port}/qbwc/invoice"
    with zeep.Client(f"{url}?wsdl") as client:
        service = client.create_service("{http://developer.intuit.com/}QBWebConnectorSvcSoap", url)
        return {
            "serverVersion": service.serverVersion(),
            "clientVersion": service.clientVersion("34.0.10032.91"),
            "authenticate": service.authenticate("acme", PASSWORD),
            "sendRequestXML": service.sendRequestXML(TICKET, "<HCP/>", "", "US", 13, 0),
            "receiveResponseXML": service.receiveResponseXML(TICKET, response, "", ""),
            "connectionError": service.connectionError(TICKET, "0x80040408", "Could not start."),
            "getLastError": service.getLastError(TICKET),
            "closeConnection": service.closeConnection(TICKET),
            "getInteractiveURL": service.getInteractiveURL(TICKET, "7"),
            "interactiveRejected": service.interactiveRejected(TICKET, "no"),
            "interactiveDone": service.interactiveDone(TICKET),
        }


@pytest.mark.deadline(30)
async def test_zeep_loads_the_wsdl_and_completes_a_session_of_all_eleven() -> None:
    callbacks = FakeCallbacks()
    response = "<QBXML>\n" + "<Name>Zoë &amp; Söhne</Name>\n" * 20_000 + "</QBXML>"
    async with listening(callbacks) as port:
        answers = await in_thread(zeep_session, port, response)
    expected = {name: answer or None for name, answer in ANSWERS.items()}  # zeep's empty is None
    expected["authenticate"] = [TICKET, None]
    assert answers == expected
    assert [call[0] for call in callbacks.calls] == list(ANSWERS)
    assert callbacks.calls[2] == ("authenticate", "acme", PASSWORD, "127.0.0.1")
    assert callbacks.calls[3] == ("sendRequestXML", TICKET, "<HCP/>", "", "US", 13, 0)
    assert callbacks.responses == [response.encode()]


def talk(port: int, request: bytes) -> bytes:
    """Send everything before reading anything, as .NET does."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        received = b""
        while data := client.recv(65536):
            received += data
        return received


@pytest.mark.deadline(30)
async def test_a_client_that_sends_all_before_it_reads_still_learns_why_it_was_refused() -> None:
    request = post(receive("x" * 5_000_000, ticket="dead"))
    async with listening(FakeCallbacks()) as port:
        received = await in_thread(talk, port, request)
    assert received.startswith(b"HTTP/1.1 413 ")
    assert b"65536 bytes are accepted here" in received


@pytest.mark.deadline(30)
async def test_a_large_response_comes_through_a_real_socket() -> None:
    callbacks = FakeCallbacks()
    request = post(receive("<row/>" * 500_000), Connection="close", Expect="100-continue")
    async with listening(callbacks) as port:
        received = await in_thread(talk, port, request)
    assert received.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert callbacks.responses == [b"<row/>" * 500_000]


def first_bytes(port: int) -> bytes:
    """What a new connection reads before it has said anything; nothing when it is closed."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            return client.recv(100)
    except ConnectionResetError:  # before it was connected, or after
        return b""


@pytest.mark.deadline(30)
async def test_a_connection_too_many_is_closed_at_once() -> None:
    callbacks = FakeCallbacks(getLastError=Deferred())
    async with listening(callbacks, max_connections=1) as port:
        with socket.create_connection(("127.0.0.1", port)) as first:
            first.sendall(post(envelope("getLastError")))  # it is never answered
            while not callbacks.calls:  # as long as it has asked nothing it makes room for others
                await deferLater(reactor, 0.01)
            assert await in_thread(first_bytes, port) == b""
