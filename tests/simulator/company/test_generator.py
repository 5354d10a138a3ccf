"""A company made from a seed: the same every time, and full of what programs trip over."""

from __future__ import annotations

import functools
import time

import pytest

from simulator.company import BookError, Company, state
from simulator.company.product import number
from tests.simulator.company.builders import a_company, a_session, ask, ask_one, checked, texts

EDITIONS = ("us", "ca", "uk")


@functools.cache
def big(edition: str) -> Company:
    """A company that only tests that read it use."""
    return a_company(300, 2000, edition=edition)


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_same_seed_makes_the_same_company_byte_for_byte(edition: str) -> None:
    first, again = a_company(edition=edition), a_company(edition=edition)
    assert state.dump(first.books) == state.dump(again.books)
    other = a_company(edition=edition, seed=8)
    assert state.dump(first.books) != state.dump(other.books)


@pytest.mark.parametrize("edition", EDITIONS)
def test_it_adds_up_and_about_a_third_of_the_invoices_is_open(edition: str) -> None:
    audit = big(edition).audit()
    assert audit.ok, audit.problems[:5]
    assert 0.28 < audit.open_invoices / 2000 < 0.40
    assert len(big(edition).books.customers) == 300
    assert len(big(edition).books.invoices) == 2000


@pytest.mark.parametrize("edition", EDITIONS)
def test_it_has_every_case_that_a_sync_must_know(edition: str) -> None:
    books = big(edition).books
    invoices, customers = list(books.invoices.values()), list(books.customers.values())
    names = "".join(one.name for one in customers)
    assert set("&'\"<>™“”’€–éüŒ") <= set(names)
    assert {books.sublevel(one.list_id) for one in customers} == {0, 1, 2, 3}
    inactive = {one.list_id for one in customers if not one.active}
    assert any(not one.is_paid and one.customer in inactive for one in invoices)
    assert any(one.parent in inactive and one.active for one in customers)
    numbers = [one.number for one in invoices]
    assert "" in numbers
    assert len(set(numbers)) < len(numbers) - numbers.count("")
    assert any(one.voided and one.memo.startswith("VOID:") for one in invoices)
    assert any(one.pending for one in invoices)
    assert any(0 < one.applied < one.total for one in invoices)
    assert any(one.total == 0 and not one.voided for one in invoices)
    assert any(one.origin and not one.applied and one.total for one in invoices)
    assert len({one.currency for one in invoices}) == 3
    assert any(one.remaining and one.applied for one in books.credits.values())
    assert any(one.unused and one.applied for one in books.payments.values())
    assert any(len(one.applied) > 1 for one in books.payments.values())
    assert any(use.discount for one in books.payments.values() for use in one.applied)
    credited = {use.txn_id for one in books.credits.values() for use in one.applied}
    assert any(not books.invoices[txn_id].is_paid for txn_id in credited)


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_record_fits_the_schema(edition: str) -> None:
    session = a_session(big(edition))
    lines = "<IncludeLineItems>true</IncludeLineItems>"
    full = f"{lines}<IncludeLinkedTxns>true</IncludeLinkedTxns><OwnerID>0</OwnerID>"
    for query, body, count in (
        ("InvoiceQueryRq", full, 2000),
        ("CreditMemoQueryRq", full, len(big(edition).books.credits)),
        ("ReceivePaymentQueryRq", lines, len(big(edition).books.payments)),
        ("CustomerQueryRq", "<ActiveStatus>All</ActiveStatus><OwnerID>0</OwnerID>", 300),
    ):
        assert len(ask_one(session, f"<{query}>{body}</{query}>")) == count
    checked(session.host_company_preferences())


def test_editions_differ_in_their_taxes() -> None:
    full = (
        "<InvoiceQueryRq><MaxReturned>300</MaxReturned>"
        "<IncludeLineItems>true</IncludeLineItems></InvoiceQueryRq>"
    )
    us, ca, uk = (ask_one(a_session(big(edition)), full) for edition in EDITIONS)
    assert texts(us, "*/ItemSalesTaxRef/FullName")
    assert texts(us, "*/SalesTaxPercentage")
    assert not texts(us, "*/IsTaxIncluded")
    assert not texts(us, "*/InvoiceLineRet/TaxAmount")
    for other in (ca, uk):
        assert not texts(other, "*/ItemSalesTaxRef")
        assert not texts(other, "*/SalesTaxPercentage")
        assert set(texts(other, "*/IsTaxIncluded")) == {"true", "false"}
        assert texts(other, "*/InvoiceLineRet/TaxAmount")
    assert set(texts(us, "*/InvoiceLineRet/SalesTaxCodeRef/FullName")) == {"Tax", "Non"}
    assert set(texts(ca, "*/InvoiceLineRet/SalesTaxCodeRef/FullName")) == {"G", "H", "Z", "E"}
    assert set(texts(uk, "*/InvoiceLineRet/SalesTaxCodeRef/FullName")) == {"S", "R", "Z", "E"}
    countries = [
        set(texts(ask_one(a_session(big(edition)), "<CustomerQueryRq/>"), "*/SalesTaxCountry"))
        for edition in EDITIONS
    ]
    assert countries == [set(), {"Canada"}, {"UK"}]


@pytest.mark.parametrize(
    ("edition", "country", "home", "prefix"),
    [
        ("us", "US", "US Dollar", ""),
        ("ca", "CA", "Canadian Dollar", "CA"),
        ("uk", "UK", "British Pound Sterling", "UK"),
    ],
)
def test_editions_introduce_themselves(edition, country, home, prefix) -> None:
    host, _, preferences = checked(a_session(big(edition)).host_company_preferences())
    assert texts(host, "HostRet/Country") == [country]
    versions = texts(host, "HostRet/SupportedQBXMLVersion")
    assert versions[0].startswith(prefix or "1.0")
    assert [number(one) for one in versions] == sorted(number(one) for one in versions)
    assert "13.0" in versions
    path = "PreferencesRet/MultiCurrencyPreferences/"
    assert texts(preferences, f"{path}HomeCurrencyRef/FullName") == [home]
    assert texts(preferences, f"{path}IsMultiCurrencyOn") == ["true"]


def test_a_company_of_one_currency_says_nothing_of_currencies() -> None:
    company = a_company(currencies=())
    session = a_session(company)
    _, _, preferences = checked(session.host_company_preferences())
    path = "PreferencesRet/MultiCurrencyPreferences/"
    assert texts(preferences, f"{path}IsMultiCurrencyOn") == ["false"]
    assert not texts(preferences, f"{path}HomeCurrencyRef")
    answers = ask(session, "<InvoiceQueryRq/><CustomerQueryRq/><AccountQueryRq/>")
    assert not answers.xpath(".//CurrencyRef | .//ExchangeRate")
    assert not answers.xpath(".//AccountRet/Name[contains(., ' - ')]")


def test_a_company_for_measurements_is_uniform() -> None:
    company = a_company(300, 1000, lines=5, all_open=True)
    assert company.audit().open_invoices == 1000 == len(company.audit().importable)
    books = company.books
    assert {len(one.lines) for one in books.invoices.values()} == {5}
    assert len({one.number for one in books.invoices.values()}) == 1000
    answer = a_session(company).process(
        '<?xml version="1.0"?><?qbxml version="13.0"?><QBXML><QBXMLMsgsRq onError="stopOnError">'
        "<InvoiceQueryRq><IncludeLineItems>true</IncludeLineItems></InvoiceQueryRq>"
        "</QBXMLMsgsRq></QBXML>"
    )
    assert 4500 < len(answer) / 1000 < 4900


def test_two_thousand_invoices_are_made_in_no_time() -> None:
    began = time.process_time()
    a_company(300, 2000)
    assert time.process_time() - began < 3.0  # 0.3 s on the slowest machine seen


@pytest.mark.parametrize(("customers", "invoices"), [(0, 0), (1, 0), (1, 1), (1, 30), (500, 3)])
def test_any_size_will_do(customers: int, invoices: int) -> None:
    company = a_company(customers, invoices)
    assert company.audit().ok
    assert len(company.books.customers) == customers
    assert len(company.books.invoices) == invoices


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"customers": -1}, "negative"),
        ({"customers": 0, "invoices": 5}, "customer"),
        ({"edition": "au"}, "us, ca and uk"),
        ({"currencies": ("ZZZ",)}, "no currency 'ZZZ'"),
        ({"zone": "mars"}, "no time zone 'mars'"),
        ({"name": "x" * 60}, "59 characters"),
        ({"name": "商店"}, "Windows-1252"),
    ],
)
def test_what_no_company_can_be_is_refused(options, said: str) -> None:
    with pytest.raises(BookError, match=said):
        a_company(**options)


def test_the_story_ends_on_the_day_asked_for() -> None:
    books = a_company(today="2024-02-29", zone="berlin").books
    assert books.stamp(books.now) == "2024-02-29T09:00:00+01:00"
    assert max(one.date for one in books.invoices.values()) <= "2024-02-29"
    assert isinstance(a_company(), Company)
