"""Jump to anything: what can be done here, and whatever has a number, an id or a name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeAlias, cast

from rich.text import Text
from textual import on
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Input, Static

from console.tui import render
from console.tui.bindings import bind, bindings
from console.tui.main_screens import HOME
from console.tui.palette import Offer, fitting
from console.tui.screens.asking import Asking
from console.tui.widgets.key_line import KeyLine
from console.tui.widgets.record_table import Column, Heading, RecordTable, Row
from console.tui.worker import Company, Console, Trouble
from shared.operations import find
from shared.operations.describe.find import COLUMNS, cells, several
from shared.rules.found import Found, Hit, Kind
from shared.structs import replace

_MOST_ACTIONS = 5
_COLUMNS = (
    Column("Jump to", least=14, fair=40),
    Column("", least=16, drop=2),
    *(replace(column, title="") for column in COLUMNS[3:]),
)
_WIDTHS = (32, 24, 14, 14, 3, 16)
_NARROW_WIDTHS = (24, 16, 14, 12, 3, 10)
"""Of the columns once something is typed: hits that arrive later do not move the others."""
_EXAMPLE = "A name, an invoice number, an id, a code, or an action"
Way: TypeAlias = Callable[[], Any]


class JumpScreen(Asking[Way | None]):
    """A line to type in and what is found, best first; gives back the way to what was chosen.

    What begins with the text comes at once, what only holds it a moment later. Enter before
    either is there takes the first one that comes.
    """

    AUTO_FOCUS = "Input"
    # Before the line that is typed in takes them.
    BINDINGS = bindings(
        bind("enter", "take", "Open", "Open what is under the cursor.", priority=True),
        bind("down", "move(1)", "Down", "To the next one.", priority=True),
        bind("up", "move(-1)", "Up", "To the previous one.", priority=True),
        bind("pagedown", "page(1)", "Page down", "One screen down.", show=False, priority=True),
        bind("pageup", "page(-1)", "Page up", "One screen up.", show=False, priority=True),
        bind("escape", "close", "Close", "Stay where you are."),
    )

    def __init__(self, offers: Sequence[Offer]) -> None:
        super().__init__()
        self._offers = tuple(offers)
        self._groups: tuple[Found, ...] = ()
        self._ways: dict[str, Way] = {}
        self._asked: Future[tuple[Found, ...]] | None = None
        self._pending = False
        self._wanted_at_once = False

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Input(placeholder=_EXAMPLE)
            yield RecordTable(_COLUMNS)
            yield Static("", id="said")
        yield KeyLine()

    def on_mount(self) -> None:
        """Offer what can be done here."""
        self._table.can_focus = False
        self._list()

    @property
    def _table(self) -> RecordTable:
        return self.query_one(RecordTable)

    @property
    def _typed(self) -> str:
        return self.query_one(Input).value.strip()

    @on(Input.Changed)
    def _look_anew(self) -> None:
        """Forget what was found and look for the text; what was not begun yet is not needed."""
        if self._asked is not None:
            self._asked.cancel()
        self._groups, self._pending, self._wanted_at_once = (), bool(self._typed), False
        self._table.follow_top()
        if self._typed:
            self._look(inside=False)
        else:
            self._list()

    def _look(self, *, inside: bool) -> None:
        typed = self._typed
        self._asked = self.worker.read(partial(find.view, text=typed, inside=inside))
        self.go_on(self._asked, partial(self._found, typed, inside))

    def _found(self, typed: str, inside: bool, groups: tuple[Found, ...]) -> None:
        if typed != self._typed:
            return
        self._groups = groups
        self._pending = not inside
        self._list()
        if self._wanted_at_once and self._ways:
            self.action_take()
        elif not inside:
            self._look(inside=True)

    def _list(self) -> None:
        self._ways = {}
        lines = list(self._lines())
        wanted = _NARROW_WIDTHS if self.has_class("-narrow") else _WIDTHS
        self._table.keep_widths(wanted if self._typed else None)
        self._table.show(lines)
        empty = not lines and not self._pending
        self.say("Nothing found. Try fewer characters, or a word." if empty else "")

    def _lines(self) -> Iterator[Heading | Row]:
        typed = self._typed
        found = fitting(self._offers, typed)
        shown = found[:_MOST_ACTIONS] if typed else found
        if shown:
            yield Heading("Actions")
        for place, offer in enumerate(shown):
            key = f"action {place}"
            self._ways[key] = offer.run
            yield Row(key, (offer.title, offer.help, "", "", "", ""))
        for group in self._groups:
            yield Heading(_titled(group))
            for hit in group.hits:
                key = f"{hit.kind} {hit.connection_id} {hit.id}"
                self._ways[key] = partial(lead_to, self.app, hit)
                yield Row(key, _cells(hit))

    def action_take(self) -> None:
        """Go to what is under the cursor; what is not found yet is waited for."""
        if self._pending and not self._groups:
            self._wanted_at_once = True
        elif self._table.key in self._ways:
            self.dismiss(self._ways[self._table.key])

    @on(RecordTable.Opened)
    def _clicked(self, event: RecordTable.Opened) -> None:
        event.stop()
        self.action_take()

    def action_move(self, by: int) -> None:
        """Move over what was found."""
        self._table.action_move(by)

    def action_page(self, direction: int) -> None:
        """Move by what is in view."""
        self._table.action_page(direction)

    def action_close(self) -> None:
        """Stay."""
        self.dismiss(None)

    def refused(self, trouble: Trouble) -> None:
        self._pending = False
        self._list()
        super().refused(trouble)


def _titled(group: Found) -> str:
    name = several(group.kind).capitalize()
    if not group.more:
        return name
    more = f"{group.more:,}" if group.counted else f"over {group.more:,}"
    return f"{name}, {more} more"


def _cells(hit: Hit) -> tuple[str | Text, ...]:
    title, about, state, *others = cells(hit)[1:]
    word = state.partition(",")[0]
    return (title, about, render.state(word, state), *others)


def lead_to(app: App[Any], hit: Hit) -> None:
    """Put the company of what was found in focus and open its screen; Esc leads back."""
    console = cast(Console, app)
    if hit.connection_id is not None:
        console.focus_on(Company(hit.connection_id, hit.connection))
    if hit.kind is Kind.COMPANY:
        console.open_main(HOME)
    else:
        app.push_screen(_screen_of(hit))


def _screen_of(hit: Hit) -> Screen[None]:
    """The screen is imported now: it may never have been shown."""
    connection_id = hit.connection_id or 0
    if hit.kind in (Kind.CUSTOMER, Kind.CREDIT_MEMO):
        from console.tui.screens.customer import CustomerScreen

        return CustomerScreen(connection_id, hit.customer_list_id or hit.id)
    if hit.kind is Kind.INVOICE:
        from console.tui.screens.invoice import InvoiceScreen

        return InvoiceScreen(connection_id, hit.id)
    if hit.kind is Kind.PAYMENT:
        from console.tui.screens.payment import PaymentScreen

        return PaymentScreen(int(hit.id))
    if hit.kind is Kind.SYNC:
        from console.tui.screens.sync import SyncScreen

        return SyncScreen(int(hit.id))
    if hit.kind is Kind.PROBLEM:
        from console.tui.screens.problems import ProblemsScreen

        return ProblemsScreen(hit.title, cursor_on=hit.id)
    from console.tui.screens.hint import HintScreen

    return HintScreen(hit.id)
