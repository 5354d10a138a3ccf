"""Anything is found by its number, an id or a name, over all connections, the best one first."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from shared.models import lookups, problems
from shared.models.ledger import credit_memos
from shared.operations import find
from shared.operations.find import AT_ONCE
from shared.rules.found import Kind
from shared.rules.ledger import CreditMemo
from shared.rules.payments import numbers
from tests.models.builders import NOON, customer, invoice, on_both_engines, trouble
from tests.models.payments.builders import JUNIPER, Till, pays
from tests.models.plans import plans, sqlite_alone

pytest_generate_tests = on_both_engines


@pytest.fixture(params=[True, False], ids=["all", "by index"])
def inside(request) -> bool:
    return request.param


@pytest.fixture
def books(store):
    """Larkspur with payments and problems; Bramble with a namesake of its invoice."""
    books = Till(store)
    books.hold(
        customer("80-3A", "Ötker & Söhne", company_name="Oetker Holding"),
        customer("80-4", "Larkspur Tile:Lobby", parent_list_id="80-1"),
    )
    books.owes(
        invoice("1A-100", number="INV-0100"),
        invoice("1A-101", "40.00", number="10011", **JUNIPER),
        invoice("1A-2F", "7.00", number="511"),
    )
    books.take_in(pays("pay_8Kd2", "50.00", ("INV-0100", "50.00")), pays("pay_8Kx", "5.00"))
    other = Till(store, "Bramble")
    other.owes(invoice("9C-1", "80.00", number="inv-100"))
    return books


def found(store, text, **options):
    with store.reading():
        return find.view(store, text, **options)


def hits(store, text, kind, **options):
    groups = {one.kind: one.hits for one in found(store, text, **options)}
    return [(hit.title, hit.connection) for hit in groups.get(kind, ())]


def ids(store, text, kind, **options):
    groups = {one.kind: one.hits for one in found(store, text, **options)}
    return [hit.id for hit in groups.get(kind, ())]


def test_an_invoice_is_found_in_every_company_however_its_number_is_typed(store, books, inside):
    both = [("INV-0100", "Larkspur"), ("inv-100", "Bramble")]
    for text in ("INV-0100", "inv-0100", "inv 100", "#INV-100"):
        assert hits(store, text, Kind.INVOICE, inside=inside) == both, text


def test_the_beginning_of_a_number_is_enough_wherever_its_typing_stops(store, books, inside):
    for end in range(1, 9):
        found = hits(store, "INV-0100"[:end], Kind.INVOICE, inside=inside)
        assert ("INV-0100", "Larkspur") in found, end


def test_a_number_may_be_typed_without_what_stands_before_its_digits(store, books):
    assert ids(store, "100", Kind.INVOICE) == ["1A-101", "1A-100", "9C-1"]


BY_THEIR_BEGINNING = {
    "1a-2f": (Kind.INVOICE, "1A-2F"),
    "1A-2": (Kind.INVOICE, "1A-2F"),
    "80-3a": (Kind.CUSTOMER, "80-3A"),
    "larkspur tile:l": (Kind.CUSTOMER, "80-4"),
    "ÖTKER &": (Kind.CUSTOMER, "80-3A"),
    "oetker": (Kind.CUSTOMER, "80-3A"),
}


def test_ids_and_names_are_found_by_their_beginning_in_any_case(store, books, inside):
    for text, (kind, id_) in BY_THEIR_BEGINNING.items():
        assert ids(store, text, kind, inside=inside)[0] == id_, text


def test_words_inside_a_name_find_it_in_their_order(store, books):
    assert ids(store, "tile lobby", Kind.CUSTOMER) == ["80-4"]
    assert ids(store, "söhne", Kind.CUSTOMER) == ["80-3A"]
    assert ids(store, "lobby tile", Kind.CUSTOMER) == []


def test_a_sign_of_patterns_means_itself(store, books):
    assert found(store, "%%") == found(store, "__") == ()


def test_a_former_name_says_that_it_is_another_one(store, books):
    books.hold(customer("80-2", "Juniper & Sons", edit_sequence="2"))
    hit = next(one for one in found(store, "juniper yoga")[0].hits if one.about.startswith("also"))
    assert (hit.title, hit.about) == ("Juniper & Sons", "also juniper yoga")


def test_a_payment_is_found_by_its_id_in_any_case(store, books, inside):
    for text in ("PAY_8kD2", "pay_8kd"):
        assert hits(store, text, Kind.PAYMENT, inside=inside) == [("pay_8Kd2", "Larkspur")], text


def test_a_payment_is_found_by_what_quickbooks_calls_it(store, books):
    books.prepare()
    number = books.part("pay_8Kd2").ref_number
    books.post("pay_8Kd2", txn_id="7B-77")
    assert hits(store, number.lower(), Kind.PAYMENT) == [("pay_8Kd2", "Larkspur")]
    assert hits(store, "7b-77", Kind.PAYMENT) == [("pay_8Kd2", "Larkspur")]


def test_an_exact_one_stands_before_a_thousand_that_begin_so(store, books):
    many = [invoice(f"5D-{n}", number=f"511{n:04}") for n in range(1200)]
    books.owes(*many)
    group = found(store, "511")[0]
    assert group.hits[0].id == "1A-2F"
    assert (len(group.hits), group.more, group.counted) == (AT_ONCE, 1000 - AT_ONCE, False)


def test_how_many_more_there_are_is_told(store, books):
    [group] = [one for one in found(store, "INV", limit=1) if one.kind is Kind.INVOICE]
    assert (len(group.hits), group.more, group.counted) == (1, 1, True)


def test_companies_are_found_by_name(store, books, inside):
    assert hits(store, "bramb", Kind.COMPANY, inside=inside) == [("Bramble", "Bramble")]


def test_the_kind_with_the_best_hit_comes_first(store, books):
    assert [one.kind for one in found(store, "larkspur")][:2] == [Kind.COMPANY, Kind.CUSTOMER]
    assert found(store, "511")[0].kind is Kind.INVOICE


def test_a_sync_is_found_as_the_status_line_calls_it(store, books, inside):
    number = books.sync.id
    for text in (f"S{number}", f"s{number}", f"#{number}"):
        assert ids(store, text, Kind.SYNC, inside=inside) == [str(number)]
    assert ids(store, "S999999", Kind.SYNC) == []


def test_problems_are_found_by_code_by_document_and_by_number(store, books):
    with store.transaction():
        problems.report(books.id, None, [trouble("invoice-unreadable")], NOON)
        [one] = [p for p in problems.list_problems(books.id) if p.code == "invoice-unreadable"]
    for text in ("invoice-unread", "INVOICE 100, lark", f"#{one.id}"):
        assert str(one.id) in ids(store, text, Kind.PROBLEM, limit=20)


def test_hints_are_found_by_code_and_by_words(store):
    [first, *_] = found(store, "QBWC1039")
    assert (first.kind, first.hits[0].id) == (Kind.HINT, "QBWC1039")
    assert "wrong-password" in ids(store, "password does not work", Kind.HINT)


@pytest.mark.parametrize("text", ["CH_7Q", "ch_7qz4"])
def test_a_payment_is_found_by_its_check_number_or_the_gateways_id(store, books, text, inside):
    books.take_in(pays("pay_9", "5.00", reference="ch_7Qz4"))
    with store.reading():
        groups = {one.kind: one.hits for one in find.view(store, text, inside=inside)}
    [hit] = groups[Kind.PAYMENT]
    assert hit.title == "pay_9"
    assert "ch_7Qz4" in hit.about


@pytest.mark.parametrize("text", ["CM-20", "cm-2041", "041", "5F-20"])
def test_a_credit_memo_is_found_by_its_number_or_txn_id(store, books, text):
    memo = CreditMemo(
        *("5F-2041", "CM-2041", "Juniper Yoga", "80-2", date(2024, 6, 1)),
        *(Decimal("60.00"), Decimal("40.00"), "USD", "2024-06-01T09:00:00"),
    )
    with store.transaction():
        credit_memos.store(books.connection.id, 1, [memo], of_all=True)
    with store.reading():
        groups = {one.kind: one.hits for one in find.view(store, text)}
    [hit] = groups[Kind.CREDIT_MEMO]
    assert (hit.id, hit.title, hit.amount) == ("5F-2041", "CM-2041", Decimal("40.00"))
    assert hit.customer_list_id == "80-2"


def test_nothing_is_found_for_nothing(store, books):
    assert found(store, " ") == found(store, "zzzzzz") == ()


def test_an_invoice_that_no_sync_settled_yet_stays_hidden(store, books):
    books.read(invoice("6E-1", number="9999"))
    assert found(store, "9999") == ()


@sqlite_alone
@pytest.mark.parametrize("look", [*lookups.INVOICES, *lookups.CUSTOMERS, *lookups.PAYMENTS])
def test_what_begins_so_is_found_along_an_index(store, books, monkeypatch, look):
    seen = plans(monkeypatch)
    with store.reading():
        list(look.near("1042"))
    assert len([plan for plan in seen if plan.startswith("SEARCH") and ">? AND" in plan]) == 1
    assert len([plan for plan in seen if plan.startswith("SCAN")]) <= 2  # the few connections


@pytest.mark.parametrize("number", ["INV-0010", "007", "0", "10", "A-00B-0007", "511.0"])
def test_every_beginning_of_a_number_is_the_beginning_of_its_key(number):
    for end in range(1, len(number) + 1):
        if "." not in number[:end]:
            assert numbers.key(number).startswith(numbers.beginning(number[:end]))
