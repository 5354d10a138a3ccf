"""An operator at the console in a test: presses keys, reads the screen, waits for nothing.

    def test_something(books, tmp_path):
        async def scenario(at: Driver) -> None:
            await at.press("y", "enter")
            assert "Sync 1" in at.text

        sit_down(books.store, scenario)

The clock of the console stands still and it polls when it is told to: ``await at.second()``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.app import App
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot
from textual.widgets import Button

from console.tui.app import DeskbridgeApp
from console.tui.preferences import Preferences
from console.tui.screens.base import StoreScreen
from console.tui.store_thread import OpensStore
from console.tui.widgets.header import Header
from console.tui.worker import Reading, StoreWorker
from shared.health.internet import Network, Page
from shared.health.machine import ThisMachine
from shared.models.store import Store, open_store
from shared.settings import load_settings
from tests.models.builders import NOTHING

SMALL = (80, 24)
LARGE = (120, 40)
_NO_FRAMES = str.maketrans(dict.fromkeys("│╭╮╰╯─", " "))


class Unplugged:
    """A network on which nothing is found."""

    def look_up(self, host: str) -> list[str]:
        raise OSError(-2, "Name or service not known")

    def connect(self, host: str, port: int) -> None:
        raise OSError(111, "Connection refused")

    def certificate_expires_at(self, host: str, port: int) -> datetime:
        raise OSError(111, "Connection refused")

    def get(self, url: str) -> Page:
        raise OSError(111, "Connection refused")


class RoomyMachine(ThisMachine):
    """A machine on which the store has room; its clock is the one of the console."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock()

    def free_bytes(self, folder: Path) -> int:
        return 80 << 30


class Watched(StoreWorker):
    """The way to the store, which remembers what is under way."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._futures: list[Future[Any]] = []

    @property
    def unfinished(self) -> list[Future[Any]]:
        self._futures = [future for future in self._futures if not future.done()]
        return self._futures

    def read(self, question: Callable[[Store], Any]) -> Future[Any]:
        return self._noted(super().read(question))

    def follow(
        self, question: Callable[[Store], Any], before: Reading[Any] | None
    ) -> Future[Reading[Any]]:
        return self._noted(super().follow(question, before))

    def beside(self, work: Callable[[], Any]) -> Future[Any]:
        return self._noted(super().beside(work))

    def write(self, work: Callable[[Store], Any]) -> Future[Any]:
        return self._noted(super().write(work))

    def with_store_closed(self, work: Callable[[], Any]) -> Future[Any]:
        return self._noted(super().with_store_closed(work))

    def _noted(self, future: Future[Any]) -> Future[Any]:
        """Under way until it is done and each of those who wait for it has been told."""
        add = future.add_done_callback

        def add_noted(then: Callable[[Future[Any]], object]) -> None:
            told: Future[None] = Future()
            self._futures.append(told)

            def tell(done: Future[Any]) -> None:
                try:
                    then(done)
                finally:
                    told.set_result(None)

            add(tell)

        future.add_done_callback = add_noted  # type: ignore[method-assign]
        self._futures.append(future)
        return future


class Driver:
    """The console as an operator meets it."""

    def __init__(self, app: DeskbridgeApp, worker: Watched, pilot: Pilot[None]) -> None:
        self.app = app
        self.worker = worker
        self.pilot = pilot

    @property
    def header(self) -> str:
        """The header of the screen on top."""
        return self.painted[0]

    @property
    def lines(self) -> list[str]:
        """What is on the screen below the header, line by line, without the blanks at the right.

        Of a dialog: what is in its frame, and the keys; not what it is in front of.
        """
        painted = self.painted
        framed = self.app.screen.query("#dialog, #form-dialog")
        if framed:
            box = framed.first().region
            within = [line[box.x : box.right] for line in painted[box.y : box.bottom]]
            return [*within, painted[-1]]
        shown = [one for one in self.app.screen.query(Header) if one.display]
        return painted[len(shown) :]

    @property
    def painted(self) -> list[str]:
        """Everything that is on the screen, line by line."""
        width, height = self.app.size
        strips = self.app.screen._compositor.render_strips()
        assert len(strips) == height
        lines = ["".join(segment.text for segment in strip) for strip in strips]
        return [line[:width].rstrip() for line in lines]

    @property
    def text(self) -> str:
        """What is on the screen without frames; a sentence that was wrapped is on one line."""
        return " ".join(" ".join(self.lines).translate(_NO_FRAMES).split())

    @property
    def screen(self) -> Any:
        """The screen on top."""
        return self.app.screen

    async def press(self, *keys: str) -> None:
        """Press keys, one by one, and wait until what they set off is done."""
        for key in keys:
            await self.app._press_keys([key])  # without the pilot's message to each widget after it
            await self.settle()

    async def type(self, text: str) -> None:
        """Type a text, faster than anything can follow."""
        await self.app._press_keys("space" if character == " " else character for character in text)
        await self.settle()

    async def second(self) -> None:
        """A second goes by: the screen on top asks for news."""
        assert isinstance(self.app.screen, StoreScreen)
        self.app.screen.poll()
        await self.settle()

    async def resize(self, size: tuple[int, int]) -> None:
        """Change the size of the terminal."""
        await self.pilot.resize_terminal(*size)
        while self.app._resize_event is not None:  # Textual takes several at once, a moment later
            await asyncio.sleep(1 / 120)
        await self.settle()

    async def settle(self) -> None:
        """Wait until no answer of the store is on its way and every message was taken."""
        await painted(self.app)
        while unfinished := self.worker.unfinished:
            await asyncio.to_thread(wait, unfinished)
            await painted(self.app)


async def painted(app: App[Any]) -> None:
    """Wait until the app has nothing left to do and has painted what it did."""
    await idle()
    await app.animator.wait_until_complete()
    while True:
        for _ in range(100):  # paints are held back for a moment while screens change
            if not app._batch_count or not app.is_running or app._exit:
                break
            await asyncio.sleep(1 / 1000)
        app.screen._on_timer_update()
        if not await idle():
            return


async def idle(_at_least: float = 0, _at_most: float = 0) -> int:
    """Wait until nothing in the event loop can go on by itself; how many rounds that took.

    Stands in for Textual's own wait, which sleeps 20 ms and more until the process uses little
    processor time: slow, and a guess on a machine that is busy with other things.
    """
    loop: Any = asyncio.get_running_loop()
    rounds = 0
    await asyncio.sleep(0)
    while loop._ready:
        rounds += 1
        await asyncio.sleep(0)
    return rounds


_Sheet = tuple[list[RuleSet], dict[str, list[RuleSet]]]
_READ: dict[tuple[object, ...], _Sheet] = {}
_read_styles = Stylesheet.parse


def _read_once(sheet: Stylesheet) -> None:
    """The rules of the same styles are the same for every app with the same theme."""
    key = (frozenset(sheet._variables.items()), *sheet.source.items())
    if key not in _READ:
        _read_styles(sheet)
        assert sheet._rules is not None
        _READ[key] = (sheet._rules, sheet.rules_map)
    sheet._rules, sheet._rules_map = _READ[key]
    sheet._require_parse = False


@contextmanager
def swift() -> Iterator[None]:
    """Meanwhile Textual's pilot waits no longer than it must, and each style is read once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textual.app.wait_for_idle", idle)
        patch.setattr("textual.pilot.wait_for_idle", idle)
        patch.setattr(Stylesheet, "parse", _read_once)
        # A sixth of all calls of Python while a screen opens; the same number by a function of C.
        patch.setattr(RuleSet, "__hash__", object.__hash__)
        patch.setattr("console.tui.widgets.record_table.REST_SECONDS", 0)
        # A pressed button takes no second press for a fifth of a second: nobody is that quick.
        patch.setattr(Button, "_start_active_affect", lambda _button: None)
        yield


_render_update = Compositor.render_update


def _only_pictures(
    compositor: Compositor, full: bool = False, screen_stack: list[Any] | None = None, **how: Any
) -> Any:
    if full:  # somebody asked for the screen as it is
        return _render_update(compositor, full, screen_stack, **how)
    visible_screen_stack.set(screen_stack or [])
    compositor._dirty_regions.clear()
    return None


@contextmanager
def unseen() -> Iterator[None]:
    """Meanwhile changes are not painted, since no terminal shows them: a third of all work.

    A test that looks has the whole screen painted.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Compositor, "render_update", _only_pictures)
        yield


def sit_down(
    url: str,
    scenario: Callable[[Driver], Awaitable[None]],
    *,
    size: tuple[int, int] = SMALL,
    read_only: bool = False,
    clock: Callable[[], datetime] = lambda: datetime(2024, 6, 12, 12, 0, tzinfo=UTC),
    opens: OpensStore | None = None,
    poll_seconds: float | None = None,
    environ: Mapping[str, str] = NOTHING,
    network: Callable[[], Network] = Unplugged,
    preferences: Preferences | None = None,
    paints: bool = False,
) -> None:
    """Run the console on the store at ``url`` and the scenario in front of it.

    ``environ`` has settings, as DESKBRIDGE_… variables. ``paints``: whatever changes is painted, as
    for a terminal; else what the scenario looks at.
    """

    def opened(*, create: bool) -> Store:
        return open_store(url, create=create, clock=clock)

    async def session() -> None:
        worker = Watched(
            opens or opened,
            who="mara",
            settings=load_settings(None, {"DESKBRIDGE_DATABASE": url, **environ}),
            read_only=read_only,
            network=network,
            machine=lambda: RoomyMachine(clock),
            clock=clock,
            poll_seconds=poll_seconds,
        )
        app = DeskbridgeApp(worker, preferences=preferences)
        async with app.run_test(size=size) as pilot:
            driver = Driver(app, worker, pilot)
            await driver.settle()
            await scenario(driver)
        assert worker.bugs == []

    with swift(), nullcontext() if paints else unseen():
        asyncio.run(session())
