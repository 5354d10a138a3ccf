"""The company's figures beside the imported ones, out of the JSON of the command line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Record = Mapping[str, Any]
_COMPARED = ("number", "date", "due_date", "total", "balance", "currency")


@dataclass(frozen=True, slots=True)
class Line:
    """One figure on both sides."""

    name: str
    company: str
    imported: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All figures, and each difference as a sentence; none means equal."""

    lines: tuple[Line, ...]
    differences: tuple[str, ...]


def compare(audit: Record, invoices: Sequence[Record], customers: Sequence[Record]) -> Comparison:
    """Hold ``company audit`` against ``invoices list`` and ``customers list``.

    Only open invoices count on our side, only importable ones on the company's; the customers
    are the top customers that these bill.
    """
    theirs = {invoice["txn_id"]: invoice for invoice in audit["importable"]["invoices"]}
    ours = {invoice["txn_id"]: invoice for invoice in invoices if invoice["status"] == "open"}
    billed = {invoice["top_customer_list_id"] for invoice in theirs.values()}
    held = {customer["list_id"] for customer in customers}
    lines = (
        Line("open invoices", f"{len(theirs):,}", f"{len(ours):,}"),
        *_balances(theirs.values(), ours.values()),
        Line("customers billed", f"{len(billed):,}", f"{len(held):,}"),
    )
    differences = (
        *_missing("invoice", theirs, ours),
        *_missing("customer", billed, held),
        *_different(theirs, ours),
        *(f"company audit: {problem}" for problem in audit["problems"]),
    )
    return Comparison(lines, differences)


def _balances(theirs: Iterable[Record], ours: Iterable[Record]) -> Iterator[Line]:
    company, imported = _totals(theirs), _totals(ours)
    for currency in sorted({*company, *imported}):
        balances = f"{company[currency]:,.2f}", f"{imported[currency]:,.2f}"
        yield Line(f"balance {currency}", *balances)


def _totals(invoices: Iterable[Record]) -> defaultdict[str, Decimal]:
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for invoice in invoices:
        totals[invoice["currency"]] += Decimal(invoice["balance"])
    return totals


def _missing(kind: str, theirs: Collection[str], ours: Collection[str]) -> Iterator[str]:
    for key in sorted(set(theirs) - set(ours)):
        yield f"{kind} {key} was not imported"
    for key in sorted(set(ours) - set(theirs)):
        yield f"{kind} {key} is here, but not among QuickBooks' importable ones"


def _different(theirs: Mapping[str, Record], ours: Mapping[str, Record]) -> Iterator[str]:
    for txn_id in sorted(set(theirs) & set(ours)):
        number = theirs[txn_id]["number"] or txn_id
        for field in _COMPARED:
            there, here = theirs[txn_id][field], ours[txn_id][field]
            if there != here:
                yield f"invoice {number}: {field} is {there} in QuickBooks and {here} here"
