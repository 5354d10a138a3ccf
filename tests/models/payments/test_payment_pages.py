"""The queue: figures and pages, each as narrow as what was asked for."""

from __future__ import annotations

import pytest

from shared.models import connections
from shared.models.payments import from_quickbooks, payment_pages
from shared.operations import payments
from shared.rules.payments.values import PaymentStatus
from shared.rules.payments.views import PaymentFilter
from shared.rules.values import CompanyBinding
from tests.deciding import decide
from tests.models.builders import NOON, invoice, later
from tests.models.payments.builders import Till, applied, money, pays, received
from tests.models.plans import plans, sqlite_alone

S = PaymentStatus


def bind(till, **changes):
    described = {
        "company_name": "Larkspur Tile Works",
        "product_name": "QuickBooks Premier 2024",
        "major_version": "34",
        "minor_version": "0",
        "country": "US",
        "qbxml_version": "13.0",
        "home_currency": "USD",
        "multicurrency": False,
        "bound_at": NOON,
    }
    connections.bind(till.id, CompanyBinding(**described | changes))


def figures(connection_id=None):
    return {
        (one.status, one.currency): (one.count, one.amount)
        for one in payment_pages.figures(connection_id)
    }


def keys(wanted=None, limit=10, before_id=None):
    return [
        one.external_id for one in payment_pages.page(wanted or PaymentFilter(), limit, before_id)
    ]


def test_figures_tell_number_sum_and_since_when_of_each_state(till):
    till.take_in(pays("pay_1", "10.00", ("999", "10.00"), currency="USD"))
    till.take_in(pays("pay_2", "5.50", ("999", "5.50"), currency="USD"), now=later(hours=1))
    till.take_in(pays("pay_3", "7.00", ("100", "7.00"), currency="CAD"), now=later(hours=2))
    found = {one.status: one for one in payment_pages.figures(till.id)}
    assert (found[S.WAITING].count, found[S.WAITING].amount) == (2, money("15.50"))
    assert (found[S.WAITING].currency, found[S.WAITING].since) == ("USD", NOON)
    assert (found[S.REFUSED].currency, found[S.REFUSED].since) == ("CAD", later(hours=2))


def test_figures_are_of_all_connections_or_of_one(till):
    other = Till(till.store, "Bramble")
    till.take_in(pays("pay_1", "10.00", ("999", "10.00"), currency="USD"))
    other.take_in(pays("pay_1", "20.00", ("999", "20.00"), currency="USD"))
    assert figures() == {(S.WAITING, "USD"): (2, money("30.00"))}
    assert figures(other.id) == {(S.WAITING, "USD"): (1, money("20.00"))}


def test_a_payment_that_names_no_currency_counts_in_that_of_the_company(till):
    bind(till)
    till.take_in(
        pays("pay_1", "10.00", ("100", "10.00")),
        pays("pay_2", "20.00", ("100", "20.00"), currency="USD"),
    )
    assert figures() == {(S.READY, "USD"): (2, money("30.00"))}


def test_where_several_currencies_are_kept_each_counts_in_that_of_its_invoices(till):
    bind(till, multicurrency=True)
    till.owes(invoice("1A-800", currency="CAD"))
    till.take_in(
        pays("pay_1", "10.00", ("100", "10.00")),
        pays("pay_2", "20.00", ("800", "20.00")),
        pays("pay_3", "5.00", ("999", "5.00")),
    )
    assert figures(till.id) == {
        (S.READY, "USD"): (1, money("10.00")),
        (S.READY, "CAD"): (1, money("20.00")),
        (S.WAITING, ""): (1, money("5.00")),
    }


def test_what_was_deleted_in_quickbooks_counts_and_shows_only_where_asked_for(till):
    from_quickbooks.store(till.id, 1, [received("7B-1"), received("7B-2")], NOON)
    from_quickbooks.mark_deleted(till.id, ["7B-1"], NOON)
    assert figures() == {(S.IMPORTED, "USD"): (1, money("100.00"))}
    assert [one.txn_id for one in payment_pages.page(PaymentFilter(), 10)] == ["7B-2"]
    assert [one.txn_id for one in payment_pages.page(PaymentFilter(deleted=True), 10)] == ["7B-1"]


def test_pages_go_from_the_newest_back_whatever_the_states(till):
    till.take_in(*(pays(f"pay_{n}", "1.00", (("999", "100")[n % 2], "1.00")) for n in range(7)))
    first = payment_pages.page(PaymentFilter(), 3)
    assert [one.external_id for one in first] == ["pay_6", "pay_5", "pay_4"]
    assert keys(limit=3, before_id=first[-1].id) == ["pay_3", "pay_2", "pay_1"]
    assert keys(limit=3, before_id=1) == []


def test_a_page_has_payments_as_they_are_shown(till):
    till.take_in(pays())
    till.post(txn_id="9A-5")
    [one] = payment_pages.page(PaymentFilter(), 10)
    assert one == till.payment()
    assert (one.txn_id, one.customer) == ("9A-5", "Larkspur Tile")


def test_states_connection_and_code_narrow_a_page(till):
    other = Till(till.store, "Bramble")
    other.take_in(pays("pay_b", "1.00", ("999", "1.00")))
    till.take_in(
        pays("pay_1", "1.00", ("999", "1.00")),
        pays("pay_2", "1.00", ("100", "1.00")),
        pays("pay_3", customer="Fern"),
        pays("pay_4", disputed=True),
    )
    assert keys(PaymentFilter(statuses=(S.WAITING,))) == ["pay_1", "pay_b"]
    assert keys(PaymentFilter(till.id, statuses=(S.WAITING,))) == ["pay_1"]
    assert keys(PaymentFilter(statuses=(S.READY, S.REFUSED))) == ["pay_4", "pay_3", "pay_2"]
    alike = PaymentFilter(statuses=(S.REFUSED,), code="payment-disputed-before")
    assert keys(alike) == ["pay_4"]


BY_WORDS = {
    ("AY_2",): ["pay_2"],
    ("juniper",): ["pay_4", "pay_2"],
    ("ch_77",): ["pay_1"],
    ("not", "imported"): ["pay_3"],
    ("999",): ["pay_3"],
    ("200",): ["pay_4", "pay_2"],
    ("9a-5",): ["pay_1"],
    ("larkspur",): ["pay_4", "pay_3", "pay_2", "pay_1"],
    ("larkspur", "juniper"): ["pay_4", "pay_2"],
    ("%",): [],
    ("ch_7",): ["pay_1"],
    ("chx7",): [],
}


def test_words_are_looked_for_in_all_that_a_payment_is_called(till):
    till.take_in(
        pays("pay_1", "10.00", ("100", "10.00"), reference="ch_77"),
        pays("pay_2", "20.00", ("200", "20.00"), customer="Juniper Yoga"),
        pays("pay_3", "30.00", ("999", "30.00")),
        pays("pay_4", "5.00", ("200", "5.00")),
    )
    till.post("pay_1", txn_id="9A-5")
    assert {words: keys(PaymentFilter(words=words)) for words in BY_WORDS} == BY_WORDS


def test_a_payment_is_found_by_its_refnumber_in_whatever_case(till):
    till.take_in(pays("pay_1"), pays("pay_2"))
    assert keys(PaymentFilter(words=(till.part("pay_2").ref_number.upper(),))) == ["pay_2"]
    assert keys(PaymentFilter(words=(till.part("pay_2").ref_number.lower(),))) == ["pay_2"]


def test_payments_of_an_invoice_are_those_of_both_sides(till):
    from_quickbooks.store(till.id, 1, [received("7B-1", applied("1A-100", "5.00"))], NOON)
    till.take_in(pays("pay_1"), pays("pay_2", "20.00", ("200", "20.00")))
    found = payment_pages.of_invoice(till.id, "1A-100")
    assert [one.external_id or one.txn_id for one in found] == ["pay_1", "7B-1"]
    assert payment_pages.of_invoice(Till(till.store, "Bramble").id, "1A-100") == []


def test_a_skipped_part_of_the_queue_is_counted_where_it_stands(till):
    till.take_in(pays("pay_1", currency="USD"))
    decide(till.store, payments.plan_skip, [till.payment().id], "by hand", who="mara")
    assert figures() == {(S.SKIPPED, "USD"): (1, money("100.00"))}


# Every question is answered out of an index.


@sqlite_alone
@pytest.mark.parametrize(
    "wanted",
    [
        PaymentFilter(statuses=(S.REFUSED,)),
        PaymentFilter(1, statuses=(S.POSTED,)),
        PaymentFilter(1),
        PaymentFilter(statuses=(S.REFUSED,), code="payment-disputed-before"),
    ],
)
def test_no_page_goes_through_all_payments(till, wanted, monkeypatch):
    seen = plans(monkeypatch)
    payment_pages.page(wanted, 10)
    assert any("payment" in line.lower() for line in seen)
    assert not [line for line in seen if line.startswith("SCAN t") or "TEMP B-TREE" in line]


@sqlite_alone
@pytest.mark.parametrize("connection_id", [None, 1])
def test_figures_come_out_of_their_index_alone(till, connection_id, monkeypatch):
    seen = plans(monkeypatch)
    payment_pages.figures(connection_id)
    assert "COVERING INDEX payment_figures" in seen[0]
    assert seen[1:] == ["USING ROWID SEARCH ON TABLE payment_import FOR IN-OPERATOR"]
