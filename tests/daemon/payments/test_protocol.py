"""The posting protocol as tables: what follows from what, and what is wanted next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args

import pytest

from daemon.stages.payments import protocol
from daemon.stages.payments.protocol import (
    MOST_SENDS,
    TRANSITIONS,
    Declined,
    Event,
    FoundNone,
    FoundUnclear,
    GivenUp,
    NotRemembered,
    OpenSet,
    Outcome,
    Phase,
    RanUnseen,
    Saved,
    SentAgain,
    SessionBegan,
    Settled,
    Step,
    Unanswered,
    after,
    copies_left,
    next_step,
)
from daemon.transitions import NoSuchMove
from shared.structs import replace
from tests.daemon.arrows import arrows

SENT_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WINDOW = timedelta(minutes=15)
WITHIN = SENT_AT + WINDOW - timedelta(seconds=1)
AFTERWARDS = SENT_AT + WINDOW

ALL_GONE = NotRemembered(copies_left=False)
TURNED_AWAY = Unanswered(turned_away=True)
NEVER = Unanswered(turned_away=True, for_good=True)
AGAIN = SentAgain(AFTERWARDS)


def a_set(phase: Phase = Phase.SENT, **changes) -> OpenSet:
    return replace(OpenSet(phase, sends=1, last_sent_at=SENT_AT), **changes)


def life(*events: Event, start: OpenSet | None = None) -> OpenSet | Settled:
    """What comes of a set that was just sent, after all of these."""
    state = start or a_set()
    for event in events:
        assert isinstance(state, OpenSet), f"settled before {event}"
        state = after(state, event)
    return state


def now(state: OpenSet | Settled) -> Phase | Outcome:
    return state.phase if isinstance(state, OpenSet) else state.outcome


# Every cell

CELLS = [
    (Phase.SENT, Saved(), Outcome.POSTED),
    (Phase.SENT, Declined(), Outcome.REFUSED),
    (Phase.SENT, Unanswered(), Phase.CHECK),
    (Phase.SENT, TURNED_AWAY, Phase.CHECK),
    (Phase.SENT, NEVER, Phase.CHECK),
    (Phase.SENT, SessionBegan(), Phase.CHECK),
    (Phase.CHECK, Saved(), Outcome.POSTED),
    (Phase.CHECK, Declined(), Outcome.REFUSED),
    (Phase.CHECK, RanUnseen(), Phase.FIND),
    (Phase.CHECK, NotRemembered(), Phase.FIND),
    (Phase.CHECK, ALL_GONE, Phase.LAST_FIND),
    (Phase.CHECK, FoundUnclear(), Outcome.PARKED),
    (Phase.CHECK, SessionBegan(), Phase.CHECK),
    (Phase.FIND, Saved(), Outcome.POSTED),
    (Phase.FIND, FoundUnclear(), Outcome.PARKED),
    (Phase.FIND, FoundNone(), Phase.HOLD),
    (Phase.FIND, SessionBegan(), Phase.CHECK),
    (Phase.HOLD, Saved(), Outcome.POSTED),
    (Phase.HOLD, Declined(), Outcome.REFUSED),
    (Phase.HOLD, RanUnseen(), Phase.FIND),
    (Phase.HOLD, NotRemembered(), Phase.FIND),
    (Phase.HOLD, ALL_GONE, Phase.LAST_FIND),
    (Phase.HOLD, FoundUnclear(), Outcome.PARKED),
    (Phase.HOLD, SessionBegan(), Phase.CHECK),
    (Phase.LAST_FIND, Saved(), Outcome.POSTED),
    (Phase.LAST_FIND, FoundUnclear(), Outcome.PARKED),
    (Phase.LAST_FIND, FoundNone(), Phase.AGAIN),
    (Phase.LAST_FIND, SessionBegan(), Phase.CHECK),
    (Phase.AGAIN, Saved(), Outcome.POSTED),
    (Phase.AGAIN, FoundUnclear(), Outcome.PARKED),
    (Phase.AGAIN, AGAIN, Phase.SENT),
    (Phase.AGAIN, GivenUp(), Outcome.NOT_RUN),
    (Phase.AGAIN, SessionBegan(), Phase.CHECK),
]
A_CELL = {(phase, type(event)) for phase, event, _ in CELLS}
ONE_OF_EACH = {SentAgain: AGAIN}
NO_CELL = [
    (phase, ONE_OF_EACH[kind] if kind in ONE_OF_EACH else kind())
    for phase, kind in product(Phase, get_args(Event))
    if (phase, kind) not in A_CELL
]


@pytest.mark.parametrize(("phase", "event", "follows"), CELLS)
def test_each_event_has_one_consequence_in_each_phase(phase, event, follows):
    assert now(after(a_set(phase), event)) == follows


def test_the_cells_above_are_all_there_are():
    table = {(phase, event) for phase, row in TRANSITIONS.items() for event in row}
    assert table == A_CELL


@pytest.mark.parametrize(("phase", "event"), NO_CELL)
def test_an_event_out_of_place_is_an_error_that_names_it_and_changes_nothing(phase, event):
    before = a_set(phase)
    with pytest.raises(NoSuchMove, match=type(event).__name__) as refused:
        after(before, event)
    assert phase.value in str(refused.value)
    assert (refused.value.phase, refused.value.event) == (phase, event)
    assert before == a_set(phase)


def test_nothing_follows_once_a_set_is_closed():
    assert TRANSITIONS[Phase.CLOSED] == {}


# From lives, in order


def test_an_answer_settles_a_set_without_doubt():
    assert life(Saved()) == Settled(Outcome.POSTED)
    assert life(Declined()) == Settled(Outcome.REFUSED)


def test_a_lost_answer_is_asked_about_then_looked_for_then_waited_for():
    state = life(Unanswered())
    assert (now(state), state.doubted) == (Phase.CHECK, True)
    assert now(life(Unanswered(), NotRemembered())) is Phase.FIND
    assert now(life(Unanswered(), NotRemembered(), FoundNone())) is Phase.HOLD


def test_after_the_window_both_questions_are_asked_again_before_the_bytes_go_out_again():
    held = life(Unanswered(), NotRemembered(), FoundNone())
    asked = life(ALL_GONE, start=held)
    assert now(asked) is Phase.LAST_FIND
    assert now(life(FoundNone(), start=asked)) is Phase.AGAIN


def test_what_was_not_found_within_the_window_is_no_reason_to_send_again():
    held = life(Unanswered(), NotRemembered(), FoundNone())
    assert now(held) is Phase.HOLD
    with pytest.raises(NoSuchMove):
        after(held, AGAIN)


def test_a_resend_counts_and_is_as_doubtful_as_the_first():
    ready = a_set(Phase.AGAIN, doubted=True)
    state = life(AGAIN, start=ready)
    assert (now(state), state.sends, state.last_sent_at) == (Phase.SENT, 2, AFTERWARDS)
    assert now(life(Unanswered(), start=state)) is Phase.CHECK
    assert copies_left(state, AFTERWARDS + WINDOW - timedelta(seconds=1), WINDOW)
    assert not copies_left(state, AFTERWARDS + WINDOW, WINDOW)


def test_another_session_asks_everything_again():
    for phase in (Phase.CHECK, Phase.FIND, Phase.HOLD, Phase.LAST_FIND, Phase.AGAIN):
        assert now(after(a_set(phase), SessionBegan())) is Phase.CHECK
    state = after(a_set(Phase.SENT), SessionBegan())
    assert (now(state), state.doubted) == (Phase.CHECK, True)


def test_what_quickbooks_did_without_showing_it_is_never_sent_again():
    ran = life(Unanswered(), RanUnseen())
    assert (now(ran), ran.ran) == (Phase.FIND, True)
    assert life(FoundNone(), start=ran) == Settled(Outcome.PARKED)
    later = life(SessionBegan(), ALL_GONE, FoundNone(), start=ran)
    assert later == Settled(Outcome.PARKED)


def test_a_set_that_was_turned_away_is_still_looked_for_and_then_planned_anew():
    assert now(life(TURNED_AWAY)) is Phase.CHECK
    assert now(life(TURNED_AWAY, NotRemembered())) is Phase.FIND
    assert life(TURNED_AWAY, NotRemembered(), FoundNone()) == Settled(Outcome.NOT_RUN)
    assert life(TURNED_AWAY, NotRemembered(), Saved()) == Settled(Outcome.POSTED)


def test_a_copy_that_was_turned_away_does_not_speak_for_those_before_it():
    state = life(AGAIN, TURNED_AWAY, ALL_GONE, FoundNone(), start=a_set(Phase.AGAIN))
    assert now(state) is Phase.AGAIN
    assert next_step(state, AFTERWARDS + WINDOW, WINDOW) is Step.SEND_AGAIN


def test_bytes_that_can_never_run_are_given_up_but_not_before_the_window():
    second = life(AGAIN, NEVER, start=a_set(Phase.AGAIN))
    assert now(life(NotRemembered(), FoundNone(), start=second)) is Phase.HOLD
    state = life(ALL_GONE, FoundNone(), start=second)
    assert now(state) is Phase.AGAIN
    assert next_step(state, AFTERWARDS + WINDOW, WINDOW) is Step.GIVE_UP
    assert after(state, GivenUp()) == Settled(Outcome.NOT_RUN)


def test_a_new_copy_is_not_taken_for_one_that_was_turned_away():
    turned_away = a_set(Phase.AGAIN, turned_away=True)
    assert not life(AGAIN, start=turned_away).turned_away
    assert not life(Unanswered(), start=a_set(turned_away=True)).turned_away


def test_what_never_comes_to_an_answer_is_shown_to_a_person():
    ask_and_find = (Unanswered(), ALL_GONE, FoundNone())
    state = life(*ask_and_find)
    for _ in range(MOST_SENDS - 2):
        state = life(AGAIN, *ask_and_find, start=state)
        assert now(state) is Phase.AGAIN
    assert life(AGAIN, *ask_and_find, start=state) == Settled(Outcome.PARKED)


def test_nobody_is_asked_while_a_copy_may_still_run():
    state = life(Unanswered(), NotRemembered(), FoundNone(), start=a_set(sends=MOST_SENDS))
    assert now(state) is Phase.HOLD


# What is wanted next


@pytest.mark.parametrize(
    ("phase", "within", "afterwards"),
    [
        (Phase.SENT, Step.AWAIT, Step.AWAIT),
        (Phase.CHECK, Step.CHECK, Step.CHECK),
        (Phase.FIND, Step.FIND, Step.FIND),
        (Phase.HOLD, Step.WAIT, Step.CHECK),
        (Phase.LAST_FIND, Step.FIND, Step.FIND),
        (Phase.AGAIN, Step.SEND_AGAIN, Step.SEND_AGAIN),
    ],
)
def test_each_phase_wants_one_thing_within_the_window_and_after_it(phase, within, afterwards):
    assert next_step(a_set(phase), WITHIN, WINDOW) is within
    assert next_step(a_set(phase), AFTERWARDS, WINDOW) is afterwards


def test_what_can_never_run_is_given_up_instead_of_sent_again():
    state = a_set(Phase.AGAIN, turned_away=True)
    assert next_step(state, AFTERWARDS, WINDOW) is Step.GIVE_UP


def test_without_a_window_nothing_is_waited_for():
    assert next_step(a_set(Phase.HOLD), SENT_AT, timedelta(0)) is Step.CHECK


def test_the_window_is_counted_from_the_last_send():
    state = a_set(Phase.HOLD, sends=2, last_sent_at=AFTERWARDS)
    assert next_step(state, AFTERWARDS + WINDOW - timedelta(seconds=1), WINDOW) is Step.WAIT
    assert next_step(state, AFTERWARDS + WINDOW, WINDOW) is Step.CHECK


# The operator says: now


def test_an_operator_who_vouches_ends_the_window_but_not_the_questions():
    vouched = a_set(Phase.HOLD, settle_now=True)
    assert not copies_left(vouched, SENT_AT, WINDOW)
    assert next_step(vouched, SENT_AT, WINDOW) is Step.CHECK
    asked = life(ALL_GONE, start=vouched)
    assert (now(asked), asked.settle_now) == (Phase.LAST_FIND, True)
    assert now(life(FoundNone(), start=asked)) is Phase.AGAIN


def test_what_an_operator_vouched_for_does_not_cover_the_next_copy():
    state = life(AGAIN, start=a_set(Phase.AGAIN, settle_now=True))
    assert not state.settle_now
    assert copies_left(state, AFTERWARDS, WINDOW)
    assert not life(Unanswered(), start=a_set(settle_now=True)).settle_now


def test_what_an_operator_vouched_for_outlives_the_session():
    state = life(SessionBegan(), start=a_set(Phase.HOLD, settle_now=True))
    assert state.settle_now


def test_doubt_is_never_taken_back():
    state = life(Unanswered(), ALL_GONE, FoundNone(), AGAIN)
    assert now(state) is Phase.SENT
    assert state.doubted


def test_the_diagram_shows_every_move_and_no_other():
    events = [
        *(Saved(), Declined(), RanUnseen(), FoundNone(), FoundUnclear(), SessionBegan()),
        *(SentAgain(SENT_AT), GivenUp()),
        *(Unanswered(*flags) for flags in product((False, True), repeat=2)),
        *(NotRemembered(copies_left) for copies_left in (False, True)),
    ]
    sets = [
        OpenSet(phase, sends, SENT_AT, *flags)
        for phase in Phase
        for sends in (1, 2, MOST_SENDS)
        for flags in product((False, True), repeat=4)
    ]
    moves = set()
    for held, event in product(sets, events):
        if type(event) not in TRANSITIONS[held.phase]:
            continue
        result = after(held, event)
        end = result.outcome if isinstance(result, Settled) else result.phase
        moves.add((held.phase.value, type(event).__name__, end.value))
    assert arrows(protocol.__doc__) == moves
