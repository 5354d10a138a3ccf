"""The company's figures beside ours, out of the JSON of the command line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from shared.structs import Value

Record = Mapping[str, Any]
_COMPARED = ("number", "date", "due_date", "total", "balance", "currency")


class Line(Value):
    """One figure on both sides; ``side`` is the one beside QuickBooks."""

    name: str
    company: str
    here: str
    side: str = "Deskbridge"


class Comparison(Value):
    """All figures, and each difference as a sentence; none means equal."""

    lines: tuple[Line, ...]
    differences: tuple[str, ...]

    def plus(self, other: Comparison) -> Comparison:
        """Two comparisons taken together."""
        return Comparison(self.lines + other.lines, self.differences + other.differences)


def compare_invoices(
    audit: Record, invoices: Sequence[Record], customers: Sequence[Record]
) -> Comparison:
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
        *_totals("balance", theirs.values(), ours.values()),
        Line("customers billed", f"{len(billed):,}", f"{len(held):,}"),
    )
    differences = (
        *_missing("invoice", theirs, ours),
        *_missing("customer", billed, held),
        *_different(theirs, ours),
        *(f"company audit: {problem}" for problem in audit["problems"]),
    )
    return Comparison(lines, differences)


def compare_payments(audit: Record, payments: Sequence[Record]) -> Comparison:
    """Hold the payments of ``company audit`` against ``payments list``.

    On our side those count that QuickBooks has: posted there, or read from there. One that pays
    invoices of several customers is several in QuickBooks.
    """
    theirs = {payment["txn_id"]: payment for payment in audit["payments"]}
    ours = [payment for payment in payments if payment["txn_id"]]
    held = {txn_id for payment in ours for txn_id in payment["txn_id"].split()}
    lines = (
        Line("payments", f"{len(theirs):,}", f"{len(held):,}"),
        *_totals("received", theirs.values(), ours, "amount"),
    )
    differences = (
        *_missing("payment", theirs, held),
        *(told for payment in ours for told in _differing(payment, theirs)),
    )
    return Comparison(lines, differences)


def _totals(
    name: str, theirs: Iterable[Record], ours: Iterable[Record], amount: str = "balance"
) -> Iterator[Line]:
    """A line for each currency."""
    company, here = _by_currency(theirs, amount), _by_currency(ours, amount)
    for currency in sorted({*company, *here}):
        yield Line(f"{name} {currency}", f"{company[currency]:,.2f}", f"{here[currency]:,.2f}")


def _by_currency(records: Iterable[Record], amount: str) -> defaultdict[str, Decimal]:
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for record in records:
        totals[record["currency"]] += Decimal(record[amount])
    return totals


def _missing(kind: str, theirs: Collection[str], ours: Collection[str]) -> Iterator[str]:
    for key in sorted(set(theirs) - set(ours)):
        yield f"{kind} {key} of QuickBooks is not here"
    for key in sorted(set(ours) - set(theirs)):
        yield f"{kind} {key} is here, but not in QuickBooks"


def _different(theirs: Mapping[str, Record], ours: Mapping[str, Record]) -> Iterator[str]:
    for txn_id in sorted(set(theirs) & set(ours)):
        number = theirs[txn_id]["number"] or txn_id
        for field in _COMPARED:
            there, here = theirs[txn_id][field], ours[txn_id][field]
            if there != here:
                yield f"invoice {number}: {field} is {there} in QuickBooks and {here} here"


def _differing(payment: Record, theirs: Mapping[str, Record]) -> Iterator[str]:
    """One payment of ours beside all that QuickBooks has of it."""
    parts = [theirs[txn_id] for txn_id in payment["txn_id"].split() if txn_id in theirs]
    name = payment["external_id"] or payment["ref_number"] or payment["txn_id"]
    there, here = _terms(parts), _terms([payment])
    for field in there:
        if parts and there[field] != here[field]:
            yield f"payment {name}: {field} is {there[field]} in QuickBooks and {here[field]} here"


def _terms(parts: Sequence[Record]) -> dict[str, str]:
    """Amount, currency, day and invoices of a payment that is in QuickBooks in these parts."""
    uses = sorted((use["invoice_txn_id"], use["amount"]) for one in parts for use in one["applied"])
    return {
        "amount": f"{sum(Decimal(one['amount']) for one in parts):,.2f}",
        "currency": " ".join(sorted({one["currency"] for one in parts})),
        "date": " ".join(sorted({one["date"] for one in parts})),
        "paid": ", ".join(f"{txn_id} {amount}" for txn_id, amount in uses) or "nothing",
    }
