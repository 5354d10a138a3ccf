"""The plan of Payment Sync, without a store: what is asked next, and what answers mean."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from daemon.stages import paging
from daemon.stages.moves import Answered, Fail, Gone, GoOn, Pause
from daemon.stages.paging import IDS_PER_REQUEST, MOST_RESTARTS, Beside
from daemon.stages.payments import plan
from daemon.stages.payments.plan import AFTER, SEEN, SHOWN, Asked, Facts, Looked, PaymentSync, Step
from daemon.stages.payments.protocol import Step as Doubt
from shared.qbxml import requests as ask
from shared.structs import decode, encode, replace
from tests.daemon.arrows import arrows

TODAY = date(2026, 3, 2)
BUSY = Answered(status=3175, said="The object is in use.")
NOT_FOUND = Answered(status=3120, said="The object cannot be found.")


def a_sync(watermark: str = "2026-03-01T12:00:00", **changes) -> PaymentSync:
    state = plan.begin(
        watermark=watermark,
        overlap=timedelta(hours=2),
        start_date=None,
        page_size=100,
        largest_page=500,
        most_tries=3,
        resend_after=900,
        today=TODAY,
        to_push=4,
    )
    return replace(state, **changes)


def steps(facts: Facts, **changes) -> list[Step]:
    """The steps at which something is asked, when nothing of these facts ever changes."""
    state, found = plan.onward(a_sync(**changes), facts), []
    while state.step is not Step.END:
        found.append(state.step)
        state = plan.onward(plan.advance(state), facts)
    return found


def asked(state: PaymentSync, facts: Facts | None = None) -> tuple[ask.Request, ...]:
    return plan.requests(state, "7-1", facts or Facts())[1]


def page(remaining: int | None = 50, rows: int = 100, **changes) -> Answered:
    plain = Answered(rows=rows, remaining=remaining, iterator_id="{A}", seconds=15)
    return replace(plain, **changes)


READING = [Step.READ, Step.DELETIONS]
ALL_POSTED = Facts(known=("1B-1",), to_compare=("1B-1",))


# The order of things


def test_what_changed_in_quickbooks_is_read_even_when_there_is_nothing_to_post():
    assert steps(Facts()) == READING


def test_lists_and_invoices_are_looked_at_before_anything_is_posted():
    assert steps(Facts(ready=5)) == [Step.LISTS, Step.LOOK, *READING]


def test_what_was_posted_before_is_looked_for_first_of_all():
    facts = Facts(doubt=Doubt.CHECK, ready=5, known=("1B-1",))
    assert steps(facts)[:2] == [Step.KNOWN, Step.DOUBT]
    assert Step.KNOWN not in steps(replace(facts, known=()))


@pytest.mark.parametrize("doubt", [Doubt.CHECK, Doubt.FIND, Doubt.SEND_AGAIN, Doubt.WAIT])
def test_nothing_new_is_posted_while_an_earlier_payment_is_in_doubt(doubt):
    reached = steps(Facts(doubt=doubt, ready=5))
    assert not {Step.LISTS, Step.LOOK} & set(reached)
    assert reached[-2:] == READING


def test_a_doubt_that_must_wait_is_not_asked_about_and_reading_goes_on():
    assert steps(Facts(doubt=Doubt.WAIT, ready=5)) == READING


def test_once_posting_has_stopped_not_even_a_doubt_is_settled():
    for doubt in (None, Doubt.CHECK):
        assert steps(Facts(doubt=doubt, ready=5), pushing=False) == READING


def test_payments_are_posted_one_after_the_other_until_none_is_ready():
    state = a_sync(step=Step.POST)
    assert plan.onward(plan.advance(state), Facts(ready=6)).step is Step.LOOK
    assert plan.onward(plan.advance(state), Facts()).step is Step.READ


def test_every_step_leads_to_the_end():
    for step in Step:
        for _ in Step:
            step = AFTER.get(step, Step.END)
        assert step is Step.END


def test_stopping_to_post_goes_to_the_reading_and_forgets_the_payment():
    state = plan.stop_pushing(a_sync(step=Step.METHOD, posting_id=5, method="PayPal"))
    assert (state.step, state.pushing, state.posting_id, state.method) == (Step.READ, False, 0, "")


# What is asked


def test_the_latest_payments_are_asked_for_by_id_and_what_was_deleted():
    latest = ("1B-1", "1B-2", "F-7")
    state, (query, deletions) = plan.requests(a_sync(), "7-1", Facts(known=latest))
    assert query == ask.ReceivePaymentQuery("7-1-1", txn_ids=latest, include=SEEN)
    assert deletions == ask.TxnDeletedQuery("7-1-2", types=("ReceivePayment",))
    assert state.asked == latest


def test_accounts_and_methods_are_asked_for_inactive_ones_too():
    accounts, methods = asked(a_sync(step=Step.LISTS))
    assert accounts == ask.AccountQuery("7-1-1", inactive_too=True)
    assert methods == ask.PaymentMethodQuery("7-1-2", inactive_too=True)


def test_a_missing_method_is_made_by_its_name():
    (add,) = asked(a_sync(step=Step.METHOD, method="PayPal"))
    assert add == ask.PaymentMethodAdd("7-1", "PayPal")


def test_changed_payments_are_read_with_what_they_pay():
    query, deletions = asked(a_sync(step=Step.READ))
    assert deletions.from_deleted == query.from_modified
    assert query == ask.ReceivePaymentQuery(
        "7-1-0",
        max_returned=100,
        from_modified="2026-03-01T10:00:00",
        iterator=ask.Start(),
        include_lines=True,
    )


def test_the_first_run_reads_from_the_start_date_and_later_ones_what_changed():
    start = {"start_date": "2026-01-01", "step": Step.READ}
    first, _ = asked(a_sync("", **start))
    assert (first.from_date, first.from_modified) == (date(2026, 1, 1), "")
    later, _ = asked(a_sync(**start))
    assert (later.from_date, later.from_modified) == (None, "2026-03-01T10:00:00")


def test_a_list_that_was_begun_is_continued():
    begun = a_sync(step=Step.READ, iterator_id="{A}", remaining=5, beside=Beside.ASKED)
    (query,) = asked(begun)
    assert query.iterator == ask.Continue("{A}")


@pytest.mark.parametrize("is_told", [True, False])
def test_deletions_are_asked_for_on_their_own_where_the_first_page_did_not_tell(is_told):
    state, _ = plan.requests(a_sync(step=Step.READ), "7-1", Facts())
    answers = {"ReceivePaymentQueryRs", *(["TxnDeletedQueryRs"] * is_told)}
    state = paging.told_beside(state, {paging.DELETED}, answers)
    state = plan.onward(plan.advance(state), Facts())
    assert state.step is (Step.END if is_told else Step.DELETIONS)


def test_a_first_page_that_is_asked_for_again_is_asked_for_alone():
    state, _ = plan.requests(a_sync(step=Step.READ), "7-1", Facts())
    for again, _ in (plan.unreadable(state, "cut"), plan.answered(state, BUSY)):
        assert len(asked(again)) == 1


@pytest.mark.parametrize(
    ("watermark", "since"),
    [
        ("2026-03-01T12:00:00", "2026-03-01T10:00:00"),
        ("2025-11-01T12:00:00", "2025-11-01T10:00:00"),
        ("", ""),
    ],
)
def test_deletions_are_asked_for_since_the_watermark_by_quickbooks_own_clock(watermark, since):
    (query,) = asked(a_sync(watermark, step=Step.DELETIONS))
    assert query == ask.TxnDeletedQuery("7-1", types=("ReceivePayment",), from_deleted=since)


def test_payments_are_compared_by_id_in_batches():
    ids = tuple(f"1B-{number:03}" for number in range(250))
    state, (query,) = plan.requests(a_sync(step=Step.COMPARE), "7-1", Facts(to_compare=ids))
    assert query.txn_ids == state.asked == ids[:IDS_PER_REQUEST]
    state, move = plan.answered(state, Answered(rows=100))
    assert (state.step, state.checked_until, move) == (Step.COMPARE, "1B-099", GoOn())


@pytest.mark.parametrize(
    ("watermark", "compares"),
    [
        ("2026-03-01T12:00:00", False),
        ("2025-12-04T02:00:00", False),
        ("2025-12-04T01:59:59", True),
        ("2020-01-01T00:00:00", True),
        ("", False),
    ],
)
def test_all_is_compared_when_the_last_sync_is_nearly_90_days_ago(watermark, compares):
    assert a_sync(watermark).compare is compares
    assert (Step.COMPARE in steps(ALL_POSTED, watermark=watermark)) is compares


def test_a_page_is_never_larger_than_the_largest():
    state = plan.begin(
        watermark="",
        overlap=timedelta(0),
        start_date=TODAY,
        page_size=800,
        largest_page=500,
        most_tries=3,
        resend_after=60,
        today=TODAY,
    )
    assert (state.page_size, state.first, state.start_date) == (500, True, "2026-03-02")


# What answers mean


def test_a_page_is_followed_by_the_next_until_none_remain():
    state = a_sync(step=Step.READ)
    state, move = plan.answered(state, page(changed=3, failed=1, newest="2026-03-02T08:00:00"))
    assert (state.step, state.iterator_id, state.remaining, move) == (Step.READ, "{A}", 50, GoOn())
    assert (state.position, state.failed, state.newest) == (3, 1, "2026-03-02T08:00:00")
    state, _ = plan.answered(state, page(0, rows=50, changed=2, newest="2026-03-01T08:00:00"))
    assert state.step is Step.DELETIONS
    assert (state.position, state.newest) == (5, "2026-03-02T08:00:00")


def test_quick_pages_get_longer():
    state, _ = plan.answered(a_sync(step=Step.READ), page(seconds=1, size_bytes=100_000))
    assert state.page_size == 200


@pytest.mark.parametrize("step", [Step.LISTS, Step.READ, Step.DELETIONS, Step.COMPARE])
def test_when_quickbooks_is_busy_the_same_is_asked_after_longer_and_longer_pauses(step):
    state, pauses = a_sync(step=step), []
    for _ in range(3):
        state, move = plan.answered(state, BUSY)
        assert state.step is step
        assert isinstance(move, Pause)
        pauses.append(move.pauses)
    assert pauses == [1, 2, 4]
    state, move = plan.answered(state, BUSY)
    assert move == Fail("retries-exhausted", BUSY.said, facts={"times": "4"})


def test_tries_are_counted_until_there_is_headway():
    state, _ = plan.answered(a_sync(step=Step.READ), BUSY)
    state, _ = plan.answered(state, page())
    assert state.tries == 0
    state, _ = plan.answered(state, BUSY)
    again, _ = plan.answered(state, page(rows=100))
    assert (state.tries, again.tries) == (1, 1)


def test_a_request_that_was_refused_in_passing_is_asked_again_and_else_ends_the_sync():
    state = a_sync(step=Step.READ)
    again, move = paging.refused(state, "0x8004040A", "busy", passing=True)
    assert (again.tries, move) == (1, Pause(1))
    _, move = paging.refused(state, "0x8004040A", "closed", passing=False)
    assert move == Fail("0x8004040A", "closed")


def test_an_answer_that_cannot_be_read_is_asked_for_again_from_the_first_page():
    state = a_sync(step=Step.READ, iterator_id="{A}", remaining=5, rows_read=100)
    again, move = paging.unreadable(state, "torn")
    assert (again.iterator_id, again.rows_read, again.tries, move) == ("", 0, 1, Pause(1))
    _, move = paging.unreadable(replace(state, tries=3), "torn")
    assert move == Fail("answer-unreadable", "torn", facts={"reason": "torn"})


@pytest.mark.parametrize("code", [3391, 3500])
def test_a_list_that_quickbooks_lost_is_read_from_its_start_but_not_for_ever(code):
    state = a_sync(step=Step.READ)
    lost = Answered(status=code, said="The iterator is gone.")
    for _ in range(MOST_RESTARTS):
        state, _ = plan.answered(state, page())
        assert state.iterator_id == "{A}"
        state, move = plan.answered(state, lost)
        assert (state.step, state.iterator_id, state.rows_read, move) == (Step.READ, "", 0, GoOn())
    _, move = plan.answered(state, lost)
    assert move == Fail("iterator-lost", lost.said)


@pytest.mark.parametrize(
    "answer",
    [page(remaining=200, rows=40, asked_twice=True), page(remaining=199)],
    ids=["asked twice", "more is gone than a page"],
)
def test_a_page_that_may_have_been_missed_starts_the_list_over(answer):
    state = a_sync(step=Step.READ, iterator_id="{A}", remaining=300, rows_read=100)
    again, move = plan.answered(state, answer)
    assert (again.iterator_id, again.restarts, move) == ("", 1, GoOn())


def test_a_page_that_was_not_missed_goes_on():
    state = a_sync(step=Step.READ, iterator_id="{A}", remaining=300, rows_read=100)
    after, _ = plan.answered(state, page(remaining=200))
    assert (after.remaining, after.restarts) == (200, 0)


def test_one_bad_id_refuses_them_all_so_they_are_asked_one_by_one():
    ids = ("1B-1", "1B-2", "1B-3")
    state, _ = plan.requests(a_sync(step=Step.COMPARE), "7-1", Facts(to_compare=ids))
    state, move = plan.answered(state, NOT_FOUND)
    assert (state.step, state.asked, state.checked_until, move) == (Step.COMPARE, (), "", GoOn())
    state, (query,) = plan.requests(state, "7-2", Facts(to_compare=ids))
    assert query.txn_ids == ("1B-1",)
    state, move = plan.answered(state, NOT_FOUND)
    assert (state.checked_until, move) == ("1B-1", Gone("1B-1"))
    state, (query,) = plan.requests(state, "7-3", Facts(to_compare=ids[1:]))
    state, move = plan.answered(state, Answered(rows=1))
    assert (query.txn_ids, state.checked_until, move) == (("1B-2",), "1B-2", GoOn())


@pytest.mark.parametrize("step", sorted(plan.PUSHING))
def test_a_failure_that_concerns_posting_alone_does_not_keep_from_reading(step):
    state, move = plan.answered(a_sync(step=step), Answered(status=3250, said="not enabled"))
    assert (state.step, state.pushing, move) == (Step.READ, False, GoOn())


@pytest.mark.parametrize("step", READING)
def test_a_failure_to_read_ends_the_sync(step):
    _, move = plan.answered(a_sync(step=step), Answered(status=3250, said="not enabled"))
    assert move == Fail("3250", "not enabled")


# How far it is


def test_percent_follows_what_was_posted_and_what_was_read():
    posted = plan.go_to(a_sync(pushed=2), Step.LOOK)
    assert posted.percent == 27
    read, _ = plan.answered(replace(posted, step=Step.READ), page(remaining=100))
    assert read.percent == 71


def test_percent_never_goes_back():
    state = plan.go_to(a_sync(pushed=4), Step.POST)
    high = state.percent
    assert high == SHOWN[Step.POST].high
    for step in (Step.DOUBT, Step.LISTS, Step.LOOK, Step.READ):
        state = plan.go_to(state, step)
        assert state.percent == high
    state, _ = plan.answered(state, page(remaining=10))
    far = state.percent
    state, _ = plan.answered(state, Answered(status=3391, said="The iterator is gone."))
    state, _ = plan.answered(state, page(remaining=900))
    assert state.percent == far > high


def test_the_plan_itself_never_says_a_hundred():
    state = a_sync(pushed=9)
    for step in Step:
        state = plan.go_to(state, step)
        assert state.percent < 100


def test_the_diagram_shows_every_step_and_what_follows_it():
    drawn = arrows(plan.__doc__)
    assert {(start, end) for start, why, end in drawn if not why} == set(AFTER.items())
    assert {step for start, _, end in drawn for step in (start, end)} == set(Step)


# Between two callbacks


def test_the_plan_is_the_same_after_it_was_put_away():
    state = a_sync(step=Step.COMPARE, asked=("1B-1", "1B-2"), method="PayPal", restored=True)
    state = replace(state, beside=Beside.TOLD)
    state = replace(state, asked_about=(Asked(7, "1B-1", 4),), to_write=(Looked(8, "f00d"),))
    assert decode(encode(state), type=PaymentSync) == state


def test_every_step_that_the_plan_alone_knows_has_a_question():
    others: Sequence[Step] = (Step.DOUBT, Step.LOOK, Step.POST, Step.END)
    for step in set(Step) - set(others):
        assert asked(a_sync(step=step))
    for step in others:
        with pytest.raises(ValueError, match=step.value):
            asked(a_sync(step=step))
