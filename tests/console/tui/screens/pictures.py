"""Pictures of screens for the documents: ``python -m tests.console.tui.screens.pictures``.

With a folder (``… pictures FOLDER``) every screen is taken, to be looked at, not kept.

Each is taken of the story in a console of its own, at a fixed time and of a fixed size, so two
runs give the same files. Main screens are found by themselves; whatever is opened from them has
a line in OPENED.
"""

from __future__ import annotations

import asyncio
import functools
import html
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from rich.segment import Segment
from textual.widgets import Input

from console.tui.app import DeskbridgeApp
from console.tui.main_screens import HOME, MAIN_SCREENS
from shared import dates
from shared.health.address import OUR_PAGE
from shared.health.internet import Page
from shared.models.facts import StoreFacts
from shared.models.store import Store, open_store
from shared.settings import load_settings
from shared.structs import Value
from tests.console.tui.screens import story
from tests.console.tui.screens.driver import (
    LARGE,
    SMALL,
    Driver,
    RoomyMachine,
    Watched,
    swift,
    unseen,
)
from tests.models.builders import NOON, later

TITLE = "deskbridge console"
SAMPLE = Path(__file__).with_name("export.csv")
FOLDER = Path(__file__).parents[4] / "docs" / "screens"
ROOM = "/tmp/deskbridge-pictures"
"""Where the store of the pictures seems to be; it is in a place of its own that is as long."""


class Picture(Value):
    """What is pressed from home before it is taken; ``type:`` begins a text that is typed.

    ``empty``: on a store without a connection.
    """

    name: str
    keys: tuple[str, ...]
    size: tuple[int, int] = SMALL
    empty: bool = False


OPENED = (
    Picture("first-start", (), empty=True),
    Picture("help", ("y", "question_mark")),
    Picture("jump", ("ctrl+p", *"1042")),
    Picture("sync", ("y", "down", "enter")),
    Picture("calls", ("y", "down", "enter", "l")),
    Picture("call", ("y", "down", "enter", "l", "enter")),
    Picture("bundle", ("y", "down", "enter", "z")),
    Picture("save-bundle", ("y", "down", "enter", "z", "z")),
    Picture("cancel", ("y", "x")),
    Picture("skip", ("p", "s")),
    Picture("hint", ("slash", "type:harbor", "enter", "enter", "t")),
    Picture("search", ("t", "slash", "type:password")),
    Picture("payment", ("m", "end", "up", "enter", "enter")),
    Picture("invoice", ("i", "enter")),
    Picture("customer", ("c", "down", "enter")),
    Picture("customer-name", ("c", "enter")),
    Picture("mapped-names", ("c", "w")),
    Picture("file", ("m", "plus")),
    Picture("file-look", ("m", "plus", f"type:{SAMPLE}", *["enter"] * 6)),
    Picture("colors", ("colon", *"colors", "enter")),
    Picture("restore", ("B", "enter")),
    Picture("secret", ("A", "plus", "type:https://pager.example.com/", *["enter"] * 5)),
    Picture("set-up", ("plus", "type:Larkspur Tile"), empty=True),
    Picture("settings", ("slash", "type:larkspur", "enter", "comma")),
    Picture("setting", ("slash", "type:larkspur", "enter", "comma", "enter")),
    Picture("generate", ("slash", "type:quarry", "enter", "g")),
    Picture("password", ("slash", "type:quarry", "enter", "g", "tab", "tab", "tab", "enter")),
)


KEPT = (
    *("connections", "connections-wide", "set-up", "password", "payment", "problems"),
    "restore",
)
"""What the documents show; any other picture is made when somebody wants to look at it."""


def pictures() -> Iterator[Picture]:
    """Every picture: each main screen small and large, then what is opened from them."""
    for main in MAIN_SCREENS:
        keys = () if main.name == HOME else (main.key,)
        yield Picture(main.name, keys)
        yield Picture(f"{main.name}-wide", keys, LARGE)
    yield from OPENED


def text_of(svg: str) -> str:
    """What is written on a picture, a piece to a line; how it looks is left out."""
    pieces = re.findall(r"<text [^>]*>(.*?)</text>", svg)
    return "\n".join(html.unescape(piece).replace("\xa0", " ").rstrip() for piece in pieces)


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


def take(picture: Picture) -> str:
    """Set the scene, press the keys, and take the picture."""
    with _scene(picture.empty) as room:
        dates.use(dates.DateFormat.US)
        with swift():
            taken = asyncio.run(_sitting(picture, room, _screenshot))
        return _the_same_anywhere(taken, str(room), picture.name)


def screen_on(picture: Picture) -> str:
    """The class of the screen that would be on the picture."""
    with _scene(picture.empty) as room, swift(), unseen():
        return asyncio.run(_sitting(picture, room, _class_name))


def _the_same_anywhere(svg: str, room: str, name: str) -> str:
    """Put the place right, also where it was cut off, and the number that Rich makes of it all."""
    for length in range(len(ROOM), ROOM.index("-"), -1):
        svg = svg.replace(room[:length], ROOM[:length])
    return re.sub(r"terminal-\d+", f"terminal-{name}", svg)


@contextmanager
def _scene(empty: bool) -> Iterator[Path]:
    """A fresh store in a folder of its own, on a machine that is always the same."""
    facts = StoreFacts("sqlite", "3.51.3", 4_404_019)
    with ExitStack() as stack:
        room = Path(tempfile.mkdtemp(prefix="deskbridge-", dir="/tmp"))
        stack.callback(shutil.rmtree, room)
        stack.enter_context(patch("shared.models.facts.read", lambda: facts))
        stack.enter_context(patch("shared.health.files.user_name", lambda _: "deskbridge"))
        stack.enter_context(patch.object(Path, "home", lambda: room))
        path = room / "store.sqlite3"
        path.write_bytes(_contents(empty))
        path.chmod(0o600)
        copy = room / "store-by-hand-20240612T030000Z.sqlite3"
        copy.write_bytes(_contents(empty))
        os.utime(copy, (later(hours=-9).timestamp(),) * 2)
        yield room


@functools.cache
def _contents(empty: bool) -> bytes:
    """The file of the store, made once."""
    never_random = patch("shared.models.applications._random_part", lambda _: "7f3k2q")
    with never_random, tempfile.TemporaryDirectory() as name:
        office = story.Office(Path(name)) if empty else story.arrange(Path(name))
        office.store.close()
        return office.path.read_bytes()


async def _sitting(picture: Picture, room: Path, look: Callable[[Driver], Awaitable[str]]) -> str:
    url = f"sqlite:///{room}/store.sqlite3"

    def opened(*, create: bool) -> Store:
        return open_store(url, create=create, clock=lambda: NOON)

    environ = {"DESKBRIDGE_DATABASE": url, "DESKBRIDGE_PUBLIC_URL": story.ADDRESS}
    worker = Watched(
        opened,
        who="mara",
        settings=load_settings(None, environ | {"DESKBRIDGE_CONFIG": os.devnull}),
        clock=lambda: NOON,
        network=Reached,
        machine=lambda: RoomyMachine(lambda: NOON),
        poll_seconds=None,
    )
    app = DeskbridgeApp(worker)
    async with app.run_test(size=picture.size) as pilot:
        at = Driver(app, worker, pilot)
        await at.settle()
        for key in picture.keys:
            if key.startswith("type:"):
                await at.type(key.removeprefix("type:"))
            else:
                await at.press(key)
        return await look(at)


async def _screenshot(at: Driver) -> str:
    await _at_rest(at)
    return at.app.export_screenshot(title=TITLE)


async def _class_name(at: Driver) -> str:
    return type(at.screen).__name__


async def _at_rest(at: Driver) -> None:
    """Wait until nothing moves; a cursor that blinks would be there in one run only."""
    for one in at.screen.query(Input):
        one.cursor_blink = False
    before: list[list[Segment]] = []
    while (now := [list(one) for one in at.screen._compositor.render_strips()]) != before:
        before = now
        await at.pilot.pause(0.1)
        await at.settle()


def main(folder: Path | None = None) -> None:
    """Write the pictures that are kept, or every picture into ``folder``."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    for picture in pictures():
        if folder or picture.name in KEPT:
            path = (folder or FOLDER) / f"{picture.name}.svg"
            path.write_text(take(picture), "utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
