"""What Customers shows: names that wait for a person, customers with both sides; mapped names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.models import mappings, overview
from shared.models.ledger import customer_pages
from shared.models.ledger.customer_pages import Billed, CustomerFilter, CustomerSides, Place
from shared.models.payments import naming
from shared.models.payments.naming import UnresolvedName
from shared.models.store import Store
from shared.rules.payments.values import CustomerMapping

PAGE = 100


class Kind(StrEnum):
    """What is listed: the words are typed in the filter."""

    BILLED = "billed"  # with the names to resolve above them
    INACTIVE = "inactive"
    NAMES = "names"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which customers or names; each of ``words`` is a part of a name or of the connection's."""

    kind: Kind = Kind.BILLED
    connection_id: int | None = None
    words: tuple[str, ...] = ()

    def holds(self, *texts: str) -> bool:
        """Whether the texts together hold all the words."""
        text = " ".join(texts).casefold()
        return all(word.casefold() in text for word in self.words)


def read_filter(text: str) -> Wanted:
    """Understand what was typed: ``inactive larkspur``."""
    typed = text.split()
    kinds = [Kind(word.casefold()) for word in typed if word.casefold() in list(Kind)]
    words = tuple(word for word in typed if word.casefold() not in list(Kind))
    return Wanted(kinds[0] if kinds else Kind.BILLED, words=words)


@dataclass(frozen=True, slots=True)
class Customers:
    """One page; ``more``: there is another. ``unresolved`` counts all names that wait.

    ``mapped`` are all names that were mapped by hand.
    """

    names: tuple[UnresolvedName, ...]
    customers: tuple[CustomerSides, ...]
    mapped: tuple[CustomerMapping, ...]
    more: bool
    unresolved: int


def read(_store: Store, wanted: Wanted, after: Place | None) -> Customers:
    """Read the page after ``after``; names that wait are on the first page only."""
    unresolved = naming.unresolved(wanted.connection_id)
    of_names = wanted.kind in (Kind.BILLED, Kind.NAMES) and after is None
    found = _customers(wanted, after)
    return Customers(
        names=tuple(n for n in unresolved if of_names and wanted.holds(n.name, n.connection)),
        customers=tuple(found[:PAGE]),
        mapped=tuple(mappings.listed(wanted.connection_id)),
        more=len(found) > PAGE,
        unresolved=len(unresolved),
    )


def _customers(wanted: Wanted, after: Place | None) -> list[CustomerSides]:
    if wanted.kind is Kind.NAMES:
        return []
    billed = Billed.INACTIVE if wanted.kind is Kind.INACTIVE else Billed.BILLED
    filtered = CustomerFilter(billed, wanted.connection_id, wanted.words)
    return customer_pages.page(filtered, PAGE + 1, after)


@dataclass(frozen=True, slots=True)
class MappedName:
    """A name that a person mapped, with the name of the connection."""

    mapping: CustomerMapping
    connection: str


@dataclass(frozen=True, slots=True)
class MappedNames:
    """The mapped names, by connection and name."""

    names: tuple[MappedName, ...]


def read_mapped(_store: Store, connection_id: int | None) -> MappedNames:
    """Read the names that were mapped, of a connection or of all."""
    connections = {id_: name for name, id_ in overview.names().items()}
    return MappedNames(
        tuple(
            MappedName(one, connections[one.connection_id])
            for one in mappings.listed(connection_id)
        )
    )
