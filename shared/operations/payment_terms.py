"""The terms of a payment as people and files write them: amounts, days, what it pays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from shared.rules.payments.values import NewUse, UseKind

_AMOUNT = re.compile(r"-?\d{1,13}(\.\d{1,2})?", re.ASCII)
_FLAGS = {
    **dict.fromkeys(("yes", "true", "1", "y"), True),
    **dict.fromkeys(("no", "false", "0", "n", ""), False),
}


class Unreadable(ValueError):
    """A value that cannot be read; its text says what is wrong and how to write it."""


def read_amount(text: str) -> Decimal:
    """Read an amount such as ``1234.50``: no grouping, two places at most; never rounds.

    Raises Unreadable.
    """
    text = text.strip()
    if not _AMOUNT.fullmatch(text):
        raise Unreadable(f'"{text}" is not an amount; write it as 1234.50')
    return Decimal(text)


def read_day(text: str) -> date:
    """Read a day written ``2026-01-31``. Raises Unreadable."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Unreadable(f'"{text.strip()}" is not a date; write it as 2026-01-31') from None


def read_flag(text: str) -> bool:
    """Read yes or no; empty is no. Raises Unreadable."""
    try:
        return _FLAGS[text.strip().casefold()]
    except KeyError:
        raise Unreadable(f'"{text.strip()}" is neither yes nor no') from None


def read_share(text: str) -> tuple[str, Decimal]:
    """Read ``1042=10.00``: a document and its share. The document itself may hold ``=``.

    Raises Unreadable.
    """
    document, equals, amount = text.rpartition("=")
    if not equals or not document.strip():
        raise Unreadable(f'"{text.strip()}" is not a share; write it as INVOICE=AMOUNT')
    return document.strip(), read_amount(amount)


def uses_of(
    amount: Decimal,
    invoice: str,
    applied: Sequence[tuple[str, Decimal]],
    credit_notes: Sequence[tuple[str, Decimal]] = (),
) -> tuple[NewUse, ...]:
    """What a payment of ``amount`` pays: ``invoice`` gets what ``applied`` leaves of it.

    A payment of nothing pays nothing. Raises Unreadable where nothing is left for ``invoice``.
    """
    shares = list(applied)
    if invoice:
        rest = amount - sum((share for _document, share in applied), Decimal())
        if rest <= 0 < amount:
            raise Unreadable(
                f"nothing of {amount:.2f} is left for invoice {invoice}: leave it out, or "
                "give it its own share"
            )
        shares[:0] = [(invoice, rest)] if rest > 0 else []
    return (*_uses(shares, UseKind.INVOICE), *_uses(credit_notes, UseKind.CREDIT_NOTE))


def _uses(shares: Iterable[tuple[str, Decimal]], kind: UseKind) -> Iterable[NewUse]:
    return [NewUse(document, amount, kind) for document, amount in shares]
