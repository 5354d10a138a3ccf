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
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future, wait
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from console.tui.app import DeskbridgeApp
from console.tui.screens.base import StoreScreen
from console.tui.store_thread import OpensStore
from console.tui.worker import StoreWorker
from shared.health import Network, Page, ThisMachine
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
        self._futures.append(super().read(question))
        return self._futures[-1]

    def beside(self, work: Callable[[], Any]) -> Future[Any]:
        self._futures.append(super().beside(work))
        return self._futures[-1]

    def write(self, work: Callable[[Store], Any]) -> Future[Any]:
        self._futures.append(super().write(work))
        return self._futures[-1]


class Driver:
    """The console as an operator meets it."""

    def __init__(self, app: DeskbridgeApp, worker: Watched, pilot: Pilot[None]) -> None:
        self.app = app
        self.worker = worker
        self.pilot = pilot

    @property
    def lines(self) -> list[str]:
        """What is on the screen, line by line, without the blanks at the right."""
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
            await self.pilot.press(key)
            await self.settle()

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.press(*("space" if character == " " else character for character in text))

    async def second(self) -> None:
        """A second goes by: the screen on top asks for news."""
        assert isinstance(self.app.screen, StoreScreen)
        self.app.screen.poll()
        await self.settle()

    async def resize(self, size: tuple[int, int]) -> None:
        """Change the size of the terminal."""
        await self.pilot.resize_terminal(*size)
        await self.settle()

    async def settle(self) -> None:
        """Wait until no answer of the store is on its way and every message was taken."""
        await self.pilot.pause()
        while unfinished := self.worker.unfinished:
            await asyncio.to_thread(wait, unfinished)
            await self.pilot.pause()


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
) -> None:
    """Run the console on the store at ``url`` and the scenario in front of it.

    ``environ`` has settings, as DESKBRIDGE_… variables.
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
        app = DeskbridgeApp(worker)
        async with app.run_test(size=size) as pilot:
            driver = Driver(app, worker, pilot)
            await driver.settle()
            await scenario(driver)
        assert worker.bugs == []

    asyncio.run(session())
