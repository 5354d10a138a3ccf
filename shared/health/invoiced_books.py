"""What Invoiced shows of the invoices there: read page by page, to be held against the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from shared.health.internet import Network
from shared.health.platforms import KeyNotGood
from shared.rules import invoiced
from shared.structs import Value

PER_PAGE = 100
PAGE_BYTES = 32 << 20
"""So much of an answer is read: a page of a hundred invoices with their lines has less."""


class InvoiceThere(Value):
    """An invoice of Invoiced: its id there, what people call it, and what is left to pay."""

    id: str
    number: str
    balance: Decimal
    is_open: bool


def invoices_there(network: Network, url: str, key: str) -> Iterator[InvoiceThere]:
    """Return all invoices of an account but drafts. Raises KeyNotGood; the key is in no text."""
    headers = {"Authorization": invoiced.authorization(key)}
    page = 1
    while True:
        where = f"{url}/invoices?sort=id%20asc&per_page={PER_PAGE}&page={page}"
        try:
            answer = network.get(where, headers)
        except OSError as wrong:
            raise KeyNotGood(
                f"{url} cannot be reached: {wrong.strerror or wrong}.", "Run the check again."
            ) from None
        found = _records(answer.status, answer.body, url)
        yield from (_read(one) for one in found if not one.get("draft"))
        if len(found) < PER_PAGE:
            return
        page += 1


def _records(status: int, body: bytes, url: str) -> list[Any]:
    try:
        told = json.loads(body, parse_float=Decimal)
    except ValueError:
        told = None
    if status != 200 or not isinstance(told, list):
        raise KeyNotGood(
            f"{url} answers {status}, so its invoices cannot be read.",
            "Check with deskbridge doctor whether the key is good.",
        )
    return told


def _read(one: Any) -> InvoiceThere:
    balance = Decimal(str(one["balance"])).quantize(Decimal("0.01"))
    is_open = one.get("status") not in ("voided", "paid") and not one.get("closed")
    return InvoiceThere(str(one["id"]), str(one["number"]), balance, is_open)
