"""QuickBooks refuses a whole message set for one element that does not fit."""

from __future__ import annotations

import random
from copy import deepcopy

import pytest
from lxml import etree

from simulator.company import QuickBooksError
from tests.simulator.company.builders import (
    NO_SCHEMA,
    a_company,
    a_session,
    ask,
    ask_one,
    document,
    status,
    xsd,
)

COMPANY = a_company(customers=6, invoices=6)

FITTING = [
    '<HostQueryRq requestID="1"/>',
    "<HostQueryRq><IncludeRetElement>Country</IncludeRetElement></HostQueryRq>",
    '<CompanyQueryRq requestID="2"><IncludeRetElement>CompanyName</IncludeRetElement>'
    "<OwnerID>{0F4A7C1E-8A55-4F0E-9D53-3D4B0B6F7A21}</OwnerID></CompanyQueryRq>",
    "<PreferencesQueryRq/>",
    '<CustomerQueryRq requestID="30"><ActiveStatus>All</ActiveStatus><OwnerID>0</OwnerID>'
    "</CustomerQueryRq>",
    "<CustomerQueryRq><ListID>80000101-1689200000</ListID><ListID>80000102-1689200000</ListID>"
    "<IncludeRetElement>Name</IncludeRetElement></CustomerQueryRq>",
    "<CustomerQueryRq><MaxReturned>9</MaxReturned><ActiveStatus>All</ActiveStatus>"
    "<FromModifiedDate>2024-06-12T00:00:00</FromModifiedDate></CustomerQueryRq>",
    '<InvoiceQueryRq requestID="17" iterator="Start"><MaxReturned>3</MaxReturned>'
    "<ModifiedDateRangeFilter><FromModifiedDate>2024-06-12T00:00:00</FromModifiedDate>"
    "</ModifiedDateRangeFilter><IncludeLineItems>true</IncludeLineItems>"
    "<IncludeLinkedTxns>true</IncludeLinkedTxns><OwnerID>0</OwnerID></InvoiceQueryRq>",
    "<InvoiceQueryRq><TxnDateRangeFilter><FromTxnDate>2024-06-12</FromTxnDate>"
    "<ToTxnDate>2024-07-12</ToTxnDate></TxnDateRangeFilter><PaidStatus>NotPaidOnly</PaidStatus>"
    "</InvoiceQueryRq>",
    "<InvoiceQueryRq><RefNumber>1001</RefNumber><RefNumber>1002</RefNumber></InvoiceQueryRq>",
    '<InvoiceQueryRq metaData="MetaDataOnly"><PaidStatus>All</PaidStatus></InvoiceQueryRq>',
    "<CreditMemoQueryRq><MaxReturned>5</MaxReturned></CreditMemoQueryRq>",
    "<ReceivePaymentQueryRq><IncludeLineItems>1</IncludeLineItems></ReceivePaymentQueryRq>",
    "<AccountQueryRq><ActiveStatus>All</ActiveStatus></AccountQueryRq>",
    "<PaymentMethodQueryRq><FullName>Visa</FullName></PaymentMethodQueryRq>",
    '<TxnDeletedQueryRq requestID="70"><TxnDelType>Invoice</TxnDelType><TxnDelType>CreditMemo'
    "</TxnDelType><DeletedDateRangeFilter><FromDeletedDate>2024-06-11T00:00:00</FromDeletedDate>"
    "</DeletedDateRangeFilter></TxnDeletedQueryRq>",
]

WRITES = [
    '<ReceivePaymentAddRq requestID="1"><ReceivePaymentAdd><CustomerRef><ListID>80000101-1689200000'
    "</ListID><FullName>A</FullName></CustomerRef><ARAccountRef><FullName>Accounts Receivable"
    "</FullName></ARAccountRef><TxnDate>2024-06-12</TxnDate><RefNumber>12345678901234567890"
    "</RefNumber><TotalAmount>10.00</TotalAmount><ExchangeRate>1.25</ExchangeRate>"
    "<PaymentMethodRef><FullName>Check</FullName></PaymentMethodRef><Memo>m</Memo>"
    "<DepositToAccountRef><FullName>Checking</FullName></DepositToAccountRef>"
    "<ExternalGUID>{0F4A7C1E-8A55-4F0E-9D53-3D4B0B6F7A21}</ExternalGUID><AppliedToTxnAdd>"
    "<TxnID>1-1</TxnID><PaymentAmount>10</PaymentAmount></AppliedToTxnAdd>"
    "<AppliedToTxnAdd><TxnID>3-1</TxnID></AppliedToTxnAdd></ReceivePaymentAdd>"
    "<IncludeRetElement>TxnID</IncludeRetElement></ReceivePaymentAddRq>",
    "<ReceivePaymentAddRq><ReceivePaymentAdd><CustomerRef/><IsAutoApply>0</IsAutoApply>"
    "</ReceivePaymentAdd></ReceivePaymentAddRq>",
    "<PaymentMethodAddRq><PaymentMethodAdd><Name>Stripe</Name><IsActive>true</IsActive>"
    "<PaymentMethodType>OtherCreditCard</PaymentMethodType></PaymentMethodAdd></PaymentMethodAddRq>",
]
_PAYMENT = (
    "<ReceivePaymentAddRq><ReceivePaymentAdd><CustomerRef><ListID>1-1</ListID></CustomerRef>{}"
    "<AppliedToTxnAdd><TxnID>1-1</TxnID>{}</AppliedToTxnAdd>{}</ReceivePaymentAdd>"
    "</ReceivePaymentAddRq>"
)

REFUSED = {
    "an element in the wrong place": "<InvoiceQueryRq><PaidStatus>All</PaidStatus>"
    "<MaxReturned>5</MaxReturned></InvoiceQueryRq>",
    "an unknown element": "<InvoiceQueryRq><Color>red</Color></InvoiceQueryRq>",
    "an element twice": "<InvoiceQueryRq><MaxReturned>5</MaxReturned><MaxReturned>5</MaxReturned>"
    "</InvoiceQueryRq>",
    "ids together with filters": "<InvoiceQueryRq><TxnID>1-1</TxnID><PaidStatus>All</PaidStatus>"
    "</InvoiceQueryRq>",
    "both kinds of date range": "<InvoiceQueryRq><ModifiedDateRangeFilter/><TxnDateRangeFilter/>"
    "</InvoiceQueryRq>",
    "an id that is too long": f"<InvoiceQueryRq><TxnID>{'1' * 37}</TxnID></InvoiceQueryRq>",
    "a boolean of Python": "<InvoiceQueryRq><IncludeLineItems>True</IncludeLineItems>"
    "</InvoiceQueryRq>",
    "an enumeration in other case": "<InvoiceQueryRq><PaidStatus>notpaidonly</PaidStatus>"
    "</InvoiceQueryRq>",
    "a page of none": "<InvoiceQueryRq><MaxReturned>0</MaxReturned></InvoiceQueryRq>",
    "a time with Z": "<InvoiceQueryRq><ModifiedDateRangeFilter><FromModifiedDate>"
    "2024-06-01T00:00:00Z</FromModifiedDate></ModifiedDateRangeFilter></InvoiceQueryRq>",
    "a time with fractions": "<InvoiceQueryRq><ModifiedDateRangeFilter><FromModifiedDate>"
    "2024-06-01T00:00:00.5</FromModifiedDate></ModifiedDateRangeFilter></InvoiceQueryRq>",
    "an American date": "<InvoiceQueryRq><TxnDateRangeFilter><FromTxnDate>06/01/2024</FromTxnDate>"
    "</TxnDateRangeFilter></InvoiceQueryRq>",
    "a GUID without braces": "<CompanyQueryRq><OwnerID>0F4A7C1E-8A55-4F0E-9D53-3D4B0B6F7A21"
    "</OwnerID></CompanyQueryRq>",
    "a filter that names nobody": "<InvoiceQueryRq><EntityFilter/></InvoiceQueryRq>",
    "a filter with two kinds of names": "<InvoiceQueryRq><EntityFilter><ListID>1-1</ListID>"
    "<FullName>a</FullName></EntityFilter></InvoiceQueryRq>",
    "a deletion query without a type": "<TxnDeletedQueryRq/>",
    "MaxReturned where there is none": "<TxnDeletedQueryRq><TxnDelType>Invoice</TxnDelType>"
    "<MaxReturned>5</MaxReturned></TxnDeletedQueryRq>",
    "an iterator where there is none": '<AccountQueryRq iterator="Start"/>',
    "links on a payment query": "<ReceivePaymentQueryRq><IncludeLinkedTxns>true"
    "</IncludeLinkedTxns></ReceivePaymentQueryRq>",
    "an unknown attribute": '<InvoiceQueryRq requestId="1"/>',
    "an unknown value of an attribute": '<InvoiceQueryRq metaData="yes"/>',
    "an attribute on an element": '<InvoiceQueryRq><TxnID id="1">1-1</TxnID></InvoiceQueryRq>',
    "text between elements": "<InvoiceQueryRq>all<MaxReturned>5</MaxReturned></InvoiceQueryRq>",
    "text behind a request": "<HostQueryRq/>please",
    "text where elements belong": "<InvoiceQueryRq>all</InvoiceQueryRq>",
    "children where text belongs": "<InvoiceQueryRq><TxnID><B/></TxnID></InvoiceQueryRq>",
    "a request that there is not": "<InvoicesQueryRq/>",
    "a change, which nobody asks for here": "<ReceivePaymentModRq><ReceivePaymentMod><TxnID>1-1"
    "</TxnID><EditSequence>1</EditSequence></ReceivePaymentMod></ReceivePaymentModRq>",
    "a filter by name, likewise": "<CustomerQueryRq><NameFilter><MatchCriterion>Contains"
    "</MatchCriterion><Name>a</Name></NameFilter></CustomerQueryRq>",
    "a number of 21 characters": _PAYMENT.format(f"<RefNumber>{'1' * 21}</RefNumber>", "", ""),
    "a memo of 4096 characters": _PAYMENT.format(f"<Memo>{'m' * 4096}</Memo>", "", ""),
    "a total with one decimal": _PAYMENT.format("<TotalAmount>1.5</TotalAmount>", "", ""),
    "a total with a comma": _PAYMENT.format("<TotalAmount>1,000.00</TotalAmount>", "", ""),
    "a total with a currency sign": _PAYMENT.format("<TotalAmount>$5.00</TotalAmount>", "", ""),
    "a total of 14 digits": _PAYMENT.format(f"<TotalAmount>{'1' * 14}</TotalAmount>", "", ""),
    "an ExternalGUID without braces": _PAYMENT.format(
        "<ExternalGUID>0F4A7C1E-8A55-4F0E-9D53-3D4B0B6F7A21</ExternalGUID>", "", ""
    ),
    "a memo before the number": _PAYMENT.format("<Memo>m</Memo><RefNumber>1</RefNumber>", "", ""),
    "automatic and named applications": _PAYMENT.format("", "", "<IsAutoApply>0</IsAutoApply>"),
    "neither kind of application": "<ReceivePaymentAddRq><ReceivePaymentAdd><CustomerRef/>"
    "</ReceivePaymentAdd></ReceivePaymentAddRq>",
    "a payment of nobody": "<ReceivePaymentAddRq><ReceivePaymentAdd><IsAutoApply>0</IsAutoApply>"
    "</ReceivePaymentAdd></ReceivePaymentAddRq>",
    "an application without an id": "<ReceivePaymentAddRq><ReceivePaymentAdd><CustomerRef/>"
    "<AppliedToTxnAdd><PaymentAmount>1.00</PaymentAmount></AppliedToTxnAdd></ReceivePaymentAdd>"
    "</ReceivePaymentAddRq>",
    "a full name before the id": "<ReceivePaymentAddRq><ReceivePaymentAdd><CustomerRef><FullName>a"
    "</FullName><ListID>1-1</ListID></CustomerRef><IsAutoApply>0</IsAutoApply></ReceivePaymentAdd>"
    "</ReceivePaymentAddRq>",
    "two payments in one request": "<ReceivePaymentAddRq>" + "<ReceivePaymentAdd><CustomerRef/>"
    "<IsAutoApply>0</IsAutoApply></ReceivePaymentAdd>" * 2 + "</ReceivePaymentAddRq>",
    "metadata on a write": _PAYMENT.format("", "", "").replace(
        "Rq>", 'Rq metaData="NoMetaData">', 1
    ),
    "a method of 32 characters": f"<PaymentMethodAddRq><PaymentMethodAdd><Name>{'m' * 32}</Name>"
    "</PaymentMethodAdd></PaymentMethodAddRq>",
}


@pytest.mark.parametrize("body", FITTING)
def test_a_fitting_request_is_answered(body: str) -> None:
    assert status(ask_one(a_session(COMPANY), body))[0] in (0, 1, 500)


@pytest.mark.parametrize("body", WRITES)
def test_a_fitting_write_is_answered(body: str) -> None:
    assert status(ask_one(a_session(a_company(customers=1, invoices=0)), body))[0] >= 0


@pytest.mark.parametrize("fault", REFUSED)
def test_one_fault_refuses_the_whole_set(fault: str) -> None:
    body = '<HostQueryRq requestID="1"/>' + REFUSED[fault]
    with pytest.raises(QuickBooksError) as refused:
        a_session(COMPANY).process(document(body))
    assert refused.value.hresult == "0x80040400"
    assert "parsing the provided XML" in refused.value.message
    assert refused.value.reason


@pytest.mark.parametrize(
    "broken",
    {
        "": "empty",
        "<QBXML>": "cut off",
        "hello": "no XML",
        document("<HostQueryRq/>").replace('<?qbxml version="13.0"?>', ""): "no instruction",
        " " + document("<HostQueryRq/>"): "space before the declaration",
        document("<HostQueryRq/>").replace("QBXMLMsgsRq", "QBXMLMsgsRs"): "an answer",
        document("<HostQueryRq/>", attributes=""): "no onError",
        document("<HostQueryRq/>", attributes='onError="stop"'): "unknown onError",
        document("<HostQueryRq/>").replace("<QBXML>", "<!DOCTYPE QBXML><QBXML>"): "DOCTYPE",
        document("<CustomerQueryRq><FullName>Café</FullName></CustomerQueryRq>"): "raw UTF-8",
    },
)
def test_what_is_no_message_set_is_refused(broken: str) -> None:
    with pytest.raises(QuickBooksError) as refused:
        a_session(COMPANY).process(broken)
    assert refused.value.hresult == "0x80040400"


def test_an_entity_is_never_expanded() -> None:
    bomb = document("<CustomerQueryRq><FullName>&a;</FullName></CustomerQueryRq>").replace(
        "<QBXML>", '<!DOCTYPE QBXML [<!ENTITY a "aaaa">]><QBXML>'
    )
    with pytest.raises(QuickBooksError):
        a_session(COMPANY).process(bomb)


@pytest.mark.parametrize("version", ["17.0", "0.9", "13", "CA3.0", "", "x"])
def test_a_version_it_does_not_speak_is_refused(version: str) -> None:
    with pytest.raises(QuickBooksError) as refused:
        a_session(COMPANY).process(document("<HostQueryRq/>", version=version))
    assert refused.value.hresult == "0x80040423"


def test_rolling_back_is_refused() -> None:
    with pytest.raises(QuickBooksError) as refused:
        a_session(COMPANY).process(
            document("<HostQueryRq/>", attributes='onError="rollbackOnError"')
        )
    assert refused.value.hresult == "0x80040413"


@pytest.mark.parametrize(
    ("body", "since"),
    [
        ("<InvoiceQueryRq><IncludeRetElement>TxnID</IncludeRetElement></InvoiceQueryRq>", "4.0"),
        (
            '<InvoiceQueryRq iterator="Start"><MaxReturned>1</MaxReturned></InvoiceQueryRq>',
            "5.0",
        ),
        ('<InvoiceQueryRq metaData="MetaDataOnly"/>', "4.0"),
        (
            WRITES[1].replace(
                "<IsAuto",
                f"<ExternalGUID>{{{'0' * 8}{'-0000' * 3}-{'0' * 12}}}</ExternalGUID><IsAuto",
            ),
            "9.0",
        ),
        ("<TxnDeletedQueryRq><TxnDelType>Invoice</TxnDelType></TxnDeletedQueryRq>", "2.0"),
    ],
)
def test_what_came_later_is_unknown_to_an_old_version(body: str, since: str) -> None:
    ask(a_session(COMPANY), body, version=since)
    with pytest.raises(QuickBooksError):
        a_session(COMPANY).process(document(body, version="1.1"))


def test_it_agrees_with_intuits_schema_on_requests_of_all_shapes() -> None:
    schema = xsd()
    if schema is None:
        pytest.skip(NO_SCHEMA)
    rnd = random.Random(11)
    verdicts = set()
    for body in (*FITTING, *WRITES, WRITES[0], WRITES[2]):
        for _ in range(60):
            root = etree.fromstring(document(body).encode())
            _spoil(root[0][0], rnd)
            text = etree.tostring(root.getroottree(), encoding="ascii").decode()
            verdict = _accepted(text)
            # Elements of the schema that the simulator leaves out on purpose are not made here.
            assert verdict == schema.validate(etree.fromstring(text.encode())), text
            verdicts.add(verdict)
    assert verdicts == {True, False}


def _accepted(text: str) -> bool:
    try:
        a_session(COMPANY).process(text)
    except QuickBooksError as refused:
        return refused.hresult != "0x80040400"
    return True


def _spoil(request: etree._Element, rnd: random.Random) -> None:
    """Swap, drop, double or rewrite one of the elements."""
    elements = list(request.iter())[1:]
    if not elements:
        etree.SubElement(request, "IncludeRetElement").text = "x" * rnd.randrange(100)
        return
    one = rnd.choice(elements)
    parent = one.getparent()
    assert parent is not None
    match rnd.randrange(5):
        case 0:
            parent.remove(one)
        case 1:
            one.addnext(deepcopy(one))
        case 2:
            parent.insert(rnd.randrange(len(parent) + 1), one)
        case 3:
            one.tag = rnd.choice([other.tag for other in elements])
        case 4:
            one.text = rnd.choice(["", "x", "1", "0", "true", "2024-06-12", "y" * 60, "-1.00"])
