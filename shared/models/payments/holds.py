"""What keeps every payment of a connection from QuickBooks, as the store knows it now.

Nothing of it is kept with the payments. It is worked out when somebody looks, so it ends by
itself with its cause.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from peewee import fn

from shared.hints import tell
from shared.models import tables as t
from shared.models.overview import ON_ITS_WAY
from shared.models.statements import AnyOf, Statement, among
from shared.rules.payments.values import Payment, PostingState
from shared.rules.payments.views import Hold
from shared.rules.values import ApplicationKind, Outcome, ProblemState, RecordKind

POSTING = "posting"
"""What a problem is about that keeps all payments from QuickBooks."""
COMPANY_FILE = "company-file"
"""What a problem is about where another copy of the company file may be open."""

_APPLICATIONS = (ApplicationKind.PAYMENT.value, ApplicationKind.COMBINED.value)
_READ = tuple(one.value for one in (Outcome.IMPORTED, Outcome.UPDATED, Outcome.DELETED))
_FLOW_OFF, _BEHIND_DOUBT = "payment-flow-off", "payment-behind-doubt"


def holds(connection_ids: Collection[int]) -> dict[int, Hold]:
    """What holds all posting of those of these connections where something does.

    The connection's own switch comes before what went wrong last, and that before a payment of
    unknown outcome, which the next Payment Sync settles.
    """
    doubts = _DOUBTS.all(connections=connection_ids)
    troubles = _troubles.all(connections=connection_ids)
    return {
        **{id_: _hold(_BEHIND_DOUBT, payment=f"payment {key}") for id_, key in doubts},
        **{
            id_: Hold(code, f"{document}: {message}", remedy)
            for id_, code, document, message, remedy in troubles
        },
        **{id_: _hold(_FLOW_OFF) for (id_,) in _SWITCHED_OFF.all(connections=connection_ids)},
    }


def of_waiting() -> dict[int, Hold]:
    """What holds all posting, of every connection where payments wait to be posted."""
    return holds(_WAITING.column(statuses=[one.value for one in ON_ITS_WAY]))


def told(connection_id: int, payments: Iterable[Payment]) -> list[Payment]:
    """Payments of a connection, each with its own reason or what holds all of them."""
    hold = holds([connection_id]).get(connection_id)
    return [hold.told_on(one) if hold else one for one in payments]


def _hold(code: str, **fields: str) -> Hold:
    told = tell(code, **fields)
    return Hold(code, told.message, told.remedy)


_WAITING = Statement(
    lambda: t.Connection.select("id").where(
        fn.EXISTS(
            t.Payment.select("id").where(
                t.Payment.has(connection=t.Connection.id, status=AnyOf("statuses"))
            )
        )
    )
)
_SWITCHED_OFF = Statement(
    lambda: t.Connection.select("id").where(
        among(t.Connection.id, "connections") & ~t.Connection.payments_out
    )
)
_DOUBTS = Statement(
    lambda: (
        t.Posting.select(t.Posting.connection, t.Payment.key)
        .join(t.Payment)
        .where(t.Posting.has(connection=AnyOf("connections"), state=PostingState.UNKNOWN))
    )
)


@Statement
def _troubles() -> Any:
    """Open problems with posting as a whole, the one that was met last at the end.

    A sync that had read payments before it failed had come past posting: it holds nothing back.
    """
    problem = t.Problem
    stopped = problem.object_id.in_((POSTING, COMPANY_FILE))
    failed = problem.object_id.in_(_APPLICATIONS) & ~fn.EXISTS(_read_by_the_sync())
    return (
        problem.select(
            *(problem.connection, problem.code, problem.document),
            *(problem.message, problem.remedy),
        )
        .where(
            among(problem.connection, "connections")
            & (problem.kind == RecordKind.SYNC.value)
            & (problem.state == ProblemState.OPEN.value)
            & (stopped | failed)
        )
        .order_by(problem.last_seen_ms, problem.id)
    )


def _read_by_the_sync() -> Any:
    """Payments of QuickBooks that the sync of a problem read, which it does after posting."""
    return t.Record.select("id").where(
        t.Record.has(sync=t.Problem.sync, kind=RecordKind.PAYMENT), t.Record.outcome.in_(_READ)
    )
