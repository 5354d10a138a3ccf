"""The plan of Invoice Sync, without a store: what is asked next, and what answers mean."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from daemon.stages import paging
from daemon.stages.invoices import plan as invoice_sync
from daemon.stages.invoices.plan import InvoiceSync, Step
from daemon.stages.moves import Answered, Fail, GiveUpOn, Gone, GoOn, NotTakenIn, Pause
from daemon.stages.paging import Beside
from daemon.stages.watermarks import next_watermark
from shared.qbxml import requests as ask
from shared.structs import decode, encode, replace
from tests.daemon.arrows import arrows

TODAY = date(2026, 3, 2)
OVERLAP = timedelta(hours=2)


def a_sync(watermark: str = "", **changes) -> InvoiceSync:
    state = invoice_sync.begin(
        watermark=watermark,
        overlap=OVERLAP,
        start_date=None,
        page_size=200,
        largest_page=500,
        most_tries=3,
    )
    return replace(state, **changes)


def first_run(**changes) -> InvoiceSync:
    return a_sync("", **changes)


def later_run(**changes) -> InvoiceSync:
    return a_sync("2026-03-01T12:00:00", **changes)


def asked(state: InvoiceSync, ids=()) -> tuple[ask.Request, ...]:
    return invoice_sync.requests(state, "7-1", ids, TODAY)[1]


def steps_of(state: InvoiceSync, ids=()) -> list[Step]:
    """The steps in which something is asked, when each answer brings nothing."""
    steps = []
    while state.step is not Step.SETTLE:
        moved, requests = invoice_sync.requests(state, "7-1", ids, TODAY)
        if requests:
            steps.append(state.step)
        state = invoice_sync.advance(moved)
    return steps


# What is asked


def test_the_first_run_reads_open_invoices_then_their_customers():
    assert steps_of(first_run(), ids=["A"]) == [
        Step.READ,
        Step.REREAD,
        Step.CUSTOMERS,
    ]


def test_a_later_run_also_asks_what_was_deleted_and_compares():
    assert steps_of(later_run(), ids=["A"]) == [
        Step.READ,
        Step.DELETIONS,
        Step.SWEEP,
        Step.CUSTOMER_CHECK,
        Step.REREAD,
        Step.CUSTOMERS,
    ]


def test_steps_by_id_are_left_out_when_the_store_names_none():
    assert Step.REREAD not in steps_of(later_run())
    assert Step.CUSTOMERS not in steps_of(later_run())


def test_the_first_run_reads_only_open_invoices_with_their_lines():
    (query,) = asked(first_run(step=Step.READ))
    assert query == ask.InvoiceQuery(
        "7-1",
        max_returned=200,
        unpaid_only=True,
        iterator=ask.Start(),
        include_lines=True,
    )


def test_the_start_date_narrows_what_is_read_first_and_what_is_compared():
    for step in (Step.READ, Step.SWEEP):
        state = later_run(step=step, since="" if step is Step.READ else "2026-03-01T10:00:00")
        (query,) = asked(replace(state, start_date="2026-01-01"))
        assert query.from_date == date(2026, 1, 1)


def test_a_later_run_reads_what_changed_since_the_watermark_less_the_overlap():
    query, *_ = asked(later_run(step=Step.READ))
    assert query.from_modified == "2026-03-01T10:00:00"
    assert not query.unpaid_only


def test_the_first_page_of_a_later_run_comes_with_what_else_changed():
    state, requests = invoice_sync.requests(later_run(is_due=False), "7-1", (), TODAY)
    assert [type(one) for one in requests] == [
        ask.InvoiceQuery,
        ask.TxnDeletedQuery,
        ask.CustomerQuery,
    ]
    assert len({one.request_id for one in requests}) == 3
    assert state.beside is Beside.ASKED


def test_where_all_customers_are_compared_the_changed_ones_are_not_asked_for():
    assert [type(one) for one in asked(later_run())] == [ask.InvoiceQuery, ask.TxnDeletedQuery]


def test_a_first_run_and_a_page_that_follows_ask_for_the_list_alone():
    assert len(asked(first_run())) == 1
    state, _ = invoice_sync.requests(later_run(), "7-1", (), TODAY)
    state, _ = invoice_sync.answered(state, Answered(rows=9, remaining=9, iterator_id="{A}"))
    assert len(asked(state)) == 1


@pytest.mark.parametrize(
    ("answers", "is_due", "is_told"),
    [
        ({"InvoiceQueryRs", "TxnDeletedQueryRs", "CustomerQueryRs"}, False, True),
        ({"InvoiceQueryRs", "TxnDeletedQueryRs"}, False, False),
        ({"InvoiceQueryRs", "CustomerQueryRs"}, False, False),
        ({"InvoiceQueryRs"}, True, False),
        ({"TxnDeletedQueryRs"}, True, True),
    ],
)
def test_what_was_not_told_beside_the_first_page_is_asked_on_its_own(answers, is_due, is_told):
    state, _ = invoice_sync.requests(later_run(is_due=is_due), "7-1", (), TODAY)
    state = invoice_sync.told_beside(state, answers, rows=2)
    assert (Step.DELETIONS not in steps_of(state)) is is_told


def test_a_list_that_is_asked_for_again_is_asked_for_alone():
    state, _ = invoice_sync.requests(later_run(), "7-1", (), TODAY)
    for again, _ in (
        invoice_sync.unreadable(state, "cut"),
        invoice_sync.answered(state, Answered(status=3175, said="in use")),
    ):
        assert len(asked(again)) == 1
        assert Step.DELETIONS in steps_of(again)


@pytest.mark.parametrize(
    "changes", [invoice_sync.CHANGED_AT_ONCE - 1, invoice_sync.CHANGED_AT_ONCE]
)
def test_where_one_answer_cannot_tell_all_changes_everything_is_compared(changes):
    is_too_many = changes >= invoice_sync.CHANGED_AT_ONCE
    state, _ = invoice_sync.requests(later_run(is_due=False), "7-1", (), TODAY)
    told = {"TxnDeletedQueryRs", "CustomerQueryRs"}
    assert invoice_sync.told_beside(state, told, changes).compares is is_too_many
    alone = later_run(is_due=False, step=Step.DELETIONS)
    assert invoice_sync.answered(alone, Answered(rows=changes))[0].compares is is_too_many


def test_the_sweep_asks_for_a_few_short_elements_of_open_invoices():
    (query,) = asked(later_run(step=Step.SWEEP))
    assert query.include == invoice_sync.SWEPT
    assert len(query.include) == 5
    assert query.unpaid_only
    assert not query.include_lines


def test_a_list_that_was_begun_is_continued():
    (query,) = asked(first_run(step=Step.READ, iterator_id="{A}", remaining=5))
    assert query.iterator == ask.Continue("{A}")


def test_deletions_are_asked_for_90_days_at_most():
    (query,) = asked(a_sync("2020-01-01T00:00:00", step=Step.DELETIONS))
    assert query.from_deleted == "2025-12-02T00:00:00"


def test_customers_are_compared_by_a_few_elements_in_the_order_of_their_ids():
    state, (query,) = invoice_sync.requests(
        later_run(step=Step.CUSTOMER_CHECK), "7-1", ["80-1", "80-2"], TODAY
    )
    assert (query.list_ids, query.include) == (("80-1", "80-2"), invoice_sync.CHECKED)
    state, _ = invoice_sync.answered(state, Answered(rows=2))
    assert state.checked_until == "80-2"


def test_ids_are_asked_for_in_batches():
    ids = [f"{number}" for number in range(250)]
    (query,) = asked(later_run(step=Step.REREAD), ids)
    assert query.txn_ids == tuple(ids[: paging.IDS_PER_REQUEST])


# What answers mean


def test_a_page_with_more_to_come_goes_on_in_the_list():
    state = first_run(step=Step.READ, total=300)
    page = Answered(rows=200, changed=200, remaining=100, iterator_id="{A}", newest="2026-01-05")
    state, move = invoice_sync.answered(state, page)
    assert (state.step, state.iterator_id, state.remaining) == (Step.READ, "{A}", 100)
    assert (state.position, state.newest, move) == (200, "2026-01-05", GoOn())


def test_the_last_page_ends_the_step():
    state = first_run(step=Step.READ, iterator_id="{A}", remaining=100)
    state, _ = invoice_sync.answered(state, Answered(rows=100, changed=100, remaining=0))
    assert (state.step, state.iterator_id) == (Step.DELETIONS, "")


def test_an_answer_that_says_nothing_of_a_rest_is_the_last_page():
    state, _ = invoice_sync.answered(first_run(step=Step.READ), Answered(rows=3, changed=3))
    assert state.step is Step.DELETIONS


def test_a_page_that_was_turned_unseen_is_noticed_and_the_list_read_from_its_start():
    state = first_run(step=Step.READ, iterator_id="{A}", remaining=500)
    skipped = Answered(rows=200, changed=200, remaining=100, iterator_id="{A}")
    state, move = invoice_sync.answered(state, skipped)
    assert (state.iterator_id, state.restarts, move) == ("", 1, GoOn())


def test_a_page_may_hold_fewer_rows_than_asked_for():
    state = first_run(step=Step.READ, iterator_id="{A}", remaining=500)
    thin = Answered(rows=150, changed=150, remaining=300, iterator_id="{A}")
    state, _ = invoice_sync.answered(state, thin)
    assert (state.iterator_id, state.remaining) == ("{A}", 300)


@pytest.mark.parametrize("more", [1, 300])
def test_a_page_may_hold_more_rows_than_asked_for(more):
    state = first_run(step=Step.READ, iterator_id="{A}", remaining=900)
    rows = state.asked_rows + more
    thick = Answered(rows=rows, changed=rows, remaining=900 - rows, iterator_id="{A}")
    state, move = invoice_sync.answered(state, thick)
    assert (state.iterator_id, state.restarts, move) == ("{A}", 0, GoOn())


def test_a_lost_iterator_starts_over_twice_and_then_ends_the_sync():
    state = first_run(step=Step.READ)
    moves = []
    for _ in range(3):
        state = replace(state, iterator_id="{A}", remaining=9)
        state, move = invoice_sync.answered(state, Answered(status=3391, said="stale iterator"))
        moves.append(move)
    assert moves == [GoOn(), GoOn(), Fail("iterator-lost", "stale iterator")]


def test_quickbooks_being_busy_is_waited_for_longer_each_time_and_not_for_ever():
    state = first_run(step=Step.READ)
    moves = []
    for _ in range(4):
        state, move = invoice_sync.answered(state, Answered(status=3175, said="in use"))
        moves.append(move)
    failed = Fail("retries-exhausted", "in use", facts={"times": "4"})
    assert moves == [Pause(1), Pause(2), Pause(4), failed]


def test_headway_forgets_the_tries_before():
    state = first_run(step=Step.READ, tries=3)
    state, _ = invoice_sync.answered(state, Answered(rows=5, remaining=5, iterator_id="{A}"))
    assert state.tries == 0


@pytest.mark.parametrize(("fault", "most_turns"), [("busy", 3), ("cut", 15)])
def test_a_list_that_always_breaks_off_at_its_second_page_is_not_begun_for_ever(fault, most_turns):
    state = first_run(step=Step.READ)
    for turn in range(50):
        page = Answered(rows=10, changed=10, remaining=30, iterator_id=f"{{{turn}}}")
        state, move = invoice_sync.answered(state, page)
        assert move == GoOn()
        if fault == "busy":
            state, move = invoice_sync.answered(state, Answered(status=3175, said="in use"))
        else:
            state, move = invoice_sync.unreadable(state, "cut short")
        if isinstance(move, Fail):
            break
    assert isinstance(move, Fail)
    assert turn <= most_turns


def test_a_continue_that_was_handed_out_twice_may_have_turned_two_pages():
    state = first_run(step=Step.READ, iterator_id="{A}", remaining=9)
    state, move = invoice_sync.answered(state, Answered(status=1, asked_twice=True))
    assert (state.step, state.restarts, move) == (Step.READ, 1, GoOn())


def test_deletions_are_dispensable():
    state, move = invoice_sync.answered(later_run(step=Step.DELETIONS), Answered(status=3250))
    assert (state.step, move) == (Step.SWEEP, GoOn())


def test_the_first_page_tells_how_many_there_are():
    page = Answered(status=0, rows=200, changed=200, remaining=300, iterator_id="{A}")
    state, _ = invoice_sync.answered(first_run(), page)
    assert (state.position, state.total) == (200, 500)
    state, _ = invoice_sync.answered(state, replace(page, remaining=100))
    assert (state.position, state.total) == (400, 500)


def test_what_did_not_change_is_not_counted_as_work():
    page = Answered(status=0, rows=200, changed=50, idle=150, remaining=0)
    state, _ = invoice_sync.answered(later_run(), page)
    assert (state.position, state.total) == (50, 50)


def test_a_refusal_of_the_reading_itself_ends_the_sync_with_quickbooks_words():
    _, move = invoice_sync.answered(first_run(step=Step.READ), Answered(status=3260, said="no"))
    assert move == Fail("3260", "no")


def test_nothing_found_is_an_empty_list_not_an_error():
    state, move = invoice_sync.answered(first_run(step=Step.READ), Answered(status=1))
    assert (state.step, move) == (Step.DELETIONS, GoOn())


def test_one_bad_id_among_many_is_found_in_groups_that_shrink_and_grow_again():
    state, asked = later_run(step=Step.CUSTOMER_CHECK), 0
    left = [f"{number:03}" for number in range(400)]
    state = replace(state, ids_per_request=400)
    while left:
        state, _ = invoice_sync.requests(state, "7-1", left, TODAY)
        asked += 1
        bad = "123" in state.asked
        done = set(state.asked) if not bad or len(state.asked) == 1 else set()
        status = Answered(status=3000) if bad else Answered(status=0, rows=len(state.asked))
        state, _ = invoice_sync.answered(state, status)
        left = [one for one in left if one not in done]
    assert asked < 30


def test_one_bad_id_is_found_by_asking_one_by_one_and_given_up_on():
    state = later_run(step=Step.REREAD, asked=("A", "B"))
    state, move = invoice_sync.answered(state, Answered(status=3000, said="bad ID"))
    assert (move, state.ids_per_request) == (GoOn(), 1)
    state, _ = invoice_sync.requests(state, "7-2", ["A", "B"], TODAY)
    assert state.asked == ("A",)
    _, move = invoice_sync.answered(state, Answered(status=3000, said="bad ID"))
    assert move == GiveUpOn("A", 3000, "bad ID")


def test_a_record_that_quickbooks_cannot_find_is_gone():
    state = later_run(step=Step.REREAD, asked=("A",))
    assert invoice_sync.answered(state, Answered(status=3120))[1] == Gone("A")


def test_a_refusal_that_is_not_about_one_record_ends_the_sync():
    state = later_run(step=Step.CUSTOMERS, asked=("A", "B"))
    _, move = invoice_sync.answered(state, Answered(status=3260, said="no permission"))
    assert move == Fail("3260", "no permission")


def test_an_answer_that_was_not_taken_in_is_asked_for_again_in_smaller_pages():
    state = first_run(step=Step.READ, iterator_id="{A}", remaining=50)
    sizes = [state.page_size]
    while state.page_size > 1:
        state, move = invoice_sync.unreadable(state, "cut short")
        assert (state.iterator_id, move) == ("", GoOn())
        sizes.append(state.page_size)
    assert sizes == [200, 25, 3, 1]
    assert state.largest_page < 25


def test_invoices_that_come_in_at_no_page_size_are_compared_and_read_by_id():
    state = first_run(step=Step.READ, page_size=1, tries=3)
    state, move = invoice_sync.unreadable(state, "cut")
    assert move == GoOn()
    assert steps_of(state, ids=["A"]) == [
        *(Step.DELETIONS, Step.SWEEP, Step.CUSTOMER_CHECK, Step.REREAD, Step.CUSTOMERS),
    ]


@pytest.mark.parametrize("step", [Step.REREAD, Step.CUSTOMERS, Step.CUSTOMER_CHECK])
def test_the_one_record_that_cannot_be_read_is_found_and_the_others_come_in(step):
    ids = [f"{number:03}" for number in range(100)]
    state, move, read = later_run(step=step), GoOn(), []
    while not isinstance(move, NotTakenIn):
        state, _ = invoice_sync.requests(state, "7-2", ids[len(read) :], TODAY)
        if "042" in state.asked:
            state, move = invoice_sync.unreadable(state, "garbled")
        else:
            read += state.asked
            state, move = invoice_sync.answered(state, Answered(rows=len(state.asked)))
    assert move == NotTakenIn("042", "garbled")
    assert read == ids[:42]
    assert state.asked == ()
    assert state.checked_until == ("042" if step is Step.CUSTOMER_CHECK else "")


def test_what_was_taken_in_before_an_answer_broke_off_counts():
    state, _ = invoice_sync.unreadable(first_run(step=Step.READ, position=10), "cut", stored=500)
    assert state.position == 510


def test_a_comparison_that_cannot_be_read_in_any_size_ends_the_sync():
    state = later_run(step=Step.SWEEP, page_size=1, tries=3)
    assert invoice_sync.unreadable(state, "cut")[1] == Fail(
        "answer-unreadable", "cut", facts={"reason": "cut"}
    )


def test_a_step_that_only_helps_is_left_out_when_its_answer_cannot_be_read():
    state = later_run(step=Step.DELETIONS, page_size=1, tries=3)
    after, move = invoice_sync.unreadable(state, "cut")
    assert (after.step, move) == (Step.SWEEP, GoOn())


def test_a_refused_message_set_is_waited_for_only_when_that_helps():
    assert paging.refused(first_run(), "0x8004041B", "locked", passing=True)[1] == Pause(1)
    assert paging.refused(first_run(), "0x80040400", "parse", passing=False)[1] == Fail(
        "0x80040400", "parse"
    )


def test_known_rows_leave_the_total_so_that_it_ends_where_the_position_does():
    page = Answered(rows=10, changed=2, idle=7, failed=1)
    state, _ = invoice_sync.answered(later_run(step=Step.READ), page)
    assert (state.position, state.failed, state.total) == (2, 1, 3)


def test_percent_never_falls_and_never_says_100_before_the_end():
    state = first_run()
    seen = [state.percent]
    for rest in (250, 100, 0):
        page = Answered(rows=100, changed=100, remaining=rest, iterator_id="{A}")
        state, _ = invoice_sync.answered(state, page)
        seen.append(state.percent)
    while state.step is not Step.SETTLE:
        state = invoice_sync.advance(state)
        seen.append(state.percent)
    assert seen == sorted(seen)
    assert seen[-1] == 99


def test_the_diagram_shows_every_step_and_what_follows_it():
    followed = {
        (step.value, "", invoice_sync.advance(later_run(step=step)).step.value)
        for step in Step
        if step is not Step.SETTLE
    }
    assert arrows(invoice_sync.__doc__) == followed


def test_the_state_survives_its_json():
    state = later_run(step=Step.REREAD, asked=("A", "B"), iterator_id="{A}", remaining=3)
    state = replace(state, beside=Beside.TOLD)
    assert decode(encode(state), type=InvoiceSync) == state


# The watermark

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def mark(previous: str, newest: str, took: timedelta = timedelta(minutes=5)) -> str:
    return next_watermark(previous, newest, now=NOW, took=took, overlap=OVERLAP)


def test_the_watermark_is_what_quickbooks_showed_last():
    assert mark("", "2026-03-01T12:00:00") == "2026-03-01T12:00:00"


def test_the_watermark_never_goes_back():
    assert mark("2026-03-01T12:00:00", "2026-02-01T00:00:00") == "2026-03-01T12:00:00"
    assert mark("2026-03-01T12:00:00", "") == "2026-03-01T12:00:00"


def test_nothing_seen_leaves_the_next_run_a_first_run():
    assert mark("", "") == ""


def test_one_pc_with_a_wrong_clock_cannot_hide_later_changes():
    assert mark("", "2037-01-01T00:00:00") == "2026-03-03T11:00:00"


def test_a_long_sync_reads_its_own_time_again():
    assert mark("", "2026-03-01T12:00:00", timedelta(hours=5)) == "2026-03-01T08:00:00"
