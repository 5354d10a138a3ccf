"""What keeps all payments here is told of each that waits, wherever payments are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from console.tui.widgets.record_table import RecordTable
from shared.rules.values import ApplicationKind
from tests.console.cli.builders import Shell
from tests.console.tui.screens.driver import LARGE, Driver, sit_down
from tests.whole.bookkeeping import changed
from tests.whole.house import House
from tests.whole.payments.builders import (
    SOON,
    WINDOW,
    before_quickbooks_gets_it,
    loses,
    payment,
    posted_once,
    receive,
    settles,
)

PAYMENT_SYNC = ApplicationKind.PAYMENT
Cause = Callable[[House, str], Iterator[None]]
"""Makes what holds the payments pay_1 and pay_2, yields, and ends it; given is a backup of the
company file from before pay_0 was posted."""
CAUSES: list[Any] = []


def cause(code: str) -> Callable[[Cause], Cause]:
    """Register a cause with the code of the hint that tells it."""

    def register(story: Cause) -> Cause:
        CAUSES.append(pytest.param(code, story, id=story.__name__))
        return story

    return register


def cannot_open(house: House, situation: str) -> Iterator[None]:
    connector, row = house.web_connector(kind=PAYMENT_SYNC)
    house.company.set_situation(situation)
    assert not connector.update(row).ok
    yield
    house.company.set_situation("open")


@cause("0x80040408")
def the_company_file_is_closed(house: House, _: str) -> Iterator[None]:
    yield from cannot_open(house, "closed")


@cause("0x80040422")
def the_company_file_is_in_single_user_mode(house: House, _: str) -> Iterator[None]:
    yield from cannot_open(house, "single-user")


@cause("wrong-password")
def the_web_connector_has_an_old_password(house: House, _: str) -> Iterator[None]:
    connector, row = house.web_connector(kind=PAYMENT_SYNC, password="guess")
    assert not connector.update(row).ok
    yield


@cause("payment-not-permitted")
def quickbooks_permits_no_payment(house: House, _: str) -> Iterator[None]:
    house.company.fail_next("3260", "ReceivePaymentAddRq", times=9)
    settles(house)
    yield
    house.company.books.faults.clear()


@cause("1000")
def no_invoice_can_be_looked_at(house: House, _: str) -> Iterator[None]:
    house.company.fail_next("1000", "InvoiceQueryRq", times=9)
    settles(house)
    yield
    house.company.books.faults.clear()


@cause("company-restored")
def an_older_copy_of_the_company_file_is_open(house: House, older: str) -> Iterator[None]:
    current = house.company.backup()
    house.company.restore(older)
    settles(house)
    yield
    house.company.restore(current)


@cause("company-copy-unknown")
def nothing_tells_which_copy_of_the_company_file_is_open(
    house: House, older: str
) -> Iterator[None]:
    current = house.company.backup()
    house.company.restore(older)
    house.alter_with_request = lambda answer, request: (
        "" if "<TxnDeletedQueryRq" in request and "<ReceivePaymentQueryRq" in request else answer
    )
    settles(house)
    yield
    house.alter_with_request = None
    house.company.restore(current)


@cause("payment-flow-off")
def posting_is_switched_off(house: House, _: str) -> Iterator[None]:
    changed(house, payments_out=False)
    yield
    changed(house, payments_out=True)


@cause("payment-behind-doubt")
def another_payment_is_of_unknown_outcome(house: House, _: str) -> Iterator[None]:
    loses(house, before_quickbooks_gets_it)
    house.later(**SOON)
    settles(house)
    yield
    house.later(**WINDOW)


class Desk:
    """What people read of payments: on the command line, and in the console."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.shell = Shell(folder)
        self.shell.database = house.store_url

    def listed(self) -> dict[str, dict[str, Any]]:
        """What scripts read of each payment, in listings and of one invoice, by its id."""
        found = {one["id"]: one for one in self.shell.json("payments", "list")}
        newest = self.shell.json("payments", "list", "--limit", "9")
        of_invoice = self.shell.json("invoices", "show", "1043")["payments"]
        assert [found[one["id"]] for one in (*newest, *of_invoice)] == [*newest, *of_invoice]
        return {one["external_id"]: one for one in found.values()}

    def reads(self, *words: str) -> str:
        """What a command prints, on one line."""
        return " ".join(self.shell.says(*words).split())

    def looks(self, external_id: str) -> tuple[str, str, str, str]:
        """Home, those that are ready, the line of a payment, and the payment, on the screen."""
        seen: list[str] = []

        async def scenario(at: Driver) -> None:
            seen.append(at.text)
            await at.press("m")
            at.screen.query_one(RecordTable).go_to("ready USD")
            await at.settle()
            seen.append(at.text)
            await at.press("slash")
            await at.type(external_id)
            await at.press("enter")
            seen.append(at.text)
            await at.press("enter")
            seen.append(at.text)

        sit_down(self.house.store_url, scenario, size=LARGE, clock=lambda: self.house.now)
        home, queue, line, page = seen
        return home, queue, line, page


@pytest.fixture
def desk(house: House, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(house, tmp_path)
    yield made
    made.shell.close()


@pytest.mark.parametrize(("code", "story"), CAUSES)
def test_what_holds_all_payments_is_told_of_each_until_it_ends(house, desk, code, story):
    older = house.company.backup()
    receive(house, payment("pay_0", pays={"1044": "10.00"}))
    settles(house)
    receive(house, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    steps = story(house, older)
    next(steps)
    held = desk.listed()["pay_2"]
    assert (held["status"], held["code"]) == ("ready", code)
    is_told_everywhere(desk, held)
    next(steps, None)
    posted_once(settles(house), "pay_1", "pay_2")
    receive(house, payment("pay_3", pays={"1043": "5.00"}))
    after = desk.listed()["pay_3"]
    assert (after["status"], after["code"], after["reason"], after["remedy"]) == (
        "ready",
        *3 * [""],
    )


def is_told_everywhere(desk: Desk, held: dict[str, Any]) -> None:
    reason, remedy = held["reason"], held["remedy"]
    assert reason
    assert remedy
    one = desk.shell.json("payments", "show", "pay_2")
    assert [one[key] for key in ("code", "reason", "remedy")] == [held["code"], reason, remedy]
    for words in (
        ("payments", "list"),
        ("payments", "show", "pay_2"),
        ("invoices", "show", "1043"),
    ):
        told = desk.reads(*words)
        assert reason in told
        assert told.count(remedy) == 1, words
    assert reason in desk.reads("connection", "list")
    assert desk.shell.json("connection", "list")[0]["payments_held"] == reason
    home, *others = desk.looks("pay_2")
    assert "held" in home
    for screen in (home, *others):
        assert reason in screen
        assert remedy in screen
