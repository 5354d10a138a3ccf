"""Text of the platform on its way into QuickBooks: replaced and told, or not looked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

import pytest
from lxml import etree

from shared.models.payments import postings, rules
from shared.operations import payments
from shared.qbxml.elements import elements_of
from shared.qbxml.formats import Format
from shared.qbxml.requests import Request
from shared.rules.payments.values import PaymentStatus
from shared.rules.values import OnAccount
from tests.deciding import decide
from tests.whole.bookkeeping import owes
from tests.whole.house import House
from tests.whole.payments.builders import (
    codes,
    connection,
    in_quickbooks,
    on_file,
    parts,
    payment,
    receive,
    settles,
    standing,
)

HOSTILE = ["№ 5", "株式会社", "Łódź\u200b", "\U0001f642", "a\u202eb", "\u200b", "\u0416" * 90]
TEXT_ELEMENTS = {
    # The first three name what may not exist, and come from people: not asked for where
    # QuickBooks cannot hold them. The numbers of payments are made by us.
    "CustomerQueryRq/FullName",
    "InvoiceQueryRq/RefNumber",
    "ReceivePaymentQueryRq/RefNumber",
    "ReceivePaymentAddRq/RefNumber",
    # Replaced, and told on the payment.
    "ReceivePaymentAddRq/Memo",
    "PaymentMethodAddRq/Name",
}


def text_elements() -> Iterator[str]:
    """The elements of our requests that take text of any letters: "PaymentMethodAddRq/Name"."""
    for request in get_args(Request):
        for _, element in elements_of(request):
            if isinstance(element.holds, Format) and any(
                "\u017d" in one for one in element.holds.patterns
            ):
                yield f"{request.name}/{element.steps[-1]}"


def written(house: House) -> dict[str, set[str]]:
    """What stood in each of these elements, by its path."""
    found: dict[str, set[str]] = {}
    for request in house.requests:
        for element in etree.fromstring(request.encode()).iter():
            asked = next((one for one in element.iterancestors() if one.tag.endswith("Rq")), None)
            path = f"{asked.tag}/{element.tag}" if asked is not None else ""
            if path in TEXT_ELEMENTS:
                found.setdefault(path, set()).add(element.text or "")
    return found


def sent(house: House, external_id: str = "pay_1") -> str:
    """What the life of a payment tells of its way out."""
    with house.store.reading():
        life = postings.life(on_file(house, external_id).id)
    return next(step.detail for step in life if step.event == "sent")


def retries(house: House, *external_ids: str) -> None:
    decide(house.store, payments.plan_retry, [on_file(house, one).id for one in external_ids])


def test_all_elements_with_free_text_are_known():
    assert set(text_elements()) == TEXT_ELEMENTS


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_no_text_of_the_platform_stops_a_sync_wherever_it_stands(open_till, text):
    house = open_till(on_account=OnAccount.POST)
    everywhere = {"method": text, "gateway": text, "reference": text, "memo": text}
    receive(
        house,
        payment(f"pay {text}", **everywhere),
        *(payment(f"{one} 2", pays={one: "10.00"}) for one in (text, "2000")),
        *(payment(f"{one} 3", "75.00", pays={}, customer=one) for one in (text, "Newcomer")),
    )
    settles(house)
    retries(house, f"{text} 2", "2000 2")
    settles(house)
    assert standing(house, f"pay {text}") == (PaymentStatus.POSTED, "")
    assert not {"request-invalid", "payment-request-refused"} & set(codes(house))
    found = written(house)
    nameless = set() if in_quickbooks(house)[0].method else {"PaymentMethodAddRq/Name"}
    assert set(found) == TEXT_ELEMENTS - nameless
    assert all(one.encode("cp1252") for texts in found.values() for one in texts)
    assert found["CustomerQueryRq/FullName"] == {"Newcomer"}
    assert found["InvoiceQueryRq/RefNumber"] == {"1042", "2000"}
    assert sent(house, f"pay {text}").count("QuickBooks cannot hold") == 2


def test_a_number_that_came_garbled_out_of_quickbooks_stops_no_sync(house):
    owes(house, "2001", 5_000)
    house.alter = lambda answer: answer.replace("<RefNumber>2001<", "<RefNumber>20\ufffd1<")
    house.later(hours=1)
    assert house.sync().ok
    receive(house, payment(pays={"20\ufffd1": "50.00"}))
    settles(house)
    assert standing(house) == (PaymentStatus.POSTED, "")
    assert codes(house) == []


def test_a_method_whose_name_quickbooks_cannot_hold_is_told_on_the_payment(house):
    receive(house, payment(method="pay \u682a"))
    settles(house)
    assert in_quickbooks(house)[0].method == "Pay ?"
    assert re.search(r"payment method 'Pay \\u682a': .*'Pay \?'", sent(house))
    assert codes(house) == []


def test_it_is_told_on_each_payment_of_that_method(house):
    receive(house, *(payment(one, "10.00", method="\u682a") for one in ("pay_1", "pay_2")))
    settles(house)
    assert "\\u682a" in sent(house, "pay_1")
    assert "\\u682a" in sent(house, "pay_2")


def test_a_method_that_keeps_nothing_of_its_name_is_left_out_and_that_is_told(house):
    receive(house, payment(method="\u200b"))
    settles(house)
    assert in_quickbooks(house)[0].method == ""
    assert "\\u200b" in sent(house)


def test_a_method_whose_name_is_too_long_is_told_on_the_payment(house):
    receive(house, payment(method="Bank transfer of the house bank of Larkspur"))
    settles(house)
    assert in_quickbooks(house)[0].method == "Bank Transfer Of The House Bank"
    assert "Of Larkspur" in sent(house)


def test_a_given_name_of_two_lines_is_one_line(house):
    with house.store.transaction():
        rules.set_method_rule(connection(house).id, "ach", "Bank\ntransfer")
    receive(house, payment(method="ach"))
    settles(house)
    assert in_quickbooks(house)[0].method == "Bank transfer"
    assert sent(house) == ""


def test_a_memo_whose_end_is_left_out_is_told_on_the_payment(house):
    receive(house, payment(memo="x" * 4_000, reference="y" * 99))
    settles(house)
    assert len(parts(house)[0].ref_number) <= 20
    assert len(in_quickbooks(house)[0].memo) == 4_095
    assert "4,095" in sent(house)


def test_what_quickbooks_can_hold_is_told_nowhere(house):
    receive(house, payment(memo="Søn & Co \u2013 für Žižka", method="credit_card"))
    settles(house)
    assert sent(house) == ""
