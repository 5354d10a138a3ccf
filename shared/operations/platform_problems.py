"""What is decided about problems of the billing platform: of records on their way, and of itself.

A record on its way out is decided about where it stands, and that closes its problem. One that does
not come in is read again, or left out from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from shared.errors import NotPossible
from shared.models import outlets, problems
from shared.models.platforms import accounts, outbox, paid, receiving
from shared.operations.deciding import Operator
from shared.operations.describe.text import count
from shared.rules.connectors import Outgoing, SendState
from shared.rules.values import Problem, ProblemState, RecordKind

_SENDING = RecordKind.SENDING
_RECEIVING = RecordKind.RECEIVING
_PLATFORM = RecordKind.PLATFORM
KINDS = (_SENDING, _RECEIVING, _PLATFORM)
"""The kinds of problems that are decided about here."""


def retry(by: Operator, problem: Problem) -> None:
    """Try it again. Raises NotFound where it is on its way no more, or nothing is connected."""
    _RETRY[problem.kind](by, problem)


def _retry_sending(by: Operator, problem: Problem) -> None:
    _stands(by, problem, SendState.WAITING, "")


def _retry_receiving(by: Operator, problem: Problem) -> None:
    accounts.get(problem.connection_id, problem.connection)
    receiving.look_again(problem, by.now)
    problems.change(problem.id, ProblemState.RETRY, "", by.who, by.now)


def _retry_platform(by: Operator, problem: Problem) -> None:
    account = accounts.get(problem.connection_id, problem.connection)
    outlets.resume(outlets.get(accounts.outlet_name(account.connection_id)).id)
    problems.change(problem.id, ProblemState.RETRY, "", by.who, by.now)


_RETRY: Mapping[RecordKind, Callable[[Operator, Problem], None]] = {
    _SENDING: _retry_sending,
    _RECEIVING: _retry_receiving,
    _PLATFORM: _retry_platform,
}


def skip(by: Operator, problem: Problem, because: str) -> None:
    """Leave the record out."""
    if problem.kind is _SENDING:
        _stands(by, problem, SendState.SKIPPED, because)
        return
    receiving.leave_out(problem)
    problems.change(problem.id, ProblemState.SKIPPED, because, by.who, by.now)


def _stands(by: Operator, problem: Problem, state: SendState, because: str) -> None:
    account = accounts.get(problem.connection_id, problem.connection)
    kind, _, object_id = problem.object_id.partition("/")
    for one in outbox.get(problem.connection_id, object_id):
        if one.kind.value == kind:
            if state is SendState.SKIPPED:
                check_not_under_way(one)
            paid.decide(*account.where, one, state, because, one.choice, by.now)


def check_not_under_way(one: Outgoing) -> None:
    """Refuse to leave out what the platform may have by now. Raises NotPossible."""
    if one.request is not None:
        raise NotPossible(
            "It was already sent, and whether it arrived is not known yet.",
            "Wait a few minutes until that is known.",
        )


def told_of_retrying(records: Sequence[Problem]) -> Iterator[str]:
    """What retrying these problems brings about."""
    if sent := _of(_SENDING, records):
        yield f"{count(sent, 'record')} will be sent to the billing platform again."
    if received := _of(_RECEIVING, records):
        yield f"{count(received, 'record')} of the billing platform will be read again in a minute."
    if _of(_PLATFORM, records):
        yield "The billing platform will be asked again at once."


def told_of_skipping(records: Sequence[Problem]) -> Iterator[str]:
    """What skipping these problems brings about."""
    if sent := _of(_SENDING, records):
        yield (
            f"{count(sent, 'record')} will not be sent to the billing platform until somebody"
            " retries it there."
        )
    if received := _of(_RECEIVING, records):
        yield (
            f"{count(received, 'record')} of the billing platform will not be imported until"
            " somebody unskips it."
        )


def _of(kind: RecordKind, records: Sequence[Problem]) -> int:
    return sum(one.kind is kind for one in records)
