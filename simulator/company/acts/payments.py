"""Acts on payments: receive one for several invoices or none, edit it, deposit it."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.company import applying, ledger
from simulator.company.acts.finding import (
    ACT_SECONDS,
    MAX_MEMO,
    MAX_PAYMENT_NUMBER,
    Change,
    checked,
    checked_day,
    document_change,
    find_customer,
    find_invoice,
    find_payment,
)
from simulator.company.applying import Applied, Payer, SetCredit, Use
from simulator.company.books import BookError, Books, money
from simulator.company.errors import RequestFailed
from simulator.company.records import Payment


def receive(
    books: Books,
    customer: str,
    amount: int,
    *,
    invoices: Sequence[tuple[str, int]] = (),
    set_credits: Sequence[tuple[str, str, int]] = (),
    method: str = "Check",
    number: str = "",
    memo: str = "",
    deposit_to: str = "",
) -> Change:
    """Receive a payment from a CUSTOMER; what is not applied to an invoice stays unapplied.

    ``invoices`` come each with what is paid of it. ``set_credits`` are set in the same window:
    invoice, TxnID of the credit memo or unused payment, and how much of it.
    """
    owner = find_customer(books, customer)
    if amount <= 0:
        raise BookError("The amount of a payment must be more than 0.00.")
    how = books.entry("PaymentMethod", method)
    checked(number, MAX_PAYMENT_NUMBER, "payment number")
    checked(memo, MAX_MEMO, "memo")
    account = books.account(deposit_to) if deposit_to else books.undeposited_funds()
    uses = [
        Use(find_invoice(books, one).txn_id, paid, _set_for(one, set_credits))
        for one, paid in invoices
    ]
    receivable = books.receivable(owner.currency).list_id
    if uses:
        receivable = books.receivable_of(books.invoices[uses[0].txn_id])
    applied = _checked(books, uses, Payer(owner.list_id, receivable), amount)
    books.now += ACT_SECONDS
    payment = Payment(
        **books.new_head(owner.list_id, owner.currency),
        exchange_rate=books.exchange_rate(owner.currency),
        date=books.today,
        number=number,
        total=amount,
        unused=amount - applied.paid,
        method=how.list_id,
        deposit_to=account.list_id,
        applied=applied.applications,
        memo=memo,
        receivable=receivable,
        credits=tuple(dict.fromkeys(credit for credit, _, _ in applied.credits)),
    )
    ledger.put(books, payment)
    for credit, invoice_id, used in applied.credits:
        ledger.put_against(books, credit, invoice_id, used)
    happened = f"{money(amount)} received, of which {money(payment.unused)} is unused."
    return document_change(books, "receive", payment, happened)


def _set_for(invoice: str, given: Sequence[tuple[str, str, int]]) -> tuple[SetCredit, ...]:
    return tuple(SetCredit(credit, used) for one, credit, used in given if one == invoice)


def _checked(books: Books, uses: Sequence[Use], payer: Payer, amount: int) -> Applied:
    """What can be applied. Raises BookError in QuickBooks' words."""
    try:
        applied = applying.check(books, uses, payer)
    except RequestFailed as refused:
        raise BookError(refused.status.message) from refused
    if applied.paid > amount:
        raise BookError(
            f"The payment of {money(amount)} cannot be applied for {money(applied.paid)}."
        )
    return applied


def apply(books: Books, reference: str, invoice: str, amount: int) -> Change:
    """Apply the unapplied amount of a PAYMENT to an INVOICE."""
    payment = find_payment(books, reference)
    use = Use(find_invoice(books, invoice).txn_id, amount)
    payer = Payer(payment.customer, books.receivable_of(payment))
    applied = _checked(books, [use], payer, payment.unused)
    books.now += ACT_SECONDS
    more = (*payment.applied, *applied.applications)
    changed = payment._replace(applied=more, unused=payment.unused - applied.paid)
    edited = ledger.put_edited(books, changed)
    happened = f"{money(amount)} more applied; {money(edited.unused)} is unused."
    return document_change(books, "apply", edited, happened)


def edit_payment(
    books: Books,
    reference: str,
    *,
    amount: int | None = None,
    number: str | None = None,
    memo: str | None = None,
    date: str | None = None,
    unapply: bool = False,
) -> Change:
    """Edit a PAYMENT, by TxnID or number."""
    payment = find_payment(books, reference)
    changed = payment._replace(applied=()) if unapply else payment
    if amount is not None:
        changed = changed._replace(total=_amount(payment, amount))
    if number is not None:
        changed = changed._replace(number=checked(number, MAX_PAYMENT_NUMBER, "payment number"))
    if memo is not None:
        changed = changed._replace(memo=checked(memo, MAX_MEMO, "memo"))
    if date is not None:
        changed = changed._replace(date=checked_day(date))
    paid = sum(one.amount - one.discount for one in changed.applied)
    if paid > changed.total:
        raise BookError(f"{money(paid)} of payment {payment.txn_id} is applied. Unapply it first.")
    if changed == payment:
        raise BookError(
            "Nothing to change. Give an amount, a number, a memo, a date, or --unapply."
        )
    books.now += ACT_SECONDS
    edited = ledger.put_edited(books, changed._replace(unused=changed.total - paid))
    happened = f"edited; {money(edited.unused)} of {money(edited.total)} is unused."
    return document_change(books, "edit-payment", edited, happened)


def _amount(payment: Payment, amount: int) -> int:
    if payment.deposited:
        raise BookError(f"Payment {payment.txn_id} is in a deposit. Delete the deposit first.")
    if amount <= 0:
        raise BookError("The amount of a payment must be more than 0.00. To remove it, delete it.")
    return amount


def deposit(books: Books, reference: str, account: str = "Checking") -> Change:
    """Deposit a PAYMENT at the bank: after that it can neither be deleted nor change its amount."""
    payment = find_payment(books, reference)
    bank = books.account(account)
    if bank.type != "Bank":
        raise BookError(f"{bank.name} is not a bank account.")
    if payment.deposited or payment.deposit_to != books.undeposited_funds().list_id:
        raise BookError(f"Payment {payment.txn_id} is already deposited.")
    books.now += ACT_SECONDS
    put = payment._replace(deposited=True, modified=books.now)
    ledger.put(books, put)
    return document_change(books, "deposit", put, f"deposited to {bank.name}.")
