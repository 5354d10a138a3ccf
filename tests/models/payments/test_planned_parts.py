"""A payment as the ReceivePayments that it becomes: one for each customer and A/R account."""

from __future__ import annotations

from shared.models.payments import postings
from shared.operations import payments
from shared.rules.payments import tags
from shared.rules.payments.values import PaymentStatus, PostingState
from tests.deciding import decide
from tests.models.builders import invoice
from tests.models.payments.builders import JUNIPER, LARKSPUR, money, pays

BOTH = [("100", "100.00"), ("200", "40.00"), ("101", "10.00")]


def events(till, text="pay_1"):
    return [(one.event, one.detail) for one in postings.life(till.payment(text).id)]


def test_a_payment_of_two_customers_is_split_between_them(till):
    till.take_in(pays("pay_1", "160.00", *BOTH))
    first, second = till.parts()
    assert [(u.number, u.amount) for u in first.uses] == [
        ("100", money("100.00")),
        ("101", money("10.00")),
    ]
    assert (first.customer, first.amount) == ("Larkspur Tile", money("120.00"))
    assert (second.customer, second.amount) == ("Juniper Yoga", money("40.00"))
    assert [(u.invoice_txn_id, u.expected) for u in second.uses] == [("1A-200", None)]


def test_each_part_has_tags_of_its_own(till):
    till.take_in(pays("pay_1", "150.00", *BOTH))
    for number, part in enumerate(till.parts(), 1):
        assert part.part == number
        assert part.ref_number == tags.ref_number(till.origin, "pay_1", number, 1)
        assert part.external_guid == tags.external_guid(till.origin, "pay_1", number, 1)


def test_what_was_planned_is_told(till):
    till.take_in(pays("pay_1", "150.00", *BOTH))
    assert events(till) == [
        ("received", ""),
        ("planned", "Part 1: 110.00 USD for Larkspur Tile, invoice 100, 101"),
        ("planned", "Part 2: 40.00 USD for Juniper Yoga, invoice 200"),
    ]


def test_a_plan_follows_an_invoice_that_moved_to_another_customer(till):
    till.take_in(pays())
    before = till.part()
    till.owes(invoice("1A-100", "250.00", edit_sequence="2", **JUNIPER))
    till.prepare()
    [after] = till.parts()
    assert (after.id, after.ref_number) == (before.id, before.ref_number)
    assert (after.customer_list_id, after.customer) == ("80-2", "Juniper Yoga")
    assert events(till)[-1] == (
        "planned-otherwise",
        "100.00 USD for Juniper Yoga, invoice 100",
    )


def test_a_part_that_is_no_longer_needed_goes_and_that_is_told(till):
    till.take_in(pays("pay_1", "140.00", ("100", "100.00"), ("200", "40.00")))
    till.owes(invoice("1A-200", "40.00", edit_sequence="2", **LARKSPUR))
    till.prepare()
    [only] = till.parts()
    assert (only.amount, [use.number for use in only.uses]) == (money("140.00"), ["100", "200"])
    assert ("part-dropped", "Part 2, 40.00") in events(till)


def test_a_part_that_joins_is_planned_beside_the_others(till):
    till.owes(invoice("1A-200", "40.00", edit_sequence="2", **LARKSPUR))
    till.take_in(pays("pay_1", "140.00", ("100", "100.00"), ("200", "40.00")))
    assert len(till.parts()) == 1
    till.owes(invoice("1A-200", "40.00", edit_sequence="3", **JUNIPER))
    till.prepare()
    assert [(part.part, part.amount) for part in till.parts()] == [
        (1, money("100.00")),
        (2, money("40.00")),
    ]


def test_a_part_that_joins_after_a_decision_to_post_anew_revives_no_earlier_tags(till):
    till.take_in(pays("pay_1", "110.00", ("100", "100.00"), ("101", "10.00")))
    till.move(PostingState.SENT)
    till.move(PostingState.PARKED)
    decide(till.store, payments.plan_retry, [till.payment().id], who="anna")
    till.owes(invoice("1A-101", "80.00", edit_sequence="2", **JUNIPER))
    till.prepare()
    assert [(part.part, part.generation) for part in till.parts()] == [(1, 2), (2, 2)]
    assert till.part(number=2).ref_number == tags.ref_number(till.origin, "pay_1", 2, 2)


def test_two_shares_of_one_invoice_are_one_application(till):
    till.take_in(pays("pay_1", "100.00", ("100", "60.00"), ("1A-100", "40.00")))
    [part] = till.parts()
    assert [(use.number, use.amount) for use in part.uses] == [("100", money("100.00"))]


def test_a_planned_part_that_was_held_back_is_free_again_once_it_is_judged(till):
    till.take_in(pays())
    till.move(PostingState.PLANNED, code="payment-locked", said="in use", wait=True)
    assert till.stands() == (PaymentStatus.WAITING, "payment-locked")
    till.prepare()
    assert till.stands() == (PaymentStatus.READY, "")
    part = till.part()
    assert (part.code, part.said) == ("", "")
