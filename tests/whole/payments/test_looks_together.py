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
from tests.whole.rig import Rig

METHOD = "<PaymentMethodAddRq"
ONE_EACH = (
    payment("pay_1", "10.00"),
    payment("pay_2", pays={"1043": "20.00"}),
    payment("pay_3", pays={"1044": "30.00"}),
)
IDS = tuple(one.external_id for one in ONE_EACH)


def looks(rig: Rig) -> list[int]:
    """At how many payments each look looked."""
    return [one.count("<EntityFilter>") for one in rig.requests if LOOK in one]


def many(rig: Rig, count: int) -> list[str]:
    """Payments of an invoice each; their ids."""
    for number in range(count):
        owes(rig, f"2{number:03}", 10_000)
    rig.later(hours=1)
    assert rig.sync().ok
    rig.requests.clear()
    new = [payment(f"many_{number}", pays={f"2{number:03}": "1.00"}) for number in range(count)]
    receive(rig, *new)
    return [one.external_id for one in new]


def amounts(rig: Rig) -> list[int]:
    return sorted(one.amount for one in in_quickbooks(rig))


def states(rig: Rig) -> list[PaymentStatus]:
    return [standing(rig, one)[0] for one in IDS]


def test_payments_that_share_no_invoice_are_looked_at_together_in_their_order(rig):
    receive(rig, *ONE_EACH, payment("pay_4", "40.00"))
    settles(rig)
    assert looks(rig) == [3, 1]
    posted_once(rig, *IDS, "pay_4")
    assert [one.amount for one in in_quickbooks(rig)] == [1_000, 2_000, 3_000, 4_000]
    both_agree(rig)


def test_posting_many_takes_few_calls(rig):
    ids = many(rig, 2 * LOOKS_AT_ONCE)
    settles(rig)
    posted_once(rig, *ids)
    assert looks(rig) == [LOOKS_AT_ONCE] * 2
    asked = [one for one in rig.requests if LOOK in one or ADD in one]
    assert len(asked) == 2 + len(ids)


# What throws a look away


def corrected(rig: Rig) -> None:
    receive(rig, payment("pay_2", pays={"1043": "25.00"}))


def skipped(rig: Rig) -> None:
    decide(rig.store, payments.plan_skip, [on_file(rig, "pay_2").id], "paid twice")


def withdrawn(rig: Rig) -> None:
    decide(rig.store, payments.plan_withdraw, [on_file(rig, "pay_2").id])


def later(rig: Rig) -> None:
    rig.later(seconds=61)


def restarted_daemon(rig: Rig) -> None:
    rig.restart()
    began = DaemonFacts("another", "books", 4711, "1", (), "", None, rig.now)
    with rig.store.transaction():
        daemons.beat(began, rig.now)


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
    rig, act: Callable[[Rig], None], posted: list[int]
):
    receive(rig, *ONE_EACH)
    happens_after(rig, ADD, lambda: act(rig))
    settles(rig)
    assert amounts(rig) == posted
    assert looks(rig)[0] == 3
    assert len(looks(rig)) == 2
    assert rig.is_equal()


def test_what_is_allowed_no_more_is_not_written_as_it_was_looked_at(open_till):
    rig = open_till(overpayment=Overpayment.CREDIT)
    receive(rig, payment("pay_1", "10.00"), payment("pay_2", pays={"1043": "120.00"}))
    happens_after(rig, ADD, lambda: changed(rig, overpayment=Overpayment.REFUSE))
    settles(rig)
    assert amounts(rig) == [1_000]
    assert standing(rig, "pay_2") == (PaymentStatus.REFUSED, "payment-overpays")


def test_a_refusal_by_quickbooks_has_the_others_looked_at_again(rig):
    receive(rig, *ONE_EACH)
    happens_after(rig, LOOK, lambda: acts.pay(rig.company.books, "1042", 24_500))
    settles(rig)
    assert states(rig) == [PaymentStatus.REFUSED, PaymentStatus.POSTED, PaymentStatus.POSTED]
    assert looks(rig) == [3, 2]


def test_a_doubt_has_the_others_looked_at_again(rig):
    receive(rig, *ONE_EACH)
    broken = [1]

    def breaks(answer: str, request: str) -> str:
        if ADD in request and broken:
            broken.clear()
            return answer.replace("</QBXMLMsgsRs>", "&nobody;</QBXMLMsgsRs>")
        return answer

    rig.alter_with_request = breaks
    settles(rig)
    posted_once(rig, *IDS)
    assert looks(rig) == [3, 2]
    assert len(writes(rig)) == 3


def test_a_warning_in_the_answer_to_a_write_has_the_others_looked_at_again(rig):
    rig.company.set_habits(closed_invoice="unapplied")
    receive(rig, *ONE_EACH)
    happens_after(rig, LOOK, lambda: acts.close(rig.company.books, "1042"))
    settles(rig)
    assert standing(rig, "pay_1") == (PaymentStatus.POSTED, "payment-not-applied")
    assert looks(rig) == [3, 2]


def test_a_busy_quickbooks_has_the_others_looked_at_again(open_till):
    rig = open_till(missing_method=MissingMethod.CREATE)
    receive(
        rig,
        payment("pay_1", "10.00", method="Stripe"),
        payment("pay_2", pays={"1043": "20.00"}, method="Stripe"),
    )
    rig.company.fail_next("3175", "PaymentMethodAddRq")
    settles(rig)
    assert amounts(rig) == [1_000, 2_000]
    assert looks(rig) == [2, 1]
    assert sum(METHOD in one for one in rig.requests) == 2


def test_a_method_that_several_need_is_made_once(open_till):
    rig = open_till(missing_method=MissingMethod.CREATE)
    receive(
        rig,
        payment("pay_1", "10.00", method="Stripe"),
        payment("pay_2", pays={"1043": "20.00"}, method="Stripe"),
        payment("pay_3", pays={"1044": "30.00"}, method="Wire"),
    )
    settles(rig)
    assert amounts(rig) == [1_000, 2_000, 3_000]
    assert sum(METHOD in one for one in rig.requests) == 2
    assert looks(rig) == [3]


@pytest.mark.parametrize("mark", [LOOK, ADD])
def test_a_daemon_that_is_killed_on_the_way_posts_each_once(rig, mark):
    receive(rig, *ONE_EACH)
    happens_after(rig, mark, rig.restart)
    settles(rig)
    posted_once(rig, *IDS)
    assert len(writes(rig)) == 3


@pytest.mark.parametrize("mark", [LOOK, ADD])
def test_a_quickbooks_that_takes_minutes_for_each_answer_posts_all_the_same(rig, mark):
    ids = many(rig, 8)

    def slow(answer: str, request: str) -> str:
        if mark in request:
            rig.later(seconds=90)
        return answer

    rig.alter_with_request = slow
    settles(rig)
    posted_once(rig, *ids)
    assert len(looks(rig)) <= 8


# What cannot be taken in


def test_an_answer_that_is_too_long_is_asked_for_with_fewer_payments_at_once(rig):
    ids = many(rig, 30)

    def breaks(answer: str, request: str) -> str:
        if LOOK in request and request.count("<EntityFilter>") > 6:
            return answer.replace("</QBXMLMsgsRs>", "&nobody;</QBXMLMsgsRs>")
        return answer

    rig.alter_with_request = breaks
    settles(rig)
    posted_once(rig, *ids)
    assert looks(rig)[:4] == [20, 2, 4, 8]
    assert max(looks(rig)[4:]) <= 6
    assert len(looks(rig)) < 16


def test_the_one_payment_whose_look_cannot_be_read_waits_and_all_others_go_on(rig):
    ids = many(rig, 24)
    poisoned = "2003"

    def breaks(answer: str, request: str) -> str:
        if LOOK in request and f"<RefNumber>{poisoned}<" in answer:
            return answer.replace("</QBXMLMsgsRs>", "&nobody;</QBXMLMsgsRs>")
        return answer

    rig.alter_with_request = breaks
    settles(rig)
    others = [one for one in ids if one != "many_3"]
    assert standing(rig, "many_3") == (PaymentStatus.WAITING, "payment-answer-unreadable")
    posted_once(rig, *others)
    assert len(looks(rig)) < 14
    assert codes(rig) == []


def test_answers_of_one_look_are_told_apart(rig):
    """The second lacks its invoice, the third its customer's right to be paid so much."""
    receive(rig, *ONE_EACH[:2], payment("pay_3", pays={"1044": "80.00"}))
    acts.delete(rig.company.books, "1043")
    acts.pay(rig.company.books, "1044", 1_000)
    settles(rig)
    assert [standing(rig, one) for one in IDS] == [
        (PaymentStatus.POSTED, ""),
        (PaymentStatus.REFUSED, "payment-invoice-gone"),
        (PaymentStatus.REFUSED, "payment-overpays"),
    ]
    assert looks(rig) == [3]


def test_a_part_that_is_missing_from_the_answer_is_no_proof_of_anything(rig):
    receive(rig, *ONE_EACH)
    last = re.compile(r"<TxnDeletedQueryRs [^>]*?(/>|>.*?</TxnDeletedQueryRs>)", re.DOTALL)
    left = [1]

    def lacks(answer: str, request: str) -> str:
        if LOOK in request and left:
            left.clear()
            return last.sub("", answer)
        return answer

    rig.alter_with_request = lacks
    settles(rig)
    posted_once(rig, *IDS)
    assert looks(rig)[:2] == [3, 1]
