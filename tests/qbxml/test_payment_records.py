"""Payments, accounts and payment methods of an answer become values, or say what is at fault."""

from datetime import date
from decimal import Decimal

import pytest

from shared.qbxml.payment_responses import (
    AccountRet,
    AppliedToTxnRet,
    ErrorRecovery,
    PaymentMethodRet,
    ReceivePaymentRet,
)
from shared.qbxml.refs import Ref
from shared.qbxml.responses import BadRecord
from tests.qbxml.builders import (
    answer,
    applied,
    payment,
    payments_answer,
    read_one,
    ref,
    response,
    xml,
)


def read_payment(**changes):
    """One payment of the builder's defaults with these changes, read."""
    response_read = read_one(payments_answer(payment(**changes)))
    (only,) = response_read.rows + response_read.bad
    return only


def read_record(name, content):
    response_read = read_one(answer(response("AnyRs", xml(name, content))))
    (only,) = response_read.rows + response_read.bad
    return only


def test_a_payment_with_all_that_tells_it_from_others():
    assert read_payment() == ReceivePaymentRet(
        txn_id="1B0-1718913731",
        time_created="2024-06-20T16:02:11",
        time_modified="2024-06-20T16:02:12",
        edit_sequence="1718913731",
        customer=Ref("80000102-1", "Alder Joinery:Stairs"),
        ar_account=Ref("80000021-1", "Accounts Receivable"),
        txn_date=date(2024, 6, 20),
        ref_number="CHK 5512",
        total_amount=Decimal("500.00"),
        payment_method="Check",
        memo="part payment",
        deposit_to_account=Ref("80000047-1", "Undeposited Funds"),
        unused_payment=Decimal("0.00"),
        external_guid="{9A6D1F52-0C1B-4D1E-8F77-5A4B3C2D1E0F}",
        applied=(
            AppliedToTxnRet(
                txn_id="1A2-1718200000",
                txn_type="Invoice",
                ref_number="1042",
                balance_remaining=Decimal("799.00"),
                amount=Decimal("500.00"),
            ),
        ),
    )


def test_a_payment_in_a_foreign_currency():
    assert read_payment(CurrencyRef=ref("80000097-1", "Euro")).currency == "Euro"


def test_a_payment_is_called_by_its_number_and_its_customer():
    assert read_payment().document == "Payment CHK 5512, Alder Joinery:Stairs"
    assert read_payment(RefNumber=None, CustomerRef=None).document == "Payment without number"


def test_other_links_of_an_invoice_are_not_what_this_payment_paid():
    other = {"TxnID": "9-1", "TxnType": "ReceivePayment", "TxnDate": "2024-06-01",
             "LinkType": "AMTTYPE", "Amount": "-55.00"}  # fmt: skip
    (use,) = read_payment(AppliedToTxnRet=[applied(LinkedTxn=[other])]).applied
    assert (use.txn_id, use.amount) == ("1A2-1718200000", Decimal("500.00"))


def test_card_data_is_passed_over_whatever_quickbooks_leaves_of_it():
    card = {"CreditCardTxnInputInfo": {"CreditCardNumber": "xxxxxxxxxxxx1111"}}
    assert read_payment(CreditCardTxnInfo=card) == read_payment()


def test_headers_alone_say_nothing_of_what_was_paid():
    short = {"TxnID": "1B0-1", "EditSequence": "5"}
    assert read_record("ReceivePaymentRet", short) == ReceivePaymentRet("1B0-1", edit_sequence="5")


@pytest.mark.parametrize(
    ("changes", "adds_up"),
    [
        ({}, True),
        ({"TotalAmount": "525.00", "UnusedPayment": "25.00"}, True),
        ({"TotalAmount": "525.00"}, False),
        ({"UnusedPayment": "0.01"}, False),
        ({"AppliedToTxnRet": [applied(Amount="75.00"), applied(Amount="425.00")]}, True),
        ({"AppliedToTxnRet": [applied(Amount="75.00"), applied(Amount="900.00")]}, False),
        # A discount beside the amount, or in it.
        ({"AppliedToTxnRet": [applied(DiscountAmount="6.00")]}, True),
        ({"TotalAmount": "494.00", "AppliedToTxnRet": [applied(DiscountAmount="6.00")]}, True),
        ({"TotalAmount": "506.00", "AppliedToTxnRet": [applied(DiscountAmount="6.00")]}, False),
        ({"TotalAmount": "495.00", "AppliedToTxnRet": [applied(DiscountAmount="6.00")]}, False),
        ({"AppliedToTxnRet": [], "UnusedPayment": "500.00"}, True),
        ({"AppliedToTxnRet": []}, False),
        # What QuickBooks does not tell cannot be held against it.
        ({"TotalAmount": None}, True),
        ({"UnusedPayment": None, "TotalAmount": "525.00"}, True),
        ({"AppliedToTxnRet": [applied(Amount=None)], "TotalAmount": "525.00"}, True),
    ],
)
def test_what_is_applied_and_what_is_unused_make_the_total(changes, adds_up):
    assert read_payment(**changes).adds_up is adds_up


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "0.00"),
        # Cash and a credit memo in one Receive Payments window.
        ({"TotalAmount": "250.00", "AppliedToTxnRet": [applied(Amount="500.00")]}, "250.00"),
        ({"TotalAmount": "0.00", "AppliedToTxnRet": [applied(Amount="500.00")]}, "500.00"),
        # A discount beside both is none of them.
        ({"TotalAmount": "400.00", "AppliedToTxnRet": [applied(DiscountAmount="6.00")]}, "94.00"),
        ({"TotalAmount": "494.00", "AppliedToTxnRet": [applied(DiscountAmount="6.00")]}, "0.00"),
        # Less than was received: money is not told of, and that is no credit.
        ({"TotalAmount": "525.00"}, "0.00"),
        ({"UnusedPayment": None, "TotalAmount": "25.00"}, "0.00"),
    ],
)
def test_what_is_applied_beyond_money_and_discounts_are_credits(changes, expected):
    assert read_payment(**changes).credits == Decimal(expected)


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"TotalAmount": "1,000.00"}, "TotalAmount", "1,000.00"),
        ({"TxnDate": "20.06.2024"}, "TxnDate", "20.06.2024"),
        ({"UnusedPayment": "none"}, "UnusedPayment", "none"),
        (
            {"AppliedToTxnRet": [applied(), applied(Amount="1.5")]},
            "AppliedToTxnRet[2]/Amount",
            "1.5",
        ),
    ],
)
def test_a_malformed_payment_is_named_and_spoils_no_other(changes, field, value):
    found = read_one(payments_answer(payment(TxnID="1"), payment(**changes), payment(TxnID="3")))
    assert [row.txn_id for row in found.rows] == ["1", "3"]
    (bad,) = found.bad
    assert (bad.kind, bad.object_id) == ("ReceivePaymentRet", "1B0-1718913731")
    assert bad.document == "Payment CHK 5512, Alder Joinery:Stairs"
    assert (bad.field, bad.value) == (field, value)


def test_a_payment_without_its_id_cannot_be_told_from_others():
    bad = read_payment(TxnID=None)
    assert isinstance(bad, BadRecord)
    assert bad.reason == "it has no TxnID"


def test_an_account_is_known_by_its_kind_whatever_it_is_called():
    funds = {
        "ListID": "80000047-1",
        "Name": "Money in transit",
        "FullName": "Cash:Money in transit",
        "IsActive": "true",
        "ParentRef": ref("80000046-1", "Cash"),
        "AccountType": "OtherCurrentAsset",
        "SpecialAccountType": "UndepositedFunds",
        "Balance": "12.00",
        "CurrencyRef": ref("80000001-1", "US Dollar"),
    }
    assert read_record("AccountRet", funds) == AccountRet(
        list_id="80000047-1",
        full_name="Cash:Money in transit",
        is_active=True,
        account_type="OtherCurrentAsset",
        special_account_type="UndepositedFunds",
        currency="US Dollar",
    )


def test_a_payment_method():
    method = {
        "ListID": "8-1",
        "Name": "E-Check",
        "IsActive": "false",
        "PaymentMethodType": "ECheck",
    }
    assert read_record("PaymentMethodRet", method) == PaymentMethodRet(
        "8-1", "E-Check", False, "ECheck"
    )


@pytest.mark.parametrize(
    ("name", "content", "document"),
    [
        ("AccountRet", {"ListID": "8-1", "FullName": "Bank"}, "Account Bank"),
        ("PaymentMethodRet", {"ListID": "8-1", "Name": "Check"}, "Payment method Check"),
    ],
)
def test_a_malformed_list_entry_is_named(name, content, document):
    bad = read_record(name, content | {"IsActive": "maybe"})
    assert (bad.object_id, bad.document, bad.field) == ("8-1", document, "IsActive")
    assert read_record(name, content | {"ListID": None}).reason == "it has no ListID"


def test_a_write_that_failed_may_tell_what_it_touched():
    touched = {"TxnID": "1B0-1", "TxnNumber": "406", "EditSequence": "17", "ExternalGUID": "{A}"}
    refused = read_one(
        answer(response("ReceivePaymentAddRs", xml("ErrorRecovery", touched), statusCode=3180))
    )
    assert refused.rows == (ErrorRecovery("1B0-1", "17"),)
    assert read_record("ErrorRecovery", {"ListID": "8-1"}) == ErrorRecovery()


def test_a_payment_may_come_with_what_it_touched():
    records = xml("ReceivePaymentRet", payment()) + xml("ErrorRecovery", {"TxnID": "1B0-1"})
    made, touched = read_one(answer(response("ReceivePaymentAddRs", records))).rows
    assert isinstance(made, ReceivePaymentRet)
    assert isinstance(touched, ErrorRecovery)
