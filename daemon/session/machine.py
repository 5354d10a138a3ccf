"""The life of one Web Connector update, as tables that can be read aloud.

A session goes from authenticate to closeConnection. The machine knows nothing of qbXML,
rows or sockets: callers send events, and look up in ``ON_…`` what a callback means in the
phase they find. Rules: Intuit, QuickBooks Web Connector Programmer's Guide, on the callbacks.

The life of a session that goes well, and what may come between::

                  +------------- answer -------------+
                  v                                  |
    login --->  ready ----------- request -----> awaiting ---> settling ---+
                  ^                                  |            |        |
                  |   after a pause: request         | busy       | slice by slice
                  +------------------- waiting <-----+            v        |
                                                                 done <----+  then closed

Every move, as the tables have it (a test holds this list to them)::

    ready --RequestHandedOut--> awaiting --AnswerStored--> ready
    awaiting --RequestHandedOut--> awaiting     asked again: the same bytes go out again
    ready --OpeningRetried--> ready             QuickBooks did not open
    ready, awaiting, waiting --PauseTaken--> waiting --RequestHandedOut--> awaiting
    ready, awaiting, waiting, settling --SliceSettled--> settling
    settling --AnswerStored--> ready            another stage follows
    settling --RequestHandedOut--> awaiting
    ready, awaiting, waiting, settling --WorkRanOut--> done
    ready, awaiting, waiting, settling, failed --FailureMet--> failed
    ready, awaiting, waiting, settling, failed, done --ConnectionClosed--> closed
"""

from __future__ import annotations

from enum import StrEnum

from daemon.transitions import cell
from shared.structs import Value


class Phase(StrEnum):
    """Where a session stands between two callbacks."""

    READY = "ready"  # sendRequestXML may ask for work
    AWAITING = "awaiting"  # a request is out; QuickBooks may already have acted
    WAITING = "waiting"  # QuickBooks was busy: getLastError says NoOp, then work is asked again
    SETTLING = "settling"  # the answer is stored; the books are settled, slice by slice
    FAILED = "failed"  # getLastError will ask why
    DONE = "done"  # 100 was answered; closeConnection follows
    CLOSED = "closed"  # terminal: closed, taken over or given up


class RequestHandedOut(Value):
    """A qbXML request was committed and is the answer of sendRequestXML."""


class AnswerStored(Value):
    """QuickBooks' answer was understood and stored, and more work is left."""


class SliceSettled(Value):
    """Nothing is left to ask for now, and a part of the books was settled: more is left of it."""


class PauseTaken(Value):
    """QuickBooks was busy: the Web Connector is asked to wait."""


class WorkRanOut(Value):
    """Nothing is left to ask."""


class FailureMet(Value):
    """The session cannot go on; the sentence that says why is stored with it."""


class OpeningRetried(Value):
    """QuickBooks could not be opened; the Web Connector tries once more."""


class ConnectionClosed(Value):
    """closeConnection arrived, or the session was taken over or given up."""


Event = (
    RequestHandedOut
    | AnswerStored
    | SliceSettled
    | PauseTaken
    | WorkRanOut
    | FailureMet
    | OpeningRetried
    | ConnectionClosed
)

TRANSITIONS: dict[Phase, dict[type[Event], Phase]] = {
    Phase.READY: {
        RequestHandedOut: Phase.AWAITING,
        SliceSettled: Phase.SETTLING,
        PauseTaken: Phase.WAITING,
        WorkRanOut: Phase.DONE,
        FailureMet: Phase.FAILED,
        OpeningRetried: Phase.READY,
        ConnectionClosed: Phase.CLOSED,
    },
    Phase.AWAITING: {
        # Asked again: our reply was lost, so the same request goes out again.
        RequestHandedOut: Phase.AWAITING,
        AnswerStored: Phase.READY,
        SliceSettled: Phase.SETTLING,
        PauseTaken: Phase.WAITING,
        WorkRanOut: Phase.DONE,
        FailureMet: Phase.FAILED,
        # Closing here is not success: what QuickBooks did is unknown.
        ConnectionClosed: Phase.CLOSED,
    },
    Phase.WAITING: {
        RequestHandedOut: Phase.AWAITING,
        SliceSettled: Phase.SETTLING,
        PauseTaken: Phase.WAITING,
        WorkRanOut: Phase.DONE,
        FailureMet: Phase.FAILED,
        ConnectionClosed: Phase.CLOSED,
    },
    Phase.SETTLING: {
        SliceSettled: Phase.SETTLING,
        # Another stage follows: it is asked for by sendRequestXML, or was just now.
        AnswerStored: Phase.READY,
        RequestHandedOut: Phase.AWAITING,
        WorkRanOut: Phase.DONE,
        FailureMet: Phase.FAILED,
        ConnectionClosed: Phase.CLOSED,
    },
    Phase.FAILED: {FailureMet: Phase.FAILED, ConnectionClosed: Phase.CLOSED},
    Phase.DONE: {ConnectionClosed: Phase.CLOSED},
    Phase.CLOSED: {},
}


def after(phase: Phase, event: Event) -> Phase:
    """The phase that follows; raises NoSuchMove for a missing cell."""
    return cell(TRANSITIONS, phase, event)


class OnSend(StrEnum):
    """What sendRequestXML means."""

    PLAN = "plan"  # ask the plan for the next request
    REPEAT = "repeat"  # hand out the same bytes again
    PAUSE = "pause"  # the empty string while pauses are left, then the plan
    NOTHING = "nothing"  # the empty string; getLastError says the rest


class OnReceive(StrEnum):
    """What receiveResponseXML means."""

    TAKE = "take"  # the answer to the request that is out
    GO_ON = "go-on"  # that answer again, our reply to it was lost: settle what is left
    RECALL = "recall"  # a repeated answer gets the percent it got before; else out of turn


class OnLastError(StrEnum):
    """What getLastError answers."""

    SENTENCE = "sentence"  # the stored sentence of the failure
    NO_OP = "noop"  # wait five seconds and ask again
    STANDING = "standing"  # nothing is wrong: say where the session stands


class OnConnectionError(StrEnum):
    """What connectionError means."""

    CONSIDER = "consider"  # try once more, or give up with the hint
    GIVE_UP = "give-up"  # "done"


class OnClose(StrEnum):
    """What closeConnection means for the sync."""

    REPORT = "report"  # it ended before: tell its result
    CUT = "cut"  # it had work left: the next run goes on
    AGAIN = "again"  # closed before: the same words


ON_SEND: dict[Phase, OnSend] = {
    Phase.READY: OnSend.PLAN,
    Phase.AWAITING: OnSend.REPEAT,
    Phase.WAITING: OnSend.PAUSE,
    Phase.SETTLING: OnSend.PLAN,
    Phase.FAILED: OnSend.NOTHING,
    Phase.DONE: OnSend.NOTHING,
    Phase.CLOSED: OnSend.NOTHING,
}

ON_RECEIVE: dict[Phase, OnReceive] = {
    Phase.READY: OnReceive.RECALL,
    Phase.AWAITING: OnReceive.TAKE,
    Phase.WAITING: OnReceive.RECALL,
    Phase.SETTLING: OnReceive.GO_ON,
    Phase.FAILED: OnReceive.RECALL,
    Phase.DONE: OnReceive.RECALL,
    Phase.CLOSED: OnReceive.RECALL,
}

ON_LAST_ERROR: dict[Phase, OnLastError] = {
    Phase.READY: OnLastError.STANDING,
    Phase.AWAITING: OnLastError.STANDING,
    Phase.WAITING: OnLastError.NO_OP,
    Phase.SETTLING: OnLastError.STANDING,
    Phase.FAILED: OnLastError.SENTENCE,
    Phase.DONE: OnLastError.STANDING,
    Phase.CLOSED: OnLastError.SENTENCE,
}

ON_CONNECTION_ERROR: dict[Phase, OnConnectionError] = {
    Phase.READY: OnConnectionError.CONSIDER,
    # QuickBooks was open already: a refusal now ends the update.
    Phase.AWAITING: OnConnectionError.GIVE_UP,
    Phase.WAITING: OnConnectionError.GIVE_UP,
    Phase.SETTLING: OnConnectionError.GIVE_UP,
    Phase.FAILED: OnConnectionError.GIVE_UP,
    Phase.DONE: OnConnectionError.GIVE_UP,
    Phase.CLOSED: OnConnectionError.GIVE_UP,
}

ON_CLOSE: dict[Phase, OnClose] = {
    Phase.READY: OnClose.CUT,
    Phase.AWAITING: OnClose.CUT,
    Phase.WAITING: OnClose.CUT,
    Phase.SETTLING: OnClose.CUT,
    Phase.FAILED: OnClose.REPORT,
    Phase.DONE: OnClose.REPORT,
    Phase.CLOSED: OnClose.AGAIN,
}

UNFINISHED = frozenset({Phase.READY, Phase.AWAITING, Phase.WAITING, Phase.SETTLING})
"""Phases that hold the company file for their Web Connector."""
