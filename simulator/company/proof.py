"""The proof that the books add up: every total is held against what it is made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from simulator.company import ledger
from simulator.company.books import Books, money
from simulator.company.records import Customer, Invoice, Payment


def problems(books: Books) -> Iterator[str]:
    """What does not add up, a sentence each."""
    yield from _customer_problems(books)
    yield from _application_problems(books)
    for invoice in books.invoices.values():
        yield from _invoice_problems(books, invoice)
    for payment in books.payments.values():
        yield from _payment_problems(books, payment)
    for credit in books.credits.values():
        used = sum(one.amount for one in credit.applied)
        if credit.total != used + credit.remaining or credit.remaining < 0:
            yield (
                f"Credit memo {credit.txn_id}: {money(credit.total)} credited, {money(used)} "
                f"applied and {money(credit.remaining)} remaining"
            )
    yield from _deletion_problems(books)


def _payment_problems(books: Books, payment: Payment) -> Iterator[str]:
    label = f"Payment {payment.txn_id}"
    paid = sum(one.amount - one.discount for one in payment.applied)
    if payment.total != paid + payment.unused or payment.unused < 0:
        yield (
            f"{label}: {money(payment.total)} received, {money(paid)} applied "
            f"and {money(payment.unused)} unused"
        )
    if any(one.amount < one.discount or one.discount < 0 for one in payment.applied):
        yield f"{label}: a discount is larger than what is applied with it"
    if len({one.txn_id for one in payment.applied}) < len(payment.applied):
        yield f"{label}: applied to the same invoice twice"
    for list_id in (payment.method, payment.deposit_to):
        if list_id and list_id not in books.entries and list_id not in books.accounts:
            yield f"{label}: {list_id} is neither a payment method nor an account"


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
    for applier in books.all_appliers():
        for use in applier.applied:
            invoice = books.invoices.get(use.txn_id)
            if invoice is None:
                yield f"{applier.txn_id} is applied to {use.txn_id}, which is not in the books"
            elif books.receivable_of(invoice) != books.receivable_of(applier):
                yield f"{applier.txn_id} is applied to {use.txn_id} in another A/R account"
            elif invoice.currency != applier.currency:
                yield f"{applier.txn_id} is applied to {use.txn_id} in another currency"
            elif applier.customer != invoice.customer and not (
                invoice.customer in books.customers
                and books.stands_under(invoice.customer, applier.customer)  # some files allow it
            ):
                yield f"{applier.txn_id} is applied to {use.txn_id} of another customer"


def _customer_problems(books: Books) -> Iterator[str]:
    owed: defaultdict[str, int] = defaultdict(int)
    for one in books.documents():
        owed[one.customer] += one.owed
    for customer in books.customers.values():
        if customer.balance != owed[customer.list_id]:
            yield (
                f"Customer {customer.list_id}: balance {money(customer.balance)}, but its "
                f"documents come to {money(owed[customer.list_id])}"
            )
        yield from _family_problems(books, customer)


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
