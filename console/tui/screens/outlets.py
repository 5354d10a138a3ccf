"""What the screens of webhooks and alerts share: adding, a test and how it went, a secret shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Button, Static

from console.tui.bindings import bind, bindings, hide
from console.tui.screens.paging import PagedScreen
from console.tui.screens.reading import ReadsDetail
from console.tui.widgets.dialogs import Dialog, buttons
from console.tui.widgets.key_line import KeyLine
from console.tui.widgets.secret import Secret
from console.tui.worker import Console
from shared.operations import connections
from shared.operations.deciding import Outcome
from shared.operations.describe.text import plain


class SecretScreen(Dialog[None]):
    """Shows ``secret`` below ``sentence`` until Done is pressed; nothing else closes it."""

    AUTO_FOCUS = "#copy"
    BINDINGS = bindings(
        bind("C", "copy", "Copy secret", "Copy it to your terminal's clipboard."),
        bind("tab,right,down", "app.focus_next", "Next button", "To the next button."),
        hide("left,up", "app.focus_previous", "Other button", "The other button."),
        hide(
            "escape,q,ctrl+c,ctrl+q",
            "stay",
            "Close with Done",
            "The secret is not shown again: choose Done once you have saved it.",
        ),
    )

    def __init__(self, sentence: str, secret: str) -> None:
        super().__init__()
        self._sentence = sentence
        self._text = secret

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="dialog", can_focus=False):
            yield Static(Text(plain(self._sentence), style="bold"))
            yield Secret()
            yield Static("", id="copied")
            yield buttons(copy="Copy secret", done="Done")
        yield KeyLine()

    def on_mount(self) -> None:
        """Show it."""
        self.query_one(Secret).show(self._text)

    @on(Button.Pressed, "#done")
    def _leave(self) -> None:
        self.query_one(Secret).forget()
        self._text = ""
        self.dismiss()

    @on(Button.Pressed, "#copy")
    def action_copy(self) -> None:
        """Copy it, to the operator's own terminal alone."""
        cast(Console, self.app).copy_secret(self._text)
        self._say("Copied. If nothing arrives, your terminal does not support OSC 52.")

    def action_stay(self) -> None:
        """Say how to close it."""
        self._say("The secret is not shown again. Save it, then choose Done.")

    def _say(self, sentence: str) -> None:
        self.query_one("#copied", Static).update(Text(sentence))


class HasTest(Protocol):
    """What is shown of them."""

    @property
    def tested(self) -> Any:
        """What became of the test that was asked for; None: nothing yet."""


Snapshot = TypeVar("Snapshot", bound=HasTest)
Record = TypeVar("Record")
Asked = TypeVar("Asked", bound=Outcome)


class OutletsScreen(
    PagedScreen[Snapshot, Record, int], ReadsDetail[Snapshot], Generic[Snapshot, Record, Asked]
):
    """All of them on one page.

    Subclasses also give ASKED (what becomes of asking for a test), MADE (what becomes of adding
    one, with its secret), ``ask_what`` and ``results``.
    """

    ASKED: ClassVar[type[Outcome]]
    MADE: ClassVar[type[Any]]

    def __init__(self) -> None:
        super().__init__()
        self.test: Asked | None = None

    def ask_what(self, names: Sequence[str]) -> None:
        """Ask for what is to be added; ``names`` are those of all connections."""
        raise NotImplementedError

    def results(self, tested: Any) -> str:
        """How the test went, as a sentence."""
        raise NotImplementedError

    def show(self, snapshot: Snapshot) -> None:
        super().show(snapshot)
        if snapshot.tested is not None and self.test is not None:
            self.say(self.results(snapshot.tested))
            self.test = None

    def action_add(self) -> None:
        """Ask for the address, then add it."""
        self.look(connections.view_names, self.ask_what)

    def carried_out(self, done: Outcome) -> None:
        if isinstance(done, self.ASKED):
            self.test = cast(Asked, done)
        elif isinstance(done, self.MADE) and done.secret:
            self.app.push_screen(SecretScreen(done.sentence, done.secret))
