"""Calls over HTTP, as the Web Connector and others make them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from lxml import etree
from twisted.internet.defer import Deferred
from twisted.logger import LogLevel, formatEvent
from twisted.python.failure import Failure

from daemon.callers import Caller
from daemon.edge.operations import OPERATIONS
from daemon.edge.proxies import TrustedProxies
from daemon.log import levels
from tests.edge.builders import (
    ANSWERS,
    NAMESPACE,
    PASSWORD,
    TICKET,
    Answer,
    FakeCallbacks,
    LogLines,
    Rig,
    chunked,
    envelope,
    head,
    post,
    receive,
)


def fault(answer: Answer) -> str:
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    return etree.fromstring(answer.body).findtext(".//faultstring") or ""


# What a good call gets.


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_reaches_its_callback_and_its_answer_comes_back(name: str) -> None:
    rig = Rig()
    answer = rig.call(name)
    assert answer.status == 200
    assert rig.asked[0][0] == name
    result = etree.fromstring(answer.body).find(f".//{{{NAMESPACE}}}{name}Result")
    assert result is not None
    texts = [child.text or "" for child in result]
    expected = ANSWERS[name]
    assert (texts or result.text or "") == (expected if texts else str(expected))


def test_the_reply_has_exactly_the_headers_that_the_web_connector_needs() -> None:
    answer = Rig().call("serverVersion")
    assert answer.headers.pop("date")
    assert answer.headers == {
        "content-type": "text/xml; charset=utf-8",
        "content-length": str(len(answer.body)),
        "cache-control": "no-store",
    }


def test_a_browsers_wishes_change_nothing() -> None:
    answer = Rig().ask(
        post(envelope("serverVersion"), Accept_Encoding="gzip, br", Cookie="a=b", Accept="*/*")
    )
    assert answer.body.startswith(b"<?xml")
    assert not {"content-encoding", "set-cookie", "server", "location"} & set(answer.headers)


@pytest.mark.parametrize(
    "action",
    [
        f'"{NAMESPACE}getLastError"',
        f"{NAMESPACE}getLastError",
        "getLastError",
        '""',
        None,
        f'"{NAMESPACE}closeConnection"',
        '"urn:something else"',
    ],
)
def test_the_body_decides_whatever_the_soapaction_says(action: str | None) -> None:
    rig = Rig()
    rig.ask(post(envelope("getLastError", ticket=TICKET), action=action))
    assert rig.asked == [("getLastError", TICKET)]


@pytest.mark.parametrize(
    "content_type",
    ["text/xml", "TEXT/XML; charset=UTF-8", 'text/xml; charset="utf-8"', None,
     "application/soap+xml; charset=utf-8", "application/xml"],
)  # fmt: skip
def test_any_xml_content_type_will_do(content_type: str | None) -> None:
    assert Rig().ask(post(envelope("serverVersion"), Content_Type=content_type)).status == 200


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/x-www-form-urlencoded", "text/plain", "text/xmlish",
     "multipart/form-data; boundary=x"],
)  # fmt: skip
def test_another_content_type_is_told_which_one_to_send(content_type: str) -> None:
    rig = Rig()
    answer = rig.ask(post(envelope("serverVersion"), Content_Type=content_type))
    assert answer.status == 415
    assert fault(answer) == "Send a SOAP envelope with the content type text/xml."
    assert rig.asked == []


@pytest.mark.parametrize(
    "path",
    ["/qbwc", "/qbwc/", "/qbwc/invoice", "/qbwc/payment/", "/qbwc/combined", "/qbwc?x=1",
     "https://books.example.com/qbwc/invoice"],
)  # fmt: skip
def test_every_application_url_takes_calls(path: str) -> None:
    assert Rig().ask(post(envelope("serverVersion"), path=path)).status == 200


def test_a_public_url_with_a_path_works_whether_or_not_the_proxy_cuts_it_off() -> None:
    rig = Rig(public_url="https://example.com/bridge/")
    for path in ("/bridge/qbwc/invoice", "/qbwc/invoice"):
        assert rig.ask(post(envelope("serverVersion"), path=path)).status == 200
    wsdl = rig.ask(head("GET", "/bridge/qbwc/payment?wsdl"), "GET")
    assert 'location="https://example.com/bridge/qbwc/payment"' in wsdl.text


def test_a_chunked_body_is_a_body() -> None:
    body = envelope("getLastError", ticket=TICKET)
    rig = Rig()
    assert rig.ask(chunked(body[:100], body[100:101], body[101:])).status == 200
    assert rig.asked == [("getLastError", TICKET)]


def test_calls_one_after_the_other_share_a_connection() -> None:
    connection = Rig().connect()
    for name in ("serverVersion", "clientVersion", "authenticate"):
        assert connection.send(post(envelope(name))).answer().status == 200
    assert not connection.closing


def test_calls_sent_at_once_are_answered_in_order() -> None:
    rig = Rig()
    connection = rig.connect().send(
        post(envelope("serverVersion")) + post(envelope("getLastError"))
    )
    rig.clock.advance(0)
    assert b"Deskbridge 1.0" in connection.answer().body
    assert b"NoOp" in connection.answer().body


def test_http_1_0_is_answered_and_closed() -> None:
    connection = Rig().connect()
    connection.send(post(envelope("serverVersion")).replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert connection.answer().status == 200
    assert connection.closing


# Who calls.


def test_authenticate_hears_who_calls() -> None:
    rig = Rig()
    rig.connect("198.51.100.7").send(post(envelope("authenticate", strUserName="acme")))
    assert rig.asked == [("authenticate", "acme", "", "198.51.100.7")]


@pytest.mark.parametrize("proxy", ["127.0.0.1", "::1", "local"])
@pytest.mark.parametrize(
    "forwarded", ["198.51.100.7", "10.0.0.1, 198.51.100.7", "forged, 198.51.100.7"]
)
def test_a_proxy_on_this_machine_is_believed_about_its_client(proxy: str, forwarded: str) -> None:
    rig = Rig()
    rig.connect(proxy).send(post(envelope("authenticate"), X_Forwarded_For=forwarded))
    assert rig.asked[0][-1] == "198.51.100.7"


def test_of_a_chain_of_our_proxies_the_client_is_whom_the_outermost_one_names() -> None:
    rig = Rig(proxies=TrustedProxies(["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"]))
    chain = "forged, 198.51.100.7, 2001:db8::5, 10.9.8.7"
    rig.connect("10.1.1.1").send(post(envelope("authenticate"), X_Forwarded_For=chain))
    rig.connect("10.1.1.1").send(post(envelope("authenticate"), X_Forwarded_For="10.0.0.3"))
    assert [call[-1] for call in rig.asked] == ["198.51.100.7", "10.0.0.3"]


def test_where_no_proxy_is_trusted_this_machine_is_not_either() -> None:
    rig = Rig(proxies=TrustedProxies([]))
    rig.connect("127.0.0.1").send(post(envelope("authenticate"), X_Forwarded_For="1.2.3.4"))
    assert rig.asked[0][-1] == "127.0.0.1"


def test_the_log_shows_the_client_of_a_proxy() -> None:
    rig = Rig()
    with LogLines() as log:
        rig.connect("127.0.0.1").send(
            post(envelope("serverVersion"), X_Forwarded_For="198.51.100.7")
        )
    shown = [event["peer"] for event in log.events if event["log_level"] is LogLevel.info]
    assert shown == ["198.51.100.7"]


def test_nobody_else_is() -> None:
    rig = Rig()
    rig.connect("203.0.113.9").send(post(envelope("authenticate"), X_Forwarded_For="1.2.3.4"))
    rig.connect("127.0.0.1").send(post(envelope("authenticate"), X_Forwarded_For="no \xff name"))
    assert [call[-1] for call in rig.asked] == ["203.0.113.9", "127.0.0.1"]


# What a bad call gets.


def test_an_unknown_operation_is_a_fault_without_a_trace() -> None:
    answer = Rig().call("dropTables")
    assert answer.status == 500
    assert fault(answer) == "dropTables is not an operation of this service."
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no body"),
        (b"<soap:Envelope", "not well-formed XML"),
        (b"\xff\xfe\x00garbage", "not well-formed XML"),
        (b"<!DOCTYPE a><a/>", "document type"),
        (b"{}", "not well-formed XML"),
    ],
)
def test_a_body_that_is_no_envelope_is_a_fault_that_says_why(body: bytes, words: str) -> None:
    rig = Rig()
    connection = rig.connect()
    answer = connection.send(post(body)).answer()
    assert answer.status == 500
    assert words in fault(answer)
    assert connection.send(post(envelope("serverVersion"))).answer().status == 200


def test_what_follows_a_refused_beginning_is_read_past() -> None:
    request = post(b"<html>" + b"x" * 40_000)
    reads = [request[start : start + 9000] for start in range(0, len(request), 9000)]
    assert "SOAP envelope was expected, not html" in fault(Rig().connect().send(*reads).answer())


@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "DELETE", "TRACE", "PATCH", "BREW"])
def test_other_methods_are_refused_by_name(method: str) -> None:
    answer = Rig().ask(head(method, "/qbwc/invoice", Content_Length="0"), method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")


def test_nothing_can_be_posted_to_a_page() -> None:
    answer = Rig().ask(post(envelope("serverVersion"), path="/support"))
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path", ["/other", "/qbwc/other", "/qbwc/invoice/deeper", "/qbwcx", "/%00"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_other_paths_hold_nothing(path: str, method: str) -> None:
    assert Rig().ask(head(method, path, Content_Length="0"), method).status == 404


# When the callback fails, is late, or comes too late.


def test_a_failing_callback_is_a_fault_with_a_reference_to_the_log(
    logged_failures: list[Failure],
) -> None:
    rig = Rig(FakeCallbacks(getLastError=ValueError("the store says: secret detail")))
    with LogLines() as log:
        answer = rig.call("getLastError", ticket=TICKET)
    assert answer.status == 500
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    reference = re.search(r"the reference ([0-9a-f]{8})\.", fault(answer))
    assert reference
    assert f"(reference {reference[1]})" in log.text
    assert logged_failures.pop().check(ValueError)


def test_a_nil_result_is_a_bug_of_ours_and_not_an_answer(logged_failures: list[Failure]) -> None:
    answer = Rig(FakeCallbacks(sendRequestXML=None)).call("sendRequestXML", ticket=TICKET)
    assert answer.status == 500
    assert "sendRequestXML must answer a text" in str(logged_failures.pop().value)


def test_a_callback_may_take_its_time() -> None:
    later: Deferred[str] = Deferred()
    rig = Rig(FakeCallbacks(sendRequestXML=later))
    connection = rig.connect().send(post(envelope("sendRequestXML", ticket=TICKET)))
    rig.clock.advance(90)
    assert connection.written == b""
    later.callback("<QBXML/>")
    assert b"&lt;QBXML/&gt;" in connection.answer().body


def test_a_callback_may_be_a_coroutine() -> None:
    async def sentence() -> str:
        return "Done: 3 invoices."

    answer = Rig(FakeCallbacks(closeConnection=sentence())).call("closeConnection")
    assert "Done: 3 invoices." in answer.text


def test_a_client_that_hangs_up_before_its_answer_is_noted_and_told_to_its_session() -> None:
    later: Deferred[int] = Deferred()
    rig = Rig(FakeCallbacks(receiveResponseXML=later))
    connection = rig.connect().send(post(receive("<QBXML/>")))
    with LogLines() as log:
        connection.hang_up()
        later.callback(50)
    assert connection.written == b""
    assert "receiveResponseXML from 203.0.113.9: hung up before the answer" in log.text
    assert rig.callbacks.cut_tickets == [TICKET]
    assert rig.clock.getDelayedCalls() == []


def test_a_client_that_does_not_wait_for_its_ticket_has_a_session_that_is_cut_off() -> None:
    later: Deferred[list[str]] = Deferred()
    rig = Rig(FakeCallbacks(authenticate=later))
    body = envelope("authenticate", strUserName="larkspur", strPassword=PASSWORD)
    rig.connect().send(post(body)).hang_up()
    later.callback([TICKET, ""])
    assert rig.callbacks.cut_tickets == [TICKET]


def test_a_client_that_hangs_up_within_its_response_has_a_session_that_is_cut_off() -> None:
    rig = Rig()
    rig.connect().send(post(receive("x" * 1000))[:-400]).hang_up()
    assert [told[:2] for told in rig.callbacks.not_taken] == [(TICKET, "cut-off")]
    assert rig.callbacks.cut_tickets == [TICKET]


def test_a_client_that_hangs_up_after_its_answer_leaves_nothing_behind() -> None:
    rig = Rig()
    connection = rig.connect().send(post(envelope("getLastError", ticket=TICKET)))
    connection.hang_up()
    assert rig.callbacks.cut_tickets == []
    assert rig.clock.getDelayedCalls() == []
    assert len(rig.site.clients) == 0


# What stands in the log.


def test_the_log_tells_who_asked_what_but_no_secret() -> None:
    rig = Rig()
    with LogLines() as log:
        rig.call("authenticate", strUserName="acme", strPassword=PASSWORD)
        rig.call("getLastError", ticket=TICKET)
        rig.ask(post(receive("<CompanyName>Alder &amp; Ash</CompanyName>")))
        rig.ask(post(envelope("authenticate", strPassword=PASSWORD)[:-20]))
        rig.ask(head("GET", "/qbwc/invoice?ticket=5F0C2A7E-ticket"), "GET")
    assert "authenticate from 203.0.113.9: welcome, 200" in log.text
    assert "GET /qbwc/invoice from 203.0.113.9: 200" in log.text
    assert "Call from 203.0.113.9 refused: The request is not well-formed XML" in log.text
    for secret in (PASSWORD, TICKET, "Alder"):
        assert secret not in log.text
        assert secret not in repr(log.events)


def test_each_call_is_one_line_that_says_whose_it_was() -> None:
    rig = Rig()
    ticket = "5f0c2a7e-aaaa-bbbb-cccc-000000000000"
    rig.callbacks.callers[ticket] = Caller("Larkspur Tile", 12)
    with LogLines() as log:
        rig.ask(post(receive("<QBXML/>", ticket)))
    [line] = [event for event in log.events if event["log_level"] is LogLevel.info]
    assert formatEvent(line).startswith(
        "receiveResponseXML of Larkspur Tile (sync 12, ticket 5f0c2a7e) from 203.0.113.9: more, 200"
    )


def test_each_call_leaves_fields_for_a_machine_too() -> None:
    rig = Rig()
    ticket = "5f0c2a7e-aaaa-bbbb-cccc-000000000000"
    rig.callbacks.callers[ticket] = Caller("Larkspur Tile", 12)
    with LogLines() as log:
        rig.ask(post(receive("<QBXML/>", ticket)))
    (event,) = [event for event in log.events if event.get("what")]
    told = {name: event[name] for name in ("what", "connection", "sync", "ticket", "outcome")}
    assert told == {
        "what": "receiveResponseXML",
        "connection": "Larkspur Tile",
        "sync": 12,
        "ticket": "5f0c2a7e",
        "outcome": "more",
    }
    assert (event["peer"], event["status"]) == ("203.0.113.9", 200)


@pytest.mark.parametrize(
    ("operation", "answer", "outcome"),
    [
        ("authenticate", [TICKET, ""], "welcome"),
        ("sendRequestXML", "<QBXML/>", "request"),
        ("sendRequestXML", "", "nothing"),
        ("receiveResponseXML", 100, "done"),
        ("receiveResponseXML", -1, "failed"),
        ("connectionError", "done", "given-up"),
        ("connectionError", "", "retried"),
        ("clientVersion", "O:2.1.0.30", "too-old"),
        ("getLastError", "NoOp", "pause"),
        ("getLastError", "The password is wrong.", "told"),
        ("closeConnection", "OK", "answered"),
        ("serverVersion", ValueError("a bug"), "fault"),
    ],
)
def test_each_call_is_counted_with_what_became_of_it(
    operation: str, answer: Any, outcome: str, logged_failures: list[Any]
) -> None:
    rig = Rig(FakeCallbacks(**{operation: answer}))
    rig.call(operation, ticket=TICKET)
    assert [(one, became) for one, became, _seconds in rig.metered] == [(operation, outcome)]
    logged_failures.clear()


def test_who_hangs_up_and_who_cannot_be_read_is_counted_too() -> None:
    later: Deferred[int] = Deferred()
    rig = Rig(FakeCallbacks(receiveResponseXML=later))
    connection = rig.connect().send(post(receive("<QBXML/>")))
    rig.clock.advance(3)
    connection.hang_up()
    later.callback(50)
    rig.ask(post(envelope("authenticate")[:-20]))
    assert rig.metered == [("receiveResponseXML", "hung-up", 3.0), ("", "unreadable", 0.0)]


def test_a_call_whose_line_is_not_logged_is_counted_all_the_same() -> None:
    rig = Rig()
    with LogLines() as lines:
        levels.setLogLevelForNamespace("", LogLevel.warn)
        try:
            rig.call("serverVersion")
        finally:
            levels.clearLogLevels()
        rig.call("clientVersion")
    assert [one for one, _, _ in rig.metered] == ["serverVersion", "clientVersion"]
    assert [event["what"] for event in lines.events if "what" in event] == ["clientVersion"]


def test_a_refused_login_is_counted_under_its_reason() -> None:
    rig = Rig(FakeCallbacks(authenticate=["refused.x", "nvu"]))
    rig.callbacks.callers["refused.x"] = Caller("Larkspur Tile", 12, "wrong-password")
    rig.call("authenticate", strUserName="acme")
    assert [(one, became) for one, became, _ in rig.metered] == [("authenticate", "wrong-password")]
