"""How many keys it takes: from nothing to a first sync, and from a failure to its remedy."""

from __future__ import annotations

import pytest

from console.tui.widgets.text_view import TextView
from shared import hints
from shared.models import connections
from tests.console.tui.screens.driver import SMALL, Driver, sit_down
from tests.console.tui.screens.test_setup import set_up, until
from tests.models.builders import later

FIRST_SYNC, REMEDY = 25, 3


class Hand:
    """Counts the keys that it presses; typed text is not counted."""

    def __init__(self, at: Driver) -> None:
        self.at = at
        self.pressed = 0

    async def press(self, *keys: str) -> None:
        self.pressed += len(keys)
        await self.at.press(*keys)


def test_a_first_sync_from_nothing(office):
    async def scenario(at: Driver) -> None:
        hand = Hand(at)
        await hand.press("plus")
        await at.type("Larkspur Tile")
        await hand.press("pagedown")
        await until(at, "Check: checked")
        while "Password of Larkspur Tile" not in at.lines[0]:
            await hand.press("pagedown")
        while getattr(at.screen.focused, "id", "") != "done":
            await hand.press("tab")
        await hand.press("enter")
        with office.store.reading():
            [made] = connections.all()
        office.sync(made, message="Finished: 7 records up to date")  # the bookkeeper's part
        await hand.press("enter")
        assert "Recent Syncs of Larkspur Tile" in at.lines[0]
        assert "finished" in at.lines[2]
        assert hand.pressed <= FIRST_SYNC

    set_up(office, scenario, size=SMALL)


CODES = ("wrong-password", "company-mismatch")


@pytest.mark.parametrize("code", CODES)
def test_from_home_to_the_cause_and_the_remedy_of_a_failed_sync(office, code):
    hint = hints.hint(code)
    assert hint is not None
    for number in range(3):
        office.sync(office.connect(f"Aster {number}"))
    last = office.connect("Zinnia")
    office.failed_sync(last, code, hint.title, at=later(hours=-1))

    async def scenario(at: Driver) -> None:
        hand = Hand(at)
        assert hint.title.split()[0] in at.text  # home puts it on top: the cause without a key
        await hand.press("enter", "t")
        told = " ".join(at.screen.query_one(TextView).text.split())
        assert " ".join(hint.why.split())[:60] in told
        assert hint.title in f"{at.lines[0]} {told}"
        assert hand.pressed <= REMEDY

    sit_down(office.url, scenario, size=SMALL)
