"""Alerts in the console: what is wrong now, and who is told of it."""

from __future__ import annotations

import pytest

from console.tui.widgets.secret import Secret
from shared.models import alerts
from shared.operations.alerts import Wanted, plan_add, view_recipients
from shared.operations.deciding import Operator, carry_out
from shared.rules.alerts import AlertKind, Audience, Changes, Condition, Digest
from tests.console.tui.screens.driver import SMALL, Driver, sit_down
from tests.models.builders import NOON


def wrong(connection_id: int, subject: str, code: str = "") -> Condition:
    return Condition(
        kind=AlertKind.SYNC_FAILED,
        connection_id=connection_id,
        about=subject,
        subject=subject,
        told="QuickBooks is closed.",
        plain="QuickBooks is closed.",
        remedy="Open QuickBooks.",
        code=code,
    )


@pytest.fixture
def alarmed(office):
    """A sync of Larkspur failed; Ada is told of everything."""
    larkspur, fern = office.connect("Larkspur"), office.connect("Fern")
    with office.store.transaction():
        found = (
            wrong(larkspur.id, "Invoice Sync failed", "quickbooks-not-running"),
            wrong(fern.id, "Payment Sync failed"),
        )
        alerts.change(Changes(opened=found), NOON)
    with office.store.reading():
        plan = plan_add(office.store, "ada@example.com", Wanted())
    carry_out(Operator(office.store, "mara"), plan, ())
    return office


def recipients(office):
    with office.store.reading():
        return [one.recipient for one in view_recipients(office.store)]


def test_where_nobody_is_told_it_says_how_to_change_that(office):
    async def scenario(at: Driver) -> None:
        await at.press("A")
        assert "+ adds an email address" in at.text

    sit_down(office.url, scenario)


def test_what_is_wrong_comes_first_with_its_remedy_then_who_is_told(alarmed):
    async def scenario(at: Driver) -> None:
        await at.press("A")
        assert "Wrong now: 2" in at.text
        assert "What to do: Open QuickBooks." in at.text
        await at.press("end")
        assert "Recipient 1: ada@example.com" in at.text
        assert "Alerts: all" in at.text
        assert all(len(line) <= SMALL[0] for line in at.lines)

    sit_down(alarmed.url, scenario)


def test_a_person_is_added_in_a_form(alarmed):
    async def scenario(at: Driver) -> None:
        await at.press("A", "plus")
        await at.type("office@larkspur.example")
        await at.press("enter")
        await at.type("Larkspur")
        await at.press("enter", "down", "enter", "down", "down", "enter", "enter")

    sit_down(alarmed.url, scenario)
    made = recipients(alarmed)[-1]
    assert (made.address, made.connection) == ("office@larkspur.example", "Larkspur")
    assert (made.audience, made.digest) == (Audience.BOOKKEEPER, Digest.WEEKLY)


def test_a_program_gets_a_secret_that_is_shown_until_done(alarmed):
    async def scenario(at: Driver) -> None:
        await at.press("A", "plus")
        await at.type("https://pager.example.com/")
        await at.press(*["enter"] * 5)
        secret = at.screen.query_one(Secret)._text
        assert secret
        await at.press("q")
        assert secret in at.text
        await at.press("tab", "enter")
        assert "https://pager.example.com/" in at.text

    sit_down(alarmed.url, scenario)


def test_an_address_that_cannot_be_told_is_said_beside_its_field(alarmed):
    async def scenario(at: Driver) -> None:
        await at.press("A", "plus")
        await at.type("ada at home")
        await at.press(*["enter"] * 5)
        assert [bool(one.display) for one in at.screen.query(".wrong")].index(True) == 0

    sit_down(alarmed.url, scenario)
    assert len(recipients(alarmed)) == 1


@pytest.mark.parametrize(
    ("reason", "said"), [("", "got the test"), ("No such mailbox.", "No such mailbox.")]
)
def test_a_test_says_how_it_went_once_the_daemon_has_tried_it(alarmed, reason, said):
    async def scenario(at: Driver) -> None:
        await at.press("A", "end", "M")
        await at.second()
        assert said not in at.text
        with alarmed.store.transaction():
            alerts.test_made(1, reason, NOON)
        await at.second()
        assert said in at.text

    sit_down(alarmed.url, scenario)


def test_a_recipient_is_removed_after_a_question_and_an_alert_cannot_be(alarmed):
    async def scenario(at: Driver) -> None:
        await at.press("A")
        assert at.screen.check_action("remove", ()) is None
        await at.press("end", "x", "right", "enter")

    sit_down(alarmed.url, scenario)
    assert recipients(alarmed) == []


def test_t_opens_what_is_known_about_the_cause(alarmed):
    async def scenario(at: Driver) -> None:
        await at.press("A")
        while at.screen.chosen().code == "":
            await at.press("down")
        await at.press("t")
        assert "quickbooks-not-running" in at.text

    sit_down(alarmed.url, scenario)


def test_a_company_in_focus_shows_its_own(alarmed):
    async def scenario(at: Driver) -> None:
        await at.press("A")
        while at.screen.chosen().connection != "Larkspur":
            await at.press("down")
        await at.press("full_stop")
        assert "Wrong now: 1" in at.text
        assert "Recipients" not in at.text, "Ada is told of all companies"

    sit_down(alarmed.url, scenario)
