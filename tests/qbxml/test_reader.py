"""An answer as a whole: heads, statuses, and reading it in pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.qbxml import reader
from shared.qbxml.payment_responses import ReceivePaymentRet
from shared.qbxml.reader import UnreadableAnswer, read_message_set
from shared.qbxml.responses import CustomerRet, InvoiceRet, MessageSetHead, ResponseHead
from tests.qbxml.builders import (
    Raw,
    answer,
    customer,
    customers_answer,
    invoice,
    invoices_answer,
    line,
    payment,
    payments_answer,
    read_all,
    read_one,
    response,
    xml,
)

# Heads and statuses


def test_an_iterator_says_how_much_remains():
    head = read_one(invoices_answer(invoice(), iteratorRemainingCount=0, iteratorID="{abc}")).head
    assert (head.iterator_remaining, head.iterator_id) == (0, "{abc}")
    assert head.ret_count is None


def test_metadata_says_how_many_there_are():
    head = read_one(invoices_answer(retCount=128)).head
    assert head.ret_count == 128
    assert head.iterator_remaining is None


def test_nothing_found_is_status_1_without_records():
    message = "A query request did not find a matching object in QuickBooks"
    found = read_one(invoices_answer(statusCode=1, statusMessage=message))
    assert (found.head.status.code, found.head.status.message) == (1, message)
    assert found.rows == ()


@pytest.mark.parametrize(("code", "severity"), [(500, "Warn"), (530, "Warning"), (3200, "Error")])
def test_a_status_other_than_zero_may_come_with_records(code, severity):
    found = read_one(customers_answer(customer(), statusCode=code, statusSeverity=severity))
    assert found.head.status.code == code
    assert len(found.rows) == 1


def test_a_status_message_is_trimmed_and_in_the_characters_meant():
    found = read_one(invoices_answer(statusMessage="Grip\x99 is out-of-date. "))
    assert found.head.status.message == "Grip™ is out-of-date."


def test_the_request_id_may_be_missing_empty_or_long():
    ids = [None, "", "x" * 60]
    responses = [response("CustomerAddRs", request_id=each) for each in ids]
    assert [each.head.request_id for each in read_all(answer(*responses)).responses] == ids


def test_the_message_set_tells_of_error_recovery():
    assert read_all(answer(messageSetStatusCode="600")).head == MessageSetHead(600)
    nine = read_all(answer(newMessageSetID="pay-42", messageSetStatusCode="9001"))
    assert nine.head == MessageSetHead(9001)
    assert nine.responses == ()
    assert read_all(answer()).head == MessageSetHead(None)


@pytest.mark.parametrize("code", ["600", "9002", "9005"])
def test_a_status_check_may_be_answered_by_its_head_alone(code):
    text = answer(newMessageSetID="pay-42", messageSetStatusCode=code)
    assert list(read_message_set([text])) == [MessageSetHead(int(code))]


def test_a_status_check_may_bring_the_answer_that_was_kept():
    kept = response("ReceivePaymentAddRs", xml("ReceivePaymentRet", payment()), request_id="7")
    head, ours, made = read_message_set([answer(kept, messageSetStatusCode="0")])
    assert head == MessageSetHead(0)
    assert (ours.name, ours.request_id) == ("ReceivePaymentAddRs", "7")
    assert isinstance(made, ReceivePaymentRet)


def test_payments_are_handed_out_before_the_answer_has_come_to_its_end(monkeypatch):
    monkeypatch.setattr(reader, "_BLOCK_BYTES", 2048)
    text = payments_answer(*(payment(TxnID=str(number)) for number in range(50)))
    taken = 0

    def pieces():
        nonlocal taken
        for at in range(0, len(text), 1024):
            taken = at
            yield text[at : at + 1024]

    found = (part for part in read_message_set(pieces()) if isinstance(part, ReceivePaymentRet))
    assert next(found).txn_id == "0"
    assert taken < len(text) / 4


def test_records_of_kinds_that_are_not_read_are_passed_over():
    unread = xml("VendorRet", {"ListID": "1", "Name": "Clay & Sons"})
    found = read_one(answer(response("VendorQueryRs", unread)))
    assert found.rows == found.bad == ()


def test_the_parts_come_in_the_order_of_the_document():
    text = answer(
        response("CustomerQueryRs", xml("CustomerRet", customer()), request_id="a"),
        response("InvoiceQueryRs", request_id="b", statusCode=1),
        response("InvoiceQueryRs", xml("InvoiceRet", invoice()), request_id="c"),
    )
    kinds = [type(part) for part in read_message_set([text])]
    assert kinds == [
        MessageSetHead, ResponseHead, CustomerRet, ResponseHead, ResponseHead, InvoiceRet,
    ]  # fmt: skip


# Pieces

BUSY = invoices_answer(
    invoice(Memo=Raw("SuperGrip&#153; caf&#233; é \x99 &#11;  two  spaces &amp; &lt;b&gt; ")),
    invoice(TxnID="2", InvoiceLineRet=[line(), line(Desc=" ")]),
    invoice(TxnID="3", Subtotal="bad"),
)


@pytest.mark.parametrize("size", [1, 2, 7, 64, 65536])
def test_an_answer_reads_the_same_in_pieces_of_any_size(size):
    whole = list(read_message_set([BUSY]))
    data = BUSY.encode()
    assert list(read_message_set(data[at : at + size] for at in range(0, len(data), size))) == whole
    assert list(read_message_set(BUSY[at : at + size] for at in range(0, len(BUSY), size))) == whole


def test_an_answer_reads_the_same_whatever_blocks_it_is_parsed_in(monkeypatch):
    whole = list(read_message_set([BUSY]))
    for size in range(48, 400):
        monkeypatch.setattr(reader, "_BLOCK_BYTES", size)
        assert list(read_message_set([BUSY])) == whole, size


def test_records_are_handed_out_before_the_answer_has_come_to_its_end(monkeypatch):
    monkeypatch.setattr(reader, "_BLOCK_BYTES", 2048)
    text = invoices_answer(*(invoice(TxnID=str(number)) for number in range(50)))
    taken = 0

    def pieces():
        nonlocal taken
        for at in range(0, len(text), 1024):
            taken = at
            yield text[at : at + 1024]

    for part in read_message_set(pieces()):
        if isinstance(part, InvoiceRet):
            break
    assert taken < len(text) / 4


def test_records_before_a_cut_are_handed_out_and_then_the_cut_is_told(monkeypatch):
    monkeypatch.setattr(reader, "_BLOCK_BYTES", 1024)
    text = invoices_answer(*(invoice(TxnID=str(number)) for number in range(10)))
    parts = read_message_set([text[: len(text) // 2]])
    assert [type(next(parts)) for _ in range(4)] == [
        MessageSetHead,
        ResponseHead,
        InvoiceRet,
        InvoiceRet,
    ]
    with pytest.raises(UnreadableAnswer, match="stops in the middle"):
        list(parts)


def test_nothing_of_a_block_with_a_hole_in_it_is_handed_out():
    # libxml2 goes on after an entity that nobody declared, and leaves the text out.
    parts = read_message_set([invoices_answer(invoice(Memo=Raw("owes &not; much")))])
    with pytest.raises(UnreadableAnswer):
        next(parts)


def test_space_and_a_byte_order_mark_before_the_declaration_do_no_harm():
    plain = list(read_message_set([BUSY]))
    assert list(read_message_set([b"\xef\xbb\xbf" + BUSY.encode()])) == plain
    assert list(read_message_set(["\n ", " \r\n" + BUSY])) == plain


def is_between(text: str, at: int) -> bool:
    """Whether a place in XML is in no tag and in no reference."""
    ends = [(text.rfind(">", 0, at), text.rfind("<", 0, at))]
    ends.append((text.rfind(";", 0, at), text.rfind("&", 0, at)))
    return all(end >= begin for end, begin in ends)


BEGUN = BUSY.index("<QBXML>") + len("<QBXML>")
PLACES = [at for at in range(BEGUN, len(BUSY)) if is_between(BUSY, at)]


@given(
    places=st.sets(st.sampled_from(PLACES), min_size=1),
    said=st.sampled_from(["", "x", "<QBXML>", "- "]),
    size=st.integers(BEGUN, 2 * len(BUSY)),
)
def test_comments_change_nothing_wherever_they_stand(places, said, size):
    text = BUSY
    for at in sorted(places, reverse=True):
        text = f"{text[:at]}<!--{said}-->{text[at:]}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "_BLOCK_BYTES", size)
        assert list(read_message_set([text])) == list(read_message_set([BUSY]))


def test_the_declaration_may_name_any_encoding_since_the_envelope_decided_it():
    text = BUSY.replace('version="1.0"', 'version="1.0" encoding="utf-16"')
    assert list(read_message_set([text])) == list(read_message_set([BUSY]))


def test_comments_instructions_and_cdata_are_xml_like_any_other():
    text = BUSY.replace("<QBXML>", "<!-- said --><?qbxml version='13.0'?><QBXML>")
    text = text.replace(
        "<RefNumber>1042</RefNumber>", "<RefNumber>10<!-- x --><![CDATA[42]]></RefNumber>"
    )
    assert list(read_message_set([text])) == list(read_message_set([BUSY]))
