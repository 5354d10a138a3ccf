"""ReceivePaymentAdd: what QuickBooks takes, and what becomes of it."""

from __future__ import annotations

import pytest
from lxml import etree

from simulator.company import Company, acts
from simulator.company.books import BookError
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


def shown(company: Company, version: str = "13.0") -> etree._Element:
    """The only payment of a company, with what it is applied to."""
    query = "<ReceivePaymentQueryRq><IncludeLineItems>1</IncludeLineItems></ReceivePaymentQueryRq>"
    *_, ret = ask_one(a_session(company), query, version=version)
    return ret


def test_a_discount_closes_an_invoice_and_is_no_money() -> None:
    company, invoice = a_debtor()
    acts.pay(company.books, invoice.txn_id, discount=200)
    ret = shown(company)
    assert texts(ret, "AppliedToTxnRet/Amount") == ["100.00"]
    assert texts(ret, "AppliedToTxnRet/DiscountAmount") == ["2.00"]
    assert texts(ret, "AppliedToTxnRet/DiscountAccountRef/FullName") == ["Sales Discounts"]
    assert texts(ret, "UnusedPayment") == ["0.00"]
    company.set_habits(amounts_include_discounts=False)
    ret = shown(company)
    assert texts(ret, "AppliedToTxnRet/Amount") == ["98.00"]
    assert company.audit().ok


# Credits.


def with_a_credit(amount: int = 3000) -> tuple[Company, Invoice, str]:
    company, invoice = a_debtor()
    other = another_invoice(company, invoice, 100)
    acts.credit(company.books, other.txn_id, amount + 100)
    (credit,) = company.books.credits.values()
    return company, invoice, credit.txn_id


def paid_with(company: Company, invoice: Invoice, amount: int, *given: tuple[str, int]) -> None:
    """Somebody receives a payment in QuickBooks and sets credits in the same window."""
    used = [(invoice.txn_id, credit, hundredths) for credit, hundredths in given]
    paid = [(invoice.txn_id, amount)]
    acts.receive(company.books, invoice.customer, amount, invoices=paid, set_credits=used)


def test_a_credit_memo_is_used_beside_the_money() -> None:
    company, invoice, credit = with_a_credit()
    paid_with(company, invoice, 5000, (credit, 2000))
    ret = shown(company)
    assert texts(ret, "UnusedCredits") == ["10.00"]
    assert texts(ret, "AppliedToTxnRet/BalanceRemaining") == ["30.00"]
    assert texts(ret, "AppliedToTxnRet/LinkedTxn/TxnID") == [credit]
    assert company.books.credits[credit].remaining == 1000
    assert company.audit().ok


def test_an_older_version_does_not_show_the_other_links() -> None:
    company, invoice, credit = with_a_credit()
    paid_with(company, invoice, 5000, (credit, 2000))
    assert not texts(shown(company, "9.0"), "AppliedToTxnRet/LinkedTxn")


def test_an_unused_payment_is_a_credit_too() -> None:
    company, invoice = a_debtor()
    books = company.books
    earlier = acts.receive(books, invoice.customer, 3000).object_id
    paid_with(company, invoice, 1000, (earlier, 3000))
    assert books.payments[earlier].unused == 0
    assert books.payments[earlier].applied == (Application(invoice.txn_id, 3000),)
    assert company.audit().ok


def test_a_credit_cannot_be_used_twice_nor_by_others() -> None:
    company, invoice, credit = with_a_credit()
    before = company.books.credits[credit]
    for given in ([(credit, 2000), (credit, 2000)], [("FFFF-1", 500)], [(invoice.txn_id, 500)]):
        with pytest.raises(BookError):
            paid_with(company, invoice, 100, *given)
    assert company.books.credits[credit] == before
    assert not company.books.payments


@pytest.mark.parametrize("no", ["false", "0", ""])
def test_a_payment_can_stay_unapplied(no: str) -> None:
    company, invoice = a_debtor()
    (ret,) = ask_one(a_session(company), a_payment(invoice, "25.00", auto=no))
    assert not texts(ret, "AppliedToTxnRet")
    assert texts(ret, "UnusedPayment") == ["25.00"]


def test_invoices_of_quickbooks_choice_are_not_for_a_rehearsal() -> None:
    company, invoice = a_debtor()
    refused(company, a_payment(invoice, "25.00", auto="true"), 3250)
    assert not company.books.payments


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
    assert found(dates) == ["CH-1"]
    assert found(modified) == ["CH-1", "CH-2"]
    start = '<ReceivePaymentQueryRq iterator="Start"><MaxReturned>1</MaxReturned>'
    answer = ask_one(a_session(company), f"{start}</ReceivePaymentQueryRq>")
    assert answer.get("iteratorRemainingCount") == "1"
