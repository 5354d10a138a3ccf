"""What queries find, and what they show of it."""

from __future__ import annotations

from lxml import etree

from simulator.company import acts
from simulator.company.books import Books, money
from simulator.company.records import Invoice
from tests.simulator.company.builders import (
    a_company,
    a_session,
    an_open_invoice,
    ask_one,
    status,
    texts,
)

COMPANY = a_company(customers=60, invoices=300)
BOOKS = COMPANY.books


def found(body: str, books: Books = BOOKS) -> list[str]:
    company = COMPANY if books is BOOKS else type(COMPANY)(books)
    return texts(ask_one(a_session(company), f"<InvoiceQueryRq>{body}</InvoiceQueryRq>"), "*/TxnID")


def customers(body: str) -> list[str]:
    answer = ask_one(a_session(COMPANY), f"<CustomerQueryRq>{body}</CustomerQueryRq>")
    return texts(answer, "CustomerRet/ListID")


def those(test) -> list[str]:
    return [one.txn_id for one in BOOKS.invoices.values() if test(one)]


# Invoices: which.


def test_without_filters_all_invoices_are_found() -> None:
    assert found("") == list(BOOKS.invoices)


def test_open_invoices_include_partly_paid_and_pending_ones() -> None:
    unpaid = found("<PaidStatus>NotPaidOnly</PaidStatus>")
    assert unpaid == those(lambda one: not one.is_paid)
    shown = {BOOKS.invoices[txn_id] for txn_id in unpaid}
    assert any(one.applied for one in shown)
    assert any(one.pending for one in shown)


def test_zero_and_void_invoices_are_paid() -> None:
    paid = found("<PaidStatus>PaidOnly</PaidStatus>")
    assert paid == those(lambda one: one.is_paid)
    assert any(BOOKS.invoices[txn_id].voided for txn_id in paid)
    assert any(BOOKS.invoices[one].total == 0 and not BOOKS.invoices[one].voided for one in paid)


def test_transaction_dates_are_compared_by_the_date_on_the_form() -> None:
    middle = sorted(one.date for one in BOOKS.invoices.values())[150]
    body = f"<TxnDateRangeFilter><FromTxnDate>{middle}</FromTxnDate></TxnDateRangeFilter>"
    assert found(body) == those(lambda one: one.date >= middle)
    body = f"<TxnDateRangeFilter><ToTxnDate>{middle}</ToTxnDate></TxnDateRangeFilter>"
    assert found(body) == those(lambda one: one.date <= middle)


def test_by_id_come_those_that_are_there_with_a_warning_for_the_rest() -> None:
    ids = list(BOOKS.invoices)[3:1:-1]
    body = "".join(f"<TxnID>{txn_id}</TxnID>" for txn_id in (ids[0], "ABC-123", ids[1], ids[0]))
    answer = ask_one(a_session(COMPANY), f"<InvoiceQueryRq>{body}</InvoiceQueryRq>")
    assert status(answer) == (500, "Warn")
    assert texts(answer, "InvoiceRet/TxnID") == ids
    assert answer.get("statusMessage") == (
        "The query request has not been fully completed. There was a required element "
        '("ABC-123") that could not be found in QuickBooks.'
    )


def test_an_id_of_bad_form_is_an_error() -> None:
    answer = ask_one(a_session(COMPANY), "<InvoiceQueryRq><TxnID>1042</TxnID></InvoiceQueryRq>")
    assert status(answer) == (3000, "Error")


def test_a_number_finds_all_invoices_that_have_it() -> None:
    numbers = [one.number for one in BOOKS.invoices.values() if one.number]
    twice = next(one for one in numbers if numbers.count(one) > 1)
    assert found(f"<RefNumber>{twice}</RefNumber>") == those(lambda one: one.number == twice)


def test_numbers_are_compared_without_case() -> None:
    company = a_company()
    invoice = an_open_invoice(company.books)
    acts.renumber(company.books, invoice.txn_id, "Inv-7a")
    assert found("<RefNumber>INV-7A</RefNumber>", company.books) == [invoice.txn_id]


def test_a_customer_is_meant_without_its_jobs() -> None:
    job = next(one for one in BOOKS.customers.values() if _bills(one.list_id) and one.parent)
    top = list(BOOKS.ancestors(job.list_id))[-1]
    alone = found(f"<EntityFilter><ListID>{top.list_id}</ListID></EntityFilter>")
    assert alone == those(lambda one: one.customer == top.list_id)


def _bills(list_id: str) -> bool:
    return any(one.customer == list_id for one in BOOKS.invoices.values())


def test_an_unknown_customer_in_a_filter_is_an_invalid_reference() -> None:
    answer = ask_one(
        a_session(COMPANY),
        "<InvoiceQueryRq><EntityFilter><ListID>1-1</ListID></EntityFilter></InvoiceQueryRq>",
    )
    assert status(answer) == (3140, "Error")
    assert 'QuickBooks Customer "1-1" in the InvoiceQuery' in (answer.get("statusMessage") or "")


def test_all_filters_hold_together() -> None:
    job = next(one for one in BOOKS.customers.values() if _bills(one.list_id))
    body = (
        "<TxnDateRangeFilter><FromTxnDate>2024-09-01</FromTxnDate></TxnDateRangeFilter>"
        f"<EntityFilter><ListID>{job.list_id}</ListID></EntityFilter>"
        "<PaidStatus>PaidOnly</PaidStatus>"
    )
    assert found(body) == those(
        lambda one: one.date >= "2024-09-01" and one.customer == job.list_id and one.is_paid
    )


def test_nothing_found_is_told_and_is_no_error() -> None:
    answer = ask_one(
        a_session(COMPANY), "<InvoiceQueryRq><MaxReturned>5</MaxReturned><TxnDateRangeFilter>"
        "<FromTxnDate>2037-01-01</FromTxnDate></TxnDateRangeFilter></InvoiceQueryRq>"
    )  # fmt: skip
    assert status(answer) == (1, "Info")
    assert answer.get("statusMessage") == (
        "A query request did not find a matching object in QuickBooks"
    )


# Invoices: what is shown.


def shown(invoice: Invoice, options: str = "", books: Books = BOOKS) -> etree._Element:
    company = type(COMPANY)(books)
    body = f"<InvoiceQueryRq><TxnID>{invoice.txn_id}</TxnID>{options}</InvoiceQueryRq>"
    (ret,) = ask_one(a_session(company), body)
    return ret


LINES, LINKS = (
    "<IncludeLineItems>true</IncludeLineItems>",
    "<IncludeLinkedTxns>true</IncludeLinkedTxns>",
)


def test_lines_and_links_come_only_when_asked_for() -> None:
    invoice = next(one for one in BOOKS.invoices.values() if one.applied)
    plain, full = shown(invoice), shown(invoice, LINES + LINKS)
    assert not texts(plain, "InvoiceLineRet")
    assert not texts(plain, "LinkedTxn")
    assert texts(full, "InvoiceLineRet")
    assert texts(full, "LinkedTxn")


def test_what_was_applied_is_negative_and_completes_the_total() -> None:
    for invoice in BOOKS.invoices.values():
        ret = shown(invoice, LINKS)
        amounts = {
            name: round(float(ret.findtext(name) or "nan") * 100)
            for name in ("Subtotal", "SalesTaxTotal", "AppliedAmount", "BalanceRemaining")
        }
        assert amounts["AppliedAmount"] <= 0
        total = amounts["Subtotal"] + amounts["SalesTaxTotal"]
        assert total == amounts["BalanceRemaining"] - amounts["AppliedAmount"]
        links = [
            round(float(link.findtext("Amount") or "nan") * 100)
            for link in ret.iterfind("LinkedTxn")
            if link.findtext("TxnType") in ("ReceivePayment", "CreditMemo")
        ]
        assert sum(links) == amounts["AppliedAmount"]


def test_an_order_that_an_invoice_came_from_is_linked_and_is_no_payment() -> None:
    invoice = next(one for one in BOOKS.invoices.values() if one.origin and not one.applied)
    ret = shown(invoice, LINKS)
    (link,) = ret.iterfind("LinkedTxn")
    assert link.findtext("TxnType") in ("SalesOrder", "Estimate")
    assert link.findtext("Amount") == money(-invoice.total)
    assert ret.findtext("AppliedAmount") == "0.00"


def test_every_shape_of_line_is_among_the_invoices() -> None:
    answer = ask_one(a_session(COMPANY), f"<InvoiceQueryRq>{LINES}</InvoiceQueryRq>")
    assert texts(answer, "InvoiceRet/InvoiceLineGroupRet/InvoiceLineRet/Amount")
    assert texts(answer, "InvoiceRet/InvoiceLineRet/RatePercent")
    assert "Subtotal" in texts(answer, "InvoiceRet/InvoiceLineRet/ItemRef/FullName")
    lines = [[part.tag for part in line] for line in answer.iterfind("InvoiceRet/InvoiceLineRet")]
    assert ["TxnLineID", "Desc"] in lines
    assert ["TxnLineID"] in lines


def test_an_invoice_without_a_number_has_no_number_element() -> None:
    blank = next(one for one in BOOKS.invoices.values() if not one.number)
    assert shown(blank).find("RefNumber") is None


def test_only_the_elements_asked_for_come() -> None:
    invoice = next(one for one in BOOKS.invoices.values() if one.lines[0].item)
    body = (
        f"{LINES}{LINKS}<IncludeRetElement>TxnID</IncludeRetElement><IncludeRetElement>"
        "BalanceRemaining</IncludeRetElement><IncludeRetElement>Unheard</IncludeRetElement>"
    )
    assert [part.tag for part in shown(invoice, body)] == ["TxnID", "BalanceRemaining"]
    body = f"{LINES}<IncludeRetElement>InvoiceLineRet</IncludeRetElement>"
    assert {part.tag for part in shown(invoice, body)} == {"InvoiceLineRet"}


def test_custom_fields_come_for_their_owner_only() -> None:
    invoice = next(one for one in BOOKS.invoices.values() if one.custom)
    assert shown(invoice).find("DataExtRet") is None
    ret = shown(invoice, "<OwnerID>0</OwnerID>")
    assert texts(ret, "DataExtRet/DataExtName") == ["Job code"]
    other = "<OwnerID>{0F4A7C1E-8A55-4F0E-9D53-3D4B0B6F7A21}</OwnerID>"
    assert shown(invoice, other).find("DataExtRet") is None


def test_foreign_invoices_carry_currency_rate_and_home_balance() -> None:
    invoice = next(one for one in BOOKS.invoices.values() if one.currency == "EUR" and one.balance)
    ret = shown(invoice)
    assert ret.findtext("CurrencyRef/FullName") == "Euro"
    assert ret.findtext("ARAccountRef/FullName") == "Accounts Receivable - EUR"
    assert ret.findtext("ExchangeRate") == "1.0842"
    home = round(invoice.balance * 1.0842)
    assert ret.findtext("BalanceRemainingInHomeCurrency") == money(home)


def test_an_old_version_is_answered_without_what_came_later() -> None:
    session, invoice = a_session(COMPANY), next(iter(BOOKS.invoices))
    query = f"<InvoiceQueryRq><TxnID>{invoice}</TxnID></InvoiceQueryRq>"
    new = {part.tag for part in ask_one(session, query)[0]}
    old = {part.tag for part in ask_one(session, query, version="5.0")[0]}
    assert new - old >= {"CurrencyRef", "ExchangeRate", "BillAddressBlock", "IsToBeEmailed"}
    assert "IsPaid" in old


# Customers.


def test_customers_are_active_ones_unless_asked_otherwise() -> None:
    active = {one.list_id for one in BOOKS.customers.values() if one.active}
    assert 0 < len(active) < len(BOOKS.customers)
    assert set(customers("")) == active
    assert set(customers("<ActiveStatus>ActiveOnly</ActiveStatus>")) == active
    inactive = customers("<ActiveStatus>InactiveOnly</ActiveStatus>")
    assert set(inactive) == set(BOOKS.customers) - active
    assert set(customers("<ActiveStatus>All</ActiveStatus>")) == set(BOOKS.customers)


def test_customers_that_changed_since_a_time() -> None:
    middle = sorted(one.modified for one in BOOKS.customers.values())[len(BOOKS.customers) // 2]
    since = f"<FromModifiedDate>{BOOKS.stamp(middle)[:19]}</FromModifiedDate>"
    changed = {one.list_id for one in BOOKS.customers.values() if one.modified >= middle}
    assert 0 < len(changed) < len(BOOKS.customers)
    assert set(customers(f"<ActiveStatus>All</ActiveStatus>{since}")) == changed


def test_by_id_inactive_customers_come_too() -> None:
    gone = next(one.list_id for one in BOOKS.customers.values() if not one.active)
    assert customers(f"<ListID>{gone}</ListID>") == [gone]


def test_jobs_stand_under_their_parents_and_name_them() -> None:
    answer = ask_one(
        a_session(COMPANY), "<CustomerQueryRq><ActiveStatus>All</ActiveStatus></CustomerQueryRq>"
    )
    seen: dict[str, str] = {}
    for ret in answer:
        full, name = ret.findtext("FullName") or "", ret.findtext("Name") or ""
        parent = ret.findtext("ParentRef/ListID")
        assert full == (f"{seen[parent]}:{name}" if parent else name)
        assert ret.findtext("Sublevel") == str(full.count(":"))
        seen[ret.findtext("ListID") or ""] = full
    assert {ret.findtext("Sublevel") for ret in answer} == {"0", "1", "2", "3"}


def test_a_customers_total_balance_has_its_jobs_in_it() -> None:
    answer = ask_one(
        a_session(COMPANY), "<CustomerQueryRq><ActiveStatus>All</ActiveStatus></CustomerQueryRq>"
    )
    totals = {ret.findtext("ListID"): ret.findtext("TotalBalance") for ret in answer}
    for list_id in BOOKS.customers:
        family = [one for one in BOOKS.customers if BOOKS.stands_under(one, list_id)]
        expected = sum(BOOKS.customers[one].balance for one in family)
        assert totals[list_id] == money(expected)


def test_a_contacts_id_is_no_customers_id() -> None:
    answer = ask_one(a_session(COMPANY), "<CustomerQueryRq/>")
    contacts = set(texts(answer, "CustomerRet/ContactsRet/ListID"))
    assert contacts
    assert not contacts & set(BOOKS.customers)


# Other lists and transactions.


def test_payments_show_what_they_are_applied_to_when_lines_are_asked_for() -> None:
    session = a_session(COMPANY)
    several = next(one for one in BOOKS.payments.values() if len(one.applied) > 1)
    query = "<ReceivePaymentQueryRq><TxnID>{}</TxnID>{}</ReceivePaymentQueryRq>"
    (plain,) = ask_one(session, query.format(several.txn_id, ""))
    (full,) = ask_one(session, query.format(several.txn_id, LINES))
    assert plain.find("AppliedToTxnRet") is None
    assert texts(full, "AppliedToTxnRet/TxnID") == [use.txn_id for use in several.applied]
    amounts = [float(text) for text in texts(full, "AppliedToTxnRet/Amount")]
    assert all(amount > 0 for amount in amounts)
    unused = float(full.findtext("UnusedPayment") or "nan")
    assert round(sum(amounts) + unused, 2) == float(full.findtext("TotalAmount") or "nan")


def test_a_discount_is_inside_the_amount_of_its_application() -> None:
    discounted = next(
        one for one in BOOKS.payments.values() if any(use.discount for use in one.applied)
    )
    query = "<ReceivePaymentQueryRq><TxnID>{}</TxnID>{}</ReceivePaymentQueryRq>"
    (ret,) = ask_one(a_session(COMPANY), query.format(discounted.txn_id, LINES))
    (use,) = discounted.applied
    assert texts(ret, "AppliedToTxnRet/Amount") == [money(use.amount)]
    assert texts(ret, "AppliedToTxnRet/DiscountAmount") == [money(use.discount)]
    assert ret.findtext("TotalAmount") == money(use.amount - use.discount + discounted.unused)


def test_credit_memos_show_what_remains_and_their_invoices() -> None:
    answer = ask_one(a_session(COMPANY), f"<CreditMemoQueryRq>{LINES}{LINKS}</CreditMemoQueryRq>")
    assert texts(answer, "CreditMemoRet/TxnID") == list(BOOKS.credits)
    for ret, credit in zip(answer, BOOKS.credits.values(), strict=True):
        assert ret.findtext("CreditRemaining") == money(credit.remaining)
        assert texts(ret, "LinkedTxn/Amount") == [money(use.amount) for use in credit.applied]
        assert ret.find("BalanceRemaining") is None


def test_accounts_tell_receivables_by_type_and_undeposited_funds_by_special_type() -> None:
    everything = ask_one(a_session(COMPANY), "<AccountQueryRq/>")
    receivable = [one for one in everything if one.findtext("AccountType") == "AccountsReceivable"]
    assert [one.findtext("Name") for one in receivable] == [
        "Accounts Receivable",
        "Accounts Receivable - EUR",
        "Accounts Receivable - CAD",
    ]
    assert texts(everything, "AccountRet/SpecialAccountType") == ["UndepositedFunds"]
    home = sum(one.balance for one in BOOKS.customers.values() if one.currency == "USD")
    assert receivable[0].findtext("Balance") == money(home)


def test_payment_methods_hide_inactive_ones_by_default() -> None:
    active = ask_one(a_session(COMPANY), "<PaymentMethodQueryRq/>")
    every = ask_one(
        a_session(COMPANY),
        "<PaymentMethodQueryRq><ActiveStatus>All</ActiveStatus></PaymentMethodQueryRq>",
    )
    assert set(texts(every, "*/Name")) - set(texts(active, "*/Name")) == {"Barter"}


# Deletions.


def deleted(books: Books, body: str, kind: str = "Txn") -> list[str]:
    query = f"{kind}DeletedQueryRq"
    answer = ask_one(a_session(type(COMPANY)(books)), f"<{query}>{body}</{query}>")
    return texts(answer, f"{kind}DeletedRet/{'TxnID' if kind == 'Txn' else 'ListID'}")


def test_deletions_come_by_type_oldest_first() -> None:
    books = a_company().books
    first, second = an_open_invoice(books).txn_id, next(iter(books.payments))
    acts.delete(books, first)
    acts.delete(books, second)
    third = an_open_invoice(books).txn_id
    acts.delete(books, third)
    both = "<TxnDelType>ReceivePayment</TxnDelType><TxnDelType>Invoice</TxnDelType>"
    assert deleted(books, both) == [second, first, third]
    assert deleted(books, "<TxnDelType>Invoice</TxnDelType>") == [first, third]
    assert not deleted(books, "<TxnDelType>CreditMemo</TxnDelType>")


def test_deletions_are_told_for_ninety_days() -> None:
    books = a_company().books
    gone = an_open_invoice(books).txn_id
    acts.delete(books, gone)
    acts.wait(books, 90 * 86400)
    assert deleted(books, "<TxnDelType>Invoice</TxnDelType>") == [gone]
    acts.wait(books, 1)
    assert not deleted(books, "<TxnDelType>Invoice</TxnDelType>")


def test_deletions_can_be_asked_for_since_a_moment() -> None:
    books = a_company().books
    gone = an_open_invoice(books).txn_id
    acts.delete(books, gone)
    at = books.stamp(books.now)[:19]
    acts.wait(books, 60)
    later = books.stamp(books.now)[:19]
    filters = (
        "<TxnDelType>Invoice</TxnDelType><DeletedDateRangeFilter><FromDeletedDate>{}"
        "</FromDeletedDate></DeletedDateRangeFilter>"
    )
    assert deleted(books, filters.format(at)) == [gone]
    assert not deleted(books, filters.format(later))


def test_void_invoices_are_not_deleted_ones() -> None:
    books = a_company().books
    acts.void(books, an_open_invoice(books).txn_id)
    assert not deleted(books, "<TxnDelType>Invoice</TxnDelType>")


def test_a_merged_customer_is_a_deleted_one() -> None:
    books = a_company().books
    acts.add_customer(books, "One")
    acts.add_customer(books, "Two")
    gone = acts.finding.find_customer(books, "One").list_id
    acts.merge(books, "One", "Two")
    assert [one.object_id for one in books.recent_deletions("Customer")] == [gone]
