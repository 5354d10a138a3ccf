"""How it went: syncs by the day, money by the week, and the last syncs of each application."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from shared.models import syncs, trends
from shared.models.store import Store
from shared.operations.days import midnight
from shared.operations.which import Which
from shared.operations.which import connection as chosen
from shared.rules.trends import WEEK, MoneyWeek, SyncDay, days_of, monday_of, weeks_of
from shared.rules.values import Sync
from shared.structs import Value

DAYS, WEEKS, LATEST = 28, 12, 40


class Trends(Value):
    """One connection, or all, over the last days and weeks; the present ones are the last."""

    connection: Annotated[str, "the connection; empty: all of them"]
    days: Annotated[tuple[SyncDay, ...], "syncs by the day, the oldest day first"]
    weeks: Annotated[
        tuple[MoneyWeek, ...], "money by the week, for each currency; the oldest week first"
    ]
    latest: tuple[Sync, ...] = ()


def view(store: Store, connection: Which = None, days: int = DAYS, weeks: int = WEEKS) -> Trends:
    """How it went over that many days and weeks, today's included; None: all connections.

    ``latest`` are the newest syncs that ended, newest first. Raises NotFound.
    """
    found = None if connection is None else chosen(connection)
    of = found.id if found else None
    today = store.now().astimezone().date()
    first_day = today - timedelta(days=days - 1)
    last_week = monday_of(today)
    first_week = last_week - (weeks - 1) * WEEK
    return Trends(
        found.name if found else "",
        tuple(days_of(trends.ran(of, midnight(first_day)), first_day, today)),
        tuple(
            weeks_of(
                trends.owed(of, first_week),
                trends.collected(of, first_week),
                trends.applied(of, first_week),
                first_week,
                last_week,
            )
        ),
        tuple(syncs.history(limit=LATEST, connection_ids=None if of is None else [of])),
    )
