"""What waits is judged again by what is held now: ready, waiting, refused or not eligible.

What is ready gets its planned postings. Where a part of a payment is in QuickBooks already, only
the rest of it is judged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from peewee import SQL

from shared.hints import tell
from shared.models import connections, events, mappings, problems
from shared.models import tables as t
from shared.models.convert import cents, day_text, millis
from shared.models.events import Told
from shared.models.ledger import named
from shared.models.payments import planned_parts, rows, standing
from shared.models.payments.standing import ABOUT_POSTED
from shared.models.statements import Row, Statement, among, slot, slots
from shared.rules.events import EventKind
from shared.rules.payments import reasons
from shared.rules.payments.allowances import allowed
from shared.rules.payments.judging import (
    ABOUT_THE_CHARGE,
    NEAR_NUMBER,
    Judgment,
    judge,
    names_invoices,
)
from shared.rules.payments.names import folded
from shared.rules.payments.splitting import Part, on_account, split
from shared.rules.payments.values import (
    ZERO,
    Asking,
    CustomerMapping,
    NamedCustomer,
    NamedInvoice,
    Payment,
    PaymentSource,
    PaymentStatus,
    Posting,
    PostingState,
    UseKind,
)
from shared.rules.values import Connection, RecordKind, Trouble
from shared.structs import Value, replace

_AT_ONCE = 500
_TOO_OLD, _FLOW_OFF = "payment-too-old", "payment-flow-off"


def judge_again(
    connection_id: int,
    now: datetime,
    payment_ids: Iterable[int] | None = None,
    *,
    but: Collection[str] = (),
    asked: bool = False,
) -> list[Trouble]:
    """Judge the payments again that wait, are ready or are not eligible; all, or only these.

    Of all, those that wait under a code of ``but``, or that QuickBooks put off a moment ago, stay
    as they are. One that a person retried goes on waiting for QuickBooks' word, unless this sync
    ``asked`` for it.

    Writes where each stands, which invoices it means, and the planned postings of those that
    are ready. Of a payment that is partly posted, only the planned parts are looked at. What a
    person has to decide becomes refused, and a problem; returned are those new troubles.
    Problems that are over are resolved. Doing it again changes nothing.
    """
    connection = connections.by_id(connection_id)
    troubles: list[Trouble] = []
    for chunk in _chunks(connection, payment_ids, but):
        payments = rows.given(chunk)
        postings = rows.postings_of(payment.id for payment in payments)
        if payment_ids is None:
            payments = [one for one in payments if not _is_paused(one, postings[one.id], now)]
        troubles += _judge_chunk(connection, payments, postings, now, asked=asked)
    if asked:
        _WAS_ASKED.run(connection=connection_id)
    return troubles


def _is_paused(payment: Payment, postings: Sequence[Posting], now: datetime) -> bool:
    put_off = payment.status is PaymentStatus.WAITING and payment.code in reasons.PUT_OFF
    return put_off and any(reasons.is_paused(one.pause_until, now) for one in postings)


_WAS_ASKED = Statement(
    lambda: t.Payment.update(asking=Asking.NO.value).where(
        t.Payment.has("connection", asking=Asking.UNDER_WAY), SQL(t.ASKING)
    )
)


def _chunks(
    connection: Connection, payment_ids: Iterable[int] | None, but: Collection[str]
) -> Iterator[list[Row]]:
    """The rows to judge; what only its own terms keep back is not read each time."""
    if payment_ids is not None:
        yield from _by_id(connection, _THESE, ids=list(payment_ids))
        return
    yield from _by_id(connection, _COMING, but=but)
    start = day_text(connection.start_date) or ""
    yield from _by_id(connection, _HELD_BACK, code=_TOO_OLD, since=start)
    if connection.payments_out:
        yield from _by_id(connection, _HELD_BACK, code=_FLOW_OFF, since="")


def _by_id(connection: Connection, statement: Statement, **parameters: Any) -> Iterator[list[Row]]:
    after = 0
    while chunk := statement.all(
        connection=connection.id, after=after, limit=_AT_ONCE, **parameters
    ):
        yield chunk
        after = chunk[-1][0]


_COMING = Statement(
    lambda: _to_judge(
        t.Payment.status.in_((PaymentStatus.WAITING.value, PaymentStatus.READY.value))
        & ~among(t.Payment.code, "but")
    )
)
_HELD_BACK = Statement(
    lambda: _to_judge(
        SQL(t.NOT_ELIGIBLE) & (t.Payment.code == slot("code")) & (t.Payment.date >= slot("since")),
        # In another form than the column's own SQLite does not look for it in the other index,
        # which has every payment that is not eligible.
        t.Payment.id + 0,
    )
)
_THESE = Statement(
    lambda: _to_judge(
        among(t.Payment.id, "ids")
        & t.Payment.status.in_(
            (
                *(PaymentStatus.WAITING.value, PaymentStatus.READY.value),
                PaymentStatus.NOT_ELIGIBLE.value,
            )
        )
    )
)


def _to_judge(condition: Any, number: Any = t.Payment.id) -> Any:
    return (
        t.Payment.select(*rows.PAYMENT_FIELDS)
        .where(
            t.Payment.has("connection", source=PaymentSource.INVOICED),
            number > slot("after"),
            condition,
        )
        .order_by(number)
        .limit(slot("limit"))
    )


def _judge_chunk(
    connection: Connection,
    payments: Sequence[Payment],
    postings: Mapping[int, Sequence[Posting]],
    now: datetime,
    *,
    asked: bool,
) -> list[Trouble]:
    documents = {use.document for payment in payments for use in payment.uses}
    found = named.invoices_named(connection.id, documents)
    near = named.invoices_near(connection.id, [one for one in documents if not found[one]])
    known = mappings.of_connection(connection.id)
    books = Books(connection, found, known, near, _customers(connection, payments, known))
    all_judged = [
        _as_retried(_judged(one, postings[one.id], books), asked=asked) for one in payments
    ]
    _write_status(all_judged, now)
    _write_uses(all_judged)
    planned_parts.write(
        [
            planned_parts.Plan(one.payment, one.wanted, _planned(postings[one.payment.id]))
            for one in all_judged
            if one.status is PaymentStatus.READY
        ],
        now,
    )
    return _report(connection.id, all_judged, now)


def _customers(
    connection: Connection, payments: Sequence[Payment], known: Mapping[str, CustomerMapping]
) -> Mapping[str, Sequence[NamedCustomer]]:
    """Whom payments without an invoice may mean, where such go out at all."""
    names = {
        mapping.list_id if (mapping := known.get(folded(one.customer))) else one.customer
        for one in payments
        if not names_invoices(one) and allowed(connection, one).on_account
    }
    return named.customers_named(connection.id, names - {""})


def _as_retried(one: Judged, *, asked: bool) -> Judged:
    """What we hold alone refuses nothing once a person has said retry."""
    asking = one.payment.asking
    is_known = asking is Asking.NO or (asked and asking is Asking.UNDER_WAY)
    ours = one.status in (PaymentStatus.REFUSED, PaymentStatus.WAITING)
    if is_known or not ours or one.code in ABOUT_THE_CHARGE:
        return one
    return replace(one, status=PaymentStatus.WAITING, code=reasons.RETRIED, fields={})


def _planned(postings: Sequence[Posting]) -> tuple[Posting, ...]:
    return tuple(part for part in postings if part.state is PostingState.PLANNED)


def _reason(one: Judged) -> str:
    return tell(one.code, **one.fields).message if one.code else ""


def _write_status(all_judged: Sequence[Judged], now: datetime) -> None:
    _WRITE.many(
        (one.status.value, one.code, reason, millis(now), one.payment.id)
        for one in all_judged
        for reason in [_reason(one)]
        if (one.status, one.code, reason)
        != (one.payment.status, one.payment.code, one.payment.reason)
    )
    standing.keep_waiting_since([(one.payment.id, one.status) for one in all_judged], now)
    refused = [one for one in all_judged if one.status is PaymentStatus.REFUSED]
    for one in refused:
        if not _is_as_before(one):
            events.record(one.payment.connection_id, EventKind.PAYMENT_REFUSED, [_told(one)])


def _told(one: Judged) -> Told:
    return Told(
        *(str(one.payment.id), one.payment.external_id, cents(one.payment.amount)),
        currency=one.payment.currency,
        state=one.status.value,
        code=one.code,
    )


_WRITE = Statement(
    lambda: t.Payment.update(**slots("status", "code", "reason"), changed_ms=slot("now_ms")).where(
        t.Payment.has("id")
    )
)


def _write_uses(all_judged: Sequence[Judged]) -> None:
    """Keep which invoice each use means; one that is no longer clear means none."""
    _RESOLVE.many(
        (*names, one.payment.id, position)
        for one in all_judged
        for position, invoice in one.invoices.items()
        for use, names in [(one.payment.uses[position], _names(invoice))]
        if names != (use.invoice_txn_id, use.number)
    )


def _names(invoice: NamedInvoice | None) -> tuple[str, str]:
    return (invoice.txn_id, invoice.number) if invoice else ("", "")


_RESOLVE = Statement(
    lambda: t.PaymentUse.update(invoice_txn_id=slot("txn_id"), number=slot("number")).where(
        t.PaymentUse.has("payment", "position")
    )
)


def _report(connection_id: int, all_judged: Sequence[Judged], now: datetime) -> list[Trouble]:
    """File what a person has to decide; close what is over, also what was refused before."""
    by_code: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in all_judged:
        by_code[one.code if _needs_a_person(one) else ""].append(one)
    for code, group in by_code.items():
        ids = [str(one.payment.id) for one in group]
        kept = ABOUT_POSTED | {code, reasons.WAITS_LONG}
        problems.resolve_all_but(connection_id, RecordKind.PAYMENT, ids, kept, now)
    found = {one.payment.id: _trouble(one) for one in all_judged if _needs_a_person(one)}
    problems.report(connection_id, None, list(found.values()), now)
    known = {one.payment.id for one in all_judged if _is_as_before(one)}
    return [trouble for payment_id, trouble in found.items() if payment_id not in known]


def _needs_a_person(one: Judged) -> bool:
    """Whether a person has to decide, or should look though it may pass by itself."""
    return one.status is PaymentStatus.REFUSED or one.code == NEAR_NUMBER


def _is_as_before(one: Judged) -> bool:
    return (one.status, one.code) == (one.payment.status, one.payment.code)


def _trouble(one: Judged) -> Trouble:
    about = (RecordKind.PAYMENT, str(one.payment.id), one.payment.document)
    return problems.trouble(one.code, *about, **one.fields)


# One payment, judged.

PARTS_CHANGED = "payment-parts-changed"

Found = Mapping[str, Sequence[NamedInvoice]]


class Books(Value):
    """What payments are judged by: the connection, invoices by document, mapped names folded.

    ``near`` has the invoices of close numbers for documents that mean none, ``customers`` those
    that a name or ListID may mean where no invoice is named.
    """

    connection: Connection
    found: Found
    mappings: Mapping[str, CustomerMapping]
    near: Found
    customers: Mapping[str, Sequence[NamedCustomer]]


class Judged(Value):
    """A payment with its judgment; ``wanted`` are the parts to be planned when it is ready.

    ``invoices`` has the invoice that each judged use means, by the position of the use.
    """

    payment: Payment
    status: PaymentStatus
    code: str
    fields: Mapping[str, str]
    invoices: Mapping[int, NamedInvoice | None]
    wanted: tuple[Part, ...]


def _judged(payment: Payment, parts: Sequence[Posting], books: Books) -> Judged:
    """Judge a payment of which no part is on its way, refused or parked."""
    planned = [part for part in parts if part.state is PostingState.PLANNED]
    if not parts or len(planned) == len(parts):
        return _whole(payment, books)
    return _rest(payment, planned, books)


def _whole(payment: Payment, books: Books) -> Judged:
    said = _judge(payment, books)
    wanted: tuple[Part, ...] = ()
    if said.customer is not None:
        wanted = (on_account(payment, said.customer),)
    elif said.status is PaymentStatus.READY:
        wanted = split(payment, said.invoices)
    return _as_judged(payment, said, range(len(payment.uses)), wanted)


def _rest(payment: Payment, planned: Sequence[Posting], books: Books) -> Judged:
    """Judge what is still planned as if it were all of the payment."""
    paid = {use.invoice_txn_id for part in planned for use in part.uses}
    open_uses = [
        position
        for position, use in enumerate(payment.uses)
        if use.kind is UseKind.INVOICE and use.invoice_txn_id in paid
    ]
    rest = replace(
        payment,
        amount=sum((part.amount for part in planned), ZERO),
        uses=tuple(payment.uses[position] for position in open_uses),
    )
    said = _judge(rest, books)
    if said.status is not PaymentStatus.READY:
        return _as_judged(payment, said, open_uses, ())
    fitted = _fitted(split(rest, said.invoices), planned)
    if fitted is None:
        said = Judgment(PaymentStatus.REFUSED, PARTS_CHANGED, {}, ())
        return _as_judged(payment, said, (), ())
    return _as_judged(payment, said, open_uses, fitted)


def _fitted(parts: Sequence[Part], planned: Sequence[Posting]) -> tuple[Part, ...] | None:
    """Number the parts as those that are planned; None when they are no longer the same ones."""
    if _shape(parts) != _shape(planned):
        return None
    return tuple(
        replace(part, part=posting.part) for part, posting in zip(parts, planned, strict=True)
    )


def _shape(parts: Sequence[Part] | Sequence[Posting]) -> list[tuple[Decimal, list[Decimal]]]:
    return [(part.amount, [use.amount for use in part.uses]) for part in parts]


def _judge(payment: Payment, books: Books) -> Judgment:
    mapping = books.mappings.get(folded(payment.customer))
    return judge(
        payment,
        books.found,
        start_date=books.connection.start_date,
        payments_out=books.connection.payments_out,
        mapping=mapping,
        near=books.near,
        may=allowed(books.connection, payment),
        customers=books.customers.get(mapping.list_id if mapping else payment.customer, ()),
    )


def _as_judged(
    payment: Payment, said: Judgment, positions: Sequence[int], wanted: tuple[Part, ...]
) -> Judged:
    invoices = dict(zip(positions, said.invoices, strict=True))
    return Judged(payment, said.status, said.code, said.fields, invoices, wanted)
