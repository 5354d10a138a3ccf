"""Names of the platform that a person mapped: kept as rows, and judged by at once."""

from __future__ import annotations

import pytest

from shared.errors import NotFound, NotPossible
from shared.models import connections, mappings, problems
from shared.models.ledger import customer_pages, incoming_customers
from shared.models.payments import customer_matching, postings
from shared.operations.problems import plan_skip
from shared.rules.payments.values import CustomerMapping, PaymentStatus, PostingState
from shared.rules.values import ProblemState, RecordKind
from tests.deciding import decide
from tests.models.builders import NOON, customer, invoice, later, paid
from tests.models.payments.builders import JUNIPER, Till, money, pays

S = PaymentStatus
LOBBY_OF_LARKSPUR = {"customer_list_id": "80-4", "customer_full_name": "Larkspur Tile:Lobby"}
LOBBY_OF_JUNIPER = {"customer_list_id": "80-6", "customer_full_name": "Juniper Yoga:Lobby"}


@pytest.fixture
def till(store):
    """Larkspur owes 250.00 by invoice 100; two jobs called Lobby both have an invoice 300."""
    till = Till(store)
    till.hold(
        customer("80-4", "Larkspur Tile:Lobby", parent_list_id="80-1"),
        customer("80-6", "Juniper Yoga:Lobby", parent_list_id="80-2"),
    )
    till.owes(
        invoice("1A-100"),
        invoice("1A-200", "40.00", **JUNIPER),
        invoice("1A-300", "500.00", number="300", **LOBBY_OF_LARKSPUR),
        invoice("1A-301", "500.00", number="300", **LOBBY_OF_JUNIPER),
    )
    return till


@pytest.fixture(autouse=True)
def unit(till):
    """What a test arranges outside of a unit of its own is in one."""
    with till.store.transaction():
        yield


def map_to(till, list_id="80-1", name="Acme"):
    with till.store.transaction():
        return customer_matching.resolve(till.id, name, list_id, "mara", NOON)


def take_back(till, name="Acme"):
    with till.store.transaction():
        return customer_matching.take_back(till.id, name, "mara", NOON)


# The rows.


def test_a_name_is_kept_as_it_was_given_and_found_however_it_is_typed(till):
    with till.store.transaction():
        made = mappings.map_name(till.id, " Acme  Ltd ", "80-1", "mara", NOON)
        assert made == CustomerMapping(till.id, "Acme  Ltd", "80-1", "Larkspur Tile", "mara", NOON)
        assert mappings.of_connection(till.id) == {"acme ltd": made}
        assert mappings.unmap_name(till.id, "ACME LTD") == made
        assert mappings.listed(till.id) == []


def test_mapping_a_name_again_replaces_whom_it_meant(till):
    with till.store.transaction():
        mappings.map_name(till.id, "Acme", "80-1", "mara", NOON)
        again = mappings.map_name(till.id, "ACME", "80-2", "noor", later(hours=1))
        assert mappings.listed(till.id) == [again]
    assert (again.name, again.customer, again.who) == ("ACME", "Juniper Yoga", "noor")


def test_each_connection_has_mappings_of_its_own(till):
    other = Till(till.store, "Bramble")
    map_to(till)
    map_to(other, "80-2")
    with till.store.reading():
        assert [one.list_id for one in mappings.listed()] == ["80-1", "80-2"]
        assert [one.list_id for one in mappings.listed(other.id)] == ["80-2"]
    connections.remove(other.id)
    with till.store.reading():
        assert [one.list_id for one in mappings.listed()] == ["80-1"]


@pytest.mark.parametrize("name", ["", "  "])
def test_an_empty_name_means_nobody(till, name):
    with pytest.raises(NotPossible, match="An empty name means nobody"):
        mappings.map_name(till.id, name, "80-1", "mara", NOON)


def test_a_name_is_never_mapped_to_a_customer_that_is_not_held(till):
    till.read(invoice("1A-900", customer_list_id="80-99", customer_full_name="Fern"))
    for list_id in ("80-99", "80-77", ""):
        with pytest.raises(NotFound, match="no customer"):
            mappings.map_name(till.id, "Acme", list_id, "mara", NOON)
    assert mappings.listed(till.id) == []


def test_what_is_not_mapped_cannot_be_unmapped(till):
    with pytest.raises(NotFound, match="no mapped name 'Acme'"):
        mappings.unmap_name(till.id, "Acme")


def test_a_mapping_outlives_its_customer_and_says_that_it_is_gone(till):
    map_to(till)
    till.hold(customer()._replace(full_name="Larkspur & Sons", edit_sequence="2"))
    assert mappings.listed(till.id)[0].customer == "Larkspur & Sons"
    incoming_customers.mark_customers_deleted(till.id, ["80-1"])
    assert mappings.listed(till.id)[0].customer == ""


# Whom a name may mean.


def test_names_that_payments_were_refused_for_are_listed_with_what_hangs_on_them(till):
    till.take_in(
        pays("pay_1", "100.00", customer="Acme", currency="USD"),
        pays("pay_2", "50.00", customer=" ACME", currency="USD"),
        pays("pay_3", "20.00", ("300", "20.00"), customer="Lobby", currency="CAD"),
        pays("pay_4", "20.00", ("999", "20.00"), customer="Acme"),
        pays("pay_5", "20.00", ("300", "20.00")),
    )
    found = customer_matching.unresolved(till.id)
    assert [(one.name.casefold(), one.payments) for one in found] == [("acme", 2), ("lobby", 1)]
    assert found[0].amounts == (("USD", money("150.00")),)
    assert (found[0].connection_id, found[0].connection) == (till.id, "Larkspur")
    assert customer_matching.unresolved() == found
    assert till.stands("pay_5")[1] == "payment-invoice-ambiguous"  # no name, so no matter of one


def test_candidates_are_the_customers_of_the_invoices_that_are_named_and_those_above(till):
    till.take_in(
        pays("pay_1", "20.00", ("300", "20.00"), customer="Lobby"),
        pays("pay_2", "20.00", ("200", "20.00"), customer="Somebody else"),
    )
    found = customer_matching.candidates(till.id, "LOBBY")
    assert [(one.customer, one.list_id) for one in found] == [
        ("Juniper Yoga:Lobby", "80-6"),
        ("Juniper Yoga", "80-2"),
        ("Larkspur Tile:Lobby", "80-4"),
        ("Larkspur Tile", "80-1"),
    ]
    assert [one.txn_id for one in found[0].invoices] == ["1A-301"]


def test_an_invoice_that_is_paid_makes_nobody_a_candidate(till):
    till.take_in(pays("pay_1", customer="Acme"))
    till.owes(paid(invoice("1A-100")))
    assert customer_matching.candidates(till.id, "Acme") == []


def test_a_customer_is_found_by_its_full_name_or_listid(till):
    assert customer_pages.find(till.id, "larkspur  TILE:lobby").list_id == "80-4"
    assert customer_pages.find(till.id, " 80-2 ").full_name == "Juniper Yoga"
    with pytest.raises(NotFound, match="Did you mean 'Larkspur Tile'"):
        customer_pages.find(till.id, "Larkspur Tle")


# The payments, judged again at once.


def test_a_refused_payment_is_ready_as_soon_as_its_name_is_mapped(till):
    till.take_in(pays("pay_1", customer="Acme"))
    assert till.stands() == (S.REFUSED, "payment-customer-mismatch")
    assert map_to(till).payments == {S.READY: 1}
    assert till.stands() == (S.READY, "")
    assert till.problems() == {"payment-customer-mismatch": ProblemState.RESOLVED}
    assert till.part().customer_list_id == "80-1"
    assert till.payment().changed_by == "mara"


def test_of_two_customers_with_one_name_the_one_that_was_chosen_is_paid(till):
    till.take_in(pays("pay_1", "20.00", ("300", "20.00"), customer="Lobby"))
    assert till.stands() == (S.REFUSED, "payment-customer-ambiguous")
    map_to(till, "80-6", "Lobby")
    assert till.stands() == (S.READY, "")
    assert till.part().uses[0].invoice_txn_id == "1A-301"


def test_payments_that_come_later_follow_the_mapping(till):
    map_to(till)
    till.take_in(pays("pay_1", customer=" aCME "))
    assert till.stands() == (S.READY, "")


def test_the_wrong_choice_leaves_the_payment_refused_and_says_whom_the_name_means(till):
    till.take_in(pays("pay_1", customer="Acme"))
    assert map_to(till, "80-2").payments == {S.REFUSED: 1}
    assert "Acme (mapped to Juniper Yoga)" in till.payment().reason
    assert till.problems() == {"payment-customer-mismatch": ProblemState.OPEN}
    map_to(till, "80-1")
    assert till.stands() == (S.READY, "")


def test_a_ready_payment_is_held_back_when_its_name_means_somebody_else_now(till):
    till.take_in(pays("pay_1", customer="Larkspur Tile"))
    assert till.stands() == (S.READY, "")
    map_to(till, "80-2", "Larkspur Tile")
    assert till.stands() == (S.REFUSED, "payment-customer-mismatch")
    assert postings.ready(till.id, 10) == []
    assert take_back(till, "Larkspur Tile").payments == {S.READY: 1}


def test_taking_a_mapping_back_holds_its_payments_back_again(till):
    map_to(till)
    till.take_in(pays("pay_1", customer="Acme"))
    assert take_back(till).payments == {S.REFUSED: 1}
    assert till.stands() == (S.REFUSED, "payment-customer-mismatch")


def test_what_quickbooks_has_or_may_have_is_never_judged_again(till):
    map_to(till)
    till.take_in(*(pays(f"pay_{n}", "10.00", ("100", "10.00"), customer="Acme") for n in range(4)))
    till.post("pay_0")
    till.move(PostingState.SENT, "pay_1")
    till.move(PostingState.SENT, "pay_2")
    till.move(PostingState.UNKNOWN, "pay_2", code="payment-unknown")
    assert take_back(till).payments == {S.REFUSED: 1}
    stand = [till.stands(f"pay_{n}")[0] for n in range(4)]
    assert stand == [S.POSTED, S.SENT, S.UNKNOWN, S.REFUSED]


def test_a_payment_that_was_refused_for_something_else_waits_for_its_own_decision(till):
    till.take_in(pays("pay_1", customer="Acme", disputed=True))
    assert till.stands()[1] == "payment-disputed-before"
    assert map_to(till).payments == {}
    assert till.stands()[1] == "payment-disputed-before"


def test_a_skipped_payment_stays_skipped(till):
    till.take_in(pays("pay_1", customer="Acme"))
    with till.store.reading():
        [problem] = problems.about(till.id, [str(till.payment().id)])
    assert problem.kind is RecordKind.PAYMENT
    decide(till.store, plan_skip, [problem.id], "by hand")
    assert map_to(till).payments == {}
    assert till.stands()[0] is S.SKIPPED


def test_affected_counts_what_is_not_in_quickbooks_yet(till):
    till.take_in(
        pays("pay_1", "100.00", customer="Acme", currency="USD"),
        pays("pay_2", "20.00", ("999", "20.00"), customer="acme", currency="CAD"),
        pays("pay_3", "20.00", customer="Fern"),
    )
    found = customer_matching.affected(till.id, "ACME")
    assert found.count == 2
    assert found.amounts == (("CAD", money("20.00")), ("USD", money("100.00")))
