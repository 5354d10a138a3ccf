"""The proof that the books add up, and the totals that a copy of them must show."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from simulator.company import ledger
from simulator.company.books import Books, money
from simulator.company.product import CURRENCIES
from simulator.company.records import Credit, Customer, Invoice, Payment


@dataclass(frozen=True, slots=True)
class Importable:
    """An invoice that a sync must hold: open, posted, its customer and all above it active.

    Amounts are hundredths of ``currency``, a code.
    """

    txn_id: str
    number: str
    customer_list_id: str
    customer: str
    top_customer_list_id: str
    top_customer: str
    date: str
    due_date: str
    total: int
    balance: int
    currency: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found. ``problems`` are sentences; empty means that everything adds up."""

    problems: tuple[str, ...]
    open_invoices: int
    open_balances: dict[str, int]
    importable: tuple[Importable, ...]
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """The audit as ``company audit --json`` prints it; amounts are text with two decimals."""
        return {
            "ok": self.ok,
            "problems": list(self.problems),
            "invoices": {
                "open": self.open_invoices,
                "balance": _balances(self.open_balances),
                **{key: self.counts[key] for key in ("total", "pending", "paid", "void")},
            },
            "importable": {
                "count": len(self.importable),
                "balance": _balances(_sum_by_currency(self.importable)),
                "invoices": [_invoice_json(one) for one in self.importable],
            },
            "customers": {
                key: self.counts[key]
                for key in ("customers", "jobs", "inactive", "billed", "billed_top")
            },
            "payments": self.counts["payments"],
            "credit_memos": self.counts["credits"],
        }


def audit(books: Books) -> Audit:
    """Check every total against what it is made of, and count what is open."""
    open_ones = [one for one in books.invoices.values() if not one.is_paid]
    balances: Counter[str] = Counter()
    for one in open_ones:
        balances[one.currency] += one.balance
    importable = tuple(_importable(books, one) for one in open_ones if _is_importable(books, one))
    return Audit(
        problems=tuple(_problems(books)),
        open_invoices=len(open_ones),
        open_balances=dict(sorted(balances.items())),
        importable=importable,
        counts=_counts(books, importable),
    )


def _is_importable(books: Books, invoice: Invoice) -> bool:
    known = invoice.customer in books.customers  # else the audit says so
    return known and not invoice.pending and books.is_active(invoice.customer)


def _importable(books: Books, invoice: Invoice) -> Importable:
    *_, top = books.ancestors(invoice.customer)
    return Importable(
        txn_id=invoice.txn_id,
        number=invoice.number,
        customer_list_id=invoice.customer,
        customer=books.full_name(invoice.customer),
        top_customer_list_id=top.list_id,
        top_customer=top.name,
        date=invoice.date,
        due_date=invoice.due_date,
        total=invoice.total,
        balance=invoice.balance,
        currency=invoice.currency,
    )


def _invoice_json(one: Importable) -> dict[str, str]:
    return {
        "txn_id": one.txn_id,
        "number": one.number,
        "customer_list_id": one.customer_list_id,
        "top_customer_list_id": one.top_customer_list_id,
        "customer": one.customer,
        "top_customer": one.top_customer,
        "balance": money(one.balance),
        "total": money(one.total),
        "currency": one.currency,
        "currency_name": CURRENCIES[one.currency].name,
        "date": one.date,
        "due_date": one.due_date,
    }


def _sum_by_currency(invoices: tuple[Importable, ...]) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for one in invoices:
        totals[one.currency] += one.balance
    return dict(sorted(totals.items()))


def _balances(totals: dict[str, int]) -> dict[str, str]:
    return {currency: money(amount) for currency, amount in totals.items()}


def _counts(books: Books, importable: tuple[Importable, ...]) -> dict[str, int]:
    invoices, customers = books.invoices.values(), books.customers.values()
    return {
        "total": len(invoices),
        "pending": sum(one.pending for one in invoices),
        "paid": sum(one.is_paid and not one.voided for one in invoices),
        "void": sum(one.voided for one in invoices),
        "customers": sum(not one.parent for one in customers),
        "jobs": sum(bool(one.parent) for one in customers),
        "inactive": sum(not one.active for one in customers),
        "billed": len({one.customer_list_id for one in importable}),
        "billed_top": len({one.top_customer_list_id for one in importable}),
        "payments": len(books.payments),
        "credits": len(books.credits),
    }


def _problems(books: Books) -> Iterator[str]:
    yield from _customer_problems(books)
    yield from _application_problems(books)
    for invoice in books.invoices.values():
        yield from _invoice_problems(books, invoice)
    for payment in books.payments.values():
        paid = sum(one.amount - one.discount for one in payment.applied)
        if payment.total != paid + payment.unused or payment.unused < 0:
            yield (
                f"Payment {payment.txn_id}: {money(payment.total)} received, {money(paid)} applied "
                f"and {money(payment.unused)} unused"
            )
    for credit in books.credits.values():
        used = sum(one.amount for one in credit.applied)
        if credit.total != used + credit.remaining or credit.remaining < 0:
            yield (
                f"Credit memo {credit.txn_id}: {money(credit.total)} credited, {money(used)} "
                f"applied and {money(credit.remaining)} remaining"
            )
    yield from _deletion_problems(books)


def _invoice_problems(books: Books, invoice: Invoice) -> Iterator[str]:
    label = f"Invoice {invoice.txn_id}"
    subtotal = ledger.subtotal(books, invoice.lines, tax_included=invoice.tax_included)
    tax = ledger.sales_tax(books, invoice.lines, invoice.tax_item)
    applied = sum(
        use.amount
        for applier in books.appliers(invoice.txn_id)
        for use in applier.applied
        if use.txn_id == invoice.txn_id
    )
    if (invoice.subtotal, invoice.tax) != (subtotal, tax):
        yield (
            f"{label}: subtotal {money(invoice.subtotal)} and tax {money(invoice.tax)}, but the "
            f"lines come to {money(subtotal)} and {money(tax)}"
        )
    if invoice.applied != applied:
        yield f"{label}: {money(invoice.applied)} applied, but payments say {money(applied)}"
    if not 0 <= invoice.applied <= max(invoice.total, 0):
        yield f"{label}: {money(invoice.applied)} applied to a total of {money(invoice.total)}"
    if invoice.voided and (invoice.total or invoice.applied):
        yield f"{label}: voided, but not zero"
    if invoice.pending and invoice.applied:
        yield f"{label}: pending, but something is applied to it"
    if invoice.customer not in books.customers:
        yield f"{label}: its customer {invoice.customer} is not in the books"


def _application_problems(books: Books) -> Iterator[str]:
    for applier in _appliers(books):
        for use in applier.applied:
            invoice = books.invoices.get(use.txn_id)
            if invoice is None:
                yield f"{applier.txn_id} is applied to {use.txn_id}, which is not in the books"
            elif invoice.currency != applier.currency:
                yield f"{applier.txn_id} is applied to {use.txn_id} in another currency"
            elif not _may_pay(books, applier.customer, invoice.customer):
                yield f"{applier.txn_id} is applied to {use.txn_id} of another customer"


def _may_pay(books: Books, payer: str, owner: str) -> bool:
    """Its own invoices, or those of its jobs, which some files allow."""
    if payer == owner or owner not in books.customers:
        return payer == owner
    return any(above.list_id == payer for above in books.ancestors(owner))


def _customer_problems(books: Books) -> Iterator[str]:
    owed: defaultdict[str, int] = defaultdict(int)
    for invoice in books.invoices.values():
        owed[invoice.customer] += invoice.owed
    for one in _appliers(books):
        owed[one.customer] -= one.unused if isinstance(one, Payment) else one.remaining
    for customer in books.customers.values():
        if customer.balance != owed[customer.list_id]:
            yield (
                f"Customer {customer.list_id}: balance {money(customer.balance)}, but its "
                f"documents come to {money(owed[customer.list_id])}"
            )
        yield from _family_problems(books, customer)


def _appliers(books: Books) -> Iterator[Payment | Credit]:
    yield from books.payments.values()
    yield from books.credits.values()


def _family_problems(books: Books, customer: Customer) -> Iterator[str]:
    parent = books.customers.get(customer.parent)
    if customer.parent and parent is None:
        yield f"Customer {customer.list_id}: its parent {customer.parent} is not in the books"
    elif parent is not None and parent.currency != customer.currency:
        yield f"Customer {customer.list_id}: its currency is not its parent's"


def _deletion_problems(books: Books) -> Iterator[str]:
    there = {*books.invoices, *books.payments, *books.credits, *books.customers}
    for gone in books.deletions:
        if gone.object_id in there:
            yield f"{gone.kind} {gone.object_id} is deleted and still in the books"
