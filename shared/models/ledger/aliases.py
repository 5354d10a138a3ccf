"""The names that customers have borne, so that a renamed one is still known by its old name.

A merge gives the customer that remained the names of the one that is gone. QuickBooks tells of no
merge: it shows in an invoice that moved away from a customer that QuickBooks no longer has. One
that QuickBooks still shows after an invoice moved was not merged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from shared.models import tables as t
from shared.models.convert import millis
from shared.models.ledger.wanted import GONE
from shared.models.statements import AnyOf, Statement, insert_new_rows, slot
from shared.rules.ledger import CustomerState
from shared.rules.payments.names import folded
from shared.rules.values import Customer


def remember(connection_id: int, customers: Sequence[Customer], now: datetime) -> None:
    """Keep the full names, names and company names that customers bear now."""
    first_seen_ms = millis(now)
    _REMEMBER.many(
        (connection_id, one.list_id, key, name, first_seen_ms)
        for one in customers
        for name in dict.fromkeys((one.full_name, one.name, one.company_name))
        if (key := folded(name))
    )


_REMEMBER = insert_new_rows(t.CustomerAlias)


def invoices_moved(connection_id: int, moves: Collection[tuple[str, str]]) -> None:
    """Note that invoices moved from a customer to another; pairs of ListIDs."""
    if moves:
        _MOVED.many((connection_id, before, after) for before, after in sorted(moves))
        carry_over(connection_id)


_MOVED = insert_new_rows(t.CustomerMove)


def still_there(connection_id: int, list_ids: Iterable[str]) -> None:
    """QuickBooks shows these customers: the invoices that left them before left by no merge."""
    _NOT_MERGED.run(connection=connection_id, ids=list_ids)


_NOT_MERGED = Statement(
    lambda: t.CustomerMove.delete().where(
        t.CustomerMove.has("connection", from_list_id=AnyOf("ids"))
    )
)


def carry_over(connection_id: int) -> None:
    """Give the names of customers that are gone to those that have their invoices now."""
    _CARRY_OVER.run(connection=connection_id)


_CARRY_OVER = Statement(
    lambda: t.CustomerAlias.insert_from(
        t.CustomerAlias.select(
            *(t.CustomerAlias.connection, t.CustomerMove.to_list_id, t.CustomerAlias.folded),
            *(t.CustomerAlias.name, t.CustomerAlias.first_seen_ms),
        )
        .join(
            t.CustomerMove,
            on=t.CustomerMove.has(
                connection=t.CustomerAlias.connection, from_list_id=t.CustomerAlias.list_id
            ),
        )
        .join(
            t.Customer,
            on=t.Customer.has(
                connection=t.CustomerAlias.connection, list_id=t.CustomerAlias.list_id
            ),
        )
        .where(t.CustomerAlias.has("connection"), t.Customer.state.in_(GONE)),
        t.CustomerAlias._meta.sorted_fields,
    ).on_conflict_ignore()
)


def borne(connection_id: int, list_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return, by ListID, all names that these customers bear or have borne: folded, as written.

    In the order in which they were first seen.
    """
    names: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for list_id, key, name in _BORNE.all(connection=connection_id, ids=list_ids):
        names[list_id][key] = name
    return names


_BORNE = Statement(
    lambda: (
        t.CustomerAlias.select("list_id", "folded", "name")
        .where(t.CustomerAlias.has("connection", list_id=AnyOf("ids")))
        .order_by(t.CustomerAlias.first_seen_ms, t.CustomerAlias.folded)
    )
)


def former(connection_id: int, list_id: str) -> tuple[str, ...]:
    """Return the names that a customer has borne and bears no more, the oldest first."""
    now = {folded(name) for row in _NOW.all(connection=connection_id, id=list_id) for name in row}
    borne_ever = borne(connection_id, [list_id]).get(list_id, {})
    return tuple(name for key, name in borne_ever.items() if key not in now)


_NOW = Statement(
    lambda: t.Customer.select("full_name", "name", "company_name").where(
        t.Customer.has("connection", list_id=slot("id"))
    )
)


def bearers(connection_id: int, names: Iterable[str]) -> dict[str, list[str]]:
    """Return, by folded name, the ListIDs of the customers held that bear it or have borne it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key, list_id in _BEARERS.all(connection=connection_id, names=names):
        found[key].append(list_id)
    return found


_BEARERS = Statement(
    lambda: (
        t.CustomerAlias.select("folded", "list_id")
        .join(
            t.Customer,
            on=t.Customer.has(
                connection=t.CustomerAlias.connection, list_id=t.CustomerAlias.list_id
            ),
        )
        .where(
            t.CustomerAlias.has("connection", folded=AnyOf("names")),
            t.Customer.state == CustomerState.HELD.value,
        )
        .order_by(t.CustomerAlias.list_id)
    )
)
