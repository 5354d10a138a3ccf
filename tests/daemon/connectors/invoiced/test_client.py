"""What the client of Invoiced sends, and what it says of each kind of answer and of none."""

from __future__ import annotations

import traceback
from datetime import timedelta
from typing import Any

import pytest
from treq.testing import RequestTraversalAgent
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError, ConnectionAborted, DNSLookupError
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.web.client import ResponseNeverReceived

from daemon.connectors.invoiced import client as module
from daemon.connectors.invoiced.api import ApiNotNow, ApiRefusal, ApiSilence
from daemon.connectors.invoiced.client import AT_ONCE, SECONDS, Client
from simulator.invoiced.faults import Fault, FaultKind
from simulator.invoiced.web import ApiResource
from tests.simulator.invoiced.builders import KEY, Fake

URL = "http://127.0.0.1:8087"
CUSTOMER = {"name": "Acme"}


class OnLine:
    """A client whose requests go to the fake through HTTP, in memory."""

    def __init__(self, *faults: Fault, key: str = KEY) -> None:
        self.fake = Fake(*faults)
        self.agent = RequestTraversalAgent(ApiResource(self.fake.service))
        self.client = Client(self.fake.clock, URL, key, self.agent)

    def comes_of(self, asked: Deferred[Any]) -> Any:
        """The answer, or the error is raised."""
        got: list[Any] = []
        asked.addBoth(got.append)
        self.agent.flush()
        if not got:
            self.fake.clock.advance(SECONDS)
            self.agent.flush()
        if isinstance(got[0], Failure):
            got[0].raiseException()
        return got[0]

    def get(self, path: str, **query: str) -> Any:
        return self.comes_of(self.client.get(path, query))

    def post(self, path: str, **values: Any) -> Any:
        return self.comes_of(self.client.write("POST", path, values, "key-000001"))


class Unanswered:
    """An agent that answers nothing, or fails at once with an error."""

    def __init__(self, why: BaseException | None = None) -> None:
        self.why = why
        self.asked: list[Deferred[Any]] = []

    def request(self, *_request: Any) -> Deferred[Any]:
        answer: Deferred[Any] = Deferred()
        self.asked.append(answer)
        if self.why is not None:
            answer.errback(self.why)
        return answer


def failure_of(asked: Deferred[Any]) -> BaseException:
    got: list[Failure] = []
    asked.addErrback(got.append)
    return got[0].value


def test_a_record_and_a_page_are_read_with_exact_amounts():
    on_line = OnLine()
    made = on_line.fake.invoice(on_line.fake.customer(), 0.1)
    read = on_line.get(f"/invoices/{made['id']}")
    assert repr(read["balance"]) == "Decimal('0.1')"
    assert on_line.get("/invoices", page="1", per_page="100")[0]["id"] == made["id"]


def test_a_list_is_read_page_by_page():
    on_line = OnLine()
    for number in range(5):
        on_line.fake.customer(f"Acme {number}")
    query, names = {"per_page": "2", "filter[active]": "1"}, []
    while query is not None:
        page = on_line.comes_of(on_line.client.page("/customers", query))
        names += [one["name"] for one in page.records]
        query = page.following
    assert names == [f"Acme {number}" for number in range(5)]


def test_the_page_after_one_is_asked_of_the_same_server():
    elsewhere = '<https://elsewhere.example/customers?page=2>; rel="next"'
    assert module.page_of([], elsewhere, "").following == {"page": "2"}


def test_a_list_that_is_none_says_so():
    with pytest.raises(ApiNotNow):
        module.page_of({}, "", "")


def test_a_write_bears_its_idempotency_key_and_a_deletion_has_none():
    on_line = OnLine()
    made = on_line.post("/customers", **CUSTOMER)
    gone = on_line.client.write("DELETE", f"/customers/{made['id']}", None, "key-000002")
    assert on_line.comes_of(gone) is None
    sent = [one.headers.get("idempotency-key") for one in on_line.fake.service.seen]
    assert sent == ["key-000001", None]


def test_a_refusal_has_the_words_of_invoiced():
    with pytest.raises(ApiRefusal) as refused:
        OnLine().post("/customers", name="")
    assert refused.value.status == 400
    assert "name" in refused.value.said.lower()


@pytest.mark.parametrize("kind", [FaultKind.LIMIT, FaultKind.ERROR])
def test_where_nothing_was_done_it_is_not_now(kind):
    on_line = OnLine(Fault(kind, "POST /customers"))
    with pytest.raises(ApiNotNow) as not_now:
        on_line.post("/customers", **CUSTOMER)
    assert not_now.value.whole == (kind is FaultKind.LIMIT)
    assert on_line.fake.get("/customers") == []


def test_too_many_requests_say_how_long_to_wait():
    with pytest.raises(ApiNotNow) as not_now:
        module._read("POST", 429, b'{"message": "Slow down"}', "60")
    assert (not_now.value.whole, not_now.value.after) == (True, timedelta(minutes=1))


def test_a_wrong_key_stops_everything():
    with pytest.raises(ApiNotNow) as not_now:
        OnLine(key="w" * 32).get("/customers")
    assert not_now.value.whole


@pytest.mark.parametrize("status", [200, 403, 502])
def test_a_page_that_is_no_json_says_nothing_of_a_write(status):
    with pytest.raises(ApiSilence):
        module._read("POST", status, b"<h1>Bad gateway</h1>", "")
    with pytest.raises(ApiNotNow):
        module._read("GET", status, b"<h1>Bad gateway</h1>", "")


def test_a_connection_that_ends_after_the_request_leaves_a_write_unknown():
    cut = ResponseNeverReceived([Failure(ConnectionAborted())])
    client = Client(Clock(), URL, KEY, Unanswered(cut))
    assert isinstance(failure_of(client.write("POST", "/customers", {}, "k")), ApiSilence)
    assert isinstance(failure_of(client.get("/customers")), ApiNotNow)


@pytest.mark.parametrize("why", [ConnectError(), DNSLookupError()])
def test_a_request_that_never_left_did_nothing(why):
    client = Client(Clock(), URL, KEY, Unanswered(why))
    not_now = failure_of(client.write("POST", "/customers", {}, "k"))
    assert isinstance(not_now, ApiNotNow)
    assert not_now.whole


def test_no_answer_in_time_leaves_a_write_unknown():
    clock, agent = Clock(), Unanswered()
    asked = Client(clock, URL, KEY, agent).write("POST", "/customers", {}, "k")
    clock.advance(SECONDS + 1)
    assert isinstance(failure_of(asked), ApiSilence)


def test_few_requests_are_under_way_at_once():
    agent = Unanswered()
    client = Client(Clock(), URL, KEY, agent)
    asked = [client.get("/customers") for _ in range(AT_ONCE + 3)]
    assert len(agent.asked) == AT_ONCE
    agent.asked[0].errback(ConnectError())
    assert isinstance(failure_of(asked[0]), ApiNotNow)
    assert len(agent.asked) == AT_ONCE + 1


def test_an_answer_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 1)
    with pytest.raises(ApiNotNow, match="bytes"):
        OnLine().get("/customers", per_page="100", sort="id")


def test_the_key_is_in_no_text():
    on_line = OnLine(Fault(FaultKind.ERROR, "GET /customers"))
    told = [repr(on_line.client)]
    for path in ("/customers", "/nothing"):
        try:
            on_line.get(path)
        except (ApiNotNow, ApiRefusal) as why:
            told += [str(why), repr(why), "".join(traceback.format_exception(why))]
    assert len(told) == 7
    assert not any(KEY in text for text in told)
