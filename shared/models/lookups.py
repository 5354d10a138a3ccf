"""Looking for one of many by its number, an id or a name, over all connections.

What begins with a text is found along the indexes that the books have anyway: they begin with the
connection, so each connection is asked in turn, which costs an import nothing. Only where little
begins so is an index read through for what holds the text somewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from peewee import JOIN, SQL, NodeList, fn

from shared.models import tables as t
from shared.models.searching import pattern
from shared.models.statements import Statement, slot
from shared.rules.payments import numbers
from shared.rules.payments.names import folded

MOST = 1000
"""So many are counted; where there are more, that is all that is said."""
ENOUGH = 20
"""Where so many begin with the text, what only holds it is not looked for."""
SHORTEST_INSIDE = 2
_LAST = "\U0010ffff"
IS, BEGINS, HOLDS = range(3)


class Match(NamedTuple):
    """One that was found: better ones sort first. ``rank`` is IS, BEGINS or HOLDS."""

    rank: int
    length: int
    text: str
    id: int


class Look:
    """The ``number`` of rows by their ``text``; ``folded`` makes what is typed comparable to it.

    ``source`` are the rows; ``inside``: also those that hold the words anywhere, in their order.
    """

    def __init__(
        self,
        source: Callable[..., Any],
        number: Any,
        text: Any,
        *,
        folded: Callable[[str], str],
        inside: bool = False,
    ) -> None:
        def those(condition: Any) -> Statement:
            return Statement(lambda: source(number, text).where(condition()).limit(slot("limit")))

        self._folded = folded
        self._inside = inside
        self._equal = those(lambda: text == slot("text"))
        self._begin = those(lambda: (text > slot("text")) & (text < slot("until")))
        self._hold = those(lambda: NodeList((text, SQL("LIKE"), slot("text"), SQL("ESCAPE '!'"))))

    def near(self, typed: str) -> Iterator[Match]:
        """Those that are the text, then those that begin with it."""
        text = self._folded(typed)
        if text:
            yield from self._ranked(IS, self._equal.all(text=text, limit=MOST))
            begin = self._begin.all(text=text, until=text + _LAST, limit=MOST + 1)
            yield from self._ranked(BEGINS, begin)

    def inside(self, typed: str) -> Iterator[Match]:
        """Those that hold the text, where that is looked for."""
        text = self._folded(typed)
        if self._inside and len(text) >= SHORTEST_INSIDE:
            in_order = pattern(text).replace(" ", "%")
            rows = self._hold.all(text=in_order, limit=MOST + 1)
            yield from self._ranked(HOLDS, rows)

    def _ranked(self, rank: int, rows: Iterable[tuple[int, str]]) -> Iterator[Match]:
        return (Match(rank, len(text), text, number) for number, text in rows)


def matches(looks: Iterable[Look], typed: str, *, inside: bool) -> list[Match]:
    """What several looks find, best first, each once.

    ``inside``: also what only holds the text, where little begins with it.
    """
    best: dict[int, Match] = {}
    _keep(best, (match for look in looks for match in look.near(typed)))
    if inside and len(best) < ENOUGH:
        _keep(best, (match for look in looks for match in look.inside(typed)))
    return sorted(best.values())


def _keep(best: dict[int, Match], found: Iterable[Match]) -> None:
    for match in found:
        if match.id not in best or match < best[match.id]:
            best[match.id] = match


def _in_each_connection(table: Any) -> Callable[..., Any]:
    """The rows of ``table``, connection by connection: SQLite keeps the order of a cross join."""

    def select(*columns: Any) -> Any:
        return (
            t.Connection.select(*columns)
            .join(table, JOIN.CROSS)
            .where(table.connection == t.Connection.id)
        )

    return select


def _customers_called(*columns: Any) -> Any:
    bearer = t.Customer.has(connection=t.CustomerAlias.connection, list_id=t.CustomerAlias.list_id)
    return _in_each_connection(t.CustomerAlias)(*columns).join_from(
        t.CustomerAlias, t.Customer, on=bearer
    )


def _upper(typed: str) -> str:
    """As QuickBooks writes its ids."""
    return typed.strip().upper()


def _lower(typed: str) -> str:
    return typed.strip().lower()


INVOICES = (
    Look(
        _in_each_connection(t.Invoice),
        *(t.Invoice.id, t.Invoice.number_key),
        folded=numbers.beginning,
        inside=True,
    ),
    Look(_in_each_connection(t.Invoice), t.Invoice.id, t.Invoice.txn_id, folded=_upper),
)
CUSTOMERS = (
    Look(_customers_called, t.Customer.id, t.CustomerAlias.folded, folded=folded, inside=True),
    Look(_in_each_connection(t.Customer), t.Customer.id, t.Customer.list_id, folded=_upper),
)
PAYMENTS = (
    Look(
        # Those of an import that is under way go when they are read.
        t.Payment.select_hidden_too,
        *(t.Payment.id, fn.LOWER(t.Payment.key)),
        folded=_lower,
        inside=True,
    ),
    Look(
        t.Payment.select_hidden_too, *(t.Payment.id, fn.LOWER(t.Payment.reference)), folded=_lower
    ),
    Look(
        _in_each_connection(t.Posting),
        *(t.Posting.payment, fn.LOWER(t.Posting.ref_number)),
        folded=_lower,
    ),
    Look(_in_each_connection(t.Posting), t.Posting.payment, t.Posting.txn_id, folded=_upper),
)


class Company(NamedTuple):
    """A connection by the names that people may know it by."""

    id: int
    name: str
    company_name: str
    company_file: str


def companies() -> list[Company]:
    """Return every connection, by name."""
    return [Company(*row) for row in _COMPANIES.all()]


_COMPANIES = Statement(
    lambda: t.Connection.select(*Company._fields).order_by(t.Connection.name_key)
)
