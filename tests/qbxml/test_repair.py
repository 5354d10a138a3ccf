"""What QuickBooks and .NET write and no XML may hold is put right, however it is cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from shared.qbxml.reader import Repaired, read_message_set
from shared.qbxml.repair import MARK, Repair
from shared.qbxml.responses import CustomerRet


def repaired(data: bytes, size: int = 0, encoding: str = "utf-8") -> str:
    """The document after it arrived in pieces of ``size`` bytes, or at once."""
    repair = Repair(encoding)
    step = size or len(data) or 1
    pieces = [repair.feed(data[start : start + step]) for start in range(0, len(data), step)]
    return (b"".join(pieces) + repair.rest()).decode()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"a&#153;b", "a™b"),
        (b"a&#x99;b", "a™b"),
        (b"&#0153;", "™"),
        ("raw \x99 é".encode(), "raw ™ é"),
        (b"a&#11;b&#x1F;c&#0;d", f"a{MARK}b{MARK}c{MARK}d"),
        (b"a\x1fb\x00c\x08d\te\nf", f"a{MARK}b{MARK}c{MARK}d\te\nf"),
        (b"&#55357;&#56832; &#xD83D;&#xDE00;", "😀 😀"),
        (b"&#xD83D; alone &#56832;", f"{MARK} alone {MARK}"),
        (b"\xed\xa0\xbd\xed\xb8\x80 and \xed\xa0\xbd", f"😀 and {MARK}"),
        (b"line&#13;&#10;end&#xD;", "line&#10;end"),
        (b"caf\xe9 \x93so\x94, \x9d", "café “so”, \ufffd"),
        ("\ufffe\uffff é".encode(), f"{MARK}{MARK} é"),
        (b"&#xFFFE;&#1114112;", MARK * 2),
        (b"caf&#233; &#9; &#128512; &amp;#153; &#1234567890123; & &#", None),
        ("日本 é 😀".encode(), None),
    ],
)
def test_each_kind_of_character_is_put_right_wherever_a_piece_ends(written, meant):
    for size in (0, 1, 2, 3, 5, 7):
        assert repaired(written, size) == (written.decode() if meant is None else meant), size


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=60), st.integers(1, 9))
def test_what_comes_out_is_the_same_however_it_is_cut_and_xml_can_hold_it(data, size):
    whole = repaired(data)
    assert repaired(data, size) == whole
    text = "".join(c for c in whole if c not in "<&")
    etree.fromstring(f"<a>{text}</a>".encode())


def test_a_document_in_another_encoding_becomes_utf_8():
    assert repaired("Zoë’s".encode("cp1252"), 2, "windows-1252") == "Zoë’s"
    assert repaired("Zoë’s 😀".encode("utf-16"), 3, "utf-16") == "Zoë’s 😀"


def answer_with(name: bytes) -> bytes:
    return (
        b'<?xml version="1.0"?><QBXML><QBXMLMsgsRs><CustomerQueryRs requestID="1" statusCode="0"'
        b' statusSeverity="Info" statusMessage="Status OK"><CustomerRet><ListID>80-1</ListID>'
        b"<Name>" + name + b"</Name><FullName>" + name + b"</FullName></CustomerRet>"
        b"<CustomerRet><ListID>80-2</ListID><Name>Fine</Name><FullName>Fine</FullName>"
        b"</CustomerRet></CustomerQueryRs></QBXMLMsgsRs></QBXML>"
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b"Lark\x1fspur", "Larkspur"),
        (b"Lark&#x1F;spur", "Larkspur"),
        (b"Caf\xe9", "Café"),
        (b"\xed\xa0\xbd!", "!"),
    ],
)
def test_a_name_with_such_a_character_comes_in(written, read):
    records = list(read_message_set([answer_with(written)]))
    names = [one.full_name for one in records if isinstance(one, CustomerRet)]
    assert names == [read, "Fine"]


def test_the_record_that_lost_a_character_is_named_and_no_other():
    told = [one for one in read_message_set([answer_with(b"a\x02b")]) if isinstance(one, Repaired)]
    assert told == [Repaired("CustomerRet", "80-1")]
