"""Postings: what goes out next, how far each one is, and what its payment makes of it."""

from __future__ import annotations

from datetime import date

import pytest

from shared.errors import NotFound
from shared.models import problems
from shared.models.payments import payment_pages, postings, standing
from shared.operations import payments
from shared.rules.payments.values import PaymentStatus, PostingState
from shared.rules.values import ProblemState, RecordKind
from tests.deciding import decide
from tests.models.builders import NOON, later, trouble
from tests.models.payments.builders import Till, money, pays

S, P = PaymentStatus, PostingState
TWO = [("100", "100.00"), ("200", "40.00")]


@pytest.fixture
def split(till):
    """A payment of two parts."""
    till.take_in(pays("pay_1", "140.00", *TWO))
    return till


def names(found):
    return [payment_pages.get(one.payment_id).external_id for one in found]


def test_the_oldest_payment_goes_out_first_and_its_parts_in_order(till):
    till.take_in(
        pays("pay_2", "10.00"),
        pays("pay_3", "10.00", date=date(2024, 6, 1)),
        pays("pay_1", "140.00", *TWO, date=date(2024, 6, 2)),
    )
    ready = postings.ready(till.id, 10)
    assert names(ready) == ["pay_3", "pay_1", "pay_1", "pay_2"]
    assert [one.part for one in ready] == [1, 1, 2, 1]
    assert postings.ready(till.id, 2) == ready[:2]


def test_of_the_same_day_the_one_that_came_in_first_goes_out_first(till):
    till.take_in(pays("pay_2"), pays("pay_1"))
    assert names(postings.ready(till.id, 10)) == ["pay_2", "pay_1"]


def test_only_what_is_planned_of_ready_payments_goes_out(till):
    till.take_in(*(pays(f"pay_{n}", "10.00") for n in range(5)))
    till.take_in(pays("pay_9", "10.00", ("300", "10.00")))
    till.move(P.SENT, "pay_0")
    till.move(P.REFUSED, "pay_1", code="3120", said="no")
    till.move(P.PLANNED, "pay_2", code="payment-locked", wait=True)
    decide(till.store, payments.plan_skip, [till.payment("pay_3").id], "by hand", who="anna")
    assert names(postings.ready(till.id, 10)) == ["pay_4"]


def test_another_company_has_nothing_to_send(till):
    till.take_in(pays())
    assert postings.ready(Till(till.store, "Bramble").id, 10) == []


def test_a_posting_is_found_by_its_number(split):
    second = split.part(number=2)
    assert postings.get(second.id) == second
    with pytest.raises(NotFound, match="no posting 99"):
        postings.get(99)


def test_postings_are_known_by_any_of_their_tags_whatever_the_case(split):
    first, second = split.parts()
    split.post(txn_id="9A-1")
    first = split.part()
    bare = second.external_guid.strip("{}").lower()
    assert postings.by_tags(split.id, external_guids=[bare]) == [second]
    assert postings.by_tags(split.id, external_guids=[second.external_guid]) == [second]
    assert postings.by_tags(split.id, ref_numbers=[first.ref_number.lower()]) == [first]
    assert postings.by_tags(split.id, txn_ids=["9A-1", "9A-2"]) == [first]


def test_a_posting_that_several_tags_name_is_told_once_by_number(split):
    first, second = split.parts()
    assert postings.by_tags(
        split.id,
        [second.external_guid, first.external_guid],
        [first.ref_number, second.ref_number],
    ) == [first, second]


def test_tags_of_nothing_find_nothing(split):
    assert postings.by_tags(split.id, [""], [""], [""]) == []
    assert postings.by_tags(split.id, ["{}"], ["pay"], ["9A-1"]) == []
    assert postings.by_tags(split.id + 1, [split.part().external_guid]) == []


def test_a_posting_on_its_way_takes_its_payment_along(till):
    till.take_in(pays())
    for state, code, status in [
        (P.SENT, "", S.SENT),
        (P.UNKNOWN, "payment-unknown", S.UNKNOWN),
        (P.PARKED, "payment-found-several", S.PARKED),
        (P.POSTED, "", S.POSTED),
    ]:
        moved = till.move(state, now=later(hours=1), code=code, reason=code and "Why.")
        assert (moved, moved.state) == (till.part(), state)
        assert till.stands() == (status, code)
        assert till.payment().reason == (code and "Why.")
        assert till.payment().changed_at == later(hours=1)


def test_what_became_known_is_kept(till):
    till.take_in(pays())
    posted = till.post(now=later(hours=1))
    assert (posted.txn_id, posted.edit_sequence) == ("9A-1", "1718000002")
    assert (posted.time_created, posted.posted_at) == ("2024-06-05T09:00:00", later(hours=1))
    changed = till.move(
        P.POSTED, unused=money("5.00"), verified_at=later(hours=2), method="Visa", attempts=3
    )
    assert (changed.unused, changed.verified_at) == (money("5.00"), later(hours=2))
    assert (changed.method, changed.attempts, changed.txn_id) == ("Visa", 3, "9A-1")


def test_a_column_that_no_posting_has_is_a_mistake(till):
    till.take_in(pays())
    with pytest.raises(TypeError, match="Posting has no column for amount_cents, parts"):
        till.move(P.SENT, parts=2, amount_cents=1)


@pytest.mark.parametrize(
    ("state", "forbidden"),
    [
        (P.PLANNED, {P.UNKNOWN}),
        (P.POSTED, {P.PLANNED, P.SENT, P.UNKNOWN, P.REFUSED}),
        (P.REFUSED, {P.SENT, P.UNKNOWN, P.REFUSED}),
        (P.PARKED, {P.SENT, P.UNKNOWN, P.REFUSED}),
        (P.SENT, set()),
        (P.UNKNOWN, set()),
    ],
)
def test_a_posting_cannot_go_everywhere(till, state, forbidden):
    till.take_in(pays())
    if state is not P.PLANNED:
        till.move(P.SENT)
        till.move(state)
    before = till.part()
    for target in forbidden:
        with pytest.raises(ValueError, match=f"is {state.value}, it cannot become"):
            till.move(target)
    assert till.part() == before


def test_a_payment_is_posted_when_all_of_its_parts_are(split):
    split.post(number=1, txn_id="9A-1")
    assert split.stands()[0] is S.READY
    split.move(P.SENT, number=2)
    assert split.stands()[0] is S.SENT
    split.move(P.POSTED, number=2, txn_id="9A-2")
    payment = split.payment()
    assert payment.status is S.POSTED
    assert payment.txn_id == "9A-1 9A-2"
    assert payment.ref_number == " ".join(part.ref_number for part in split.parts())


def test_a_part_in_doubt_decides_where_the_payment_stands(split):
    split.move(P.REFUSED, number=1, code="3120", reason="QuickBooks said no.")
    assert split.stands() == (S.REFUSED, "3120")
    split.move(P.SENT, number=2)
    split.move(P.UNKNOWN, number=2, code="payment-unknown", reason="No answer came.")
    assert split.stands() == (S.UNKNOWN, "payment-unknown")
    split.move(P.POSTED, number=2)
    assert split.stands() == (S.REFUSED, "3120")


def test_what_is_put_off_waits_until_it_is_judged_again(till):
    till.take_in(pays())
    till.move(P.PLANNED, code="payment-locked", reason="In use.", said="locked", wait=True)
    assert till.stands() == (S.WAITING, "payment-locked")
    assert (till.part().said, till.payment().reason) == ("locked", "In use.")
    assert postings.ready(till.id, 10) == []


def test_what_was_looked_at_stays_ready(till):
    till.take_in(pays())
    till.move(P.PLANNED, customer="Larkspur", customer_list_id="80-7", deposit_account="Bank")
    assert till.stands() == (S.READY, "")
    assert (till.part().customer, till.part().deposit_account) == ("Larkspur", "Bank")


def test_posting_ends_the_problems_that_kept_a_payment_back(till):
    till.take_in(pays())
    number = str(till.payment().id)
    for code in ("payment-unknown", "payment-refunded"):
        found = trouble(code, number, kind=RecordKind.PAYMENT)
        problems.report(till.id, None, [found], NOON)
    till.post()
    assert till.problems() == {
        "payment-unknown": ProblemState.RESOLVED,
        "payment-refunded": ProblemState.OPEN,
    }


def test_a_skipped_payment_stays_skipped_while_nothing_goes_out(split):
    decide(split.store, payments.plan_skip, [split.payment().id], "by hand", who="anna")
    split.move(P.REFUSED, number=1)
    assert split.stands()[0] is S.SKIPPED


def test_a_skipped_payment_that_is_in_quickbooks_after_all_is_told_so(till):
    till.take_in(pays())
    till.move(P.SENT)
    till.move(P.PARKED)
    decide(till.store, payments.plan_skip, [till.payment().id], "by hand", who="anna")
    till.move(P.POSTED, txn_id="9A-1")
    assert till.stands()[0] is S.POSTED


def test_what_invoices_should_owe_after_a_posting_is_kept(split):
    postings.expect(split.part().id, {"1A-100": money("150.00"), "1A-200": money("1.00")})
    first, second = split.parts()
    assert [use.expected for use in first.uses] == [money("150.00")]
    assert [use.expected for use in second.uses] == [None]


def test_the_last_ones_that_quickbooks_took_and_has_come_first(till):
    till.take_in(*(pays(f"pay_{n}", "10.00") for n in range(4)))
    till.post("pay_0", "9A-0", now=later(hours=1))
    till.post("pay_1", "9A-1", now=later(hours=3))
    till.post("pay_2", "9A-2", now=later(hours=2))
    till.post("pay_3", "9A-3", now=later(hours=4))
    till.move(P.POSTED, "pay_3", deleted=True)
    assert names(postings.recently_posted(till.id, 10)) == ["pay_1", "pay_2", "pay_0"]
    assert names(postings.recently_posted(till.id, 1)) == ["pay_1"]


def test_what_was_posted_and_not_looked_at_since_comes_in_that_order(till):
    till.take_in(*(pays(f"pay_{n}", "10.00") for n in range(5)))
    till.post("pay_0", "9A-0", now=later(hours=2))
    till.post("pay_1", "9A-1", now=later(hours=1))
    till.post("pay_2", "9A-2")
    till.move(P.POSTED, "pay_2", verified_at=later(hours=3))
    till.post("pay_3", "9A-3")
    till.move(P.POSTED, "pay_3", deleted=True)
    assert names(postings.unverified(till.id)) == ["pay_1", "pay_0"]


def test_those_that_had_other_tags_before_are_told(till):
    till.take_in(pays("pay_1"), pays("pay_2"))
    till.move(P.SENT, "pay_2")
    till.move(P.PARKED, "pay_2")
    assert postings.planned_anew(till.id) == []
    decide(till.store, payments.plan_retry, [till.payment("pay_2").id], who="anna")
    assert names(postings.planned_anew(till.id)) == ["pay_2"]


def test_the_life_of_a_payment_begins_when_it_came_in(till):
    till.take_in(pays("pay_1", "10.00", ("300", "10.00")))
    [only] = postings.life(till.payment().id)
    assert (only.at, only.event, only.detail, only.who) == (NOON, "received", "", "")


def test_each_step_is_told_in_its_order(till):
    till.take_in(pays())
    part = till.move(P.SENT, event="sent", set_id="SET1", now=later(minutes=1))
    standing.add_event(part.id, later(minutes=2), "looked for", "not there", who="anna")
    steps = postings.life(till.payment().id)
    assert [(one.event, one.detail, one.set_id, one.who) for one in steps[2:]] == [
        ("sent", "", "SET1", ""),
        ("looked for", "not there", "", "anna"),
    ]
    assert steps[-1].at == later(minutes=2)


def test_of_several_parts_each_step_names_its_own(split):
    split.move(P.SENT, number=2, event="sent")
    split.move(P.POSTED, number=2, event="posted", detail="9A-2")
    told = [(one.event, one.detail) for one in postings.life(split.payment().id)]
    assert told[-2:] == [("sent", "Part 2"), ("posted", "Part 2: 9A-2")]


def test_a_payment_that_is_not_there_has_no_life(till):
    with pytest.raises(NotFound, match="no payment 99"):
        postings.life(99)
