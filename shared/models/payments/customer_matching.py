"""Customers of the platform whose name means nobody, or several, in QuickBooks: told by hand.

``mappings`` has the rows. Here is who may be meant, and the payments of the name are judged
again as soon as somebody said it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from peewee import fn

from shared.models import mappings
from shared.models import tables as t
from shared.models.convert import money
from shared.models.ledger import customer_pages
from shared.models.ledger.named import invoices_named
from shared.models.payments import rejudging, rows, standing
from shared.models.searching import of_one_or_all
from shared.models.statements import AnyOf, Row, Statement, among
from shared.rules.ledger import Affected, Candidate, Resolved, UnresolvedName
from shared.rules.payments.judging import ABOUT_NAMES
from shared.rules.payments.names import folded
from shared.rules.payments.values import (
    NamedInvoice,
    Payment,
    PaymentSource,
    PaymentStatus,
    UseKind,
)
from shared.rules.values import InvoiceStatus

_S = PaymentStatus
_OPEN = (_S.WAITING, _S.READY, _S.REFUSED)
_AMBIGUOUS = "payment-invoice-ambiguous"


def unresolved(connection_id: int | None = None) -> list[UnresolvedName]:
    """Return the names that wait for a person, of a connection or of all, by both names."""
    groups: dict[tuple[int, str], list[Row]] = {}
    for row in _refused_for_names(connection_id, codes=ABOUT_NAMES):
        groups.setdefault((row[0], folded(row[2])), []).append(row)
    names = [_unresolved(group) for group in groups.values()]
    return sorted(names, key=lambda one: (one.connection.casefold(), folded(one.name)))


def _unresolved(group: list[Row]) -> UnresolvedName:
    connection_id, connection, name, *_ = group[0]
    return UnresolvedName(
        connection_id,
        connection,
        " ".join(name.split()),
        payments=sum(row[4] for row in group),
        amounts=_amounts((currency, total) for *_, currency, _count, total in group),
    )


@of_one_or_all(t.Payment)
def _refused_for_names() -> Any:
    groups = (t.Payment.connection, t.Connection.name, t.Payment.customer, t.Payment.currency)
    return (
        t.Payment.select(*groups, fn.COUNT(t.Payment.id), fn.SUM(t.Payment.amount_cents))
        .join(t.Connection)
        .where(t.Payment.has(status=_S.REFUSED, code=AnyOf("codes")))
        .group_by(*groups)
        .order_by(*groups)
    )


def affected(connection_id: int, name: str) -> Affected:
    """Return how many payments have a name and are not in QuickBooks yet, and of how much."""
    named = _named(connection_id, name)
    return Affected(len(named), _amounts((one.currency, one.cents) for one in named))


def of_name(connection_id: int, name: str) -> list[Payment]:
    """Return the payments that ``affected`` counts, by number."""
    ids = [one.id for one in _named(connection_id, name)]
    return rows.given(rows.PAYMENTS.all(ids=ids))


def _amounts(found: Iterable[tuple[str, int]]) -> tuple[tuple[str, Decimal], ...]:
    sums: dict[str, int] = {}
    for currency, cents in found:
        sums[currency] = sums.get(currency, 0) + int(cents)
    return tuple((currency, money(total)) for currency, total in sorted(sums.items()))


class _Named(NamedTuple):
    id: int
    status: str
    code: str
    currency: str
    cents: int


def _named(connection_id: int, name: str) -> list[_Named]:
    wanted, by_name = folded(name), ABOUT_NAMES | {_AMBIGUOUS}
    where = {"connection": connection_id, "statuses": [status.value for status in _OPEN]}
    spelled = [text for text in _SPELLED.column(**where) if folded(text) == wanted]
    found = (_Named(*row) for row in _NAMED.all(names=spelled, **where))
    return [one for one in found if one.status != _S.REFUSED or one.code in by_name]


_SPELLED = Statement(lambda: _not_there_yet(t.Payment.customer).distinct())
_NAMED = Statement(
    lambda: (
        _not_there_yet("id", "status", "code", "currency", "amount_cents")
        .where(among(t.Payment.customer, "names"))
        .order_by(t.Payment.id)
    )
)


def _not_there_yet(*fields: Any) -> Any:
    return t.Payment.select(*fields).where(
        t.Payment.has("connection", status=AnyOf("statuses"), source=PaymentSource.INVOICED),
        t.Payment.customer != "",
    )


def resolve(connection_id: int, name: str, list_id: str, who: str, now: datetime) -> Resolved:
    """Have a name mean a customer, and judge its payments again at once.

    Raises NotFound for a customer that is not held, NotPossible for a name without a letter.
    """
    mapping = mappings.map_name(connection_id, name, list_id, who, now)
    return Resolved(mapping, _judge_again(connection_id, name, who, now))


def take_back(connection_id: int, name: str, who: str, now: datetime) -> Resolved:
    """Remove the match of a name and check its payments again. Raises NotFound."""
    mapping = mappings.unmap_name(connection_id, name)
    return Resolved(mapping, _judge_again(connection_id, name, who, now))


def _judge_again(
    connection_id: int, name: str, who: str, now: datetime
) -> Mapping[PaymentStatus, int]:
    """Judge what has the name, also what was refused for it. Returns where all stand."""
    named = _named(connection_id, name)
    for one in named:
        if one.status == _S.REFUSED:
            standing.take_up(one.id, who, now)
    rejudging.judge_again(connection_id, now, [one.id for one in named])
    stand = _STAND.column(ids=[one.id for one in named])
    return {PaymentStatus(status): count for status, count in Counter(stand).items()}


_STAND = Statement(lambda: t.Payment.select("status").where(among(t.Payment.id, "ids")))


def candidates(connection_id: int, name: str) -> list[Candidate]:
    """Return whom a name may mean: the customers of the open invoices that its payments name.

    Each is followed by those above it, as far as we hold them; by the name on the invoice.
    """
    ids = [one.id for one in _named(connection_id, name) if one.status == _S.REFUSED]
    documents = set(_DOCUMENTS.column(ids=ids, kind=UseKind.INVOICE.value))
    found = invoices_named(connection_id, documents)
    invoices = {one.txn_id: one for same in found.values() for one in same}.values()
    return _candidates(connection_id, [one for one in invoices if one.status is InvoiceStatus.OPEN])


_DOCUMENTS = Statement(
    lambda: (
        t.PaymentUse.select("document")
        .where(t.PaymentUse.has("kind", payment=AnyOf("ids")))
        .distinct()
    )
)


def _candidates(connection_id: int, invoices: Collection[NamedInvoice]) -> list[Candidate]:
    its: dict[str, list[NamedInvoice]] = {}
    for list_id, invoice in _owners(invoices):
        its.setdefault(list_id, []).append(invoice)
    held = customer_pages.held(connection_id, its)
    return [
        Candidate(list_id, held[list_id].full_name, held[list_id].active, tuple(same))
        for list_id, same in its.items()
        if list_id in held
    ]


def _owners(invoices: Iterable[NamedInvoice]) -> Iterator[tuple[str, NamedInvoice]]:
    for invoice in sorted(invoices, key=lambda one: (one.customer.casefold(), one.number)):
        for list_id in (invoice.customer_list_id, *invoice.above):
            yield list_id, invoice
