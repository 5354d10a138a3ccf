"""Names of the billing platform that mean a customer of QuickBooks, as a person decided.

Only the rows are here; ``payments.customer_matching`` also judges the payments of
the name again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from peewee import JOIN, fn

from shared.errors import NotFound, NotPossible
from shared.models import events
from shared.models import tables as t
from shared.models.convert import millis
from shared.models.mapper import Mapper
from shared.models.searching import of_one_or_all
from shared.models.statements import Statement, put_rows
from shared.rules.ledger import CustomerState
from shared.rules.payments.names import folded
from shared.rules.payments.values import CustomerMapping


def map_name(
    connection_id: int, name: str, list_id: str, who: str, now: datetime
) -> CustomerMapping:
    """Have ``name``, however it is typed, mean a customer; replaces whom it meant before.

    Raises NotPossible for a name without a letter, NotFound for a customer that is not held.
    """
    check(connection_id, name, list_id)
    _PUT.many([(connection_id, folded(name), name.strip(), list_id, who, millis(now))])
    events.settings_changed(connection_id, "customer-name", name.strip())
    return of_connection(connection_id)[folded(name)]


def check(connection_id: int, name: str, list_id: str) -> None:
    """Raise what ``map_name`` would, and change nothing."""
    if not folded(name):
        raise NotPossible("An empty name means nobody.", "Name the customer as the platform does.")
    if not _HELD.all(connection=connection_id, list_id=list_id):
        raise NotFound("customer", list_id)


_HELD = Statement(
    lambda: t.Customer.select("id").where(
        t.Customer.has("connection", "list_id", state=CustomerState.HELD)
    )
)
_MAPPING = Mapper(
    CustomerMapping, t.CustomerMapping, customer=fn.COALESCE(t.Customer.full_name, "")
)
_PUT = put_rows(t.CustomerMapping)


def unmap_name(connection_id: int, name: str) -> CustomerMapping:
    """Forget whom a name means, and return that. Raises NotFound."""
    held = of_connection(connection_id).get(folded(name))
    if held is None:
        raise NotFound("mapped name", name)
    _DROP.run(connection=connection_id, folded=folded(name))
    events.settings_changed(connection_id, "customer-name", held.name)
    return held


_DROP = Statement(
    lambda: t.CustomerMapping.delete().where(t.CustomerMapping.has("connection", "folded"))
)


def of_connection(connection_id: int) -> dict[str, CustomerMapping]:
    """Return the mappings of a connection by folded name."""
    return {row[0]: _MAPPING.read(row[1:]) for row in _mappings(connection_id)}


def listed(connection_id: int | None = None) -> list[CustomerMapping]:
    """Return the mappings of a connection, or of all one after the other, by folded name."""
    return [_MAPPING.read(row[1:]) for row in _mappings(connection_id)]


@of_one_or_all(t.CustomerMapping)
def _mappings() -> Any:
    return (
        t.CustomerMapping.select("folded", *_MAPPING.fields)
        .join(
            t.Customer,
            JOIN.LEFT_OUTER,
            on=t.Customer.has(
                connection=t.CustomerMapping.connection,
                list_id=t.CustomerMapping.list_id,
                state=CustomerState.HELD,
            ),
        )
        .order_by(t.CustomerMapping.connection, t.CustomerMapping.folded)
    )
