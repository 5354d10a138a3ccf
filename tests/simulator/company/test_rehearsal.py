"""QuickBooks in a bad mood: situations, planned faults, records in use, other products."""

from __future__ import annotations

import pytest

from shared.structs import replace
from simulator.company import SITUATIONS, BookError, Company, QuickBooksError
from simulator.company.errors import CRASHES
from simulator.company.product import Product
from simulator.company.records import Fault
from tests.simulator.company.builders import (
    a_company,
    a_session,
    ask,
    ask_one,
    checked,
    document,
    status,
    texts,
)


@pytest.mark.parametrize(
    ("situation", "hresult"),
    [
        ("closed", "0x80040408"),
        ("not-running", "0x80040416"),
        ("no-company", "0x80040417"),
        ("other-file", "0x8004040A"),
        ("modal-dialog", "0x80040414"),
        ("not-authorized", "0x80040418"),
        ("no-permission", "0x8004041A"),
        ("locked", "0x8004041B"),
        ("no-automatic-login", "0x8004041D"),
        ("denied", "0x80040420"),
        ("single-user", "0x80040422"),
        ("starting", "0x80040424"),
        ("no-access", "0x80040401"),
    ],
)
def test_each_situation_refuses_sessions_in_its_own_way(situation: str, hresult: str) -> None:
    company = a_company()
    company.set_situation(situation)
    with pytest.raises(QuickBooksError) as refused:
        company.connect("Invoice Sync")
    assert refused.value.hresult == hresult
    assert refused.value.message == SITUATIONS[situation][1]
    company.set_situation("open")
    ask(a_session(company), "<HostQueryRq/>")


def test_every_situation_is_looked_at() -> None:
    assert len(SITUATIONS) == 13


def test_an_unknown_situation_names_the_known_ones() -> None:
    with pytest.raises(BookError, match="open, closed"):
        a_company().set_situation("asleep")


def test_a_company_is_opened_by_its_own_path_only() -> None:
    company = a_company()
    path = company.file_path
    ask(company.connect("x", company_file=""), "<HostQueryRq/>")
    ask(company.connect("x", company_file=path.upper()), "<HostQueryRq/>")
    with pytest.raises(QuickBooksError) as refused:
        company.connect("x", company_file="C:\\Books\\Other.QBW")
    assert refused.value.hresult == "0x8004040A"


def planned(*faults: Fault) -> Company:
    company = a_company()
    company.books.faults.extend(faults)
    return company


def fails_with(session, body: str) -> str:
    with pytest.raises(QuickBooksError) as refused:
        session.process(document(body))
    return refused.value.hresult


def test_a_planned_hresult_comes_as_often_as_planned() -> None:
    session = a_session(planned(Fault("0x8004041C", times=2)))
    assert fails_with(session, "<HostQueryRq/>") == "0x8004041C"
    assert fails_with(session, "<HostQueryRq/>") == "0x8004041C"
    assert status(ask_one(session, "<HostQueryRq/>")) == (0, "Info")


def test_a_planned_fault_waits_for_its_request() -> None:
    session = a_session(planned(Fault("0x80040402", "InvoiceQueryRq")))
    ask(session, "<HostQueryRq/><CustomerQueryRq/>")
    assert fails_with(session, "<HostQueryRq/><InvoiceQueryRq/>") == "0x80040402"
    ask(session, "<InvoiceQueryRq/>")


@pytest.mark.parametrize("hresult", sorted(CRASHES))
def test_after_a_crash_the_session_is_gone(hresult: str) -> None:
    company = planned(Fault(hresult))
    session = a_session(company)
    assert fails_with(session, "<HostQueryRq/>") == hresult
    assert fails_with(session, "<HostQueryRq/>") == "0x8004040D"
    ask(a_session(company), "<HostQueryRq/>")


def test_unnamed_faults_are_kept_for_the_applications_own_requests() -> None:
    company = a_company()
    company.fail_next("0x80040402")
    company.fail_next("1000")
    session = a_session(company)
    assert {status(one)[0] for one in checked(session.host_company_preferences())} == {0}
    assert fails_with(session, "<HostQueryRq/>") == "0x80040402"
    assert status(ask_one(session, "<HostQueryRq/>")) == (1000, "Error")


def test_the_web_connectors_own_questions_can_fail_by_name() -> None:
    company = a_company()
    company.fail_next("3260", "PreferencesQueryRq")
    company.fail_next("0x80040421", "HostQueryRq", times=2)
    session = a_session(company)
    for _ in range(2):
        with pytest.raises(QuickBooksError):
            session.host_company_preferences()
    answers = checked(session.host_company_preferences())
    assert [status(one)[0] for one in answers] == [0, 0, 3260]


def test_an_answer_can_be_lost_after_the_work_was_done() -> None:
    company = planned(Fault("0x8004041C", done=True))
    session = a_session(company)
    start = '<InvoiceQueryRq iterator="Start"><MaxReturned>5</MaxReturned></InvoiceQueryRq>'
    assert fails_with(session, start) == "0x8004041C"
    assert session._finder._iterators  # the list was made, only nobody was told


def test_a_planned_status_fails_one_request_and_not_its_neighbors() -> None:
    session = a_session(planned(Fault("3175", "InvoiceQueryRq", 2)))
    for _ in range(2):
        answers = ask(
            session, "<HostQueryRq/><InvoiceQueryRq/>", attributes='onError="continueOnError"'
        )
        assert [status(one) for one in answers] == [(0, "Info"), (3175, "Error")]
        assert "could not be locked" in (answers[1].get("statusMessage") or "")
    assert status(ask_one(session, "<InvoiceQueryRq/>")) == (0, "Info")


def test_a_planned_status_has_words_of_its_own() -> None:
    session = a_session(planned(Fault("3180", message="Modified by another user"), Fault("4711")))
    assert ask_one(session, "<HostQueryRq/>").get("statusMessage") == "Modified by another user"
    assert ask_one(session, "<HostQueryRq/>").get("statusMessage")


def test_a_record_in_use_keeps_out_requests_that_name_it() -> None:
    company = a_company()
    first, second = list(company.books.invoices)[:2]
    customer = company.books.invoices[first].customer
    assert company.lock(first) == first
    assert company.lock(company.books.full_name(customer)) == customer
    session = a_session(company)
    query = "<InvoiceQueryRq><TxnID>{}</TxnID></InvoiceQueryRq>"
    assert status(ask_one(session, query.format(first))) == (3176, "Error")
    assert status(ask_one(session, query.format(second))) == (0, "Info")
    by_customer = f"<CustomerQueryRq><ListID>{customer}</ListID></CustomerQueryRq>"
    assert status(ask_one(session, by_customer)) == (3176, "Error")
    assert status(ask_one(session, "<InvoiceQueryRq/>")) == (0, "Info")
    company.unlock(first)
    assert status(ask_one(session, query.format(first))) == (0, "Info")


def with_product(product: Product) -> Company:
    company = a_company()
    company.books.profile = replace(company.books.profile, product=product)
    return company


@pytest.mark.parametrize(
    ("product", "name", "major", "newest"),
    [
        (Product(year=2024), "QuickBooks Enterprise Solutions 24.0", "34", "16.0"),
        (Product(year=2015, tier="pro"), "QuickBooks Pro 2015", "25", "13.0"),
        (Product(year=2014, tier="premier"), "QuickBooks Premier 2014", "24", "13.0"),
        (Product(year=2013, tier="pro"), "QuickBooks Pro 2013", "23", "12.0"),
        (Product(year=2012, name="QuickBooks Mini"), "QuickBooks Mini", "22", "11.0"),
    ],
)
def test_the_product_can_be_any_year(product: Product, name: str, major: str, newest: str) -> None:
    host, _, _ = checked(a_session(with_product(product)).host_company_preferences())
    assert texts(host, "HostRet/ProductName") == [name]
    assert texts(host, "HostRet/MajorVersion") == [major]
    assert texts(host, "HostRet/SupportedQBXMLVersion")[-1] == newest


def test_an_old_product_does_not_speak_the_new_version() -> None:
    session = a_session(with_product(Product(year=2012)))
    with pytest.raises(QuickBooksError) as refused:
        session.process(document("<HostQueryRq/>", version="13.0"))
    assert refused.value.hresult == "0x80040423"
    ask(session, "<HostQueryRq/>", version="11.0")


def test_the_closing_date_and_a_sample_company_are_told() -> None:
    company = a_company()
    company.books.profile = replace(
        company.books.profile, closing_date="2024-12-31", is_sample=True
    )
    _, file, preferences = checked(a_session(company).host_company_preferences())
    assert texts(file, "CompanyRet/IsSampleCompany") == ["true"]
    path = "PreferencesRet/AccountingPreferences/ClosingDate"
    assert texts(preferences, path) == ["2024-12-31"]
