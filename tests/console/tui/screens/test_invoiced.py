"""Invoiced in the console: connected, looked at first, taken live; what needs a person decided."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from shared.health.internet import Page
from shared.models.platforms import accounts, outbox
from shared.models.platforms.outbox import Standing
from shared.rules.connectors import AccountState, ConvenienceFees, SendState, Would
from shared.rules.values import RecordKind
from shared.structs import replace
from tests.console.tui.screens.driver import SMALL, Driver, Unplugged, sit_down
from tests.daemon.connectors.rig import ACCOUNT
from tests.models.builders import NOON

COMPANY = {"id": 7, "name": "Larkspur Billing", "currency": "usd", "test_mode": False}
FERN, DUE = (RecordKind.CUSTOMER, "80-1", "Fern Florists"), (RecordKind.INVOICE, "1A-1", "1042")


class Answers(Unplugged):
    """Invoiced, which takes one key."""

    def get(self, url: str, headers=None) -> Page:
        assert url == "https://api.invoiced.com/companies/current"
        assert "Authorization" in headers
        return Page(200, "", json.dumps(COMPANY).encode())


def live(office, **changes):
    """Larkspur is connected, with a customer that may be two and an invoice that waits for it."""
    larkspur = office.connect("Larkspur")
    account = replace(ACCOUNT, connection_id=larkspur.id, company="Toys", **changes)
    with office.store.transaction():
        accounts.add(account, b"", 0)
        outbox.want(larkspur.id, [FERN, DUE], NOON)
        [fern] = outbox.get(larkspur.id, "80-1")
        standing = Standing(
            SendState.REFUSED, "Two customers on Invoiced are called so.", Would.AMBIGUOUS
        )
        outbox.stands(larkspur.id, fern, standing, NOON)
    return SimpleNamespace(id=larkspur.id, url=office.url, store=office.store)


@pytest.fixture
def connected(office):
    return live(office)


def account_of(held):
    with held.store.reading():
        return accounts.find(held.id)


def outgoing(held):
    with held.store.reading():
        return {one.object_id: one for one in outbox.listed(held.id, list(SendState))}


def test_with_nothing_connected_it_says_what_connecting_brings(office):
    async def scenario(at: Driver) -> None:
        await at.press("I")
        assert "+ connects a company" in at.text

    sit_down(office.url, scenario)


def test_accounts_are_listed_and_enter_shows_what_waits_and_what_needs_a_person(connected):
    async def scenario(at: Driver) -> None:
        await at.press("I")
        assert "1 refused, 1 waiting" in at.text
        await at.press("enter")
        assert "Need a decision" in at.text
        assert "Fern Florists" in at.text
        assert "ambiguous" in at.text
        assert "Invoice 1042" in at.text
        assert all(len(line) <= SMALL[0] for line in at.lines)
        await at.press("down")
        assert "Why: Two customers on Invoiced are called so." in at.text

    sit_down(connected.url, scenario)


def test_one_is_connected_by_its_key_and_nothing_is_sent_yet(office, tmp_path):
    larkspur = office.connect("Larkspur")
    key = tmp_path / "key"
    key.write_text("secret-key-of-larkspur\n")

    async def scenario(at: Driver) -> None:
        await at.press("I", "plus", "enter")
        await at.type(str(key))
        await at.press(*["enter"] * 3, "down", "enter")
        assert "Connect Larkspur to Invoiced (Larkspur Billing)?" in at.text
        await at.press("right", "enter")
        assert "Larkspur Billing" in at.text
        assert "checking" in at.text
        assert "secret-key" not in at.text

    sit_down(office.url, scenario, network=Answers)
    held = SimpleNamespace(id=larkspur.id, store=office.store)
    made = account_of(held)
    assert (made.state, made.is_looking) == (AccountState.PAUSED, True)
    assert made.convenience_fees is ConvenienceFees.ON_ACCOUNT


def test_a_key_file_that_is_not_there_is_said_beside_its_field(office):
    office.connect("Larkspur")

    async def scenario(at: Driver) -> None:
        await at.press("I", "plus", "enter")
        await at.type("/nowhere/key")
        await at.press(*["enter"] * 4)
        assert [bool(one.display) for one in at.screen.query(".wrong")].index(True) == 1

    sit_down(office.url, scenario, network=Answers)


def test_where_invoiced_cannot_be_reached_nothing_is_connected(office, tmp_path):
    larkspur = office.connect("Larkspur")
    key = tmp_path / "key"
    key.write_text("secret-key-of-larkspur\n")

    async def scenario(at: Driver) -> None:
        await at.press("I", "plus", "enter")
        await at.type(str(key))
        await at.press(*["enter"] * 4)
        assert "cannot be reached" in at.text

    class Gone(Unplugged):
        def get(self, url: str, headers=None) -> Page:
            raise OSError(111, "Connection refused")

    sit_down(office.url, scenario, network=Gone)
    assert account_of(SimpleNamespace(id=larkspur.id, store=office.store)) is None


def test_pause_and_go_live_ask_first(connected):
    async def scenario(at: Driver) -> None:
        await at.press("I", "x", "escape")
        assert account_of(connected).state is AccountState.LIVE
        await at.press("x", "right", "enter")
        assert account_of(connected).state is AccountState.PAUSED
        await at.press("o", "right", "enter")
        assert account_of(connected).state is AccountState.LIVE

    sit_down(connected.url, scenario)


def test_nothing_goes_live_before_its_dry_run_is_through(office):
    held = live(office, state=AccountState.PAUSED, is_looking=True)

    async def scenario(at: Driver) -> None:
        await at.press("I", "o")
        assert "The dry run of Larkspur has not finished yet" in at.text

    sit_down(held.url, scenario)
    assert account_of(held).state is AccountState.PAUSED


def test_a_dry_run_is_asked_for(connected):
    async def scenario(at: Driver) -> None:
        await at.press("I", "L")

    sit_down(connected.url, scenario)
    assert account_of(connected).is_looking


@pytest.mark.parametrize(("typed", "choice"), [("1001", "1001"), ("", "create")])
def test_a_customer_that_may_be_two_is_matched_or_made_new(connected, typed, choice):
    async def scenario(at: Driver) -> None:
        await at.press("I", "enter", "down", "w")
        if typed:
            await at.type(typed)
        await at.press("enter", "right", "enter")

    sit_down(connected.url, scenario)
    fern = outgoing(connected)["80-1"]
    assert (fern.state, fern.choice) == (SendState.WAITING, choice)


def test_only_customers_are_matched(connected):
    async def scenario(at: Driver) -> None:
        await at.press("I", "enter", "end")
        assert at.screen.chosen().object_id == "1A-1"
        assert at.screen.check_action("match", ()) is None

    sit_down(connected.url, scenario)


def test_a_record_is_left_out_with_a_reason_and_tried_again(connected):
    async def scenario(at: Driver) -> None:
        await at.press("I", "enter", "down", "s")
        await at.type("keyed by hand")
        await at.press("enter")
        skipped = outgoing(connected)["80-1"]
        assert (skipped.state, skipped.reason) == (SendState.SKIPPED, "keyed by hand")

    sit_down(connected.url, scenario)


def test_all_that_was_refused_is_sent_again_after_a_question(connected):
    async def scenario(at: Driver) -> None:
        await at.press("I", "R", "right", "enter")

    sit_down(connected.url, scenario)
    assert outgoing(connected)["80-1"].state is SendState.WAITING


def test_who_only_looks_changes_nothing(connected):
    async def scenario(at: Driver) -> None:
        await at.press("I", "enter", "x", "L", "down", "r", "s", "w")
        assert "Fern Florists" in at.text

    sit_down(connected.url, scenario, read_only=True)
    assert outgoing(connected)["80-1"].state is SendState.REFUSED
