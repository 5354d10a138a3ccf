"""ReceivePaymentMod, TxnDel, TxnVoid and PaymentMethodAdd."""

from __future__ import annotations

import pytest

from simulator.company import Company, QuickBooksError, acts
from simulator.company.records import Invoice, Payment
from tests.simulator.company.builders import (
    a_debtor,
    a_payment,
    a_session,
    another_invoice,
    applied_to,
    ask,
    ask_one,
    document,
    fields,
    ref,
    refused,
    said,
    status,
    texts,
)


def a_paid_one(amount: str = "40.00", **others: str) -> tuple[Company, Invoice, Payment]:
    """A company whose one open invoice has one payment over 40.00, memo "old"."""
    company, invoice = a_debtor()
    others = {"Memo": "old", "RefNumber": "CH-1"} | others
    ask_one(a_session(company), a_payment(invoice, amount, **others))
    (payment,) = company.books.payments.values()
    return company, invoice, payment


def a_mod(
    payment: Payment, *, sequence: str = "", applied: list[str] | None = None, **given: str
) -> str:
    body = fields(
        TxnID=payment.txn_id, EditSequence=sequence or str(payment.edit_sequence), **given
    )
    body += "".join(f"<AppliedToTxnMod>{line}</AppliedToTxnMod>" for line in applied or [])
    return (
        f"<ReceivePaymentModRq><ReceivePaymentMod>{body}</ReceivePaymentMod></ReceivePaymentModRq>"
    )


def modified(company: Company, payment: Payment) -> Payment:
    return company.books.payments[payment.txn_id]


def test_what_is_left_out_stays_and_what_is_empty_is_cleared() -> None:
    company, invoice, payment = a_paid_one(PaymentMethodRef=ref(full_name="Check"))
    request = a_mod(payment, RefNumber="CH-2", PaymentMethodRef=ref(), Memo="")
    (ret,) = ask_one(a_session(company), request)
    assert texts(ret, "RefNumber") == ["CH-2"]
    assert texts(ret, "TotalAmount") == ["40.00"]
    assert not texts(ret, "PaymentMethodRef")
    assert not texts(ret, "Memo")
    assert texts(ret, "AppliedToTxnRet/TxnID") == [invoice.txn_id]
    assert texts(ret, "EditSequence") != [str(payment.edit_sequence)]
    assert company.audit().ok


def test_the_list_of_applications_takes_the_place_of_the_old_one() -> None:
    company, invoice, payment = a_paid_one("100.00")
    other = another_invoice(company, invoice, 7000)
    request = a_mod(payment, applied=[applied_to(other, "70.00")])
    (ret,) = ask_one(a_session(company), request)
    assert texts(ret, "AppliedToTxnRet/TxnID") == [other.txn_id]
    assert texts(ret, "UnusedPayment") == ["30.00"]
    assert company.books.invoices[invoice.txn_id].balance == 10000
    again = [applied_to(invoice, "100.00")]  # what it paid before is free again
    ask_one(a_session(company), a_mod(modified(company, payment), applied=again))
    assert company.books.invoices[invoice.txn_id].is_paid
    assert company.audit().ok


def test_what_a_payment_pays_already_can_be_listed_again() -> None:
    company, invoice, payment = a_paid_one("100.00")
    request = a_mod(payment, Memo="new", applied=[applied_to(invoice, "100.00")])
    assert status(ask_one(a_session(company), request)) == (0, "Info")
    assert company.books.invoices[invoice.txn_id].is_paid
    assert company.audit().ok


def test_an_edit_sequence_out_of_date_brings_the_current_payment() -> None:
    company, _, payment = a_paid_one()
    acts.edit_payment(company.books, payment.txn_id, memo="by hand")
    answer = ask_one(a_session(company), a_mod(payment, Memo="ours"))
    assert status(answer) == (3200, "Error")
    assert said(answer) == f'The provided edit sequence "{payment.edit_sequence}" is out-of-date.'
    assert texts(answer, "ReceivePaymentRet/Memo") == ["by hand"]
    assert modified(company, payment).memo == "by hand"


def test_what_a_payment_needs_cannot_be_cleared() -> None:
    company, _, payment = a_paid_one()
    for given in (
        {"CustomerRef": ref()},
        {"ARAccountRef": ref()},
        {"TxnDate": ""},
        {"TotalAmount": ""},
        {"DepositToAccountRef": ref()},
    ):
        refused(company, a_mod(payment, **given), 3190, *given)


def test_another_amount_leaves_more_or_less_unused() -> None:
    company, _, payment = a_paid_one()
    ask_one(a_session(company), a_mod(payment, TotalAmount="55.00"))
    assert modified(company, payment).unused == 1500
    refused(company, a_mod(modified(company, payment), TotalAmount="39.99"), 3210, "total amount")
    assert company.audit().ok


def test_more_than_is_due_cannot_be_paid_later_either() -> None:
    company, invoice, payment = a_paid_one()
    request = a_mod(payment, TotalAmount="110.00", applied=[applied_to(invoice, "100.01")])
    refused(company, request, 3210, "more than the amount due")
    request = a_mod(payment, applied=[applied_to(invoice, "40.01")])
    refused(company, request, 3210, "more than the amount of the payment")


def test_another_customer_or_account_needs_the_list_of_applications() -> None:
    company, invoice, payment = a_paid_one()
    other = acts.add_customer(company.books, "Other").object_id
    refused(company, a_mod(payment, CustomerRef=ref(other)), 3120, invoice.txn_id)
    acts.add_account(company.books, "A/R Retail", "AccountsReceivable")
    retail = ref(full_name="A/R Retail")
    refused(company, a_mod(payment, ARAccountRef=retail), 3210, "ARAccountRef")
    made = acts.add_invoice(company.books, other, 5000, receivable="A/R Retail").object_id
    request = a_mod(
        payment, CustomerRef=ref(other), ARAccountRef=retail, applied=[applied_to(made, "40.00")]
    )
    assert status(ask_one(a_session(company), request)) == (0, "Info")
    assert company.books.customers[invoice.customer].balance == 10000
    assert company.books.customers[other].balance == 1000
    assert company.audit().ok


def test_a_customer_of_another_currency_cannot_take_a_payment_over() -> None:
    company, _, payment = a_paid_one()
    euro = acts.add_customer(company.books, "Euro", currency="EUR").object_id
    refused(company, a_mod(payment, CustomerRef=ref(euro)), 3140, "currency")


def test_a_deposited_payment_keeps_amount_and_customer() -> None:
    company, _, payment = a_paid_one()
    acts.deposit(company.books, payment.txn_id)
    words = "You need to delete this transaction from the deposit"
    refused(company, a_mod(payment, TotalAmount="41.00"), 3170, words)
    assert status(ask_one(a_session(company), a_mod(payment, Memo="new"))) == (0, "Info")
    refused(company, a_deletion(payment.txn_id), 3160, words)


def test_a_closed_period_can_neither_be_changed_nor_entered() -> None:
    company, _, payment = a_paid_one(TxnDate="2025-03-01")
    company.set_closing_date("2025-03-31", password=True)
    refused(company, a_mod(payment, Memo="new"), 3171, "An attempt was made to modify a Receive")
    refused(company, a_deletion(payment.txn_id), 3161, "An attempt was made to delete a Receive")
    company.set_closing_date("2025-02-28", password=True)
    refused(company, a_mod(payment, TxnDate="2025-02-28"), 3171, "closing date")
    ask_one(a_session(company), a_mod(payment, TxnDate="2025-03-02"))
    assert modified(company, payment).date == "2025-03-02"


def test_a_payment_that_is_gone_or_open_in_a_window_cannot_be_changed() -> None:
    company, _, payment = a_paid_one()
    company.lock(payment.txn_id)
    refused(company, a_mod(payment, Memo="new"), 3175, "already in use")
    refused(company, a_deletion(payment.txn_id), 3175, "already in use")
    company.unlock(payment.txn_id)
    company.lock("Debtor")
    refused(company, a_mod(payment, Memo="new"), 3176, "related object")
    company.unlock("Debtor")
    acts.delete(company.books, payment.txn_id)
    refused(company, a_mod(payment, Memo="new"), 3120, payment.txn_id)


def test_a_payment_does_not_serve_as_its_own_credit() -> None:
    company, invoice, payment = a_paid_one()
    credit = f"<SetCredit>{fields(CreditTxnID=payment.txn_id, AppliedAmount='1.00')}</SetCredit>"
    request = a_mod(payment, applied=[applied_to(invoice, "1.00", credit)])
    refused(company, request, 3120, payment.txn_id)


# Deleting and voiding.


def a_deletion(txn_id: str, kind: str = "ReceivePayment") -> str:
    return f"<TxnDelRq>{fields(TxnDelType=kind, TxnID=txn_id)}</TxnDelRq>"


def test_a_deleted_payment_reopens_its_invoice_and_is_told_of() -> None:
    company, invoice, payment = a_paid_one()
    answer = ask_one(a_session(company), a_deletion(payment.txn_id))
    assert [(part.tag, part.text) for part in answer] == [
        ("TxnDelType", "ReceivePayment"),
        ("TxnID", payment.txn_id),
        ("TimeDeleted", company.books.stamp(company.books.now)),
        ("RefNumber", "CH-1"),
    ]
    assert company.books.invoices[invoice.txn_id].balance == 10000
    query = "<TxnDeletedQueryRq><TxnDelType>ReceivePayment</TxnDelType></TxnDeletedQueryRq>"
    gone = ask_one(a_session(company), query)
    assert texts(gone, "TxnDeletedRet/TxnID") == [payment.txn_id]
    refused(company, a_deletion(payment.txn_id), 3120, payment.txn_id)
    assert company.audit().ok


def test_invoices_and_credit_memos_can_be_deleted() -> None:
    company, invoice, payment = a_paid_one()
    acts.credit(company.books, invoice.txn_id, 1000)
    (credit,) = company.books.credits
    deletions = a_deletion(invoice.txn_id, "Invoice") + a_deletion(credit, "CreditMemo")
    assert [status(one)[0] for one in ask(a_session(company), deletions)] == [0, 0]
    assert modified(company, payment).unused == 4000
    assert company.audit().ok


def test_an_id_is_looked_for_among_its_own_kind() -> None:
    company, invoice, payment = a_paid_one()
    refused(company, a_deletion(payment.txn_id, "Invoice"), 3120)
    refused(company, a_deletion(invoice.txn_id, "Bill"), 3120)
    refused(company, a_deletion("CH-1"), 3000)


def test_an_open_invoice_keeps_its_payment_from_being_deleted() -> None:
    company, invoice, payment = a_paid_one()
    company.lock(invoice.txn_id)
    refused(company, a_deletion(payment.txn_id), 3176, "related object")
    company.unlock(invoice.txn_id)
    company.lock(payment.txn_id)
    refused(company, a_deletion(invoice.txn_id, "Invoice"), 3176, "related object")


def a_voiding(txn_id: str, kind: str = "Invoice") -> str:
    return f"<TxnVoidRq>{fields(TxnVoidType=kind, TxnID=txn_id)}</TxnVoidRq>"


def test_a_voided_invoice_stays_with_nothing_to_pay() -> None:
    company, invoice, payment = a_paid_one()
    answer = ask_one(a_session(company), a_voiding(invoice.txn_id))
    assert [part.tag for part in answer] == [
        "TxnVoidType", "TxnID", "TimeCreated", "TimeModified", "RefNumber",
    ]  # fmt: skip
    assert company.books.invoices[invoice.txn_id].voided
    assert modified(company, payment).unused == 4000
    assert status(ask_one(a_session(company), a_voiding(invoice.txn_id))) == (0, "Info")
    assert company.audit().ok


def test_a_payment_cannot_be_voided() -> None:
    company, invoice, payment = a_paid_one()
    with pytest.raises(QuickBooksError) as not_read:
        a_session(company).process(document(a_voiding(payment.txn_id, "ReceivePayment")))
    assert not_read.value.hresult == "0x80040400"
    acts.credit(company.books, invoice.txn_id, 1000)
    (credit,) = company.books.credits
    refused(company, a_voiding(credit, "CreditMemo"), 3250)
    company.set_closing_date(invoice.date, password=True)
    refused(company, a_voiding(invoice.txn_id), 3171, "An attempt was made to void an Invoice")


# Payment methods.


def a_method(name: str, **more: str) -> str:
    body = fields(Name=name, **more)
    return f"<PaymentMethodAddRq><PaymentMethodAdd>{body}</PaymentMethodAdd></PaymentMethodAddRq>"


def test_a_payment_method_can_be_added_and_used() -> None:
    company, invoice = a_debtor()
    session = a_session(company)
    (ret,) = ask_one(session, a_method("Stripe", PaymentMethodType="OtherCreditCard"))
    assert texts(ret, "Name") == ["Stripe"]
    assert texts(ret, "IsActive") == ["true"]
    assert texts(ret, "PaymentMethodType") == ["OtherCreditCard"]
    (paid,) = ask_one(session, a_payment(invoice, PaymentMethodRef=ref(full_name="Stripe")))
    assert texts(paid, "PaymentMethodRef/ListID") == texts(ret, "ListID")
    found = "<PaymentMethodQueryRq><FullName>stripe</FullName></PaymentMethodQueryRq>"
    assert texts(ask_one(session, found), "*/ListID") == texts(ret, "ListID")


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [("visa", 3100, "already in use"), ("A:B", 3090, "colon"), (" ", 3150, "Name")],
)
def test_a_method_needs_a_name_of_its_own(name: str, code: int, words: str) -> None:
    refused(a_debtor()[0], a_method(name), code, words)


def test_an_inactive_method_is_added_as_one() -> None:
    company, invoice = a_debtor()
    (ret,) = ask_one(a_session(company), a_method("Later", IsActive="false"))
    assert texts(ret, "IsActive") == ["false"]
    refused(company, a_payment(invoice, PaymentMethodRef=ref(full_name="Later")), 3140)
    by_id = a_payment(invoice, PaymentMethodRef=ref(texts(ret, "ListID")[0]))
    assert status(ask_one(a_session(company), by_id)) == (0, "Info")
