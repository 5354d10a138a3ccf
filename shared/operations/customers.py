"""Customers: what invoices billed to them owe, and whom the names of the platform mean.

A name that nobody, or several, in QuickBooks have keeps its payments back until a person matches
it to a customer. That decides for all payments of the name, those on file and those to come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from shared.errors import NotFound
from shared.models import connections, mappings
from shared.models.ledger import aliases, customer_pages, invoice_pages
from shared.models.payments import customer_matching
from shared.models.store import Store
from shared.operations import which
from shared.operations.deciding import Effect, Operator, Outcome, Plan
from shared.operations.describe import customers as describe
from shared.operations.pages import AT_ONCE, Page, page_of
from shared.operations.which import Which
from shared.rules.ledger import (
    Affected,
    Billed,
    Candidate,
    CustomerDetail,
    CustomerFilter,
    CustomerSides,
    InvoiceFilter,
    Kept,
    Listed,
    Place,
    Resolved,
    UnresolvedName,
)
from shared.rules.operators import Role
from shared.rules.payments.names import folded
from shared.rules.payments.values import CustomerMapping, Payment
from shared.rules.values import InvoiceStatus
from shared.structs import Value, replace

MOST_OTHERS = 50


# What is listed.


def view_list(
    _store: Store, connection: Which, *, with_settled: bool = False
) -> list[CustomerSides]:
    """The customers that imported open invoices are billed to, of one connection or of all.

    ``with_settled`` adds those whose imported invoices are all closed. Raises NotFound.
    """
    return [
        row
        for held in which.every(connection)
        for row in customer_pages.customers(held.id, held.jobs, with_settled=with_settled)
    ]


def view_mappings(_store: Store, connection: Which) -> list[Listed[CustomerMapping]]:
    """The names that people matched by hand, of one connection or of all. Raises NotFound."""
    return [
        Listed(held.name, one)
        for held in which.every(connection)
        for one in mappings.listed(held.id)
    ]


class Kind(StrEnum):
    """What a page lists: the words are typed in the filter."""

    BILLED = "billed"  # with the names to resolve above them
    INACTIVE = "inactive"
    NAMES = "names"


class Wanted(Value):
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


class Customers(Value):
    """One page, with the names that wait above the first. ``unresolved`` counts all of these.

    ``also_called`` has, for the customers of the page, the names that were matched to them.
    """

    names: tuple[UnresolvedName, ...]
    page: Page[CustomerSides, Place]
    also_called: Mapping[tuple[int, str], tuple[str, ...]]
    unresolved: int


def view_page(
    _store: Store,
    wanted: CustomerFilter,
    after: Place | None = None,
    limit: int = AT_ONCE,
    *,
    owing: bool = True,
) -> Page[CustomerSides, Place]:
    """One page of the customers that are wanted, by connection and name (see ``pages``).

    ``owing`` False: without what each owes, which is worked out from all of their invoices.
    """
    found = customer_pages.page(wanted, limit + 1, after, owing=owing)
    return page_of(found, limit, lambda customer: customer.place)


def view_with_names(store: Store, wanted: Wanted, after: Place | None = None) -> Customers:
    """A page with the names that wait for a person, which are on the first page only."""
    unresolved = customer_matching.unresolved(wanted.connection_id)
    of_names = wanted.kind in (Kind.BILLED, Kind.NAMES) and after is None
    return Customers(
        names=tuple(n for n in unresolved if of_names and wanted.holds(n.name, n.connection)),
        page=_customers(store, wanted, after),
        also_called=_also_called(mappings.listed(wanted.connection_id)),
        unresolved=len(unresolved),
    )


def _customers(store: Store, wanted: Wanted, after: Place | None) -> Page[CustomerSides, Place]:
    if wanted.kind is Kind.NAMES:
        return Page(())
    billed = Billed.INACTIVE if wanted.kind is Kind.INACTIVE else Billed.BILLED
    return view_page(store, CustomerFilter(billed, wanted.connection_id, wanted.words), after)


def _also_called(mapped: Iterable[CustomerMapping]) -> dict[tuple[int, str], tuple[str, ...]]:
    names: dict[tuple[int, str], tuple[str, ...]] = {}
    for one in mapped:
        its = (one.connection_id, one.list_id)
        names[its] = (*names.get(its, ()), one.name)
    return names


def view_mapped_names(
    _store: Store, connection_id: int | None
) -> tuple[Listed[CustomerMapping], ...]:
    """The names that were matched by hand, of a connection or of all, by connection and name."""
    names = which.names()
    return tuple(Listed(names[one.connection_id], one) for one in mappings.listed(connection_id))


# One customer, one name.


def view_one(_store: Store, connection_id: int, list_id: str, most: int) -> CustomerDetail:
    """A customer with at most ``most`` invoices of either kind; raises NotFound."""
    wanted = InvoiceFilter(
        connection_id=connection_id, bill_to=list_id, statuses=(InvoiceStatus.OPEN,)
    )
    invoices = invoice_pages.page(wanted, most + 1)
    left_out = invoice_pages.page(replace(wanted, kept=Kept.LEFT_OUT), most + 1)
    mapped = _also_called(mappings.listed(connection_id))
    return CustomerDetail(
        sides=customer_pages.get(connection_id, list_id),
        invoices=tuple(invoices[:most]),
        left_out=tuple(left_out[:most]),
        also_called=mapped.get((connection_id, list_id), ()),
        formerly=aliases.former(connection_id, list_id),
        more=max(len(invoices), len(left_out)) > most,
    )


def view_called(store: Store, connection: Which, text: str, most: int) -> CustomerDetail:
    """The customer of that ListID or full name; raises NotFound, CannotBeMeant."""
    held = which.connection(connection)
    return view_one(store, held.id, customer_pages.find(held.id, text).list_id, most)


class CustomerName(Value):
    """A name with whom it may mean; ``others`` are customers that were looked for.

    ``mapping`` is whom it means already, ``affected`` the payments that are judged again.
    """

    connection: str
    mapping: CustomerMapping | None
    affected: Affected
    candidates: tuple[Candidate, ...]
    others: tuple[CustomerSides, ...]


def view_name(_store: Store, connection_id: int, name: str, words: Sequence[str]) -> CustomerName:
    """Who may be meant; with ``words`` also the customers whose name holds them all."""
    candidates = customer_matching.candidates(connection_id, name)
    return CustomerName(
        connection=connections.by_id(connection_id).name,
        mapping=mappings.of_connection(connection_id).get(folded(name)),
        affected=customer_matching.affected(connection_id, name),
        candidates=tuple(candidates),
        others=_others(connection_id, words, {one.list_id for one in candidates}),
    )


def _others(connection_id: int, words: Sequence[str], known: set[str]) -> tuple[CustomerSides, ...]:
    if not words:
        return ()
    wanted = CustomerFilter(Billed.HELD, connection_id, tuple(words))
    found = customer_pages.page(wanted, MOST_OTHERS)
    return tuple(one for one in found if one.list_id not in known)


# Deciding whom a name means.


class Matched(Outcome, kw_only=True):
    """Whom a name means now, or meant until now, and where its payments stand."""

    resolved: Resolved


class Match(Plan[Matched], kw_only=True):
    """A name of the platform is matched to a customer."""

    role = Role.RUN
    connection_id: int
    name: str
    list_id: str

    def again(self, store: Store) -> Match:
        return plan_map(store, self.connection_id, self.name, self.list_id)

    def apply(self, by: Operator) -> Matched:
        """Match it, and judge its payments."""
        done = customer_matching.resolve(
            self.connection_id, self.name, self.list_id, by.who, by.now
        )
        told = f"{done.mapping.name} stands for {describe.meant(done.mapping)}"
        by.note("customer.map", connections.by_id(self.connection_id).name, told)
        return Matched(f"{told} from now on. {describe.where_they_stand(done)}", resolved=done)


def plan_map(_store: Store, connection_id: int, name: str, list_id: str) -> Match:
    """What matching a name to a customer would do.

    Raises NotPossible for a name without a letter, NotFound for a customer that is not held.
    """
    mappings.check(connection_id, name, list_id)
    customer = customer_pages.find(connection_id, list_id)
    connection = connections.by_id(connection_id).name
    before = mappings.of_connection(connection_id).get(folded(name))
    told = [
        describe.consequence(customer_matching.affected(connection_id, name)),
        (
            f"From now on, the name stands for this customer of {connection} and its jobs, and "
            "for nobody else, on every payment. You can remove the match again."
        ),
    ]
    if before is not None and before.list_id != list_id:
        told.insert(0, f"Until now, it stands for {describe.meant(before)}.")
    return Match(
        title=f'Match "{name.strip()}" to customer "{customer.full_name}"?',
        verb="Match",
        told=tuple(told),
        effects=tuple(_effects(connection, customer_matching.of_name(connection_id, name))),
        connection_id=connection_id,
        name=name,
        list_id=list_id,
    )


def plan_map_called(store: Store, connection: Which, name: str, customer: str) -> Match:
    """Plan_map for a customer by ListID or full name. Raises NotFound, CannotBeMeant."""
    held = which.connection(connection)
    return plan_map(store, held.id, name, customer_pages.find(held.id, customer).list_id)


class Unmatch(Plan[Matched], kw_only=True):
    """A name means again whoever is called so."""

    role = Role.RUN
    connection_id: int
    name: str

    def again(self, store: Store) -> Unmatch:
        return plan_unmap(store, self.connection_id, self.name)

    def apply(self, by: Operator) -> Matched:
        """Forget whom it means, and judge its payments."""
        done = customer_matching.take_back(self.connection_id, self.name, by.who, by.now)
        told = f"{done.mapping.name} no longer stands for {describe.meant(done.mapping)}"
        by.note("customer.unmap", connections.by_id(self.connection_id).name, told)
        return Matched(f"{told}. {describe.where_they_stand(done)}", resolved=done)


def plan_unmap(_store: Store, connection: Which, name: str) -> Unmatch:
    """What taking back a match would do. Raises NotFound, CannotBeMeant."""
    held = which.connection(connection)
    mapping = mappings.of_connection(held.id).get(folded(name))
    if mapping is None:
        raise NotFound("mapped name", name)
    return Unmatch(
        title=f'Remove the match of "{mapping.name}" to {_customer(mapping)}?',
        verb="Remove match",
        told=(
            (
                f'"{mapping.name}" is then looked up by its own name again. Posted payments stay '
                "as they are."
            ),
            describe.consequence(customer_matching.affected(held.id, name)),
        ),
        effects=tuple(_effects(held.name, customer_matching.of_name(held.id, name))),
        connection_id=held.id,
        name=name,
    )


def _customer(mapping: CustomerMapping) -> str:
    return (
        f'customer "{mapping.customer}"' if mapping.customer else "a customer that no longer exists"
    )


def _effects(connection: str, payments: Iterable[Payment]) -> Iterator[Effect]:
    for one in payments:
        yield Effect(connection, one.document, "checked again", one.amount, one.currency)
