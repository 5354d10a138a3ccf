"""The audit finds what does not add up, and says what a copy of the books must show."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from simulator.company import acts
from simulator.company.books import Books
from simulator.company.records import Application, Deletion
from tests.simulator.company.builders import a_company, an_open_invoice


def spoil_invoice(**changes) -> Callable[[Books], None]:
    def spoil(books: Books) -> None:
        invoice = an_open_invoice(books)
        books.invoices[invoice.txn_id] = invoice._replace(**changes)

    return spoil


def spoil_customer_balance(books: Books) -> None:
    one = next(iter(books.customers.values()))
    books.put_customer(one._replace(balance=one.balance + 1))


def spoil_parent(books: Books) -> None:
    job = next(one for one in books.customers.values() if one.parent)
    other = next(code for code in books.profile.currencies if code != job.currency)
    books.put_customer(job._replace(currency=other))


def spoil_payment(books: Books) -> None:
    one = next(iter(books.payments.values()))
    books.payments[one.txn_id] = one._replace(total=one.total + 1)


def spoil_credit(books: Books) -> None:
    one = next(iter(books.credits.values()))
    books.credits[one.txn_id] = one._replace(remaining=one.remaining + 1)


def spoil_application(books: Books) -> None:
    one = next(iter(books.payments.values()))
    books.put(one._replace(applied=(Application("FFFF-1", one.total),)))


def spoil_deletion(books: Books) -> None:
    one = next(iter(books.invoices.values()))
    books.deletions.append(Deletion("Invoice", one.txn_id, one.created, books.now, one.number))


def spoil_owner(books: Books) -> None:
    one = next(one for one in books.payments.values() if one.applied)
    other = next(
        key
        for key, customer in books.customers.items()
        if customer.currency == one.currency and key != one.customer
    )
    books.put(one._replace(customer=other))


def spoil_use(*uses: int, discount: int = 0) -> Callable[[Books], None]:
    """Applications of a payment to one invoice, in so many parts."""

    def spoil(books: Books) -> None:
        one = next(one for one in books.payments.values() if one.applied)
        txn_id = one.applied[0].txn_id
        applied = tuple(Application(txn_id, amount, discount) for amount in uses)
        books.payments[one.txn_id] = one._replace(applied=applied)

    return spoil


def spoil_account(books: Books) -> None:
    account = acts.add_account(books, "Second", "AccountsReceivable").object_id
    one = next(one for one in books.payments.values() if one.applied)
    books.payments[one.txn_id] = one._replace(receivable=account)


def spoil_method(books: Books) -> None:
    one = next(iter(books.payments.values()))
    books.payments[one.txn_id] = one._replace(method="FFFF-1")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_invoice(subtotal=1), "lines come to"),
        (spoil_invoice(tax=999999), "lines come to"),
        (spoil_invoice(applied=1), "payments say 0.00"),
        (spoil_invoice(applied=10**9), "applied to a total of"),
        (spoil_invoice(voided=True), "voided, but not zero"),
        (spoil_invoice(applied=5, pending=True), "pending, but something is applied"),
        (spoil_invoice(customer="FFFF-1"), "its customer FFFF-1"),
        (spoil_customer_balance, "documents come to"),
        (spoil_parent, "not its parent's"),
        (spoil_payment, "received"),
        (spoil_credit, "credited"),
        (spoil_application, "FFFF-1, which is not in the books"),
        (spoil_owner, "of another customer"),
        (spoil_deletion, "deleted and still in the books"),
        (spoil_use(1, 1), "the same invoice twice"),
        (spoil_use(1, discount=2), "discount is larger"),
        (spoil_account, "in another A/R account"),
        (spoil_method, "neither a payment method nor an account"),
    ],
)
def test_what_does_not_add_up_is_found(spoil: Callable[[Books], None], said: str) -> None:
    company = a_company()
    spoil(company.books)
    audit = company.audit()
    assert not audit.ok
    assert any(said in problem for problem in audit.problems), audit.problems
    assert audit.as_json()["ok"] is False


def test_what_must_be_imported_is_open_posted_and_of_active_customers() -> None:
    books = a_company(60, 300).books
    expected = {
        one.txn_id
        for one in books.invoices.values()
        if not one.is_paid
        and not one.pending
        and all(above.active for above in books.ancestors(one.customer))
    }
    audit = type(a_company())(books).audit()
    assert {one.txn_id for one in audit.importable} == expected
    assert len(expected) < audit.open_invoices


def test_a_job_of_an_inactive_parent_is_not_importable() -> None:
    company = a_company(0, 0)
    books = company.books
    acts.add_customer(books, "Parent")
    acts.add_customer(books, "Job", parent="Parent")
    acts.add_invoice(books, "Parent:Job", 1000)
    assert len(company.audit().importable) == 1
    acts.deactivate(books, "Parent")
    assert not company.audit().importable
    assert company.audit().open_invoices == 1


def test_the_json_is_what_scripts_rely_on() -> None:
    company = a_company(0, 0)
    books = company.books
    acts.add_customer(books, "Café")
    acts.add_customer(books, "Roof", parent="Café")
    acts.add_customer(books, "Euro", currency="EUR")
    acts.add_invoice(books, "Café:Roof", 1234, number="7")
    acts.pay(books, "7", 234)
    acts.add_invoice(books, "Euro", 500, number="8")
    acts.add_invoice(books, "Euro", 900, number="9", pending=True)
    said = company.audit().as_json()
    assert (said["ok"], said["problems"]) == (True, [])
    assert said["invoices"]["open"] == 3
    assert said["invoices"]["balance"] == {"EUR": "14.00", "USD": "10.00"}
    assert said["importable"]["count"] == 2
    assert said["importable"]["balance"] == {"EUR": "5.00", "USD": "10.00"}
    first = said["importable"]["invoices"][0]
    invoice = next(one for one in books.invoices.values() if one.number == "7")
    top = acts.finding.find_customer(books, "Café")
    assert first == {
        "txn_id": invoice.txn_id,
        "number": "7",
        "customer_list_id": invoice.customer,
        "top_customer_list_id": top.list_id,
        "customer": "Café:Roof",
        "top_customer": "Café",
        "balance": "10.00",
        "total": "12.34",
        "currency": "USD",
        "currency_name": "US Dollar",
        "date": books.today,
        "due_date": invoice.due_date,
    }


def test_the_importable_balances_are_those_of_the_listed_invoices() -> None:
    said = a_company(60, 300).audit().as_json()["importable"]
    totals: dict[str, Decimal] = {}
    for one in said["invoices"]:
        totals[one["currency"]] = totals.get(one["currency"], Decimal(0)) + Decimal(one["balance"])
    assert {code: str(amount) for code, amount in totals.items()} == said["balance"]
    assert said["count"] == len(said["invoices"])


def test_every_payment_is_listed_with_what_it_paid() -> None:
    company = a_company(0, 0)
    books = company.books
    owner = acts.add_customer(books, "Café").object_id
    invoice = acts.add_invoice(books, owner, 1000, number="7").object_id
    paid = acts.receive(
        books, owner, 900, invoices=[("7", 600)], number="CH-1", memo="inv_77", method="Visa",
        deposit_to="Checking",
    )  # fmt: skip
    acts.pay(books, "7", 300, discount=100)
    payment = books.payments[paid.object_id]
    books.put(payment._replace(external_guid="{G}"))
    first, second = company.audit().as_json()["payments"]
    assert first == {
        "txn_id": paid.object_id,
        "edit_sequence": str(payment.edit_sequence),
        "date": books.today,
        "currency": "USD",
        "customer_list_id": owner,
        "customer": "Café",
        "ref_number": "CH-1",
        "external_guid": "{G}",
        "memo": "inv_77",
        "method": "Visa",
        "deposit_account": "Checking",
        "receivable": "Accounts Receivable",
        "amount": "9.00",
        "unused": "3.00",
        "applied": [
            {"invoice_txn_id": invoice, "number": "7", "amount": "6.00", "discount": "0.00"}
        ],
    }
    assert (second["amount"], second["unused"]) == ("3.00", "0.00")
    assert second["applied"][0]["amount"] == "4.00"
    assert second["applied"][0]["discount"] == "1.00"
