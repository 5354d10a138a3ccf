"""Problems in words: what happened, where each one stands, and what can be decided about it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from shared import dates
from shared.operations.describe.sections import Section, told
from shared.rules.values import Problem, ProblemState, RecordKind

_S = ProblemState
STANDS: Mapping[ProblemState, str] = {
    _S.OPEN: "is open",
    _S.RETRY: "waiting for the next sync to try again",
    _S.ACKNOWLEDGED: "is acknowledged",
    _S.SKIPPED: "is skipped",
    _S.RESOLVED: "is resolved",
}
"""Where a problem stands, as the end of a sentence."""


def document_of(problem: Problem) -> str:
    """What the problem is about, as a person calls it."""
    return problem.document or problem.object_id


def standing(problem: Problem) -> str:
    """Where a problem stands, with who decided what and why."""
    note = f": {problem.note}" if problem.note else ""
    who = f" (by {problem.changed_by})" if problem.changed_by else ""
    return f"{STANDS[problem.state].removeprefix('is ')}{note}{who}"


def sections(problem: Problem) -> tuple[Section, Section]:
    """What happened with what to do about it, then where the problem stands."""
    happened = (
        ("Document", document_of(problem)),
        ("What happened", problem.message),
        ("QuickBooks said", problem.said),
        ("What to do", problem.remedy),
    )
    stands = (
        ("Status", standing(problem)),
        ("Decided", dates.moment(problem.changed_at)),
        ("First seen", _met(problem.first_seen_at, problem.first_sync_id)),
        ("Last seen", _met(problem.last_seen_at, problem.sync_id)),
        ("Connection", problem.connection),
        _record(problem),
        ("Code", problem.code),
    )
    return told(f"Problem {problem.id}", happened), told("Status", stands)


def _met(at: datetime, sync_id: int | None) -> str:
    return dates.moment(at) + (f", in sync {sync_id}" if sync_id else "")


def _record(problem: Problem) -> tuple[str, str]:
    """The ID of its record: payments go by our number unless never taken in."""
    if problem.kind in (RecordKind.SYNC, RecordKind.DELIVERY, RecordKind.PLATFORM):
        return ("", "")
    if problem.kind is RecordKind.RECEIVING:
        return ("ID on the platform", problem.object_id.rpartition("/")[2])
    ours = problem.kind == RecordKind.PAYMENT and problem.object_id.isdecimal()
    return ("Payment number" if ours else "QuickBooks ID", problem.object_id)


_TRIED_AGAIN: Mapping[RecordKind, str] = {
    RecordKind.INVOICE: "reads the invoice again in the next Invoice Sync",
    RecordKind.CREDIT_MEMO: "reads the credit memo again in the next Invoice Sync",
    RecordKind.CUSTOMER: "reads the customer again in the next Invoice Sync",
    RecordKind.PAYMENT: "checks the payment again; you see first what will happen",
    RecordKind.SYNC: "notes that it is fixed; the next sync shows whether it is",
    RecordKind.DELIVERY: (
        "delivers the events again that were set aside, unless later ones replaced them"
    ),
    RecordKind.SENDING: "sends the record to the billing platform again, as it is now",
    RecordKind.RECEIVING: "reads the record of the billing platform again within a minute",
    RecordKind.PLATFORM: "asks the billing platform again at once",
}


def choices(problem: Problem, allowed: Collection[str]) -> Iterator[tuple[str, str]]:
    """What each decision of ``allowed`` does, in their usual order: its word, then the rest."""
    does = {
        "retry": _TRIED_AGAIN[problem.kind],
        "acknowledge": "confirms that this is intended: the problem closes, the record stays",
        "skip": "leaves the record out of future syncs until you unskip it",
        "unskip": "includes the record again in the next sync",
        "resolve": "closes the problem: you settled it yourself",
    }
    yield from ((word, what) for word, what in does.items() if word in allowed)
