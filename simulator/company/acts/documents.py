"""Acts that move money, and acts on any document: pay, credit, void, delete."""

from __future__ import annotations

from simulator.company import ledger
from simulator.company.acts.finding import (
    ACT_SECONDS,
    MAX_NUMBER,
    MAX_PAYMENT_NUMBER,
    Change,
    checked,
    document_change,
    find_document,
    find_invoice,
)
from simulator.company.books import BookError, Books, money
from simulator.company.records import Application, Invoice, Payment


def pay(
    books: Books,
    reference: str,
    amount: int | None = None,
    *,
    discount: int = 0,
    method: str = "Check",
    number: str = "",
) -> Change:
    """Receive a payment for an INVOICE; any excess stays unapplied."""
    invoice = _owed(books, reference)
    how = books.entry("PaymentMethod", method)
    checked(number, MAX_PAYMENT_NUMBER, "payment number")
    if not 0 <= discount <= invoice.balance:
        raise BookError(f"A discount must be between 0.00 and {money(invoice.balance)}.")
    paid = invoice.balance - discount if amount is None else amount
    if paid < 0 or paid + discount == 0:
        raise BookError("The amount of a payment must be more than 0.00.")
    books.now += ACT_SECONDS
    applied = min(paid + discount, invoice.balance)
    unused = paid + discount - applied
    use = (Application(invoice.txn_id, applied, discount),)
    payment = ledger.receive(books, invoice, use, unused, how.list_id, number)
    left = money(invoice.balance - applied)
    over = f", of which {money(unused)} is unused" if unused else ""
    return document_change(
        books,
        "pay",
        invoice,
        f"{money(paid)} received{over}; {left} left to pay. Payment {payment.txn_id}.",
    )


def close(books: Books, reference: str) -> Change:
    """Pay an INVOICE in full."""
    return pay(books, reference)


def credit(books: Books, reference: str, amount: int | None = None, *, number: str = "") -> Change:
    """Create a credit memo and apply it to an INVOICE."""
    invoice = _owed(books, reference)
    total = invoice.balance if amount is None else amount
    if total <= 0:
        raise BookError("The amount of a credit memo must be more than 0.00.")
    checked(number, MAX_NUMBER, "number")
    books.now += ACT_SECONDS
    used = min(total, invoice.balance)
    memo = ledger.give_credit(books, invoice, used, total, number)
    left = money(invoice.balance - used)
    happened = f"{money(total)} credited; {left} left to pay. Credit memo {memo.txn_id}."
    return document_change(books, "credit", invoice, happened)


def void(books: Books, reference: str) -> Change:
    """Void an INVOICE; its payments become unapplied."""
    invoice = find_invoice(books, reference)
    if invoice.voided:
        raise BookError(f"Invoice {invoice.txn_id} is already void.")
    books.now += ACT_SECONDS
    voided = ledger.void(books, invoice.txn_id)
    return document_change(books, "void", voided, "voided.")


def delete(books: Books, reference: str) -> Change:
    """Delete a DOCUMENT: an invoice, payment or credit memo."""
    document = find_document(books, reference)
    if isinstance(document, Payment) and document.deposited:
        raise BookError(f"Payment {document.txn_id} is in a deposit. Delete the deposit first.")
    books.now += ACT_SECONDS
    ledger.drop(books, document)
    return document_change(books, "delete", document, "deleted.")


def _owed(books: Books, reference: str) -> Invoice:
    invoice = find_invoice(books, reference)
    if invoice.pending:
        raise BookError(f"Invoice {invoice.txn_id} is pending, so it is not owed. Post it first.")
    if not invoice.balance:
        raise BookError(f"Invoice {invoice.number or invoice.txn_id} is already paid.")
    return invoice
