"""How large a body may be, who decides, and what of it is held in memory."""

from __future__ import annotations

import gc
import hashlib
import tracemalloc

import pytest
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from daemon.edge.resource import THROWN_AWAY
from daemon.edge.soap import ResponseText
from tests.edge.builders import (
    NAMESPACE,
    TICKET,
    Connection,
    FakeCallbacks,
    LogLines,
    Rig,
    chunked,
    envelope,
    head,
    post,
    receive,
)

KIB = 1024
GENERAL = 64 * KIB
RECEIVE = f'"{NAMESPACE}receiveResponseXML"'


def in_reads(connection: Connection, data: bytes, read_bytes: int = 64 * KIB) -> Connection:
    """Deliver data as a socket does; a paused transport delivers nothing more."""
    for start in range(0, len(data), read_bytes):
        assert connection.transport.producerState == "producing"
        connection.send(data[start : start + read_bytes])
    return connection


def refused_for_size(connection: Connection, limit_bytes: int = GENERAL) -> None:
    answer = connection.answer()
    assert answer.status == 413
    assert answer.headers["connection"] == "close"
    assert answer.text == (
        f"The request's body is too large; {limit_bytes} bytes are accepted here.\n"
    )
    connection.clock.advance(5)
    assert connection.cut


# Judged by the head.


def test_what_is_too_much_even_to_throw_away_is_refused_from_the_head() -> None:
    most = 32 * KIB * KIB * THROWN_AWAY
    connection = Rig().connect().send(post(b"", length=most + 1, action=RECEIVE))
    refused_for_size(connection, most)


def test_the_log_names_whom_a_proxy_speaks_for() -> None:
    too_much = post(b"", length=1 << 40, action=RECEIVE, X_Forwarded_For="198.51.100.7")
    with LogLines() as log:
        assert Rig().connect("127.0.0.1").send(too_much).answer().status == 413
    assert "Request from 198.51.100.7 refused with 413" in log.text


@pytest.mark.parametrize("operation", ["authenticate", "getLastError", "closeConnection"])
def test_a_large_call_that_names_another_operation_is_refused_from_the_head(
    operation: str,
) -> None:
    action = f'"{NAMESPACE}{operation}"'
    connection = Rig().connect().send(post(b"", length=GENERAL + 1, action=action))
    refused_for_size(connection)


@pytest.mark.parametrize("operation", ["sendRequestXML", "connectionError"])
def test_a_session_may_have_a_mebibyte_to_say_but_no_more(operation: str) -> None:
    action = f'"{NAMESPACE}{operation}"'
    connection = Rig().connect().send(post(b"", length=KIB * KIB + 1, action=action))
    refused_for_size(connection, KIB * KIB)


def test_a_large_body_for_anything_but_a_call_is_refused_from_the_head() -> None:
    for request in (
        post(b"", path="/support", length=GENERAL + 1),
        head("GET", "/qbwc/invoice", Content_Length="70000"),
        head("PUT", "/qbwc/invoice", Content_Length="70000"),
    ):
        refused_for_size(Rig().connect().send(request))


def test_the_limits_are_settings() -> None:
    rig = Rig(body_limit_bytes=500, response_limit_bytes=1000)
    most = 1000 * THROWN_AWAY
    refused_for_size(rig.connect().send(post(b"", length=most + 1)), most)
    refused_for_size(rig.connect().send(post(b"", length=501, path="/support")), 500)
    assert rig.ask(post(receive("x" * 300))).status == 200


def test_a_body_must_say_its_length() -> None:
    connection = Rig().connect().send(post(envelope("serverVersion"), Content_Length=None))
    answer = connection.answer()
    assert (answer.status, answer.text) == (411, "A request with a body must say its length.\n")
    assert connection.written == b""


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Length": "-5"},
        {"Content_Length": "+5"},
        {"Content_Length": "5,5"},
        {"Content_Length": "0x5"},
        {"Content_Length": "5", "Transfer_Encoding": "chunked"},
        {"Content_Length": None, "Transfer_Encoding": "gzip, chunked"},
    ],
)
def test_a_doubtful_length_is_refused(headers: dict[str, str | None]) -> None:
    rig = Rig()
    connection = rig.connect().send(post(b"hello", **headers))
    assert connection.answer().status == 400
    assert connection.written == b""
    assert rig.asked == []


def test_a_refused_request_smuggles_no_second_one_in() -> None:
    rig = Rig()
    smuggled = post(envelope("serverVersion"))
    connection = rig.connect().send(post(smuggled, length=1100 * KIB * KIB))
    assert connection.answer().status == 413
    connection.send(smuggled)
    assert connection.written == b""
    assert rig.asked == []


# Expect: 100-continue, which .NET sends with every call.


def test_expect_is_answered_with_100_and_then_the_answer() -> None:
    body = envelope("serverVersion")
    connection = Rig().connect().send(post(body, Expect="100-continue")[: -len(body)])
    assert connection.written == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert connection.answer().status == 100
    assert connection.send(body).answer().status == 200


def test_expect_is_never_answered_with_both_413_and_100() -> None:
    request = post(b"", length=1100 * KIB * KIB, Expect="100-continue")
    connection = Rig().connect().send(request)
    assert b"100 Continue" not in connection.written
    refused_for_size(connection, 32 * KIB * KIB * THROWN_AWAY)


def test_another_expectation_is_ignored_and_never_417() -> None:
    assert Rig().ask(post(envelope("serverVersion"), Expect="the-moon")).status == 200


# The gate: 64 KiB are read, then the ticket decides.


@pytest.mark.parametrize("action", [RECEIVE, None, '"urn:unknown"'])
def test_a_live_ticket_lets_a_large_response_in(action: str | None) -> None:
    rig = Rig()
    text = "<row>é</row>" * 20_000
    connection = rig.connect()
    in_reads(connection, post(receive(text), action=action))
    assert connection.answer().status == 200
    assert rig.callbacks.asked_tickets == [TICKET]
    assert rig.callbacks.responses == [text.encode()]


@pytest.mark.parametrize(
    ("operation", "name"),
    [("sendRequestXML", "strHCPResponse"), ("connectionError", "message")],
)
def test_a_live_ticket_lets_many_words_in_and_the_first_64_ki_of_them_are_kept(
    operation: str, name: str
) -> None:
    rig = Rig()
    words = "xyz" * 100_000
    body = envelope(operation, ticket=TICKET, **{name: words})
    action = f'"{NAMESPACE}{operation}"'
    assert in_reads(rig.connect(), post(body, action=action)).answer().status == 200
    assert rig.callbacks.asked_tickets == [TICKET]
    [(_, ticket, *texts)] = rig.callbacks.calls
    assert (ticket, words[: 64 * KIB] in texts) == (TICKET, True)


def test_many_words_of_a_dead_ticket_are_refused_after_64_kib() -> None:
    rig = Rig()
    body = envelope("connectionError", ticket="dead", message="x" * 100_000)
    refused_for_size(rig.connect().send(post(body)[: 66 * KIB]))
    assert rig.asked == []


def test_a_small_response_needs_no_asking() -> None:
    rig = Rig()
    assert rig.ask(post(receive("x" * 60_000, ticket="dead"))).status == 200
    assert rig.callbacks.asked_tickets == []


@pytest.mark.parametrize("size", [GENERAL - 1, GENERAL, GENERAL + 1])
def test_the_gate_stands_after_exactly_64_kib(size: int) -> None:
    rig = Rig()
    body = receive("x" * (size - len(receive(""))))
    assert len(body) == size
    assert in_reads(rig.connect(), post(body)).answer().status == 200
    assert bool(rig.callbacks.asked_tickets) is (size > GENERAL)


def test_a_dead_ticket_is_refused_after_64_kib() -> None:
    rig = Rig()
    connection = rig.connect().send(post(receive("x" * 100_000, ticket="dead"))[: 66 * KIB])
    refused_for_size(connection)
    assert rig.asked == []


@pytest.mark.parametrize(
    "body",
    [
        envelope("authenticate", strPassword="x" * 100_000),
        envelope("getLastError", ticket=TICKET, filler="x" * 100_000),
        envelope("receiveResponseXML", response="x" * 100_000, ticket=TICKET),
        envelope("receiveResponseXML", response="x" * 100_000),
        b"<" + b"x" * 100_000,
        b" " * 100_000,
    ],
    ids=["other", "ticket, other", "ticket late", "no ticket", "one tag", "blank"],
)
def test_what_does_not_show_a_ticket_in_time_is_refused(body: bytes) -> None:
    rig = Rig()
    refused_for_size(rig.connect().send(post(body)))
    assert rig.asked == rig.callbacks.asked_tickets == []


def test_a_chunked_response_meets_the_same_gate() -> None:
    body = receive("x" * 200_000)
    pieces = [body[start : start + 5000] for start in range(0, len(body), 5000)]
    rig = Rig()
    assert in_reads(rig.connect(), chunked(*pieces), 10_000).answer().status == 200
    rig.callbacks.live_tickets.clear()
    refused_for_size(rig.connect().send(chunked(*pieces)))


def test_a_chunked_total_over_the_cap_is_refused_in_the_middle() -> None:
    rig = Rig(response_limit_bytes=3_000)
    refused_for_size(rig.connect().send(chunked(receive("x" * 100_000))), 3_000 * THROWN_AWAY)


def test_while_the_ticket_is_looked_up_nothing_more_is_read() -> None:
    answer: Deferred[bool] = Deferred()
    rig = Rig()
    rig.callbacks.ticket_answer = answer
    request = post(receive("x" * 300_000))
    connection = rig.connect().send(request[: 70 * KIB])
    assert connection.transport.producerState == "paused"
    connection.send(request[70 * KIB : 80 * KIB])  # what a TLS layer had in hand
    answer.callback(True)
    assert connection.transport.producerState == "producing"
    in_reads(connection, request[80 * KIB :])
    assert connection.answer().status == 200
    assert rig.callbacks.responses == [b"x" * 300_000]


def test_a_body_that_ends_while_the_ticket_is_looked_up_waits_with_what_follows() -> None:
    answer: Deferred[bool] = Deferred()
    rig = Rig()
    rig.callbacks.ticket_answer = answer
    connection = rig.connect()
    connection.send(post(receive("x" * 66_000)) + post(envelope("serverVersion")))
    connection.send(post(envelope("getLastError")))
    assert rig.asked == []
    answer.callback(True)
    rig.clock.advance(0)
    assert [call[0] for call in rig.asked] == [
        "receiveResponseXML",
        "serverVersion",
        "getLastError",
    ]
    assert [connection.answer().status for _ in range(3)] == [200, 200, 200]


def test_chunks_that_come_together_wait_together() -> None:
    answer: Deferred[bool] = Deferred()
    rig = Rig()
    rig.callbacks.ticket_answer = answer
    body = receive("x" * 100_000)
    connection = rig.connect().send(chunked(body[:66_000], body[66_000:80_000], body[80_000:]))
    assert connection.written == b""
    answer.callback(True)
    assert connection.answer().status == 200
    assert rig.callbacks.responses == [b"x" * 100_000]


def test_a_client_refused_after_the_look_up_is_read_on_so_that_it_learns_why() -> None:
    rig = Rig()
    rig.callbacks.ticket_answer = Deferred()
    connection = rig.connect().send(post(receive("x" * 200_000))[: 100 * KIB])
    assert connection.transport.producerState == "paused"
    rig.callbacks.ticket_answer.callback(False)
    assert connection.transport.producerState == "producing"
    refused_for_size(connection)


@pytest.mark.parametrize("verdict", [True, False])
def test_a_client_that_hangs_up_during_the_look_up_is_forgotten(verdict: bool) -> None:
    answer: Deferred[bool] = Deferred()
    rig = Rig()
    rig.callbacks.ticket_answer = answer
    connection = rig.connect().send(post(receive("x" * 100_000)))
    with LogLines() as log:
        connection.hang_up()
        answer.callback(verdict)
    assert "hung up within a request" in log.text
    assert rig.asked == []
    assert rig.clock.getDelayedCalls() == []


def test_one_large_response_of_a_ticket_is_read_at_a_time() -> None:
    rig = Rig()
    request = post(receive("x" * 200_000))
    first = rig.connect().send(request[:100_000])
    second = rig.connect().send(request[:100_000])
    assert second.answer().status == 503
    first.send(request[100_000:])
    assert first.answer().status == 200
    assert rig.connect().send(request).answer().status == 200


def test_a_large_response_whose_sender_hangs_up_makes_room_for_the_next() -> None:
    rig = Rig()
    request = post(receive("x" * 200_000))
    rig.connect().send(request[:100_000]).hang_up()
    assert rig.connect().send(request).answer().status == 200


def test_a_look_up_that_never_ends_is_cut_with_the_body() -> None:
    rig = Rig()
    rig.callbacks.ticket_answer = Deferred()
    connection = rig.connect().send(post(receive("x" * 100_000)))
    rig.clock.advance(32)
    assert connection.cut


def test_a_look_up_that_fails_is_503(logged_failures: list[Failure]) -> None:
    rig = Rig()
    rig.callbacks.ticket_answer = Deferred()
    connection = rig.connect().send(post(receive("x" * 100_000)))
    rig.callbacks.ticket_answer.errback(OSError("store gone"))
    assert connection.answer().status == 503
    assert "store gone" not in connection.transport.value().decode()
    assert logged_failures.pop().check(OSError)


# What cannot be taken in is told to the session, in the same call.


def told(rig: Rig) -> list[tuple[str, str]]:
    """The tickets and reasons of which the sessions heard."""
    return [(ticket, why) for ticket, why, _, _ in rig.callbacks.not_taken]


@pytest.mark.parametrize("ticket", [TICKET, "another"])
@pytest.mark.parametrize("size", [10, 100_000])
def test_a_response_that_turns_out_malformed_is_told_to_its_session(ticket: str, size: int) -> None:
    rig = Rig()
    rig.callbacks.live_tickets.add(ticket)
    body = receive("x" * size, ticket=ticket).replace(b"</response>", b"</respons>")
    answer = in_reads(rig.connect(), post(body)).answer()
    assert (answer.status, "<receiveResponseXMLResult>7<" in answer.text) == (200, True)
    assert told(rig) == [(ticket, "garbled")]
    assert "mismatched tag" in rig.callbacks.not_taken[0][2]


def test_a_response_that_is_too_large_is_read_to_its_end_and_told_to_its_session() -> None:
    rig = Rig(response_limit_bytes=200_000)
    connection = in_reads(rig.connect(), post(receive("x" * 1_000_000)))
    assert connection.answer().status == 200
    [(_, why, detail, size)] = rig.callbacks.not_taken
    assert why == "too-large"
    assert "200,000 are taken" in detail
    assert size > 1_000_000
    assert rig.callbacks.responses == []
    assert connection.send(post(envelope("serverVersion"))).answer().status == 200


@pytest.mark.parametrize("sent", [500, 100_000])
def test_a_response_that_breaks_off_is_told_to_its_session_once(sent: int) -> None:
    rig = Rig()
    connection = rig.connect().send(post(receive("x" * 200_000))[:sent])
    connection.hang_up()
    assert told(rig) == ([(TICKET, "cut-off")] if sent > 8192 else [])


def test_a_response_that_is_too_slow_is_told_to_its_session() -> None:
    rig = Rig()
    connection = rig.connect().send(post(receive("x" * 200_000))[:100_000])
    rig.clock.advance(40)
    assert connection.cut
    connection.hang_up()
    assert told(rig) == [(TICKET, "cut-off")]


@pytest.mark.parametrize("operation", ["sendRequestXML", "getLastError", "closeConnection"])
def test_another_call_that_is_malformed_is_a_fault_and_no_news_for_the_session(
    operation: str,
) -> None:
    rig = Rig()
    body = envelope(operation, ticket=TICKET).replace(b"</ticket>", b"</ticke>")
    assert rig.ask(post(body)).status == 500
    assert told(rig) == []


def test_a_response_that_is_taken_in_is_not_told_as_broken_when_the_client_leaves() -> None:
    rig = Rig()
    rig.connect().send(post(receive("x" * 100_000))).hang_up()
    assert told(rig) == []


# Cost.


def test_a_body_in_crumbs_is_refused_before_it_costs_much() -> None:
    rig = Rig()
    body = receive("x" * 50_000)
    connection = rig.connect().send(chunked(*[body[n : n + 1] for n in range(len(body))]))
    answer = connection.answer()
    assert (answer.status, "too many small pieces" in answer.text) == (400, True)


def test_a_short_body_may_come_byte_by_byte() -> None:
    rig = Rig()
    request = post(envelope("getLastError", ticket=TICKET))
    connection = rig.connect().send(*[request[n : n + 1] for n in range(len(request))])
    assert connection.answer().status == 200


class Consumer(FakeCallbacks):
    """Reads a response as the importer does, keeping nothing; notes the memory it saw."""

    def receiveResponseXML(
        self, ticket: str, response: ResponseText, hresult: str, message: str
    ) -> int:
        digest, size = hashlib.sha256(), 0
        for piece in response:
            digest.update(piece)
            size += len(piece)
            self.left_bytes = tracemalloc.get_traced_memory()[0]  # in the end: at the last piece
        assert (size, digest.hexdigest()) == (response.size, response.digest)
        return 99


def test_twenty_megabytes_are_held_once_and_given_away() -> None:
    inner = "<TxnID>12-ABCD</TxnID>\n" * 40
    count = 20_000_000 // len(inner)
    beginning, end = receive("\0").split(b"\0")
    escaped = receive(inner).removeprefix(beginning).removesuffix(end) * 64
    rig = Rig(Consumer())
    connection = rig.connect()
    length = len(beginning) + len(escaped) * (count // 64) + len(end)
    connection.send(post(beginning, length=length))
    gc.collect()
    tracemalloc.start()
    for _ in range(count // 64):
        connection.send(escaped)
    held_bytes, peak_bytes = tracemalloc.get_traced_memory()
    connection.send(end)
    tracemalloc.stop()
    assert connection.answer().status == 200
    inner_bytes = len(inner) * (count // 64) * 64
    assert length > 25_000_000
    assert held_bytes < 1.02 * inner_bytes
    assert peak_bytes < inner_bytes + 2_000_000
    assert rig.callbacks.left_bytes < 2_000_000


def test_an_upload_that_is_given_up_frees_its_memory_without_the_garbage_collector() -> None:
    rig = Rig()
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        connection = in_reads(rig.connect(), post(receive("x" * 3_000_000))[:-100])
        assert tracemalloc.get_traced_memory()[0] > 2_900_000
        connection.hang_up()
        assert tracemalloc.get_traced_memory()[0] < 500_000
    finally:
        tracemalloc.stop()
        gc.enable()
