"""Two operators at two terminals on one store: what one does, the other sees in two seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from console.tui.app import DeskbridgeApp
from console.tui.worker import POLL_SECONDS
from shared.models import connections, problems, syncs
from shared.models.store import Store, open_store
from shared.settings import load_settings
from tests.console.tui.screens.driver import SMALL, Driver, Watched, swift, unseen
from tests.models.builders import NOON, both_engines, trouble

TWO_SECONDS = 2.0


def sit_down_at_two(
    url: str,
    scenario: Callable[[Driver, Driver], Awaitable[None]],
    *,
    poll_seconds: float | None = None,
) -> None:
    """Run two consoles on one store, each with threads of its own, and the scenario before them."""

    def opened(*, create: bool) -> Store:
        return open_store(url, create=create, clock=lambda: NOON)

    async def session() -> None:
        async with AsyncExitStack() as stack:
            drivers = []
            for who in ("mara", "ben"):
                settings = load_settings(None, {"DESKBRIDGE_DATABASE": url})
                worker = Watched(
                    opened,
                    who=who,
                    settings=settings,
                    clock=lambda: NOON,
                    poll_seconds=poll_seconds,
                )
                app = DeskbridgeApp(worker)
                pilot = await stack.enter_async_context(app.run_test(size=SMALL))
                drivers.append(Driver(app, worker, pilot))
                await drivers[-1].settle()
            await scenario(*drivers)

    with swift(), unseen():
        asyncio.run(session())


@pytest.fixture
def troubled(store: Store, store_url: str) -> str:
    """The address of a store in which two invoices could not be read."""
    with store.transaction():
        larkspur = connections.add("Larkspur", now=NOON)
        sync = syncs.start(larkspur.id, "invoice", NOON)
        found = [trouble(object_id=f"A-{n}", document=f"Invoice {n}, Fern") for n in (1, 2)]
        problems.report(larkspur.id, sync.id, found, NOON)
    return store_url


@both_engines
def test_what_one_skips_the_other_sees_with_the_next_look_and_keeps_its_place(troubled):
    async def scenario(mara: Driver, ben: Driver) -> None:
        await ben.press("p", "down")
        await mara.press("p")
        assert ben.screen.focused.key != mara.screen.focused.key
        place = ben.screen.focused.key
        await mara.press("s")
        await mara.type("by hand")
        await mara.press("enter")
        assert "Problems (1 open)" in mara.lines[0]
        assert "Problems (2 open)" in ben.lines[0]
        await ben.second()
        assert "Problems (1 open)" in ben.lines[0]
        assert ben.screen.focused.key == place
        await ben.press("f", "f")
        assert "Status: skipped: by hand (by mara)" in ben.text

    sit_down_at_two(troubled, scenario)


def test_what_one_skips_the_other_shows_within_two_seconds_by_itself(troubled):
    async def scenario(mara: Driver, ben: Driver) -> None:
        await ben.press("p")
        await mara.press("p", "s")
        await mara.type("by hand")
        await _just_after_a_look(ben)
        done = time.monotonic()
        await mara.pilot.press("enter")
        while "Problems (1 open)" not in ben.lines[0]:
            assert time.monotonic() - done < TWO_SECONDS
            await ben.pilot.pause(0.02)

    sit_down_at_two(troubled, scenario, poll_seconds=POLL_SECONDS)


async def _just_after_a_look(at: Driver) -> None:
    """Wait until the screen has asked for news: the next time is as far away as it can be."""
    looks: list[object] = []
    question = at.screen.question
    at.screen.question = lambda: looks.append(at) or question()
    while not looks:
        await at.pilot.pause(0.02)


def test_of_two_decisions_about_one_problem_the_second_is_refused_with_a_sentence(troubled):
    async def scenario(mara: Driver, ben: Driver) -> None:
        await ben.press("p", "s")
        await ben.type("twice")
        await mara.press("p", "s")
        await mara.type("once")
        await mara.press("enter")
        await ben.press("enter")
        assert "Problem 2 is skipped, so it cannot be skipped." in ben.text
        assert "Problems (1 open)" in ben.lines[0]

    sit_down_at_two(troubled, scenario)
