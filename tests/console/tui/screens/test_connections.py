from __future__ import annotations

import pytest

from shared.models import connections
from shared.models.store import Store
from shared.operations import overview
from shared.rules.values import Layout, SyncState
from tests.console.tui.screens.driver import SMALL, Driver, sit_down
from tests.models.builders import NOON, later

WIDEST = (200, 50)


def test_an_empty_store_says_how_the_first_connection_is_made(office):
    async def scenario(at: Driver) -> None:
        assert "No connection yet." in at.text
        assert "Next: press + to set one up." in at.text
        assert "q Quit" in at.lines[-1]

    sit_down(office.url, scenario)


@pytest.fixture
def two(office):
    """Larkspur failed and is late; Bramble works."""
    larkspur = office.connect(run_every_minutes=30, company_file=r"D:\Books\Larkspur.qbw")
    office.bind(larkspur)
    office.seen(larkspur, later(hours=-2))
    office.failed_sync(
        larkspur, "quickbooks-unreachable", "QuickBooks could not be opened.", at=later(hours=-2)
    )
    bramble = office.connect("Bramble", run_every_minutes=30)
    office.seen(bramble, later(minutes=-10))
    office.sync(bramble, at=later(minutes=-10), message="Finished: 7 records up to date")
    office.sync(bramble, application="payment", state=SyncState.STARTED, position=45, total=100)
    return office


@pytest.mark.parametrize("size", [SMALL, WIDEST])
def test_each_connection_has_its_states_as_words_and_who_needs_a_person_comes_first(two, size):
    async def scenario(at: Driver) -> None:
        header, larkspur, bramble = at.lines[1:4]
        assert header.split()[:5] == ["Connection", "Invoice", "Sync", "Payment", "Sync"]
        assert larkspur.split()[:4] == ["Larkspur", "failed", "not", "set"]
        assert "late 10:00" in larkspur
        assert bramble.split()[:4] == ["Bramble", "finished", "running", "45%"]
        assert "late" not in bramble
        assert {"Problems", "Waiting", "Unknown"} <= set(header.split())
        assert ("Company file" in header) == (size == WIDEST)
        assert all(len(line) <= size[0] for line in at.lines)

    sit_down(two.url, scenario, size=size)


def test_the_one_under_the_cursor_is_explained_with_cause_and_remedy(two):
    async def scenario(at: Driver) -> None:
        assert "Invoice Sync: failed, 10:00. QuickBooks could not be opened." in at.text
        assert "Auto-Run: late. Invoice Sync stopped calling: last seen 10:00, expected 10:30." in (
            at.text
        )
        assert r"Larkspur Tile Works, D:\Books\Larkspur.qbw; QuickBooks Premier 2024, US" in at.text
        await at.press("j")
        assert "Payment Sync: running, 12:00. 45 / 100 records." in at.text
        assert "Next: 12:20" in at.text

    sit_down(two.url, scenario)


def test_a_running_sync_is_never_late(office):
    larkspur = office.connect(run_every_minutes=10)
    office.seen(larkspur, later(hours=-3))
    office.sync(larkspur, at=later(hours=-3), state=SyncState.STARTED)
    office.sync(larkspur, application="payment", at=later(hours=-3), state=SyncState.STARTED)

    async def scenario(at: Driver) -> None:
        assert "late" not in at.lines[2]

    sit_down(office.url, scenario)


@pytest.mark.parametrize(("minutes", "late"), [(44, False), (46, True)])
def test_late_begins_half_an_interval_after_the_expected_run(office, minutes, late):
    larkspur = office.connect(run_every_minutes=30)
    office.seen(larkspur, later(minutes=-minutes))
    office.sync(larkspur, at=later(minutes=-minutes))

    async def scenario(at: Driver) -> None:
        assert ("late" in at.lines[2]) is late

    sit_down(office.url, scenario)


def test_a_combined_application_shows_its_state_under_both_syncs(office):
    combined = office.connect("Bramble", layout=Layout.COMBINED)
    office.sync(combined, application="combined")

    async def scenario(at: Driver) -> None:
        assert at.lines[2].split()[:3] == ["Bramble", "finished", "finished"]
        assert "Invoiced: finished" in at.text

    sit_down(office.url, scenario)


def test_the_filter_keeps_what_has_all_the_words_and_esc_clears_it(two):
    async def scenario(at: Driver) -> None:
        await at.press("slash")
        await at.type("tile works")
        assert "Connections (1 of 2," in at.lines[0]
        await at.press("enter")
        assert "Larkspur" in at.lines[2]
        assert "Bramble" not in at.text
        await at.press("slash", "x")
        assert "No connection has these words." in at.text
        await at.press("escape")
        assert "Connections (2," in at.lines[0]
        await at.press("j")  # the keys work on the table again
        assert at.screen.focused.key == str(at.screen.snapshot.lines[0].overview.connection.id)

    sit_down(two.url, scenario)


def test_the_order_is_chosen_by_a_key(two):
    async def scenario(at: Driver) -> None:
        await at.press("f")
        assert "by name" in at.lines[0]
        assert at.lines[2].startswith("Bramble")
        await at.press("f")
        assert "last seen first" in at.lines[0]
        assert at.lines[2].startswith("Bramble")
        await at.press("f")
        assert at.lines[2].startswith("Larkspur")

    sit_down(two.url, scenario)


def test_what_others_do_is_shown_and_the_cursor_stays_on_its_connection(two):
    async def scenario(at: Driver) -> None:
        await at.press("j")
        table = at.screen.focused
        key = table.key
        for name in ("Aster", "Cedar"):
            office_connection = two.connect(name)
            two.failed_sync(office_connection, "wrong-password", "The password is not right.")
        await at.second()
        assert [line.split()[0] for line in at.lines[2:6]] == [
            *("Aster", "Cedar", "Larkspur", "Bramble"),
        ]
        assert table.key == key
        assert "Payment Sync: running" in at.text  # Bramble is still the one explained

    sit_down(two.url, scenario)


def test_nothing_is_painted_while_nothing_changes(two, monkeypatch):
    async def scenario(at: Driver) -> None:
        painted: list[object] = []
        monkeypatch.setattr(type(at.screen), "show", lambda _screen, one: painted.append(one))
        await at.second()
        assert painted == []
        assert at.app.screen._compositor._dirty_regions == set()
        two.sync(None, at=NOON)  # a login with an unknown name changes no connection
        await at.second()
        assert painted == []
        two.connect("Cedar")
        await at.second()
        assert len(painted) == 1

    sit_down(two.url, scenario)


def test_payments_in_doubt_are_counted_apart(office):
    larkspur = office.connect()
    for number, status in enumerate(("waiting", "ready", "unknown", "posted")):
        office.payment(larkspur, f"pay_{number}", status)

    async def scenario(at: Driver) -> None:
        assert at.lines[2].split()[-3:] == ["0", "2", "1"]
        assert "1 payment with unknown outcome" in at.text

    sit_down(office.url, scenario)


def test_a_paused_connection_says_since_when_and_by_whom(office):
    office.connect()
    with office.store.transaction():
        [held] = connections.all()
        connections.pause(held.id, "ada", office.store.now())

    async def scenario(at: Driver) -> None:
        assert "Paused since" in at.text
        assert "by ada" in at.text

    sit_down(office.url, scenario)


def test_what_nobody_changed_is_read_again_only_when_time_may_have_changed_it(office, monkeypatch):
    office.connect("Larkspur")
    read: list[Store] = []
    now = [NOON]

    def counted(store: Store) -> overview.Connections:
        read.append(store)
        return view(store)

    view = overview.view
    monkeypatch.setattr(overview, "view", counted)

    async def scenario(at: Driver) -> None:
        await at.second()
        begun = len(read)
        await at.second()
        assert len(read) == begun
        office.connect("Marsh")
        await at.second()
        assert len(read) == begun + 1
        assert "Marsh" in at.text
        now[0] = later(seconds=6)
        await at.second()
        assert len(read) == begun + 2

    sit_down(office.url, scenario, clock=lambda: now[0])
