"""Every balance of Invoiced is held against the ledger, with what is on its way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import pytest

from shared.health.internet import Page
from shared.health.invoiced_books import PER_PAGE, invoices_there
from shared.health.platforms import KeyNotGood
from shared.operations.contracts.connectors import CHECKED
from shared.operations.platform_check import Checked, view_checked
from simulator.invoiced import acts
from tests.daemon.connectors.invoiced.receiving import Received
from tests.models.builders import both_engines, invoice
from tests.simulator.invoiced.builders import KEY, Fake

URL = "https://invoiced.example"


class OfFake:
    """The network, with the fake at its end."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake
        self.pages = 0

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Page:
        assert headers
        assert "Authorization" in headers
        self.pages += 1
        answer = self._fake.answer("GET", url.removeprefix(URL))
        return Page(answer.status, "", answer.body)


@pytest.fixture
def world(store_url: str) -> Iterator[Received]:
    made = Received(store_url)
    yield made
    made.close()


def checked(world: Received) -> Checked:
    there = list(invoices_there(OfFake(world.fake), URL, KEY))
    with world.store.reading():
        return view_checked(world.store, "Larkspur", there)


@both_engines
def test_books_that_are_equal_have_no_difference(world):
    world.begins()
    found = checked(world)
    assert (found.invoices, found.quickbooks, found.platform) == (2, 500, 500)
    assert (found.differing, found.customers, found.missing, found.only_there) == ((),) * 4


@both_engines
def test_what_was_paid_there_and_is_not_in_quickbooks_yet_is_no_difference(world):
    world.begins()
    world.pays("100")
    world.polls()
    found = checked(world)
    assert (found.quickbooks, found.coming_in, found.platform) == (500, 250, 250)
    assert found.differing == ()


def test_another_balance_there_is_told_for_the_invoice_and_its_customer(world):
    world.begins()
    made = world.pays("100", amount=Decimal(40))
    with world.fake.account.change():
        acts.edit(world.fake.account, acts.invoice_named(world.fake.account, "101"), add=Decimal(5))
    world.polls()
    assert world.on_file(made) is not None
    found = checked(world)
    assert [(one.document, one.difference) for one in found.differing] == [("101", 5)]
    assert [(one.document, one.difference) for one in found.customers] == [("Larkspur Tile", 5)]


def test_an_invoice_that_is_not_there_says_why_and_one_that_is_only_there_is_listed(world):
    other = world.fake.customer("Somebody Else")
    world.fake.invoice(other, 77, number="101")
    world.begins()
    found = checked(world)
    (missing,) = found.missing
    assert missing.document == "101"
    assert missing.because
    assert [(one.document, one.platform) for one in found.only_there] == [("101", 77)]
    assert CHECKED.of(found)["missing"][0]["because"] == missing.because


def test_an_invoice_that_somebody_deleted_there_differs(world):
    world.begins()
    with world.fake.account.change():
        acts.delete(world.fake.account, acts.invoice_named(world.fake.account, "100"))
    (one,) = checked(world).differing
    assert (one.document, one.difference) == ("100", -250)


def test_all_pages_are_read(world):
    other = world.fake.customer("Somebody Else")
    for number in range(PER_PAGE + 1):
        world.fake.invoice(other, 1, number=f"X-{number}")
    network = OfFake(world.fake)
    assert len(list(invoices_there(network, URL, KEY))) == PER_PAGE + 1
    assert network.pages == 2


def test_what_is_no_list_of_invoices_is_told(world):
    world.begins(invoice("1A-100"))

    class Refuses:
        def get(self, _url: str, _headers: Mapping[str, str]) -> Page:
            return Page(401, "", b'{"message": "no"}')

    with pytest.raises(KeyNotGood):
        list(invoices_there(Refuses(), URL, KEY))
