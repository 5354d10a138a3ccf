"""Payments as people and scripts see them, of both sides: pages, figures, one that is meant.

Pages go by number, newest first, along an index of the state, or oldest first in flat memory. Only
a search for a part of a text looks at one payment after the other, and only as far as the page
needs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from peewee import SQL, NodeList, Select, fn

from shared.errors import CannotBeMeant, NotFound
from shared.models import connections
from shared.models import tables as t
from shared.models.convert import moment, money
from shared.models.payments import rows
from shared.models.searching import (
    ALL,
    by_shape,
    given,
    holding,
    newest_first,
    of_each_status,
    of_one_or_all,
    pattern,
)
from shared.models.statements import AnyOf, Row, Statement, among, slot
from shared.rules.payments import numbers
from shared.rules.payments.values import Payment, PaymentSource, PaymentStatus
from shared.rules.payments.views import PaymentFigure, PaymentFilter

_AT_ONCE = 500
_LARGEST_ID = 2**63 - 1


def each(
    connection_id: int | None,
    *,
    source: PaymentSource | None = None,
    statuses: Collection[PaymentStatus] | None = None,
    deleted: bool = False,
) -> Iterator[Payment]:
    """Yield the payments of a connection, or of all, by number; read to the end inside the unit.

    Memory stays flat. Those of QuickBooks that were deleted there are shown with ``deleted`` only.
    Of a payment of ours, TxnIDs and RefNumbers of its parts are joined by a blank.
    """
    wanted: dict[str, Any] = {
        "sources": [source.value] if source else [one.value for one in PaymentSource],
        "statuses": [one.value for one in (PaymentStatus if statuses is None else statuses)],
        "deleted": [False, True] if deleted else [False],
        "limit": _AT_ONCE,
    }
    after = 0
    while page := _in_order(connection_id, after=after, **wanted):
        yield from rows.shown(page)
        after = page[-1][0]


@of_one_or_all(t.Payment)
def _in_order() -> Any:
    return (
        t.Payment.select(*rows.PAYMENT_FIELDS)
        .where(
            t.Payment.id > slot("after"),
            t.Payment.has(
                source=AnyOf("sources"), status=AnyOf("statuses"), deleted=AnyOf("deleted")
            ),
        )
        .order_by(t.Payment.id)
        .limit(slot("limit"))
    )


def get(payment_id: int) -> Payment:
    """Find a payment by its number; raises NotFound."""
    found = rows.shown(rows.PAYMENTS.all(ids=[payment_id]))
    if not found:
        raise NotFound("payment", payment_id)
    return found[0]


def find(connection_id: int, text: str) -> Payment:
    """Find a payment of a connection by its external id or a TxnID, else by its number.

    Raises NotFound, and CannotBeMeant when the text means several: nobody is to decide about the
    wrong one.
    """
    found = called(text, [connection_id]) or numbered(text, [connection_id])
    if not found:
        raise NotFound("payment", text)
    if len(found) > 1:
        meant = " or ".join(f"number {one.id} ({one.document})" for one in found)
        raise CannotBeMeant(f"{text!r} may mean payment {meant}.", "Write the number: #12.")
    return found[0]


def called(text: str, connection_ids: Collection[int]) -> list[Payment]:
    """Return the payments of these connections that have this external id or TxnID."""
    sources = [one.value for one in PaymentSource]
    return rows.shown(_called.all(connections=connection_ids, text=text, sources=sources))


@Statement
def _called() -> Any:
    posted = t.Posting.select("payment").where(
        t.Posting.has(connection=AnyOf("connections"), txn_id=slot("text")), t.Posting.txn_id != ""
    )
    named = t.Payment.has(
        connection=AnyOf("connections"), source=AnyOf("sources"), key=slot("text")
    )
    return (
        t.Payment.select(*rows.PAYMENT_FIELDS)
        .where(named | t.Payment.id.in_(posted))
        .order_by(t.Payment.id)
    )


def numbered(text: str, connection_ids: Collection[int]) -> list[Payment]:
    """Return the payment of this number, with or without a ``#``, if it is of these connections."""
    digits = text.removeprefix("#")
    if not (digits.isascii() and digits.isdecimal()):
        return []
    found = rows.shown(rows.PAYMENTS.all(ids=[min(int(digits), _LARGEST_ID)]))
    return [one for one in found if one.connection_id in connection_ids]


def counts(connection_id: int) -> dict[PaymentStatus, int]:
    """Return how many payments stand where; not those that were deleted in QuickBooks."""
    return {PaymentStatus(status): count for status, count in _COUNTS.all(connection=connection_id)}


_COUNTS = Statement(
    lambda: (
        t.Payment.select("status", fn.COUNT(t.Payment.id))
        .where(t.Payment.has("connection"), ~t.Payment.deleted)
        .group_by(t.Payment.status)
    )
)


# Pages, and how many stand where.


def figures(connection_id: int | None = None) -> list[PaymentFigure]:
    """Return what stands where, of a connection or of all; not what was deleted in QuickBooks."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for status, currency, *row in _with_currencies(_grouped(connection_id)):
        groups.setdefault((status, currency), []).append(tuple(row))
    return [_figure(*group, rows) for group, rows in sorted(groups.items())]


def _figure(status: str, currency: str, found: Iterable[Row]) -> PaymentFigure:
    counts, sums, since = zip(*found, strict=True)
    amount = money(int(sum(sums)))
    return PaymentFigure(PaymentStatus(status), currency, sum(counts), amount, moment(min(since)))


@of_one_or_all(t.Payment)
def _grouped() -> Any:
    """Grouped as the index is ordered, which holds all that is asked for."""
    groups = (t.Payment.connection, t.Payment.status, t.Payment.currency)
    return (
        t.Payment.select(*groups, *_TOLD)
        .where(t.Payment.deleted == False)  # noqa: E712 - SQL
        .group_by(*groups)
    )


_TOLD = (*(fn.COUNT(t.Payment.id), fn.SUM(t.Payment.amount_cents)), fn.MIN(t.Payment.changed_ms))


def _with_currencies(found: Iterable[Row]) -> Iterator[Row]:
    """The figures without their connection, none of them a sum over several currencies.

    A payment that names no currency is in that of its invoices. Only in a company that keeps
    several is that one looked up for each payment.
    """
    kept: dict[int, tuple[bool, str]] | None = None
    for connection_id, status, currency, *figure in found:
        if currency:
            yield status, currency, *figure
            continue
        if kept is None:
            kept = {id_: (bool(many), home) for id_, many, home in _CURRENCIES.all()}
        several, home = kept[connection_id]
        if several:
            yield from _by_posting.all(connection=connection_id, status=status)
        else:
            yield status, home, *figure


_CURRENCIES = Statement(lambda: t.Connection.select("id", "multicurrency", "home_currency"))


@Statement
def _by_posting() -> Any:
    planned = t.Posting.select(fn.MIN(t.Posting.currency)).where(t.Posting.payment == t.Payment.id)
    each = (
        t.Payment.select(
            "status",
            fn.COALESCE(planned, "").alias("currency"),
            t.Payment.amount_cents.alias("cents"),
            "changed_ms",
        )
        .where(t.Payment.has("connection", "status", currency="", deleted=False))
        .alias("each_one")
    )
    groups = (each.c.status, each.c.currency)
    figures = (fn.COUNT(each.c.cents), fn.SUM(each.c.cents), fn.MIN(each.c.changed_ms))
    return Select((each,), (*groups, *figures)).group_by(*groups)


def page(wanted: PaymentFilter, limit: int | None, before_id: int | None = None) -> list[Payment]:
    """Return the newest payments that are wanted, those before ``before_id``, as they are shown."""
    filters = given(connection=wanted.connection_id, code=wanted.code)
    parameters = {**_parameters(wanted), "before": before_id or ALL, "limit": limit or ALL}
    statuses = wanted.statuses or tuple(PaymentStatus)
    return rows.shown(of_each_status(_page(filters, len(wanted.words)), statuses, **parameters))


@by_shape
def _page(filters: frozenset[str], words: int) -> Any:
    conditions = {"connection": t.Payment.has("connection"), "code": t.Payment.has("code")}
    return newest_first(
        t.Payment.select(*rows.PAYMENT_FIELDS),
        t.Payment.id,
        t.Payment.has("status"),
        t.Payment.has("deleted"),
        *(conditions[name] for name in sorted(filters)),
        *(_holds(number) for number in range(words)),
    )


def _holds(number: int) -> Any:
    like = f"like_{number}"
    called = holding(like, t.Payment.key, t.Payment.customer, t.Payment.reference, t.Payment.reason)
    # A payment that names no customer is shown with that of its parts.
    planned = t.Posting.select("id").where(
        (t.Posting.payment == t.Payment.id) & holding(like, t.Posting.customer)
    )
    paid_by = (t.Payment.customer == "") & fn.EXISTS(planned)
    named = among(t.Payment.id, f"named_{number}")
    connected = among(t.Payment.connection, f"connections_{number}")
    either = (called, SQL("OR"), paid_by, SQL("OR"), named, SQL("OR"), connected)
    return NodeList(either, parens=True)


def _parameters(wanted: PaymentFilter) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "connection": wanted.connection_id,
        "code": wanted.code,
        "deleted": wanted.deleted,
    }
    names = connections.names() if wanted.words else {}
    for number, word in enumerate(wanted.words):
        parameters |= {
            f"like_{number}": pattern(word),
            f"named_{number}": _named(word, names.values()),
            f"connections_{number}": [
                id_ for name, id_ in names.items() if word.casefold() in name.casefold()
            ],
        }
    return parameters


def _named(word: str, connection_ids: Collection[int]) -> list[int]:
    """The payments that QuickBooks knows by this number, or that pay the invoice of it."""
    parameters = {
        "connections": connection_ids,
        "lower": word.lower(),
        "upper": word.upper(),
        "number_key": numbers.key(word) or None,
    }
    return [row[0] for statement in _NAMED for row in statement.all(**parameters)]


_NAMED = (  # columns are spelled as in their indices
    Statement(lambda: _posted_with(fn.LOWER(t.Posting.ref_number) == slot("lower"))),
    Statement(lambda: _posted_with(t.Posting.txn_id == slot("upper"))),
    Statement(lambda: _paying(t.Invoice.has("number_key"))),
)


def _posted_with(condition: Any) -> Any:
    return t.Posting.select("payment").where(among(t.Posting.connection, "connections") & condition)


def _paying(condition: Any) -> Any:
    return (
        t.PaymentUse.select("payment")
        .join(t.Invoice, on=(t.Invoice.txn_id == t.PaymentUse.invoice_txn_id))
        .where(among(t.Invoice.connection, "connections") & condition)
    )


def of_ids(ids: Collection[int]) -> dict[int, Payment]:
    """Return these payments by number, as they are shown."""
    return {one.id: one for one in rows.shown(rows.PAYMENTS.all(ids=ids))}


def of_invoice(connection_id: int, txn_id: str) -> list[Payment]:
    """Return the payments of both sides that pay an invoice, newest first."""
    return rows.shown(_OF_INVOICE.all(connection=connection_id, txn_id=txn_id))


_OF_INVOICE = Statement(
    lambda: (
        t.Payment.select(*rows.PAYMENT_FIELDS)
        .where(
            t.Payment.has("connection"),
            t.Payment.id.in_(
                t.PaymentUse.select("payment").where(t.PaymentUse.invoice_txn_id == slot("txn_id"))
            ),
        )
        .order_by(t.Payment.id.desc())
    )
)
