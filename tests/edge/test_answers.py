"""What goes out: the exact bytes of every answer."""

from __future__ import annotations

import pytest
from lxml import etree

from daemon.edge.operations import OPERATIONS
from daemon.edge.soap import BadAnswer, FaultCode, escape, write_answer, write_fault
from tests.edge.builders import ANSWERS

BEGIN = (
    b'<?xml version="1.0" encoding="utf-8"?>'
    b'<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
)
END = b"</soap:Body></soap:Envelope>"

GOLDEN = {
    "serverVersion": b"Deskbridge 1.0",
    "clientVersion": b"",
    "authenticate": b"<string>5F0C2A7E-ticket</string><string></string>",
    "sendRequestXML": b'&lt;?xml version="1.0"?&gt;&lt;?qbxml version="13.0"?&gt;&lt;QBXML/&gt;',
    "receiveResponseXML": b"42",
    "connectionError": b"done",
    "getLastError": b"NoOp",
    "closeConnection": b"OK",
    "getInteractiveURL": b"https://books.example.com/interactive?a=1&amp;b=2",
    "interactiveRejected": b"",
    "interactiveDone": b"Done",
}


def answer(name: str, value: object) -> bytes:
    return write_answer(OPERATIONS[name], value)


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_answer_is_these_bytes_and_no_others(name: str) -> None:
    operation = name.encode()
    assert answer(name, ANSWERS[name]) == (
        BEGIN
        + b'<%sResponse xmlns="http://developer.intuit.com/"><%sResult>' % (operation, operation)
        + GOLDEN[name]
        + b"</%sResult></%sResponse>" % (operation, operation)
        + END
    )


def test_all_four_strings_of_authenticate_stay_where_they_are() -> None:
    assert (
        b"<authenticateResult><string></string><string>busy</string><string>60</string>"
        b"<string>300</string></authenticateResult>"
    ) in answer("authenticate", ["", "busy", "60", "300"])


def test_a_qbxml_document_is_escaped_exactly_once_and_comes_back_unchanged() -> None:
    document = '<?xml version="1.0"?>\r\n<QBXML>Dune &amp; Sons \t "x"]]>\n</QBXML>'
    written = answer("sendRequestXML", document)
    assert b"Dune &amp;amp; Sons" in written
    result = etree.fromstring(written).findtext(".//{*}sendRequestXMLResult")
    assert result == document


def test_nothing_stands_between_a_result_and_its_tags() -> None:
    assert b"Result>-1</" in answer("receiveResponseXML", -1)
    assert b"\n" not in answer("receiveResponseXML", 100)


def test_an_answer_is_plain_ascii_without_a_byte_order_mark() -> None:
    written = answer("getLastError", "Zoë's Café — 5 €")
    assert written.isascii()
    assert written.startswith(b"<?xml")
    assert etree.fromstring(written).findtext(".//{*}getLastErrorResult") == "Zoë's Café — 5 €"


def test_what_xml_cannot_carry_never_reaches_the_web_connector() -> None:
    written = answer("getLastError", "bell\x07 null\x00 half\ud800 none￾ ok\U0001f600")
    text = etree.fromstring(written).findtext(".//{*}getLastErrorResult")
    assert text == "bell? null? half? none? ok\U0001f600"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sendRequestXML", None),
        ("sendRequestXML", b"<QBXML/>"),
        ("receiveResponseXML", None),
        ("receiveResponseXML", "42"),
        ("receiveResponseXML", True),
        ("receiveResponseXML", 2**31),
        ("authenticate", None),
        ("authenticate", "nvu"),
        ("authenticate", ["ticket", None]),
    ],
)
def test_a_nil_or_a_wrong_type_is_never_written(name: str, value: object) -> None:
    with pytest.raises(BadAnswer, match=name):
        answer(name, value)


@pytest.mark.parametrize("strings", [[], ["ticket"], ["t", "", "0", "300", "more"]])
def test_authenticate_answers_two_to_four_strings(strings: list[str]) -> None:
    with pytest.raises(BadAnswer, match="authenticate"):
        answer("authenticate", strings)


def test_a_fault_names_its_code_and_escapes_its_reason() -> None:
    assert write_fault(FaultCode.CLIENT, "<a> & b") == (
        BEGIN + b"<soap:Fault><faultcode>soap:Client</faultcode>"
        b"<faultstring>&lt;a&gt; &amp; b</faultstring></soap:Fault>" + END
    )


def test_a_carriage_return_travels_as_a_reference() -> None:
    assert escape("a\r\nb") == "a&#13;\nb"
