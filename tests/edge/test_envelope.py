"""What comes in: liberal about what carries no meaning, strict about the rest."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.edge.envelope import EnvelopeReader
from daemon.edge.operations import OPERATIONS
from daemon.edge.soap import Call, EnvelopeRefused, FaultCode, ResponseText, Secret
from shared.qbxml.repair import MARK, Repair
from tests.edge.builders import NAMESPACE, SOAP, envelope

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def read(document: bytes | str, piece_bytes: int = 65536) -> Call:
    data = document.encode() if isinstance(document, str) else document
    reader = EnvelopeReader()
    for start in range(0, len(data), piece_bytes):
        reader.feed(data[start : start + piece_bytes])
    return reader.close()


def refusal(document: bytes | str) -> EnvelopeRefused:
    with pytest.raises(EnvelopeRefused) as caught:
        read(document)
    return caught.value


def in_body(content: str, header: str = "") -> str:
    return f'<s:Envelope xmlns:s="{SOAP}">{header}<s:Body>{content}</s:Body></s:Envelope>'


def plain(call: Call) -> tuple[object, ...]:
    """The call with its secret and its document laid open."""
    values: list[object] = []
    for argument in call.arguments:
        if isinstance(argument, Secret):
            values.append(argument.reveal())
        elif isinstance(argument, ResponseText):
            values.append(b"".join(argument).decode())
        else:
            values.append(argument)
    return (call.operation.name, *values)


EXAMPLES = {
    "serverVersion": ({}, ()),
    "clientVersion": ({"strVersion": "34.0.10032.91"}, ("34.0.10032.91",)),
    "authenticate": ({"strUserName": "acme", "strPassword": "s & <t>"}, ("acme", "s & <t>")),
    "sendRequestXML": (
        {
            "ticket": "T",
            "strHCPResponse": '<?xml version="1.0" ?><QBXML/>',
            "strCompanyFileName": r"C:\Books\Alder & Ash.qbw",
            "qbXMLCountry": "US",
            "qbXMLMajorVers": "13",
            "qbXMLMinorVers": "0",
        },
        ("T", '<?xml version="1.0" ?><QBXML/>', r"C:\Books\Alder & Ash.qbw", "US", 13, 0),
    ),
    "receiveResponseXML": (
        {"ticket": "T", "response": "<QBXML>&#153;</QBXML>", "hresult": "", "message": ""},
        ("T", "<QBXML>&#153;</QBXML>", "", ""),
    ),
    "connectionError": (
        {"ticket": "T", "hresult": "0x80040408", "message": "Could not start QuickBooks."},
        ("T", "0x80040408", "Could not start QuickBooks."),
    ),
    "getLastError": ({"ticket": "T"}, ("T",)),
    "closeConnection": ({"ticket": "T"}, ("T",)),
    "getInteractiveURL": ({"wcTicket": "T", "sessionID": "7"}, ("T", "7")),
    "interactiveRejected": ({"wcTicket": "T", "reason": "said no"}, ("T", "said no")),
    "interactiveDone": ({"wcTicket": "T"}, ("T",)),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_call_as_the_web_connector_writes_it(name: str) -> None:
    parameters, expected = EXAMPLES[name]
    assert plain(read(envelope(name, **parameters))) == (name, *expected)


def test_the_examples_name_every_parameter_of_the_table() -> None:
    for name, operation in OPERATIONS.items():
        assert [parameter.name for parameter in operation.parameters] == list(EXAMPLES[name][0])


@pytest.mark.parametrize(
    "password",
    ["<strPassword/>", "", f'<strPassword {XSI} xsi:nil="true"/>', "<strPassword></strPassword>"],
)
def test_absent_empty_and_nil_are_one(password: str) -> None:
    content = f'<authenticate xmlns="{NAMESPACE}"><strUserName>a</strUserName>{password}'
    assert plain(read(in_body(content + "</authenticate>"))) == ("authenticate", "a", "")


def test_numbers_that_are_absent_are_zero() -> None:
    call = read(in_body(f'<sendRequestXML xmlns="{NAMESPACE}"><ticket>T</ticket></sendRequestXML>'))
    assert plain(call) == ("sendRequestXML", "T", "", "", "", 0, 0)


@pytest.mark.parametrize("number", ["13.0", "thirteen", "1_3", "１３", "99999999999", "2147483648"])
def test_a_number_that_is_none_is_refused_by_name(number: str) -> None:
    refused = refusal(envelope("sendRequestXML", ticket="T", qbXMLMajorVers=number))
    assert refused.reason == "qbXMLMajorVers must be a whole number."


def test_any_prefix_on_any_element_will_do() -> None:
    document = (
        f'<x:Envelope xmlns:x="{SOAP}" xmlns:q="{NAMESPACE}"><x:Body><q:clientVersion>'
        "<q:strVersion>2.3</q:strVersion></q:clientVersion></x:Body></x:Envelope>"
    )
    assert plain(read(document)) == ("clientVersion", "2.3")


def test_the_rpc_flavour_binds_by_local_name() -> None:
    content = (
        f'<q1:getLastError xmlns:q1="{NAMESPACE}" {XSI}'
        ' s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">'
        '<ticket xsi:type="xsd:string">T</ticket></q1:getLastError>'
    )
    assert plain(read(in_body(content))) == ("getLastError", "T")


def test_white_space_and_order_mean_nothing_between_the_elements() -> None:
    content = (
        f'\n  <sendRequestXML xmlns="{NAMESPACE}">\r\n\t<qbXMLMinorVers> 0 </qbXMLMinorVers>'
        "\n<!-- note --><?pi?><qbXMLMajorVers>\n13\n</qbXMLMajorVers>"
        "<ticket>\n  T\n</ticket> </sendRequestXML>\n "
    )
    assert plain(read(in_body(content))) == ("sendRequestXML", "T", "", "", "", 13, 0)


def test_white_space_around_a_document_is_not_part_of_it() -> None:
    content = (
        "<receiveResponseXML>\n <ticket>T</ticket>\n <response>&lt;a/></response>\n"
        " <hresult>\n</hresult>\n <message>m</message>\n</receiveResponseXML>"
    )
    assert plain(read(in_body(content))) == ("receiveResponseXML", "T", "<a/>", "", "m")


def test_white_space_within_a_password_or_a_document_is_kept() -> None:
    call = read(envelope("authenticate", strUserName=" a ", strPassword=" p\n"))
    assert plain(call) == ("authenticate", " a ", " p\n")


def test_cdata_and_references_are_text_like_any_other() -> None:
    content = (
        f'<receiveResponseXML xmlns="{NAMESPACE}"><ticket>T&#x41;</ticket>'
        "<response><![CDATA[<QBXML>&amp;</QBXML>]]> &lt;more/&gt;</response></receiveResponseXML>"
    )
    expected = ("receiveResponseXML", "TA", "<QBXML>&amp;</QBXML> <more/>", "", "")
    assert plain(read(in_body(content))) == expected


def test_unknown_parameters_and_header_blocks_pass_unread() -> None:
    header = "<s:Header><a><b><c>deep</c></b></a></s:Header>"
    content = f'<serverVersion xmlns="{NAMESPACE}"><strVersion>2</strVersion></serverVersion>'
    assert plain(read(in_body(content, header))) == ("serverVersion",)


def test_a_soap_1_2_envelope_is_read_as_well() -> None:
    document = in_body("<serverVersion/>").replace(SOAP, "http://www.w3.org/2003/05/soap-envelope")
    assert plain(read(document)) == ("serverVersion",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_the_encoding_is_what_the_document_says(encoding: str) -> None:
    declared = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    document = f'<?xml version="1.0" encoding="{declared}"?>' + in_body(
        f'<connectionError xmlns="{NAMESPACE}"><message>Zoë’s café</message></connectionError>'
    )
    if encoding == "iso-8859-1":
        document = document.replace("’", "'")
    message = read(document.encode(encoding)).arguments[2]
    assert message in ("Zoë’s café", "Zoë's café")


@pytest.mark.parametrize("encoding", ["utf-7", "shift_jis", "no-such-encoding"])
def test_an_encoding_that_we_do_not_read_is_refused_in_words(encoding: str) -> None:
    refused = refusal(f'<?xml version="1.0" encoding="{encoding}"?><a/>')
    assert "encoding" in refused.reason


@pytest.mark.parametrize(
    "written", [b"Caf\xe9\x01 \x1fNo. 5", b"Caf&#233;&#x1F; No. 5", b"Caf\xc3\xa9\x0b&#0; No. 5"]
)
def test_characters_that_no_xml_may_hold_are_left_out_and_the_call_is_read(written: bytes) -> None:
    document = in_body("<connectionError><message>@</message></connectionError>").encode()
    assert read(document.replace(b"@", written)).arguments[2] == "Café No. 5"


@pytest.mark.parametrize("written", [b"a\x1fb", b"a&#x1F;b", b"a&amp;#x1F;b", b"a\xed\xa0\x80b"])
@pytest.mark.parametrize("piece_bytes", [1, 7, 100_000])
def test_a_document_in_the_envelope_arrives_with_a_mark_for_the_reader(
    written: bytes, piece_bytes: int
) -> None:
    document = envelope("receiveResponseXML", ticket="T", response="<Memo>@</Memo>")
    response = read(document.replace(b"@", written), piece_bytes).arguments[1]
    assert isinstance(response, ResponseText)
    repair = Repair()
    read_on = b"".join(map(repair.feed, response)) + repair.rest()
    assert read_on == f"<Memo>a{MARK}b</Memo>".encode()


# The response, which may be large.


def test_a_response_is_handed_on_in_pieces_and_given_away() -> None:
    text = "".join(f"<row>{number} é &amp; &#153;</row>\r\n" for number in range(20_000))
    response = read(envelope("receiveResponseXML", ticket="T", response=text)).arguments[1]
    assert isinstance(response, ResponseText)
    arrived = text.replace("\r\n", "\n").encode()  # XML normalizes line ends
    assert response.size == len(arrived)
    assert response.digest == hashlib.sha256(arrived).hexdigest()
    pieces = list(response)
    assert b"".join(pieces) == arrived
    assert max(map(len, pieces)) <= 4 * 65536
    with pytest.raises(RuntimeError, match="read already"):
        iter(response)


def test_a_response_made_of_text_is_like_one_that_was_read() -> None:
    made = ResponseText.of("<QBXML>é</QBXML>")
    response = read(envelope("receiveResponseXML", response="<QBXML>é</QBXML>")).arguments[1]
    assert isinstance(response, ResponseText)
    assert (made.size, made.digest) == (response.size, response.digest)
    assert list(made) == list(response)


def test_an_empty_response_has_no_pieces() -> None:
    response = read(envelope("receiveResponseXML", ticket="T", response="")).arguments[1]
    assert isinstance(response, ResponseText)
    assert (response.size, list(response)) == (0, [])
    assert list(ResponseText.of("")) == []


def test_operation_and_ticket_are_known_before_the_response_is_complete() -> None:
    reader = EnvelopeReader()
    document = envelope("receiveResponseXML", ticket=" T-1 ", response="x" * 100_000)
    reader.feed(document[:400])
    reader.flush()
    assert reader.operation is OPERATIONS["receiveResponseXML"]
    assert reader.ticket == "T-1"


def test_a_ticket_that_is_not_complete_is_not_known() -> None:
    reader = EnvelopeReader()
    document = envelope("receiveResponseXML", ticket="T-1", response="x")
    reader.feed(document[: document.index(b"-1</ticket>")])
    reader.flush()
    assert reader.ticket is None


# What is refused.


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("", "no body"),
        (" \r\n ", "no body"),
        ("hello", "not well-formed XML: syntax error (line 1, column 1)"),
        ("<a><b></a>", "SOAP envelope was expected, not a"),
        (in_body("<serverVersion/>")[:-4], "not well-formed XML"),
        (in_body("<serverVersion/>") + "<more/>", "not well-formed XML"),
        (in_body("<serverVersion></ServerVersion>"), "mismatched tag (line 1, column"),
        (in_body("&nbsp;"), "undefined entity"),
        (in_body(""), "names no operation"),
        (f'<s:Envelope xmlns:s="{SOAP}"/>', "names no operation"),
        (in_body("<dropTables/>"), "dropTables is not an operation of this service."),
        (in_body("<serverversion/>"), "serverversion is not an operation"),
        (in_body("<serverVersion/><serverVersion/>"), "more than one operation"),
        (in_body("<serverVersion/>").replace("</s:Body>", "</s:Body><s:Body/>"), "more than one"),
        (
            in_body("<getLastError><ticket>1</ticket><ticket>2</ticket></getLastError>"),
            "ticket is given twice",
        ),
        (
            in_body("<receiveResponseXML><response><QBXML/></response></receiveResponseXML>"),
            "Text was expected in response, not the element QBXML",
        ),
        (envelope("getLastError", ticket="T" * 70_000), "ticket is too long"),
    ],
)
def test_what_is_not_a_call_is_refused_in_words(document: bytes | str, words: str) -> None:
    refused = refusal(document)
    assert words in refused.reason
    assert refused.code is FaultCode.CLIENT


def test_another_envelope_namespace_is_a_version_mismatch() -> None:
    refused = refusal('<Envelope xmlns="urn:other"><Body><serverVersion/></Body></Envelope>')
    assert refused.code is FaultCode.VERSION_MISMATCH


def test_a_header_block_that_must_be_understood_is_refused() -> None:
    header = '<s:Header><w:Security xmlns:w="urn:w" s:mustUnderstand="1"/></s:Header>'
    refused = refusal(in_body("<serverVersion/>", header))
    assert refused.code is FaultCode.MUST_UNDERSTAND
    assert "Security" in refused.reason


LAUGHS = '<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + level)} "{f"&{chr(97 + level)};" * 10}">' for level in range(9)
)


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE x>",
        f"<!DOCTYPE x [{LAUGHS}]>",
        '<!DOCTYPE x [<!ENTITY a "small">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://192.0.2.1/evil.dtd">',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://192.0.2.1/evil.dtd"> %p;]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_any_document_type_is_refused_in_any_encoding(doctype: str, encoding: str) -> None:
    document = f'<?xml version="1.0" encoding="{encoding}"?>{doctype}' + in_body("<serverVersion/>")
    assert "document type" in refusal(document.encode(encoding)).reason


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<s:Header>" + "<a/>" * 200 + "</s:Header>", "too many elements"),
        ("<s:Header>" + "<a>" * 20 + "</a>" * 20 + "</s:Header>", "nested too deeply"),
        ("<s:Header " + " ".join(f'a{n}=""' for n in range(20)) + "/>", "too many attributes"),
        ("<s:Header " + " ".join(f'a{n}=""' for n in range(5000)) + "/>", "too many attributes"),
        ("<s:Header " + " ".join(f'xmlns:a{n}="u"' for n in range(99)) + "/>", "too many namesp"),
        (f"<{'n' * 300}/>", "name in the request is too long"),
        (f"<s:Header {'n' * 300}=''/>", "name in the request is too long"),
    ],
)
def test_structure_beyond_any_real_envelope_is_refused(content: str, words: str) -> None:
    document = in_body("<serverVersion/>", content)
    assert words in refusal(document).reason


@pytest.mark.parametrize("opening", ["<!--", '<s:Header a="'])
def test_an_endless_tag_or_comment_is_refused_before_it_is_scanned_again_and_again(
    opening: str,
) -> None:
    reader = EnvelopeReader()
    reader.feed(in_body("").partition("<s:Body>")[0].encode() + opening.encode())
    for _ in range(7):
        reader.feed(b"x" * 8192)
    with pytest.raises(EnvelopeRefused, match="too long"):
        reader.feed(b"x" * 8192)


def test_a_refusal_shows_a_name_but_no_content() -> None:
    name = "evil" + "x" * 100
    refused = refusal(in_body(f"<{name}>secret</{name}>"))
    assert refused.reason == f"{name[:40]}… is not an operation of this service."


def test_neither_a_call_nor_its_parts_show_what_they_hold() -> None:
    call = read(envelope("authenticate", strUserName="acme", strPassword="hunter2"))
    assert "hunter2" not in repr(call) + repr(call.arguments) + str(call.arguments[1])
    call = read(envelope("receiveResponseXML", ticket="T-secret", response="<Customer/>"))
    assert "T-secret" not in repr(call)
    assert "Customer" not in repr(call.arguments[1])


# Whatever the text and however it is cut.

xml_text = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), include_characters="\t\n"),
    max_size=60,
).filter(lambda text: not {"￾", "￿"} & set(text))


@settings(max_examples=60, deadline=None)
@given(xml_text, xml_text, st.integers(1, 40))
def test_any_text_arrives_unchanged_however_it_is_cut(
    response: str, message: str, piece_bytes: int
) -> None:
    document = envelope("receiveResponseXML", ticket="T", response=response, message=message)
    expected = ("receiveResponseXML", "T", response, "", message)
    assert plain(read(document, piece_bytes)) == expected


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_envelope_is_refused_or_read_but_never_a_crash(data: st.DataObject) -> None:
    document = bytearray(envelope("authenticate", strUserName="acme", strPassword="secret"))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(document) - 1))
        document[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    refused = ""
    try:
        read(bytes(document))
    except EnvelopeRefused as error:
        refused = error.reason
    assert "secret" not in refused


@pytest.mark.parametrize("name", ["serverVersion", "clientVersion"])
def test_a_call_that_says_nothing_of_anybody_is_read_once(name: str) -> None:
    document = envelope(name, **EXAMPLES[name][0])
    assert read(document) is read(document)


def test_a_call_of_a_session_is_read_each_time() -> None:
    document = envelope("closeConnection", ticket="T-1")
    assert read(document) is not read(document)
