"""ReceivePaymentAdd: what QuickBooks takes, and what becomes of it."""

from __future__ import annotations

import pytest

from simulator.company import Company, acts
from simulator.company.records import Application, Invoice
from tests.simulator.company.builders import (
    a_debtor,
    a_payment,
    a_session,
    another_invoice,
    applied_to,
    ask_one,
    fields,
    in_set,
    ref,
    refused,
    status,
    texts,
)

GUID = "{9A6D1F52-0C1B-4D1E-8F77-5A4B3C2D1E0F}"


def balance(company: Company, invoice: Invoice) -> int:
    return company.books.invoices[invoice.txn_id].balance


def test_a_payment_pays_its_invoice_and_shows_itself() -> None:
    company, invoice = a_debtor()
    answer = ask_one(
        a_session(company),
        a_payment(
            invoice,
            "40.00",
            TxnDate="2025-06-28",
            RefNumber="CH-1",
            PaymentMethodRef=ref(full_name="visa"),
            Memo="caf&#233; &#153;",
            DepositToAccountRef=ref(full_name="Checking"),
            ExternalGUID=GUID,
        ),
    )
    assert status(answer) == (0, "Info")
    (ret,) = answer.iterfind("ReceivePaymentRet")
    assert {part.tag: part.text for part in ret if not len(part)}.items() >= {
        "TxnDate": "2025-06-28",
        "RefNumber": "CH-1",
        "TotalAmount": "40.00",
        "Memo": "café \x99",
        "UnusedPayment": "0.00",
        "UnusedCredits": "0.00",
        "ExternalGUID": GUID,
    }.items()
    assert texts(ret, "PaymentMethodRef/FullName") == ["Visa"]
    assert texts(ret, "DepositToAccountRef/FullName") == ["Checking"]
    assert texts(ret, "AppliedToTxnRet/TxnID") == [invoice.txn_id]
    assert texts(ret, "AppliedToTxnRet/BalanceRemaining") == ["60.00"]
    assert texts(ret, "AppliedToTxnRet/Amount") == ["40.00"]
    (payment,) = company.books.payments.values()
    assert (payment.memo, payment.external_guid) == ("café ™", GUID)
    assert balance(company, invoice) == 6000
    assert company.audit().ok


def test_what_is_left_out_has_quickbooks_defaults() -> None:
    company, invoice = a_debtor()
    (ret,) = ask_one(a_session(company), a_payment(invoice))
    assert texts(ret, "TxnDate") == [company.books.today]
    assert texts(ret, "DepositToAccountRef/FullName") == ["Undeposited Funds"]
    assert texts(ret, "ARAccountRef/FullName") == ["Accounts Receivable"]
    assert not texts(ret, "RefNumber")
    assert not texts(ret, "PaymentMethodRef")


def test_what_is_not_applied_is_unused_and_a_credit_of_the_customer() -> None:
    company, invoice = a_debtor()
    (ret,) = ask_one(a_session(company), a_payment(invoice, "100.00", total="130.00"))
    assert texts(ret, "UnusedPayment") == ["30.00"]
    assert company.books.customers[invoice.customer].balance == -3000
    assert company.books.invoices[invoice.txn_id].is_paid
    assert company.audit().ok


def test_one_payment_pays_several_invoices() -> None:
    company, invoice = a_debtor()
    other = another_invoice(company, invoice, 5000)
    lines = [applied_to(invoice, "100.00"), applied_to(other, "20.00")]
    (ret,) = ask_one(a_session(company), a_payment(invoice, total="120.00", applied=lines))
    assert texts(ret, "AppliedToTxnRet/BalanceRemaining") == ["0.00", "30.00"]
    assert company.audit().ok


def test_a_discount_closes_an_invoice_and_is_no_money() -> None:
    company, invoice = a_debtor()
    discount = fields(DiscountAmount="2.00", DiscountAccountRef=ref(full_name="Sales"))
    line = applied_to(invoice, "98.00", discount)
    (ret,) = ask_one(a_session(company), a_payment(invoice, total="98.00", applied=[line]))
    assert texts(ret, "AppliedToTxnRet/Amount") == ["100.00"]
    assert texts(ret, "AppliedToTxnRet/DiscountAmount") == ["2.00"]
    assert texts(ret, "AppliedToTxnRet/DiscountAccountRef/FullName") == ["Sales"]
    assert texts(ret, "UnusedPayment") == ["0.00"]
    company.set_habits(amounts_include_discounts=False)
    query = "<ReceivePaymentQueryRq><IncludeLineItems>1</IncludeLineItems></ReceivePaymentQueryRq>"
    (ret,) = ask_one(a_session(company), query)
    assert texts(ret, "AppliedToTxnRet/Amount") == ["98.00"]
    assert company.audit().ok


def test_a_discount_without_an_account_goes_to_the_usual_one() -> None:
    company, invoice = a_debtor()
    line = applied_to(invoice, None, fields(DiscountAmount="5.00"))
    (ret,) = ask_one(a_session(company), a_payment(invoice, total="0.00", applied=[line]))
    assert texts(ret, "AppliedToTxnRet/DiscountAccountRef/FullName") == ["Sales Discounts"]
    assert balance(company, invoice) == 9500


# Credits.


def with_a_credit(amount: int = 3000) -> tuple[Company, Invoice, str]:
    company, invoice = a_debtor()
    other = another_invoice(company, invoice, 100)
    acts.credit(company.books, other.txn_id, amount + 100)
    (credit,) = company.books.credits.values()
    return company, invoice, credit.txn_id


def set_credit(txn_id: str, amount: str, **more: str) -> str:
    inside = fields(CreditTxnID=txn_id, AppliedAmount=amount, **more)
    return f"<SetCredit>{inside}</SetCredit>"


def test_a_credit_memo_is_used_beside_the_money() -> None:
    company, invoice, credit = with_a_credit()
    line = applied_to(invoice, "50.00", set_credit(credit, "20.00"))
    (ret,) = ask_one(a_session(company), a_payment(invoice, total="50.00", applied=[line]))
    assert texts(ret, "UnusedCredits") == ["10.00"]
    assert texts(ret, "AppliedToTxnRet/BalanceRemaining") == ["30.00"]
    assert texts(ret, "AppliedToTxnRet/LinkedTxn/TxnID") == [credit]
    assert company.books.credits[credit].remaining == 1000
    assert company.audit().ok


def test_an_older_version_does_not_show_the_other_links() -> None:
    company, invoice, credit = with_a_credit()
    line = applied_to(invoice, "50.00", set_credit(credit, "20.00"))
    request = a_payment(invoice, total="50.00", applied=[line])
    (ret,) = ask_one(a_session(company), request, version="9.0")
    assert not texts(ret, "AppliedToTxnRet/LinkedTxn")


def test_an_unused_payment_is_a_credit_too() -> None:
    company, invoice = a_debtor()
    books = company.books
    earlier = acts.receive(books, invoice.customer, 3000).object_id
    line = applied_to(invoice, "10.00", set_credit(earlier, "30.00"))
    ask_one(a_session(company), a_payment(invoice, total="10.00", applied=[line]))
    assert books.payments[earlier].unused == 0
    assert books.payments[earlier].applied == (Application(invoice.txn_id, 3000),)
    assert company.audit().ok


def test_credits_alone_make_no_payment() -> None:
    company, invoice, credit = with_a_credit()
    line = applied_to(invoice, None, set_credit(credit, "30.00"))
    (ret,) = ask_one(a_session(company), a_payment(invoice, total="0.00", applied=[line]))
    assert ret.find("TxnID") is None
    assert texts(ret, "TotalAmount") == ["0.00"]
    assert not company.books.payments
    assert balance(company, invoice) == 7000
    assert company.audit().ok


def test_a_credit_can_be_told_what_it_comes_to() -> None:
    company, invoice, credit = with_a_credit()
    for amount, override, left in (("20.00", "0", 8000), ("5.00", "0", 7500), ("8.00", "1", 9200)):
        line = applied_to(invoice, None, set_credit(credit, amount, Override=override))
        request = a_payment(invoice, total="0.00", applied=[line])
        assert status(ask_one(a_session(company), request)) == (0, "Info")
        assert balance(company, invoice) == left
    assert company.books.credits[credit].remaining == 2200
    assert company.audit().ok


def test_a_credit_cannot_be_used_twice_nor_by_others() -> None:
    company, invoice, credit = with_a_credit()
    other = another_invoice(company, invoice, 5000)
    lines = [
        applied_to(invoice, None, set_credit(credit, "20.00")),
        applied_to(other, None, set_credit(credit, "20.00")),
    ]
    refused(company, a_payment(invoice, total="0.00", applied=lines), 3210, "SetCredit")
    for given in ("FFFF-1", invoice.txn_id):
        line = applied_to(invoice, "1.00", set_credit(given, "5.00"))
        refused(company, a_payment(invoice, total="1.00", applied=[line]), 3120, given)
    with_line = set_credit(credit, "5.00").replace(
        "<AppliedAmount>", "<TxnLineID>1-1</TxnLineID><AppliedAmount>"
    )
    line = applied_to(invoice, "1.00", with_line)
    refused(company, a_payment(invoice, total="1.00", applied=[line]), 3120, credit)


# Automatic application.


def test_quickbooks_chooses_the_invoice_of_exactly_that_amount() -> None:
    company, invoice = a_debtor()
    exact = another_invoice(company, invoice, 2500)
    (ret,) = ask_one(a_session(company), a_payment(invoice, "25.00", auto="true"))
    assert texts(ret, "AppliedToTxnRet/TxnID") == [exact.txn_id]


def test_quickbooks_pays_the_oldest_first_otherwise() -> None:
    company, invoice = a_debtor()
    younger = another_invoice(company, invoice, 2500)
    another_invoice(company, invoice, 900, pending=True)
    (ret,) = ask_one(a_session(company), a_payment(invoice, "130.00", auto="true"))
    assert texts(ret, "AppliedToTxnRet/TxnID") == [invoice.txn_id, younger.txn_id]
    assert texts(ret, "UnusedPayment") == ["5.00"]
    assert company.audit().ok


@pytest.mark.parametrize("no", ["false", "0", ""])
def test_a_payment_can_stay_unapplied(no: str) -> None:
    company, invoice = a_debtor()
    (ret,) = ask_one(a_session(company), a_payment(invoice, "25.00", auto=no))
    assert not texts(ret, "AppliedToTxnRet")
    assert texts(ret, "UnusedPayment") == ["25.00"]


# The answer.


def test_only_the_elements_asked_for_come() -> None:
    company, invoice = a_debtor()
    include = "<IncludeRetElement>TxnID</IncludeRetElement>"
    (ret,) = ask_one(a_session(company), a_payment(invoice, include=include))
    assert [part.tag for part in ret] == ["TxnID"]


def test_a_payment_is_found_by_all_that_a_sync_looks_for() -> None:
    company, invoice = a_debtor()
    before = company.books.stamp(company.books.now)[:19]
    ask_one(a_session(company), a_payment(invoice, "1.00", RefNumber="CH-1", TxnDate="2025-01-05"))
    another = a_payment(invoice, "2.00", RefNumber="CH-2", TxnDate="2025-02-05")
    ask_one(a_session(company), another, attributes=in_set("S-2"))

    def found(body: str) -> list[str]:
        request = f"<ReceivePaymentQueryRq>{body}</ReceivePaymentQueryRq>"
        return texts(ask_one(a_session(company), request), "ReceivePaymentRet/RefNumber")

    dates = fields(
        TxnDateRangeFilter=fields(FromTxnDate="2025-01-05", ToTxnDate="2025-01-05"),
        EntityFilter=ref(invoice.customer),
    )
    modified = fields(ModifiedDateRangeFilter=fields(FromModifiedDate=before))
    assert found("<RefNumber>ch-1</RefNumber>") == ["CH-1"]
    assert found("<RefNumberCaseSensitive>ch-1</RefNumberCaseSensitive>") == []
    assert found(dates) == ["CH-1"]
    assert found(modified) == ["CH-1", "CH-2"]
    assert found(fields(AccountFilter=ref(full_name="Undeposited Funds"))) == ["CH-1", "CH-2"]
    start = '<ReceivePaymentQueryRq iterator="Start"><MaxReturned>1</MaxReturned>'
    answer = ask_one(a_session(company), f"{start}</ReceivePaymentQueryRq>")
    assert answer.get("iteratorRemainingCount") == "1"
