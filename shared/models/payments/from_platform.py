"""Rows of the platform's payments: what is on file, what has left, what is written of them.

What may be written is decided in ``shared/operations/payment_intake.py``; the payments are
judged afterward (``rejudging``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from peewee import SQL, NodeList, fn

from shared.models import tables as t
from shared.models.convert import millis
from shared.models.mapper import ChangedRows, Mapper, NewRows
from shared.models.payments import hidden_imports, rows, telling
from shared.models.payments.standing import ADD_EVENTS, IN_QUICKBOOKS
from shared.models.statements import AnyOf, Statement, among, slot
from shared.rules.connectors import Owner
from shared.rules.events import EventKind
from shared.rules.payments.values import (
    Asking,
    NewPayment,
    NewUse,
    Payment,
    PaymentSource,
    PaymentStatus,
    PostingState,
)
from shared.rules.values import RecordKind
from shared.structs import field_names


def on_file(connection_id: int, external_ids: Collection[str]) -> dict[str, Payment]:
    """Return the payments that are known under these ids, as they came in."""
    found = rows.given(_KNOWN.all(**_keys(connection_id, external_ids)))
    return {payment.external_id: payment for payment in found}


def ids(connection_id: int, external_ids: Collection[str]) -> dict[str, int]:
    """Return the numbers of the payments that are known under these ids."""
    return dict(_IDS.all(**_keys(connection_id, external_ids)))


def _keys(connection_id: int, keys: Collection[str]) -> dict[str, Any]:
    return {"connection": connection_id, "keys": keys}


def _of_these(*fields: Any) -> Any:
    return t.Payment.select(*fields).where(
        t.Payment.has("connection", source=PaymentSource.INVOICED, key=AnyOf("keys"))
    )


_KNOWN = Statement(lambda: _of_these(*rows.PAYMENT_FIELDS))
_IDS = Statement(lambda: _of_these(t.Payment.key, t.Payment.id))


def counts(connection_id: int, identity: str) -> dict[PaymentStatus, int]:
    """Return how many payments came from an account of a platform, by how they stand."""
    rows_of = _counts.all(connection=connection_id, identity=identity)
    return {PaymentStatus(status): int(count) for status, count in rows_of}


def came_from_account() -> Any:
    """Whether a record is that of a payment of the platform, on the account ``identity``."""
    return t.PlatformRecord.has(
        "identity",
        connection=t.Payment.connection,
        kind=RecordKind.PAYMENT,
        owner=Owner.PLATFORM,
        our_id=t.Payment.key,
    )


@Statement
def _counts() -> Any:
    return (
        t.Payment.select("status", fn.COUNT(t.Payment.id))
        .join(t.PlatformRecord, on=came_from_account())
        .where(t.Payment.has("connection", source=PaymentSource.INVOICED))
        .group_by(t.Payment.status)
    )


def named_there(platform: str, number: str) -> str:
    """What an invoice is called that the platform alone has: longer than a number of QuickBooks."""
    return f"{number}{_there(platform)}"


def _there(platform: str) -> str:
    return f" ({platform.capitalize()} only)"


def waiting_there(connection_id: int, platform: str) -> list[tuple[str, str]]:
    """Return (key of a payment, number) of invoices ``named_there`` that payments pay one day."""
    end = _there(platform)
    found = _WAITING_THERE.all(connection=connection_id, pattern=f"%{end}")
    return [(key, document.removesuffix(end)) for key, document in found]


_MAY_GO = (PaymentStatus.WAITING, PaymentStatus.REFUSED, PaymentStatus.NOT_ELIGIBLE)
_WAITING_THERE = Statement(
    lambda: (
        t.Payment.select(t.Payment.key, t.PaymentUse.document)
        .join(t.PaymentUse, on=(t.PaymentUse.payment == t.Payment.id))
        .where(
            t.Payment.has("connection", source=PaymentSource.INVOICED),
            t.Payment.charged,
            t.Payment.status.in_([one.value for one in _MAY_GO]),
            t.PaymentUse.invoice_txn_id == "",
            NodeList((t.PaymentUse.document, SQL("LIKE"), slot("pattern"))),
        )
    )
)


def left(payment_ids: Collection[int]) -> frozenset[int]:
    """Return those of which a request has left, or that QuickBooks may have for another reason.

    A refused one has left, too: what QuickBooks was asked for stays what it was asked for.
    """
    return frozenset(_left.column(ids=payment_ids))


@Statement
def _left() -> Any:
    sent = t.MessageSet.select("id").where(t.MessageSet.posting == t.Posting.id)
    gone = t.Posting.state.in_([state.value for state in IN_QUICKBOOKS])
    return t.Posting.select("payment").where(
        among(t.Posting.payment, "ids") & (gone | (t.Posting.generation > 1) | fn.EXISTS(sent))
    )


def add(connection_id: int, payments: Sequence[NewPayment], now: datetime) -> None:
    """Write payments that are not on file; they wait to be judged.

    Payments of these ids in an import that is under way give way.
    """
    hidden_imports.give_way(connection_id, [one.external_id for one in payments])
    _write(connection_id, 0, payments, now)
    numbers = ids(connection_id, [one.external_id for one in payments])
    _add_uses((numbers[one.external_id], one) for one in payments)
    telling.tell(EventKind.PAYMENT_RECEIVED, list(numbers.values()))


def add_hidden(
    connection_id: int, import_id: int, payments: Sequence[NewPayment], now: datetime
) -> list[int]:
    """Write payments of an import that is under way; return their numbers.

    None of them may be on file.
    """
    _write(connection_id, import_id, payments, now)
    keys = [one.external_id for one in payments]
    numbers = hidden_imports.numbers(connection_id, import_id, keys)
    _add_uses((numbers[one.external_id], one) for one in payments)
    return list(numbers.values())


def _write(
    connection_id: int, import_id: int, payments: Sequence[NewPayment], now: datetime
) -> None:
    now_ms = millis(now)
    _ADD.many((one, connection_id, import_id, now_ms, now_ms) for one in payments)


_NEW = Mapper(NewPayment, t.Payment, but=["uses"], external_id=t.Payment.key)
_ADD = NewRows(
    _NEW,
    *("connection", "import_id", "received_ms", "changed_ms"),
    source=PaymentSource.INVOICED.value,
    status=PaymentStatus.WAITING.value,
)


def _add_uses(payments: Iterable[tuple[int, NewPayment]]) -> None:
    _ADD_USES.many(
        (use, payment_id, position)
        for payment_id, one in payments
        for position, use in enumerate(one.uses)
    )


_ADD_USES = NewRows(Mapper(NewUse, t.PaymentUse), "payment", "position")


def correct(payments: Sequence[tuple[int, NewPayment, str]], who: str, now: datetime) -> None:
    """Write other terms over those of payments that have not left; they wait to be judged anew.

    Each is its number, what it should be, and what changes as a sentence. Their postings keep
    their tags, the refused ones are planned again. What a person decided for the payment as it
    was is forgotten, but a skipped one stays skipped.
    """
    _CORRECT.many((one, millis(now), id_) for id_, one, _told in payments)
    numbers = [id_ for id_, _one, _told in payments]
    _FORGET_USES.run(ids=numbers)
    _add_uses((id_, one) for id_, one, _told in payments)
    _FORGET_DECIDED.run(ids=numbers)
    _WAIT.run(ids=numbers)
    told = {id_: sentence for id_, _one, sentence in payments}
    postings = _POSTINGS.all(ids=numbers)
    ADD_EVENTS.many(
        (posting_id, "", millis(now), "corrected", told[payment_id], who)
        for payment_id, posting_id in postings
    )
    _PLAN_AGAIN.run(ids=numbers)
    telling.tell(EventKind.PAYMENT_CORRECTED, numbers)


_CORRECT = ChangedRows(Mapper(NewPayment, t.Payment, but=["external_id", "uses"]), "changed_ms")
_FORGET_USES = Statement(lambda: t.PaymentUse.delete().where(among(t.PaymentUse.payment, "ids")))
_FORGET_DECIDED = Statement(
    lambda: t.Payment.update(
        asking=Asking.NO.value, waiting_ms=None, overpayment="", on_account="", closed_period=""
    ).where(among(t.Payment.id, "ids"))
)
_WAIT = Statement(
    lambda: t.Payment.update(status=PaymentStatus.WAITING.value, code="", reason="", note="").where(
        among(t.Payment.id, "ids") & (t.Payment.status != PaymentStatus.SKIPPED.value)
    )
)
_POSTINGS = Statement(
    lambda: t.Posting.select("payment", "id").where(among(t.Posting.payment, "ids"))
)
_PLAN_AGAIN = Statement(
    lambda: t.Posting.update(
        state=PostingState.PLANNED.value, code="", said="", attempts=0, date="", pause_ms=None
    ).where(among(t.Posting.payment, "ids"))
)


def recharge(payments: Sequence[tuple[int, NewPayment]], now: datetime) -> None:
    """Write what became of the charges of payments, by their numbers."""
    _RECHARGE.many((one, millis(now), id_) for id_, one in payments)
    telling.tell(EventKind.PAYMENT_CORRECTED, [id_ for id_, _ in payments])


_OF_ITS_CHARGE = frozenset({"charge_state", "refunded", "disputed", "fee"})
_RECHARGE = ChangedRows(
    Mapper(NewPayment, t.Payment, but=set(field_names(NewPayment)) - _OF_ITS_CHARGE), "changed_ms"
)
