"""Credit memos of QuickBooks of which something is left; they are only read."""

from __future__ import annotations

from decimal import Decimal

from shared.models.ledger import credit_memos
from shared.models.store import Store
from shared.operations import which
from shared.operations.which import Which
from shared.rules.ledger import CreditMemo, Listed, OpenCredit


def view_list(_store: Store, connection: Which) -> list[Listed[CreditMemo]]:
    """Open credit memos by connection and date; of all connections for None. Raises NotFound."""
    return [
        Listed(held.name, memo)
        for held in which.every(connection)
        for memo in credit_memos.all_of(held.id)
    ]


def by_customer(connection_id: int) -> list[OpenCredit]:
    """What each customer or job has left, by name and currency."""
    found: dict[tuple[str, str], list[Decimal]] = {}
    for memo in credit_memos.all_of(connection_id):
        found.setdefault((memo.customer, memo.currency), []).append(memo.remaining)
    return [
        OpenCredit(*key, len(left), sum(left, Decimal())) for key, left in sorted(found.items())
    ]
