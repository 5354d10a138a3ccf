"""Dialogs that have something done and go on with what came of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Static

from console.tui.screens.base import Looked
from console.tui.widgets.dialogs import Dialog, buttons
from console.tui.widgets.header import Header
from console.tui.widgets.key_line import KeyLine
from console.tui.widgets.title_bar import TitleBar
from console.tui.worker import Console, StoreWorker, Trouble
from shared.operations.describe.text import plain

Result = TypeVar("Result")
T = TypeVar("T")


class Asking(Dialog[Result]):
    """A dialog with a line ``#said``; it never waits for the store or the disk."""

    def framed(self, place: str, *body: Widget, **labels: str) -> ComposeResult:
        """All of a screen that asks: what is in its middle, and its buttons by their ids."""
        yield Header()
        yield TitleBar(place)
        yield from body
        yield Static("", id="said")
        yield buttons(**labels)
        yield KeyLine()

    @property
    def worker(self) -> StoreWorker:
        """The way to the store."""
        return cast(Console, self.app).worker

    def go_on(self, future: Future[T], then: Callable[[T], object]) -> None:
        """Go on with a result when it is there; why there is none is said."""

        def tell(done: Future[T]) -> None:
            if self.is_attached and not done.cancelled():
                self.post_message(Looked(done, then))

        future.add_done_callback(tell)

    def say(self, sentence: str) -> None:
        """Show a sentence until the next one."""
        said = self.query_one("#said", Static)
        said.update(Text(plain(sentence)))
        said.display = bool(sentence)

    def on_looked(self, message: Looked) -> None:
        """Go on with the result."""
        message.stop()
        error = message.future.exception()
        if error is None:
            message.then(message.future.result())
        else:
            self.refused(self.worker.explain(error))

    def refused(self, trouble: Trouble) -> None:
        """Say why it was not done."""
        self.say(str(trouble))
