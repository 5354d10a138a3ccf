"""Answers to single requests: their status, their records, and their text."""

from __future__ import annotations

from collections.abc import Iterable

from shared.structs import Value
from simulator.company.answers import escape, wrap
from simulator.company.errors import OK, Status
from simulator.company.message_set import Request
from simulator.company.records import StoredAnswer

ANSWER, STATUS, RECOVERY = "answer", "status", "recovery"
_RECOVERY_SINCE = (11, 0)


class Answer(Value):
    """What one request is answered with; the numbers are None where QuickBooks says none."""

    status: Status = OK
    records: tuple[str, ...] = ()
    count: int | None = None
    remaining: int | None = None
    iterator_id: str = ""
    recovery: str = ""


def stored(request: Request, answer: Answer) -> StoredAnswer:
    """An answer as it is kept with its message set."""
    status = answer.status
    attributes = {
        "requestID": request.request_id,
        "statusCode": status.code,
        "statusSeverity": status.severity,
        "statusMessage": status.message,
        "retCount": answer.count,
        "iteratorRemainingCount": answer.remaining,
        "iteratorID": answer.iterator_id or None,
    }
    head = " ".join(
        f'{key}="{escape(str(value))}"' for key, value in attributes.items() if value is not None
    )
    return StoredAnswer(
        name=request.type.name.removesuffix("Rq") + "Rs",
        head=head,
        data="".join(answer.records),
        recovery=wrap("ErrorRecovery", (answer.recovery,)) if answer.recovery else "",
    )


def text(answers: Iterable[StoredAnswer], show: str) -> str:
    """Answers as qbXML: with their records, with their ErrorRecovery, or with their status alone.

    ``show`` is ANSWER, RECOVERY or STATUS.
    """
    return "".join(_text(one, show) for one in answers)


def _text(one: StoredAnswer, show: str) -> str:
    inside = one.data if show == ANSWER else one.recovery if show == RECOVERY else ""
    if not inside:
        return f"<{one.name} {one.head} />\n"
    return f"<{one.name} {one.head}>\n{inside}</{one.name}>\n"


def message_set(answers: str, new_id: str | None, code: str) -> str:
    """The document around the answers; the attributes come only where ids were given."""
    new = f' newMessageSetID="{escape(new_id)}"' if new_id is not None else ""
    status = f' messageSetStatusCode="{code}"' if code else ""
    return (
        f'<?xml version="1.0" ?>\n<QBXML>\n<QBXMLMsgsRs{new}{status}>\n'
        f"{answers}</QBXMLMsgsRs>\n</QBXML>\n"
    )


def recovers(version: tuple[int, int]) -> bool:
    """Whether answers of that version may carry an ErrorRecovery element."""
    return version >= _RECOVERY_SINCE
