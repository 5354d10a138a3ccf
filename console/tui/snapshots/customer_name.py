"""What there is to know about a platform's name of a customer before somebody says who it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.models import connections, mappings
from shared.models.ledger import customer_pages
from shared.models.ledger.customer_pages import Billed, CustomerFilter, CustomerSides
from shared.models.payments import naming
from shared.models.payments.naming import Affected, Candidate
from shared.models.store import Store
from shared.rules.payments.names import folded
from shared.rules.payments.values import CustomerMapping

MOST_OTHERS = 50


@dataclass(frozen=True, slots=True)
class CustomerName:
    """A name with whom it may mean; ``others`` are customers that were looked for.

    ``mapping`` is whom it means already; ``affected`` are the payments that are judged again.
    """

    connection: str
    mapping: CustomerMapping | None
    affected: Affected
    candidates: tuple[Candidate, ...]
    others: tuple[CustomerSides, ...]


def read(_store: Store, connection_id: int, name: str, words: Sequence[str]) -> CustomerName:
    """Read who may be meant; with ``words`` also the customers whose name holds them all."""
    candidates = naming.candidates(connection_id, name)
    return CustomerName(
        connection=connections.by_id(connection_id).name,
        mapping=mappings.of_connection(connection_id).get(folded(name)),
        affected=naming.affected(connection_id, name),
        candidates=tuple(candidates),
        others=_others(connection_id, words, {one.list_id for one in candidates}),
    )


def _others(connection_id: int, words: Sequence[str], known: set[str]) -> tuple[CustomerSides, ...]:
    if not words:
        return ()
    wanted = CustomerFilter(Billed.HELD, connection_id, tuple(words))
    found = customer_pages.page(wanted, MOST_OTHERS)
    return tuple(one for one in found if one.list_id not in known)
