"""What a caller may set of each object, and what it must look like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from shared.structs import Value
from simulator.invoiced.errors import ApiError
from simulator.invoiced.money import LARGEST, cents


class Unreadable(ValueError):
    """A value is not what its field takes; the text says what it must be."""


Read = Callable[[Any], Any]  # raises Unreadable
LARGEST_WHOLE = 2**33
MOST_METADATA, LONGEST_KEY, LONGEST_VALUE = 10, 40, 255


class Field(Value):
    """How a value is read, and what a new object has when none is given."""

    read: Read
    default: Any = None
    required: bool = False


def text(longest: int = 255, default: str | None = None, *, required: bool = False) -> Field:
    """Up to so many characters; empty text is null."""

    def read(given: Any) -> str | None:
        if isinstance(given, bool | list | dict):
            raise Unreadable("must be a string")
        value = str(given).strip()
        if len(value) > longest:
            raise Unreadable(f"must have no more than {longest} characters")
        return value or None

    return Field(read, default, required)


def choice(default: str, *others: str) -> Field:
    """One of these words."""

    def read(given: Any) -> str:
        if given not in (default, *others):
            raise Unreadable(f"must be one of {', '.join((default, *others))}")
        return str(given)

    return Field(read, default)


def flag(default: bool = False) -> Field:
    """True or false, also as 1 or 0."""

    def read(given: Any) -> bool:
        if given not in (True, False, "1", "0", "true", "false"):
            raise Unreadable("must be true or false")
        return given in (True, "1", "true")

    return Field(read, default)


def whole(default: int | None = None) -> Field:
    """A whole number from 0, such as an ID or unix seconds."""

    def read(given: Any) -> int:
        if isinstance(given, bool) or not isinstance(given, int) or not 0 <= given < LARGEST_WHOLE:
            raise Unreadable("must be an integer")
        return given

    return Field(read, default)


def read_number(given: Any) -> Decimal:
    """A JSON number, or text that is one. Raises Unreadable."""
    try:
        value = Decimal(given) if not isinstance(given, bool | float) else Decimal("NaN")
    except (InvalidOperation, TypeError, ValueError):
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= LARGEST:
        raise Unreadable("must be a number")
    return value


def number_of(given: Mapping[str, Any], name: str, default: int = 0) -> Decimal:
    """A number in a nested object. Raises ApiError naming it."""
    value = given.get(name)
    try:
        return Decimal(default) if value is None else read_number(value)
    except Unreadable as wrong:
        raise ApiError(f"The `{name}` parameter is invalid: it {wrong}.", name) from wrong


def money(*, required: bool = False) -> Field:
    """An amount, rounded to cents."""
    return Field(lambda given: cents(read_number(given)), None, required)


def _rows(given: Any) -> list[Any]:
    if not isinstance(given, list):
        raise Unreadable("must be a list")
    return given


def _metadata(given: Any) -> dict[str, str]:
    if not isinstance(given, dict):
        raise Unreadable("must be an object")
    kept = {key: str(value) for key, value in given.items() if value not in (None, "")}
    if len(kept) > MOST_METADATA:
        raise Unreadable(f"can only have up to {MOST_METADATA} keys")
    if any(len(key) > LONGEST_KEY or len(value) > LONGEST_VALUE for key, value in kept.items()):
        raise Unreadable(f"keys have up to {LONGEST_KEY}, values up to {LONGEST_VALUE} characters")
    return kept


ROWS, METADATA = Field(_rows), Field(_metadata, {})
ADDRESS = {one: text() for one in ("address1", "address2", "city", "state", "postal_code")}
COUNTRY = text(2)
METHODS = (
    "ach", "affirm", "balance", "bank_transfer", "cash", "check", "credit_card", "direct_debit",
    "echeck", "eft", "klarna", "online", "paypal", "wire_transfer",
)  # fmt: skip

CUSTOMER: Mapping[str, Field] = {
    "name": text(required=True),
    "number": text(32),
    "email": text(),
    "type": choice("company", "person", "government", "non_profit"),
    "active": flag(True),
    "currency": text(3),
    "payment_terms": text(),
    "autopay": flag(),
    "attention_to": text(),
    **ADDRESS,
    "country": COUNTRY,
    "phone": text(),
    "notes": text(5000),
    "tax_id": text(),
    "taxable": flag(True),
    "taxes": Field(_rows, []),
    "parent_customer": whole(),
    "bill_to_parent": flag(),
    "credit_hold": flag(),
    "chase": flag(True),
    "language": text(2),
    "metadata": METADATA,
}
CONTACT: Mapping[str, Field] = {
    "name": text(required=True),
    "email": text(),
    "phone": text(),
    "title": text(),
    "department": text(),
    "primary": flag(True),
    "sms_enabled": flag(),
    **ADDRESS,
    "country": COUNTRY,
}
CREDIT_NOTE: Mapping[str, Field] = {
    "customer": whole(),
    "number": text(32),
    "name": text(),
    "currency": text(3),
    "date": whole(),
    "purchase_order": text(32),
    "notes": text(5000),
    "draft": flag(),
    "closed": flag(),
    "items": ROWS,
    "discounts": ROWS,
    "discount": money(),
    "taxes": ROWS,
    "tax": money(),
    "metadata": METADATA,
}
INVOICE: Mapping[str, Field] = {
    **CREDIT_NOTE,
    "due_date": whole(),
    "payment_terms": text(),
    "autopay": flag(),
    "ship_to": Field(lambda given: given),
}
PAYMENT: Mapping[str, Field] = {
    "amount": money(required=True),
    "currency": text(3),
    "customer": whole(),
    "date": whole(),
    "method": choice("other", *METHODS),
    "reference": text(),
    "source": text(default="keyed"),
    "notes": text(5000),
    "ach_sender_id": text(),
    "applied_to": ROWS,
    "metadata": METADATA,
}
NEVER_NULL = ("number", "currency", "date", "items", "discounts", "taxes")
MAPPING_PARAMETERS = ("accounting_system", "accounting_id", "accounting_source")


def read_fields(
    shape: Mapping[str, Field], given: Mapping[str, Any], *, new: bool
) -> dict[str, Any]:
    """The values that were given, checked; a new object gets defaults for the rest.

    What the shape does not name is ignored, and null where a value is always needed. Raises
    ApiError naming the parameter.
    """
    values = {name: field.default for name, field in shape.items()} if new else {}
    for name in (one for one in shape if one in given):
        value = None if given[name] is None else _read(name, shape[name], given[name])
        if value is not None or (shape[name].default is None and name not in NEVER_NULL):
            values[name] = value
    for name, field in shape.items():
        if field.required and values.get(name, "") is None:
            raise ApiError(f"Missing required parameter: {name}", name)
    return values


def _read(name: str, field: Field, given: Any) -> Any:
    try:
        return field.read(given)
    except Unreadable as wrong:
        raise ApiError(f"The `{name}` parameter is invalid: it {wrong}.", name) from wrong


def check_known(given: Mapping[str, Any], known: tuple[str, ...], where: str = "request") -> None:
    """Refuse what a strict route does not know; ``where`` is request or query."""
    if unknown := sorted(given.keys() - set(known)):
        listed = ", ".join(f"'{one}'" for one in sorted(known))
        raise ApiError(
            f"The option '{unknown[0]}' does not exist. Defined options are: {listed}.", where
        )
