"""Setup: from an empty home screen to files on the disk, by keyboard alone."""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from shared.health.address import OUR_PAGE
from shared.health.internet import Page
from shared.models import applications, connections
from shared.models.payments import account_rules
from shared.models.platforms import accounts
from shared.passwords import verify_password
from shared.rules.connectors import AccountState
from shared.rules.values import (
    ClosedPeriod,
    Connection,
    JobMode,
    Layout,
    OnAccount,
    Overpayment,
    SampleCompany,
)
from tests.console.tui.screens.driver import SMALL, Driver, sit_down
from tests.console.tui.screens.lists import fits_every_size

URL = {"DESKBRIDGE_PUBLIC_URL": "https://sync.example.com"}


class Reached:
    """A network on which the daemon is found behind a good certificate."""

    def look_up(self, host: str) -> list[str]:
        return ["203.0.113.7"]

    def connect(self, host: str, port: int) -> None:
        pass

    def certificate_expires_at(self, host: str, port: int) -> datetime:
        return datetime(2024, 9, 1, tzinfo=UTC)

    def get(self, url: str) -> Page:
        return Page(200, "", OUR_PAGE)


def set_up(office: Any, scenario: Callable[[Driver], Any], **options: Any) -> None:
    usual = {"environ": URL, "network": Reached}
    sit_down(office.url, scenario, **usual | options)


async def until(at: Driver, text: str) -> None:
    """The address is checked on a thread of its own: look until it has come so far."""
    for _ in range(1000):
        if text in at.text:
            return
        await at.pilot.pause(0.01)
    raise AssertionError(f"{text!r} did not come: {at.text}")


async def begin(at: Driver, name: str = "Larkspur Tile") -> None:
    """Fill the name in and come to the schedule."""
    await at.press("plus")
    await at.type(name)
    await at.press("pagedown")
    await until(at, "Check: checked")
    await at.press("pagedown")
    assert "Step 3 of 8: Schedule" in at.text


async def come_to_the_end(at: Driver) -> None:
    while "Step 8 of 8" not in at.text:
        await at.press("pagedown")


async def replace(at: Driver, text: str) -> None:
    await at.press("ctrl+u")
    await at.type(text)


def held(office: Any) -> list[Connection]:
    with office.store.reading():
        return connections.all()


def password_on(at: Driver) -> str:
    [password] = [
        line.strip() for line in at.lines if re.fullmatch("[0-9A-Za-z]{24}", line.strip())
    ]
    return password


def element(path: Path, name: str) -> str | None:
    return etree.parse(str(path)).getroot().findtext(name)


def opens(office: Any, username: str, password: str) -> bool:
    with office.store.reading():
        credentials = applications.application_by_username(username)
    assert credentials is not None
    return verify_password(password, credentials.password_hash)


def test_a_company_is_set_up_from_nothing_to_files_that_the_web_connector_takes(office):
    passwords: list[str] = []

    async def scenario(at: Driver) -> None:
        assert "press + to set one up" in at.text
        await at.press("plus")
        await at.type("Larkspur Tile")
        await at.press("enter")
        await at.type(r"D:\Books\Larkspur.qbw")
        await at.press("enter", "enter")
        await until(at, "Check: checked")
        await at.press("enter")
        await replace(at, "15")
        await at.press("enter")
        await at.type("2024-01-31")
        await at.press("enter", "enter", "enter", "down", "enter", *["pagedown"] * 3)
        assert "Step 8 of 8: Files and summary" in at.text
        assert r"Company file: D:\Books\Larkspur.qbw" in at.text
        assert "Auto-Run interval: 15 minutes" in at.text
        assert "Start date: 2024-01-31" in at.text
        assert "https://sync.example.com, reached" in at.text
        assert held(office) == []
        await at.press("enter", "enter")
        assert "Password of Larkspur Tile" in at.lines[0]
        passwords.append(password_on(at))
        assert "larkspur-tile-invoice" in at.text
        assert at.screen.focused.id == "copy"
        await at.press("tab", "tab", "tab", "enter")
        assert "Larkspur Tile is set up." in at.text
        assert at.screen.focused.key == str(held(office)[0].id)
        assert all(len(line) <= SMALL[0] for line in at.lines)

    set_up(office, scenario)
    [made] = held(office)
    assert made.company_file == r"D:\Books\Larkspur.qbw"
    assert (made.run_every_minutes, made.start_date) == (15, date(2024, 1, 31))
    assert made.jobs is JobMode.SEPARATE
    for kind in ("invoice", "payment"):
        path = office.path.parent / "qwc" / "larkspur-tile" / f"{kind}.qwc"
        assert element(path, "AppURL") == f"https://sync.example.com/qbwc/{kind}"
        username = element(path, "UserName")
        assert username.startswith(f"larkspur-tile-{kind}-")
        assert opens(office, username, passwords[0])
    assert [(one.action, one.who) for one in office.audit()] == [
        ("qwc", "mara"),
        ("connection.add", "mara"),
    ]
    assert r"company file: D:\Books\Larkspur.qbw" in office.audit()[1].detail


def test_one_combined_application_gets_one_file(office):
    async def scenario(at: Driver) -> None:
        await at.press("plus")
        await at.type("Larkspur")
        await at.press("enter", "enter", "down", "pagedown")
        await until(at, "Check: checked")
        await come_to_the_end(at)
        assert "Files: invoiced.qwc" in at.text
        await at.press("pagedown")
        assert "User name of Invoiced: larkspur-combined" in at.text

    set_up(office, scenario)
    assert held(office)[0].layout is Layout.COMBINED
    names = [path.name for path in (office.path.parent / "qwc" / "larkspur").iterdir()]
    assert names == ["invoiced.qwc"]


def test_back_and_forth_loses_nothing(office):
    async def scenario(at: Driver) -> None:
        await begin(at, "Larkspur")
        await replace(at, "45")
        await at.press("pageup", "pageup")
        assert "Step 1 of 8" in at.text
        assert at.screen.focused.value == "Larkspur"
        await at.type(" Ltd")
        await at.press("pagedown", "pagedown")
        assert at.screen.focused.value == "45"
        await come_to_the_end(at)
        assert at.screen.focused.value.endswith("/qwc/larkspur-ltd")
        assert "Auto-Run interval: 45 minutes" in at.text

    set_up(office, scenario)


def test_giving_up_asks_first_and_leaves_nothing_behind(office):
    async def scenario(at: Driver) -> None:
        await begin(at)
        await come_to_the_end(at)
        await at.press("escape")
        assert "What you filled in is lost. Nothing was written." in at.text
        assert at.screen.focused.id == "cancel"
        await at.press("enter")
        assert "Step 8 of 8" in at.text
        await at.press("escape", "right", "enter")
        assert "No connection yet." in at.text

    set_up(office, scenario)
    assert held(office) == []
    assert office.audit() == []
    assert not (office.path.parent / "qwc").exists()


def test_with_nothing_filled_in_escape_leaves_at_once(office):
    async def scenario(at: Driver) -> None:
        await at.press("plus", "escape")
        assert "No connection yet." in at.text

    set_up(office, scenario)


def test_no_key_of_the_console_leaves_it_by_accident(office):
    async def scenario(at: Driver) -> None:
        await begin(at)
        await at.press("tab", "tab", "tab")  # onto the buttons, where letters are keys
        assert at.screen.focused.id == "next"
        await at.press("q", "h", "y", "ctrl+c", "ctrl+q")
        assert "Step 3 of 8" in at.text
        assert not at.app._exit

    set_up(office, scenario)


def test_a_name_that_cannot_be_taken_is_said_where_it_was_typed(office):
    office.connect("Bramble")
    refused = {
        "": "A connection needs a name, such as Larkspur Tile.",
        "-x": "which every command would take for an option. Begin it with a letter",
        "BRAMBLE": "There is already a connection named 'BRAMBLE'. Choose another name",
        "x" * 61: "it has 61 characters. Use 60 characters at most.",
    }

    async def scenario(at: Driver) -> None:
        await at.press("plus")
        for name, told in refused.items():
            at.screen.focused.value = name
            await at.press("pagedown")
            assert told in at.text
            assert "Step 1 of 8" in at.text
            assert at.screen.focused.value == name
            await at.press("end", "z")
            assert told not in at.text

    set_up(office, scenario)


def test_a_company_file_is_a_full_windows_path(office):
    async def scenario(at: Driver) -> None:
        await at.press("plus")
        await at.type("Larkspur")
        await at.press("enter")
        for path in ("Larkspur.qbw", r"D:\Books", "/books/x.qbw", r"D:x.qbw"):
            at.screen.focused.value = path
            await at.press("pagedown")
            assert "This is not the full path of a company file." in at.text, path
            assert r"such as C:\Books\Larkspur.qbw" in at.text
            await at.press("end", "z")
            assert "This is not the full path" not in at.text

    set_up(office, scenario)


def test_minutes_are_a_whole_number_up_to_a_week(office):
    async def scenario(at: Driver) -> None:
        await begin(at)
        for minutes in ("soon", "-5", "10081", "1.5", "²"):
            at.screen.focused.value = minutes
            await at.press("pagedown")
            assert "! Write minutes as a whole number from 0 to 10,080." in at.text, minutes
            await at.press("end", "z")
            assert "! Write minutes" not in at.text

    set_up(office, scenario)


def test_a_date_that_is_none_and_a_folder_that_is_missing_are_said(office):
    async def scenario(at: Driver) -> None:
        await begin(at)
        await at.press("enter")
        await at.type("31.1.2024")
        await at.press("pagedown")
        assert "! 31.1.2024 is not a date. Write it as 11/28/2026 or 2026-11-28" in at.text
        await replace(at, "none")
        await come_to_the_end(at)
        assert "Start date: None (all open invoices)" in at.text
        await at.press("ctrl+u", "pagedown")
        assert "! Name the folder for the files" in at.text

    set_up(office, scenario)


# The public address.


def test_each_check_of_the_address_has_its_word_and_its_remedy(office):
    class SelfSigned(Reached):
        def certificate_expires_at(self, host: str, port: int) -> datetime:
            error = ssl.SSLCertVerificationError(1, "self-signed certificate")
            error.verify_code, error.verify_message = 18, "self-signed certificate"
            raise error

    async def scenario(at: Driver) -> None:
        await at.press("plus")
        await at.type("Larkspur")
        await at.press("pagedown")
        await until(at, "Check: checked")
        assert "Public address: https://sync.example.com (set in DESKBRIDGE_PUBLIC_URL)" in at.text
        for word in ("ok address:", "ok dns:", "ok connect:", "fail certificate:"):
            assert word in at.text
        assert "What to do: Use a certificate from an authority that Windows trusts." in at.text
        assert "answer:" not in at.text

    set_up(office, scenario, network=SelfSigned)


def test_what_was_not_reached_is_warned_of_but_does_not_stand_in_the_way(office):
    class NoDaemon(Reached):
        def get(self, url: str) -> Page:
            return Page(502, "", b"Bad Gateway")

    async def scenario(at: Driver) -> None:
        await at.press("plus")
        await at.type("Larkspur")
        await at.press("pagedown")
        await until(at, "Check: checked")
        await at.press("enter")
        assert "Continue although the address was not reached?" in at.text
        assert "answers with status 502." in at.text
        assert "for example if the daemon is not running yet." in at.text
        assert at.screen.focused.id == "cancel"
        await at.press("enter")
        assert "Step 2 of 8" in at.text
        await at.press("enter", "right", "enter")
        assert "Step 3 of 8" in at.text
        await come_to_the_end(at)
        assert "not reached: https://sync.example.com/qbwc answers with status 502." in at.text
        await at.press("pagedown")
        assert "Password of Larkspur" in at.lines[0]

    set_up(office, scenario, network=NoDaemon)


def test_a_check_that_takes_long_stands_in_nobodys_way_and_can_be_stopped(office):
    let_go, asked = threading.Event(), threading.Event()

    class Slow(Reached):
        def look_up(self, host: str) -> list[str]:
            asked.set()
            assert let_go.wait(30)
            return ["203.0.113.7"]

    async def scenario(at: Driver) -> None:
        await at.press("plus")
        await at.type("Larkspur")
        await at.press("pagedown")
        assert asked.wait(30)
        assert "Check: checking…" in at.text
        assert "x Stop the check" in at.lines[-1]
        await at.press("x")
        assert "Check: stopped" in at.text
        assert "r Check again" in at.lines[-1]
        let_go.set()
        await at.press("pagedown")
        assert "The check has not finished." in at.text
        await at.press("escape")
        assert "203.0.113.7" not in at.text
        await at.press("r")
        await until(at, "Check: checked")
        assert "203.0.113.7" in at.text

    set_up(office, scenario, network=Slow)


def test_an_address_that_no_file_can_have_ends_the_set_up_before_anything_is_written(office):
    async def scenario(at: Driver) -> None:
        await at.press("plus")
        await at.type("Larkspur")
        await at.press("pagedown")
        await until(at, "Check: checked")
        assert "fail address: http://sync.example.com/qbwc: plain http is accepted" in at.text
        await at.press("pagedown")
        assert "No .qwc file can be made with this address. Correct the setting" in at.text
        assert "Step 2 of 8" in at.text

    set_up(office, scenario, environ={"DESKBRIDGE_PUBLIC_URL": "http://sync.example.com"})


def test_a_bug_in_the_check_is_a_sentence(office):
    class Broken(Reached):
        def look_up(self, host: str) -> list[str]:
            raise ZeroDivisionError("a bug")

    async def scenario(at: Driver) -> None:
        await at.press("plus")
        await at.type("Larkspur")
        await at.press("pagedown")
        await until(at, "The console ran into an internal error (ZeroDivisionError: a bug).")
        assert "Check: not finished" in at.text
        at.worker.bugs.clear()

    set_up(office, scenario, network=Broken)


# Data flows and rules.


def test_the_data_flows_are_a_table_with_a_dash_where_a_direction_does_not_exist(office):
    async def scenario(at: Driver) -> None:
        await begin(at)
        await at.press("pagedown")
        assert "Customers yes - Invoices yes - Payments yes yes" in at.text
        await at.press("enter", "down")
        assert "Payments yes no" in at.text
        await come_to_the_end(at)
        assert "Payments to QuickBooks: Don't post" in at.text
        await at.press("pagedown")

    set_up(office, scenario)
    assert (held(office)[0].payments_in, held(office)[0].payments_out) == (True, False)


async def add_deposit(at: Driver, account: str, method: str = "", gateway: str = "") -> None:
    table = at.screen.query_one("#rules RecordTable")
    table.focus()
    table.go_to("action:add_deposit")
    await at.press("enter")
    for text in (account, method, "", gateway):
        await at.type(text)
        await at.press("enter")


def test_rules_are_kept_until_the_end_and_written_with_the_rest(office):
    async def scenario(at: Driver) -> None:
        await begin(at)
        await at.press("pagedown", "pagedown")
        assert "Step 5 of 8: Payment rules" in at.text
        await add_deposit(at, "Stripe Clearing", gateway="stripe")
        assert "all payments by stripe" in at.text
        await add_deposit(at, "", method="check")
        await add_deposit(at, "Elsewhere", gateway="Stripe")
        assert "There is already a rule for all payments by Stripe." in at.text
        at.screen.focused.go_to("deposit:2")
        await at.press("enter")
        assert "check payments" not in at.text
        at.screen.focused.go_to("action:set_method")
        await at.press("enter", "enter", "enter")
        assert "! Type the method that the rule is for" in at.text
        await at.type("credit_card")
        await at.press("enter")
        await at.type("Visa")
        await at.press("enter")
        assert "Visa in QuickBooks" in at.text
        await come_to_the_end(at)
        assert "Deposit rule: all payments by stripe go to Stripe Clearing" in at.text
        assert held(office) == []
        await at.press("pagedown")

    set_up(office, scenario)
    [made] = held(office)
    with office.store.reading():
        [deposit] = account_rules.deposit_rules(made.id)
        [method] = account_rules.method_rules(made.id)
    assert (deposit.gateway, deposit.account) == ("stripe", "Stripe Clearing")
    assert (method.method, method.name) == ("credit_card", "Visa")
    assert [one.action for one in office.audit()] == [
        *("qwc", "rule.method", "rule.deposit", "connection.add"),
    ]


def test_what_becomes_of_payments_that_do_not_fit_is_asked_and_kept(office):
    async def scenario(at: Driver) -> None:
        await begin(at)
        await at.press("pagedown", "pagedown", "pagedown")
        assert "Step 6 of 8: Payments that do not match" in at.text
        for title in ("Overpayments.", "Payments without an invoice."):
            assert title in at.text
        await at.press("down", "enter", "down", "enter", "down", "enter", "down")
        assert "(*) Allow" in at.text
        await come_to_the_end(at)
        told = at.screen.query_one("#files TextView").text
        assert "Overpayments: Keep the rest as customer credit" in told
        assert "Payments without an invoice: Post on account" in told
        assert "deskbridge payments import 'Larkspur Tile' payments.csv" in told
        await at.press("pagedown")

    set_up(office, scenario)
    [made] = held(office)
    assert (made.overpayment, made.on_account) == (Overpayment.CREDIT, OnAccount.POST)
    assert made.closed_period is ClosedPeriod.NEXT_OPEN_DAY
    assert made.sample_company is SampleCompany.ALLOW


def test_unless_somebody_chooses_otherwise_what_does_not_fit_is_refused_or_held(office):
    async def scenario(at: Driver) -> None:
        await begin(at)
        await come_to_the_end(at)
        await at.press("pagedown")

    set_up(office, scenario)
    [made] = held(office)
    assert (made.overpayment, made.on_account) == (Overpayment.REFUSE, OnAccount.REFUSE)
    assert made.closed_period is ClosedPeriod.HOLD
    assert made.sample_company is SampleCompany.REFUSE


# All or nothing.


@pytest.mark.parametrize("which", ["foreign", "nofolder", "taken"])
def test_when_the_last_step_fails_nothing_is_written_and_nothing_typed_is_lost(office, which):
    folder = office.path.parent / "files"
    folder.mkdir()
    told = {
        "foreign": "payment.qwc is not a .qwc file made by Deskbridge and was not overwritten.",
        "nofolder": "Choose a folder; part of that path is a file",
        "taken": "There is already a connection named 'Larkspur Tile'.",
    }
    if which == "foreign":
        (folder / "payment.qwc").write_text("mine")
    if which == "nofolder":
        folder.rmdir()
        folder.write_text("a file")

    async def scenario(at: Driver) -> None:
        await begin(at)
        await come_to_the_end(at)
        at.screen.focused.value = str(folder / "x" if which == "nofolder" else folder)
        if which == "taken":
            office.connect("larkspur tile")
        await at.press("pagedown")
        # A long path may be broken anywhere.
        assert told[which].replace(" ", "") in at.text.replace(" ", "")
        assert "Step 8 of 8" in at.text
        assert len(held(office)) == (which == "taken")
        assert office.audit() == []
        if which == "foreign":
            assert [path.name for path in folder.iterdir()] == ["payment.qwc"]
        if which != "taken":
            at.screen.query_one("#files Input").value = str(office.path.parent / "others")
            await at.press("pagedown")
            assert "Password of Larkspur Tile" in at.lines[0]

    set_up(office, scenario)


def test_who_only_looks_is_refused_before_anything_is_asked(office):
    async def scenario(at: Driver) -> None:
        await at.press("plus")
        assert "Nothing was changed: this console is read-only." in at.text
        assert "No connection yet." in at.text

    set_up(office, scenario, read_only=True)


def test_every_step_survives_every_size(office):
    async def scenario(at: Driver) -> None:
        await begin(at)
        await at.press("pageup", "pageup")
        for _ in range(8):
            await fits_every_size(at)
            await at.press("pagedown")
        assert "Password of" in at.lines[0]
        await fits_every_size(at)

    set_up(office, scenario)


# The account on Invoiced.


class WithInvoiced(Reached):
    """The public address, and Invoiced, which takes one key."""

    answers = 200

    def get(self, url: str, headers: Any = None) -> Page:
        if "invoiced.com" not in url:
            return super().get(url)
        company = {"id": 7, "name": "Larkspur Billing", "currency": "usd", "test_mode": False}
        return Page(self.answers, "", json.dumps(company).encode())


async def come_to_invoiced(at: Driver, key: Path) -> None:
    await begin(at)
    while "Step 7 of 8: Invoiced" not in at.text:
        await at.press("pagedown")
    await at.type(str(key))
    await at.press("pagedown")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text("secret-key-of-larkspur\n")
    return path


def account(office: Any) -> Any:
    with office.store.reading():
        return accounts.every()


def test_an_account_is_connected_with_the_company_and_nothing_is_sent_yet(office, key):
    async def scenario(at: Driver) -> None:
        await come_to_invoiced(at, key)
        assert "Invoiced: Larkspur Billing" in at.text
        assert account(office) == []
        assert not list(office.path.parent.glob("*.key")), "nothing is written before the end"
        await at.press("pagedown")
        await at.press("tab", "tab", "tab", "enter")
        await until(at, "Larkspur Tile is set up.")

    set_up(office, scenario, network=WithInvoiced)
    [made] = account(office)
    assert (made.connection, made.company) == ("Larkspur Tile", "Larkspur Billing")
    assert (made.state, made.is_looking) == (AccountState.PAUSED, True)


def test_a_key_that_invoiced_refuses_is_said_where_it_was_typed(office, key):
    class Refusing(WithInvoiced):
        answers = 401

    async def scenario(at: Driver) -> None:
        await come_to_invoiced(at, key)
        assert "Step 7 of 8: Invoiced" in at.text
        assert "refuses the key" in at.text

    set_up(office, scenario, network=Refusing)
    assert held(office) == []


def test_a_company_stays_where_only_its_account_could_not_be_connected(office, key):
    async def scenario(at: Driver) -> None:
        await come_to_invoiced(at, key)
        key.unlink()
        await at.press("pagedown")
        await at.press("tab", "tab", "tab", "enter")
        await until(at, "Invoiced is not connected")
        assert "The company itself is set up." in at.text
        await at.press("enter")
        assert "Larkspur Tile is set up." in at.text

    set_up(office, scenario, network=WithInvoiced)
    assert [one.name for one in held(office)] == ["Larkspur Tile"]
    assert account(office) == []
