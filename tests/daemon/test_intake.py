"""One record of QuickBooks, read for the ledger."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.stages.invoices import intake
from shared.models.ledger.incoming_invoices import IncomingInvoice
from shared.qbxml.invoice_lines import InvoiceLineGroupRet, InvoiceLineRet
from shared.qbxml.refs import Ref
from shared.qbxml.responses import BadRecord, CustomerRet, InvoiceRet, TxnDeletedRet
from shared.rules.values import CheckedCustomer, Customer, InvoiceStatus, OpenInvoice, Trouble


def a_ret(**changes: Any) -> InvoiceRet:
    plain = InvoiceRet(
        txn_id="1A-1",
        time_created="2026-01-05T09:00:00",
        time_modified="2026-01-06T10:00:00",
        edit_sequence="1767690000",
        customer=Ref("80-1", "Larkspur Tile"),
        txn_date="2026-01-05",
        ref_number="1042",
        subtotal_cents=10000,
        sales_tax_cents=800,
        applied_cents=-5000,
        balance_cents=5800,
        is_paid=False,
    )
    return plain._replace(**changes)


def taken(ret: Any, *, light: bool = False, home: str = "USD") -> tuple[intake.Taken, ...]:
    compared = ("InvoiceRet", "CustomerRet") if light else ()
    return intake.take(ret, home_currency=home, compared=compared)


def invoice_of(**changes: Any) -> IncomingInvoice:
    (invoice,) = taken(a_ret(**changes))
    assert isinstance(invoice, IncomingInvoice)
    return invoice


def test_the_total_is_what_is_left_and_what_was_applied():
    invoice = invoice_of()
    amounts = (invoice.total_cents, invoice.balance_cents, invoice.applied_cents)
    assert amounts == (10800, 5800, -5000)


def test_amounts_without_currency_are_in_the_home_currency():
    assert invoice_of().currency == "USD"
    assert invoice_of(currency="Euro").currency == "EUR"
    assert invoice_of(currency="Moon Dollar").currency == "Moon Dollar"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, InvoiceStatus.OPEN),
        ({"is_paid": True, "balance_cents": 0}, InvoiceStatus.PAID),
        ({"is_paid": None, "balance_cents": 0}, InvoiceStatus.PAID),
        ({"is_paid": None}, InvoiceStatus.OPEN),
    ],
)
def test_what_quickbooks_calls_paid_is_paid(changes, status):
    changes.setdefault("subtotal_cents", None)
    assert invoice_of(**changes).status == status


def test_a_voided_invoice_is_all_zero_and_says_so_in_its_memo():
    nothing = {
        "subtotal_cents": 0,
        "sales_tax_cents": 0,
        "applied_cents": 0,
        "balance_cents": 0,
        "is_paid": True,
    }
    assert invoice_of(**nothing, memo="VOID: sent twice").status == InvoiceStatus.VOID
    assert invoice_of(**nothing, memo="free sample").status == InvoiceStatus.PAID


@pytest.mark.parametrize(
    ("missing", "name"),
    [
        ({"customer": Ref()}, "CustomerRef"),
        ({"txn_date": None}, "TxnDate"),
        ({"balance_cents": None}, "BalanceRemaining"),
        ({"edit_sequence": ""}, "EditSequence"),
        ({"time_modified": ""}, "TimeModified"),
    ],
)
def test_an_invoice_without_what_a_ledger_needs_is_a_trouble_that_names_it(missing, name):
    (trouble,) = taken(a_ret(**missing))
    assert isinstance(trouble, Trouble)
    assert trouble.code == "invoice-unreadable"
    assert trouble.object_id == "1A-1"
    assert name in trouble.message
    assert trouble.document.startswith("Invoice 1042")


def test_contradicting_amounts_come_beside_the_invoice():
    invoice, trouble = taken(a_ret(subtotal_cents=9000))
    assert isinstance(invoice, IncomingInvoice)
    assert isinstance(trouble, Trouble)
    assert trouble.code == "invoice-total-mismatch"
    assert "98.00" in trouble.message
    assert "108.00" in trouble.message


def test_a_group_is_followed_by_the_lines_in_it():
    part = InvoiceLineRet(line_id="L2", item="Tile", amount_cents=6000)
    group = InvoiceLineGroupRet(line_id="L1", item="Kitchen", amount_cents=6000, lines=(part,))
    alone = InvoiceLineRet(line_id="L3", description="Thank you", rate="10")
    first, second, third = invoice_of(lines=(group, alone)).lines
    assert (first.line_id, first.group_line_id, first.item) == ("L1", "", "Kitchen")
    assert (second.line_id, second.group_line_id, second.item) == ("L2", "L1", "Tile")
    ends = (third.line_id, third.group_line_id, third.rate, third.amount_cents)
    assert ends == ("L3", "", "10", None)


def test_the_sweep_takes_a_few_elements():
    swept = InvoiceRet("1A-1", "", "T", "E", customer=Ref("80-1"), balance_cents=None)
    (row,) = taken(swept, light=True)
    assert row == OpenInvoice("1A-1", "E", "T", 0, "80-1")


def test_what_cannot_be_compared_is_taken_for_different_and_read_whole():
    bad = BadRecord("InvoiceRet", "1A-1", "", "BalanceRemaining", "1O0", "it is no amount")
    assert taken(bad, light=True) == (OpenInvoice("1A-1", "", "", 0, ""),)
    (customer,) = taken(bad._replace(kind="CustomerRet", object_id="80-1"), light=True)
    assert customer == CheckedCustomer("80-1", "", "", "", active=False)
    assert taken(bad._replace(object_id=""), light=True) == ()


def test_a_customer_is_compared_by_what_an_edit_would_move():
    ret = CustomerRet(list_id="80-2", edit_sequence="7", full_name="A:B", parent=Ref("80-1"))
    assert taken(ret, light=True) == (CheckedCustomer("80-2", "7", "A:B", "80-1", active=True),)


def test_a_job_knows_its_parent_and_a_customer_is_active_unless_told():
    (job,) = taken(CustomerRet(list_id="80-2", full_name="Larkspur Tile:Lobby", parent=Ref("80-1")))
    assert isinstance(job, Customer)
    assert (job.name, job.parent_list_id, job.active) == ("Lobby", "80-1", True)
    (gone,) = taken(CustomerRet(list_id="80-3", full_name="Old", is_active=False))
    assert isinstance(gone, Customer)
    assert not gone.active


def test_a_customer_without_name_is_a_trouble():
    (trouble,) = taken(CustomerRet(list_id="80-3"))
    assert isinstance(trouble, Trouble)
    assert trouble.code == "customer-unreadable"


@pytest.mark.parametrize(("kind", "code"), [("InvoiceRet", "invoice"), ("CustomerRet", "customer")])
def test_a_malformed_record_is_a_trouble_that_names_the_field(kind, code):
    bad = BadRecord(kind, "1A-1", "Invoice 1042", "Amount", "1O0", "it is no amount")
    (trouble,) = taken(bad)
    assert isinstance(trouble, Trouble)
    assert trouble.code == f"{code}-unreadable"
    assert "Amount: it is no amount" in trouble.message


def test_deletions_pass_as_they_are():
    gone = TxnDeletedRet("1A-1")
    assert taken(gone) == (gone,)
