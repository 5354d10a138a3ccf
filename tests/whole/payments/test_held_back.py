"""What keeps all payments here is told of each that waits, wherever payments are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from console.tui.widgets.record_table import RecordTable
from console.tui.widgets.text_view import TextView
from shared.rules.values import ApplicationKind
from tests.console.cli.builders import Shell
from tests.console.tui.screens.driver import LARGE, Driver, sit_down
from tests.whole.bookkeeping import changed
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
from tests.whole.rig import Rig

PAYMENT_SYNC = ApplicationKind.PAYMENT
Cause = Callable[[Rig, str], Iterator[None]]
"""Makes what holds the payments pay_1 and pay_2, yields, and ends it; given is a backup of the
company file from before pay_0 was posted."""
CAUSES: list[Any] = []


def cause(code: str) -> Callable[[Cause], Cause]:
    """Register a cause with the code of the hint that tells it."""

    def register(story: Cause) -> Cause:
        CAUSES.append(pytest.param(code, story, id=story.__name__))
        return story

    return register


def cannot_open(rig: Rig, situation: str) -> Iterator[None]:
    connector, row = rig.web_connector(kind=PAYMENT_SYNC)
    rig.company.set_situation(situation)
    assert not connector.update(row).ok
    yield
    rig.company.set_situation("open")


@cause("0x80040408")
def the_company_file_is_closed(rig: Rig, _: str) -> Iterator[None]:
    yield from cannot_open(rig, "closed")


@cause("0x80040422")
def the_company_file_is_in_single_user_mode(rig: Rig, _: str) -> Iterator[None]:
    yield from cannot_open(rig, "single-user")


@cause("wrong-password")
def the_web_connector_has_an_old_password(rig: Rig, _: str) -> Iterator[None]:
    connector, row = rig.web_connector(kind=PAYMENT_SYNC, password="guess")
    assert not connector.update(row).ok
    yield


@cause("payment-not-permitted")
def quickbooks_permits_no_payment(rig: Rig, _: str) -> Iterator[None]:
    rig.company.fail_next("3260", "ReceivePaymentAddRq", times=9)
    settles(rig)
    yield
    rig.company.books.faults.clear()


@cause("1000")
def no_invoice_can_be_looked_at(rig: Rig, _: str) -> Iterator[None]:
    rig.company.fail_next("1000", "InvoiceQueryRq", times=9)
    settles(rig)
    yield
    rig.company.books.faults.clear()


@cause("company-restored")
def an_older_copy_of_the_company_file_is_open(rig: Rig, older: str) -> Iterator[None]:
    current = rig.company.backup()
    rig.company.restore(older)
    settles(rig)
    yield
    rig.company.restore(current)


@cause("company-copy-unknown")
def nothing_tells_which_copy_of_the_company_file_is_open(rig: Rig, older: str) -> Iterator[None]:
    current = rig.company.backup()
    rig.company.restore(older)
    rig.alter_with_request = lambda answer, request: (
        "" if "<TxnDeletedQueryRq" in request and "<ReceivePaymentQueryRq" in request else answer
    )
    settles(rig)
    yield
    rig.alter_with_request = None
    rig.company.restore(current)


@cause("payment-flow-off")
def posting_is_switched_off(rig: Rig, _: str) -> Iterator[None]:
    changed(rig, payments_out=False)
    yield
    changed(rig, payments_out=True)


@cause("payment-behind-doubt")
def another_payment_is_of_unknown_outcome(rig: Rig, _: str) -> Iterator[None]:
    loses(rig, before_quickbooks_gets_it)
    rig.later(**SOON)
    settles(rig)
    yield
    rig.later(**WINDOW)


class CommandContext:
    """What people read of payments: on the command line, and in the console."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig = rig
        self.shell = Shell(folder)
        self.shell.database = rig.store_url

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
            below = " ".join(one.text for one in at.screen.query(TextView))
            seen.append(f"{at.text} {' '.join(below.split())}")  # panels stand beside it
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

        sit_down(self.rig.store_url, scenario, size=LARGE, clock=lambda: self.rig.now)
        home, queue, line, page = seen
        return home, queue, line, page


@pytest.fixture
def context(rig: Rig, tmp_path: Path) -> Iterator[CommandContext]:
    made = CommandContext(rig, tmp_path)
    yield made
    made.shell.close()


@pytest.mark.parametrize(("code", "story"), CAUSES)
def test_what_holds_all_payments_is_told_of_each_until_it_ends(rig, context, code, story):
    older = rig.company.backup()
    receive(rig, payment("pay_0", pays={"1044": "10.00"}))
    settles(rig)
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    steps = story(rig, older)
    next(steps)
    held = context.listed()["pay_2"]
    assert (held["status"], held["code"]) == ("ready", code)
    is_told_everywhere(context, held)
    next(steps, None)
    posted_once(settles(rig), "pay_1", "pay_2")
    receive(rig, payment("pay_3", pays={"1043": "5.00"}))
    after = context.listed()["pay_3"]
    assert (after["status"], after["code"], after["reason"], after["remedy"]) == (
        "ready",
        *3 * [""],
    )


def is_told_everywhere(context: CommandContext, held: dict[str, Any]) -> None:
    reason, remedy = held["reason"], held["remedy"]
    assert reason
    assert remedy
    one = context.shell.json("payments", "show", "pay_2")
    assert [one[key] for key in ("code", "reason", "remedy")] == [held["code"], reason, remedy]
    for words in (
        ("payments", "list"),
        ("payments", "show", "pay_2"),
        ("invoices", "show", "1043"),
    ):
        told = context.reads(*words)
        assert reason in told
        assert told.count(remedy) == 1, words
    assert reason in context.reads("connection", "list")
    assert context.shell.json("connection", "list")[0]["payments_held"] == reason
    home, *others = context.looks("pay_2")
    assert "held" in home
    for screen in (home, *others):
        assert reason in screen
        assert remedy in screen
