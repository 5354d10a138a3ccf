"""What a bookkeeper does with payments by hand, and with the accounts they stand in."""

from __future__ import annotations

import pytest

from simulator.company import BookError, Company, NotInBooks, acts
from simulator.company.records import Application, Invoice, Payment
from tests.simulator.company.builders import a_debtor, another_invoice


@pytest.fixture
def debt() -> tuple[Company, Invoice]:
    return a_debtor()


@pytest.fixture
def company(debt: tuple[Company, Invoice]):
    yield debt[0]
    assert debt[0].audit().ok, debt[0].audit().problems


@pytest.fixture
def invoice(debt: tuple[Company, Invoice]) -> Invoice:
    return debt[1]


def received(company: Company, amount: int = 5000, **options) -> Payment:
    change = acts.receive(company.books, "Debtor", amount, **options)
    return company.books.payments[change.object_id]


def test_a_payment_is_received_for_several_invoices(company: Company, invoice: Invoice) -> None:
    other = another_invoice(company, invoice, 3000, number="D-2")
    payment = received(
        company, 9000, invoices=[("D-1", 5000), ("D-2", 3000)], number="P-1", memo="m",
        method="visa", deposit_to="Checking",
    )  # fmt: skip
    assert payment.applied == (
        Application(invoice.txn_id, 5000), Application(other.txn_id, 3000),
    )  # fmt: skip
    assert (payment.unused, payment.memo, payment.number) == (1000, "m", "P-1")
    assert company.books.accounts[payment.deposit_to].name == "Checking"
    assert company.books.invoices[other.txn_id].is_paid


def test_a_payment_on_account_is_unused(company: Company, invoice: Invoice) -> None:
    assert received(company).unused == 5000
    assert company.books.customers[invoice.customer].balance == 5000


def test_a_payment_stands_where_its_invoices_stand(company: Company, invoice: Invoice) -> None:
    acts.add_account(company.books, "A/R 2", "AccountsReceivable")
    another_invoice(company, invoice, 3000, number="D-2", receivable="A/R 2")
    payment = received(company, 3000, invoices=[("D-2", 3000)])
    assert company.books.accounts[payment.receivable].name == "A/R 2"


def test_an_edited_payment_is_another_version(company: Company, invoice: Invoice) -> None:
    payment = received(company, 5000, invoices=[("D-1", 4000)])
    acts.edit_payment(
        company.books, payment.txn_id, amount=4500, number="N", memo="x", date="2025-01-02"
    )
    edited = company.books.payments[payment.txn_id]
    assert (edited.total, edited.unused, edited.applied) == (4500, 500, payment.applied)
    assert (edited.number, edited.memo, edited.date) == ("N", "x", "2025-01-02")
    assert edited.edit_sequence > payment.edit_sequence
    assert edited.modified == company.books.now


def test_a_payment_can_be_taken_off_its_invoices(company: Company, invoice: Invoice) -> None:
    payment = received(company, 5000, invoices=[("D-1", 4000)], number="P-1")
    acts.edit_payment(company.books, "P-1", unapply=True)
    assert company.books.payments[payment.txn_id].unused == 5000
    assert company.books.invoices[invoice.txn_id].balance == 10000


def test_a_deposited_payment_can_no_longer_go(company: Company) -> None:
    payment = received(company)
    acts.deposit(company.books, payment.txn_id, "Savings")
    for act in (
        lambda: acts.delete(company.books, payment.txn_id),
        lambda: acts.edit_payment(company.books, payment.txn_id, amount=1),
        lambda: acts.deposit(company.books, payment.txn_id),
    ):
        with pytest.raises(BookError, match="deposit"):
            act()
    acts.edit_payment(company.books, payment.txn_id, memo="still open to words")


def test_what_quickbooks_would_not_allow_changes_nothing(
    company: Company, invoice: Invoice
) -> None:
    books = company.books
    payment = received(company, 5000, invoices=[("D-1", 4000)])
    direct = received(company, 100, deposit_to="Checking")
    euro = acts.add_customer(books, "Euro", currency="EUR").object_id
    acts.add_account(books, "Auslandsbank", "Bank", currency="EUR")
    before = company.backup()
    for act, words in (
        (lambda: received(company, 0), "more than 0.00"),
        (lambda: received(company, 9000, invoices=[("D-1", 6001)]), "more than the amount due"),
        (lambda: received(company, 50, invoices=[("D-1", 51)]), "cannot be applied"),
        (lambda: received(company, memo="商"), "Windows-1252"),
        (lambda: received(company, number="x" * 21), "20 characters"),
        (lambda: received(company, method="Gold"), "Cash, Check"),
        (lambda: received(company, deposit_to="Vault"), "Checking"),
        (lambda: acts.receive(books, "Nobody", 5), "Nobody"),
        (lambda: acts.receive(books, euro, 5, invoices=[("D-1", 5)]), "cannot be found"),
        (lambda: acts.edit_payment(books, payment.txn_id), "Nothing to change"),
        (lambda: acts.edit_payment(books, payment.txn_id, amount=3999), "Unapply it first"),
        (lambda: acts.edit_payment(books, payment.txn_id, amount=0), "To remove it, delete it"),
        (lambda: acts.edit_payment(books, payment.txn_id, date="tomorrow"), "YYYY-MM-DD"),
        (lambda: acts.deposit(books, payment.txn_id, "Sales"), "not a bank"),
        (lambda: acts.deposit(books, direct.txn_id), "already deposited"),
        (lambda: acts.add_account(books, "", "Bank"), "needs a name"),
        (lambda: acts.add_account(books, "a:b", "Bank"), "colon"),
        (lambda: acts.add_account(books, "x" * 32, "Bank"), "31 characters"),
        (lambda: acts.add_account(books, "checking", "Bank"), "already"),
        (lambda: acts.add_account(books, "Box", "Safe"), "account type"),
        (lambda: acts.add_account(books, "Box", "Bank", currency="CHF"), "CHF"),
        (lambda: another_invoice(company, invoice, 5, receivable="Checking"), "not an Accounts"),
    ):
        with pytest.raises(BookError, match=words):
            act()
        assert company.backup() == before, words


def test_an_unknown_payment_is_said_so(company: Company) -> None:
    with pytest.raises(NotInBooks, match="no payment 'P-9'"):
        acts.edit_payment(company.books, "P-9", memo="x")
