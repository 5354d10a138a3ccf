"""The planned postings of payments that are ready, written in bulk and only where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from peewee import SQL

from shared.models import tables as t
from shared.models.convert import millis
from shared.models.installation import origin
from shared.models.mapper import ChangedRows, Mapper, NewRows
from shared.models.payments.rows import POSTING_USE
from shared.models.payments.standing import ADD_EVENTS
from shared.models.statements import AnyOf, Statement, among
from shared.rules.payments import tags
from shared.rules.payments.splitting import Part
from shared.rules.payments.values import Payment, Posting, PostingState, PostingUse
from shared.structs import Value


class Plan(Value):
    """What a payment should become (``wanted``, by part number) and what is there of it.

    ``planned`` are its planned postings; those parts that went further are not among them.
    """

    payment: Payment
    wanted: tuple[Part, ...]
    planned: tuple[Posting, ...]


def write(plans: Sequence[Plan], now: datetime) -> None:
    """Make the planned postings what the plans want; those that are right stay untouched."""
    for plan in plans:
        _drop_surplus(plan, now)
    changed = [pair for plan in plans for pair in _changed(plan)]
    _CHANGE.many((part, posting.id) for posting, part in changed)
    _FORGET_USES.run(ids=[posting.id for posting, _ in changed])
    _write_uses([(posting.id, part) for posting, part in changed])
    _tell([(posting.id, part, "planned-otherwise") for posting, part in changed], now)
    _insert([(plan, part) for plan in plans for part in _added(plan)], now)
    _CLEAR.run(payments=[plan.payment.id for plan in plans])


def _changed(plan: Plan) -> Iterator[tuple[Posting, Part]]:
    wanted = {part.part: part for part in plan.wanted}
    for posting in plan.planned:
        part = wanted.get(posting.part)
        if part is not None and _as_part(posting) != part:
            yield posting, part


def _as_part(posting: Posting) -> Part:
    return Part(
        part=posting.part,
        customer_list_id=posting.customer_list_id,
        customer=posting.customer,
        ar_account_list_id=posting.ar_account_list_id,
        currency=posting.currency,
        amount=posting.amount,
        uses=tuple(PostingUse(u.invoice_txn_id, u.number, u.amount) for u in posting.uses),
    )


def _added(plan: Plan) -> list[Part]:
    there = {posting.part for posting in plan.planned}
    return [part for part in plan.wanted if part.part not in there]


def _drop_surplus(plan: Plan, now: datetime) -> None:
    """Take away parts that are no longer needed, and say so where the payment goes on."""
    wanted = {part.part for part in plan.wanted}
    gone = [posting for posting in plan.planned if posting.part not in wanted]
    stays = [posting for posting in plan.planned if posting.part in wanted]
    if not gone:
        return
    _DROP.run(ids=[posting.id for posting in gone])
    ADD_EVENTS.many(
        (stays[0].id, "", millis(now), "part-dropped", f"Part {one.part}, {one.amount:,.2f}", "")
        for one in (gone if stays else ())
    )


def _insert(added: Sequence[tuple[Plan, Part]], now: datetime) -> None:
    if not added:
        return
    origins = {one: origin(one) for one in {plan.payment.connection_id for plan, _ in added}}
    _ADD.many(_new(plan, part, origins[plan.payment.connection_id]) for plan, part in added)
    ids = {
        (payment_id, part): posting_id
        for payment_id, part, posting_id in _IDS.all(payments={p.payment.id for p, _ in added})
    }
    written = [(ids[plan.payment.id, part.part], part) for plan, part in added]
    _write_uses(written)
    _tell([(posting_id, part, "planned") for posting_id, part in written], now)


def _new(plan: Plan, part: Part, whose: tags.Origin) -> tuple[Any, ...]:
    payment = plan.payment
    # A part that joins others after a decision to post anew must not revive tags of before.
    generation = max((posting.generation for posting in plan.planned), default=1)
    key = (whose, payment.external_id, part.part, generation)
    named = (tags.ref_number(*key), tags.external_guid(*key))
    return (part, payment.connection_id, payment.id, generation, *named)


def _write_uses(written: Sequence[tuple[int, Part]]) -> None:
    _ADD_USES.many(
        (use, posting_id, position)
        for posting_id, part in written
        for position, use in enumerate(part.uses)
    )


def _tell(written: Sequence[tuple[int, Part, str]], now: datetime) -> None:
    ADD_EVENTS.many(
        (posting_id, "", millis(now), event, _told(part), "") for posting_id, part, event in written
    )


def _told(part: Part) -> str:
    paid = ", ".join(use.number or use.invoice_txn_id for use in part.uses)
    amount = f"{part.amount:,.2f} {part.currency}".rstrip()
    invoices = f"invoice {paid}" if paid else "on account"
    return f"{amount} for {part.customer}, {invoices}"


_PART = Mapper(Part, t.Posting, but=["uses"])
# Without a date it was not looked at as it is now, so it does not go out yet.
_CHANGE = ChangedRows(_PART, date=SQL("''"))
_ADD = NewRows(
    _PART,
    *("connection", "payment", "generation", "ref_number", "external_guid"),
    state=PostingState.PLANNED.value,
)
_IDS = Statement(
    lambda: t.Posting.select("payment", "part", "id").where(among(t.Posting.payment, "payments"))
)
_DROP = Statement(lambda: t.Posting.delete().where(among(t.Posting.id, "ids")))
_ADD_USES = NewRows(POSTING_USE, "posting", "position")
_FORGET_USES = Statement(lambda: t.PostingUse.delete().where(among(t.PostingUse.posting, "ids")))
_CLEAR = Statement(
    lambda: t.Posting.update(code="", said="").where(
        t.Posting.has(payment=AnyOf("payments"), state=PostingState.PLANNED), t.Posting.code != ""
    )
)
