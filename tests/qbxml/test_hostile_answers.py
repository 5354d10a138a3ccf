"""Answers that QuickBooks would not write: each is refused, quickly, with a reason."""

import subprocess
import sys
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.qbxml.reader import Limits, Unreadable, UnreadableAnswer, read_message_set
from tests.qbxml.builders import (
    Raw,
    answer,
    invoice,
    invoices_answer,
    line,
    read_all,
    response,
    xml,
)

PLAIN = invoices_answer(invoice())
BILLION_LAUGHS = (
    '<!DOCTYPE QBXML [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {n} "&{p};&{p};">' for p, n in pairwise("abcdefghi"))
    + "]>"
)


def why(data, limits=None):
    with pytest.raises(UnreadableAnswer) as refused:
        for _ in read_message_set([data], limits):
            pass
    assert str(refused.value) == f"QuickBooks' answer cannot be read: {refused.value.detail}"
    assert str(refused.value).isprintable()
    return refused.value.reason


def with_prolog(text, document=PLAIN):
    return document.replace("<QBXML>", f"{text}<QBXML>")


@pytest.mark.parametrize(
    "doctype",
    [
        "<!DOCTYPE QBXML>",
        '<!DOCTYPE QBXML SYSTEM "http://127.0.0.1:1/q.dtd">',
        '<!DOCTYPE QBXML [<!ENTITY f SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE QBXML [<!ATTLIST QBXML x CDATA "y">]>',
        BILLION_LAUGHS,
    ],
)
def test_a_doctype_of_any_kind_is_refused(doctype):
    document = PLAIN.replace("First delivery", "&i;")
    assert why(with_prolog(doctype, document)) is Unreadable.DOCTYPE
    assert why(with_prolog(doctype, document).encode()) is Unreadable.DOCTYPE


def test_a_doctype_is_refused_behind_comments_and_space_however_long():
    assert why(with_prolog("<!-- -->" * 100 + "<!DOCTYPE QBXML>")) is Unreadable.DOCTYPE
    far = with_prolog(" " * 200_000 + "<!DOCTYPE QBXML>")
    assert why(far) is Unreadable.NOT_QBXML


def test_a_doctype_cannot_hide_in_another_encoding():
    hidden = with_prolog(BILLION_LAUGHS)
    assert why(hidden.encode("utf-16")) is Unreadable.ENCODING
    assert why(hidden.encode("utf-16-le")) is Unreadable.ENCODING
    assert why(hidden.encode("utf-32")) is Unreadable.ENCODING
    seven = hidden.replace('version="1.0"', 'version="1.0" encoding="utf-7"')
    assert why(seven.replace("<!DOCTYPE", "+ADwAIQ-DOCTYPE")) is Unreadable.MALFORMED


def test_utf_16_is_refused_even_when_it_is_harmless():
    assert why(PLAIN.encode("utf-16")) is Unreadable.ENCODING
    assert why(b"\xff\xfe") is Unreadable.ENCODING


def test_bytes_that_are_not_utf_8_are_read_as_windows_wrote_them():
    read = list(read_message_set([PLAIN.replace("First", "Fírst").encode("latin-1")]))
    assert "Fírst" in repr(read)


def test_an_entity_that_nobody_declared_is_refused():
    assert why(invoices_answer(invoice(Memo=Raw("&laugh;")))) is Unreadable.MALFORMED


@pytest.mark.parametrize("nothing", ["", " \n ", b"", b"\xef\xbb\xbf"])
def test_an_empty_answer_is_told_from_a_broken_one(nothing):
    assert why(nothing) is Unreadable.EMPTY


def test_an_answer_cut_anywhere_is_refused():
    end = PLAIN.rstrip()
    for cut in range(1, len(end)):
        assert why(end[:cut]) in {
            Unreadable.TRUNCATED,
            Unreadable.NOT_QBXML,
            Unreadable.MALFORMED,
        }, cut
    assert why(end[: len(end) // 2]) is Unreadable.TRUNCATED


def test_more_than_one_document_is_refused():
    assert why(PLAIN + PLAIN) is Unreadable.MALFORMED
    assert why(PLAIN + "and more") is Unreadable.MALFORMED


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<html><body>502 Bad Gateway</body></html>", Unreadable.NOT_QBXML),
        ("<QBXML></QBXML>", Unreadable.NOT_QBXML),
        ("<QBXML><QBXMLMsgsRq onError='stopOnError'/></QBXML>", Unreadable.NOT_QBXML),
        ("<x><QBXML><QBXMLMsgsRs/></QBXML></x>", Unreadable.NOT_QBXML),
        ("<QBXML xmlns='urn:x'><QBXMLMsgsRs/></QBXML>", Unreadable.NOT_QBXML),
        ("HOSTQUERY, COMPANYQUERY and PREFQUERY are not supported", Unreadable.MALFORMED),
        ("<QBXML><QBXMLMsgsRs></QBXML>", Unreadable.MALFORMED),
        ("<QBXML><QBXMLMsgsRs a='1' a='2'/></QBXML>", Unreadable.MALFORMED),
    ],
)
def test_what_is_not_an_answer_of_quickbooks_is_refused(text, reason):
    assert why(text) is reason


def test_a_document_of_somebody_else_is_named():
    with pytest.raises(UnreadableAnswer, match="begins with 'html'"):
        read_all("<html><body>502 Bad Gateway</body></html>")


@pytest.mark.parametrize("attribute", ["statusCode", "retCount", "iteratorRemainingCount"])
def test_a_number_in_the_head_that_is_none_is_refused(attribute):
    # Read as missing, a broken iteratorRemainingCount would end the paging too early.
    assert why(invoices_answer(**{attribute: "many"})) is Unreadable.MALFORMED


def test_a_response_without_status_is_refused():
    assert why(invoices_answer(statusCode=None)) is Unreadable.NO_STATUS


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.data())
def test_no_damage_raises_anything_but_unreadable(data):
    damaged = bytearray(invoices_answer(invoice(InvoiceLineRet=[line()])), "ascii")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.sampled_from(
                [b"<", b">", b"&", b"&#0;", b"\0", b"\xff", b"<a/>", b"</", b"<![CDATA["]
            )
            | st.binary(max_size=3)
        )
    with suppress(UnreadableAnswer):
        list(read_message_set([bytes(damaged)]))


# Caps


def deep(levels):
    return answer(response("InvoiceQueryRs", "<a>" * levels + "</a>" * levels))


def test_nesting_has_a_cap():
    levels = Limits().depth - 3  # QBXML, QBXMLMsgsRs and the response are levels too
    assert read_all(deep(levels)).responses
    assert why(deep(levels + 1)) is Unreadable.TOO_DEEP
    assert why(deep(100_000)) in {Unreadable.TOO_DEEP, Unreadable.MALFORMED}


def test_attributes_of_one_element_have_a_cap():
    def wide(number):
        attributes = " ".join(f'a{n}="x"' for n in range(number))
        return answer(response("InvoiceQueryRs", f"<InvoiceRet {attributes}/>"))

    limit = Limits().attributes
    assert read_all(wide(limit)).responses
    assert why(wide(limit + 1)) is Unreadable.TOO_MANY_ATTRIBUTES
    assert why(wide(200_000)) in {Unreadable.TOO_MANY_ATTRIBUTES, Unreadable.TOO_LARGE}


def test_many_elements_with_few_attributes_each_are_fine():
    records = "<OtherRet a='1' b='2' c='3'/>" * 1000
    assert read_all(answer(response("OtherQueryRs", records))).responses


def test_names_and_single_tags_have_a_cap():
    long_name = "a" * 200_000
    assert why(answer(f"<{long_name}/>")) is Unreadable.TOO_LARGE
    assert why(answer(f"<a b='{'x' * 200_000}'/>")) is Unreadable.TOO_LARGE
    assert why(invoices_answer(invoice(Memo="x" * 200_000))) is Unreadable.TOO_LARGE


def test_the_size_of_an_answer_has_a_cap_even_when_it_never_ends():
    def endless():
        yield PLAIN[: PLAIN.index("<InvoiceRet>")]
        while True:
            yield xml("InvoiceRet", invoice())

    limits = Limits(size_bytes=1_000_000)
    with pytest.raises(UnreadableAnswer) as refused:
        for _ in read_message_set(endless(), limits):
            pass
    assert refused.value.reason is Unreadable.TOO_LARGE


def test_the_number_of_tags_has_a_cap():
    tiny = "<a/>" * 50_000
    document = answer(response("InvoiceQueryRs", tiny))
    assert why(document, Limits(tags=40_000)) is Unreadable.TOO_MANY_TAGS
    assert read_all(document).responses


def test_one_record_that_grows_without_end_is_refused_though_the_whole_may_be_large():
    limits = Limits(record_tags=20_000)
    one = xml("InvoiceRet", invoice(InvoiceLineRet=[line()] * 2000))
    assert why(answer(response("InvoiceQueryRs", one)), limits) is Unreadable.TOO_MANY_TAGS
    many = [xml("InvoiceRet", invoice(InvoiceLineRet=[line()] * 20))] * 100
    assert len(read_all(answer(response("InvoiceQueryRs", *many)), limits).responses[0].rows) == 100


def test_a_long_page_of_records_that_are_not_read_is_no_single_record():
    unread = xml("VendorRet", {"ListID": "1", "Notes": "x" * 100}) * 6000
    document = answer(response("VendorQueryRs", unread))
    assert read_all(document, Limits(record_tags=20_000)).responses


MEASURE = """
import sys
from shared.qbxml.reader import read_message_set
from tests.qbxml.builders import answer, applied, invoice, line, payment, response, xml

def peak_kib():
    with open("/proc/self/status") as status:
        return next(int(row.split()[1]) for row in status if row.startswith("VmHWM"))

def read(megabytes, record):
    head, tail = answer(response("InvoiceQueryRs", "|")).split("|")
    def pieces():
        yield head
        for _ in range(megabytes * 1_000_000 // len(record)):
            yield record
        yield tail
    return sum(1 for _ in read_message_set(pieces()))

long_invoice = invoice(Memo="x" * 4000, InvoiceLineRet=[line()] * 5)
records = {
    "InvoiceRet": long_invoice,
    "ReceivePaymentRet": payment(Memo="x" * 4000, AppliedToTxnRet=[applied()] * 5),
    "VendorRet": long_invoice,
}
for name, content in records.items():
    record = xml(name, content)
    read(1, record)
    before = peak_kib()
    parts = read(20, record)
    print(name, parts, peak_kib() - before)
"""


def test_comments_in_a_text_cost_no_more_than_tags():
    def seconds(text):
        document = PLAIN.replace("First delivery", (text * 400_000)[:400_000])
        began = time.thread_time()
        list(read_message_set([document], Limits(record_tags=1_000_000)))
        return time.thread_time() - began

    assert any(seconds("a<!---->") < seconds("<A/>") for _ in range(3))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's VmHWM")
def test_twenty_megabytes_are_read_in_flat_memory():
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    grown = {
        name: (int(parts), int(kib)) for name, parts, kib in map(str.split, ran.stdout.splitlines())
    }
    assert grown["InvoiceRet"][0] > 3000
    assert grown["ReceivePaymentRet"][0] > 3000
    assert grown["VendorRet"][0] == 2  # the heads: its records are not read
    assert all(kib < 4096 for _, kib in grown.values())
