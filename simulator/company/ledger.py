"""Postings: the few steps that change money in the books and keep all totals true.

They check nothing but what they need; who may do what is decided in ``bookkeeping``.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from simulator.company.books import Books, money, round_half_up
from simulator.company.product import Edition
from simulator.company.records import Application, Credit, Deletion, Invoice, Line, Payment

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


def put_invoice(books: Books, invoice: Invoice) -> None:
    """Add an invoice or replace it: the balances of its customers follow what is owed."""
    old = books.invoices.get(invoice.txn_id)
    books.invoices[invoice.txn_id] = invoice
    if old is not None and old.customer == invoice.customer:
        _owe(books, invoice.customer, invoice.owed - old.owed)
        return
    if old is not None:
        _owe(books, old.customer, -old.owed)
    _owe(books, invoice.customer, invoice.owed)


def put_payment(books: Books, payment: Payment) -> None:
    """Add a payment or replace it: the invoices it is applied to and its customer follow."""
    old = books.payments.get(payment.txn_id)
    _reapply(books, old.applied if old else (), payment.applied)
    books.put_payment(payment)
    if old is not None and old.customer != payment.customer:
        _owe(books, old.customer, old.unused)
        old = None
    _owe(books, payment.customer, (old.unused if old else 0) - payment.unused)


def put_credit(books: Books, credit: Credit) -> None:
    """Add a credit memo or replace it: the invoices it is applied to and its customer follow."""
    old = books.credits.get(credit.txn_id)
    _reapply(books, old.applied if old else (), credit.applied)
    books.put_credit(credit)
    if old is not None and old.customer != credit.customer:
        _owe(books, old.customer, old.remaining)
        old = None
    _owe(books, credit.customer, (old.remaining if old else 0) - credit.remaining)


def put_against(books: Books, credit_id: str, invoice_id: str, amount: int) -> None:
    """Put so much more of a credit memo or an unused payment against an invoice."""
    found = books.payments.get(credit_id) or books.credits[credit_id]
    applied = _with_more(found.applied, invoice_id, amount)
    if isinstance(found, Payment):
        unused = found.unused - amount
        put_payment(books, found._replace(applied=applied, unused=unused, modified=books.now))
    else:
        left = found.remaining - amount
        put_credit(books, found._replace(applied=applied, remaining=left, modified=books.now))


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
        txn_id=books.new_txn_id(),
        txn_number=books.new_txn_number(),
        created=books.now,
        modified=books.now,
        edit_sequence=books.now,
        customer=invoice.customer,
        currency=invoice.currency,
        exchange_rate=invoice.exchange_rate,
        date=books.today,
        number=number,
        total=sum(one.amount - one.discount for one in applied) + unused,
        unused=unused,
        method=method,
        deposit_to=books.undeposited_funds().list_id,
        applied=applied,
    )
    put_payment(books, payment)
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
        txn_id=books.new_txn_id(),
        txn_number=books.new_txn_number(),
        created=books.now,
        modified=books.now,
        edit_sequence=books.now,
        customer=invoice.customer,
        currency=invoice.currency,
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
    put_credit(books, credit)
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
        modified=books.now,
        edit_sequence=books.now,
    )
    put_invoice(books, voided)
    return voided


def _emptied(line: Line) -> Line:
    parts = tuple(_emptied(part) for part in line.parts)
    amount = None if line.amount is None else 0
    return line._replace(amount=amount, tax=0, rate="", quantity="", parts=parts)


def drop_payment(books: Books, payment: Payment) -> None:
    """Delete a payment: what it paid is open again, and the deletion is on record."""
    _reapply(books, payment.applied, ())
    books.drop_payment(payment.txn_id)
    _owe(books, payment.customer, payment.unused)
    _record(books, "ReceivePayment", payment.txn_id, payment.created, payment.number)


def drop_credit(books: Books, credit: Credit) -> None:
    """Delete a credit memo: what it settled is open again, and the deletion is on record."""
    _reapply(books, credit.applied, ())
    books.drop_credit(credit.txn_id)
    _owe(books, credit.customer, credit.remaining)
    _record(books, "CreditMemo", credit.txn_id, credit.created, credit.number)


def drop_invoice(books: Books, invoice: Invoice) -> None:
    """Delete an invoice that nothing is applied to (see ``release``)."""
    del books.invoices[invoice.txn_id]
    _owe(books, invoice.customer, -invoice.owed)
    _record(books, "Invoice", invoice.txn_id, invoice.created, invoice.number)


def drop_customer(books: Books, list_id: str) -> None:
    """Delete a customer that nothing refers to any more."""
    label, created = books.full_name(list_id), books.customers[list_id].created
    books.drop_customer(list_id)
    _record(books, "Customer", list_id, created, label)


def move_documents(books: Books, old: str, new: str) -> None:
    """Give all documents of a customer to another one, applications and all."""
    now = books.now
    for invoice in [one for one in books.invoices.values() if one.customer == old]:
        put_invoice(books, invoice._replace(customer=new, modified=now))
    for payment in [one for one in books.payments.values() if one.customer == old]:
        put_payment(books, payment._replace(customer=new, modified=now))
    for credit in [one for one in books.credits.values() if one.customer == old]:
        put_credit(books, credit._replace(customer=new, modified=now))


def release(books: Books, invoice_id: str) -> Invoice:
    """Take all payments and credits off an invoice: they become unused, the invoice open."""
    for applier in list(books.appliers(invoice_id)):
        kept = tuple(one for one in applier.applied if one.txn_id != invoice_id)
        if isinstance(applier, Payment):
            paid = sum(one.amount - one.discount for one in kept)
            freed = applier._replace(applied=kept, unused=applier.total - paid)
            put_payment(books, freed._replace(modified=books.now))
        else:
            left = applier.total - sum(one.amount for one in kept)
            put_credit(books, applier._replace(applied=kept, remaining=left, modified=books.now))
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
            put_invoice(books, paid)


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
