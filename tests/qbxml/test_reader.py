from datetime import date
from decimal import Decimal

import pytest

from shared.qbxml import reader
from shared.qbxml.reader import UnreadableAnswer, read_all, read_message_set
from shared.qbxml.responses import (
    NO_REF,
    BadRecord,
    CompanyRet,
    CustomerRet,
    DataExt,
    HostRet,
    InvoiceLineGroupRet,
    InvoiceLineRet,
    InvoiceRet,
    ListDeletedRet,
    MessageSetHead,
    PreferencesRet,
    Ref,
    ResponseHead,
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
        txn_number="401",
        customer=Ref("80000102-1", "Alder Joinery:Stairs"),
        ar_account=Ref("80000021-1", "Accounts Receivable"),
        txn_date=date(2024, 6, 12),
        ref_number="1042",
        is_pending=False,
        due_date=date(2024, 7, 12),
        subtotal=Decimal("1200.00"),
        sales_tax_percentage="8.25",
        sales_tax_total=Decimal("99.00"),
        applied_amount=Decimal("-500.00"),
        balance_remaining=Decimal("799.00"),
        memo="First delivery",
        is_paid=False,
    )
    assert read.total == Decimal("1299.00")
    assert read.tax == Decimal("99.00")
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
        txn_line_id="1",
        item=Ref("80000031-1", "Oak:Treads"),
        description="Oak treads",
        quantity="40",
        rate="22.50",
        amount=Decimal("900.00"),
        sales_tax_code=Ref("80000001-1", "Tax"),
    )
    assert isinstance(kit, InvoiceLineGroupRet)
    assert (kit.item_group.full_name, kit.total_amount) == ("Stair kit", Decimal("100.00"))
    assert [part.txn_line_id for part in kit.lines] == ["A", "B"]
    assert last == InvoiceLineRet(txn_line_id="2", description="Thank you")


def test_a_rate_may_be_a_percentage():
    discount = line(Rate=None, RatePercent="-10.0", Quantity=None, Amount="-90.00")
    (read,) = read_invoice(InvoiceLineRet=[discount]).lines
    assert (read.rate, read.rate_percent, read.amount) == ("", "-10.0", Decimal("-90.00"))


def test_links_tell_payments_from_the_order_an_invoice_came_from():
    links = [
        {"TxnID": "1B0-1", "TxnType": "ReceivePayment", "TxnDate": "2024-06-20",
         "RefNumber": "CHK 5512", "LinkType": "AMTTYPE", "Amount": "-500.00"},
        {"TxnID": "190-1", "TxnType": "SalesOrder", "TxnDate": "2024-05-29", "Amount": "-1299.00"},
    ]  # fmt: skip
    read = read_invoice(LinkedTxn=links)
    assert [(link.txn_type, link.amount) for link in read.links] == [
        ("ReceivePayment", Decimal("-500.00")),
        ("SalesOrder", Decimal("-1299.00")),
    ]
    assert read.links[0].txn_date == date(2024, 6, 20)


def test_an_invoice_in_a_foreign_currency():
    read = read_invoice(
        CurrencyRef=ref("80000097-1", "Euro"),
        ExchangeRate="1.0842",
        BalanceRemainingInHomeCurrency="866.28",
    )
    assert read.currency == Ref("80000097-1", "Euro")
    assert read.exchange_rate == "1.0842"
    assert read.balance_remaining_in_home_currency == Decimal("866.28")


def test_british_prices_may_include_the_tax():
    gross = {"IsTaxIncluded": "true", "Subtotal": "1299.00", "SalesTaxTotal": "99.00"}
    assert read_invoice(**gross).adds_up
    assert not read_invoice(**gross | {"IsTaxIncluded": "false"}).adds_up
    assert read_invoice(IsTaxIncluded="true").adds_up


def test_old_canadian_editions_have_two_taxes():
    read = read_invoice(SalesTaxTotal=None, Tax1Total="60.00", Tax2Total="39.00")
    assert read.tax == Decimal("99.00")
    assert read.adds_up
    assert read_invoice(SalesTaxTotal=None, Tax1Total="60.00").tax == Decimal("60.00")


def test_an_invoice_that_says_no_tax_gives_nothing_to_disagree_with():
    read = read_invoice(SalesTaxTotal=None)
    assert read.tax is None
    assert read.adds_up


def test_an_invoice_whose_sums_disagree_is_recognised():
    assert not read_invoice(SalesTaxTotal="98.00").adds_up


def test_a_light_query_leaves_most_elements_out():
    light = {"TxnID": "1A2-1", "EditSequence": "17", "BalanceRemaining": "0.00"}
    (read,) = read_one(invoices_answer(light)).rows
    assert read.balance_remaining == Decimal("0.00")
    assert read.total is None
    assert read.txn_date is None
    assert read.customer is NO_REF
    assert read.lines == read.links == ()


def test_elements_may_come_in_any_order_and_unknown_ones_are_passed_over():
    record = invoice(InvoiceLineRet=[line()])
    usual = read_one(invoices_answer(record))
    reverse = dict(reversed(record.items()))
    reverse["Surprise"] = {"TxnID": "not this one", "Amount": "nonsense"}
    assert read_one(invoices_answer(reverse)) == usual


def test_an_empty_or_blank_element_counts_as_missing():
    read = read_invoice(DueDate="", Subtotal="", IsPending="", Memo="", CustomerRef="")
    assert read.due_date is None
    assert read.subtotal is None
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
        Sublevel="1",
        IsActive="false",
    )
    assert read.parent == Ref("80000101-1", "Alder Joinery")
    assert (read.sublevel, read.is_active) == (1, False)
    assert read.document == "Customer Alder Joinery:Stairs"


def test_the_address_is_printed_as_quickbooks_prints_it():
    pieces = {
        "Addr1": "Alder Joinery",
        "Addr2": "12 Quay Street",
        "City": "Port Ellery",
        "State": "WA",
        "PostalCode": "98101",
        "Country": "USA",
        "Note": "ring twice",
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
    contact = {"ListID": "0000000000000owb", "EditSequence": "9", "FirstName": "Pia"}
    read = read_customer(
        ContactsRet=[contact],
        AdditionalContactRef=[{"ContactName": "Main Email", "ContactValue": "x@example.com"}],
    )
    assert (read.list_id, read.edit_sequence) == ("80000101-1", "1718913731")
    assert (read.first_name, read.email) == ("", "")


def test_canadian_and_british_customers_have_their_own_tax_fields():
    read = read_customer(
        SalesTaxCountry="Canada",
        TaxRegistrationNumber="123456789 RT0001",
        SalesTaxCodeRef=ref("1", "H"),
    )
    assert read.sales_tax_country == "Canada"
    assert read.tax_registration_number == "123456789 RT0001"
    assert read.sales_tax_code.full_name == "H"


def test_a_delivery_method_that_the_schema_does_not_know_is_taken():
    assert read_customer(PreferredDeliveryMethod="Mail").preferred_delivery_method == "Mail"


def test_custom_fields_come_as_data_extensions():
    field = {"OwnerID": "0", "DataExtName": "Region", "DataExtType": "STR255TYPE",
             "DataExtValue": "North"}  # fmt: skip
    assert read_customer(DataExtRet=[field]).data_exts == (
        DataExt("0", "Region", "STR255TYPE", "North"),
    )


# Host, company, preferences

OWNER = "{87EDAAF8-637E-4203-867F-4BA79C2F8998}"


def introduction(**company):
    stamps = [
        {"OwnerID": OWNER, "DataExtName": "AppLock", "DataExtValue": "LOCKED:DESK:1"},
        {"OwnerID": OWNER, "DataExtName": "FileID", "DataExtValue": "{F}"},
        {"OwnerID": "{00000000-0000-0000-0000-000000000000}", "DataExtName": "FileID",
         "DataExtValue": "{other}"},
    ]  # fmt: skip
    host = {
        "ProductName": "QuickBooks Enterprise Solutions 24.0",
        "MajorVersion": "34",
        "MinorVersion": "0",
        "Country": "US",
        "SupportedQBXMLVersion": ["1.0", "13.0", "16.0"],
        "IsAutomaticLogin": "true",
        "QBFileMode": "MultiUser",
    }
    preferences = {
        "AccountingPreferences": {"IsUsingAccountNumbers": "false", "ClosingDate": "2016-11-30"},
        "MultiCurrencyPreferences": {
            "IsMultiCurrencyOn": "true",
            "HomeCurrencyRef": ref("80000096-1", "US Dollar"),
        },
        "SalesAndCustomersPreferences": {"IsAutoApplyingPayments": "true"},
        "CurrentAppAccessRights": {"IsPersonalDataAccessAllowed": "false"},
    }
    facts = {
        "IsSampleCompany": "false",
        "CompanyName": "Alder & Sons",
        "LegalCompanyName": "Alder & Sons LLC",
        "Address": {"Addr1": "1 Quay"},
        "AccountantCopy": {"AccountantCopyExists": "false"},
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
        "QuickBooks Enterprise Solutions 24.0", "34", "0", "US", ("1.0", "13.0", "16.0"),
        True, "MultiUser",
    )  # fmt: skip
    company = said.first(CompanyRet)
    assert (company.company_name, company.legal_company_name) == (
        "Alder & Sons",
        "Alder & Sons LLC",
    )
    assert (company.is_sample_company, company.is_accountant_copy) == (False, False)
    assert company.address.lines == ("1 Quay",)
    assert said.first(PreferencesRet) == PreferencesRet(
        date(2016, 11, 30), True, Ref("80000096-1", "US Dollar"), True, False
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


def test_deleted_transactions_and_list_entries():
    txn = {"TxnDelType": "Invoice", "TxnID": "19A-1", "TimeCreated": "2024-06-08T22:26:40-05:00",
           "TimeDeleted": "2024-06-18T09:00:00-05:00", "RefNumber": "998"}  # fmt: skip
    entry = {"ListDelType": "Customer", "ListID": "80000130-1",
             "TimeDeleted": "2024-06-18T09:10:00-05:00", "FullName": "Alder:Old job"}  # fmt: skip
    said = read_all(
        answer(
            response("TxnDeletedQueryRs", xml("TxnDeletedRet", txn)),
            response("ListDeletedQueryRs", xml("ListDeletedRet", entry)),
        )
    )
    assert said.first(TxnDeletedRet) == TxnDeletedRet(
        "Invoice", "19A-1", "2024-06-08T22:26:40", "2024-06-18T09:00:00", "998"
    )
    assert said.first(ListDeletedRet) == ListDeletedRet(
        "Customer", "80000130-1", "", "2024-06-18T09:10:00", "Alder:Old job"
    )


# Heads and statuses


def test_an_iterator_says_how_much_remains():
    head = read_one(invoices_answer(invoice(), iteratorRemainingCount=0, iteratorID="{abc}")).head
    assert (head.iterator_remaining, head.iterator_id) == (0, "{abc}")
    assert head.ret_count is None


def test_metadata_says_how_many_there_are():
    head = read_one(invoices_answer(retCount=128)).head
    assert head.ret_count == 128
    assert head.iterator_remaining is None


def test_nothing_found_is_status_1_without_records():
    message = "A query request did not find a matching object in QuickBooks"
    found = read_one(invoices_answer(statusCode=1, statusMessage=message))
    assert (found.head.status.code, found.head.status.message) == (1, message)
    assert found.rows == ()


@pytest.mark.parametrize(("code", "severity"), [(500, "Warn"), (530, "Warning"), (3200, "Error")])
def test_a_status_other_than_zero_may_come_with_records(code, severity):
    found = read_one(customers_answer(customer(), statusCode=code, statusSeverity=severity))
    assert (found.head.status.code, found.head.status.severity) == (code, severity)
    assert len(found.rows) == 1


def test_a_status_message_is_trimmed_and_in_the_characters_meant():
    found = read_one(invoices_answer(statusMessage="Grip\x99 is out-of-date. "))
    assert found.head.status.message == "Grip™ is out-of-date."


def test_the_request_id_may_be_missing_empty_or_long():
    ids = [None, "", "x" * 60]
    responses = [response("CustomerAddRs", request_id=each) for each in ids]
    assert [each.head.request_id for each in read_all(answer(*responses)).responses] == ids


def test_the_message_set_tells_of_error_recovery():
    assert read_all(answer(messageSetStatusCode="600")).head == MessageSetHead(600, "")
    nine = read_all(answer(newMessageSetID="pay-42", messageSetStatusCode="9001"))
    assert nine.head == MessageSetHead(9001, "pay-42")
    assert nine.responses == ()
    assert read_all(answer()).head == MessageSetHead(None, "")


def test_records_of_kinds_that_are_not_read_are_passed_over():
    unread = xml("AccountRet", {"ListID": "1", "Name": "Checking"})
    recovery = xml("ErrorRecovery", {"TxnID": "1"})
    found = read_one(answer(response("AccountQueryRs", unread, recovery)))
    assert found.rows == found.bad == ()


def test_the_parts_come_in_the_order_of_the_document():
    text = answer(
        response("CustomerQueryRs", xml("CustomerRet", customer()), request_id="a"),
        response("InvoiceQueryRs", request_id="b", statusCode=1),
        response("InvoiceQueryRs", xml("InvoiceRet", invoice()), request_id="c"),
    )
    kinds = [type(part) for part in read_message_set([text])]
    assert kinds == [
        MessageSetHead, ResponseHead, CustomerRet, ResponseHead, ResponseHead, InvoiceRet,
    ]  # fmt: skip


# Records with a malformed value


def test_a_malformed_amount_spoils_its_record_and_no_other():
    records = [invoice(TxnID="1"), invoice(TxnID="2", Subtotal="12,00"), invoice(TxnID="3")]
    found = read_one(invoices_answer(*records))
    assert [row.txn_id for row in found.rows] == ["1", "3"]
    assert found.bad == (
        BadRecord(
            kind="InvoiceRet",
            object_id="2",
            document="Invoice 1042, Alder Joinery:Stairs",
            field="Subtotal",
            value="12,00",
            reason="Subtotal is '12,00', which is not an amount such as 1234.50",
        ),
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"TxnDate": "2024-02-30"}, "TxnDate"),
        ({"TimeModified": "soon"}, "TimeModified"),
        ({"IsPaid": "maybe"}, "IsPaid"),
        ({"InvoiceLineRet": [line(), line(Amount="x"), line()]}, "InvoiceLineRet[2]/Amount"),
        ({"InvoiceLineRet": [line(ServiceDate="x")]}, "InvoiceLineRet/ServiceDate"),
        (
            {
                "InvoiceLineGroupRet": {
                    "TxnLineID": "G",
                    "InvoiceLineRet": [line(), line(Amount="x")],
                }
            },
            "InvoiceLineGroupRet/InvoiceLineRet[2]/Amount",
        ),
        ({"LinkedTxn": [{"TxnID": "1", "Amount": "x"}]}, "LinkedTxn/Amount"),
        ({"TxnID": None}, "TxnID"),
        ({"TxnID": " "}, "TxnID"),
    ],
)
def test_a_bad_record_names_the_field_at_fault(changes, field):
    bad = read_invoice(**changes)
    assert isinstance(bad, BadRecord)
    assert bad.field == field
    assert field in bad.reason


@pytest.mark.parametrize(
    ("kind", "record", "object_id", "document"),
    [
        ("CustomerRet", customer(Balance="x"), "80000101-1", "Customer Alder Joinery"),
        ("CustomerRet", customer(ListID=None, FullName=None), "", "Customer Alder Joinery"),
        ("TxnDeletedRet", {"TxnID": "1", "TimeDeleted": "x"}, "1", "TxnDeletedRet"),
        ("ListDeletedRet", {"ListDelType": "Customer"}, "", "ListDeletedRet"),
        ("PreferencesRet", {"AccountingPreferences": {"ClosingDate": "x"}}, "", "PreferencesRet"),
    ],
)
def test_every_kind_of_record_can_be_bad_and_has_a_name(kind, record, object_id, document):
    (bad,) = read_one(answer(response("AnyQueryRs", xml(kind, record)))).bad
    assert (bad.kind, bad.object_id, bad.document) == (kind, object_id, document)


# Pieces

BUSY = invoices_answer(
    invoice(Memo=Raw("SuperGrip&#153; caf&#233; é \x99 &#11;  two  spaces &amp; &lt;b&gt; ")),
    invoice(TxnID="2", InvoiceLineRet=[line(), line(Desc=" ")]),
    invoice(TxnID="3", Subtotal="bad"),
)


@pytest.mark.parametrize("size", [1, 2, 7, 64, 65536])
def test_an_answer_reads_the_same_in_pieces_of_any_size(size):
    whole = list(read_message_set([BUSY]))
    data = BUSY.encode()
    assert list(read_message_set(data[at : at + size] for at in range(0, len(data), size))) == whole
    assert list(read_message_set(BUSY[at : at + size] for at in range(0, len(BUSY), size))) == whole


def test_an_answer_reads_the_same_whatever_blocks_it_is_parsed_in(monkeypatch):
    whole = list(read_message_set([BUSY]))
    for size in range(48, 400):
        monkeypatch.setattr(reader, "_BLOCK_BYTES", size)
        assert list(read_message_set([BUSY])) == whole, size


def test_records_are_handed_out_before_the_answer_has_come_to_its_end(monkeypatch):
    monkeypatch.setattr(reader, "_BLOCK_BYTES", 2048)
    text = invoices_answer(*(invoice(TxnID=str(number)) for number in range(50)))
    taken = 0

    def pieces():
        nonlocal taken
        for at in range(0, len(text), 1024):
            taken = at
            yield text[at : at + 1024]

    for part in read_message_set(pieces()):
        if isinstance(part, InvoiceRet):
            break
    assert taken < len(text) / 4


def test_records_before_a_cut_are_handed_out_and_then_the_cut_is_told(monkeypatch):
    monkeypatch.setattr(reader, "_BLOCK_BYTES", 1024)
    text = invoices_answer(*(invoice(TxnID=str(number)) for number in range(10)))
    parts = read_message_set([text[: len(text) // 2]])
    assert [type(next(parts)) for _ in range(4)] == [
        MessageSetHead,
        ResponseHead,
        InvoiceRet,
        InvoiceRet,
    ]
    with pytest.raises(UnreadableAnswer, match="stops in the middle"):
        list(parts)


def test_nothing_of_a_block_with_a_hole_in_it_is_handed_out():
    # libxml2 goes on after an entity that nobody declared, and leaves the text out.
    parts = read_message_set([invoices_answer(invoice(Memo=Raw("owes &not; much")))])
    with pytest.raises(UnreadableAnswer):
        next(parts)


def test_space_and_a_byte_order_mark_before_the_declaration_do_no_harm():
    plain = list(read_message_set([BUSY]))
    assert list(read_message_set([b"\xef\xbb\xbf" + BUSY.encode()])) == plain
    assert list(read_message_set(["\n ", " \r\n" + BUSY])) == plain


def test_the_declaration_may_name_any_encoding_since_the_envelope_decided_it():
    text = BUSY.replace('version="1.0"', 'version="1.0" encoding="utf-16"')
    assert list(read_message_set([text])) == list(read_message_set([BUSY]))


def test_comments_instructions_and_cdata_are_xml_like_any_other():
    text = BUSY.replace("<QBXML>", "<!-- said --><?qbxml version='13.0'?><QBXML>")
    text = text.replace(
        "<RefNumber>1042</RefNumber>", "<RefNumber>10<!-- x --><![CDATA[42]]></RefNumber>"
    )
    assert list(read_message_set([text])) == list(read_message_set([BUSY]))
