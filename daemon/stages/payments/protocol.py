"""The posting protocol: a write of unknown outcome is taken neither for done nor for undone.

A message set is committed before it leaves and stays open until its outcome is known. Where
no answer came that can be relied on, QuickBooks is asked what it remembers (CHECK), then the
payment itself is looked for (FIND). Not there proves little while a copy that was given up on
can still run (HOLD). Once none can, the same two questions are asked again (CHECK, LAST_FIND):
only an answer from after the doubt window lets the same bytes go out again (AGAIN), which is
doubtful again. Where that never comes to an answer, a person is asked. Pure tables and functions.
Why: docs/architecture.md, "Payments: exactly once"::

                no answer           tells nothing          not there
        sent -------------> check ----------------> find -------------> hold
         ^ |                |   ^ |                                       |
         | | answered       |   +-|------- the window is over ------------+
         | v                v     |
         | posted, refused, parked| tells nothing, and no copy can run
         |                        v            not there
         |                    last-find ----------------------> again
         |                                                        |
         +-------------------- the same bytes --------------------+

Every move, whatever it depends on (a test plays all of them and compares)::

    sent, check, hold --Saved--> posted
    find, last-find, again --Saved--> posted
    sent, check, hold --Declined--> refused
    sent --Unanswered--> check
    sent, check, find, hold, last-find, again --SessionBegan--> check
    check, hold --RanUnseen--> find
    check, hold --NotRemembered--> find     while a copy may still run
    check, hold --NotRemembered--> last-find
    find --FoundNone--> hold --NotRemembered--> last-find --FoundNone--> again --SentAgain--> sent
    find, last-find --FoundNone--> parked   it ran, or went out too often
    find, last-find --FoundNone--> not-run  turned away, and never handed out twice
    again --GivenUp--> not-run
    check, find, hold, last-find, again --FoundUnclear--> parked
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from daemon.transitions import cell
from shared.structs import Value, replace

MOST_SENDS = 5
"""A set that went out so often without an answer keeps all others waiting: a person is asked."""


class Phase(StrEnum):
    """Where a message set stands; all but CLOSED are open."""

    SENT = "sent"  # committed and handed out: its answer may still come in this session
    CHECK = "check"  # ask QuickBooks what it remembers under the id of the set
    FIND = "find"  # it remembers nothing of use: look for the payment itself
    HOLD = "hold"  # not there: wait until no earlier copy can run any more, then check again
    LAST_FIND = "last-find"  # none can any more: what is not there now never ran
    AGAIN = "again"  # it never ran: the same bytes go out again, or it is given up
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a message set was settled."""

    POSTED = "posted"  # the payment is in QuickBooks, and we know which one it is
    REFUSED = "refused"  # QuickBooks said no: it did nothing
    PARKED = "parked"  # only a person can tell
    NOT_RUN = "not-run"  # QuickBooks did not take the set: it may be planned anew


class OpenSet(Value):
    """A message set whose outcome is not known.

    ``sends`` counts how often it was handed out, ``last_sent_at`` is the latest of these.
    ``doubted``: it ever lacked an answer. ``ran``: QuickBooks said that it ran it, but not
    what that made. ``turned_away``: QuickBooks answered that it did not take it, and no earlier
    copy of it may have fared better. ``settle_now``: an operator vouches that no earlier copy
    is left anywhere; to be set at any time but while its own answer is awaited.
    """

    phase: Phase
    sends: int
    last_sent_at: datetime
    doubted: bool = False
    ran: bool = False
    turned_away: bool = False
    settle_now: bool = False


class Settled(Value):
    """The end of a message set."""

    outcome: Outcome


class Saved(Value):
    """QuickBooks showed the payment: in its answer, from memory, or when it was looked for."""


class Declined(Value):
    """A status of QuickBooks says that nothing was done."""


class Unanswered(Value):
    """No answer that can be relied on: none, cut, refused on the way, or without our id.

    ``turned_away``: it was refused in words that mean that nothing ran. ``for_good``: in words
    that mean that these bytes under this id will never run, whichever copy of them arrives:
    they cannot be read, or the set is 600, 9001 or 9002.
    """

    turned_away: bool = False
    for_good: bool = False


class RanUnseen(Value):
    """QuickBooks remembers that it ran it, without telling which payment that made, if any."""


class NotRemembered(Value):
    """The status check told nothing of use; that proves nothing.

    ``copies_left``: an earlier copy may still run, as ``copies_left()`` says when this is told.
    """

    copies_left: bool = True


class FoundNone(Value):
    """The payment is not in QuickBooks and was not deleted from it.

    Only an answer to the FIND of the phase that the set is in may be told as this.
    """


class FoundUnclear(Value):
    """Several payments, a deleted one, or one that is not as we sent it."""


class SessionBegan(Value):
    """Another session of the Web Connector: what was asked before is asked again."""


class SentAgain(Value):
    """The same bytes went out once more."""

    at: datetime


class GivenUp(Value):
    """QuickBooks turned it away for good, and no copy of it ever ran."""


Event = (
    Saved
    | Declined
    | Unanswered
    | RanUnseen
    | NotRemembered
    | FoundNone
    | FoundUnclear
    | SessionBegan
    | SentAgain
    | GivenUp
)


Move: TypeAlias = "Callable[[OpenSet, Event], OpenSet | Settled]"


class Step(StrEnum):
    """What an open set wants next."""

    AWAIT = "await"  # its answer
    CHECK = "check"
    FIND = "find"
    SEND_AGAIN = "send-again"
    GIVE_UP = "give-up"
    WAIT = "wait"  # until the doubt window has passed


def after(open_set: OpenSet, event: Event) -> OpenSet | Settled:
    """What follows an event; raises NoSuchMove for a missing cell."""
    return cell(TRANSITIONS, open_set.phase, event)(open_set, event)


def next_step(open_set: OpenSet, now: datetime, window: timedelta) -> Step:
    """What to do about an open set; SENT is only asked about while its session lives."""
    match open_set.phase:
        case Phase.SENT:
            return Step.AWAIT
        case Phase.CHECK:
            return Step.CHECK
        case Phase.FIND | Phase.LAST_FIND:
            return Step.FIND
        case Phase.HOLD:
            return Step.WAIT if copies_left(open_set, now, window) else Step.CHECK
        case _:
            return Step.GIVE_UP if open_set.turned_away else Step.SEND_AGAIN


def copies_left(open_set: OpenSet, now: datetime, window: timedelta) -> bool:
    """Whether a copy that was handed out and given up on may still run."""
    return not open_set.settle_now and now - open_set.last_sent_at < window


def _settle(outcome: Outcome) -> Move:
    return lambda _set, _event: Settled(outcome)


def _to(phase: Phase, **changes: Any) -> Move:
    return lambda open_set, _event: replace(open_set, phase=phase, **changes)


def _unanswered(open_set: OpenSet, event: Event) -> OpenSet:
    assert isinstance(event, Unanswered)
    # That this copy did not run says nothing about an earlier one, unless none ever can.
    only_copy = open_set.sends == 1 and event.turned_away
    return replace(
        open_set,
        phase=Phase.CHECK,
        doubted=True,
        turned_away=only_copy or event.for_good,
        # Whoever vouched did so before this copy was in doubt.
        settle_now=False,
    )


def _not_remembered(open_set: OpenSet, event: Event) -> OpenSet:
    assert isinstance(event, NotRemembered)
    return replace(open_set, phase=Phase.FIND if event.copies_left else Phase.LAST_FIND)


def _found_none(otherwise: Phase) -> Move:
    def move(open_set: OpenSet, _event: Event) -> OpenSet | Settled:
        if open_set.ran:
            # It ran, and what it made is gone without a trace: nobody but a person may go on.
            return Settled(Outcome.PARKED)
        if open_set.turned_away and open_set.sends == 1:
            return Settled(Outcome.NOT_RUN)
        ends = otherwise is Phase.AGAIN and not open_set.turned_away
        if ends and open_set.sends >= MOST_SENDS:
            return Settled(Outcome.PARKED)
        return replace(open_set, phase=otherwise)

    return move


def _sent_again(open_set: OpenSet, event: Event) -> OpenSet:
    assert isinstance(event, SentAgain)
    return replace(
        open_set,
        phase=Phase.SENT,
        sends=open_set.sends + 1,
        last_sent_at=event.at,
        turned_away=False,
        settle_now=False,
    )


_AGAIN_FROM_THE_CHECK = _to(Phase.CHECK, doubted=True)
_REMEMBERED: dict[type[Event], Move] = {
    Saved: _settle(Outcome.POSTED),
    Declined: _settle(Outcome.REFUSED),
    RanUnseen: _to(Phase.FIND, ran=True),
    NotRemembered: _not_remembered,
}
# Whatever the phase, the list of changed payments may show it.
_FOUND: dict[type[Event], Move] = {
    Saved: _settle(Outcome.POSTED),
    FoundUnclear: _settle(Outcome.PARKED),
}

TRANSITIONS: dict[Phase, dict[type[Event], Move]] = {
    Phase.SENT: {
        Saved: _settle(Outcome.POSTED),
        Declined: _settle(Outcome.REFUSED),
        Unanswered: _unanswered,
        SessionBegan: _AGAIN_FROM_THE_CHECK,
    },
    Phase.CHECK: {**_REMEMBERED, **_FOUND, SessionBegan: _AGAIN_FROM_THE_CHECK},
    Phase.FIND: {**_FOUND, FoundNone: _found_none(Phase.HOLD), SessionBegan: _AGAIN_FROM_THE_CHECK},
    Phase.HOLD: {**_REMEMBERED, **_FOUND, SessionBegan: _AGAIN_FROM_THE_CHECK},
    Phase.LAST_FIND: {
        **_FOUND,
        FoundNone: _found_none(Phase.AGAIN),
        SessionBegan: _AGAIN_FROM_THE_CHECK,
    },
    Phase.AGAIN: {
        **_FOUND,
        SentAgain: _sent_again,
        GivenUp: _settle(Outcome.NOT_RUN),
        SessionBegan: _AGAIN_FROM_THE_CHECK,
    },
    Phase.CLOSED: {},
}
