"""Putting a payment, credits and discounts against invoices: what a request asks, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree

from simulator.company import fields, refusals
from simulator.company.books import USUAL_DISCOUNTS, Books, money
from simulator.company.records import Application, Credit, Invoice, Payment

KIND = "ReceivePayment"
_TAKEN = "The transaction does not have that much left."


class SetCredit(NamedTuple):
    """A credit memo or unused payment to be put against the invoice, beside the money.

    ``override``: the amount is what it comes to, not what comes on top.
    """

    txn_id: str
    amount: int
    override: bool


class Use(NamedTuple):
    """One AppliedToTxn as it was asked for; amounts are hundredths."""

    txn_id: str
    payment: int = 0
    credits: tuple[SetCredit, ...] = ()
    discount: int = 0
    discount_account: str = ""


class Payer(NamedTuple):
    """Whose payment it is, and in which Accounts Receivable account it stands.

    ``old`` is the payment as it was, when it is being changed: what it paid is free again.
    """

    customer: str
    receivable: str
    old: Payment | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What can be done: the applications, the credits used, and how many invoices were closed."""

    applications: tuple[Application, ...] = ()
    credits: tuple[tuple[str, str, int], ...] = ()
    closed: int = 0

    @property
    def paid(self) -> int:
        """The money among it."""
        return sum(one.amount - one.discount for one in self.applications)


def read(books: Books, elements: Sequence[etree._Element]) -> tuple[Use, ...]:
    """What a request asks to apply. Raises RequestFailed for what makes no sense in itself."""
    uses = tuple(_use(books, element) for element in elements)
    ids = [use.txn_id for use in uses]
    for txn_id in ids:
        if ids.count(txn_id) > 1:
            why = "The same transaction cannot be paid twice in one payment."
            raise refusals.bad_value("AppliedToTxnAdd TxnID", txn_id, why)
    return uses


def _use(books: Books, element: etree._Element) -> Use:
    use = Use(
        txn_id=fields.an_id(element, "TxnID"),
        payment=_positive(element, "PaymentAmount", "payment amount"),
        credits=tuple(_credit(part) for part in element.iterfind("SetCredit")),
        discount=_positive(element, "DiscountAmount", "discount amount"),
        discount_account=_discount_account(books, element),
    )
    if not (use.payment or use.credits or use.discount):
        raise refusals.missing("PaymentAmount")
    return use


def _positive(element: etree._Element, name: str, field: str) -> int:
    given = fields.amount(element, name) or 0
    if given < 0:
        raise refusals.bad_value(f"AppliedToTxnAdd {field}", money(given), "It cannot be negative.")
    return given


def _credit(element: etree._Element) -> SetCredit:
    """Only journal entries are named together with a line, and these books have none."""
    txn_id = fields.an_id(element, "CreditTxnID")
    if element.findtext("TxnLineID"):
        raise refusals.not_found(txn_id)
    given = fields.amount(element, "AppliedAmount") or 0
    if given <= 0:
        raise refusals.bad_value("SetCredit applied amount", money(given), "It must be positive.")
    return SetCredit(txn_id, given, fields.flag(element, "Override"))


def _discount_account(books: Books, element: etree._Element) -> str:
    if (classes := element.find("DiscountClassRef")) is not None:
        fields.entry_id(classes, "Class", (), KIND)
    if (given := element.find("DiscountAccountRef")) is not None:
        return fields.account(books, given, KIND).list_id
    usual = (one.list_id for one in books.accounts.values() if one.name == USUAL_DISCOUNTS)
    if fields.amount(element, "DiscountAmount"):
        account = next(usual, "")
        if not account:
            raise refusals.no_account("the discount account.")
        return account
    return ""


def check(books: Books, uses: Sequence[Use], payer: Payer) -> Applied:
    """Whether the invoices and credits can take it, all of it. Raises RequestFailed."""
    checking = _Checking(books, payer)
    for use in uses:
        checking.add(use)
    return Applied(tuple(checking.applications), tuple(checking.used), checking.closed)


class _Checking:
    """What can be done so far, one invoice after the other; nothing is posted yet."""

    def __init__(self, books: Books, payer: Payer) -> None:
        self._books, self._payer = books, payer
        self._taken: dict[str, int] = {}
        self.applications: list[Application] = []
        self.used: list[tuple[str, str, int]] = []
        self.closed = 0

    def add(self, use: Use) -> None:
        """Check one invoice. Raises RequestFailed."""
        invoice = _invoice(self._books, use.txn_id, self._payer)
        due = invoice.balance + _paid_before(self._payer.old, use.txn_id)
        if due <= 0:
            if self._books.profile.habits.closed_invoice == "refused":
                raise refusals.not_found(use.txn_id)
            self.closed += 1
            return
        due -= _spend(use.payment, due, "payment amount")
        for credit in use.credits:
            due -= self._spend_credit(credit, use.txn_id, due)
        _spend(use.discount, due, "discount amount")
        applied = use.payment + use.discount
        if applied:
            account = use.discount_account if use.discount else ""
            application = Application(use.txn_id, applied, use.discount, account)
            self.applications.append(application)

    def _spend_credit(self, credit: SetCredit, invoice_id: str, due: int) -> int:
        left, more = _credit_left(self._books, credit, invoice_id, self._payer)
        taken = self._taken.get(credit.txn_id, 0)
        if more > left - taken:
            raise refusals.bad_value("SetCredit applied amount", money(credit.amount), _TAKEN)
        self._taken[credit.txn_id] = taken + more
        self.used.append((credit.txn_id, invoice_id, more))
        return _spend(more, due, "credit amount")


def _spend(amount: int, due: int, field: str) -> int:
    if amount > due:
        raise refusals.bad_value(f"AppliedToTxnAdd {field}", money(amount), refusals.OVERPAID)
    return amount


def _paid_before(old: Payment | None, txn_id: str) -> int:
    return sum(one.amount for one in old.applied if one.txn_id == txn_id) if old else 0


def _invoice(books: Books, txn_id: str, payer: Payer) -> Invoice:
    """An invoice that the payment form would list for this customer."""
    invoice = books.invoices.get(txn_id)
    if invoice is None or invoice.pending or invoice.voided:
        raise refusals.not_found(txn_id)
    if not _may_pay(books, payer.customer, invoice.customer):
        raise refusals.not_found(txn_id)
    if txn_id in books.locks or invoice.customer in books.locks:
        raise refusals.in_use(KIND, related="transaction")
    if books.receivable_of(invoice) != payer.receivable:
        name = books.accounts[payer.receivable].name
        why = "The transaction stands in another Accounts Receivable account."
        raise refusals.bad_reference("Account", name, KIND, why)
    return invoice


def _may_pay(books: Books, payer: str, owner: str) -> bool:
    """Its own invoices; a parent pays those of its jobs only where the file is set up so."""
    if not books.profile.habits.parents_pay_jobs:
        return payer == owner
    return any(above.list_id == payer for above in books.ancestors(owner))


def _credit_left(books: Books, credit: SetCredit, invoice_id: str, payer: Payer) -> tuple[int, int]:
    """What a credit has left, and how much more it is to put against the invoice."""
    found: Payment | Credit | None = books.payments.get(credit.txn_id)
    found = found or books.credits.get(credit.txn_id)
    own = payer.old is not None and credit.txn_id == payer.old.txn_id
    if found is None or own or found.customer != payer.customer:
        raise refusals.not_found(credit.txn_id)
    if books.receivable_of(found) != payer.receivable:
        raise refusals.not_found(credit.txn_id)
    if credit.txn_id in books.locks:
        raise refusals.in_use(KIND, related="transaction")
    already = sum(one.amount for one in found.applied if one.txn_id == invoice_id)
    return found.balance, credit.amount - (already if credit.override else 0)


def automatic(books: Books, total: int, payer: Payer) -> tuple[Use, ...]:
    """What QuickBooks chooses: an open invoice of exactly that amount, else the oldest first."""
    candidates = sorted(
        (
            one
            for one in books.invoices.values()
            if one.owed > 0
            and one.customer == payer.customer
            and books.receivable_of(one) == payer.receivable
        ),
        key=lambda one: (one.date, one.txn_number),
    )
    exact = next((one for one in candidates if one.balance == total), None)
    if exact:
        return (Use(exact.txn_id, total),)
    uses = []
    for one in candidates:
        paid = min(total, one.balance)
        if paid:
            uses.append(Use(one.txn_id, paid))
            total -= paid
    return tuple(uses)
