"""What is wrong with a payment before it is taken in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from shared.rules.payments.checking import faults
from shared.rules.payments.values import NewUse, UseKind
from tests.rules.payments.builders import a_new_payment, money


def fields_at_fault(**changes):
    return [fault.field for fault in faults(a_new_payment(**changes))]


def sentences(**changes):
    return [str(fault) for fault in faults(a_new_payment(**changes))]


def use(document="1042", amount="1.00", kind=UseKind.INVOICE):
    return NewUse(document, Decimal(amount), kind)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"external_id": "x" * 100},
        {"amount": money("0"), "uses": ()},
        {"amount": money("9999999999.99")},
        {"amount": money("2.5E+2")},
        {"date": date(1970, 1, 1)},
        {"date": date(2037, 12, 31)},
        {"currency": "USD"},
        {"currency": "usd"},
        {"refunded": money("250.00")},
        {"memo": "two\nlines" + "x" * 3990},
        {"method": "m" * 100, "reference": "r" * 100, "gateway": "g" * 100},
        {"customer": "Æblegård & Söhne"},
        {"uses": (use(), use(kind=UseKind.CREDIT_NOTE))},
        {"uses": (use("1042", "250.00"), use("CN-7", "999.00", UseKind.CREDIT_NOTE))},
    ],
)
def test_a_payment_that_is_right_has_no_fault(changes):
    assert sentences(**changes) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"external_id": ""}, "external_id is empty; give the platform's ID of the payment."),
        (
            {"external_id": " pay_1"},
            "external_id ' pay_1' begins or ends with a space; write it without spaces.",
        ),
        (
            {"amount": money("250.005")},
            "amount '250.005' has more than two decimal places; write it as 1234.50.",
        ),
        (
            {"date": date(2038, 1, 1)},
            "date '2038-01-01' is outside the dates that QuickBooks accepts; "
            "give a date from 1970-01-01 to 2037-12-31.",
        ),
        (
            {"uses": (use("1042", "200"), use("1043", "50.01"))},
            (
                "uses '250.01' is more than the payment's amount 250.00; apply at most the "
                "payment's amount."
            ),
        ),
        (
            {"uses": (use("1042", "-5.00"),)},
            "uses '1042=-5.00' is below zero; record a refund with the payment itself.",
        ),
        (
            {"refunded": money("250.01")},
            "refunded '250.01' is more than the payment's amount 250.00; "
            "give the amount that was refunded.",
        ),
        (
            {"gateway": "g" * 101},
            f"gateway '{'g' * 37}...' is 101 characters long; use at most 100 characters.",
        ),
    ],
)
def test_a_fault_is_a_sentence_with_place_value_and_remedy(changes, sentence):
    assert sentences(**changes) == [sentence]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("external_id", "\t"),
        ("external_id", "x" * 101),
        ("external_id", "pay\x00"),
        ("amount", Decimal("-0.01")),
        ("amount", Decimal("10000000000000")),
        ("amount", Decimal("1E+30")),
        ("date", date(1969, 12, 31)),
        ("customer", "Larkspur\nTile"),
        ("currency", "US"),
        ("currency", "US Dollar"),
        ("currency", "U$D"),
        ("method", "x" * 101),
        ("reference", "a\x1b[31m"),
        ("memo", "x" * 4001),
        ("refunded", Decimal("-1")),
        ("refunded", Decimal("0.001")),
        ("refunded", Decimal("NaN")),
    ],
)
def test_each_field_has_its_limits(field, value):
    changes = {field: value}
    if field == "amount":
        changes |= {"uses": (), "customer": "Larkspur Tile"}
    assert set(fields_at_fault(**changes)) == {field}


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_a_fault_and_no_accident(amount):
    assert "amount" in fields_at_fault(amount=Decimal(amount))
    assert "uses" in fields_at_fault(uses=(use(amount=amount),))


@pytest.mark.parametrize("amount", ["0", "-0.00", "0.00", "1.001"])
def test_a_use_is_of_some_cents(amount):
    assert fields_at_fault(uses=(use(amount=amount),)) == ["uses"]


@pytest.mark.parametrize("document", ["", "  ", "10\n42", "x" * 101])
def test_a_use_names_its_document(document):
    assert fields_at_fault(uses=(use(document),)) == ["uses"]


@pytest.mark.parametrize("other", ["INV-1", " inv-1 "])
def test_a_document_is_named_once_however_it_is_typed(other):
    assert "appears twice" in sentences(uses=(use("inv-1"), use(other)))[0]


def test_credit_notes_do_not_count_towards_the_amount():
    credit = use("CN-7", "300.00", UseKind.CREDIT_NOTE)
    assert sentences(uses=(use("1042", "250.00"), credit)) == []


def test_all_faults_are_found_at_once():
    found = fields_at_fault(
        external_id="", amount=money("-1"), uses=(), currency="?", memo="x" * 5000
    )
    assert found == ["external_id", "amount", "currency", "memo"]
