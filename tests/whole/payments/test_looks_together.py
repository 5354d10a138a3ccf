"""Several payments are looked at together, and what was seen counts only while nothing happens."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from daemon.stages.payments.plan import LOOKS_AT_ONCE
from shared.models import daemons
from shared.models.daemons import DaemonFacts
from shared.operations import payments
from shared.rules.payments.values import PaymentStatus
from shared.rules.values import MissingMethod, Overpayment
from simulator.company import acts
from tests.deciding import decide
from tests.whole.bookkeeping import changed, owes
from tests.whole.house import House
from tests.whole.payments.builders import (
    ADD,
    LOOK,
    both_agree,
    codes,
    happens_after,
    in_quickbooks,
    on_file,
    payment,
    posted_once,
    receive,
    settles,
    standing,
    writes,
)

METHOD = "<PaymentMethodAddRq"
ONE_EACH = (
    payment("pay_1", "10.00"),
    payment("pay_2", pays={"1043": "20.00"}),
    payment("pay_3", pays={"1044": "30.00"}),
)
IDS = tuple(one.external_id for one in ONE_EACH)


def looks(house: House) -> list[int]:
    """At how many payments each look looked."""
    return [one.count("<EntityFilter>") for one in house.requests if LOOK in one]


def many(house: House, count: int) -> list[str]:
    """Payments of an invoice each; their ids."""
    for number in range(count):
        owes(house, f"2{number:03}", 10_000)
    house.later(hours=1)
    assert house.sync().ok
    house.requests.clear()
    new = [payment(f"many_{number}", pays={f"2{number:03}": "1.00"}) for number in range(count)]
    receive(house, *new)
    return [one.external_id for one in new]


def amounts(house: House) -> list[int]:
    return sorted(one.amount for one in in_quickbooks(house))


def states(house: House) -> list[PaymentStatus]:
    return [standing(house, one)[0] for one in IDS]


def test_payments_that_share_no_invoice_are_looked_at_together_in_their_order(house):
    receive(house, *ONE_EACH, payment("pay_4", "40.00"))
    settles(house)
    assert looks(house) == [3, 1]
    posted_once(house, *IDS, "pay_4")
    assert [one.amount for one in in_quickbooks(house)] == [1_000, 2_000, 3_000, 4_000]
    both_agree(house)


def test_posting_many_takes_few_calls(house):
    ids = many(house, 2 * LOOKS_AT_ONCE)
    settles(house)
    posted_once(house, *ids)
    assert looks(house) == [LOOKS_AT_ONCE] * 2
    asked = [one for one in house.requests if LOOK in one or ADD in one]
    assert len(asked) == 2 + len(ids)


# What throws a look away


def corrected(house: House) -> None:
    receive(house, payment("pay_2", pays={"1043": "25.00"}))


def skipped(house: House) -> None:
    decide(house.store, payments.plan_skip, [on_file(house, "pay_2").id], "paid twice")


def withdrawn(house: House) -> None:
    decide(house.store, payments.plan_withdraw, [on_file(house, "pay_2").id])


def later(house: House) -> None:
    house.later(seconds=61)


def restarted_daemon(house: House) -> None:
    house.restart()
    began = DaemonFacts("another", "books", 4711, "1", (), "", None, house.now)
    with house.store.transaction():
        daemons.beat(began, house.now)


@pytest.mark.parametrize(
    ("act", "posted"),
    [
        (corrected, [1_000, 2_500, 3_000]),
        (skipped, [1_000, 3_000]),
        (withdrawn, [1_000, 3_000]),
        (later, [1_000, 2_000, 3_000]),
        (restarted_daemon, [1_000, 2_000, 3_000]),
    ],
)
def test_what_is_left_of_a_look_is_looked_at_again_after(
    house, act: Callable[[House], None], posted: list[int]
):
    receive(house, *ONE_EACH)
    happens_after(house, ADD, lambda: act(house))
    settles(house)
    assert amounts(house) == posted
    assert looks(house)[0] == 3
    assert len(looks(house)) == 2
    assert house.is_equal()


def test_what_is_allowed_no_more_is_not_written_as_it_was_looked_at(open_till):
    house = open_till(overpayment=Overpayment.CREDIT)
    receive(house, payment("pay_1", "10.00"), payment("pay_2", pays={"1043": "120.00"}))
    happens_after(house, ADD, lambda: changed(house, overpayment=Overpayment.REFUSE))
    settles(house)
    assert amounts(house) == [1_000]
    assert standing(house, "pay_2") == (PaymentStatus.REFUSED, "payment-overpays")


def test_a_refusal_by_quickbooks_has_the_others_looked_at_again(house):
    receive(house, *ONE_EACH)
    happens_after(house, LOOK, lambda: acts.pay(house.company.books, "1042", 24_500))
    settles(house)
    assert states(house) == [PaymentStatus.REFUSED, PaymentStatus.POSTED, PaymentStatus.POSTED]
    assert looks(house) == [3, 2]


def test_a_doubt_has_the_others_looked_at_again(house):
    receive(house, *ONE_EACH)
    broken = [1]

    def breaks(answer: str, request: str) -> str:
        if ADD in request and broken:
            broken.clear()
            return answer.replace("</QBXMLMsgsRs>", "&nobody;</QBXMLMsgsRs>")
        return answer

    house.alter_with_request = breaks
    settles(house)
    posted_once(house, *IDS)
    assert looks(house) == [3, 2]
    assert len(writes(house)) == 3


def test_a_warning_in_the_answer_to_a_write_has_the_others_looked_at_again(house):
    house.company.set_habits(closed_invoice="unapplied")
    receive(house, *ONE_EACH)
    happens_after(house, LOOK, lambda: acts.close(house.company.books, "1042"))
    settles(house)
    assert standing(house, "pay_1") == (PaymentStatus.POSTED, "payment-not-applied")
    assert looks(house) == [3, 2]


def test_a_busy_quickbooks_has_the_others_looked_at_again(open_till):
    house = open_till(missing_method=MissingMethod.CREATE)
    receive(
        house,
        payment("pay_1", "10.00", method="Stripe"),
        payment("pay_2", pays={"1043": "20.00"}, method="Stripe"),
    )
    house.company.fail_next("3175", "PaymentMethodAddRq")
    settles(house)
    assert amounts(house) == [1_000, 2_000]
    assert looks(house) == [2, 1]
    assert sum(METHOD in one for one in house.requests) == 2


def test_a_method_that_several_need_is_made_once(open_till):
    house = open_till(missing_method=MissingMethod.CREATE)
    receive(
        house,
        payment("pay_1", "10.00", method="Stripe"),
        payment("pay_2", pays={"1043": "20.00"}, method="Stripe"),
        payment("pay_3", pays={"1044": "30.00"}, method="Wire"),
    )
    settles(house)
    assert amounts(house) == [1_000, 2_000, 3_000]
    assert sum(METHOD in one for one in house.requests) == 2
    assert looks(house) == [3]


@pytest.mark.parametrize("mark", [LOOK, ADD])
def test_a_daemon_that_is_killed_on_the_way_posts_each_once(house, mark):
    receive(house, *ONE_EACH)
    happens_after(house, mark, house.restart)
    settles(house)
    posted_once(house, *IDS)
    assert len(writes(house)) == 3


@pytest.mark.parametrize("mark", [LOOK, ADD])
def test_a_quickbooks_that_takes_minutes_for_each_answer_posts_all_the_same(house, mark):
    ids = many(house, 8)

    def slow(answer: str, request: str) -> str:
        if mark in request:
            house.later(seconds=90)
        return answer

    house.alter_with_request = slow
    settles(house)
    posted_once(house, *ids)
    assert len(looks(house)) <= 8


# What cannot be taken in


def test_an_answer_that_is_too_long_is_asked_for_with_fewer_payments_at_once(house):
    ids = many(house, 30)

    def breaks(answer: str, request: str) -> str:
        if LOOK in request and request.count("<EntityFilter>") > 6:
            return answer.replace("</QBXMLMsgsRs>", "&nobody;</QBXMLMsgsRs>")
        return answer

    house.alter_with_request = breaks
    settles(house)
    posted_once(house, *ids)
    assert looks(house)[:4] == [20, 2, 4, 8]
    assert max(looks(house)[4:]) <= 6
    assert len(looks(house)) < 16


def test_the_one_payment_whose_look_cannot_be_read_waits_and_all_others_go_on(house):
    ids = many(house, 24)
    poisoned = "2003"

    def breaks(answer: str, request: str) -> str:
        if LOOK in request and f"<RefNumber>{poisoned}<" in answer:
            return answer.replace("</QBXMLMsgsRs>", "&nobody;</QBXMLMsgsRs>")
        return answer

    house.alter_with_request = breaks
    settles(house)
    others = [one for one in ids if one != "many_3"]
    assert standing(house, "many_3") == (PaymentStatus.WAITING, "payment-answer-unreadable")
    posted_once(house, *others)
    assert len(looks(house)) < 14
    assert codes(house) == []


def test_answers_of_one_look_are_told_apart(house):
    """The second lacks its invoice, the third its customer's right to be paid so much."""
    receive(house, *ONE_EACH[:2], payment("pay_3", pays={"1044": "80.00"}))
    acts.delete(house.company.books, "1043")
    acts.pay(house.company.books, "1044", 1_000)
    settles(house)
    assert [standing(house, one) for one in IDS] == [
        (PaymentStatus.POSTED, ""),
        (PaymentStatus.REFUSED, "payment-invoice-gone"),
        (PaymentStatus.REFUSED, "payment-overpays"),
    ]
    assert looks(house) == [3]


def test_a_part_that_is_missing_from_the_answer_is_no_proof_of_anything(house):
    receive(house, *ONE_EACH)
    last = re.compile(r"<TxnDeletedQueryRs [^>]*?(/>|>.*?</TxnDeletedQueryRs>)", re.DOTALL)
    left = [1]

    def lacks(answer: str, request: str) -> str:
        if LOOK in request and left:
            left.clear()
            return last.sub("", answer)
        return answer

    house.alter_with_request = lacks
    settles(house)
    posted_once(house, *IDS)
    assert looks(house)[:2] == [3, 1]
