"""What became of a call, in a word: for the log and the metrics."""

from __future__ import annotations

from typing import Any

FAULT = "fault"
HUNG_UP = "hung-up"
NOT_TAKEN = "not-taken"
UNREADABLE = "unreadable"
WELCOME = "welcome"


def outcome(operation: str, value: Any, refused: str = "") -> str:
    """Name the outcome of a call that was answered with ``value``.

    ``refused`` is the hint code for which a login got no session.
    """
    match operation:
        case "authenticate":
            return refused or WELCOME
        case "sendRequestXML":
            return "request" if value else "nothing"
        case "receiveResponseXML":
            return _percent(value)
        case "connectionError":
            return "given-up" if value == "done" else "retried"
        case "clientVersion":
            return "too-old" if value else "fine"
        case "getLastError":
            return "pause" if value == "NoOp" else "told"
    return "answered"


def _percent(percent: int) -> str:
    if percent < 0:
        return "failed"
    return "done" if percent == 100 else "more"
