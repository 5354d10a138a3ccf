"""Answers that real QuickBooks gave, and hand-made ones: beside this checkout, not in it."""

import html
import re
from datetime import date
from decimal import Decimal

import pytest

from shared.qbxml.payment_responses import AccountRet, PaymentMethodRet, ReceivePaymentRet
from shared.qbxml.refs import Ref
from shared.qbxml.responses import (
    CompanyRet,
    CustomerRet,
    HostRet,
    InvoiceRet,
    PreferencesRet,
    TxnDeletedRet,
)
from shared.qbxml.statuses import WriteOutcome, write_outcome
from shared.qbxml.versions import why_unsupported
from tests.qbxml.builders import SAMPLES, needs_samples, read_all, read_sample

pytestmark = needs_samples

NAMES = sorted(path.name for path in SAMPLES.glob("*.xml")) if SAMPLES.is_dir() else []


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_is_read_without_a_bad_record(name):
    text = (SAMPLES / name).read_text("utf-8")
    if name.endswith(".soap.xml"):
        text = html.unescape(re.search(r"<response>(.*)</response>", text, re.DOTALL)[1])
    said = read_all(text)
    assert all(not each.bad for each in said.responses)
    assert said.responses or said.head.status_code


@pytest.mark.parametrize("name", [name for name in NAMES if "invoice" in name])
def test_every_sample_invoice_adds_up(name):
    for read in read_sample(name).rows_of(InvoiceRet):
        assert read.total_cents == read.subtotal_cents + read.sales_tax_cents
        assert read.adds_up
        assert read.applied_cents <= 0


def test_the_introduction_of_a_real_quickbooks():
    said = read_sample("real-hcp-host-company-preferences-rs-premier-2012.xml")
    host, company = said.first(HostRet), said.first(CompanyRet)
    assert host.supported_versions[-1] == "11.0"
    assert why_unsupported(host).code == "quickbooks-too-old"
    assert company.is_sample_company
    owner = "{87EDAAF8-637E-4203-867F-4BA79C2F8998}"
    assert company.data_ext(owner, "FileID") == "{CA1C3EB8-1B61-4747-A743-8D5B438B83AC}"
    assert said.first(PreferencesRet).multi_currency.is_on is False


def test_a_real_invoice_that_is_partly_paid():
    first, second = read_sample(
        "real-invoice-query-rs-iterator-last-page-linked-payment.xml"
    ).rows_of(InvoiceRet)
    assert (first.total_cents, first.applied_cents) == (10000, -5500)
    assert first.ref_number == ""
    assert first.lines[0].rate == "100"
    assert second.total_cents == 19398


def test_a_page_with_all_that_is_odd():
    page = read_sample("hand-invoice-query-rs-iterator-page-1.xml")
    assert page.responses[0].head.iterator_remaining == 2
    odd = list(page.rows_of(InvoiceRet))[2]
    assert odd.customer.full_name == "O'Brien, Seán"
    assert odd.memo == "Café counter – 2½ m, client’s colour, SuperGrip™\nsecond line of the memo"
    assert odd.lines[0].description == "Remnant <B-grade> 5' x 3\""


def test_real_customers_and_jobs():
    read = list(read_sample("real-customer-query-rs-parent-and-jobs.xml").rows_of(CustomerRet))
    jobs = [each for each in read if each.parent.list_id]
    assert jobs
    assert all(each.full_name.endswith(f":{each.name}") for each in jobs)
    assert all(each.parent.full_name == each.full_name.rpartition(":")[0] for each in jobs)
    assert all(re.fullmatch(r"[0-9A-F]+-[0-9]+", each.list_id) for each in read)


def test_an_error_that_carries_the_current_record():
    (only,) = read_sample("real-customer-mod-rs-3200-carries-current-object.xml").responses
    assert only.head.status.code == 3200
    assert only.rows[0].edit_sequence == "1272665327"


def test_deletions_over_several_types():
    read = list(read_sample("hand-txn-deleted-query-rs.xml").rows_of(TxnDeletedRet))
    assert [each.ref_number for each in read] == ["INV-0998", "", "CM-9"]


@pytest.mark.parametrize(
    "name", [name for name in NAMES if "receivepayment" in name and "soap" not in name]
)
def test_every_sample_payment_adds_up(name):
    for read in read_sample(name).rows_of(ReceivePaymentRet):
        assert read.txn_id
        assert read.adds_up
        assert all(use.amount > 0 for use in read.applied)


def test_a_real_payment_of_two_invoices():
    (read,) = read_sample("real-receivepayment-add-rs-autoapply-two-invoices-partial.xml").rows_of(
        ReceivePaymentRet
    )
    assert (read.txn_id, read.txn_date) == ("1F6-1241605561", date(2009, 5, 6))
    assert read.deposit_to_account == Ref("270000-1226599344", "Undeposited Funds")
    assert [(use.ref_number, use.amount, use.balance_remaining) for use in read.applied] == [
        ("115", Decimal("100.00"), Decimal("0.00")),
        ("116", Decimal("165.40"), Decimal("20.00")),
    ]


def test_other_links_of_a_paid_invoice_are_not_taken_for_the_payment():
    read = list(
        read_sample("real-receivepayment-query-rs-three-invoices-linked.xml").rows_of(
            ReceivePaymentRet
        )
    )
    assert read
    assert all(use.txn_type == "Invoice" for each in read for use in each.applied)


@pytest.mark.parametrize(
    "name",
    [name for name in NAMES if re.search("receivepayment-add-rs-3[0-9]{3}", name)],
)
def test_a_refused_payment_was_not_made(name):
    (only,) = read_sample(name).responses
    assert only.rows == ()
    assert write_outcome(only.head.status.code, only.head.status.message) is WriteOutcome.NOT_DONE


def test_the_accounts_of_a_real_company():
    read = list(read_sample("real-account-query-rs-bank-ar-undeposited.xml").rows_of(AccountRet))
    assert "AccountsReceivable" in {account.account_type for account in read}
    (funds,) = [each for each in read if each.special_account_type == "UndepositedFunds"]
    assert funds.full_name.endswith("Undeposited Funds")
    assert all(account.list_id and account.full_name and account.is_active for account in read)


def test_the_payment_methods_of_a_company():
    read = list(read_sample("hand-payment-method-query-rs.xml").rows_of(PaymentMethodRet))
    assert [(method.name, method.type, method.is_active) for method in read][-2:] == [
        ("E-Check", "ECheck", True),
        ("Barter", "Other", False),
    ]


def test_a_status_check_that_finds_nothing_is_told_by_its_head():
    said = read_sample("hand-message-set-status-600-no-stored-state.xml")
    assert (said.head.status_code, said.responses) == (600, ())
    assert write_outcome(said.head.status_code) is WriteOutcome.UNKNOWN
