"""What we ask about payments, and the payments that we write."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from shared.qbxml import grammar, writer
from shared.qbxml.requests import (
    AccountQuery,
    AppliedToTxn,
    Continue,
    HostQuery,
    PaymentMethodAdd,
    PaymentMethodQuery,
    ReceivePaymentAdd,
    ReceivePaymentQuery,
    RequestRefused,
    Start,
    TxnDeletedQuery,
)
from shared.qbxml.writer import write_message_set
from shared.structs import replace
from tests.qbxml.builders import read_all

GUID = "{9A6D1F52-0C1B-4D1E-8F77-5A4B3C2D1E0F}"
ITERATOR = "{0f4a7c1e-8a55-4f0e-9d53-3d4b0b6f7a21}"
TOO_MUCH = Decimal("10000000000000.00")


def use(txn_id="1A2-1718200000", amount="250.00"):
    return AppliedToTxn(txn_id, Decimal(amount))


def payment(**changes):
    """A payment of one invoice with everything that may be said about it."""
    whole = ReceivePaymentAdd(
        "50",
        customer_list_id="80000102-1689200100",
        total_amount=Decimal("250.00"),
        applied=(use(),),
        ar_account_list_id="80000021-1689123500",
        txn_date=date(2024, 6, 20),
        ref_number="pay_8Kd2-Q7RM2ABC",
        payment_method_list_id="80000002-1689123700",
        memo="Deskbridge pay_8Kd2 | Søn & Co",
        deposit_to_account_list_id="80000047-1689123601",
        external_guid=GUID,
    )
    return replace(whole, **changes)


def refused(*requests, **options):
    with pytest.raises(RequestRefused) as refusal:
        write_message_set(requests, **options)
    return refusal.value


def written(request):
    """The request's own element, as text."""
    root = etree.fromstring(write_message_set([request]))
    return etree.tostring(root[0][0], encoding="unicode")


# Writes


def test_a_payment_is_exactly_these_bytes():
    sent = write_message_set([payment()], new_message_set_id="K2", old_message_set_id="J1")
    assert sent == (
        b'<?xml version="1.0" encoding="utf-8"?>\n'
        b'<?qbxml version="13.0"?>\n'
        b'<QBXML><QBXMLMsgsRq onError="stopOnError" newMessageSetID="K2" oldMessageSetID="J1">'
        b'<ReceivePaymentAddRq requestID="50"><ReceivePaymentAdd>'
        b"<CustomerRef><ListID>80000102-1689200100</ListID></CustomerRef>"
        b"<ARAccountRef><ListID>80000021-1689123500</ListID></ARAccountRef>"
        b"<TxnDate>2024-06-20</TxnDate>"
        b"<RefNumber>pay_8Kd2-Q7RM2ABC</RefNumber>"
        b"<TotalAmount>250.00</TotalAmount>"
        b"<PaymentMethodRef><ListID>80000002-1689123700</ListID></PaymentMethodRef>"
        b"<Memo>Deskbridge pay_8Kd2 | S&#248;n &amp; Co</Memo>"
        b"<DepositToAccountRef><ListID>80000047-1689123601</ListID></DepositToAccountRef>"
        b"<ExternalGUID>{9A6D1F52-0C1B-4D1E-8F77-5A4B3C2D1E0F}</ExternalGUID>"
        b"<AppliedToTxnAdd><TxnID>1A2-1718200000</TxnID>"
        b"<PaymentAmount>250.00</PaymentAmount></AppliedToTxnAdd>"
        b"</ReceivePaymentAdd></ReceivePaymentAddRq></QBXMLMsgsRq></QBXML>"
    )


def test_a_payment_of_the_barest_kind_leaves_the_rest_to_quickbooks():
    bare = ReceivePaymentAdd(
        "1",
        customer_list_id="80-1",
        total_amount=Decimal("3"),
        applied=(use("1A-1", "1"), use("1B-1", "1.5")),
    )
    assert written(bare) == (
        '<ReceivePaymentAddRq requestID="1"><ReceivePaymentAdd>'
        "<CustomerRef><ListID>80-1</ListID></CustomerRef>"
        "<TotalAmount>3.00</TotalAmount>"
        "<AppliedToTxnAdd><TxnID>1A-1</TxnID><PaymentAmount>1.00</PaymentAmount></AppliedToTxnAdd>"
        "<AppliedToTxnAdd><TxnID>1B-1</TxnID><PaymentAmount>1.50</PaymentAmount></AppliedToTxnAdd>"
        "</ReceivePaymentAdd></ReceivePaymentAddRq>"
    )


def test_a_payment_method_is_added_by_name():
    assert written(PaymentMethodAdd("1", "Klarna")) == (
        '<PaymentMethodAddRq requestID="1"><PaymentMethodAdd><Name>Klarna</Name>'
        "</PaymentMethodAdd></PaymentMethodAddRq>"
    )


@pytest.mark.parametrize(
    ("changes", "path", "rule"),
    [
        ({"customer_list_id": ""}, "CustomerRef/ListID", "1 to 36"),
        ({"ar_account_list_id": "a b"}, "ARAccountRef/ListID", "1 to 36"),
        ({"payment_method_list_id": "x" * 37}, "PaymentMethodRef/ListID", "1 to 36"),
        ({"deposit_to_account_list_id": "é"}, "DepositToAccountRef/ListID", "1 to 36"),
        ({"txn_date": date(1969, 12, 31)}, "TxnDate", "from 1970"),
        ({"ref_number": "x" * 21}, "RefNumber", "1 to 20"),
        ({"ref_number": " pay"}, "RefNumber", "without blanks around"),
        ({"ref_number": "pay\xa0"}, "RefNumber", "without blanks around"),
        ({"ref_number": "Ж"}, "RefNumber", "Windows-1252"),
        ({"memo": "x" * 4096}, "Memo", "1 to 4095"),
        ({"memo": "Ж"}, "Memo", "Windows-1252"),
        ({"memo": " \n\xa0"}, "Memo", "not only blanks"),
        ({"memo": "a\r\nb"}, "Memo", "line feeds alone"),
        ({"memo": "a\x07b"}, "Memo", "control"),
        ({"external_guid": GUID[1:-1]}, "ExternalGUID", "in braces"),
        ({"external_guid": "0"}, "ExternalGUID", "in braces"),
        ({"applied": ()}, "AppliedToTxnAdd", "for each invoice"),
        ({"applied": (use(""),)}, "AppliedToTxnAdd/TxnID", "1 to 36"),
        ({"applied": (use("1A", "1"), use("1a", "1"))}, "AppliedToTxnAdd[2]/TxnID", "different"),
        ({"applied": (use(amount="250.01"),)}, "TotalAmount", "no less than"),
        ({"applied": (use("1", "200"), use("2", "50.01"))}, "TotalAmount", "no less than"),
        ({"applied": (use(amount="0"),)}, "AppliedToTxnAdd/PaymentAmount", "above zero"),
        (
            {"applied": (use("1", "200"), use("2", "-1"))},
            "AppliedToTxnAdd[2]/PaymentAmount",
            "above zero",
        ),
        ({"applied": (use(amount="1.005"),)}, "AppliedToTxnAdd/PaymentAmount", "whole cents"),
        ({"total_amount": Decimal("0.00")}, "TotalAmount", "above zero"),
        ({"total_amount": Decimal("-250")}, "TotalAmount", "above zero"),
        ({"total_amount": Decimal("250.001")}, "TotalAmount", "whole cents"),
        ({"total_amount": Decimal("NaN")}, "TotalAmount", "above zero"),
        ({"total_amount": Decimal("Infinity")}, "TotalAmount", "above zero"),
        ({"total_amount": TOO_MUCH}, "TotalAmount", "13 digits"),
    ],
)
def test_a_refused_payment_names_the_field_and_the_rule(changes, path, rule):
    refusal = refused(payment(**changes))
    assert refusal.path == f"ReceivePaymentAddRq/ReceivePaymentAdd/{path}"
    assert rule in refusal.rule


@pytest.mark.parametrize(
    ("entry", "path", "rule"),
    [
        (PaymentMethodAdd("1", ""), "Name", "1 to 31"),
        (PaymentMethodAdd("1", "x" * 32), "Name", "1 to 31"),
        (PaymentMethodAdd("1", "Klarna "), "Name", "without blanks around"),
    ],
)
def test_a_refused_payment_method_names_the_field_and_the_rule(entry, path, rule):
    refusal = refused(entry)
    assert refusal.path == f"PaymentMethodAddRq/PaymentMethodAdd/{path}"
    assert rule in refusal.rule


@pytest.mark.parametrize("write", [payment(), PaymentMethodAdd("50", "Klarna")])
def test_a_write_travels_alone(write):
    assert refused(HostQuery("1"), write).path == write.name
    assert refused(write, replace(write, request_id="51")).path == write.name
    assert write_message_set([write], new_message_set_id="K2")


FORBIDDEN = """<QBXML><QBXMLMsgsRq onError="stopOnError"><ReceivePaymentAddRq requestID="1">
<ReceivePaymentAdd><CustomerRef><ListID>1</ListID></CustomerRef><TotalAmount>1.00</TotalAmount>
{}</ReceivePaymentAdd></ReceivePaymentAddRq></QBXMLMsgsRq></QBXML>"""
APPLIED = """<AppliedToTxnAdd><TxnID>1</TxnID><PaymentAmount>1.00</PaymentAmount>
</AppliedToTxnAdd>"""


@pytest.mark.parametrize(
    "content",
    [
        "<IsAutoApply>true</IsAutoApply>",
        f"<IsAutoApply>false</IsAutoApply>{APPLIED}",
        f"<CreditCardTxnInfo/>{APPLIED}",
        APPLIED.replace("</TxnID>", "</TxnID><DiscountAmount>1.00</DiscountAmount>"),
        "",
    ],
)
def test_the_schema_lets_neither_guesses_nor_card_data_out(content):
    with pytest.raises(RequestRefused):
        writer._check(etree.fromstring(FORBIDDEN.format(content)))
    writer._check(etree.fromstring(FORBIDDEN.format(APPLIED)))


def test_a_payment_is_unapplied_only_where_that_is_said():
    writer._check(etree.fromstring(FORBIDDEN.format("<IsAutoApply>false</IsAutoApply>")))
    use = AppliedToTxn("1A-1", Decimal("1.00"))
    for applied, unapplied in (((), False), ((use,), True)):
        write = payment(applied=applied, unapplied=unapplied)
        with pytest.raises(RequestRefused):
            write_message_set([write], new_message_set_id="K2")
    write = payment(applied=(), unapplied=True)
    assert b"<IsAutoApply>false</IsAutoApply>" in write_message_set(
        [write], new_message_set_id="K2"
    )


CP1252 = bytes(code for code in range(0x20, 0x100) if code not in range(0x7F, 0xA0))
storable = st.text(CP1252.decode("latin-1") + "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ", max_size=25)
memos = st.text(st.sampled_from(CP1252.decode("latin-1") + "€™“”\n\t"), max_size=60)
ids = st.text("0123456789ABCDEF-", min_size=1, max_size=36)
cents = st.integers(-1, 10**15).map(lambda amount: Decimal(amount).scaleb(-2))
shares = st.lists(st.tuples(ids, st.integers(0, 10**6)), max_size=4)


@st.composite
def payments(draw):
    uses = tuple(AppliedToTxn(txn, Decimal(n).scaleb(-2)) for txn, n in draw(shares))
    applied = sum((each.payment_amount for each in uses), Decimal(0))
    return ReceivePaymentAdd(
        "1",
        customer_list_id=draw(ids),
        total_amount=draw(st.just(applied) | cents),
        applied=uses,
        ar_account_list_id=draw(st.just("") | ids),
        txn_date=draw(st.none() | st.dates(date(1970, 1, 1), date(2037, 12, 31))),
        ref_number=draw(storable),
        memo=draw(memos),
        deposit_to_account_list_id=draw(st.just("") | ids),
        external_guid=draw(st.sampled_from(["", GUID])),
    )


def as_quickbooks_says_it(sent):
    """The request turned into the record that QuickBooks would make of it."""
    made = etree.fromstring(sent)[0][0][0]
    made.tag = "ReceivePaymentRet"
    etree.SubElement(made, "TxnID").text = "1"
    for use_of in made.iter("AppliedToTxnAdd"):
        use_of.tag = "AppliedToTxnRet"
        use_of.find("PaymentAmount").tag = "Amount"
    record = etree.tostring(made).decode("ascii")
    return (
        f'<QBXML><QBXMLMsgsRs><ReceivePaymentAddRs requestID="1" statusCode="0">{record}'
        "</ReceivePaymentAddRs></QBXMLMsgsRs></QBXML>"
    )


def test_whatever_payment_leaves_fits_the_schema_and_reads_back_as_it_was():
    left = 0

    @settings(max_examples=400, deadline=None, derandomize=True, database=None)
    @given(payments())
    def holds(asked):
        nonlocal left
        try:
            sent = write_message_set([asked], new_message_set_id="K2")
        except RequestRefused:
            return
        left += 1
        assert sent.isascii()
        assert grammar.schema().validate(etree.fromstring(sent))
        (answered,) = read_all(as_quickbooks_says_it(sent)).responses
        (read,) = answered.rows
        assert read.customer.list_id == asked.customer_list_id
        assert read.ar_account.list_id == asked.ar_account_list_id
        assert read.deposit_to_account.list_id == asked.deposit_to_account_list_id
        assert read.total_amount == asked.total_amount > 0
        assert (read.txn_date, read.ref_number) == (asked.txn_date, asked.ref_number)
        assert (read.memo, read.external_guid) == (asked.memo, asked.external_guid)
        assert asked.applied == tuple(
            AppliedToTxn(each.txn_id, each.amount) for each in read.applied
        )

    holds()
    assert left > 80  # else the strategies make nothing but refusals


# Questions


def test_a_page_of_changed_payments_with_what_they_are_applied_to():
    query = ReceivePaymentQuery(
        "40",
        max_returned=100,
        from_modified="2024-06-12T00:00:00",
        include_lines=True,
        include=("TxnID", "AppliedToTxnRet"),
        iterator=Start(),
    )
    assert written(query) == (
        '<ReceivePaymentQueryRq requestID="40" iterator="Start"><MaxReturned>100</MaxReturned>'
        "<ModifiedDateRangeFilter><FromModifiedDate>2024-06-12T00:00:00</FromModifiedDate>"
        "</ModifiedDateRangeFilter>"
        "<IncludeLineItems>true</IncludeLineItems>"
        "<IncludeRetElement>TxnID</IncludeRetElement>"
        "<IncludeRetElement>AppliedToTxnRet</IncludeRetElement>"
        "</ReceivePaymentQueryRq>"
    )


def test_payments_of_a_customer_on_a_day():
    day = date(2024, 6, 20)
    query = ReceivePaymentQuery("1", from_date=day, to_date=day, customer_list_id="80-1")
    assert written(query) == (
        '<ReceivePaymentQueryRq requestID="1">'
        "<TxnDateRangeFilter><FromTxnDate>2024-06-20</FromTxnDate>"
        "<ToTxnDate>2024-06-20</ToTxnDate></TxnDateRangeFilter>"
        "<EntityFilter><ListID>80-1</ListID></EntityFilter></ReceivePaymentQueryRq>"
    )


def test_payments_by_number_and_by_id():
    number = "x" * 20  # longer than an invoice's may be
    assert f"<RefNumber>{number}</RefNumber>" in written(
        ReceivePaymentQuery("1", ref_numbers=(number,))
    )
    assert "<TxnID>1B0-1</TxnID>" in written(ReceivePaymentQuery("1", txn_ids=("1B0-1",)))


def test_all_accounts_and_all_payment_methods():
    accounts = AccountQuery("1", inactive_too=True, include=("ListID",))
    assert written(accounts) == (
        '<AccountQueryRq requestID="1"><ActiveStatus>All</ActiveStatus>'
        "<IncludeRetElement>ListID</IncludeRetElement></AccountQueryRq>"
    )
    methods = PaymentMethodQuery("2", inactive_too=True, include=("ListID", "Name"))
    assert written(methods) == (
        '<PaymentMethodQueryRq requestID="2"><ActiveStatus>All</ActiveStatus>'
        "<IncludeRetElement>ListID</IncludeRetElement>"
        "<IncludeRetElement>Name</IncludeRetElement></PaymentMethodQueryRq>"
    )


def test_deleted_payments_are_asked_for_like_any_transaction():
    query = TxnDeletedQuery("1", types=("ReceivePayment",), from_deleted="2024-06-11T00:00:00")
    assert "<TxnDelType>ReceivePayment</TxnDelType>" in written(query)


@pytest.mark.parametrize(
    ("query", "path", "rule"),
    [
        (ReceivePaymentQuery("1", ref_numbers=("1", "x" * 21)), "RefNumber[2]", "1 to 20"),
        (ReceivePaymentQuery("1", txn_ids=("",)), "TxnID", "1 to 36"),
        (ReceivePaymentQuery("1", txn_ids=("1",), ref_numbers=("2",)), "RefNumber", "left out"),
        (ReceivePaymentQuery("1", iterator=Start()), "MaxReturned", "with an iterator"),
        (
            ReceivePaymentQuery("1", iterator=Continue(ITERATOR)),
            "MaxReturned",
            "with an iterator",
        ),
        (
            ReceivePaymentQuery("1", max_returned=1, iterator=Continue("")),
            "@iteratorID",
            "answer to Start",
        ),
        (
            ReceivePaymentQuery("1", from_modified="2024-06-12T09:46:40-05:00"),
            "ModifiedDateRangeFilter/FromModifiedDate",
            "without offset",
        ),
        (
            ReceivePaymentQuery("1", from_date=date(2024, 2, 1), to_date=date(2024, 1, 1)),
            "TxnDateRangeFilter/FromTxnDate",
            "no later",
        ),
        (AccountQuery("1", include=("a b",)), "IncludeRetElement", "name of an element"),
    ],
)
def test_a_refused_question_names_the_field_and_the_rule(query, path, rule):
    refusal = refused(query)
    assert refusal.path == f"{query.name}/{path}"
    assert rule in refusal.rule
