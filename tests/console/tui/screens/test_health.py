"""Health: the checks of doctor on a screen, the worst first; the network only when asked."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from daemon.edge.pages import service_page
from shared.errors import StoreUnavailable
from shared.health.internet import Page
from shared.models import daemons
from shared.models.daemons import DaemonFacts
from shared.models.store import open_store
from shared.settings import SETTINGS
from tests.console.tui.screens.driver import LARGE, Driver, Unplugged, sit_down
from tests.models.builders import NOON, later

PUBLIC = {"DESKBRIDGE_PUBLIC_URL": "https://books.example.com"}


def facts(**changes: object) -> DaemonFacts:
    usual = {
        "instance": "a1",
        "host": "books",
        "pid": 4711,
        "version": "0.0.1",
        "listening": ("http://127.0.0.1:8085",),
        "public_url": "https://books.example.com",
        "certificate_expires_at": later(days=80),
        "started_at": later(days=-3),
    }
    return DaemonFacts(**usual | changes)


@pytest.fixture
def up(office):
    """An office with a daemon that serves TLS itself and was heard of just now."""
    with office.store.transaction():
        daemons.beat(facts(), NOON)
    return office


def test_what_does_not_work_stands_first_with_its_remedy(office):
    office.connect()

    async def scenario(at: Driver) -> None:
        await at.press("e")
        assert at.lines[0].startswith(" Health: 1 failed, 2 warnings, ")
        assert at.lines[2] == "Failed: 1"
        assert at.lines[3].split()[:2] == ["fail", "daemon"]
        assert at.lines[4].split()[:2] == ["Warnings:", "2"]
        assert "What to do: Restart it: sudo systemctl restart deskbridge" in at.text

    sit_down(office.url, scenario)


def test_everything_that_the_issue_names_is_on_it(up):
    async def scenario(at: Driver) -> None:
        await at.press("e")
        for told in (
            "process 4711 on books has been up for 3 days",
            "process 4711 on books is version 0.0.1, this command is",
            "process 4711 on books: http://127.0.0.1:8085.",
            "The certificate of process 4711 on books is valid for 80 days.",
            "SQLite ",
            "Version 1, as this Deskbridge needs it.",
            "None yet; there are no connections yet either.",
            "2024-06-12 12:00 UTC, and nothing in the store is later.",
            "80.0 GB is free on the disk of",
            "None is waiting to be posted to QuickBooks.",
            "keep_days = 30 (DESKBRIDGE_KEEP_DAYS)",
        ):
            assert told in at.text, told

    environ = PUBLIC | {"DESKBRIDGE_KEEP_DAYS": "30"}
    sit_down(up.url, scenario, size=(200, 60), environ=environ)


def test_a_daemon_that_stops_is_seen_a_second_later_and_the_cursor_stays(up):
    async def scenario(at: Driver) -> None:
        await at.press("e", "end", "home", "down", "down")
        key = at.screen.focused.key
        assert "fail" not in "\n".join(at.lines[2:10])
        with up.store.transaction():
            daemons.stopped("a1", NOON)
        await at.second()
        assert at.lines[3].split()[:2] == ["fail", "daemon"]
        assert at.screen.focused.key == key

    sit_down(up.url, scenario, environ=PUBLIC)


def test_a_finding_is_read_in_full_and_esc_leads_back(office):
    async def scenario(at: Driver) -> None:
        await at.press("e", "enter")
        assert at.lines[2] == "daemon: fail"
        await at.press("escape")
        assert at.lines[2] == "Failed: 1"
        await at.press("escape")
        assert "Connections" in at.lines[0]

    sit_down(office.url, scenario)


def test_a_setting_says_what_it_means_and_where_it_comes_from(up):
    [meaning] = [one.meaning for one in SETTINGS if one.name == "drain_seconds"]

    async def scenario(at: Driver) -> None:
        await at.press("e", "end")
        assert "drain_seconds: 20" in at.text
        assert meaning in at.text
        assert "Variable: DESKBRIDGE_DRAIN_SECONDS; default: 20" in at.text

    sit_down(up.url, scenario)


class Internet(Unplugged):
    """A network in which the address works; it answers when it is let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.asked: list[str] = []

    def look_up(self, host: str) -> list[str]:
        self.asked.append(host)
        assert self.let_go.wait(30)
        return ["203.0.113.9"]

    def connect(self, host: str, port: int) -> None:
        self.asked.append(f"{host}:{port}")

    def certificate_expires_at(self, host: str, port: int):
        return NOON + timedelta(days=5)

    def get(self, url: str) -> Page:
        return Page(200, "", service_page("https://books.example.com"))


def test_the_network_is_asked_on_a_key_alone_while_the_keys_go_on_working(up):
    internet = Internet()

    async def scenario(at: Driver) -> None:
        await at.press("e")
        await at.second()
        assert internet.asked == []
        await at.press("down")
        await at.pilot.press("r", "down", "r")
        await at.pilot.pause()
        assert "Calling https://books.example.com" in at.text
        assert "w Network" not in at.lines[-1]
        assert at.screen.focused.key == "store 1"
        internet.let_go.set()
        await at.settle()
        assert internet.asked == ["books.example.com", "books.example.com:443"]
        assert "Called at 12:00:00. certificate: The certificate of books.example.com" in at.text
        assert "Warnings: 2" in at.text
        assert "books.example.com is 203.0.113.9." in at.text
        await at.second()  # it stays
        assert "books.example.com is 203.0.113.9." in at.text

    sit_down(up.url, scenario, size=(120, 80), environ=PUBLIC, network=lambda: internet)


def test_an_address_that_cannot_be_used_is_not_called(up):
    async def scenario(at: Driver) -> None:
        await at.press("e", "r")
        assert "Called at 12:00:00. The address cannot be used as it is." in at.text
        assert at.lines[3].split()[:2] == ["fail", "address"]

    url, internet = {"DESKBRIDGE_PUBLIC_URL": "http://books.example.com"}, Internet()
    sit_down(up.url, scenario, environ=url, network=lambda: internet)
    assert internet.asked == []


def test_all_findings_are_copied(office):
    async def scenario(at: Driver) -> None:
        await at.press("e", "C")
        assert "daemon: fail\nFound: No daemon is running" in at.app.clipboard
        assert "drain_seconds: 20" in at.app.clipboard

    sit_down(office.url, scenario)


def test_a_database_password_is_never_shown(office):
    async def scenario(at: Driver) -> None:
        await at.press("e", "C")
        assert "anna:" in at.app.clipboard
        assert "s3cret" not in at.app.clipboard

    environ = {"DESKBRIDGE_DATABASE": "postgresql://anna:s3cret@127.0.0.1:1/context"}
    sit_down(office.url, scenario, environ=environ)


def test_without_the_store_it_checks_what_it_can_and_comes_back_with_it(office):
    locked = [True]

    def opens(*, create: bool):
        if locked[0]:
            raise StoreUnavailable("The store cannot be used: locked.", "Close that program.")
        return open_store(office.url, create=create, clock=lambda: NOON)

    async def scenario(at: Driver) -> None:
        await at.press("e")
        assert at.lines[0].endswith("not connected")
        assert at.lines[3].startswith("fail  store")
        assert "What to do: Close that program." in at.text
        assert " disk " in at.text
        await at.second()
        assert at.lines[3].startswith("fail  store")
        locked.clear()
        locked.append(False)
        await at.second()
        assert at.lines[3].startswith("fail  daemon")
        assert "locked" not in at.text

    sit_down(office.url, scenario, opens=opens)


def test_a_store_that_is_back_as_it_was_is_shown_again(office):
    away = office.path.with_name("away")

    async def scenario(at: Driver) -> None:
        await at.press("e")
        assert at.lines[3].startswith("fail  daemon")
        office.store.close()
        office.path.rename(away)
        await at.second()
        assert at.lines[3].startswith("fail  store")
        away.rename(office.path)
        await at.second()
        assert at.lines[3].startswith("fail  daemon")

    sit_down(office.url, scenario)


def test_it_works_the_same_on_postgresql(empty_postgres_url):
    async def scenario(at: Driver) -> None:
        await at.press("e")
        await at.second()
        assert "PostgreSQL" in at.text
        assert at.lines[3].startswith("fail  daemon")

    sit_down(empty_postgres_url, scenario)


class Working(Internet):
    """A network in which nothing is to be said against the address."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go.set()

    def certificate_expires_at(self, host: str, port: int):
        return NOON + timedelta(days=80)


def test_where_the_address_works_the_answer_is_said(up):
    async def scenario(at: Driver) -> None:
        await at.press("e", "r")
        assert "Called at 12:00:00. answer: https://books.example.com/qbwc answers" in at.text
        assert "the answer comes from Deskbridge" in at.text

    sit_down(up.url, scenario, size=LARGE, environ=PUBLIC, network=Working)
