"""The problems of records of the platform that do not come in.

That of a record is named by its account and its id there, ``invoiced:production:7/1203``: it closes
when the record comes in, or when it is nothing to be taken in any more. One that a person skips is
left out from then on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from shared.models import problems
from shared.models.platforms import inbox
from shared.rules.connectors import PlatformAccount
from shared.rules.values import Problem, RecordKind

REFUSED, FAILED = "arrival-refused", "arrival-failed"
_KIND = RecordKind.RECEIVING


def _name(account: PlatformAccount, their_id: str) -> str:
    return f"{account.identity}/{their_id}"


def _document(account: PlatformAccount, their_id: str) -> str:
    """What people call a record: ``Invoiced payment 1203``, or ``Invoiced event 77``."""
    called = their_id.replace("/", " ") if "/" in their_id else f"payment {their_id}"
    return f"{account.platform.capitalize()} {called}"


def tell(account: PlatformAccount, their_id: str, code: str, reason: str, now: datetime) -> None:
    """Open the problem of a record that does not come in, for this reason."""
    _close(account, their_id, code, now)
    about = (_KIND, _name(account, their_id), _document(account, their_id))
    trouble = problems.trouble(code, *about, reason=reason.rstrip("."), basis=reason)
    problems.report(account.connection_id, None, [trouble], now)


def settle(account: PlatformAccount, their_id: str, now: datetime) -> None:
    """Close what waits about a record: it came in, or nothing of it is to."""
    _close(account, their_id, "", now)


def _close(account: PlatformAccount, their_id: str, kept: str, now: datetime) -> None:
    problems.resolve_all_but(account.connection_id, _KIND, [_name(account, their_id)], [kept], now)


def waiting(account: PlatformAccount) -> list[Problem]:
    """Return the problems of records of the account that did not come in."""
    found = problems.list_problems(account.connection_id)
    return [one for one in found if one.kind is _KIND and list(_of(account, one.object_id))]


def skipped(account: PlatformAccount) -> frozenset[str]:
    """Return the records that a person had left out, by their ids there."""
    found = problems.skipped(account.connection_id, _KIND)
    return frozenset(their_id for name in found for their_id in _of(account, name))


def _of(account: PlatformAccount, name: str) -> Iterator[str]:
    identity, _, their_id = name.partition("/")
    if identity == account.identity:
        yield their_id


def look_again(problem: Problem, now: datetime) -> None:
    """Have the record of a problem read again at the next poll."""
    identity, _, their_id = problem.object_id.partition("/")
    inbox.watch(*(problem.connection_id, identity, their_id, problem.message), due_at=now, now=now)


def leave_out(problem: Problem) -> None:
    """Read the record of a problem no more."""
    identity, _, their_id = problem.object_id.partition("/")
    inbox.unwatch(problem.connection_id, identity, their_id)
