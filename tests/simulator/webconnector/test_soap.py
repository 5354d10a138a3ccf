"""Envelopes out, byte for byte, and replies in, as strictly as the .NET proxy."""

from __future__ import annotations

import pytest

from simulator.webconnector import Log, WebConnectorError, WebService, soap
from tests.simulator.webconnector.builders import (
    ENVELOPE,
    NAMESPACE,
    XML,
    ScriptedService,
    answers,
    envelope,
    texts,
)

HEAD = (
    b'<?xml version="1.0" encoding="utf-8"?>'
    b'<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"'
    b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    b' xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap:Body>'
)
FOOT = b"</soap:Body></soap:Envelope>"
NIL = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"'


def service(**script: list[object]) -> WebService:
    scripted = ScriptedService(**script)  # type: ignore[arg-type]
    return WebService("http://localhost/", scripted, log=Log(None))


def result(operation: str, inner: str) -> tuple[int, dict[str, str], bytes]:
    body = f'<{operation}Response xmlns="{NAMESPACE}">{inner}</{operation}Response>'
    return 200, dict(XML), envelope(body)


def failure(reply: object) -> WebConnectorError:
    with pytest.raises(WebConnectorError) as caught:
        service(sendRequestXML=[reply]).send_request_xml("T", "", "", "US", (13, 0))
    return caught.value


def test_a_call_without_parameters_is_an_empty_wrapper():
    assert soap.write_call("serverVersion", ()) == (
        HEAD + b'<serverVersion xmlns="http://developer.intuit.com/" />' + FOOT
    )


def test_empty_text_is_an_empty_element_and_null_is_left_out():
    written = soap.write_call("receiveResponseXML", (("ticket", "T"), ("a", ""), ("b", None)))
    assert written == HEAD + (
        b'<receiveResponseXML xmlns="http://developer.intuit.com/">'
        b"<ticket>T</ticket><a /></receiveResponseXML>" + FOOT
    )


def test_qbxml_is_escaped_once():
    written = soap.write_call("x", (("response", "<a>&amp;\r\n'\"</a>"),))
    assert b"<response>&lt;a&gt;&amp;amp;&#xD;\n'\"&lt;/a&gt;</response>" in written


def test_the_headers_are_those_of_the_net_proxy():
    assert soap.call_headers("authenticate") == {
        "User-Agent": "Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol"
        " 4.0.30319.42000)",
        "Content-Type": "text/xml; charset=utf-8",
        "SOAPAction": '"http://developer.intuit.com/authenticate"',
    }


def test_white_space_in_a_result_is_data():
    good = service(getLastError=[answers("getLastError", "\n  Hm.\n")])
    assert good.get_last_error("T") == "\n  Hm.\n"


def test_cdata_and_prefixes_are_read():
    body = (
        f'<q:getLastErrorResponse xmlns:q="{NAMESPACE}"><q:getLastErrorResult>'
        "<![CDATA[<b> & c]]></q:getLastErrorResult></q:getLastErrorResponse>"
    )
    assert service(getLastError=[(200, XML, envelope(body))]).get_last_error("T") == "<b> & c"


@pytest.mark.parametrize("status", [201, 299])
def test_other_good_statuses_are_read(status):
    _, headers, body = answers("getLastError", "x")
    assert service(getLastError=[(status, headers, body)]).get_last_error("T") == "x"


@pytest.mark.parametrize("status", [301, 302, 307, 401, 403, 404, 405, 413, 417, 502, 503])
def test_a_status_from_300_is_an_error(status):
    _, headers, body = answers("sendRequestXML", "x")
    assert f"HTTP status {status}" in failure((status, headers, body)).text


@pytest.mark.parametrize("status", [400, 500])
def test_a_fault_is_read_with_400_and_500(status):
    fault = "<s:Fault><faultcode>s:Server</faultcode><faultstring>Boom</faultstring></s:Fault>"
    assert "Boom" in failure((status, XML, envelope(fault))).text


def test_a_500_page_of_html_shows_the_status():
    reply = (500, {"Content-Type": "text/html"}, b"<html/>")
    assert "HTTP status 500 Internal Server Error" in failure(reply).text


def test_a_500_with_a_good_envelope_is_still_an_error():
    _, headers, body = answers("sendRequestXML", "x")
    assert "500" in failure((500, headers, body)).text


@pytest.mark.parametrize(
    "content_type", ["text/html", "text/plain", "application/xml", "application/json", ""]
)
def test_a_wrong_content_type_is_an_error(content_type):
    _, _, body = answers("sendRequestXML", "x")
    assert "content type" in failure((200, {"content-type": content_type}, body)).text


def test_a_missing_content_type_is_an_error():
    _, _, body = answers("sendRequestXML", "x")
    assert "content type" in failure((200, {}, body)).text


def test_soap_12_is_recognized():
    body = answers("getLastError", "x")[2].replace(
        ENVELOPE.encode(), b"http://www.w3.org/2003/05/soap-envelope"
    )
    headers = {"Content-Type": "application/soap+xml; charset=utf-8"}
    assert service(getLastError=[(200, headers, body)]).get_last_error("T") == "x"


def test_the_charset_of_the_header_is_used():
    body = answers("getLastError", "café")[2].decode().encode("iso-8859-1")
    headers = {"Content-Type": "text/xml; charset=iso-8859-1"}
    assert service(getLastError=[(200, headers, body)]).get_last_error("T") == "café"


GOOD = answers("sendRequestXML", "x")[2]


@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        ({}, b"", "empty"),
        ({}, b"\xef\xbb\xbf" + GOOD, "begins with"),
        ({}, b"\n" + GOOD, "begins with"),
        ({}, b"Notice: undefined\n" + GOOD, "begins with"),
        ({"Content-Encoding": "gzip"}, GOOD, "encoded (gzip)"),
        ({}, GOOD[: len(GOOD) // 2], "not well-formed"),
        ({}, b"\x1f\x8b\x08\x00", "begins with"),
        ({}, b"<caf\xe9/>", "not text"),
        ({}, b"<html></html>", "not a SOAP envelope"),
        ({}, f'<s:Envelope xmlns:s="{ENVELOPE}"/>'.encode(), "no Body"),
        ({}, GOOD.replace(b"?><", b"?><!DOCTYPE x><", 1), "DOCTYPE"),
    ],
)
def test_a_body_that_the_proxy_cannot_read_is_an_error(headers, body, words):
    error = failure((200, {**XML, **headers}, body))
    assert error.code == "QBWC1041"
    assert words in error.text


@pytest.mark.parametrize(
    "reply",
    [
        result("sendRequestXML", ""),
        result("sendRequestXML", f"<sendRequestXMLResult {NIL}/>"),
        answers("sendRequestXML", "x", namespace="urn:other"),
        answers("sendRequestXML", "x", namespace=""),
        result("getLastError", "<getLastErrorResult>x</getLastErrorResult>"),
    ],
    ids=["missing", "nil", "other namespace", "no namespace", "other operation"],
)
def test_a_null_result_of_send_request_is_a_null_reference(reply):
    error = failure(reply)
    assert error.code == "QBWC1041"
    assert "null reference" in error.text


def test_qbxml_nested_as_elements_is_an_error():
    assert "<QBXML" not in failure(answers("sendRequestXML", "<QBXML/>")).text
    assert "only text can be read" in failure(answers("sendRequestXML", "<QBXML/>")).text


def test_an_empty_request_is_not_a_null_one():
    empty = service(sendRequestXML=[answers("sendRequestXML", "")])
    assert empty.send_request_xml("T", "", "", "US", (13, 0)) == ""


@pytest.mark.parametrize(
    "reply",
    [
        result("authenticate", ""),
        result("authenticate", f"<authenticateResult {NIL}/>"),
        answers("authenticate", ""),
        answers("authenticate", texts("only one")),
        answers("authenticate", texts("1", "2", "3", "4", "5")),
        answers("authenticate", f"<string>T</string><string {NIL}/>"),
        answers("authenticate", '<string xmlns="urn:arrays">T</string><string xmlns=""></string>'),
        answers("authenticate", texts("T", ""), namespace="urn:other"),
    ],
    ids=["missing", "nil", "empty", "one", "five", "nil item", "foreign items", "foreign wrapper"],
)
def test_an_unusable_array_of_authenticate_is_qbwc1012(reply):
    with pytest.raises(WebConnectorError) as caught:
        service(authenticate=[reply]).authenticate("user", "password")
    assert caught.value.code == "QBWC1012"


@pytest.mark.parametrize("count", [2, 3, 4])
def test_two_to_four_texts_are_taken(count):
    items = ["T", "", "0", "60"][:count]
    assert service(authenticate=[items]).authenticate("user", "password") == items


@pytest.mark.parametrize("inner", ["", "ten", "10.5", " 10", "+5", "1e1", "<int>5</int>"])
def test_progress_must_be_a_bare_integer(inner):
    bad = service(receiveResponseXML=[answers("receiveResponseXML", inner)])
    with pytest.raises(WebConnectorError) as caught:
        bad.receive_response_xml("T", "", "", "")
    assert caught.value.code == "QBWC1042"


def test_progress_may_be_negative():
    negative = service(receiveResponseXML=[-101])
    assert negative.receive_response_xml("T", "", "", "") == -101
