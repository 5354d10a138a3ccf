"""Acts on invoices: write, edit, renumber, move, pend and post."""

from __future__ import annotations

from simulator.company import forms, ledger
from simulator.company.acts.finding import (
    ACT_SECONDS,
    MAX_MEMO,
    MAX_NUMBER,
    MAX_PO_NUMBER,
    Change,
    checked,
    checked_day,
    document_change,
    find_customer,
    find_invoice,
    find_receivable,
)
from simulator.company.books import BookError, Books, money
from simulator.company.clock import later
from simulator.company.records import Invoice, Line


def add_invoice(
    books: Books,
    customer: str,
    amount: int,
    *,
    number: str = "",
    pending: bool = False,
    receivable: str = "",
) -> Change:
    """Write an invoice of an untaxed AMOUNT to a CUSTOMER.

    ``receivable`` names another Accounts Receivable account than the usual one.
    """
    owner = find_customer(books, customer)
    if amount < 0:
        raise BookError("An invoice cannot be negative. Use a credit memo instead.")
    checked(number, MAX_NUMBER, "number")
    account = find_receivable(books, receivable, owner.currency)
    books.now += ACT_SECONDS
    terms = books.entries[owner.terms] if owner.terms else books.of_kind("Terms")[0]
    blank = Invoice(
        **books.new_head(owner.list_id, owner.currency),
        exchange_rate=books.exchange_rate(owner.currency),
        date=books.today,
        due_date=later(books.today, int(terms.detail)),
        number=number,
        lines=(),
        subtotal=0,
        tax=0,
        applied=0,
        pending=pending,
        terms=terms.list_id,
        tax_item=owner.tax_item,
        tax_code=owner.tax_code,
        address=owner.address,
        receivable=account,
    )
    invoice = _with_line(books, blank, _line(books, amount))
    ledger.put(books, invoice)
    happened = f"created for {money(invoice.total)}. TxnID {invoice.txn_id}."
    return document_change(books, "add-invoice", invoice, happened)


def edit(
    books: Books,
    reference: str,
    *,
    add: int | None = None,
    memo: str | None = None,
    po_number: str | None = None,
    due_date: str | None = None,
) -> Change:
    """Edit an INVOICE."""
    invoice = find_invoice(books, reference)
    if invoice.voided:
        raise BookError(f"Invoice {invoice.txn_id} is void. Write a new one.")
    changed = invoice
    if memo is not None:
        changed = changed._replace(memo=checked(memo, MAX_MEMO, "memo"))
    if po_number is not None:
        changed = changed._replace(po_number=checked(po_number, MAX_PO_NUMBER, "PO number"))
    if due_date is not None:
        changed = changed._replace(due_date=checked_day(due_date))
    if changed == invoice and add is None:
        raise BookError("Nothing to change. Give a line, a memo, a PO number or a due date.")
    total = invoice.total + (add or 0)
    if total < invoice.applied:
        raise BookError(
            f"{money(invoice.applied)} is applied to invoice {invoice.txn_id}; its total cannot "
            f"become {money(total)}."
        )
    books.now += ACT_SECONDS
    if add is not None:
        changed = _with_line(books, changed, _line(books, add))
    edited = ledger.put_edited(books, changed)
    happened = f"edited; {money(edited.balance)} of {money(edited.total)} left to pay."
    return document_change(books, "edit", edited, happened)


def renumber(books: Books, reference: str, number: str) -> Change:
    """Give an INVOICE another NUMBER; "" removes it."""
    invoice = find_invoice(books, reference)
    checked(number, MAX_NUMBER, "number")
    edited = _put(books, invoice._replace(number=number))
    return document_change(books, "renumber", edited, f"had the number {invoice.number!r}.")


def move(books: Books, reference: str, customer: str) -> Change:
    """Move an INVOICE to another CUSTOMER of its currency."""
    invoice, new = find_invoice(books, reference), find_customer(books, customer)
    if new.list_id == invoice.customer:
        raise BookError(f"Invoice {invoice.txn_id} already belongs to that customer.")
    if new.currency != invoice.currency:
        raise BookError(
            f"Invoice {invoice.txn_id} is in {invoice.currency}, and that customer's currency is "
            f"{new.currency}; choose a customer with the currency of the invoice."
        )
    before = books.full_name(invoice.customer)
    books.now += ACT_SECONDS
    freed = ledger.release(books, invoice.txn_id)
    edited = ledger.put_edited(books, freed._replace(customer=new.list_id, address=new.address))
    return document_change(books, "move", edited, f"moved from {before}.")


def pend(books: Books, reference: str) -> Change:
    """Mark an INVOICE as pending, so that it is not owed."""
    invoice = find_invoice(books, reference)
    if invoice.pending or invoice.voided:
        raise BookError(f"Invoice {invoice.txn_id} is already pending or void.")
    if invoice.applied:
        raise BookError(
            f"{money(invoice.applied)} is applied to invoice {invoice.txn_id}; delete the payment "
            "or credit memo first."
        )
    edited = _put(books, invoice._replace(pending=True))
    return document_change(books, "pend", edited, "pending now.")


def post(books: Books, reference: str) -> Change:
    """Mark a pending INVOICE as final."""
    invoice = find_invoice(books, reference)
    if not invoice.pending:
        raise BookError(f"Invoice {invoice.txn_id} is not pending.")
    edited = _put(books, invoice._replace(pending=False))
    return document_change(books, "post", edited, "posted.")


def _put(books: Books, invoice: Invoice) -> Invoice:
    books.now += ACT_SECONDS
    return ledger.put_edited(books, invoice)


def _line(books: Books, amount: int) -> Line:
    item, code = books.entry("Item", "Labor"), books.of_kind("SalesTaxCode")[-1]
    return forms.item_line(books, item, amount, code.list_id, desc="Extra work")


def _with_line(books: Books, invoice: Invoice, line: Line) -> Invoice:
    lines = (*invoice.lines, line)
    return invoice._replace(
        lines=lines,
        subtotal=ledger.subtotal(books, lines, tax_included=invoice.tax_included),
        tax=ledger.sales_tax(books, lines, invoice.tax_item),
    )
