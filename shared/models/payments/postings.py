"""Postings: what is to be written to QuickBooks for payments, and how far each one is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from peewee import SQL, fn

from shared.errors import NotFound
from shared.models import problems
from shared.models import tables as t
from shared.models.convert import cents, cents_or_none, millis, moment
from shared.models.payments import rows, standing, telling
from shared.models.statements import Row, Statement, among, slot, update_columns
from shared.rules.events import EventKind
from shared.rules.payments.values import (
    PaymentPart,
    PaymentStatus,
    Posting,
    PostingEvent,
    PostingState,
)
from shared.rules.values import RecordKind
from shared.structs import replace


def ready(connection_id: int, limit: int) -> list[Posting]:
    """Return what goes out next: planned parts of ready payments, oldest payment first."""
    return rows.postings(_READY.all(connection=connection_id, limit=limit))


def _ready(query: Any) -> Any:
    return query.join(t.Payment).where(
        t.Posting.has("connection", state=PostingState.PLANNED),
        t.Payment.status == PaymentStatus.READY.value,
    )


_READY = Statement(
    lambda: (
        _ready(_select())
        .order_by(t.Payment.date, t.Payment.id, t.Posting.part)
        .limit(slot("limit"))
    )
)


def any_ready(connection_id: int) -> int:
    """Return the number of a posting that may go out, not the next one; 0 for none."""
    row = _ANY_READY.one(connection=connection_id)
    return 0 if row is None else int(row[0])


_ANY_READY = Statement(lambda: _ready(t.Posting.select("id")).limit(1))


def ready_payments(connection_id: int) -> int:
    """Return how many payments are ready, whole or in part."""
    return int(_READY_PAYMENTS.value(connection=connection_id))


_READY_PAYMENTS = Statement(
    lambda: t.Payment.select(fn.COUNT(t.Payment.id)).where(
        t.Payment.has("connection", status=PaymentStatus.READY), ~t.Payment.deleted
    )
)


def get(posting_id: int) -> Posting:
    """Find a posting by its number; raises NotFound."""
    found = rows.postings(_GET.all(id=posting_id))
    if not found:
        raise NotFound("posting", posting_id)
    return found[0]


_GET = Statement(lambda: _select().where(t.Posting.has("id")))


def part(posting_id: int) -> PaymentPart:
    """Find a posting with its payment; raises NotFound."""
    found = parts([posting_id])
    if not found:
        raise NotFound("posting", posting_id)
    return found[posting_id]


def parts(posting_ids: Collection[int]) -> dict[int, PaymentPart]:
    """Return postings with their payments, by number; what is not there is left out."""
    wanted = frozenset(posting_ids)
    return {
        posting.id: PaymentPart(posting, payment, len(postings))
        for payment, postings in rows.shown_with_parts(_PAYMENTS_OF.all(ids=wanted))
        for posting in postings
        if posting.id in wanted
    }


_PAYMENTS_OF = Statement(
    lambda: t.Payment.select(*rows.PAYMENT_FIELDS).where(
        t.Payment.id.in_(t.Posting.select("payment").where(among(t.Posting.id, "ids")))
    )
)


def of_payment(payment_id: int) -> list[Posting]:
    """Return the parts of a payment, in their order; none before it was ready."""
    return list(rows.postings_of([payment_id])[payment_id])


def by_tags(
    connection_id: int,
    external_guids: Iterable[str] = (),
    ref_numbers: Iterable[str] = (),
    txn_ids: Iterable[str] = (),
) -> list[Posting]:
    """Return the postings that carry any of these tags, by number.

    GUIDs, with or without braces, and RefNumbers are compared without case, as QuickBooks does.
    """
    guids = {f"{{{guid.strip('{} ').upper()}}}" for guid in external_guids if guid}
    found = (
        *_with_one(_BY_GUID, connection_id, guids),
        *_with_one(_BY_REF_NUMBER, connection_id, map(str.lower, ref_numbers)),
        *_with_one(_BY_TXN_ID, connection_id, txn_ids),
    )
    by_number = {row[0]: row for row in found}
    return rows.postings([by_number[id_] for id_ in sorted(by_number)])


def _with_one(statement: Statement, connection_id: int, tags: Iterable[str]) -> list[Row]:
    given = {tag for tag in tags if tag}
    return statement.all(connection=connection_id, values=given) if given else []


_REF_NUMBER: Any = fn.LOWER(t.Posting.ref_number)  # spelled as in the index
_BY_GUID = Statement(lambda: _those_with(t.Posting.external_guid))
_BY_REF_NUMBER = Statement(lambda: _those_with(_REF_NUMBER))
_BY_TXN_ID = Statement(lambda: _those_with(t.Posting.txn_id))


def _those_with(field: Any) -> Any:
    return _select().where(t.Posting.has("connection"), among(field, "values"))


def recently_posted(connection_id: int, limit: int) -> list[Posting]:
    """Return the postings that QuickBooks took last and still has, latest first."""
    return rows.postings(_RECENTLY.all(connection=connection_id, limit=limit))


_RECENTLY = Statement(
    lambda: (
        _select()
        .where(t.Posting.has("connection"), SQL(t.POSTED_THERE))
        .order_by(t.Posting.posted_ms.desc(), t.Posting.id.desc())
        .limit(slot("limit"))
    )
)


def planned_anew(connection_id: int) -> list[Posting]:
    """Return the postings that had other tags before, by number."""
    return rows.postings(_PLANNED_ANEW.all(connection=connection_id))


_PLANNED_ANEW = Statement(
    lambda: (
        _select()
        .where(t.Posting.has("connection"), t.Posting.generation > 1)
        .order_by(t.Posting.id)
    )
)


def unverified(connection_id: int) -> list[Posting]:
    """Return what was posted and whose invoices were not looked at since, in that order."""
    return rows.postings(_UNVERIFIED.all(connection=connection_id))


_UNVERIFIED = Statement(
    lambda: (
        _select()
        .where(t.Posting.has("connection"), SQL(t.UNVERIFIED))
        .order_by(t.Posting.posted_ms, t.Posting.id)
    )
)


def pays(posting_id: int, fitting: Mapping[str, Decimal]) -> None:
    """Keep what a posting pays of invoices, by TxnID, where QuickBooks shows that it is less."""
    _PAYS.many((cents(paid), posting_id, txn_id) for txn_id, paid in fitting.items())


_PAYS = Statement(
    lambda: t.PostingUse.update(fitting_cents=slot("fitting")).where(
        t.PostingUse.has("posting", "invoice_txn_id")
    )
)


def move(
    posting_id: int,
    state: PostingState,
    now: datetime,
    *,
    event: str,
    detail: str = "",
    set_id: str = "",
    who: str = "",
    code: str = "",
    reason: str = "",
    said: str = "",
    wait: bool = False,
    **columns: Any,
) -> None:
    """Bring a posting to ``state``, tell its life of it, and its payment where that leaves it.

    ``code`` with its ``reason`` is the hint that explains the state; ``said`` QuickBooks' own
    words. A planned posting moved with ``wait`` holds its payment back until it is judged
    again. ``columns`` are fields of ``Posting`` that became known. Raises NotFound, ValueError for
    a move that does not exist, or TypeError for an unknown column.
    """
    found = _PAYMENT_OF.all(id=posting_id)
    if not found:
        raise NotFound("posting", posting_id)
    payment = found[0][:_STANDING_FIELDS]
    siblings = [rows.POSTING.read(row[_STANDING_FIELDS:], uses=()) for row in found]
    before = next(one for one in siblings if one.id == posting_id)
    standing.check_move(before, state)
    kept_code = code if wait or state is not PostingState.PLANNED else ""
    changes = {"state": state, "code": kept_code, "said": said, **columns}
    update_columns(t.Posting, id=posting_id, **rows.POSTING.changes(**changes))
    standing.add_event(posting_id, now, event, detail, set_id, who)
    after = replace(before, **changes)
    moved = [after if one.id == posting_id else one for one in siblings]
    _carry_over(payment, siblings, after, moved, reason, now)
    _tell_change(before, after)


def _tell_change(before: Posting, after: Posting) -> None:
    """Record what became in QuickBooks of what was posted."""
    if before.state is not PostingState.POSTED or after.state is not PostingState.POSTED:
        return
    if after.deleted and not before.deleted:
        telling.tell(EventKind.PAYMENT_DELETED, [after.payment_id])
    elif (before.edit_sequence, before.deleted) != (after.edit_sequence, after.deleted):
        telling.tell(EventKind.PAYMENT_EDITED, [after.payment_id])


_STANDING = (t.Payment.status, t.Payment.code, t.Payment.reason)
_STANDING_FIELDS = len(_STANDING)
_PAYMENT_OF = Statement(
    lambda: (
        t.Posting.select(*_STANDING, *rows.POSTING.fields)
        .join(t.Payment)
        .where(t.Posting.payment == _MOVED.select(_MOVED.payment).where(_MOVED.id == slot("id")))
        .order_by(t.Posting.part)
    )
)
_MOVED: Any = t.Posting.alias()


def _carry_over(
    held: Row,
    before: Sequence[Posting],
    moved: Posting,
    parts_now: Sequence[Posting],
    reason: str,
    now: datetime,
) -> None:
    """Bring the payment, which stood at ``held``, to where its parts are now."""
    held_status, held_code, held_reason = held
    stood, _ = standing.by_parts(before)
    status, decisive = standing.by_parts(parts_now)
    if _is_held_back(PaymentStatus(held_status), stood, status, moved):
        return
    if (moved.state, bool(moved.code)) == (decisive.state, bool(decisive.code)):
        decisive, told = moved, reason or standing.reason_of(moved)
    else:
        told = held_reason if held_status == status else standing.reason_of(decisive)
    if (held_status, held_code, held_reason) == (status, decisive.code, told):
        return
    standing.set_status(moved.payment_id, status, now, decisive.code, told)
    if status is PaymentStatus.POSTED:
        problems.resolve_all_but(
            moved.connection_id,
            RecordKind.PAYMENT,
            [str(moved.payment_id)],
            standing.ABOUT_POSTED,
            now,
        )


def _is_held_back(
    held: PaymentStatus, stood: PaymentStatus, status: PaymentStatus, moved: Posting
) -> bool:
    """Whether something else than its parts keeps the payment where it is.

    A judgment does, or a person who skipped or withdrew it, as long as only planned parts are
    left.
    """
    if held in (PaymentStatus.SKIPPED, PaymentStatus.WITHDRAWN):
        return status not in (PaymentStatus.POSTED, PaymentStatus.SENT, PaymentStatus.UNKNOWN)
    only_planned = status in (PaymentStatus.READY, PaymentStatus.WAITING)
    return only_planned and moved.state is not PostingState.PLANNED and held is not stood


def expect(
    posting_id: int,
    balances: Mapping[str, Decimal],
    fitting: Mapping[str, Decimal] = MappingProxyType({}),
) -> None:
    """Keep what invoices of a posting, by TxnID, should owe right after it.

    ``fitting`` are those that owe less than is to be paid of them, with what they owe.
    """
    _EXPECT.many(
        (cents(owed), cents_or_none(fitting.get(txn_id)), posting_id, txn_id)
        for txn_id, owed in balances.items()
    )


_EXPECT = Statement(
    lambda: t.PostingUse.update(
        expected_cents=slot("expected"), fitting_cents=slot("fitting")
    ).where(t.PostingUse.has("posting", "invoice_txn_id"))
)


def verified(found: Mapping[int, bool], now: datetime) -> None:
    """Note of postings, by number, whether the balances of their invoices were right."""
    at_ms = millis(now)
    _VERIFIED.many((at_ms, posting_id) for posting_id in found)
    standing.ADD_EVENTS.many(
        (posting_id, "", at_ms, _AS_EXPECTED[is_right], "", "")
        for posting_id, is_right in found.items()
    )


_AS_EXPECTED = {True: "balances are as expected", False: "a balance is not as expected"}
_VERIFIED = Statement(
    lambda: t.Posting.update(verified_ms=slot("at_ms")).where(t.Posting.has("id"))
)


def life(payment_id: int) -> list[PostingEvent]:
    """Return what happened to a payment, first that it came in; raises NotFound.

    With several parts each step names its own.
    """
    received = _RECEIVED.all(id=payment_id)
    if not received:
        raise NotFound("payment", payment_id)
    steps = _LIFE.all(payment=payment_id)
    several = len({step[0] for step in steps}) > 1
    return [
        PostingEvent(moment(received[0][0]), "", "received", "", ""),
        *(
            PostingEvent(
                at=moment(at_ms),
                set_id=set_id,
                event=event,
                detail=f"Part {part}: {detail}".rstrip(": ") if several else detail,
                who=who,
            )
            for part, at_ms, set_id, event, detail, who in steps
        ),
    ]


_RECEIVED = Statement(lambda: t.Payment.select("received_ms").where(t.Payment.has("id")))
_LIFE = Statement(
    lambda: (
        t.PostingEvent.select(
            *(t.Posting.part, t.PostingEvent.at_ms, t.PostingEvent.set_id),
            *(t.PostingEvent.event, t.PostingEvent.detail, t.PostingEvent.who),
        )
        .join(t.Posting)
        .where(t.Posting.has("payment"))
        .order_by(t.PostingEvent.id)
    )
)


def _select() -> Any:
    return t.Posting.select(*rows.POSTING.fields)
