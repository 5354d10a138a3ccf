"""Putting a payment and credits against invoices: what a request or a person asks, checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from lxml import etree

from shared.structs import Value
from simulator.company import fields, refusals
from simulator.company.books import Books, money
from simulator.company.records import Application, Invoice

KIND = "ReceivePayment"
_TAKEN = "The transaction does not have that much left."


class SetCredit(NamedTuple):
    """A credit memo or unused payment to be put against the invoice, beside the money."""

    txn_id: str
    amount: int


class Use(NamedTuple):
    """What is to be applied to one invoice; amounts are hundredths."""

    txn_id: str
    payment: int = 0
    credits: tuple[SetCredit, ...] = ()


class Payer(NamedTuple):
    """Whose payment it is, and in which Accounts Receivable account it stands."""

    customer: str
    receivable: str


class Applied(Value):
    """What can be done: the applications, the credits used, and how many invoices were closed."""

    applications: tuple[Application, ...] = ()
    credits: tuple[tuple[str, str, int], ...] = ()
    closed: int = 0

    @property
    def paid(self) -> int:
        """The money among it."""
        return sum(one.amount for one in self.applications)


def read(elements: Sequence[etree._Element]) -> tuple[Use, ...]:
    """What a request asks to apply. Raises RequestFailed for what makes no sense in itself."""
    uses = tuple(_use(element) for element in elements)
    ids = [use.txn_id for use in uses]
    for txn_id in ids:
        if ids.count(txn_id) > 1:
            why = "The same transaction cannot be paid twice in one payment."
            raise refusals.bad_value("AppliedToTxnAdd TxnID", txn_id, why)
    return uses


def _use(element: etree._Element) -> Use:
    txn_id = fields.an_id(element, "TxnID")
    given = fields.amount(element, "PaymentAmount") or 0
    if given < 0:
        why = "It cannot be negative."
        raise refusals.bad_value("AppliedToTxnAdd payment amount", money(given), why)
    if not given:
        raise refusals.missing("PaymentAmount")
    return Use(txn_id, given)


def check(books: Books, uses: Sequence[Use], payer: Payer) -> Applied:
    """Whether the invoices and credits can take it, all of it. Raises RequestFailed."""
    applications: list[Application] = []
    used: list[tuple[str, str, int]] = []
    taken: Counter[str] = Counter()  # of each credit
    closed = 0
    for use in uses:
        due = _invoice(books, use.txn_id, payer).balance
        if due <= 0:
            if books.profile.habits.closed_invoice == "refused":
                raise refusals.not_found(use.txn_id)
            closed += 1
            continue
        due -= _spend(use.payment, due, "payment amount")
        for credit in use.credits:
            if credit.amount > _credit_left(books, credit, payer) - taken[credit.txn_id]:
                raise refusals.bad_value("SetCredit applied amount", money(credit.amount), _TAKEN)
            taken[credit.txn_id] += credit.amount
            used.append((credit.txn_id, use.txn_id, credit.amount))
            due -= _spend(credit.amount, due, "credit amount")
        if use.payment:
            applications.append(Application(use.txn_id, use.payment))
    return Applied(tuple(applications), tuple(used), closed)


def _spend(amount: int, due: int, field: str) -> int:
    if amount > due:
        raise refusals.bad_value(f"AppliedToTxnAdd {field}", money(amount), refusals.OVERPAID)
    return amount


def _invoice(books: Books, txn_id: str, payer: Payer) -> Invoice:
    """An invoice that the payment form would list for this customer."""
    invoice = books.invoices.get(txn_id)
    if invoice is None or invoice.pending or invoice.voided:
        raise refusals.not_found(txn_id)
    # A parent pays the invoices of its jobs only where the file is set up so.
    parents_pay = books.profile.habits.parents_pay_jobs
    may_pay = books.stands_under(invoice.customer, payer.customer) and (
        parents_pay or invoice.customer == payer.customer
    )
    if not may_pay:
        raise refusals.not_found(txn_id)
    if txn_id in books.locks or invoice.customer in books.locks:
        raise refusals.in_use(KIND, "transaction")
    if books.receivable_of(invoice) != payer.receivable:
        name = books.accounts[payer.receivable].name
        why = "The transaction stands in another Accounts Receivable account."
        raise refusals.bad_reference("Account", name, KIND, why)
    return invoice


def _credit_left(books: Books, credit: SetCredit, payer: Payer) -> int:
    """What a credit has left."""
    found = books.applier(credit.txn_id)
    if found is None or found.customer != payer.customer:
        raise refusals.not_found(credit.txn_id)
    if books.receivable_of(found) != payer.receivable:
        raise refusals.not_found(credit.txn_id)
    if credit.txn_id in books.locks:
        raise refusals.in_use(KIND, "transaction")
    return found.balance
