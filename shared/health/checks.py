"""One finding about the health of an installation, and how figures in it are worded."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from shared.structs import Value

_SPANS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_SIZES = ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"))


class State(StrEnum):
    """How a check ended; ``fail`` means that syncs do not work, or will not for long."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Check(Value):
    """What was looked at (``name``), what was found, and what to do unless all is well.

    A name may come several times: once for each daemon, for each setting that is wrong.
    """

    name: Annotated[str, "what was checked; a name may appear several times"]
    state: Annotated[State, "`ok`, `warn` or `fail`"]
    told: Annotated[str, "what was found"]
    remedy: Annotated[str, "what to do; empty when all is well"] = ""


def ok(name: str, told: str) -> Check:
    """All is well."""
    return Check(name, State.OK, told)


def warn(name: str, told: str, remedy: str) -> Check:
    """It works, but somebody should look at it."""
    return Check(name, State.WARN, told, remedy)


def fail(name: str, told: str, remedy: str) -> Check:
    """It does not work, or will not for long."""
    return Check(name, State.FAIL, told, remedy)


def span(time: timedelta) -> str:
    """A length of time in its largest unit: ``4 seconds``, ``1 day``; never below zero."""
    seconds = max(0, int(time.total_seconds()))
    length, unit = next((one for one in _SPANS if seconds >= one[0]), _SPANS[-1])
    return count(seconds // length, unit)


def size(number_of_bytes: int) -> str:
    """A size in its largest unit: ``512 bytes``, ``4.2 MB``."""
    for length, unit in _SIZES:
        if number_of_bytes >= length:
            return f"{number_of_bytes / length:.1f} {unit}"
    return count(number_of_bytes, "byte")


def count(number: int, one: str) -> str:
    """``1 problem``, ``2,000 problems``."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"
