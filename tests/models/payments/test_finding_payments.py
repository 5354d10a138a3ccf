"""Payments as people see them: of both sides, by any name that they go by."""

from __future__ import annotations

import pytest

from shared.errors import CannotBeMeant, NotFound
from shared.models.payments import from_quickbooks, payment_pages
from shared.rules.payments.values import PaymentSource, PaymentStatus, PostingState
from tests.models.builders import NOON
from tests.models.payments.builders import Till, money, pays, received

S = PaymentStatus


@pytest.fixture
def several(till):
    """One posted, one ready, one that waits; one imported, one deleted in QuickBooks."""
    till.take_in(pays("pay_1"), pays("pay_2"), pays("pay_3", "5.00", ("300", "5.00")))
    till.post("pay_1", "9A-1")
    from_quickbooks.store(till.id, 1, [received("7B-1"), received("7B-2")], NOON)
    from_quickbooks.mark_deleted(till.id, ["7B-2"], NOON)
    return till


def names(till, **filters):
    return [one.external_id or one.txn_id for one in payment_pages.each(till.id, **filters)]


def test_payments_of_both_sides_are_listed_by_number(several):
    assert names(several) == ["pay_1", "pay_2", "pay_3", "7B-1"]
    assert names(several, deleted=True) == ["pay_1", "pay_2", "pay_3", "7B-1", "7B-2"]


def test_a_listing_may_be_of_one_side_or_of_some_states(several):
    assert names(several, source=PaymentSource.QUICKBOOKS) == ["7B-1"]
    assert names(several, source=PaymentSource.INVOICED, statuses=[S.WAITING, S.POSTED]) == [
        *("pay_1", "pay_3"),
    ]
    assert names(several, statuses=[S.IMPORTED], deleted=True) == ["7B-1", "7B-2"]
    assert names(several, statuses=[]) == []


def test_more_than_a_page_is_listed_to_the_end(till):
    count = 1001
    till.take_in(*(pays(f"pay_{n}", "1.00", ("300", "1.00")) for n in range(count)))
    assert names(till) == [f"pay_{n}" for n in range(count)]


def test_another_company_has_its_own(several):
    other = Till(several.store, "Bramble")
    assert names(other) == []
    with pytest.raises(NotFound):
        payment_pages.find(other.id, "pay_1")


def test_what_the_platform_left_open_is_filled_from_the_invoice(till):
    till.take_in(pays("pay_1", "40.00", ("200", "40.00")))
    payment = till.payment()
    assert (payment.customer, payment.customer_list_id) == ("Juniper Yoga", "80-2")
    assert payment.currency == "USD"
    assert payment.document == "Payment pay_1, 40.00 USD"


def test_what_the_platform_said_stays(till):
    till.take_in(pays(customer="LARKSPUR TILE", currency="USD"))
    assert till.payment().customer == "LARKSPUR TILE"


def test_a_payment_shows_what_became_of_its_parts(till):
    till.take_in(pays("pay_1", "140.00", ("100", "100.00"), ("200", "40.00")))
    till.post(number=1, txn_id="9A-1")
    till.post(number=2, txn_id="9A-2")
    till.move(PostingState.POSTED, number=2, unused=money("40.00"), deleted=True)
    payment = till.payment()
    assert payment.txn_id == "9A-1 9A-2"
    assert (payment.unused, payment.deleted) == (money("40.00"), True)


def test_a_posted_payment_that_was_deleted_is_still_listed(till):
    till.take_in(pays())
    till.post()
    till.move(PostingState.POSTED, deleted=True)
    assert names(till) == ["pay_1"]


def test_a_payment_is_found_by_what_it_goes_by(several):
    for text in ("pay_1", "9A-1"):
        found = payment_pages.find(several.id, text)
        assert found.external_id == "pay_1", text
        assert payment_pages.find(several.id, str(found.id)) == payment_pages.get(found.id) == found


def test_one_of_quickbooks_is_found_by_its_txn_id_even_if_deleted(several):
    assert payment_pages.find(several.id, "7B-2").deleted


def test_what_means_nothing_is_said_so(several):
    for text in ("", "pay", "99", "-1", "9" * 30, "²"):
        with pytest.raises(NotFound):
            payment_pages.find(several.id, text)


def test_what_the_platform_calls_a_payment_comes_before_the_number_of_another(till):
    till.take_in(pays("pay_1"))
    first = till.payment("pay_1").id
    till.take_in(pays(str(first), "5.00"))
    assert payment_pages.find(till.id, str(first)).external_id == str(first)
    assert payment_pages.find(till.id, f"#{first}").id == first


def test_an_id_that_two_payments_of_a_connection_have_means_nobody(till):
    till.take_in(pays("pay_1"), pays("9A-1", "5.00"))
    till.post("pay_1", "9A-1")
    with pytest.raises(CannotBeMeant, match=r"may mean payment number 1 .* or number 2"):
        payment_pages.find(till.id, "9A-1")


def test_the_payments_of_all_connections_come_in_the_order_of_their_numbers(till):
    other = Till(till.store, "Bramble")
    other.take_in(pays("pay_b"))
    till.take_in(pays("pay_1"))
    assert [one.external_id for one in payment_pages.each(None)] == ["pay_b", "pay_1"]


def test_a_payment_that_is_not_there_is_said_so(till):
    with pytest.raises(NotFound, match="no payment 99"):
        payment_pages.get(99)


def test_payments_are_counted_by_where_they_stand(several):
    assert payment_pages.counts(several.id) == {
        S.POSTED: 1,
        S.READY: 1,
        S.WAITING: 1,
        S.IMPORTED: 1,
    }
