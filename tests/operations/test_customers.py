"""Matching a name of the platform to a customer is planned, carried out once, and taken back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.errors import CannotBeMeant, NotFound, NotPossible
from shared.models import audit
from shared.models.ledger import incoming_customers
from shared.operations import customers
from shared.operations.deciding import Operator, PlanIsStale, carry_out
from shared.rules.payments.values import PaymentStatus
from tests.models.builders import both_engines, customer, invoice
from tests.models.payments.builders import JUNIPER, Till, pays


@pytest.fixture
def till(store) -> Till:
    """A payment of 50.00 of "Acme", whom nobody knows, for an invoice of Larkspur Tile."""
    till = Till(store)
    till.owes(invoice("1A-100"), invoice("1A-200", "40.00", **JUNIPER))
    till.take_in(pays("pay_1", "50.00", customer="Acme"))
    return till


def plan(till: Till, list_id: str = "80-1", name: str = "Acme") -> customers.Match:
    with till.store.reading():
        return customers.plan_map(till.store, till.id, name, list_id)


@both_engines
def test_a_match_names_both_and_the_payments_that_are_checked_again(till):
    planned = plan(till)
    assert planned.title == 'Match "Acme" to customer "Larkspur Tile"?'
    assert planned.verb == "Match"
    [effect] = planned.effects
    assert (effect.connection, effect.amount) == (till.connection.name, Decimal("50.00"))
    assert "pay_1" in effect.document
    assert planned.needs == ()
    assert till.stands()[0] is PaymentStatus.REFUSED


@both_engines
def test_a_match_makes_the_payments_ready_and_leaves_a_trace(till):
    done = carry_out(Operator(till.store, "mara"), plan(till))
    assert done.resolved.payments == {PaymentStatus.READY: 1}
    assert till.stands() == (PaymentStatus.READY, "")
    with till.store.reading():
        latest = audit.entries(limit=1)[0]
    assert (latest.who, latest.action) == ("mara", "customer.map")


def test_a_name_that_means_somebody_already_says_whom(till):
    carry_out(Operator(till.store, "mara"), plan(till))
    assert plan(till, "80-2").told[0] == "Until now, it stands for Larkspur Tile (80-1)."


def test_a_match_is_stale_once_the_customer_is_called_otherwise(till):
    planned = plan(till)
    till.hold(customer("80-1", "Larkspur & Sons", edit_sequence="2"))
    with pytest.raises(PlanIsStale):
        carry_out(Operator(till.store, "mara"), planned)
    assert till.stands()[0] is PaymentStatus.REFUSED


@pytest.mark.parametrize(
    ("name", "list_id", "error"), [("Acme", "80-77", NotFound), (" ", "80-1", NotPossible)]
)
def test_nobody_and_an_empty_name_cannot_be_matched(till, name, list_id, error):
    with pytest.raises(error):
        plan(till, list_id, name)


def test_a_customer_that_is_gone_cannot_be_matched_any_more(till):
    planned = plan(till)
    with till.store.transaction():
        incoming_customers.mark_customers_deleted(till.id, ["80-1"])
    with pytest.raises(NotFound):
        carry_out(Operator(till.store, "mara"), planned)


def test_a_match_that_is_removed_holds_the_payments_back_again(till):
    by = Operator(till.store, "mara")
    carry_out(by, plan(till))
    with till.store.reading():
        removal = customers.plan_unmap(till.store, till.id, "ACME")
    assert removal.title == 'Remove the match of "Acme" to customer "Larkspur Tile"?'
    assert [effect.amount for effect in removal.effects] == [Decimal("50.00")]
    assert carry_out(by, removal).resolved.payments == {PaymentStatus.REFUSED: 1}
    assert till.stands() == (PaymentStatus.REFUSED, "payment-customer-mismatch")
    with pytest.raises(NotFound, match="no mapped name 'Acme'"), till.store.reading():
        customers.plan_unmap(till.store, till.id, "Acme")


def test_without_a_connection_the_lists_have_all_and_a_decision_asks_which(till):
    other = Till(till.store, "Bramble")
    other.owes(invoice("1A-100"))
    with till.store.reading():
        listed = customers.view_list(till.store, None)
        assert [one.connection for one in listed].count("Bramble") == 1
        assert {one.connection for one in listed} == {"Bramble", till.connection.name}
        with pytest.raises(CannotBeMeant):
            customers.plan_unmap(till.store, None, "Acme")


def test_a_customer_is_shown_with_the_names_that_it_had(till):
    till.hold(customer("80-1", "Larkspur & Sons", edit_sequence="2"))
    carry_out(Operator(till.store, "mara"), plan(till))
    with till.store.reading():
        detail = customers.view_called(till.store, till.id, "larkspur & SONS", most=1)
    assert (detail.formerly, detail.also_called) == (("Larkspur Tile",), ("Acme",))
    assert [one.txn_id for one in detail.invoices] == ["1A-100"]
