"""Payments of the platform come into a store, as the operations take them in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from shared.models import connections
from shared.models.payments import from_platform
from shared.models.store import Store
from shared.operations.deciding import Operator, carry_out
from shared.operations.payment_cells import FileRow
from shared.operations.payment_intake import Report, plan_import
from shared.rules.payments.values import NewPayment


class Clerk(Operator):
    """Who decides in a test, at a time of the test's."""

    at: datetime

    @property
    def now(self) -> datetime:
        return self.at


def take_in(
    store: Store, connection_id: int, payments: Iterable[NewPayment], now: datetime
) -> Report:
    """Take payments in as the rows of a file, the first on line 1."""
    rows = [FileRow(line, one) for line, one in enumerate(payments, 1)]
    with store.transaction():
        name = connections.by_id(connection_id).name
        plan = plan_import(store, name, rows, source="a test")
        return carry_out(Clerk(store, "test", now), plan).report


def numbers(store: Store, connection_id: int, *external_ids: str) -> list[int]:
    """The numbers of payments, in the order of their ids."""
    with store.reading():
        found = from_platform.ids(connection_id, external_ids)
    return [found[one] for one in external_ids]
