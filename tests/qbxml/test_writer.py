from datetime import date

import pytest
from lxml import etree

from shared.qbxml import writer
from shared.qbxml.requests import (
    CompanyQuery,
    Continue,
    CustomerQuery,
    HostQuery,
    InvoiceQuery,
    Metadata,
    OnError,
    PreferencesQuery,
    ReceivePaymentQuery,
    RequestRefused,
    Start,
    TxnDeletedQuery,
)
from shared.qbxml.writer import write_message_set

OWNER = "{87EDAAF8-637E-4203-867F-4BA79C2F8998}"
ITERATOR = "{0f4a7c1e-8a55-4f0e-9d53-3d4b0b6f7a21}"


def written(request, **options):
    """The request's own element, as text."""
    root = etree.fromstring(write_message_set([request], **options))
    return etree.tostring(root[0][0], encoding="unicode")


def refused(*requests, **options):
    with pytest.raises(RequestRefused) as refusal:
        write_message_set(requests, **options)
    return refusal.value


def test_a_message_set_is_exactly_these_bytes():
    requests = [HostQuery("1"), CompanyQuery("2", OWNER), PreferencesQuery("3")]
    assert write_message_set(requests, on_error=OnError.CONTINUE) == (
        b'<?xml version="1.0" encoding="utf-8"?>\n'
        b'<?qbxml version="13.0"?>\n'
        b'<QBXML><QBXMLMsgsRq onError="continueOnError">'
        b'<HostQueryRq requestID="1"/>'
        b'<CompanyQueryRq requestID="2">'
        b"<OwnerID>{87EDAAF8-637E-4203-867F-4BA79C2F8998}</OwnerID></CompanyQueryRq>"
        b'<PreferencesQueryRq requestID="3"/>'
        b"</QBXMLMsgsRq></QBXML>"
    )


def test_it_stops_on_errors_unless_told_otherwise():
    assert b'onError="stopOnError"' in write_message_set([HostQuery("1")])


def test_the_version_is_the_one_that_was_negotiated():
    assert b'<?qbxml version="CA12.0"?>' in write_message_set([HostQuery("1")], version="CA12.0")


def test_a_page_of_changed_invoices_with_lines():
    query = InvoiceQuery(
        "17",
        max_returned=200,
        from_modified="2024-06-12T00:00:00",
        include_lines=True,
        include=("TxnID", "RefNumber"),
        iterator=Start(),
    )
    assert written(query) == (
        '<InvoiceQueryRq requestID="17" iterator="Start">'
        "<MaxReturned>200</MaxReturned>"
        "<ModifiedDateRangeFilter>"
        "<FromModifiedDate>2024-06-12T00:00:00</FromModifiedDate>"
        "</ModifiedDateRangeFilter>"
        "<IncludeLineItems>true</IncludeLineItems>"
        "<IncludeRetElement>TxnID</IncludeRetElement>"
        "<IncludeRetElement>RefNumber</IncludeRetElement>"
        "</InvoiceQueryRq>"
    )


def test_the_next_page_of_an_iterator():
    page = InvoiceQuery("18", max_returned=200, iterator=Continue(ITERATOR))
    assert f'iterator="Continue" iteratorID="{ITERATOR}"' in written(page)


def test_how_many_invoices_are_open_since_a_day():
    query = InvoiceQuery("1", from_date=date(2024, 1, 1), unpaid_only=True, metadata=Metadata.ONLY)
    assert written(query) == (
        '<InvoiceQueryRq requestID="1" metaData="MetaDataOnly">'
        "<TxnDateRangeFilter><FromTxnDate>2024-01-01</FromTxnDate></TxnDateRangeFilter>"
        "<PaidStatus>NotPaidOnly</PaidStatus>"
        "</InvoiceQueryRq>"
    )


def test_customers_by_id():
    query = CustomerQuery("30", list_ids=("80-1", "80-2"), include=("ListID",))
    assert written(query) == (
        '<CustomerQueryRq requestID="30"><ListID>80-1</ListID><ListID>80-2</ListID>'
        "<IncludeRetElement>ListID</IncludeRetElement></CustomerQueryRq>"
    )


def test_deletions_of_several_types():
    query = TxnDeletedQuery(
        "70", types=("Invoice", "CreditMemo"), from_deleted="2024-06-11T00:00:00"
    )
    assert written(query) == (
        '<TxnDeletedQueryRq requestID="70">'
        "<TxnDelType>Invoice</TxnDelType><TxnDelType>CreditMemo</TxnDelType>"
        "<DeletedDateRangeFilter><FromDeletedDate>2024-06-11T00:00:00</FromDeletedDate>"
        "</DeletedDateRangeFilter></TxnDeletedQueryRq>"
    )


def test_characters_beyond_ascii_leave_as_decimal_references():
    sent = write_message_set([CustomerQuery("1", full_names=("Søn & “Ö™” <5 €>",))])
    assert b"S&#248;n &amp; &#8220;&#214;&#8482;&#8221; &lt;5 &#8364;&gt;" in sent
    assert sent.isascii()


def test_a_status_check_of_error_recovery_asks_nothing():
    sent = write_message_set([], new_message_set_id="pay-42", old_message_set_id="pay-42")
    assert sent.endswith(
        b'<QBXML><QBXMLMsgsRq onError="stopOnError" newMessageSetID="pay-42"'
        b' oldMessageSetID="pay-42"/></QBXML>'
    )


@pytest.mark.parametrize(
    ("query", "path", "rule"),
    [
        (InvoiceQuery("1", txn_ids=("1A-1", "")), "TxnID[2]", "1 to 36"),
        (InvoiceQuery("1", txn_ids=("x" * 37,)), "TxnID", "1 to 36"),
        (InvoiceQuery("1", ref_numbers=("1", "x" * 12)), "RefNumber[2]", "1 to 11"),
        (InvoiceQuery("1", ref_numbers=("Ж",)), "RefNumber", "Windows-1252"),
        (InvoiceQuery("1", ref_numbers=("1\x07",)), "RefNumber", "control"),
        (InvoiceQuery("1", ref_numbers=("1\n2",)), "RefNumber", "Windows-1252"),
        (CustomerQuery("1", full_names=("é" * 210,)), "FullName", "1 to 209"),
        (CustomerQuery("1", full_names=("\ud800",)), "FullName", "control"),
        (InvoiceQuery("1", max_returned=0), "MaxReturned", "whole number"),
        (InvoiceQuery("1", max_returned=100000), "MaxReturned", "whole number"),
        (InvoiceQuery("1", iterator=Start()), "MaxReturned", "with an iterator"),
        (InvoiceQuery("1", iterator=Continue(ITERATOR)), "MaxReturned", "with an iterator"),
        (InvoiceQuery("1", max_returned=1, iterator=Continue("")), "@iteratorID", "Start"),
        (InvoiceQuery("1", max_returned=1, iterator=Continue("a b")), "@iteratorID", "Start"),
        (InvoiceQuery("1", txn_ids=("1",), max_returned=5), "MaxReturned", "left out"),
        (InvoiceQuery("1", txn_ids=("1",), ref_numbers=("2",)), "RefNumber", "left out"),
        (
            InvoiceQuery("1", from_modified="2024-01-01T00:00:00", from_date=date(2024, 1, 1)),
            "TxnDateRangeFilter",
            "left out",
        ),
        (InvoiceQuery("1", from_date=date(1969, 1, 1)), "TxnDateRangeFilter/FromTxnDate", "1970"),
        (
            ReceivePaymentQuery("1", from_date=date(2024, 2, 1), to_date=date(2024, 1, 1)),
            "TxnDateRangeFilter/FromTxnDate",
            "no later",
        ),
        (ReceivePaymentQuery("1", customer_list_id="a b"), "EntityFilter/ListID", "1 to 36"),
        (
            ReceivePaymentQuery("1", txn_ids=("1",), customer_list_id="80-1"),
            "EntityFilter",
            "left out",
        ),
        (CustomerQuery("1", include=("Bill Address",)), "IncludeRetElement", "name of an element"),
        (CompanyQuery("1", OWNER[1:-1]), "OwnerID", "GUID in braces"),
        (CompanyQuery("1", "0x1"), "OwnerID", "GUID in braces"),
        (
            InvoiceQuery("1", from_modified="2024-06-12T09:46:40-05:00"),
            "ModifiedDateRangeFilter/FromModifiedDate",
            "without offset",
        ),
        (
            InvoiceQuery("1", from_modified="2024-06-31T00:00:00"),
            "ModifiedDateRangeFilter/FromModifiedDate",
            "a time such",
        ),
        (
            InvoiceQuery("1", from_modified="2038-01-01T00:00:00"),
            "ModifiedDateRangeFilter/FromModifiedDate",
            "2037",
        ),
        (TxnDeletedQuery("1", types=()), "", "filled"),
        (TxnDeletedQuery("1", types=("Invoice", "Dream")), "TxnDelType[2]", "one of Invoice"),
        (
            TxnDeletedQuery("1", from_deleted="yesterday"),
            "DeletedDateRangeFilter/FromDeletedDate",
            "a time such",
        ),
    ],
)
def test_a_refusal_names_the_field_its_value_and_the_rule(query, path, rule):
    refusal = refused(query)
    assert refusal.path == f"{query.name}/{path}".rstrip("/")
    assert rule in refusal.rule
    assert refusal.path in str(refusal)
    assert refusal.remedy in str(refusal)


def test_the_second_request_of_a_kind_is_told_from_the_first():
    refusal = refused(InvoiceQuery("1", txn_ids=("1",)), InvoiceQuery("2", txn_ids=("",)))
    assert refusal.path == "InvoiceQueryRq[2]/TxnID"


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"version": "16.0"}, "qbxml/@version"),
        ({"version": '13.0"?><x a="'}, "qbxml/@version"),
        ({"new_message_set_id": "x" * 24}, "QBXMLMsgsRq/@newMessageSetID"),
        ({"new_message_set_id": "pay 1"}, "QBXMLMsgsRq/@newMessageSetID"),
        ({"old_message_set_id": "pay_1"}, "QBXMLMsgsRq/@oldMessageSetID"),
    ],
)
def test_the_envelope_has_rules_too(options, path):
    assert refused(HostQuery("1"), **options).path == path


@pytest.mark.parametrize("request_id", ["", "x" * 51, "a b", "é", "a\n"])
def test_a_request_id_is_fifty_plain_characters_at_most(request_id):
    assert refused(HostQuery(request_id)).path == "HostQueryRq/@requestID"


def test_two_requests_never_share_an_id():
    assert refused(HostQuery("1"), PreferencesQuery("1")).path == "PreferencesQueryRq/@requestID"


def test_an_empty_message_set_asks_for_nothing():
    assert refused().path == "QBXMLMsgsRq"


def test_a_refused_value_is_shown_cut_and_in_plain_ascii():
    refusal = refused(CustomerQuery("1", full_names=("\x1b[2J" + "é" * 300,)))
    assert str(refusal).isprintable()
    assert len(str(refusal)) < 500


OUT_OF_ORDER = """<QBXML><QBXMLMsgsRq onError="stopOnError"><InvoiceQueryRq requestID="1">
<IncludeLineItems>true</IncludeLineItems><MaxReturned>5</MaxReturned>
</InvoiceQueryRq></QBXMLMsgsRq></QBXML>"""


def test_the_schema_holds_the_order_of_elements_by_itself():
    # The writer cannot put elements out of order; the schema is there for when it learns to.
    with pytest.raises(RequestRefused) as refusal:
        writer._check(etree.fromstring(OUT_OF_ORDER))
    assert refusal.value.path == "InvoiceQueryRq/MaxReturned"


@pytest.mark.parametrize(
    "set_attributes",
    [
        'onError="rollbackOnError"',
        "",
        'onError="stopOnError" responseData="includeNone"',
        f'onError="stopOnError" newMessageSetID="{"x" * 24}"',
    ],
)
def test_the_schema_holds_the_attributes_of_the_message_set(set_attributes):
    document = f"<QBXML><QBXMLMsgsRq {set_attributes}><HostQueryRq requestID='1'/></QBXMLMsgsRq>"
    with pytest.raises(RequestRefused):
        writer._check(etree.fromstring(document + "</QBXML>"))
