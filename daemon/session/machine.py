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


class Phase(StrEnum):
    """Where a session stands between two callbacks."""

    READY = "ready"  # sendRequestXML may ask for work
    AWAITING = "awaiting"  # a request is out; QuickBooks may already have acted
    WAITING = "waiting"  # QuickBooks was busy: getLastError says NoOp, then work is asked again
    SETTLING = "settling"  # the answer is stored; the books are settled, slice by slice
    FAILED = "failed"  # getLastError will ask why
    DONE = "done"  # 100 was answered; closeConnection follows
    CLOSED = "closed"  # terminal: closed, taken over or given up


class Event(StrEnum):
    """What happens to a session."""

    REQUEST_HANDED_OUT = "RequestHandedOut"  # committed, and the answer of sendRequestXML
    ANSWER_STORED = "AnswerStored"  # QuickBooks' answer was understood, and more work is left
    SLICE_SETTLED = "SliceSettled"  # nothing to ask for now; more is left of settling the books
    PAUSE_TAKEN = "PauseTaken"  # QuickBooks was busy: the Web Connector is asked to wait
    WORK_RAN_OUT = "WorkRanOut"  # nothing is left to ask
    FAILURE_MET = "FailureMet"  # it cannot go on; the sentence that says why is stored with it
    OPENING_RETRIED = "OpeningRetried"  # QuickBooks did not open; the Web Connector tries once more
    CONNECTION_CLOSED = "ConnectionClosed"  # closeConnection; or it was taken over or given up


TRANSITIONS: dict[Phase, dict[Event, Phase]] = {
    Phase.READY: {
        Event.REQUEST_HANDED_OUT: Phase.AWAITING,
        Event.SLICE_SETTLED: Phase.SETTLING,
        Event.PAUSE_TAKEN: Phase.WAITING,
        Event.WORK_RAN_OUT: Phase.DONE,
        Event.FAILURE_MET: Phase.FAILED,
        Event.OPENING_RETRIED: Phase.READY,
        Event.CONNECTION_CLOSED: Phase.CLOSED,
    },
    Phase.AWAITING: {
        # Asked again: our reply was lost, so the same request goes out again.
        Event.REQUEST_HANDED_OUT: Phase.AWAITING,
        Event.ANSWER_STORED: Phase.READY,
        Event.SLICE_SETTLED: Phase.SETTLING,
        Event.PAUSE_TAKEN: Phase.WAITING,
        Event.WORK_RAN_OUT: Phase.DONE,
        Event.FAILURE_MET: Phase.FAILED,
        # Closing here is not success: what QuickBooks did is unknown.
        Event.CONNECTION_CLOSED: Phase.CLOSED,
    },
    Phase.WAITING: {
        Event.REQUEST_HANDED_OUT: Phase.AWAITING,
        Event.SLICE_SETTLED: Phase.SETTLING,
        Event.PAUSE_TAKEN: Phase.WAITING,
        Event.WORK_RAN_OUT: Phase.DONE,
        Event.FAILURE_MET: Phase.FAILED,
        Event.CONNECTION_CLOSED: Phase.CLOSED,
    },
    Phase.SETTLING: {
        Event.SLICE_SETTLED: Phase.SETTLING,
        # Another stage follows: it is asked for by sendRequestXML, or was just now.
        Event.ANSWER_STORED: Phase.READY,
        Event.REQUEST_HANDED_OUT: Phase.AWAITING,
        Event.WORK_RAN_OUT: Phase.DONE,
        Event.FAILURE_MET: Phase.FAILED,
        Event.CONNECTION_CLOSED: Phase.CLOSED,
    },
    Phase.FAILED: {Event.FAILURE_MET: Phase.FAILED, Event.CONNECTION_CLOSED: Phase.CLOSED},
    Phase.DONE: {Event.CONNECTION_CLOSED: Phase.CLOSED},
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
    **dict.fromkeys(Phase, OnSend.NOTHING),
    Phase.READY: OnSend.PLAN,
    Phase.AWAITING: OnSend.REPEAT,
    Phase.WAITING: OnSend.PAUSE,
    Phase.SETTLING: OnSend.PLAN,
}
ON_RECEIVE: dict[Phase, OnReceive] = {
    **dict.fromkeys(Phase, OnReceive.RECALL),
    Phase.AWAITING: OnReceive.TAKE,
    Phase.SETTLING: OnReceive.GO_ON,
}
ON_LAST_ERROR: dict[Phase, OnLastError] = {
    **dict.fromkeys(Phase, OnLastError.STANDING),
    Phase.WAITING: OnLastError.NO_OP,
    Phase.FAILED: OnLastError.SENTENCE,
    Phase.CLOSED: OnLastError.SENTENCE,
}
# Once it is past READY, QuickBooks was open already: a refusal now ends the update.
ON_CONNECTION_ERROR: dict[Phase, OnConnectionError] = {
    **dict.fromkeys(Phase, OnConnectionError.GIVE_UP),
    Phase.READY: OnConnectionError.CONSIDER,
}
ON_CLOSE: dict[Phase, OnClose] = {
    **dict.fromkeys(Phase, OnClose.CUT),
    Phase.FAILED: OnClose.REPORT,
    Phase.DONE: OnClose.REPORT,
    Phase.CLOSED: OnClose.AGAIN,
}

UNFINISHED = frozenset({Phase.READY, Phase.AWAITING, Phase.WAITING, Phase.SETTLING})
"""Phases that hold the company file for their Web Connector."""
