"""Files and passwords from the console: shown once, replaced, renewed, fetched once."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from rich.console import Console

from console.tui.screens.jump import JumpScreen
from console.tui.screens.qwc import PasswordScreen
from shared import dates
from shared.models import applications, connections, downloads, sqlite
from shared.operations import issuing
from shared.operations.deciding import Operator, carry_out
from shared.passwords import verify_password
from shared.rules.values import Application, Connection, Layout
from shared.settings import load_settings
from tests.console.tui.screens.driver import SMALL, Driver, sit_down
from tests.console.tui.screens.lists import SIZES
from tests.models.builders import later, signs_in

ENVIRON = {"DESKBRIDGE_PUBLIC_URL": "https://sync.example.com"}


@pytest.fixture
def larkspur(office):
    return office.connect()


@pytest.fixture
def folder(office) -> Path:
    return office.path.parent / "qwc" / "larkspur"


@pytest.fixture
def issued(office, larkspur, folder):
    """Larkspur has files and a password already, which the Web Connector uses."""
    settings = load_settings(None, {"DESKBRIDGE_DATABASE": office.url, **ENVIRON})
    with office.store.reading():
        plan = issuing.plan_files(office.store, settings, larkspur.id, folder=folder)
    made = carry_out(Operator(office.store, "mara"), plan)
    with office.store.transaction():
        for one in connections.applications(larkspur.id):
            signs_in(one, office.store.now())
    return made


def sit(office: Any, scenario: Callable[[Driver], Any], **options: Any) -> None:
    sit_down(office.url, scenario, **{"environ": ENVIRON} | options)


def password_on(at: Driver) -> str:
    [password] = [
        line.strip() for line in at.lines if re.fullmatch("[0-9A-Za-z]{24}", line.strip())
    ]
    return password


async def push(at: Driver, button: str) -> None:
    """Push a button of the dialog with a password."""
    at.screen.query_one(f"#{button}").focus()
    await at.press("enter")


async def done(at: Driver) -> None:
    """Choose Done, which is the last button."""
    assert isinstance(at.screen, PasswordScreen)
    at.screen.query_one("#done").focus()
    await at.press("enter")
    assert not isinstance(at.screen, PasswordScreen)


def those_of(office: Any, connection: Connection) -> list[Application]:
    with office.store.reading():
        return connections.applications(connection.id)


def opens(office: Any, connection: Connection, password: str) -> bool:
    """Whether the password lets every application of the connection in."""
    with office.store.reading():
        held = [
            applications.application_by_username(one.username)
            for one in connections.applications(connection.id)
        ]
    return all(one and verify_password(password, one.password_hash) for one in held)


def element(path: Path, name: str) -> str | None:
    return etree.parse(str(path)).getroot().findtext(name)


def test_files_password_user_names_and_instructions_are_on_one_screen(office, larkspur, folder):
    passwords: list[str] = []

    async def scenario(at: Driver) -> None:
        assert "g Generate .qwc" in at.lines[-1]
        await at.press("g")
        assert "Generate QWC: Larkspur" in at.lines[0]
        await at.press("enter", "enter")
        passwords.append(password_on(at))
        assert "Save the password now; it won't be shown again. Choose Done to close." in at.text
        assert "User name of Invoice Sync: larkspur-invoice" in at.text
        assert "User name of Payment Sync: larkspur-payment" in at.text
        told = at.screen.query_one("TextView").text
        assert f"File of Payment Sync: {folder}/payment.qwc" in told
        assert "already listed, remove the old rows first: select, click Remove, confirm." in told
        assert "4. Enter the password in the Password column" in told
        assert all(len(line) <= SMALL[0] for line in at.lines)
        await done(at)
        assert f"The.qwcfilesofLarkspurarein{folder}." in "".join(at.text.split())

    sit(office, scenario)
    assert opens(office, larkspur, passwords[0])
    assert element(folder / "invoice.qwc", "UserName").startswith("larkspur-invoice-")
    assert [one.action for one in office.audit()] == ["qwc"]


def test_no_key_but_done_leaves_the_password(office, larkspur):
    async def scenario(at: Driver) -> None:
        await at.press("g", "enter", "enter")
        password = password_on(at)
        for key in ("h", "y", "enter", "g", "escape", "q", "ctrl+c", "ctrl+q"):
            await at.press(key, key)
            assert password_on(at) == password, key
            assert not at.app._exit, key
            if key in ("escape", "q", "ctrl+c", "ctrl+q"):
                assert at.text.count("Choose Done to close.") == 2, key
                at.screen.say("")

    sit(office, scenario)


def test_no_jump_leads_away_from_it(office, larkspur):
    async def scenario(at: Driver) -> None:
        await at.press("ctrl+p")
        assert isinstance(at.screen, JumpScreen)
        await at.press("escape", "g", "enter", "enter", "ctrl+p")
        assert isinstance(at.screen, PasswordScreen)

    sit(office, scenario)


def test_a_click_elsewhere_does_not_leave_it_either(office, larkspur):
    async def scenario(at: Driver) -> None:
        await at.press("g", "enter", "enter")
        password = password_on(at)
        for place in ((0, 0), (79, 23), (40, 12)):
            await at.pilot.click(offset=place)
        await at.settle()
        assert password_on(at) == password

    sit(office, scenario)


def test_after_done_the_password_is_nowhere(office, larkspur, folder):
    passwords: list[str] = []

    async def scenario(at: Driver) -> None:
        await at.press("g", "enter", "enter", "C")
        await push(at, "steps")
        await push(at, "links")
        passwords.append(password_on(at))
        shown = at.screen
        assert passwords[0] not in repr(shown)
        assert passwords[0] not in repr(shown._issued)
        await done(at)
        assert passwords[0] not in repr(vars(shown))
        for keys in ((), ("comma",), ("escape", "y"), ("p",), ("question_mark",)):
            await at.press(*keys)
            assert passwords[0] not in at.text
        assert passwords[0] not in at.app.clipboard
        assert not at.app._notifications

    sit(office, scenario)
    office.store.close()
    files = [path for path in office.path.parent.rglob("*") if path.is_file()]
    assert len(files) >= 3
    assert not any(passwords[0].encode() in path.read_bytes() for path in files)
    assert not any(passwords[0] in repr(one) for one in office.audit())


def test_a_picture_of_the_screen_has_everything_but_the_password(office, larkspur):
    async def scenario(at: Driver) -> None:
        await at.press("g", "enter", "enter")
        password = password_on(at)
        picture = at.app.export_screenshot()
        assert "larkspur-invoice" in picture
        assert password not in picture
        assert "*" * 24 in picture
        await at.press("f1")
        assert password not in at.app.export_screenshot()
        await at.press("escape")
        assert password_on(at) == password

    sit(office, scenario)


def test_a_crash_while_it_is_shown_does_not_print_it(office, larkspur, monkeypatch):
    async def scenario(at: Driver) -> None:
        await at.press("g", "enter", "enter")
        password = password_on(at)
        monkeypatch.setattr(at.app, "_close_messages_no_wait", lambda: None)
        try:
            1 / 0  # noqa: B018 - any crash
        except ZeroDivisionError:
            at.app._fatal_error()
        printed = io.StringIO()
        Console(file=printed, width=200).print(*at.app._exit_renderables)
        told = printed.getvalue()
        at.app._exit_renderables.clear()
        assert "test_qwc.py" in told
        assert "ZeroDivisionError" in told
        assert password not in told

    sit(office, scenario)


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"TERM": "xterm-256color"}, "If nothing arrives, your terminal does not support OSC 52."),
        ({"TERM": "linux"}, "This terminal (linux) does not support the clipboard"),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x"}, "in tmux, set -g set-clipboard on."),
    ],
    ids=lambda value: value.get("TERM") if isinstance(value, dict) else "",
)
def test_copying_goes_to_the_terminal_alone_and_says_when_it_may_not_arrive(
    office, larkspur, monkeypatch, environ, told
):
    monkeypatch.delenv("TMUX", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    written: list[str] = []

    async def scenario(at: Driver) -> None:
        await at.press("g", "enter", "enter")
        monkeypatch.setattr(at.app._driver, "write", written.append)
        await at.press("C")
        assert told in at.text
        password = password_on(at)
        [sent] = [text for text in written if text.startswith("\x1b]52;c;")]
        assert base64.b64decode(sent.removeprefix("\x1b]52;c;").rstrip("\a")).decode() == password
        assert at.app.clipboard == ""
        await push(at, "steps")
        assert "larkspur-invoice" in at.app.clipboard
        assert password not in at.app.clipboard

    sit(office, scenario)


def test_generating_again_asks_since_the_old_password_stops_working(office, larkspur, issued):
    passwords: list[str] = []

    async def scenario(at: Driver) -> None:
        await at.press("g", "enter", "enter")
        assert "Replace the password of Larkspur?" in at.text
        assert "The password that Invoice Sync and Payment Sync use now stops" in at.text
        assert at.screen.focused.id == "cancel"
        await at.press("enter")
        assert "Generate QWC" in at.lines[0]
        assert opens(office, larkspur, issued.password)
        await at.press("enter", "right", "enter")
        assert "The old password no longer works." in at.text
        passwords.append(password_on(at))

    sit(office, scenario)
    assert not opens(office, larkspur, issued.password)
    assert opens(office, larkspur, passwords[0])


def test_rotating_replaces_the_password_and_leaves_the_files_alone(
    office, larkspur, issued, folder
):
    before = (folder / "invoice.qwc").read_bytes()
    passwords: list[str] = []

    async def scenario(at: Driver) -> None:
        await at.press("G")
        assert "Replace the password of Larkspur?" in at.text
        assert "The .qwc files stay valid." in at.text
        await at.press("enter")
        assert opens(office, larkspur, issued.password)
        await at.press("G", "right", "enter")
        passwords.append(password_on(at))
        assert "In the Web Connector" in at.text
        assert "Enter the password in the Password column" in at.text
        assert "Download links" not in at.text
        await done(at)
        assert "Larkspur has a new password; the previous one no longer works." in at.text

    sit(office, scenario)
    assert not opens(office, larkspur, issued.password)
    assert opens(office, larkspur, passwords[0])
    assert (folder / "invoice.qwc").read_bytes() == before
    assert [one.action for one in office.audit()] == ["password.rotate", "qwc"]


def test_there_is_nothing_to_rotate_before_the_first_file(office, larkspur):
    async def scenario(at: Driver) -> None:
        await at.press("G")
        assert "Connections" in at.lines[0]

    sit(office, scenario)
    assert office.audit() == []


def test_renewing_ids_says_why_and_what_the_bookkeeper_must_do(office, larkspur, issued, folder):
    before = [element(folder / "invoice.qwc", name) for name in ("OwnerID", "FileID")]

    async def scenario(at: Driver) -> None:
        await at.press("comma", "end", "k", "enter", "enter", "enter")
        assert "Renew the IDs of Larkspur?" in at.text
        assert "QBWC1039 and QBWC1026 mean that the company file still carries this" in at.text
        assert "must remove the old rows from the Web Connector, add the new files" in at.text
        assert "Until then, nothing syncs." in at.text
        await at.press("right", "enter")
        assert "With new IDs this is required" in at.screen.query_one("TextView").text

    sit(office, scenario)
    after = [element(folder / "invoice.qwc", name) for name in ("OwnerID", "FileID")]
    assert not set(before) & set(after)
    assert after[0] == those_of(office, larkspur)[0].owner_id
    assert "new OwnerID and FileID" in office.audit()[0].detail


def test_ids_stay_unless_they_are_renewed(office, larkspur, issued, folder):
    before = (folder / "payment.qwc").read_bytes()

    async def scenario(at: Driver) -> None:
        await at.press("g", "enter", "enter", "right", "enter")
        password_on(at)

    sit(office, scenario)
    assert (folder / "payment.qwc").read_bytes() == before


def test_a_link_fetches_its_file_once_within_15_minutes(office, larkspur, folder):
    links: list[str] = []

    async def scenario(at: Driver) -> None:
        await at.press("g", "enter", "enter")
        await push(at, "links")
        assert "Each link works once, until 12:15." in at.text
        links.extend(re.findall(r"https://sync\.example\.com/download/([0-9a-f]{32})", at.text))
        assert [one.action for one in office.audit()] == ["qwc.link", "qwc"]

    sit(office, scenario)
    assert len(links) == 2
    assert not any(link in repr(office.audit()) for link in links)
    with office.store.transaction():
        fetched = downloads.take(links[0], later(minutes=14))
        assert fetched is not None
        assert (fetched.file_name, fetched.who) == ("invoice.qwc", "mara")
        assert fetched.content == (folder / "invoice.qwc").read_bytes()
        assert downloads.take(links[0], later(minutes=14)) is None
        assert downloads.take(links[1], later(minutes=15)) is None


def test_a_file_that_is_not_ours_is_not_overwritten(office, larkspur, folder):
    folder.mkdir(parents=True)
    (folder / "payment.qwc").write_text("mine")

    async def scenario(at: Driver) -> None:
        await at.press("g", "enter", "enter")
        assert "is not a .qwc file made by Deskbridge and was not overwritten." in at.text
        assert "Choose another folder, or move that file away" in at.text
        assert not (folder / "invoice.qwc").exists()
        await at.press("escape")

    sit(office, scenario)
    assert (folder / "payment.qwc").read_text() == "mine"
    assert those_of(office, larkspur)[0].password_generation == 0
    assert office.audit() == []


def test_an_address_that_no_file_can_have_is_refused_with_what_to_set(office, larkspur, folder):
    async def scenario(at: Driver) -> None:
        await at.press("g", "enter", "enter")
        assert "plain http is accepted for localhost only" in at.text
        assert "Generate QWC" in at.lines[0]

    sit(office, scenario, environ={"DESKBRIDGE_PUBLIC_URL": "http://sync.example.com"})
    assert not any(folder.iterdir())


def test_a_store_that_is_locked_makes_no_password(office, larkspur, issued, monkeypatch):
    monkeypatch.setitem(sqlite.PRAGMAS, "busy_timeout", 0)

    async def scenario(at: Driver) -> None:
        await at.press("G", "right")
        with office.store.transaction():
            await at.press("enter")
        assert "Another program holds it; close that program and try again." in at.text
        assert "Connections" in at.lines[0]

    sit(office, scenario)
    assert opens(office, larkspur, issued.password)


def test_who_only_looks_gets_no_password(office, larkspur, issued):
    async def scenario(at: Driver) -> None:
        for key in ("g", "G"):
            await at.press(key)
            assert "Nothing was changed: this console is read-only." in at.text
            assert "Connections" in at.lines[0]
            at.screen.hush()

    sit(office, scenario, read_only=True)
    assert opens(office, larkspur, issued.password)


def test_a_combined_application_is_one_file_and_one_link(office):
    office.connect(layout=Layout.COMBINED)

    async def scenario(at: Driver) -> None:
        await at.press("g")
        assert "Writes invoiced.qwc." in at.text
        await at.press("enter", "enter")
        await push(at, "links")
        assert "The link works once, until 12:15" in at.text

    sit(office, scenario)


def test_the_password_survives_every_size(office, larkspur):
    async def scenario(at: Driver) -> None:
        await at.press("g")
        await at.resize((2, 2))
        await at.press("enter", "enter")
        for size in SIZES:
            await at.resize(size)
            if size[0] > 28:
                password_on(at)
        await at.resize(SMALL)
        password_on(at)

    sit(office, scenario)


def test_the_same_files_can_be_written_again_without_a_new_password(
    office, larkspur, issued, folder
):
    before = (folder / "invoice.qwc").read_bytes()
    (folder / "invoice.qwc").unlink()

    async def scenario(at: Driver) -> None:
        await at.press("g", "enter", "down", "enter")
        assert "Files of Larkspur" in at.text
        assert "The password was not changed." in at.text
        assert "Copy password" not in at.text
        await done(at)

    sit(office, scenario)
    assert (folder / "invoice.qwc").read_bytes() == before
    assert opens(office, larkspur, issued.password)


def test_the_focus_is_seen_and_tab_leads_to_done(office, larkspur):
    async def scenario(at: Driver) -> None:
        await at.press("g", "enter", "enter")
        assert at.screen.focused.id == "copy"
        assert "Tab Next button" in at.lines[-1]
        await at.press("tab", "tab", "tab")
        assert at.screen.focused.id == "done"
        await at.press("enter")
        assert not isinstance(at.screen, PasswordScreen)

    sit(office, scenario)


def test_a_lock_says_until_when_and_a_key_ends_it(office, larkspur, issued):
    with office.store.transaction():
        first = connections.applications(larkspur.id)[0]
        applications.login_failed(first.id, locked_until=later(minutes=5))

    async def scenario(at: Driver) -> None:
        assert "sign-in is locked until 12:05 after too many wrong passwords." in at.text
        assert "u Unlock sign-in" in at.text
        await at.press("u")
        assert "Invoice Sync of Larkspur can sign in again." in at.text
        assert "is locked until" not in at.text
        await at.press("u")
        assert "Unlock sign-in" not in at.lines[-1]

    sit(office, scenario)
    assert those_of(office, larkspur)[0].locked_until is None
    assert office.audit()[0].action == "password.unlock"


def test_settings_show_a_lock_and_end_it(office, larkspur, issued):
    with office.store.transaction():
        first = connections.applications(larkspur.id)[0]
        applications.login_failed(first.id, locked_until=later(minutes=5))

    async def scenario(at: Driver) -> None:
        await at.press("comma")
        table = at.screen.query_one("RecordTable")
        table.go_to(f"application:{first.id}")
        await at.settle()
        assert f"sign-in is locked until {dates.moment(later(minutes=5))}. u unlocks it." in at.text
        table.go_to("action:unlock")
        await at.press("enter")
        assert "Invoice Sync of Larkspur can sign in again." in at.text

    sit(office, scenario)


def test_who_only_looks_unlocks_nothing(office, larkspur):
    with office.store.transaction():
        first = connections.applications(larkspur.id)[0]
        applications.login_failed(first.id, locked_until=later(minutes=5))

    async def scenario(at: Driver) -> None:
        await at.press("u")
        assert "this console is read-only." in at.text

    sit(office, scenario, read_only=True)
    assert those_of(office, larkspur)[0].locked_until is not None
