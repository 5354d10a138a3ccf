"""Clients that are slow, many, silent, gone or hostile hold nothing for long."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from daemon.edge.proxies import TrustedProxies
from shared.addresses import peer_group
from tests.edge.builders import (
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

CALL = post(envelope("serverVersion"))


def drip(connection: Connection, data: bytes, every: float, until: float) -> None:
    """Send a byte at a time until the connection is cut or the time is over."""
    for position in range(int(until / every)):
        if connection.cut:
            return
        connection.send(data[position : position + 1])
        connection.clock.advance(every)


# Deadlines.


def test_a_connection_that_says_nothing_is_cut_after_ten_seconds() -> None:
    rig = Rig()
    connection = rig.connect()
    rig.clock.advance(9.9)
    assert not connection.cut
    with LogLines() as log:
        rig.clock.advance(0.2)
    assert connection.cut
    assert "Connection from 203.0.113.9 cut: no complete request head in 10 s" in log.text


def test_a_head_that_drips_is_cut_after_ten_seconds_all_the_same() -> None:
    connection = Rig().connect()
    drip(connection, head("GET", "/" + "a" * 1000), every=1, until=60)
    assert connection.cut
    assert connection.clock.seconds() == pytest.approx(10, abs=1)


def test_a_body_that_drips_is_cut_after_thirty_seconds_all_the_same() -> None:
    connection = Rig().connect().send(post(b"", length=1000))
    drip(connection, b"x" * 1000, every=1, until=120)
    assert connection.cut
    assert connection.clock.seconds() == pytest.approx(30, abs=1)


def test_half_a_body_is_cut_and_noted() -> None:
    rig = Rig()
    connection = rig.connect().send(CALL[:-10])
    with LogLines() as log:
        rig.clock.advance(31)
    assert connection.cut
    assert "no complete request body in 30 s" in log.text
    assert rig.asked == []


def test_a_large_body_gets_its_time_only_after_its_ticket_was_seen() -> None:
    request = post(receive("x" * 16_000_000))
    rig = Rig()
    unseen = rig.connect().send(request[:1000])
    rig.clock.advance(31.1)
    assert unseen.cut
    seen = rig.connect().send(request[:100_000])
    rig.clock.advance(30 + 16_000_000 / 65536 - 1)
    assert not seen.cut
    rig.clock.advance(2)
    assert seen.cut


def test_an_idle_connection_is_closed_after_75_seconds() -> None:
    rig = Rig()
    connection = rig.connect().send(CALL)
    rig.clock.advance(74.9)
    assert not connection.closing
    rig.clock.advance(0.2)
    assert connection.closing
    assert not connection.cut


def test_a_kept_connection_starts_afresh_with_each_request() -> None:
    rig = Rig()
    connection = rig.connect()
    for _ in range(10):
        connection.send(CALL)
        assert connection.answer().status == 200
        rig.clock.advance(70)
    assert not connection.closing
    connection.send(CALL[:20])
    rig.clock.advance(10.1)
    assert connection.cut


def test_a_connection_that_we_never_answer_is_cut_when_the_client_has_given_up() -> None:
    rig = Rig(FakeCallbacks(getLastError=Deferred()))
    connection = rig.connect().send(post(envelope("getLastError")))
    rig.clock.advance(119)
    assert not connection.cut
    with LogLines() as log:
        rig.clock.advance(2)
    assert connection.cut
    assert "we had no answer for it in 120 s" in log.text


def test_a_client_that_does_not_take_its_last_answer_is_cut() -> None:
    rig = Rig()
    connection = rig.connect().send(post(envelope("serverVersion"), Connection="close"))
    assert connection.closing
    rig.clock.advance(74)
    assert not connection.cut
    rig.clock.advance(2)
    assert connection.cut


def test_a_refused_client_has_a_moment_to_read_why_while_the_rest_is_thrown_away() -> None:
    rig = Rig()
    connection = rig.connect().send(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
    assert connection.answer().status == 400
    assert not connection.cut
    connection.send(b"x" * 100_000, CALL)
    assert connection.written == b""
    rig.clock.advance(5)
    assert connection.cut


# Requests that are none.


@pytest.mark.parametrize(
    "garbage",
    [
        b"\r\n\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/3.0\r\n\r\n",
        b"GET / x HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"x" * 20_000,
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 600 + b"\r\n",
        b"POST /qbwc HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /qbwc HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloworld\r\n",
    ],
)
def test_garbage_is_refused_once_and_noted(garbage: bytes) -> None:
    rig = Rig()
    with LogLines() as log:
        connection = rig.connect().send(garbage)
    assert connection.answer().status == 400
    assert connection.written == b""
    assert "Request from 203.0.113.9 refused with 400" in log.text
    assert rig.asked == []


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_damaged_requests_in_any_pieces_get_an_answer_or_a_deadline_but_never_a_crash(
    data: st.DataObject,
) -> None:
    request = bytearray(data.draw(st.sampled_from([CALL, chunked(envelope("serverVersion"))])))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(request) - 1))
        request[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    size = data.draw(st.integers(1, len(request)))
    rig = Rig()
    connection = rig.connect()
    connection.send(*[bytes(request[n : n + size]) for n in range(0, len(request), size)])
    if connection.written:
        assert connection.answer().status in (200, 400, 404, 405, 411, 413, 415, 500)
    rig.clock.advance(10)
    rig.clock.advance(80)
    assert connection.closing
    connection.hang_up()
    assert rig.clock.getDelayedCalls() == []


def test_http_2_is_not_offered() -> None:
    assert Rig().site.acceptableProtocols() == [b"http/1.1"]


# Hanging up.


@pytest.mark.parametrize("sent", [b"", b"POST /qb", CALL[:60], CALL[:-1], CALL])
def test_a_client_may_hang_up_at_any_point(sent: bytes) -> None:
    rig = Rig()
    connection = rig.connect().send(sent)
    connection.hang_up()
    assert len(rig.site.clients) == 0
    assert rig.clock.getDelayedCalls() == []


def test_hanging_up_in_the_middle_of_a_body_leaves_a_line() -> None:
    connection = Rig().connect().send(CALL[:-10])
    with LogLines() as log:
        connection.hang_up()
    size = len(envelope("serverVersion")) - 10
    assert f"203.0.113.9 hung up within a request, after {size} bytes of its body" in log.text


# Too many.


def busy(rig: Rig, peer: str) -> Connection:
    """A connection that waits for an answer of ours."""
    return rig.connect(peer).send(post(envelope("getLastError")))


def crowded(**limits: float) -> Rig:
    """A service that answers getLastError to nobody yet."""
    return Rig(FakeCallbacks(getLastError=Deferred()), **limits)


def test_one_peer_gets_ten_connections_and_others_are_not_affected() -> None:
    rig = crowded()
    connections = [busy(rig, "203.0.113.9") for _ in range(10)]
    with LogLines() as log:
        refused = rig.connect("203.0.113.9")
    assert [connection.cut for connection in (*connections, refused)] == [False] * 10 + [True]
    assert "Connection from 203.0.113.9 refused: 10 connections from there" in log.text
    assert not rig.connect("203.0.113.10").cut
    connections[0].hang_up()
    assert not rig.connect("203.0.113.9").cut


def test_all_peers_together_get_a_hundred() -> None:
    rig = crowded()
    connections = [busy(rig, f"198.51.100.{number // 5}") for number in range(100)]
    refused = rig.connect("198.51.100.99")
    assert [connection.cut for connection in (*connections, refused)] == [False] * 100 + [True]
    assert refused.written == b""


def test_a_refused_connection_counts_for_nothing() -> None:
    rig = crowded(max_connections=1)
    busy(rig, "198.51.100.1")
    refused = rig.connect("198.51.100.2")
    refused.hang_up()
    assert len(rig.site.clients) == 1


def test_where_all_places_are_taken_the_longest_idle_is_closed() -> None:
    rig = crowded(max_connections=3)
    idle = [rig.connect(f"198.51.100.{number}").send(CALL) for number in range(2)]
    at_work = busy(rig, "198.51.100.2")
    for number, closing in ((3, [True, False, False]), (4, [True, True, False])):
        newcomer = busy(rig, f"198.51.100.{number}")
        assert not newcomer.cut
        assert [connection.closing for connection in (*idle, at_work)] == closing
    assert rig.connect("198.51.100.5").cut


@pytest.mark.parametrize("sent", [b"", b"POST /qbwc HT", CALL[:-1]])
def test_a_hundred_that_owe_a_request_keep_nobody_out(sent: bytes) -> None:
    rig = crowded()
    slow = [rig.connect("127.0.0.1").send(sent) for _ in range(100)]
    for number in range(150):
        caller = rig.connect("127.0.0.1").send(CALL)
        assert caller.answer().status == 200, number
        caller.hang_up()
    assert len(rig.site.clients) <= 100
    assert slow[0].cut


def test_a_large_answer_that_was_let_in_keeps_its_place() -> None:
    rig = Rig(max_connections=1)
    large = rig.connect("198.51.100.1").send(post(receive("x" * 200_000))[:100_000])
    assert rig.connect("198.51.100.2").cut
    assert not large.cut


# Answers that nobody reads.


def test_requests_wait_unread_while_their_answers_are_not_taken() -> None:
    rig = Rig()
    connection = rig.connect()
    connection.channel.pauseProducing()  # as the transport does when its buffer is full
    connection.send(CALL * 500)
    assert connection.written == b""
    assert rig.asked == []
    assert connection.transport.producerState == "paused"
    connection.channel.resumeProducing()
    rig.clock.advance(0)
    assert len(rig.asked) == 500
    assert connection.transport.producerState == "producing"


def test_a_client_that_sends_many_requests_at_once_lets_others_come_first() -> None:
    rig = Rig()
    greedy = rig.connect().send(CALL * 500)
    assert len(rig.asked) == 1
    other = rig.connect().send(CALL)
    assert other.answer().status == 200
    other.hang_up()
    assert len(rig.asked) == 2
    rig.clock.advance(0)  # the reactor comes around
    assert len(rig.asked) == 501
    greedy.send(CALL * 500).hang_up()
    rig.clock.advance(0)
    assert len(rig.asked) == 502
    assert rig.clock.getDelayedCalls() == []


def test_answering_stops_in_the_middle_of_what_one_piece_asked_for() -> None:
    rig = Rig()
    connection = rig.connect()

    def full(data: bytes) -> None:
        StringTransport.write(connection.transport, data)
        if len(connection.written) > 65_536:
            connection.channel.pauseProducing()

    connection.transport.write = full  # type: ignore[method-assign]
    connection.send(head("GET", "/") * 1000)
    rig.clock.advance(0)
    assert 65_536 < len(connection.written) < 80_000
    assert connection.transport.producerState == "paused"


def test_an_office_full_of_pcs_behind_one_address_shares_its_ten() -> None:
    rig = Rig()
    other = rig.connect("198.51.100.1").send(CALL)
    idle = [rig.connect().send(CALL) for _ in range(10)]
    assert not rig.connect().cut
    assert [connection.closing for connection in idle] == [True] + [False] * 9
    assert not other.closing


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "local"])
def test_a_proxy_on_this_machine_is_not_one_peer(peer: str) -> None:
    rig = Rig()
    assert not any(rig.connect(peer).cut for _ in range(50))


def test_a_proxy_that_is_trusted_is_not_one_peer() -> None:
    rig = Rig(proxies=TrustedProxies(["10.0.0.0/8"]))
    behind_proxy = [rig.connect("10.1.2.3") for _ in range(50)]
    on_this_machine = [rig.connect("127.0.0.1") for _ in range(50)]
    assert not any(one.cut for one in behind_proxy)
    assert any(one.cut for one in on_this_machine)


@pytest.mark.parametrize(
    ("peer", "group"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2::7", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("local", "local"),
    ],
)
def test_a_peer_is_an_address_or_an_ipv6_network(peer: str, group: str) -> None:
    assert peer_group(peer) == group


# The end.


def drained(rig: Rig) -> list[None]:
    fired: list[None] = []
    rig.site.drain().addCallback(fired.append)
    return fired


def test_stopping_closes_the_idle_and_waits_for_the_busy() -> None:
    later: Deferred[str] = Deferred()
    rig = Rig(FakeCallbacks(getLastError=later))
    idle = rig.connect().send(CALL)
    silent = rig.connect()
    busy = rig.connect().send(post(envelope("getLastError")))
    fired = drained(rig)
    assert idle.closing
    assert silent.closing
    assert not busy.closing
    assert rig.connect().cut
    later.callback("NoOp")
    assert busy.answer().status == 200
    assert busy.closing
    assert fired == []
    for connection in (idle, silent, busy):
        connection.hang_up()
    assert fired == [None]


def test_a_request_that_arrives_while_stopping_is_answered_and_told_to_close() -> None:
    rig = Rig()
    connection = rig.connect().send(CALL[:40])
    drained(rig)
    answer = connection.send(CALL[40:]).answer()
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert connection.closing


def test_stopping_an_empty_house_is_done_at_once() -> None:
    assert drained(Rig()) == [None]


def test_what_does_not_end_can_be_cut() -> None:
    rig = Rig(FakeCallbacks(getLastError=Deferred()))
    connection = rig.connect().send(post(envelope("getLastError")))
    fired = drained(rig)
    rig.site.cut()
    assert connection.cut
    connection.channel.connectionLost(Failure(ConnectionDone()))
    assert fired == [None]
