"""One row of a file of payments: its values read, every fault named by its column."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from shared.operations.file_profiles import LEFT_OUT, PAYMENT
from shared.operations.file_values import read_money
from shared.operations.payment_terms import (
    Unreadable,
    read_amount,
    read_day,
    read_flag,
    read_share,
    uses_of,
)
from shared.rules.payments import checking
from shared.rules.payments.checking import Fault
from shared.rules.payments.values import ChargeState, NewPayment
from shared.structs import Value, field, replace

LONGEST = 20

Shares = tuple[tuple[str, Decimal], ...]
Readers = Mapping[str, Callable[[Any], Any]]


class Reading(Value):
    """How the values of a file are read: ``readers`` in place of the strict ones of FIELDS.

    ``mark`` is the decimal mark, "" where amounts have no currency beside them. ``needed`` are the
    columns that no row leaves empty. ``partial``: what a row does not say stays as it is on file,
    ``stays`` whatever it says.
    """

    readers: Readers = field(default_factory=dict)
    mark: str = ""
    needed: tuple[str, ...] = ("external_id", "amount")
    partial: bool = False
    stays: frozenset[str] = frozenset()

    def unsaid(self, values: Mapping[str, Any]) -> frozenset[str]:
        """The fields of a payment that a row with these values leaves as they are on file."""
        return _unsaid(tuple(values), self.stays)


@lru_cache(1024)
def _unsaid(said: tuple[str, ...], stays: frozenset[str]) -> frozenset[str]:
    """Most rows of a file say the same fields."""
    unsaid = stays.union(name for column, name in _SAYS.items() if column not in said)
    return unsaid if DOCUMENTS.intersection(said) else unsaid | {"uses"}


DOCUMENTS: Final = frozenset({"invoice", "applied", "credit_notes"})
_SAYS = {
    **{n: n for n in ("customer", "currency", "method", "reference", "gateway", "memo")},
    **{n: n for n in ("date", "charge_state", "refunded", "disputed", "from_quickbooks")},
    "offline": "charged",
}
_STRICT = Reading()


class FileRow(Value):
    """One row of a file: where it starts, and its payment, or what is wrong with it.

    ``undated``: the row has no date and the payment carries the present day. ``note`` says why
    a row without payment and faults is no payment: a total, a title. ``external_id`` is what
    stands in that column, whatever the row is. ``unsaid`` are fields of the payment that the row
    leaves as they are on file. ``kind`` is why it is left out (a key of LEFT_OUT), "" where it is
    not; one that is left out with a payment counts where that is on file. ``odd`` is what the file
    tells of the row, though it is taken in.
    """

    line: int
    payment: NewPayment | None
    faults: tuple[str, ...] = ()
    undated: bool = False
    note: str = ""
    external_id: str = ""
    unsaid: frozenset[str] = frozenset()
    kind: str = ""
    odd: str = ""


class Raw(Value):
    """A row before its values are read: text from CSV, any JSON value from JSON lines.

    ``kind`` is what it is: a payment, or a key of LEFT_OUT. ``fee_elsewhere``: its fee is in
    another currency.
    """

    line: int
    values: Mapping[str, Any]
    fault: str = ""
    note: str = ""
    kind: str = PAYMENT
    fee_elsewhere: bool = False


def read(raw: Raw, today: date, how: Reading | None = None) -> FileRow:
    """Read every value, so that one run tells all that is wrong with a row."""
    how = how or _STRICT
    name = label(raw.values.get("external_id"))
    if raw.fault or raw.note:
        faults = (raw.fault,) if raw.fault else ()
        kind = raw.kind if raw.note and raw.kind in LEFT_OUT else ""
        return FileRow(raw.line, None, faults, note=raw.note, external_id=name, kind=kind)
    values, unread = _values(raw, how)
    payment = _payment(values, unread, today)
    told = [f"{column}: {fault}" for column, fault in unread.items()]
    told += _against_the_rules(payment, unread, how)
    return FileRow(
        raw.line,
        None if told else payment,
        tuple(told),
        undated=values["date"] is None,
        external_id=name,
        unsaid=how.unsaid(raw.values) if how.partial else frozenset(),
        kind=raw.kind if raw.kind in LEFT_OUT else "",
        odd="" if told else _odd(raw, values),
    )


def _odd(raw: Raw, values: Mapping[str, Any]) -> str:
    if raw.fee_elsewhere and raw.values.get("fee"):
        return FEE_ELSEWHERE
    fee, net = values["fee"], values["net"]
    sums_up = None in (fee, net) or values["amount"] - fee == net
    return "" if sums_up or raw.fee_elsewhere else NET_DIFFERS


FEE_ELSEWHERE = "Fees in a different currency than their payment are not kept"
NET_DIFFERS = "Amount minus fee is not the net amount; the amount is what is posted"


def _values(raw: Raw, how: Reading) -> tuple[dict[str, Any], dict[str, str]]:
    """The values by column, and what is wrong with those that cannot be read."""
    values = dict(_MISSING)
    faults: dict[str, str] = {}
    for name, written in raw.values.items():
        if written is None or written == "" or name not in FIELDS:
            continue
        try:
            values[name] = (how.readers.get(name) or FIELDS[name][0])(written)
        except Unreadable as fault:
            faults[name] = str(fault)
    # In the order of the columns, wherever they stand in the file.
    faults = {name: faults[name] for name in FIELDS if name in faults} if faults else faults
    if raw.fee_elsewhere:
        values["fee"] = None
    _beside(raw, how, values, faults)
    for name in how.needed:
        if values[name] in (None, "") and name not in faults:
            faults[name] = "it is missing"
    return values, faults


def _beside(raw: Raw, how: Reading, values: dict[str, Any], faults: dict[str, str]) -> None:
    """Take the currency that stands beside the amount; it may not contradict its column."""
    written = raw.values.get("amount")
    if (
        not how.mark
        or not isinstance(written, str)
        or (written.isascii() and not _LETTER.search(written))
    ):
        return
    code = "" if "amount" in faults else read_money(written, how.mark)[1]
    if code and values["currency"] and values["currency"].upper() != code:
        faults["currency"] = f"the amount is in {code}, and the column says {values['currency']}"
    values["currency"] = values["currency"] or code


_LETTER = re.compile("[A-Za-z]")


def _payment(values: Mapping[str, Any], faults: dict[str, str], today: date) -> NewPayment:
    """Make the payment; where a value could not be read, one that breaks no further rule."""
    amount = values["amount"]
    if amount is None:
        amount = max(sum((share for _, share in values["applied"]), Decimal()), values["refunded"])
    invoice = "" if faults.keys() & {"amount", "applied"} else values["invoice"]
    try:
        uses = uses_of(amount, invoice, values["applied"], values["credit_notes"])
    except Unreadable as fault:
        faults["invoice"] = str(fault)
        uses = uses_of(amount, "", values["applied"], values["credit_notes"])
    texts = ("customer", "currency", "method", "reference", "gateway", "memo")
    return NewPayment(
        external_id=values["external_id"],
        date=values["date"] or today,
        amount=amount,
        uses=uses,
        **{name: values[name] for name in texts},
        charged=not values["offline"],
        charge_state=values["charge_state"] or ChargeState.SUCCEEDED,
        from_quickbooks=values["from_quickbooks"],
        refunded=values["refunded"],
        disputed=values["disputed"],
        fee=values["fee"],
    )


def _against_the_rules(payment: NewPayment, unread: Mapping[str, str], how: Reading) -> list[str]:
    told = {*unread, *(_CUSTOMER_OR if unread.keys() & _CUSTOMER_OR else ())}
    if how.partial and not payment.customer:
        told.add("customer")  # what is on file may name one
    named = [in_columns(fault) for fault in checking.faults(payment)]
    return [str(fault) for fault in named if fault.field not in told]


_CUSTOMER_OR = frozenset({"customer", "invoice", "applied", "credit_notes"})
"""What pays nothing of an unreadable column is not said to lack a customer."""


def in_columns(fault: Fault) -> Fault:
    """Name a fault's field as the columns and options do."""
    return replace(fault, field=_COLUMN_OF.get(fault.field, fault.field))


_COLUMN_OF = {"uses": "applied", "charged": "offline"}


def label(value: Any) -> str:
    """What stands in a cell, "" for nothing."""
    return "" if value is None or value in ([], {}) else str(value).strip()


def _name(value: Any) -> str:
    """A text that names something: a spreadsheet may have made a rounded number of it."""
    text = _text(value)
    if _SCIENTIFIC.fullmatch(text):
        raise Unreadable(
            f"{text} was a longer number before a spreadsheet rounded it; export the file again "
            "and import it as it is"
        )
    return text


_SCIENTIFIC = re.compile(r"\d([.,]\d+)?[Ee]\+\d+", re.ASCII)


def _code(value: Any) -> str:
    return _text(value).upper()


def _fee(value: Any) -> Decimal:
    """What was kept of the payment; exports write it below zero, or not."""
    return abs(_money(value))


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unreadable(f"{_shown(value)} is not text; write it in quotation marks")
    text = str(value).strip()
    if not text.isprintable() and _UNSTORABLE.search(text):
        raise Unreadable(f"{text[:LONGEST]!a} contains NUL or an incomplete character; remove it")
    return text


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def _money(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Unreadable(f"{_shown(value)} is not an amount; write it as 1234.50")
    if isinstance(value, Decimal) and not -LONGEST < value.adjusted() < LONGEST:
        raise Unreadable(f"{value} is not an amount; write it as 1234.50")  # 1e999999999
    return read_amount(f"{value:f}" if isinstance(value, Decimal) else str(value))


def _day(value: Any) -> date:
    return read_day(_text(value))


def _flag(value: Any) -> bool:
    return value if isinstance(value, bool) else read_flag(_text(value))


def _charge_state(value: Any) -> ChargeState:
    try:
        return ChargeState(_text(value).casefold())
    except ValueError:
        words = ", ".join(ChargeState)
        raise Unreadable(f'"{_text(value)}" is not a charge state; it is one of {words}') from None


def _shares(value: Any) -> Shares:
    """Read ``A=1.00;B=2.00``, ``{"A": "1.00"}`` or ``[{"invoice": "A", "amount": "1.00"}]``."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            value = load(value)
        except (ValueError, RecursionError):
            raise Unreadable(f"{_shown(value)} is not JSON") from None
    if isinstance(value, str):
        return tuple(read_share(share) for share in _text(value).split(";") if share.strip())
    if isinstance(value, dict):
        return tuple((_text(document), _money(share)) for document, share in value.items())
    if isinstance(value, list):
        return tuple(map(_listed_share, value))
    raise Unreadable(f"{_shown(value)} does not contain shares; write them as A=1.00;B=2.00")


def _listed_share(one: Any) -> tuple[str, Decimal]:
    if not isinstance(one, dict) or len(one) != 2 or "amount" not in one:
        raise Unreadable(f'{_shown(one)} is not a share; write it as {{"invoice": …, "amount": …}}')
    [name] = set(one) - {"amount"}
    if name not in {"invoice", "credit_note", "document"}:
        raise Unreadable(f'"{name}" is not a key of a share; write invoice and amount')
    return _text(one[name]), _money(one["amount"])


def load(written: str) -> Any:
    """Read JSON; raises ValueError, RecursionError."""
    return json.loads(
        written, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_once
    )


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is not a number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key appears twice")
    return values


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:59]}…"


FIELDS: Mapping[str, tuple[Callable[[Any], Any], Any]] = {
    "external_id": (_name, ""),
    "invoice": (_name, ""),
    "amount": (_money, None),
    "applied": (_shares, ()),
    "customer": (_text, ""),
    "currency": (_code, ""),
    "method": (_text, ""),
    "reference": (_text, ""),
    "gateway": (_text, ""),
    "date": (_day, None),
    "offline": (_flag, False),
    "charge_state": (_charge_state, None),
    "refunded": (_money, Decimal("0.00")),
    "disputed": (_flag, False),
    "from_quickbooks": (_flag, False),
    "memo": (_text, ""),
    "credit_notes": (_shares, ()),
    "fee": (_fee, None),
    "net": (_money, None),
}
"""The columns: how each is read, and what stands for one that is empty or missing."""

_MISSING: Final = {name: missing for name, (_, missing) in FIELDS.items()}
