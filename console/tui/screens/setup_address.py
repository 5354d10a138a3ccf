"""The public address, checked live: each check as it is done, off the screen's own thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from threading import Thread
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from console.tui import render
from console.tui.widgets.text_view import Labeled, Paragraph, TextView
from shared.health.address import of_address
from shared.health.checks import Check, State
from shared.operations.describe.text import plain
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.health.internet import Network

RULE = "address"
_WIDTH = 6


class Checked(Message):
    """A check is done, or with None the whole; ``error`` is one that nobody expected."""

    def __init__(self, number: int, check: Check | None, error: Exception | None = None) -> None:
        super().__init__()
        self.number = number
        self.check = check
        self.error = error


class AddressChecks(Vertical):
    """Shows the address and what was found; ``begin`` starts anew, ``stop`` gives up."""

    DEFAULT_CSS = """
    AddressChecks TextView { padding: 0 1; }
    """

    class Changed(Message):
        """Something was found, or it is over; ``error`` is one that nobody expected."""

        def __init__(self, error: Exception | None = None) -> None:
            super().__init__()
            self.error = error

    def __init__(
        self, settings: Settings, network: Callable[[], Network], clock: Callable[[], datetime]
    ) -> None:
        super().__init__()
        self._settings = settings
        self._network = network
        self._clock = clock
        self._number = 0
        self.checks: tuple[Check, ...] = ()
        self.standing = "not checked yet"

    def compose(self) -> ComposeResult:
        """A text; it may be longer than the screen."""
        yield TextView()

    @property
    def is_running(self) -> bool:
        return self.standing == "checking…"

    @property
    def is_usable(self) -> bool:
        """Whether files with this address can be made at all."""
        return not any(one.name == RULE and one.state is State.FAIL for one in self.checks)

    @property
    def failed(self) -> list[Check]:
        """What does not work."""
        return [one for one in self.checks if one.state is State.FAIL]

    def begin(self) -> None:
        """Check on a thread of its own; each step ends within its time."""
        self._number += 1
        self.checks, self.standing = (), "checking…"
        self._show()
        # A daemon thread: quitting must not wait for a server that does not answer.
        Thread(target=self._check, args=(self._number,), name="address check", daemon=True).start()

    def stop(self) -> None:
        """Wait no longer; what comes now is ignored."""
        self._number += 1
        self.standing = "stopped"
        self._show()

    def _check(self, number: int) -> None:
        try:
            for check in of_address(self._settings, self._network(), self._clock()):
                if number != self._number:
                    return
                self._tell(Checked(number, check))
            self._tell(Checked(number, None))
        except Exception as error:
            self._tell(Checked(number, None, error))

    def _tell(self, message: Message) -> None:
        if self.is_attached:
            self.post_message(message)

    def on_checked(self, message: Checked) -> None:
        """Show what was found."""
        message.stop()
        if message.number != self._number:
            return
        if message.check is not None:
            self.checks = (*self.checks, message.check)
        else:
            self.standing = "not finished" if message.error else "checked"
        self._show()
        self.post_message(self.Changed(message.error))

    def on_mount(self) -> None:
        """Show the address."""
        self._show()

    def _show(self) -> None:
        self.query_one(TextView).show([*self._told()])

    def _told(self) -> Iterator[Paragraph]:
        source = self._settings.sources.get("public_url", "default")
        where = "not set: the default" if source == "default" else f"set in {source}"
        yield render.titled("Public address", f"{self._settings.public_url} ({where})")
        yield Text(
            "The Web Connector connects to this address. It is the setting public_url, the same for"
            " all connections."
        )
        yield Text()
        yield render.titled("Check", self.standing)
        for check in self.checks:
            mark = render.state(check.state.value, check.state.value.ljust(_WIDTH))
            yield Labeled(mark, Text(plain(f"{check.name}: {check.told}")))
            if check.remedy:
                yield Labeled(Text(" " * _WIDTH), Text(plain(f"What to do: {check.remedy}")))
