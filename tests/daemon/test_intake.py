"""One record of QuickBooks, read for the ledger."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from daemon.stages.invoices import intake
from shared.qbxml.invoice_lines import InvoiceLine, InvoiceLineGroup
from shared.qbxml.responses import (
    BadRecord,
    CustomerRet,
    InvoiceRet,
    Ref,
    TxnDeletedRet,
)
from shared.rules.ledger import Invoice
from shared.rules.values import (
    CheckedCustomer,
    Customer,
    InvoiceStatus,
    OpenInvoice,
    Trouble,
)


def a_ret(**changes: Any) -> InvoiceRet:
    plain = InvoiceRet(
        txn_id="1A-1",
        time_created="2026-01-05T09:00:00",
        time_modified="2026-01-06T10:00:00",
        edit_sequence="1767690000",
        customer=Ref("80-1", "Larkspur Tile"),
        txn_date=date(2026, 1, 5),
        ref_number="1042",
        subtotal=Decimal("100.00"),
        sales_tax_total=Decimal("8.00"),
        applied_amount=Decimal("-50.00"),
        balance_remaining=Decimal("58.00"),
        is_paid=False,
    )
    return plain._replace(**changes)


def taken(ret: Any, *, light: bool = False, home: str = "USD") -> tuple[intake.Taken, ...]:
    return intake.take(ret, home_currency=home, light=light)


def invoice_of(**changes: Any) -> Invoice:
    (invoice,) = taken(a_ret(**changes))
    assert isinstance(invoice, Invoice)
    return invoice


def test_the_total_is_what_is_left_and_what_was_applied():
    invoice = invoice_of()
    assert (invoice.total, invoice.balance, invoice.applied) == (
        Decimal("108.00"),
        Decimal("58.00"),
        Decimal("-50.00"),
    )


def test_amounts_without_currency_are_in_the_home_currency():
    assert invoice_of().currency == "USD"
    assert invoice_of(currency="Euro").currency == "EUR"
    assert invoice_of(currency="Moon Dollar").currency == "Moon Dollar"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, InvoiceStatus.OPEN),
        ({"is_paid": True, "balance_remaining": Decimal("0.00")}, InvoiceStatus.PAID),
        ({"is_paid": None, "balance_remaining": Decimal("0.00")}, InvoiceStatus.PAID),
        ({"is_paid": None}, InvoiceStatus.OPEN),
    ],
)
def test_what_quickbooks_calls_paid_is_paid(changes, status):
    changes.setdefault("subtotal", None)
    assert invoice_of(**changes).status is status


def test_a_voided_invoice_is_all_zero_and_says_so_in_its_memo():
    zero = Decimal("0.00")
    nothing = {
        "subtotal": zero,
        "sales_tax_total": zero,
        "applied_amount": zero,
        "balance_remaining": zero,
        "is_paid": True,
    }
    assert invoice_of(**nothing, memo="VOID: sent twice").status is InvoiceStatus.VOID
    assert invoice_of(**nothing, memo="free sample").status is InvoiceStatus.PAID


@pytest.mark.parametrize(
    ("missing", "name"),
    [
        ({"customer": Ref()}, "CustomerRef"),
        ({"txn_date": None}, "TxnDate"),
        ({"balance_remaining": None}, "BalanceRemaining"),
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
    invoice, trouble = taken(a_ret(subtotal=Decimal("90.00")))
    assert isinstance(invoice, Invoice)
    assert isinstance(trouble, Trouble)
    assert trouble.code == "invoice-total-mismatch"
    assert "98.00" in trouble.message
    assert "108.00" in trouble.message


def test_a_group_is_followed_by_the_lines_in_it():
    part = InvoiceLine(line_id="L2", item="Tile", amount=Decimal("60.00"))
    group = InvoiceLineGroup(line_id="L1", item="Kitchen", amount=Decimal("60.00"), lines=(part,))
    alone = InvoiceLine(line_id="L3", description="Thank you", rate="10")
    first, second, third = invoice_of(lines=(group, alone)).lines
    assert (first.line_id, first.group, first.item) == ("L1", "", "Kitchen")
    assert (second.line_id, second.group, second.item) == ("L2", "L1", "Tile")
    assert (third.line_id, third.group, third.rate, third.amount) == ("L3", "", "10", None)


def test_the_sweep_takes_a_few_elements():
    swept = InvoiceRet("1A-1", "", "T", "E", customer=Ref("80-1"), balance_remaining=None)
    (row,) = taken(swept, light=True)
    assert row == OpenInvoice("1A-1", "E", "T", Decimal("0.00"), "80-1")


def test_what_cannot_be_compared_is_taken_for_different_and_read_whole():
    bad = BadRecord("InvoiceRet", "1A-1", "", "BalanceRemaining", "1O0", "it is no amount")
    assert taken(bad, light=True) == (OpenInvoice("1A-1", "", "", Decimal("0.00"), ""),)
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
