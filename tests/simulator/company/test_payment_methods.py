"""PaymentMethodAdd."""

from __future__ import annotations

import pytest

from tests.simulator.company.builders import (
    a_debtor,
    a_payment,
    a_session,
    ask_one,
    fields,
    ref,
    refused,
    status,
    texts,
)


def a_method(name: str, **more: str) -> str:
    body = fields(Name=name, **more)
    return f"<PaymentMethodAddRq><PaymentMethodAdd>{body}</PaymentMethodAdd></PaymentMethodAddRq>"


def test_a_payment_method_can_be_added_and_used() -> None:
    company, invoice = a_debtor()
    session = a_session(company)
    (ret,) = ask_one(session, a_method("Stripe", PaymentMethodType="OtherCreditCard"))
    assert texts(ret, "Name") == ["Stripe"]
    assert texts(ret, "IsActive") == ["true"]
    assert texts(ret, "PaymentMethodType") == ["OtherCreditCard"]
    (paid,) = ask_one(session, a_payment(invoice, PaymentMethodRef=ref(full_name="Stripe")))
    assert texts(paid, "PaymentMethodRef/ListID") == texts(ret, "ListID")
    found = "<PaymentMethodQueryRq><FullName>stripe</FullName></PaymentMethodQueryRq>"
    assert texts(ask_one(session, found), "*/ListID") == texts(ret, "ListID")


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [("visa", 3100, "already in use"), ("A:B", 3090, "colon"), (" ", 3150, "Name")],
)
def test_a_method_needs_a_name_of_its_own(name: str, code: int, words: str) -> None:
    refused(a_debtor()[0], a_method(name), code, words)


def test_an_inactive_method_is_added_as_one() -> None:
    company, invoice = a_debtor()
    (ret,) = ask_one(a_session(company), a_method("Later", IsActive="false"))
    assert texts(ret, "IsActive") == ["false"]
    refused(company, a_payment(invoice, PaymentMethodRef=ref(full_name="Later")), 3140)
    by_id = a_payment(invoice, PaymentMethodRef=ref(texts(ret, "ListID")[0]))
    assert status(ask_one(a_session(company), by_id)) == (0, "Info")
