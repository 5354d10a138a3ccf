"""Faults for rehearsal: what goes wrong at which call of an update.

A fault is written KIND:CALL[:TURN[:SECONDS]], for instance ``drop-sent:receiveResponseXML:2``
or ``delay:authenticate:1:30``. TURN counts the calls of that name in one update from 1; ``*``
means each of them.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Self

from shared.structs import Value
from simulator.webconnector.transport import ConnectionCut, Transport

OPERATIONS = (
    "serverVersion", "clientVersion", "authenticate", "sendRequestXML", "receiveResponseXML",
    "connectionError", "getLastError", "closeConnection", "getInteractiveURL",
    "interactiveRejected", "interactiveDone",
)  # fmt: skip


class FaultKind(StrEnum):
    """What goes wrong."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:
        """A kind by its name, with its meaning in words."""
        kind = str.__new__(cls, value)
        kind._value_, kind.meaning = value, meaning
        return kind

    DROP_BEFORE = "drop-before", "the connection fails before anything is sent"
    HALF_SENT = "half-sent", "the connection fails after half of the request"
    DROP_SENT = "drop-sent", "the request is sent, the connection fails before the reply"
    DROP_REPLY = "drop-reply", "the service replied, the reply is lost"
    CUT_REPLY = "cut-reply", "half of the reply arrives"
    CUT_RESPONSE = ("cut-response", "half of QuickBooks' answer is passed on (receiveResponseXML)")
    REPEAT = "repeat", "the same call is made twice"
    SKIP = "skip", "the call is left out (closeConnection, serverVersion, clientVersion)"
    DELAY = "delay", "the call is made SECONDS later"
    DIE_BEFORE = "die-before", "the PC is switched off before the call"
    DIE_AFTER = "die-after", "the PC is switched off after the call"
    SECOND = (
        "second-connector",
        "a second Web Connector runs the same application before the call",
    )


SKIPPABLE = ("serverVersion", "clientVersion", "closeConnection")


class FaultUnreadable(ValueError):
    """A fault is written wrongly; the text says how to write it."""


class Fault(Value):
    """One fault; ``turn`` None means each call of that name."""

    kind: FaultKind
    call: str
    turn: int | None = 1
    seconds: float = 0.0

    def strikes(self, call: str, turn: int) -> bool:
        """Whether it happens at the ``turn``-th ``call``."""
        return self.call == call and self.turn in (None, turn)


class Moment(StrEnum):
    """On which side of a call."""

    BEFORE = "before"
    AFTER = "after"


class Boundary(NamedTuple):
    """A point between two calls, where a rehearsal may kill or change something."""

    moment: Moment
    call: str
    turn: int

    def __str__(self) -> str:
        return f"{self.moment} {self.call} {self.turn}"


def parse_fault(text: str) -> Fault:
    """Read KIND:CALL[:TURN[:SECONDS]]; raises FaultUnreadable."""
    kind, *rest = text.split(":")
    kinds = {one.value: one for one in FaultKind}
    if kind not in kinds:
        raise FaultUnreadable(_unknown("fault", kind, list(kinds)))
    if not 1 <= len(rest) <= 3:
        raise FaultUnreadable(f"{text!r}: write it as KIND:CALL[:TURN[:SECONDS]].")
    call = next((known for known in OPERATIONS if known.lower() == rest[0].lower()), None)
    if call is None:
        raise FaultUnreadable(_unknown("call", rest[0], OPERATIONS))
    turn = _turn(rest[1]) if len(rest) > 1 else 1
    fault = Fault(kinds[kind], call, turn, _seconds(rest[2]) if len(rest) > 2 else 0.0)
    _check_place(fault)
    return fault


def _unknown(what: str, word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
    return f"There is no {what} {word!r}. {hint}"


def _turn(text: str) -> int | None:
    if text == "*":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise FaultUnreadable(f"The turn {text!r} must be a number from 1, or *.")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise FaultUnreadable(f"The seconds {text!r} must be a number from 0.")
    return seconds


def _check_place(fault: Fault) -> None:
    if fault.kind is FaultKind.SKIP and fault.call not in SKIPPABLE:
        raise FaultUnreadable(f"Only {', '.join(SKIPPABLE)} can be skipped, not {fault.call}.")
    if fault.kind is FaultKind.CUT_RESPONSE and fault.call != "receiveResponseXML":
        raise FaultUnreadable("cut-response belongs to receiveResponseXML.")
    if (fault.kind is FaultKind.DELAY) != (fault.seconds > 0):
        raise FaultUnreadable("A delay needs SECONDS above 0; the other faults take none.")


LINE_FAULTS = (
    FaultKind.DROP_BEFORE,
    FaultKind.HALF_SENT,
    FaultKind.DROP_SENT,
    FaultKind.DROP_REPLY,
    FaultKind.CUT_REPLY,
)


def carry_badly(
    line: Transport, kind: FaultKind, url: str, headers: Mapping[str, str], body: bytes | None, /
) -> tuple[int, Mapping[str, str], bytes]:
    """Carry a request as far as one of LINE_FAULTS lets it; raises ConnectionCut."""
    if kind is FaultKind.DROP_BEFORE:
        raise ConnectionCut("rehearsed: nothing was sent")
    if kind is FaultKind.HALF_SENT:
        _send_only(line, url, headers, body or b"", 0.5)
        raise ConnectionCut("rehearsed: half of the request was sent")
    if kind is FaultKind.DROP_SENT:
        _send_only(line, url, headers, body or b"", 1.0)
        raise ConnectionCut("rehearsed: hung up before the reply was read")
    status, reply_headers, reply = line(url, headers, body)
    if kind is FaultKind.DROP_REPLY:
        raise ConnectionCut("rehearsed: the reply was lost")
    return status, reply_headers, reply[: len(reply) // 2]


def _send_only(
    line: Transport, url: str, headers: Mapping[str, str], body: bytes, fraction: float
) -> None:
    """Hang up like a socket does; in memory, a whole request is served and half is none."""
    send_only = getattr(line, "send_only", None)
    if send_only is not None:
        send_only(url, headers, body, fraction)
    elif fraction == 1.0:
        line(url, headers, body)
