"""Settings of a connection: each change with its consequence, each in the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from shared.errors import NotFound
from shared.models import connections
from shared.models.payments import account_rules, quickbooks_lists
from shared.rules.payments.values import DepositRule, ListEntry, ListKind, MethodRule
from shared.rules.values import (
    ClosedPeriod,
    Connection,
    JobMode,
    Layout,
    MissingMethod,
    OnAccount,
    Overpayment,
    SampleCompany,
)
from tests.console.tui.screens.driver import LARGE, SMALL, Driver, sit_down
from tests.console.tui.screens.lists import survives


@pytest.fixture
def larkspur(office):
    return office.connect(run_every_minutes=30)


def sit(office: Any, scenario: Callable[[Driver], Any], **options: Any) -> None:
    """Open the settings of the only connection, then play the scenario."""

    async def at_settings(at: Driver) -> None:
        await at.press("comma")
        assert "Settings of Larkspur" in at.lines[0]
        await scenario(at)

    sit_down(office.url, at_settings, **options)


async def open_line(at: Driver, key: str) -> None:
    """Put the cursor on a line and press Enter."""
    at.screen.query_one("RecordTable").go_to(key)
    await at.press("enter")


async def retype(at: Driver, text: str) -> None:
    await at.press("ctrl+u")
    await at.type(text)
    await at.press("enter")


def now(office: Any, connection: Connection) -> Connection:
    with office.store.reading():
        return connections.by_id(connection.id)


def test_everything_about_a_connection_is_listed(office, larkspur):
    office.bind(larkspur)
    told: list[str] = []

    async def scenario(at: Driver) -> None:
        for _ in range(4):
            told.append(at.text)
            await at.press("pagedown")
        assert all(len(line) <= SMALL[0] for line in at.lines)

    sit(office, scenario)
    for line in (
        "Name Larkspur",
        "Rows in the Web Connector Two: Invoice Sync and Payment Sync",
        "Company file The file that is open in QuickBooks",
        "Company Larkspur Tile Works (QuickBooks Premier 2024, US)",
        "Auto-Run interval 30 minutes",
        "Shortest interval Any",
        "Customers and invoices Import from QuickBooks, always",
        "Payments from QuickBooks Import",
        "Payments to QuickBooks Post",
        "Start date None (all open invoices)",
        "Bill job invoices to Parent customer",
        "Overpayments Refuse",
        "Payments without an invoice Refuse",
        "Payments in a closed period Hold",
        "Missing payment method Add it to QuickBooks",
        "QuickBooks sample company Refuse",
        "Debug Off",
        "all other payments deposit to Undeposited Funds",
        "Invoice Sync larkspur-invoice-",
        "> Renew IDs Enter",
        "> Remove this connection Enter, or x",
    ):
        assert any(line in text for text in told), line


def test_a_typed_field_is_changed_noted_and_says_what_follows(office, larkspur):
    fields = {
        "company_file": (r"D:\B.QBW", "It must be the connection"),
        "run_every_minutes": ("60", "is part of the .qwc file"),
        "minimum_interval_seconds": ("90", "gets it at its next sign-in"),
        "name": ("Bramble", "User names and passwords stay."),
    }

    async def scenario(at: Driver) -> None:
        for field, (typed, told) in fields.items():
            await open_line(at, field)
            assert told in at.text, field
            await retype(at, typed)
            assert f"Changed {'Bramble' if field == 'name' else 'Larkspur'}." in at.text
            assert told in at.text, field

    sit(office, scenario)
    changed = now(office, larkspur)
    for field, (typed, _) in fields.items():
        assert str(getattr(changed, field)) == typed
    assert {(one.action, one.who) for one in office.audit()} == {("connection.edit", "mara")}
    assert [(one.connection, one.detail) for one in reversed(office.audit())] == [
        ("Larkspur", r"company file: D:\B.QBW"),
        ("Larkspur", "run every minutes: 60"),
        ("Larkspur", "minimum interval seconds: 90"),
        ("Larkspur", "rename: Bramble"),
    ]


def test_a_chosen_field_is_changed_noted_and_says_what_follows(office, larkspur):
    fields = {
        "payments_in": (False, "are no longer imported"),
        "jobs": (JobMode.SEPARATE, "changes with the next Invoice Sync"),
        "missing_method": (MissingMethod.OTHER, "Changed Larkspur."),
        "sample_company": (SampleCompany.ALLOW, "For a trial only."),
        "debug": (True, "turn this off when you have found the problem."),
    }

    async def scenario(at: Driver) -> None:
        for field, (_, told) in fields.items():
            await open_line(at, field)
            await at.press("down", "enter")
            assert told in at.text, field

    sit(office, scenario)
    changed = now(office, larkspur)
    assert {field: getattr(changed, field) for field in fields} == {
        field: value for field, (value, _) in fields.items()
    }
    assert [(one.action, one.detail) for one in reversed(office.audit())] == [
        ("connection.edit", "payments in: False"),
        ("connection.edit", "jobs: separate"),
        ("connection.edit", "missing method: other"),
        ("connection.edit", "sample company: allow"),
        ("connection.edit", "debug: True"),
    ]


@pytest.mark.parametrize(
    ("field", "value", "asked", "told"),
    [
        (
            "overpayment",
            Overpayment.CREDIT,
            "Keep the rest of overpayments as customer credit for Larkspur?",
            "already refused need a",
        ),
        (
            "on_account",
            OnAccount.POST,
            "Post payments without an invoice on account for Larkspur?",
            "retry those that should be posted",
        ),
        (
            "closed_period",
            ClosedPeriod.NEXT_OPEN_DAY,
            "Post payments in a closed period on the first open day for Larkspur?",
            "already refused need a",
        ),
    ],
)
def test_what_money_does_from_now_on_is_asked_about_first(
    office, larkspur, field, value, asked, told
):
    async def scenario(at: Driver) -> None:
        await open_line(at, field)
        await at.press("down", "enter")
        assert asked in at.text
        assert told in at.text
        assert at.screen.focused.id == "cancel"
        await at.press("enter")
        assert now(office, larkspur) == larkspur
        await open_line(at, field)
        await at.press("down", "enter", "right", "enter")
        assert "Changed Larkspur." in at.text

    sit(office, scenario)
    assert getattr(now(office, larkspur), field) == value


def test_another_layout_asks_and_says_that_the_old_rows_cannot_sign_in(office, larkspur):
    async def scenario(at: Driver) -> None:
        await open_line(at, "layout")
        await at.press("down", "enter")
        assert "Use one row in the Web Connector, Invoiced, for Larkspur?" in at.text
        assert "Invoice Sync and Payment Sync can no longer sign in: remove both" in at.text
        assert at.screen.focused.id == "cancel"
        await at.press("enter")
        assert now(office, larkspur).layout is Layout.TWO
        await open_line(at, "layout")
        await at.press("down", "enter", "right", "enter")
        assert "Then generate the .qwc file of the one row, Invoiced" in at.text

    sit(office, scenario)
    assert now(office, larkspur).layout is Layout.COMBINED
    assert [one.detail for one in office.audit()] == ["layout: combined"]


def test_a_start_date_is_set_and_taken_away(office, larkspur):
    async def scenario(at: Driver) -> None:
        await open_line(at, "start_date")
        await retype(at, "2024-01-31")
        assert "from None (all open invoices) to 2024-01-31." in at.text
        assert "Payments dated earlier are not posted" in at.text
        await at.press("right", "enter")
        assert now(office, larkspur).start_date == date(2024, 1, 31)
        await open_line(at, "start_date")
        await retype(at, "")
        await at.press("right", "enter")

    sit(office, scenario)
    assert now(office, larkspur).start_date is None
    assert [one.detail for one in office.audit()] == ["start date: none", "start date: 2024-01-31"]


def test_turning_posting_on_names_the_money_that_moves(office):
    larkspur = office.connect(payments_out=False)
    for number in (1, 2):
        office.payment(larkspur, f"pay_{number}", "not_eligible", code="payment-flow-off")
    office.payment(larkspur, "pay_3", "not_eligible", code="payment-offline")

    async def scenario(at: Driver) -> None:
        await open_line(at, "payments_out")
        await at.press("up", "enter")
        assert "The next Payment Sync posts what was held: 2 payments, 500.00 USD." in at.text
        await at.press("escape")
        assert not now(office, larkspur).payments_out
        await open_line(at, "payments_out")
        await at.press("up", "enter", "right", "enter")

    sit(office, scenario)
    assert now(office, larkspur).payments_out


def test_what_cannot_be_taken_is_said_in_the_dialog_and_changes_nothing(office, larkspur):
    office.connect("Bramble")

    async def scenario(at: Driver) -> None:
        await open_line(at, "run_every_minutes")
        await retype(at, "often")
        assert "! Write minutes as a whole number from 0 to 10,080." in at.text
        await at.press("escape")
        await open_line(at, "name")
        await retype(at, "bramble")
        assert "There is already a connection named 'bramble'." in at.text
        await open_line(at, "run_every_minutes")
        await at.press("enter")
        assert "Nothing was changed: that is the current value." in at.text

    async def second(at: Driver) -> None:
        await at.press("f", "j", "comma")
        assert "Settings of Larkspur" in at.lines[0]
        await scenario(at)

    sit_down(office.url, second)
    assert now(office, larkspur) == larkspur
    assert office.audit() == []


# Rules.


@pytest.fixture
def listed(office, larkspur):
    """QuickBooks listed its accounts and payment methods in the last Payment Sync."""
    entries = [
        ListEntry(ListKind.ACCOUNT, "80-1", "Bank:Checking", "Bank", "", "USD", True),
        ListEntry(ListKind.ACCOUNT, "80-2", "Bank:Closed", "Bank", "", "USD", False),
        ListEntry(ListKind.PAYMENT_METHOD, "90-1", "Visa", "Visa", "", "", True),
    ]
    with office.store.transaction():
        quickbooks_lists.add(larkspur.id, entries)
    return office


def test_a_deposit_rule_is_offered_the_accounts_of_quickbooks(listed, larkspur):
    async def scenario(at: Driver) -> None:
        await open_line(at, "action:add_deposit")
        assert "Known (right arrow completes): Bank:Checking" in at.text
        assert "Bank:Closed" not in at.text
        await at.type("bank")
        await at.pilot.pause(0.05)
        await at.press("right", "enter")
        await at.type("credit_card")
        await at.press("enter")
        await at.type("us")
        await at.press("enter", "enter")
        assert "! Write a currency as three letters, such as USD" in at.text
        await at.type("d")
        await at.press("enter", "enter")
        told = "From now on credit_card payments in USD go to Bank:Checking."
        assert told in at.text
        await open_line(at, "deposit:1")
        assert "Remove this deposit rule?" in at.text
        assert "Until now, credit_card payments in USD go to Bank:Checking." in at.text
        await at.press("enter")
        with listed.store.reading():
            assert account_rules.deposit_rules(larkspur.id) == [
                DepositRule(1, "credit_card", "USD", "", "Bank:Checking")
            ]
        await open_line(at, "deposit:1")
        await at.press("right", "enter")
        assert "Removed the deposit rule." in at.text

    sit(listed, scenario)
    with listed.store.reading():
        assert account_rules.deposit_rules(larkspur.id) == []
    assert [(one.action, one.detail) for one in listed.audit()] == [
        ("rule.remove", "1"),
        ("rule.deposit", "credit_card payments in USD go to Bank:Checking"),
    ]


def test_an_account_that_quickbooks_does_not_list_is_warned_of(listed, larkspur):
    async def scenario(at: Driver) -> None:
        await open_line(at, "action:add_deposit")
        await at.type("Bank:Cheking")
        await at.press("enter", "enter", "enter", "enter")
        assert 'found no account "Bank:Cheking" in QuickBooks. Did you mean Bank:Checking?' in (
            at.text
        )
        await open_line(at, "action:add_deposit")
        await at.press("enter", "enter", "enter", "enter")
        assert "Deposit rule 1 has the same conditions" in at.text

    sit(listed, scenario)


def test_a_method_rule_replaces_the_one_before_and_is_removed(listed, larkspur):
    async def scenario(at: Driver) -> None:
        for name in ("Visa", "Mastercard"):
            await open_line(at, "action:set_method")
            await at.type("credit_card")
            await at.press("enter")
            await at.type(name)
            await at.press("enter")
            assert f"From now on credit_card is {name} in QuickBooks." in at.text
        assert 'found no payment method "Mastercard" in QuickBooks.' in at.text
        with listed.store.reading():
            assert account_rules.method_rules(larkspur.id) == [
                MethodRule("credit_card", "Mastercard")
            ]
        await open_line(at, "method:credit_card")
        await at.press("right", "enter")
        assert "credit_card uses its usual name in QuickBooks again." in at.text

    sit(listed, scenario)
    assert [one.action for one in listed.audit()] == ["rule.remove", "rule.method", "rule.method"]


# Forgetting and removing.


def test_forgetting_the_company_asks_and_names_it(office, larkspur):
    office.bind(larkspur)

    async def scenario(at: Driver) -> None:
        await open_line(at, "action:unbind")
        assert "Forget the company file of Larkspur?" in at.text
        assert "Larkspur Tile Works is forgotten" in at.text
        assert "payments go there" in at.text
        await at.press("right", "enter")
        assert "Changed Larkspur." in at.text
        assert "Forget the company" not in at.text  # there is nothing to forget any more

    sit(office, scenario)
    assert now(office, larkspur).binding is None
    assert [(one.action, one.detail) for one in office.audit()] == [
        ("connection.edit", "rebind: True")
    ]


def test_removing_says_what_goes_and_wants_the_name(office, larkspur):
    office.trouble(larkspur)
    for number, status in enumerate(("waiting", "unknown", "parked")):
        office.payment(larkspur, f"pay_{number}", status)

    async def scenario(at: Driver) -> None:
        await at.press("x")
        assert "Remove Larkspur?" in at.text
        assert "1 open problem and its passwords." in at.text
        assert "Waiting, and will not be posted: 1 payment, 250.00 USD." in at.text
        assert "Outcome unknown: 1 payment, 250.00 USD." in at.text
        assert "checks QuickBooks: 1 payment, 250.00 USD." in at.text
        assert "This cannot be undone." in at.text
        await at.type("larkspur")
        await at.press("enter")
        assert "! Type Larkspur, in exactly these letters." in at.text
        assert now(office, larkspur) == larkspur
        await retype(at, "Larkspur")
        assert "Connections" in at.lines[0]
        assert "Removed Larkspur. Its applications can no longer sign in" in at.text
        await at.second()
        assert "No connection yet." in at.text

    sit(office, scenario)
    with office.store.reading(), pytest.raises(NotFound):
        connections.by_id(larkspur.id)
    assert [(one.action, one.connection) for one in office.audit()] == [
        ("connection.remove", "Larkspur")
    ]


# Looking only, and others at work.


def test_who_only_looks_sees_everything_and_changes_nothing(office, larkspur):
    async def scenario(at: Driver) -> None:
        for key in ("name", "layout", "action:add_deposit", "action:set_method", "action:remove"):
            await open_line(at, key)
            assert "Nothing was changed: this console is read-only." in at.text, key
            assert "Settings of Larkspur" in at.lines[0]
            at.screen.hush()

    sit(office, scenario, read_only=True)
    assert now(office, larkspur) == larkspur
    assert office.audit() == []


def test_what_others_change_is_shown_and_the_cursor_stays(office, larkspur):
    async def scenario(at: Driver) -> None:
        at.screen.query_one("RecordTable").go_to("jobs")
        with office.store.transaction():
            connections.edit(larkspur.id, jobs=JobMode.SEPARATE, name="Larkspur Ltd")
        await at.second()
        assert "Settings of Larkspur Ltd" in at.lines[0]
        assert "Bill job invoices to The job itself" in at.text
        assert at.screen.focused.key == "jobs"

    sit(office, scenario)


def test_each_line_says_what_it_is_and_what_a_change_brings(office, larkspur):
    async def scenario(at: Driver) -> None:
        for key, told in (
            ("jobs", "A change: The ledger changes with the next Invoice Sync."),
            ("layout", "Enter, One for both, called Invoiced: Invoice Sync and Payment Sync"),
            ("always", "never changes an invoice or a customer in QuickBooks"),
            ("company", "No other company is read or changed."),
            ("default", "are deposited to Undeposited Funds"),
            (
                f"application:{connections_first(office, larkspur)}",
                "User name: larkspur-invoice-",
            ),
            ("action:renew_ids", "fixes QBWC1039 and QBWC1026. Explains, then asks."),
        ):
            at.screen.query_one("RecordTable").go_to(key)
            await at.settle()
            assert told in at.text

    sit(office, scenario, size=LARGE)


def connections_first(office: Any, connection: Connection) -> int:
    with office.store.reading():
        return connections.applications(connection.id)[0].id


def test_files_and_passwords_are_made_from_here_too(office, larkspur):
    async def scenario(at: Driver) -> None:
        await open_line(at, "action:generate")
        assert "Generate QWC: Larkspur" in at.lines[0]
        await at.press("escape")
        await open_line(at, "action:rotate")
        assert "Settings" in at.lines[0]  # there is no password yet

    sit(office, scenario)


def test_settings_and_its_dialogs_survive_every_size(office, larkspur):
    survives(office, ("comma",), ("enter",), ("escape", "end", "enter"), ("escape", "x"))
