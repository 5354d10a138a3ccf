"""ReceivePaymentAdd: what QuickBooks refuses, and in which words."""

from __future__ import annotations

import pytest

from simulator.company import Company, acts
from simulator.company.records import Invoice
from tests.simulator.company.builders import (
    a_company,
    a_debtor,
    a_payment,
    a_session,
    another_invoice,
    applied_to,
    ask_one,
    ref,
    refused,
    said,
    status,
    texts,
)

GUID = "{9A6D1F52-0C1B-4D1E-8F77-5A4B3C2D1E0F}"
NOT_THERE = "Invalid argument.  The specified record does not exist in the list."

# Refusals about the invoice.


def test_more_than_is_due_cannot_be_paid() -> None:
    company, invoice = a_debtor()
    answer = ask_one(a_session(company), a_payment(invoice, "129.43"))
    assert status(answer) == (3210, "Error")
    assert said(answer) == (
        'The "AppliedToTxnAdd payment amount" field has an invalid value "129.43".  QuickBooks '
        "error message: You cannot pay more than the amount due."
    )


def test_more_than_is_received_cannot_be_applied() -> None:
    company, invoice = a_debtor()
    refused(company, a_payment(invoice, "40.00", total="39.99"), 3210, "more than the amount of")
    without = a_payment(invoice, "40.00").replace("<TotalAmount>40.00</TotalAmount>", "")
    refused(company, without, 3210, "more than the amount of")


def test_a_closed_void_pending_deleted_or_foreign_invoice_cannot_be_found() -> None:
    company, invoice = a_debtor()
    books = company.books
    paid, void, gone = (another_invoice(company, invoice, 500) for _ in range(3))
    pending = another_invoice(company, invoice, 500, pending=True)
    foreign = acts.add_customer(books, "Other").object_id
    foreign = acts.add_invoice(books, foreign, 500).object_id
    acts.close(books, paid.txn_id)
    acts.void(books, void.txn_id)
    acts.delete(books, gone.txn_id)
    (payment,) = books.payments
    for txn_id in (paid.txn_id, void.txn_id, gone.txn_id, pending.txn_id, foreign, payment):
        request = a_payment(invoice, "1.00", applied=[applied_to(txn_id, "1.00")])
        refused(company, request, 3120, f'Object "{txn_id}" specified', NOT_THERE)


def test_a_closed_invoice_may_leave_the_payment_unapplied() -> None:
    company, invoice = a_debtor()
    company.set_habits(closed_invoice="unapplied")
    acts.close(company.books, invoice.txn_id)
    answer = ask_one(a_session(company), a_payment(invoice, "10.00"))
    assert status(answer) == (570, "Warn")
    assert texts(answer, "*/UnusedPayment") == ["10.00"]
    assert company.audit().ok


def test_the_same_invoice_cannot_be_paid_twice_in_one_payment() -> None:
    company, invoice = a_debtor()
    lines = [applied_to(invoice, "10.00"), applied_to(invoice, "5.00")]
    refused(company, a_payment(invoice, "15.00", applied=lines), 3210, invoice.txn_id)


def test_an_application_must_apply_something() -> None:
    company, invoice = a_debtor()
    for amount in (None, "", "0.00"):
        request = a_payment(invoice, total="10.00", applied=[applied_to(invoice, amount)])
        refused(company, request, 3150, "PaymentAmount")


def test_a_payment_must_be_of_more_than_nothing() -> None:
    company, invoice = a_debtor()
    refused(company, a_payment(invoice, total="0.00", auto="false"), 3210, "total amount")
    refused(company, a_payment(invoice, total="-5.00", auto="false"), 3210, "negative")
    refused(company, a_payment(invoice, "-5.00", total="5.00"), 3210, "negative")


def test_an_id_of_bad_form_is_an_error() -> None:
    company, invoice = a_debtor()
    request = a_payment(invoice, applied=[applied_to("1042", "1.00")])
    refused(company, request, 3000, '"1042"', "txn id")
    refused(company, a_payment(invoice, customer=ref("Larkspur")), 3000, "list id")


# Customers, jobs and Accounts Receivable.


def test_an_unknown_customer_is_an_invalid_reference() -> None:
    company, invoice = a_debtor()
    answer = ask_one(a_session(company), a_payment(invoice, customer=ref(full_name="Nobody")))
    assert status(answer) == (3140, "Error")
    assert said(answer) == (
        'There is an invalid reference to QuickBooks Customer "Nobody" in the ReceivePayment.  '
        f"QuickBooks error message: {NOT_THERE}"
    )
    refused(company, a_payment(invoice, customer=ref("80000FFF-1")), 3140, "80000FFF-1")
    empty = a_payment(invoice, customer=" ").replace("<CustomerRef> <", "<CustomerRef><")
    refused(company, empty, 3150, "CustomerRef")


def test_an_inactive_customer_is_known_by_its_id_only() -> None:
    company, invoice = a_debtor()
    acts.deactivate(company.books, invoice.customer)
    refused(company, a_payment(invoice, customer=ref(full_name="Debtor")), 3140, "Debtor")
    assert status(ask_one(a_session(company), a_payment(invoice))) == (0, "Info")


def a_job_that_owes() -> tuple[Company, Invoice]:
    company, _ = a_debtor()
    acts.add_customer(company.books, "Roof", parent="Debtor")
    made = acts.add_invoice(company.books, "Debtor:Roof", 5000)
    return company, company.books.invoices[made.object_id]


def test_a_parent_pays_its_jobs_invoice_only_where_the_file_is_set_up_so() -> None:
    company, invoice = a_job_that_owes()
    by_parent = a_payment(invoice, "20.00", customer=ref(full_name="debtor"))
    refused(company, by_parent, 3120, invoice.txn_id)
    company.set_habits(parents_pay_jobs=True)
    assert status(ask_one(a_session(company), by_parent)) == (0, "Info")
    assert company.books.customers[invoice.customer].balance == 3000
    assert company.audit().ok
    of_job = a_payment(invoice, "10.00", customer=ref(full_name="Debtor:Roof"))
    assert status(ask_one(a_session(company), of_job)) == (0, "Info")


def test_a_job_never_pays_for_its_parent() -> None:
    company, job_invoice = a_job_that_owes()
    company.set_habits(parents_pay_jobs=True)
    parents = next(one for one in company.books.invoices.values() if one.number == "D-1")
    request = a_payment(parents, customer=ref(job_invoice.customer))
    refused(company, request, 3120, parents.txn_id)


def test_an_invoice_is_paid_in_its_own_receivables_account() -> None:
    company, usual = a_debtor()
    books = company.books
    acts.add_account(books, "A/R Retail", "AccountsReceivable")
    invoice = another_invoice(company, usual, 5000, receivable="A/R Retail")
    refused(company, a_payment(invoice, "20.00"), 3140, "another Accounts Receivable account")
    wrong = a_payment(usual, ARAccountRef=ref(full_name="A/R Retail"))
    refused(company, wrong, 3140, '"A/R Retail"')
    right = a_payment(invoice, "20.00", ARAccountRef=ref(full_name="a/r retail"))
    (ret,) = ask_one(a_session(company), right)
    assert texts(ret, "ARAccountRef/FullName") == ["A/R Retail"]
    assert books.account_balance(books.account("A/R Retail").list_id) == 3000
    assert company.audit().ok


@pytest.mark.parametrize("name", ["Nowhere", "Checking", "Accounts Receivable - EUR"])
def test_another_account_is_no_receivables_account(name: str) -> None:
    company, invoice = a_debtor()
    request = a_payment(invoice, ARAccountRef=ref(full_name=name))
    refused(company, request, 3140, "QuickBooks Account", f'"{name}"')


# Method, deposit, currency, date, GUID.


def test_methods_and_accounts_must_be_there() -> None:
    company, invoice = a_debtor()
    method = a_payment(invoice, PaymentMethodRef=ref(full_name="Bitcoin"))
    refused(company, method, 3140, 'QuickBooks PaymentMethod "Bitcoin"', NOT_THERE)
    inactive = a_payment(invoice, PaymentMethodRef=ref(full_name="Barter"))
    refused(company, inactive, 3140, "Barter")
    for name in ("Stripe", "Sales", "Accounts Receivable"):
        account = a_payment(invoice, DepositToAccountRef=ref(full_name=name))
        refused(company, account, 3140, f'QuickBooks Account "{name}"')


def test_a_company_without_a_default_wants_to_know_where_money_goes() -> None:
    company, invoice = a_debtor()
    company.set_habits(undeposited_by_default=False)
    refused(company, a_payment(invoice), 3270, "deposited")
    named = a_payment(invoice, DepositToAccountRef=ref(full_name="Undeposited Funds"))
    assert status(ask_one(a_session(company), named)) == (0, "Info")


def a_foreign_debtor() -> tuple[Company, Invoice]:
    company = a_company(3, 0)
    owner = acts.add_customer(company.books, "Euro", currency="EUR").object_id
    made = acts.add_invoice(company.books, owner, 10000)
    return company, company.books.invoices[made.object_id]


def test_a_foreign_payment_is_in_its_customers_currency() -> None:
    company, invoice = a_foreign_debtor()
    (ret,) = ask_one(a_session(company), a_payment(invoice, "10.00", ExchangeRate="1.1"))
    assert texts(ret, "CurrencyRef/FullName") == ["Euro"]
    assert texts(ret, "ARAccountRef/FullName") == ["Accounts Receivable - EUR"]
    assert texts(ret, "ExchangeRate") == ["1.1"]
    assert texts(ret, "TotalAmountInHomeCurrency") == ["11.00"]
    (ret,) = ask_one(a_session(company), a_payment(invoice, "10.00"))
    assert texts(ret, "ExchangeRate") == [invoice.exchange_rate]
    refused(company, a_payment(invoice, ExchangeRate="0"), 3210, "exchange rate")
    wrong = a_payment(invoice, ARAccountRef=ref(full_name="Accounts Receivable"))
    refused(company, wrong, 3140, "currency")


def test_the_home_currency_has_no_rate_of_its_own() -> None:
    company, invoice = a_debtor()
    refused(company, a_payment(invoice, ExchangeRate="1.2"), 3210, "exchange rate")
    single, invoice = a_debtor(currencies=())
    refused(single, a_payment(invoice, ExchangeRate="1"), 3250)


@pytest.mark.parametrize("day", ["2025-02-30", "1969-12-31", "2039-01-01"])
def test_a_date_must_be_on_the_calendar(day: str) -> None:
    company, invoice = a_debtor()
    refused(company, a_payment(invoice, TxnDate=day), 3020, day)


def test_a_closing_date_counts_only_with_a_password() -> None:
    company, invoice = a_debtor()
    company.set_closing_date("2025-03-31")
    early = a_payment(invoice, "1.00", TxnDate="2025-03-31")
    assert status(ask_one(a_session(company), early)) == (0, "Info")
    company.set_closing_date("2025-03-31", password=True)
    refused(company, early, 3180, "on or before the closing date", "remove the password")
    late = a_payment(invoice, "1.00", TxnDate="2025-04-01")
    assert status(ask_one(a_session(company), late)) == (0, "Info")


def test_a_guid_belongs_to_one_object() -> None:
    company, invoice = a_debtor()
    ask_one(a_session(company), a_payment(invoice, "1.00", ExternalGUID=GUID))
    again = a_payment(invoice, "1.00", ExternalGUID=GUID.lower())
    refused(company, again, 3065, GUID.lower(), "ExternalGUID")
    refused(company, a_payment(invoice, "1.00", ExternalGUID=GUID), 3065, GUID)
    refused(company, a_payment(invoice, ExternalGUID="0"), 3065)
    company.set_habits(guids_are_unique=False)
    assert status(ask_one(a_session(company), again)) == (0, "Info")


# Locks and permissions.


def test_a_record_that_somebody_has_open_keeps_the_payment_out() -> None:
    company, invoice = a_debtor()
    company.lock(invoice.txn_id)
    refused(company, a_payment(invoice), 3176, '"ReceivePayment"', "could not be locked")
    company.unlock(invoice.txn_id)
    company.lock("Debtor")
    refused(company, a_payment(invoice), 3176, "could not be locked")
    refused(company, a_payment(invoice, auto="false"), 3176, "could not be locked")
    company.unlock("Debtor")
    assert status(ask_one(a_session(company), a_payment(invoice))) == (0, "Info")


@pytest.mark.parametrize("code", ["3175", "3260", "3261", "1000"])
def test_any_status_can_be_rehearsed(code: str) -> None:
    company, invoice = a_debtor()
    company.fail_next(code, "ReceivePaymentAddRq")
    assert status(ask_one(a_session(company), a_payment(invoice)))[0] == int(code)
    assert not company.books.payments
