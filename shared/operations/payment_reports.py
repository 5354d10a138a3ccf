"""Rows of other programs' reports: which are payments, and what a profile makes of those."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Any

from shared.operations.file_profiles import (
    BY_HAND,
    DISPUTED,
    FAILED,
    LEFT_OUT,
    PAYMENT,
    Profile,
    RowRule,
)
from shared.operations.file_values import read_day, read_money
from shared.operations.payment_cells import DOCUMENTS, Raw, Reading
from shared.operations.payment_columns import AMOUNTS, Look
from shared.operations.payment_terms import Unreadable
from shared.operations.payment_titles import told_apart
from shared.rules.payments.names import folded
from shared.rules.payments.values import ChargeState
from shared.structs import replace


def reading_of(look: Look) -> Reading:
    """How the values of a file are read, as all of it writes them."""

    def money(written: str) -> Decimal:
        return read_money(written, look.mark)[0]

    profile = look.header.profile
    day = partial(read_day, order=look.order, zone=look.zone, utc=False)
    readers: dict[str, Any] = {**dict.fromkeys(AMOUNTS, money), "date": day}
    readers["fee"] = lambda written: abs(money(written))
    needed = ("external_id", "amount", *(("date",) if "date" in profile.needs else ()))
    return Reading(readers, look.mark, needed, partial=not profile.is_ours, stays=profile.stays)


def row_of(line: int, cells: Sequence[str], values: dict[str, Any], look: Look) -> Raw:
    """A row of a report by what its profile knows; ``values`` are its fields as written."""
    raw = told_apart(Raw(line, values), _label_of(cells, values, look.header.profile))
    if raw.note:
        return raw
    kind, fault = _kind_of(cells, look)
    if kind in LEFT_OUT and kind != FAILED:
        note = _by_hand(kind, values) if kind in BY_HAND else LEFT_OUT[kind]
        return replace(raw, note=note, kind=kind)
    if not fault:
        fault = _complete(cells, values, kind, look)
    return Raw(line, values, fault, "", kind, _fee_elsewhere(values))


def _label_of(cells: Sequence[str], values: Mapping[str, Any], profile: Profile) -> str:
    """The first cell of a row that nothing names as a payment: it may read like a total."""
    if profile.named_by:
        named = any(map(str.isdigit, values.get("date", "")))
    else:
        named = "external_id" in values
    return "" if named else next(cell for cell in cells if cell.strip())


def _kind_of(cells: Sequence[str], look: Look) -> tuple[str, str]:
    """What a row is by all rules of its profile, and the fault where one does not know it."""
    kind = PAYMENT
    for at, rule in look.header.rules:
        found = _kind_by(rule, cells[at], look.mark)
        if not found:
            named = f"profile {look.header.profile.label} does not know what that is"
            return "", f'{look.header.names[at]}: "{cells[at].strip()}": {named}'
        if found in LEFT_OUT:
            return found, ""
        kind = found if kind == PAYMENT else kind
    return kind, ""


@lru_cache(4096)
def _kind_by(rule: RowRule, cell: str, mark: str) -> str:
    if rule.kinds:
        return rule.of_word(cell)
    try:
        amount = read_money(cell, mark)[0] if cell.strip() else Decimal()
    except Unreadable:
        return PAYMENT
    if amount and rule.nonzero:
        return rule.nonzero
    return rule.below_zero if amount < 0 and rule.below_zero else PAYMENT


def _by_hand(kind: str, values: Mapping[str, Any]) -> str:
    """Such as "refund re_1 of 12.00 USD for ch_1: book it in QuickBooks by hand"."""
    amount = " ".join(filter(None, (values.get("amount"), values.get("currency"))))
    of = f" of {amount}" if amount else ""
    to = f" for {values['refund_of']}" if values.get("refund_of") else ""
    named = f"{kind} {values.get('external_id', '')}".rstrip()
    return f"{named}{of}{to}: record it in QuickBooks yourself"


def _complete(cells: Sequence[str], values: dict[str, Any], kind: str, look: Look) -> str:
    """Write into ``values`` what the profile knows; what is wrong with the row, "" for nothing."""
    profile = look.header.profile
    if profile.gateway:
        values.setdefault("gateway", profile.gateway)
    if kind == DISPUTED:
        values["disputed"] = "yes"
    if kind == FAILED:
        values["charge_state"] = ChargeState.FAILED.value
    elif "status" in profile.columns:
        # Only a report that tells what became of a charge says that it succeeded after all.
        values["charge_state"] = ChargeState.SUCCEEDED.value
    try:
        _take_number(cells, values, look)
        _take_day(cells, values, look)
        if profile.named_by and "amount" in values:
            values["external_id"] = _named(values, profile, look)
    except Unreadable as unread:
        return str(unread)
    if profile.customer_only_on_account and values.keys() & DOCUMENTS:
        values.pop("customer", None)
    return ""


def _take_number(cells: Sequence[str], values: dict[str, Any], look: Look) -> None:
    """Take the number of the invoice out of a text, where the column was mapped so."""
    place = look.place(cells, "invoice")
    if place and place.pattern:
        values["invoice"] = number_in(values["invoice"], place.pattern)
        if not values["invoice"]:
            del values["invoice"]


def number_in(text: str, pattern: str) -> str:
    """The one number in a text that a pattern such as ``INV-#`` finds, "" where there is none.

    Raises Unreadable where there are several.
    """
    wanted = re.escape(pattern).replace(r"\#", r"\d+")
    # A part of a longer word or number is another number.
    found = re.findall(rf"(?<![^\W_])(?:{wanted})(?![^\W_])", text, re.IGNORECASE)
    numbers = list(dict.fromkeys(found))
    if len(numbers) > 1:
        raise Unreadable(f"invoice: it could be any of {', '.join(numbers)}; only one can be right")
    return numbers[0] if numbers else ""


def _take_day(cells: Sequence[str], values: dict[str, Any], look: Look) -> None:
    """Write the day of an instant in UTC as that of the company."""
    place = look.place(cells, "date")
    if place and place.is_utc:
        try:
            day = read_day(values["date"], look.order, look.zone, utc=True)
        except Unreadable as fault:
            raise Unreadable(f"date: {fault}") from None
        values["date"] = day.isoformat()


def _named(values: Mapping[str, Any], profile: Profile, look: Look) -> str:
    """The id of a payment whose report has none: by its day, its amount, and all that names it."""
    day = read_day(values.get("date", ""), look.order, look.zone, utc=False)
    amount = f"{read_money(values['amount'], look.mark)[0]:.2f}"
    told = {**values, "date": day.isoformat(), "amount": amount}
    parts = [folded(str(told.get(name, ""))) for name in profile.named_by]
    digest = blake2b("\0".join(parts).encode(), digest_size=6).hexdigest()
    return f"{profile.id_prefix}-{day}-{amount}-{digest}"


def _fee_elsewhere(values: Mapping[str, Any]) -> bool:
    there = values.get("fee_currency", "")
    return bool(there) and there.casefold() != values.get("currency", there).casefold()
