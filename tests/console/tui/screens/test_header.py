"""The header of every screen: how everything goes, whatever is looked at."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from console.tui.main_screens import MAIN_SCREENS
from console.tui.widgets.header import Standing, line
from shared.models import daemons
from shared.models.daemons import DaemonFacts
from shared.operations.pulse import Pulse
from shared.rules.backups import Backups
from shared.rules.pulse import Sum
from shared.rules.values import SyncState
from shared.structs import replace
from tests.console.tui.screens.driver import Driver, sit_down
from tests.models.builders import NOON, later

EVERYTHING = Pulse(
    ok=38,
    failed=1,
    late=1,
    running=2,
    waiting=(Sum("USD", 3, Decimal("1234.56")), Sum("CAD", 1, Decimal("5.00"))),
    unknown=(Sum("USD", 1, Decimal("100.00")),),
    daemon_runs=True,
    daemon_seen_at=NOON,
    backups=Backups(NOON - timedelta(hours=3), NOON + timedelta(hours=45)),
)


def told(width: int, **changes: object) -> str:
    standing = Standing(replace(EVERYTHING, **changes), "Larkspur Tile Works", NOON, "12:00")
    return line(standing, width).plain


def test_a_wide_header_tells_everything():
    assert told(200).split("  ") == [
        " Deskbridge",
        "Larkspur Tile Works",
        "daemon up",
        "all:",
        "38 OK",
        "1 failed",
        "1 late",
        "2 running",
        "waiting 1,234.56 USD +1",
        "unknown 100.00 USD",
        "backup 3h ago",
        "12:00",
    ]


def test_parts_go_in_the_stated_order_and_what_must_be_seen_never_goes():
    order = ["Deskbridge", "backup", "12:00", "running", "waiting", "OK"]
    gone: list[str] = []
    for width in range(160, 57, -1):
        shown = told(width)
        assert len(shown) <= width
        gone += [word for word in order if word not in shown and word not in gone]
        assert all(one in shown for one in ("Larkspu", "daemon up", "1 failed", "1 late", "100.00"))
    assert gone == order


def test_a_daemon_that_was_killed_and_an_old_backup_are_told_in_words():
    stale = Backups(NOON - timedelta(days=9), NOON - timedelta(days=2))
    old = told(200, daemon_runs=False, backups=stale)
    assert "daemon DOWN" in old
    assert "backup 9d ago" in old
    never = told(200, daemon_runs=False, daemon_seen_at=None, backups=Backups())
    assert "no daemon" in never
    assert "no backup" in never
    assert "backup failed" in told(200, backups=replace(stale, failure="The disk is full."))
    assert "backup" not in told(200, backups=None)


def beats(office, at):
    facts = DaemonFacts("1f", "pc", 7, "0.1.0", ("http://x",), "https://x", None, at)
    with office.store.transaction():
        daemons.beat(facts, at)


def test_every_screen_has_it(office):
    office.sync(office.connect("Aster"))
    office.failed_sync(office.connect("Bramble"), "wrong-password", "The password is not right.")
    running = office.connect("Fern")
    refused = "The password is not right."
    office.failed_sync(running, "wrong-password", refused, application="payment")
    office.sync(running, state=SyncState.STARTED)
    office.seen(office.connect("Late", run_every_minutes=30), later(hours=-3))
    office.connect("Never ran")
    office.payment(running, "p1", "waiting")
    office.payment(running, "p2", "unknown")
    beats(office, later(minutes=-5))

    async def scenario(at: Driver) -> None:
        for main in MAIN_SCREENS:
            await at.press(main.key)
            assert "daemon DOWN  1 OK  2 failed  1 late  waiting 250.00 USD" in at.header, main
            assert "unknown 250.00 USD" in at.header, main

    sit_down(office.url, scenario, size=(150, 24))


def test_the_header_follows_a_daemon_that_comes_back(office):
    office.connect()

    async def scenario(at: Driver) -> None:
        assert "no daemon" in at.header
        beats(office, NOON)
        at.app.ask_pulse()
        await at.settle()
        assert "daemon up" in at.header

    sit_down(office.url, scenario)


def test_a_notice_leaves_when_there_was_time_to_read_it(office):
    async def scenario(at: Driver) -> None:
        at.screen.say("Sync 28 will stop.")
        notice = at.screen._notice
        assert notice._interval >= 5
        assert at.screen.query_one("#said").display
        at.screen.hush()
        await at.settle()
        assert not at.screen.query_one("#said").display
        at.screen.say("Working…", stays=True)
        assert at.screen._notice is None

    sit_down(office.url, scenario)
