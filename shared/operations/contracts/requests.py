"""What programs send, as values; and how a value is made of their JSON, or refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from shared.errors import CannotBeMeant
from shared.operations.contracts.schemas import ASKED_AMOUNT, needed
from shared.rules.payments.checking import MAX_MEMO, MAX_NAME, MAX_TEXT
from shared.rules.payments.values import ChargeState
from shared.rules.values import Day
from shared.structs import Value, asdict, field_names

T = TypeVar("T", bound=Value)

ID = {"minLength": 1, "maxLength": MAX_TEXT}
TEXT = {"maxLength": MAX_TEXT}


class AppliedTo(Value):
    """An invoice that a payment pays, and how much of it."""

    invoice: Annotated[str, "its number or TxnID", ID]
    amount: Annotated[Decimal, "what it gets, as text: `250.00`"]


class PaymentTerms(Value):
    """What may be said of a payment; what is left out stays as it is, or is empty at first."""

    amount: Annotated[Decimal | None, "the whole amount, as text: `250.00`"] = None
    currency: Annotated[
        str | None, "such as USD; empty: that of its invoices", {"pattern": "^([A-Za-z]{3})?$"}
    ] = None
    date: Annotated[Day | None, "the day of the payment"] = None
    method: Annotated[str | None, "payment method, such as `credit_card`", TEXT] = None
    reference: Annotated[str | None, "the gateway's ID or a check number", TEXT] = None
    gateway: Annotated[str | None, "payment gateway", TEXT] = None
    memo: Annotated[str | None, "memo", {"maxLength": MAX_MEMO}] = None
    processed: Annotated[
        bool | None,
        "whether it was charged through the platform; otherwise it is offline and never posted",
    ] = None
    charge_state: Annotated[ChargeState | None, "state of the charge"] = None
    customer: Annotated[
        str | None, "who paid; empty: the customer of its invoices", {"maxLength": MAX_NAME}
    ] = None
    applied: Annotated[
        tuple[AppliedTo, ...] | None, "the invoices that it pays; none: it is on account"
    ] = None
    refunded: Annotated[Decimal | None, "amount refunded since"] = None
    disputed: Annotated[bool | None, "whether its charge is disputed"] = None


class NewPaymentBody(PaymentTerms, kw_only=True):
    """A payment that comes in."""

    external_id: Annotated[str, "your ID for the payment: the same ID is the same payment", ID]
    # Said by a field, or the base's "not said" would be their default.
    amount: Annotated[Decimal, "the whole amount, as text: `250.00`"]
    date: Annotated[Day, "the day of the payment"]


class Confirmation(Value):
    """What is decided about a problem."""

    confirm: Annotated[tuple[str, ...], "the codes of `needs` that somebody has confirmed"] = ()


class SkipBody(Confirmation, kw_only=True):
    """Why a problem is skipped."""

    because: Annotated[str, "the reason, for the record"]


class Unreadable(CannotBeMeant):
    """JSON that is not what is asked for: where, and what is wrong there."""

    def __init__(self, where: str, why: str, remedy: str) -> None:
        super().__init__(f"{where or 'The body'} {why}.", remedy)


def read(kind: type[T], json: Any, where: str = "") -> T:
    """Make a value of JSON. Raises Unreadable for the first thing that is wrong."""
    if not isinstance(json, dict):
        raise Unreadable(where, "is not an object", "Send a JSON object.")
    known = field_names(kind)
    unknown = [name for name in json if name not in known]
    if unknown:
        raise Unreadable(
            _inside(where, unknown[0][:40]), "is not a known key", f"Allowed: {', '.join(known)}."
        )
    hints = get_type_hints(kind, include_extras=True)
    missing = [name for name in needed(kind) if name not in json]
    if missing:
        raise Unreadable(_inside(where, missing[0]), "is missing", "Add it.")
    return kind(
        **{name: _value(hints[name], held, _inside(where, name)) for name, held in json.items()}
    )


def given(body: PaymentTerms) -> Mapping[str, Any]:
    """What a body says, by the name of the field."""
    return {name: value for name, value in asdict(body).items() if value is not None}


def _inside(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _value(declared: Any, held: Any, where: str) -> Any:
    origin, arguments = get_origin(declared), get_args(declared)
    if origin is Annotated:
        return _value(arguments[0], held, where)
    if origin in (Union, UnionType):
        return _value(next(one for one in arguments if one is not NoneType), held, where)
    if origin is tuple:
        if not isinstance(held, list):
            raise Unreadable(where, "is not an array", "Write it in [ ].")
        return tuple(
            _value(arguments[0], one, f"{where}[{number}]") for number, one in enumerate(held)
        )
    if issubclass(declared, Value):
        return read(declared, held, where)
    return _plain(declared, held, where)


def _plain(kind: Any, held: Any, where: str) -> Any:
    if issubclass(kind, bool):
        if isinstance(held, bool):
            return held
        raise Unreadable(where, "is neither true nor false", "Write true or false.")
    if held is None:
        raise Unreadable(where, "is null", "Leave it out where there is nothing to say.")
    if not isinstance(held, str):
        remedy = "Write it in quotes" + (', such as "250.00".' if kind is Decimal else ".")
        raise Unreadable(where, "is not text", remedy)
    if not held.isprintable() and "\x00" in held:
        raise Unreadable(where, "contains a NUL character", "Leave it out.")
    if issubclass(kind, Decimal):
        return _amount(held, where)
    if issubclass(kind, Enum):
        return _word(kind, held, where)
    return _day(held, where) if issubclass(kind, date) else held


def _amount(text: str, where: str) -> Decimal:
    if not re.fullmatch(ASKED_AMOUNT.strip("^$"), text, re.ASCII):
        raise Unreadable(
            where,
            f"is {text[:40]!r}, which is not an amount",
            'Write it as "1234.50", with at most ten digits before the point and two after it.',
        )
    return Decimal(text).quantize(Decimal("0.01"))


def _word(kind: type[Enum], text: str, where: str) -> Enum:
    try:
        return kind(text)
    except ValueError:
        known = ", ".join(str(one.value) for one in kind)
        raise Unreadable(where, f"is {text[:40]!r}", f"It may be: {known}.") from None


def _day(text: str, where: str) -> date:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Unreadable(where, f"is {text[:40]!r}, which is not a date", "Write it as 2026-01-31.")
