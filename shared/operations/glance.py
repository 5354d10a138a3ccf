"""One company at a glance: its last syncs, its problems, its payments, its money by state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.structs import Value

if TYPE_CHECKING:
    from shared.models.store import Store
    from shared.rules.payments.views import PaymentFigure, PaymentLine
    from shared.rules.values import Problem, Sync

SYNCS, PROBLEMS = 60, 30


class Glance(Value):
    """The newest of each, newest first; ``payments`` are those on their way, by what they need.

    ``syncs`` have ended; ``open_problems`` says how many there are.
    """

    connection_id: int
    syncs: tuple[Sync, ...]
    open_problems: int
    problems: tuple[Problem, ...]
    payments: tuple[PaymentLine, ...]
    money: tuple[PaymentFigure, ...]


def view(store: Store, connection_id: int) -> Glance:
    """What there is of a connection; nothing of one that is gone."""
    # Imported on the thread that reads, once the first screen is painted.
    from shared.models import problems, syncs
    from shared.operations import payment_views
    from shared.rules.payments.views import PaymentFilter
    from shared.rules.values import WAITING

    queue = payment_views.view_queue(store, PaymentFilter(connection_id))
    return Glance(
        connection_id,
        tuple(syncs.history(limit=SYNCS, connection_ids=[connection_id])),
        sum(problems.counts(WAITING, (), connection_id=connection_id).values()),
        tuple(problems.page(WAITING, (), PROBLEMS, connection_id=connection_id)),
        tuple(line for group in queue.groups for line in group.lines),
        tuple(figure for group in queue.groups for figure in group.figures),
    )
