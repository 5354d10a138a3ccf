"""Postings: the few steps that change money in the books and keep all totals true.

They check nothing but what they need; who may do what is decided in ``bookkeeping``.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

from simulator.company.books import Books, money, round_half_up
from simulator.company.product import Edition
from simulator.company.records import (
    TXN_TYPES,
    Application,
    Applier,
    Credit,
    Deletion,
    Document,
    Invoice,
    Line,
    Payment,
)

One = TypeVar("One", Invoice, Payment)
NOT_COUNTED = "subtotal"  # items of this kind repeat what stands above them


def subtotal(books: Books, lines: Sequence[Line], *, tax_included: bool = False) -> int:
    """What the lines of a form add up to; with tax included, their tax is taken out."""
    gross = sum(line.amount or 0 for line in lines if _counts(books, line))
    return gross - (line_tax(lines) if tax_included else 0)


def line_tax(lines: Sequence[Line]) -> int:
    """The taxes that stand on the lines themselves, as in Canada and the UK."""
    return sum(line.tax + line_tax(line.parts) for line in lines)


def sales_tax(books: Books, lines: Sequence[Line], tax_item: str) -> int:
    """The tax of a form: by item over the taxable lines (US), or what stands on the lines."""
    if books.profile.edition is not Edition.US:
        return line_tax(lines)
    if not tax_item:
        return 0
    return percent(_taxable(books, lines), books.entries[tax_item].detail)


def percent(amount: int, rate: str) -> int:
    """A percentage of an amount, rounded half up."""
    return round_half_up(amount * Decimal(rate) / 100)


def _counts(books: Books, line: Line) -> bool:
    return not line.item or books.entries[line.item].detail != NOT_COUNTED


def _taxable(books: Books, lines: Sequence[Line]) -> int:
    return sum(
        _taxable(books, line.parts)
        if line.parts
        else (line.amount or 0)
        if line.tax_code and books.entries[line.tax_code].detail != "0" and _counts(books, line)
        else 0
        for line in lines
    )


def put(books: Books, one: Document) -> None:
    """Add a document or replace it: its customers and the invoices it is applied to follow."""
    old = books.document(one.txn_id)
    _reapply(books, _applications(old), _applications(one))
    books.put(one)
    if old is not None and old.customer != one.customer:
        _owe(books, old.customer, -old.owed)
        old = None
    _owe(books, one.customer, one.owed - (old.owed if old else 0))


def put_edited(books: Books, one: One) -> One:
    """Replace a document that was edited by hand just now."""
    edited = one._replace(modified=books.now, edit_sequence=books.now)
    put(books, edited)
    return edited


def _applications(one: Document | None) -> tuple[Application, ...]:
    return () if one is None or isinstance(one, Invoice) else one.applied


def put_against(books: Books, credit_id: str, invoice_id: str, amount: int) -> None:
    """Put so much more of a credit memo or an unused payment against an invoice."""
    credit = books.payments.get(credit_id) or books.credits[credit_id]
    applied = _with_more(credit.applied, invoice_id, amount)
    put(books, _applied(books, credit, applied, credit.balance - amount))


def _applied(books: Books, one: Applier, applied: tuple[Application, ...], left: int) -> Applier:
    """A payment or credit memo with other applications, and with what they leave of it."""
    if isinstance(one, Payment):
        return one._replace(applied=applied, unused=left, modified=books.now)
    return one._replace(applied=applied, remaining=left, modified=books.now)


def _with_more(
    applied: tuple[Application, ...], invoice_id: str, amount: int
) -> tuple[Application, ...]:
    """The applications with so much more on one invoice; one that comes to nothing goes."""
    kept = {one.txn_id: one for one in applied}
    one = kept.get(invoice_id, Application(invoice_id, 0))
    kept[invoice_id] = one._replace(amount=one.amount + amount)
    return tuple(one for one in kept.values() if one.amount)


def receive(
    books: Books,
    invoice: Invoice,
    applied: tuple[Application, ...],
    unused: int,
    method: str,
    number: str,
) -> Payment:
    """Receive a payment from an invoice's customer, into Undeposited Funds."""
    payment = Payment(
        **books.new_head(invoice.customer, invoice.currency),
        exchange_rate=invoice.exchange_rate,
        date=books.today,
        number=number,
        total=sum(one.amount - one.discount for one in applied) + unused,
        unused=unused,
        method=method,
        deposit_to=books.undeposited_funds().list_id,
        applied=applied,
    )
    put(books, payment)
    return payment


def give_credit(books: Books, invoice: Invoice, amount: int, total: int, number: str) -> Credit:
    """A credit memo of ``total``, untaxed, of which ``amount`` is put against the invoice."""
    returned = Line(
        books.new_txn_id(),
        item=books.of_kind("Item")[0].list_id,
        desc="Returned goods",
        quantity="1",
        rate=money(total),
        amount=total,
        tax_code=books.of_kind("SalesTaxCode")[-1].list_id,
    )
    credit = Credit(
        **books.new_head(invoice.customer, invoice.currency),
        exchange_rate=invoice.exchange_rate,
        date=books.today,
        number=number,
        lines=(returned,),
        subtotal=total,
        tax=0,
        remaining=total - amount,
        applied=(Application(invoice.txn_id, amount),) if amount else (),
        tax_item=invoice.tax_item,
        tax_code=invoice.tax_code,
    )
    put(books, credit)
    return credit


def void(books: Books, invoice_id: str) -> Invoice:
    """Void an invoice: it stays, with all amounts zero and a memo that says so."""
    invoice = release(books, invoice_id)
    voided = invoice._replace(
        lines=tuple(_emptied(line) for line in invoice.lines),
        subtotal=0,
        tax=0,
        voided=True,
        pending=False,
        discount=0,
        memo=f"VOID: {invoice.memo}",
    )
    return put_edited(books, voided)


def _emptied(line: Line) -> Line:
    parts = tuple(_emptied(part) for part in line.parts)
    amount = None if line.amount is None else 0
    return line._replace(amount=amount, tax=0, rate="", quantity="", parts=parts)


def drop(books: Books, one: Document) -> None:
    """Delete a document: what it was linked to is open again, and the deletion is on record."""
    if isinstance(one, Invoice):
        one = release(books, one.txn_id)
    _reapply(books, _applications(one), ())
    books.drop(one)
    _owe(books, one.customer, -one.owed)
    _record(books, TXN_TYPES[type(one)], one.txn_id, one.created, one.number)


def drop_customer(books: Books, list_id: str) -> None:
    """Delete a customer that nothing refers to any more."""
    label, created = books.full_name(list_id), books.customers[list_id].created
    books.drop_customer(list_id)
    _record(books, "Customer", list_id, created, label)


def move_documents(books: Books, old: str, new: str) -> None:
    """Give all documents of a customer to another one, applications and all."""
    for document in [one for one in books.documents() if one.customer == old]:
        put(books, document._replace(customer=new, modified=books.now))


def release(books: Books, invoice_id: str) -> Invoice:
    """Take all payments and credits off an invoice: they become unused, the invoice open."""
    for applier in list(books.appliers(invoice_id)):
        kept = tuple(one for one in applier.applied if one.txn_id != invoice_id)
        used = sum(one.amount - one.discount for one in kept)
        put(books, _applied(books, applier, kept, applier.total - used))
    return books.invoices[invoice_id]


def _reapply(books: Books, before: Sequence[Application], after: Sequence[Application]) -> None:
    """Move the applied amount of every invoice whose application changed."""
    change: dict[str, int] = {}
    for application in before:
        change[application.txn_id] = change.get(application.txn_id, 0) - application.amount
    for application in after:
        change[application.txn_id] = change.get(application.txn_id, 0) + application.amount
    for txn_id, amount in change.items():
        if amount:
            invoice = books.invoices[txn_id]
            moved = books.now if books.profile.payments_touch_invoices else invoice.modified
            paid = invoice._replace(applied=invoice.applied + amount, modified=moved)
            put(books, paid)


def _owe(books: Books, list_id: str, amount: int) -> None:
    """A change of balance moves TimeModified of the customer and of all it stands under."""
    if not amount:
        return
    customer = books.customers[list_id]
    books.put_customer(customer._replace(balance=customer.balance + amount))
    for above in list(books.ancestors(list_id)):
        if above.modified != books.now:
            books.put_customer(above._replace(modified=books.now))


def _record(books: Books, kind: str, object_id: str, created: int, label: str) -> None:
    books.deletions.append(Deletion(kind, object_id, created, books.now, label))
