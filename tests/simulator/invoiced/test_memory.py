"""The agent without a socket fails and answers as a real one does."""

from __future__ import annotations

import json

import pytest
from twisted.internet.defer import succeed
from twisted.web.client import PartialDownloadError, ResponseNeverReceived, readBody
from twisted.web.http_headers import Headers

from simulator.invoiced import InMemoryAgent
from simulator.invoiced.faults import Fault, FaultKind
from tests.simulator.invoiced.builders import AUTHORIZED, Fake


class Body:
    """A body producer that writes at once."""

    def __init__(self, value: object) -> None:
        self._data = json.dumps(value).encode()
        self.length = len(self._data)

    def startProducing(self, consumer):
        consumer.write(self._data)
        return succeed(None)


def request(fake: Fake, target: str = "/customers?page=1"):
    headers = Headers(
        {**{k: [v] for k, v in AUTHORIZED.items()}, "content-type": ["application/json"]}
    )
    agent = InMemoryAgent(fake.service)
    return agent.request(
        b"POST", f"https://api.example.com{target}".encode(), headers, Body({"name": "Acme"})
    )


def read(deferred):
    got = []
    deferred.addBoth(got.append)
    return got[0] if got else None


def test_an_answer_has_status_headers_and_body():
    fake = Fake()
    response = read(request(fake))
    assert (response.code, response.phrase) == (201, b"Created")
    assert response.headers.getRawHeaders("content-type") == ["application/json"]
    assert json.loads(read(readBody(response)))["name"] == "Acme"
    assert fake.service.seen[0].target == "/customers?page=1"
    assert fake.service.seen[0].base == "https://api.example.com"


@pytest.mark.parametrize("kind", [FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER, FaultKind.FORGET])
def test_a_lost_connection_is_a_response_never_received(kind):
    assert read(request(Fake(Fault(kind)))).check(ResponseNeverReceived)


def test_half_an_answer_is_a_partial_download():
    response = read(request(Fake(Fault(FaultKind.CUT))))
    failed = read(readBody(response))
    assert failed.check(PartialDownloadError)


def test_a_slow_answer_takes_the_time_of_the_clock_and_can_be_given_up():
    fake = Fake(Fault(FaultKind.SLOW, turn=None, seconds=9))
    slow, given_up = request(fake), request(fake)
    given_up.addErrback(lambda _: None)
    given_up.cancel()
    fake.clock.advance(9)
    assert read(slow).code == 201
    assert len(fake.account.all("customers")) == 2
