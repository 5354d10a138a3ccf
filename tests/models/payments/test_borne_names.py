"""A customer is known by every name that it has borne; a name that changed hands is nobody's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.models.ledger import checked_customers, incoming_customers
from shared.models.payments import customer_matching
from shared.rules.payments.values import PaymentStatus
from shared.structs import replace
from tests.models.builders import NOON, checked, customer, invoice
from tests.models.payments.builders import JUNIPER, Till, pays

READY = (PaymentStatus.READY, "")
MISMATCH = (PaymentStatus.REFUSED, "payment-customer-mismatch")
AMBIGUOUS = (PaymentStatus.REFUSED, "payment-customer-ambiguous")
OF_LARKSPUR = invoice("1A-100")
OF_JUNIPER = invoice("1A-200", "100.00", **JUNIPER)


@pytest.fixture
def till(store) -> Till:
    """Larkspur Tile (80-1) and Juniper Yoga (80-2) owe one invoice each."""
    till = Till(store)
    till.owes(OF_LARKSPUR, OF_JUNIPER)
    return till


def rename(till: Till, list_id: str, name: str, **changes: str) -> None:
    till.hold(customer(list_id, name, **{"edit_sequence": name, **changes}))


def gone(till: Till, *list_ids: str) -> None:
    with till.store.transaction():
        checked_customers.customers_gone(till.id, list_ids)


def missing(till: Till, *list_ids: str) -> None:
    with till.store.transaction():
        incoming_customers.mark_customers_missing(till.id, list_ids)


def moves(till: Till) -> None:
    """Larkspur's invoice is Juniper's now."""
    till.owes(replace(OF_LARKSPUR, edit_sequence="9", **JUNIPER))


def stands(till: Till, name: str, number: str = "100") -> tuple[PaymentStatus, str]:
    till.take_in(pays("pay_1", "50.00", (number, "50.00"), customer=name))
    return till.stands()


@pytest.mark.parametrize("name", ["Larkspur Tile", " larkspur  TILE ", "Larkspur & Sons"])
def test_a_renamed_customer_is_known_by_both_names(till, name):
    rename(till, "80-1", "Larkspur & Sons")
    assert stands(till, name) == READY


def test_a_company_name_that_was_given_up_is_known_too(till):
    rename(till, "80-1", "Larkspur Tile", company_name="Quarry Holdings")
    rename(till, "80-1", "Larkspur & Sons")
    assert stands(till, "Quarry Holdings") == READY


def test_jobs_are_known_by_the_former_name_of_the_customer_above_them(till):
    till.hold(customer("80-4", "Larkspur Tile:Lobby", parent_list_id="80-1"))
    of_job = {"customer_list_id": "80-4", "customer_full_name": "Larkspur Tile:Lobby"}
    till.owes(invoice("1A-400", **of_job))
    rename(till, "80-1", "Larkspur & Sons")
    assert stands(till, "Larkspur Tile", "400") == READY


@pytest.mark.parametrize("number", ["100", "200"])
def test_a_name_that_went_to_another_customer_is_for_a_person(till, number):
    rename(till, "80-1", "Larkspur & Sons")
    rename(till, "80-2", "Larkspur Tile")
    assert stands(till, "Larkspur Tile", number) == AMBIGUOUS
    told = till.payment().reason.partition(": ")[2]
    assert {"Larkspur & Sons", "Larkspur Tile"} == set(told.rstrip(".").split(", "))


def test_a_name_that_two_have_given_up_is_for_a_person(till):
    rename(till, "80-1", "Larkspur & Sons")
    rename(till, "80-2", "Larkspur Tile")
    rename(till, "80-2", "Juniper Studio")
    assert stands(till, "Larkspur Tile") == AMBIGUOUS


def test_a_person_decides_whom_a_name_means_that_changed_hands(till):
    rename(till, "80-1", "Larkspur & Sons")
    rename(till, "80-2", "Larkspur Tile")
    assert stands(till, "Larkspur Tile") == AMBIGUOUS
    with till.store.transaction():
        customer_matching.resolve(till.id, "Larkspur Tile", "80-1", "mara", NOON)
    assert till.stands() == READY


def test_invoices_tell_two_customers_apart_who_share_a_company_name_now(till):
    rename(till, "80-1", "Larkspur Tile", company_name="Quarry Holdings")
    rename(till, "80-2", "Juniper Yoga", company_name="Quarry Holdings")
    assert stands(till, "Quarry Holdings") == READY


def test_a_customer_that_was_deleted_makes_no_name_ambiguous(till):
    rename(till, "80-2", "Larkspur Tile")
    rename(till, "80-2", "Juniper Yoga")
    with till.store.transaction():
        incoming_customers.mark_customers_deleted(till.id, ["80-2"])
    assert stands(till, "Larkspur Tile") == READY


def test_each_connection_remembers_for_itself(till):
    other = Till(till.store, "Bramble")
    other.owes(OF_LARKSPUR)
    rename(other, "80-1", "Larkspur & Sons")
    assert stands(other, "Larkspur & Sons") == READY
    assert stands(till, "Larkspur & Sons") == MISMATCH


def first_the_move(till: Till, away: Callable[[Till, str], None]) -> None:
    moves(till)
    away(till, "80-1")


def first_the_end(till: Till, away: Callable[[Till, str], None]) -> None:
    away(till, "80-1")
    moves(till)


@pytest.mark.parametrize("away", [gone, missing])
@pytest.mark.parametrize("merge", [first_the_move, first_the_end])
def test_after_a_merge_the_old_name_means_the_customer_that_is_left(till, merge, away):
    merge(till, away)
    assert stands(till, "Larkspur Tile") == READY
    assert till.part().customer_list_id == "80-2"


def test_names_go_along_from_merge_to_merge(till):
    first_the_move(till, gone)
    till.hold(customer("80-3", "Fern Florists"))
    fern = {"customer_list_id": "80-3", "customer_full_name": "Fern Florists"}
    till.owes(replace(OF_LARKSPUR, edit_sequence="10", **fern))
    gone(till, "80-2")
    assert stands(till, "Larkspur Tile") == READY


def test_an_invoice_that_somebody_moved_takes_no_name_along(till):
    moves(till)
    assert stands(till, "Larkspur Tile") == MISMATCH


def test_a_customer_that_is_still_there_after_an_invoice_left_was_not_merged(till):
    moves(till)
    till.check(checked(customer("80-1")))
    gone(till, "80-1")
    assert stands(till, "Larkspur Tile") == MISMATCH
