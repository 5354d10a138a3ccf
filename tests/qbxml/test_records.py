"""Records of an answer become values, or say which field is at fault."""

from datetime import date

import pytest

from shared.qbxml.invoice_lines import InvoiceLineGroupRet, InvoiceLineRet
from shared.qbxml.refs import NO_REF, Ref
from shared.qbxml.responses import (
    AccountingPreferences,
    BadRecord,
    CompanyRet,
    HostRet,
    InvoiceRet,
    MultiCurrencyPreferences,
    PreferencesRet,
    TxnDeletedRet,
)
from tests.qbxml.builders import (
    Raw,
    answer,
    customer,
    customers_answer,
    invoice,
    invoices_answer,
    line,
    read_all,
    read_one,
    ref,
    response,
    xml,
)


def read_invoice(**changes):
    """One invoice of the builder's defaults with these changes, read."""
    response_read = read_one(invoices_answer(invoice(**changes)))
    (only,) = response_read.rows + response_read.bad
    return only


def read_customer(**changes):
    (only,) = read_one(customers_answer(customer(**changes))).rows
    return only


# Invoices


def test_an_invoice_with_what_a_ledger_keeps_of_it():
    read = read_invoice()
    assert read == InvoiceRet(
        txn_id="1A2-1718200000",
        time_created="2024-06-12T09:46:40",
        time_modified="2024-06-20T16:02:11",
        edit_sequence="1718913731",
        customer=Ref("80000102-1", "Alder Joinery:Stairs"),
        ar_account=Ref("80000021-1", "Accounts Receivable"),
        txn_date="2024-06-12",
        ref_number="1042",
        is_pending=False,
        due_date="2024-07-12",
        subtotal_cents=120000,
        sales_tax_cents=9900,
        applied_cents=-50000,
        balance_cents=79900,
        memo="First delivery",
        is_paid=False,
    )
    assert read.total_cents == 129900
    assert read.tax_cents == 9900
    assert read.adds_up
    assert read.document == "Invoice 1042, Alder Joinery:Stairs"


def test_lines_and_groups_stand_in_the_order_of_the_form():
    group = {
        "TxnLineID": "G1",
        "ItemGroupRef": ref("80000050-1", "Stair kit"),
        "Desc": "Kit",
        "Quantity": "2",
        "IsPrintItemsInGroup": "true",
        "TotalAmount": "100.00",
        "InvoiceLineRet": [line(TxnLineID="A"), line(TxnLineID="B")],
    }
    lines = xml("InvoiceLineRet", line(TxnLineID="1")) + xml("InvoiceLineGroupRet", group)
    lines += xml("InvoiceLineRet", {"TxnLineID": "2", "Desc": "Thank you"})
    record = xml("InvoiceRet", invoice()).replace("</InvoiceRet>", f"{lines}</InvoiceRet>")
    (read,) = read_one(answer(response("InvoiceQueryRs", record))).rows
    first, kit, last = read.lines
    assert first == InvoiceLineRet(
        line_id="1",
        item="Oak:Treads",
        description="Oak treads",
        quantity="40",
        rate="22.50",
        amount_cents=90000,
        tax_code="Tax",
    )
    assert isinstance(kit, InvoiceLineGroupRet)
    assert (kit.item, kit.amount_cents) == ("Stair kit", 10000)
    assert [part.line_id for part in kit.lines] == ["A", "B"]
    assert last == InvoiceLineRet(line_id="2", description="Thank you")


def test_a_rate_may_be_a_percentage():
    discount = line(Rate=None, RatePercent="-10.0", Quantity=None, Amount="-90.00")
    (read,) = read_invoice(InvoiceLineRet=[discount]).lines
    assert (read.rate, read.amount_cents) == ("-10.0", -9000)


def test_an_invoice_in_a_foreign_currency():
    read = read_invoice(CurrencyRef=ref("80000097-1", "Euro"), ExchangeRate="1.0842")
    assert (read.currency, read.exchange_rate) == ("Euro", "1.0842")


@pytest.mark.parametrize(
    "reference",
    [
        {"ListID": "80000097-1", "FullName": "Euro"},
        {"FullName": "Euro", "ListID": "80000097-1"},
        {"FullName": "Euro"},
    ],
)
def test_the_name_in_a_reference_is_found_wherever_it_stands(reference):
    assert read_invoice(CurrencyRef=reference).currency == "Euro"


@pytest.mark.parametrize("reference", [{"ListID": "80000097-1"}, {"FullName": ""}, ""])
def test_a_reference_may_have_no_name(reference):
    assert read_invoice(CurrencyRef=reference).currency == ""


def test_a_value_that_nobody_uses_spoils_nothing():
    assert read_invoice(ShipDate="soon").ref_number == "1042"


def test_an_invoice_of_which_only_some_elements_were_asked_for():
    short = {"TxnID": "1A2-1", "CustomerRef": ref("80-1", "Alder"), "BalanceRemaining": "799.00"}
    (read,) = read_one(invoices_answer(short)).rows
    assert read == InvoiceRet(txn_id="1A2-1", customer=Ref("80-1", "Alder"), balance_cents=79900)
    assert read.total_cents is None
    assert read.adds_up


def test_british_prices_may_include_the_tax():
    gross = {"IsTaxIncluded": "true", "Subtotal": "1299.00", "SalesTaxTotal": "99.00"}
    assert read_invoice(**gross).adds_up
    assert not read_invoice(**gross | {"IsTaxIncluded": "false"}).adds_up
    assert read_invoice(IsTaxIncluded="true").adds_up


def test_old_canadian_editions_have_two_taxes():
    read = read_invoice(SalesTaxTotal=None, Tax1Total="60.00", Tax2Total="39.00")
    assert read.tax_cents == 9900
    assert read.adds_up
    assert read_invoice(SalesTaxTotal=None, Tax1Total="60.00").tax_cents == 6000


def test_an_invoice_that_says_no_tax_gives_nothing_to_disagree_with():
    read = read_invoice(SalesTaxTotal=None)
    assert read.tax_cents is None
    assert read.adds_up


def test_an_invoice_whose_sums_disagree_is_recognized():
    assert not read_invoice(SalesTaxTotal="98.00").adds_up


def test_a_light_query_leaves_most_elements_out():
    light = {"TxnID": "1A2-1", "EditSequence": "17", "BalanceRemaining": "0.00"}
    (read,) = read_one(invoices_answer(light)).rows
    assert read.balance_cents == 0
    assert read.total_cents is None
    assert read.txn_date is None
    assert read.customer is NO_REF
    assert read.lines == ()


def test_elements_may_come_in_any_order_and_unknown_ones_are_passed_over():
    record = invoice(InvoiceLineRet=[line()])
    usual = read_one(invoices_answer(record))
    reverse = dict(reversed(record.items()))
    reverse["Surprise"] = {"TxnID": "not this one", "Amount": "nonsense"}
    assert read_one(invoices_answer(reverse)) == usual


def test_an_empty_or_blank_element_counts_as_missing():
    read = read_invoice(DueDate="", Subtotal="", IsPending="", Memo="", CustomerRef="")
    assert read.due_date is None
    assert read.subtotal_cents is None
    assert read.is_pending is None
    assert read.memo == ""
    assert read.customer == NO_REF


def test_windows_1252_references_and_line_breaks_are_what_the_user_typed():
    memo = Raw("SuperGrip&#153; &#150; caf&#233;&#13;&#10;&apos;second&apos; &lt;line&gt;&#11;")
    assert read_invoice(Memo=memo).memo == "SuperGrip™ – café\n'second' <line>"


def test_an_invoice_without_number_still_has_a_name():
    assert read_invoice(RefNumber=None).document == "Invoice without number, Alder Joinery:Stairs"


# Customers


def test_a_job_names_its_parent():
    read = read_customer(
        Name="Stairs",
        FullName="Alder Joinery:Stairs",
        ParentRef=ref("80000101-1", "Alder Joinery"),
        IsActive="false",
    )
    assert read.parent == Ref("80000101-1", "Alder Joinery")
    assert read.is_active is False
    assert read.document == "Customer Alder Joinery:Stairs"


def test_the_address_is_printed_as_quickbooks_prints_it():
    pieces = {
        "Addr1": "Alder Joinery",
        "Addr2": "12 Quay Street",
        "City": "Port Ellery",
        "State": "WA",
        "PostalCode": "98101",
        "Country": "USA",
        "Note": "ring twice",  # for the driver, not for the envelope
    }
    block = {"Addr1": "Alder Joinery", "Addr2": "12 Quay Street", "Addr3": "Port Ellery, WA 98101"}
    read = read_customer(BillAddress=pieces, BillAddressBlock=block)
    assert read.bill_address.city == "Port Ellery"
    assert read.billing_lines == ("Alder Joinery", "12 Quay Street", "Port Ellery, WA 98101")
    assert read_customer(BillAddress=pieces).billing_lines == (
        "Alder Joinery",
        "12 Quay Street",
        "Port Ellery WA 98101",
        "USA",
    )
    assert read_customer().billing_lines == ()


def test_a_contact_inside_a_customer_lends_it_nothing():
    contact = {"ListID": "0000000000000owb", "EditSequence": "9", "Name": "Pia"}
    read = read_customer(
        ContactsRet=[contact],
        AdditionalContactRef=[{"ContactName": "Main Email", "ContactValue": "x@example.com"}],
    )
    assert (read.list_id, read.edit_sequence) == ("80000101-1", "1718913731")
    assert (read.name, read.email) == ("Alder Joinery", "")


# Host, company, preferences

OWNER = "{87EDAAF8-637E-4203-867F-4BA79C2F8998}"


def introduction(**company):
    stamps = [
        {"OwnerID": OWNER.lower(), "DataExtName": "AppLock", "DataExtValue": "LOCKED:DESK:1"},
        {"OwnerID": OWNER.lower(), "DataExtName": "FileID", "DataExtValue": "{F}"},
        {"OwnerID": "{00000000-0000-0000-0000-000000000000}", "DataExtName": "FileID",
         "DataExtValue": "{other}"},
    ]  # fmt: skip
    host = {
        "ProductName": "QuickBooks Enterprise Solutions 24.0",
        "MajorVersion": "34",
        "MinorVersion": "0",
        "Country": "US",
        "SupportedQBXMLVersion": ["1.0", "13.0", "16.0"],
    }
    preferences = {
        "AccountingPreferences": {"IsUsingAccountNumbers": "false", "ClosingDate": "2016-11-30"},
        "MultiCurrencyPreferences": {
            "IsMultiCurrencyOn": "true",
            "HomeCurrencyRef": ref("80000096-1", "US Dollar"),
        },
    }
    facts = {
        "IsSampleCompany": "false",
        "CompanyName": "Alder & Sons",
        "DataExtRet": stamps,
    }
    return answer(
        response("HostQueryRs", xml("HostRet", host), request_id="0"),
        response("CompanyQueryRs", xml("CompanyRet", facts | company), request_id="1"),
        response("PreferencesQueryRs", xml("PreferencesRet", preferences), request_id="2"),
    )


def test_what_quickbooks_says_of_itself():
    said = read_all(introduction())
    assert said.first(HostRet) == HostRet(
        "QuickBooks Enterprise Solutions 24.0", "34", "0", "US", ("1.0", "13.0", "16.0")
    )
    company = said.first(CompanyRet)
    assert (company.company_name, company.is_sample_company) == ("Alder & Sons", False)
    assert said.first(PreferencesRet) == PreferencesRet(
        AccountingPreferences(date(2016, 11, 30)), MultiCurrencyPreferences(True, "US Dollar")
    )
    assert [each.head.request_id for each in said.responses] == ["0", "1", "2"]


def test_the_stamp_of_an_application_is_found_by_its_owner_in_any_case():
    company = read_all(introduction()).first(CompanyRet)
    assert company.data_ext(OWNER, "FileID") == "{F}"
    assert company.data_ext(OWNER.lower(), "FileID") == "{F}"
    assert company.data_ext(OWNER, "Other") == ""


def test_preferences_that_are_refused_leave_the_rest_readable():
    refused = response(
        "PreferencesQueryRs", statusCode=3260, statusSeverity="Error", statusMessage="No rights"
    )
    said = read_all(answer(response("HostQueryRs", xml("HostRet", {"Country": "CA"})), refused))
    assert said.first(HostRet) == HostRet(country="CA")
    assert said.first(PreferencesRet) is None
    assert said.responses[1].head.status.code == 3260


# Deletions


def test_a_deleted_transaction():
    txn = {"TxnDelType": "Invoice", "TxnID": "19A-1", "TimeCreated": "2024-06-08T22:26:40-05:00",
           "TimeDeleted": "2024-06-18T09:00:00-05:00", "RefNumber": "998"}  # fmt: skip
    said = read_all(answer(response("TxnDeletedQueryRs", xml("TxnDeletedRet", txn))))
    assert said.first(TxnDeletedRet) == TxnDeletedRet("19A-1", "998", "2024-06-18T09:00:00")


def test_a_deleted_transaction_whose_time_is_none_is_still_told():
    txn = {"TxnID": "19A-1", "TimeDeleted": "soon", "RefNumber": "998"}
    said = read_all(answer(response("TxnDeletedQueryRs", xml("TxnDeletedRet", txn))))
    found = said.first(TxnDeletedRet)
    assert found is not None
    assert (found.txn_id, found.ref_number, found.time_deleted) == ("19A-1", "998", "")


# Records with a malformed value


def test_a_malformed_amount_spoils_its_record_and_no_other():
    records = [invoice(TxnID="1"), invoice(TxnID="2", BalanceRemaining="12,00"), invoice(TxnID="3")]
    found = read_one(invoices_answer(*records))
    assert [row.txn_id for row in found.rows] == ["1", "3"]
    assert found.bad == (
        BadRecord(
            kind="InvoiceRet",
            object_id="2",
            document="Invoice 1042, Alder Joinery:Stairs",
            field="BalanceRemaining",
            value="12,00",
            reason="BalanceRemaining is '12,00', which is not an amount such as 1234.50",
        ),
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"TxnDate": "2024-02-30"}, "TxnDate"),
        ({"TimeModified": "soon"}, "TimeModified"),
        ({"IsPaid": "maybe"}, "IsPaid"),
        ({"DueDate": "tomorrow"}, "DueDate"),
        ({"TxnID": None}, "TxnID"),
        ({"TxnID": " "}, "TxnID"),
        ({"TxnID": "\u202e"}, "TxnID"),
        ({"TxnID": "1" * 37}, "TxnID"),
        ({"CustomerRef": ref("2024-06-12T09:46:40", "Alder Joinery")}, "CustomerRef"),
    ],
)
def test_a_bad_record_names_the_field_at_fault(changes, field):
    bad = read_invoice(**changes)
    assert isinstance(bad, BadRecord)
    assert bad.field == field
    assert field in bad.reason


def test_a_text_that_is_no_id_is_not_the_id_of_a_bad_record():
    assert read_invoice(TxnID="\u202e").object_id == ""


def test_an_odd_reference_that_no_balance_depends_on_loses_its_id_alone():
    read = read_invoice(ARAccountRef=ref("?", "Accounts Receivable"))
    assert read.ar_account == ("", "Accounts Receivable")


@pytest.mark.parametrize(
    ("changes", "where", "odd"),
    [
        ({"Subtotal": "1479.933"}, lambda one: one, ("Subtotal is '1479.933'",)),
        ({"TimeCreated": "soon"}, lambda one: one, ("TimeCreated is 'soon'",)),
        (
            {"SalesTaxTotal": "x", "IsTaxIncluded": "perhaps"},
            lambda one: one,
            ("SalesTaxTotal is 'x'", "IsTaxIncluded is 'perhaps'"),
        ),
        (
            {"InvoiceLineRet": [line(), line(Amount="1479.933"), line()]},
            lambda one: one.lines[1],
            ("Amount is '1479.933'",),
        ),
        (
            {"InvoiceLineRet": [line(ServiceDate="x")]},
            lambda one: one.lines[0],
            ("ServiceDate is 'x'",),
        ),
        (
            {"InvoiceLineGroupRet": {"TxnLineID": "G", "InvoiceLineRet": [line(Amount="x")]}},
            lambda one: one.lines[-1].lines[0],
            ("Amount is 'x'",),
        ),
    ],
)
def test_an_odd_field_that_no_balance_depends_on_loses_itself_and_nothing_else(changes, where, odd):
    plain, read = read_invoice(), read_invoice(**changes)
    assert isinstance(read, InvoiceRet)
    assert where(read).odd == odd
    assert (read.balance_cents, read.customer) == (plain.balance_cents, plain.customer)


@pytest.mark.parametrize(
    ("kind", "record", "object_id", "document"),
    [
        ("CustomerRet", customer(IsActive="x"), "80000101-1", "Customer Alder Joinery"),
        ("CustomerRet", customer(ListID=None, FullName=None), "", "Customer Alder Joinery"),
        ("TxnDeletedRet", {"TxnDelType": "Invoice"}, "", "TxnDeletedRet"),
        ("PreferencesRet", {"AccountingPreferences": {"ClosingDate": "x"}}, "", "PreferencesRet"),
    ],
)
def test_every_kind_of_record_can_be_bad_and_has_a_name(kind, record, object_id, document):
    (bad,) = read_one(answer(response("AnyQueryRs", xml(kind, record)))).bad
    assert (bad.kind, bad.object_id, bad.document) == (kind, object_id, document)
