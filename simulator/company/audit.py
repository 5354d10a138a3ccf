"""Whether the books add up, and what a copy of them must show: open invoices and payments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from shared.structs import Value, asdict, field
from simulator.company import proof
from simulator.company.books import Books, money
from simulator.company.product import CURRENCIES
from simulator.company.records import Application, Invoice, Payment


class Importable(Value):
    """An invoice that a sync must hold: open, posted, its customer and all above it active.

    Amounts are hundredths of ``currency``, a code.
    """

    txn_id: str
    number: str
    customer_list_id: str
    top_customer_list_id: str
    customer: str
    top_customer: str
    balance: int
    total: int
    currency: str
    currency_name: str
    date: str
    due_date: str


class PaidInvoice(Value):
    """What a payment put against one invoice; ``amount`` includes the ``discount``."""

    invoice_txn_id: str
    number: str
    amount: int
    discount: int


class Received(Value):
    """A payment in the books, named as its documents show it. Amounts are hundredths."""

    txn_id: str
    edit_sequence: str
    date: str
    currency: str
    customer_list_id: str
    customer: str
    ref_number: str
    external_guid: str
    memo: str
    method: str
    deposit_account: str
    receivable: str
    amount: int
    unused: int
    applied: tuple[PaidInvoice, ...]


class Audit(Value):
    """What an audit found. ``problems`` are sentences; empty means that everything adds up."""

    problems: tuple[str, ...]
    open_invoices: int
    open_balances: dict[str, str]
    importable: tuple[Importable, ...]
    payments: tuple[Received, ...]
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
                "balance": self.open_balances,
                **{key: self.counts[key] for key in ("total", "pending", "paid", "void")},
            },
            "importable": {
                "count": len(self.importable),
                "balance": _balances(self.importable),
                "invoices": _as_json(self.importable),
            },
            "customers": {
                key: self.counts[key]
                for key in ("customers", "jobs", "inactive", "billed", "billed_top")
            },
            "payments": _as_json(self.payments),
            "credit_memos": self.counts["credits"],
        }


def _as_json(value: Any) -> Any:
    """A value of the audit as JSON has it: hundredths are text with two decimals."""
    if isinstance(value, Value):
        return {name: _as_json(held) for name, held in asdict(value).items()}
    if isinstance(value, tuple):
        return [_as_json(one) for one in value]
    return money(value) if isinstance(value, int) else value


def audit(books: Books) -> Audit:
    """Check every total against what it is made of, and count what is open."""
    open_ones = [one for one in books.invoices.values() if not one.is_paid]
    importable = tuple(
        _importable(books, one)
        for one in open_ones
        if one.customer in books.customers  # else the audit says so
        and not one.pending
        and books.is_active(one.customer)
    )
    return Audit(
        problems=tuple(proof.problems(books)),
        open_invoices=len(open_ones),
        open_balances=_balances(open_ones),
        importable=importable,
        payments=tuple(_received(books, one) for one in books.payments.values()),
        counts=_counts(books, importable),
    )


def _importable(books: Books, invoice: Invoice) -> Importable:
    *_, top = books.ancestors(invoice.customer)
    return Importable(
        txn_id=invoice.txn_id,
        number=invoice.number,
        customer_list_id=invoice.customer,
        top_customer_list_id=top.list_id,
        customer=books.full_name(invoice.customer),
        top_customer=top.name,
        balance=invoice.balance,
        total=invoice.total,
        currency=invoice.currency,
        currency_name=CURRENCIES[invoice.currency].name,
        date=invoice.date,
        due_date=invoice.due_date,
    )


def _received(books: Books, one: Payment) -> Received:
    method = books.entries.get(one.method)
    return Received(
        txn_id=one.txn_id,
        edit_sequence=str(one.edit_sequence),
        date=one.date,
        amount=one.total,
        unused=one.unused,
        currency=one.currency,
        customer_list_id=one.customer,
        customer=books.full_name(one.customer),
        ref_number=one.number,
        external_guid=one.external_guid,
        memo=one.memo,
        method=method.name if method else "",
        deposit_account=books.accounts[one.deposit_to].name,
        receivable=books.accounts[books.receivable_of(one)].name,
        applied=tuple(_paid_invoice(books, use) for use in one.applied),
    )


def _paid_invoice(books: Books, use: Application) -> PaidInvoice:
    invoice = books.invoices.get(use.txn_id)  # without it, the audit says so
    return PaidInvoice(use.txn_id, invoice.number if invoice else "", use.amount, use.discount)


def _balances(invoices: Iterable[Invoice | Importable]) -> dict[str, str]:
    """What they come to, by currency."""
    totals: Counter[str] = Counter()
    for one in invoices:
        totals[one.currency] += one.balance
    return {currency: money(amount) for currency, amount in sorted(totals.items())}


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
