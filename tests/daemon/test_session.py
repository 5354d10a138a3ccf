"""The session machine: every callback has a meaning in every phase."""

from __future__ import annotations

import pytest

from daemon.session import machine as session
from daemon.session.machine import (
    ON_CLOSE,
    ON_CONNECTION_ERROR,
    ON_LAST_ERROR,
    ON_RECEIVE,
    ON_SEND,
    TRANSITIONS,
    Phase,
)
from daemon.transitions import NoSuchMove
from tests.daemon.arrows import arrows


@pytest.mark.parametrize(
    "table", [ON_SEND, ON_RECEIVE, ON_LAST_ERROR, ON_CONNECTION_ERROR, ON_CLOSE, TRANSITIONS]
)
def test_every_table_speaks_of_every_phase(table):
    assert set(table) == set(Phase)


@pytest.mark.parametrize("phase", Phase)
def test_an_event_moves_along_its_edge_or_is_refused_by_name(phase):
    for event in session.Event:
        if event in TRANSITIONS[phase]:
            assert session.after(phase, event) is TRANSITIONS[phase][event]
            continue
        with pytest.raises(NoSuchMove, match=f"{event.value}.*{phase.value}"):
            session.after(phase, event)


def test_the_diagram_shows_every_move_and_no_other():
    drawn = {arrow for arrow in arrows(session.__doc__) if arrow[1][:1].isupper()}
    assert drawn == {
        (phase.value, event.value, after.value)
        for phase, moves in TRANSITIONS.items()
        for event, after in moves.items()
    }


def test_closed_is_the_end():
    assert TRANSITIONS[Phase.CLOSED] == {}


def test_every_phase_can_be_closed_but_the_closed_one():
    closable = {phase for phase in Phase if session.Event.CONNECTION_CLOSED in TRANSITIONS[phase]}
    assert closable == set(Phase) - {Phase.CLOSED}


def test_a_request_that_is_out_is_repeated_not_planned_again():
    assert ON_SEND[Phase.AWAITING] is session.OnSend.REPEAT


def test_only_a_session_that_waits_takes_an_answer():
    takers = {phase for phase, meaning in ON_RECEIVE.items() if meaning is session.OnReceive.TAKE}
    assert takers == {Phase.AWAITING}


def test_an_update_that_had_work_left_was_cut():
    cut = {phase for phase, meaning in ON_CLOSE.items() if meaning is session.OnClose.CUT}
    assert cut == session.UNFINISHED
