"""Webhooks in the console: added with a secret that is shown once, tested, tried again, removed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from console.tui.widgets.secret import Secret
from shared.models import events, outlets, webhooks
from shared.models.events import Told
from shared.models.outlets import Progress
from shared.operations.webhooks import view_all
from shared.rules.events import EventKind
from shared.rules.outlets import Delivered, Refused
from tests.console.tui.screens.driver import SMALL, Driver, sit_down
from tests.models.builders import NOON

URL = "https://hooks.example.com/in?key=8Kd2"


@pytest.fixture
def told(office):
    """Larkspur tells one program what happens; Fern tells none."""
    larkspur = office.connect("Larkspur")
    office.connect("Fern")
    with office.store.transaction():
        webhooks.add(larkspur.id, URL, ("invoice",), "mara", NOON)
    return office


def standing(office):
    with office.store.reading():
        return view_all(office.store)


def became(office, *outcomes) -> None:
    """The daemon tried the newest events of the only webhook."""
    with office.store.transaction():
        outlet = outlets.get("webhook-1")
        newest = events.newest(connections=None, limit=len(outcomes))
        progress = Progress(newest[0].id, tuple(zip(newest, outcomes, strict=True)))
        outlets.note(outlet, progress, gives_up_after=timedelta(0), chance=lambda: 0.0, now=NOON)


def test_with_no_webhook_it_says_what_one_is_for(office):
    async def scenario(at: Driver) -> None:
        await at.press("W")
        assert "+ adds one" in at.text

    sit_down(office.url, scenario)


def test_a_webhook_is_listed_without_the_query_of_its_address(told):
    async def scenario(at: Driver) -> None:
        await at.press("W")
        assert "https://hooks.example.com/in?…" in at.text
        assert "8Kd2" not in at.text
        assert "working" in at.text
        assert all(len(line) <= SMALL[0] for line in at.lines)

    sit_down(told.url, scenario)


def test_one_is_added_and_its_secret_stays_until_done(told):
    async def scenario(at: Driver) -> None:
        await at.press("W", "plus")
        await at.type("fern")
        await at.press("enter")
        await at.type("https://other.example.com/")
        await at.press("enter")
        await at.type("payment.posted")
        await at.press("enter")
        secret = at.screen.query_one(Secret)._text
        assert secret.startswith("whsec_")
        assert secret in at.text
        await at.press("escape")
        assert secret in at.text, "Esc does not lose it"
        await at.press("tab", "enter")
        assert secret not in at.text
        assert "other.example.com" in at.text

    sit_down(told.url, scenario)
    [made] = [one for one in standing(told) if one.webhook.id != 1]
    assert (made.webhook.connection, made.webhook.events) == ("Fern", ("payment.posted",))


@pytest.mark.parametrize(
    ("typed", "place"),
    [(("nobody", URL, ""), 0), (("fern", "hooks", ""), 1), (("fern", URL, "invoices.all"), 2)],
)
def test_what_cannot_be_added_is_said_beside_its_field(told, typed, place):
    async def scenario(at: Driver) -> None:
        await at.press("W", "plus")
        for text in typed:
            await at.type(text)
            await at.press("enter")
        wrong = [bool(one.display) for one in at.screen.query(".wrong")]
        assert wrong == [number == place for number in range(3)]

    sit_down(told.url, scenario)
    assert len(standing(told)) == 1


@pytest.mark.parametrize(
    ("outcome", "said"),
    [(Delivered(), "Webhook 1 accepted the test."), (Refused("it answered 410"), "answered 410")],
)
def test_a_test_says_how_it_went_once_the_daemon_has_tried_it(told, outcome, said):
    async def scenario(at: Driver) -> None:
        await at.press("W", "M")
        await at.second()
        assert said not in at.text
        became(told, outcome)
        await at.second()
        assert said in at.text

    sit_down(told.url, scenario)


def test_what_was_set_aside_is_delivered_again(told):
    with told.store.transaction():
        events.record(1, EventKind.INVOICE_CHANGED, [Told("1A", "1042")])
    became(told, Refused("it answered 410"))

    async def scenario(at: Driver) -> None:
        await at.press("W")
        assert "parked, 1 set aside" in at.text
        await at.press("r")
        assert standing(told)[0].parked == 0

    sit_down(told.url, scenario)


def test_nothing_set_aside_is_nothing_to_retry(told):
    async def scenario(at: Driver) -> None:
        await at.press("W")
        assert at.screen.check_action("retry", ()) is None

    sit_down(told.url, scenario)


def test_removing_one_asks_first(told):
    async def scenario(at: Driver) -> None:
        await at.press("W", "x", "escape")
        assert len(standing(told)) == 1
        await at.press("x", "right", "enter")
        assert standing(told) == []

    sit_down(told.url, scenario)


def test_a_company_in_focus_shows_its_own(told):
    async def scenario(at: Driver) -> None:
        await at.press("W", "full_stop")
        assert "Webhooks of Larkspur (1)" in at.text

    sit_down(told.url, scenario)


def test_who_only_looks_changes_nothing(told):
    async def scenario(at: Driver) -> None:
        await at.press("W", "plus", "x", "M")
        assert "hooks.example.com" in at.lines[2]

    sit_down(told.url, scenario, read_only=True)
