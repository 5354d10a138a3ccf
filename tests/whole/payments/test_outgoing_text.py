"""Text of the platform on its way into QuickBooks: replaced and told, or not looked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

import pytest
from lxml import etree

from shared.models.payments import account_rules, postings
from shared.operations import payments
from shared.qbxml.elements import elements_of
from shared.qbxml.formats import Format
from shared.qbxml.requests import Request
from shared.rules.payments.values import PaymentStatus
from shared.rules.values import OnAccount
from tests.deciding import decide
from tests.whole.bookkeeping import owes
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
from tests.whole.rig import Rig

HOSTILE = ["№ 5", "株式会社", "Łódź\u200b", "\U0001f642", "a\u202eb", "\u200b", "\u0416" * 90]
TEXT_ELEMENTS = {
    # The first three name what may not exist, and come from people: not asked for where
    # QuickBooks cannot store them. The numbers of payments are made by us.
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


def written(rig: Rig) -> dict[str, set[str]]:
    """What stood in each of these elements, by its path."""
    found: dict[str, set[str]] = {}
    for request in rig.requests:
        for element in etree.fromstring(request.encode()).iter():
            asked = next((one for one in element.iterancestors() if one.tag.endswith("Rq")), None)
            path = f"{asked.tag}/{element.tag}" if asked is not None else ""
            if path in TEXT_ELEMENTS:
                found.setdefault(path, set()).add(element.text or "")
    return found


def sent(rig: Rig, external_id: str = "pay_1") -> str:
    """What the life of a payment tells of its way out."""
    with rig.store.reading():
        life = postings.life(on_file(rig, external_id).id)
    return next(step.detail for step in life if step.event == "sent")


def retries(rig: Rig, *external_ids: str) -> None:
    decide(rig.store, payments.plan_retry, [on_file(rig, one).id for one in external_ids])


def test_all_elements_with_free_text_are_known():
    assert set(text_elements()) == TEXT_ELEMENTS


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_no_text_of_the_platform_stops_a_sync_wherever_it_stands(open_till, text):
    rig = open_till(on_account=OnAccount.POST)
    everywhere = {"method": text, "gateway": text, "reference": text, "memo": text}
    receive(
        rig,
        payment(f"pay {text}", **everywhere),
        *(payment(f"{one} 2", pays={one: "10.00"}) for one in (text, "2000")),
        *(payment(f"{one} 3", "75.00", pays={}, customer=one) for one in (text, "Newcomer")),
    )
    settles(rig)
    retries(rig, f"{text} 2", "2000 2")
    settles(rig)
    assert standing(rig, f"pay {text}") == (PaymentStatus.POSTED, "")
    assert not {"request-invalid", "payment-request-refused"} & set(codes(rig))
    found = written(rig)
    nameless = set() if in_quickbooks(rig)[0].method else {"PaymentMethodAddRq/Name"}
    assert set(found) == TEXT_ELEMENTS - nameless
    assert all(one.encode("cp1252") for texts in found.values() for one in texts)
    assert found["CustomerQueryRq/FullName"] == {"Newcomer"}
    assert found["InvoiceQueryRq/RefNumber"] == {"1042", "2000"}
    assert sent(rig, f"pay {text}").count("QuickBooks cannot store") == 2


def test_a_number_that_came_garbled_out_of_quickbooks_stops_no_sync(rig):
    owes(rig, "2001", 5_000)
    rig.alter = lambda answer: answer.replace("<RefNumber>2001<", "<RefNumber>20\ufffd1<")
    rig.later(hours=1)
    assert rig.sync().ok
    receive(rig, payment(pays={"20\ufffd1": "50.00"}))
    settles(rig)
    assert standing(rig) == (PaymentStatus.POSTED, "")
    assert codes(rig) == []


def test_a_method_whose_name_quickbooks_cannot_hold_is_told_on_the_payment(rig):
    receive(rig, payment(method="pay \u682a"))
    settles(rig)
    assert in_quickbooks(rig)[0].method == "Pay ?"
    assert re.search(r"payment method 'Pay \\u682a': .*'Pay \?'", sent(rig))
    assert codes(rig) == []


def test_it_is_told_on_each_payment_of_that_method(rig):
    receive(rig, *(payment(one, "10.00", method="\u682a") for one in ("pay_1", "pay_2")))
    settles(rig)
    assert "\\u682a" in sent(rig, "pay_1")
    assert "\\u682a" in sent(rig, "pay_2")


def test_a_method_that_keeps_nothing_of_its_name_is_left_out_and_that_is_told(rig):
    receive(rig, payment(method="\u200b"))
    settles(rig)
    assert in_quickbooks(rig)[0].method == ""
    assert "\\u200b" in sent(rig)


def test_a_method_whose_name_is_too_long_is_told_on_the_payment(rig):
    receive(rig, payment(method="Bank transfer of the house bank of Larkspur"))
    settles(rig)
    assert in_quickbooks(rig)[0].method == "Bank Transfer Of The House Bank"
    assert "Of Larkspur" in sent(rig)


def test_a_given_name_of_two_lines_is_one_line(rig):
    with rig.store.transaction():
        account_rules.set_method_rule(connection(rig).id, "ach", "Bank\ntransfer")
    receive(rig, payment(method="ach"))
    settles(rig)
    assert in_quickbooks(rig)[0].method == "Bank transfer"
    assert sent(rig) == ""


def test_a_memo_whose_end_is_left_out_is_told_on_the_payment(rig):
    receive(rig, payment(memo="x" * 4_000, reference="y" * 99))
    settles(rig)
    assert len(parts(rig)[0].ref_number) <= 20
    assert len(in_quickbooks(rig)[0].memo) == 4_095
    assert "4,095" in sent(rig)


def test_what_quickbooks_can_hold_is_told_nowhere(rig):
    receive(rig, payment(memo="Søn & Co \u2013 für Žižka", method="credit_card"))
    settles(rig)
    assert sent(rig) == ""
