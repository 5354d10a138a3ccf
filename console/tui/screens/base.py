"""What every screen on the store shares: asking, showing, staleness, what was said last.

A screen says what it wants to know (``question``) and how it looks (``show``). Everything else,
that it never waits, follows changes of others and survives a store that goes away, is here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from console.tui.bindings import bind, bindings
from console.tui.widgets.dialogs import Confirm, ask_with
from console.tui.widgets.filter_line import FilterLine
from console.tui.widgets.header import Header
from console.tui.widgets.key_line import KeyLine
from console.tui.widgets.record_table import RecordTable
from console.tui.widgets.text_view import TextView
from console.tui.widgets.title_bar import TitleBar
from console.tui.worker import Company, Console, Reading, StoreWorker, Trouble
from shared import dates
from shared.operations.deciding import Outcome, Plan, PlanIsStale
from shared.operations.describe.text import plain

if TYPE_CHECKING:
    from shared.models.store import Store

Snapshot = TypeVar("Snapshot")
T = TypeVar("T")


class Answered(Message):
    """The store answered question ``number``, or could not."""

    def __init__(self, number: int, future: Future[Any]) -> None:
        super().__init__()
        self.number = number
        self.future = future


class Decided(Message):
    """A plan was carried out, or refused."""

    def __init__(self, future: Future[Outcome]) -> None:
        super().__init__()
        self.future = future


class Looked(Message):
    """The store answered a question that was asked once, and ``then`` goes on with it."""

    def __init__(self, future: Future[Any], then: Callable[[Any], object]) -> None:
        super().__init__()
        self.future = future
        self.then = then


def seconds_to_read(sentence: str) -> float:
    """How long a notice stays: a person reads three words a second, and has to look up first."""
    return 5 + len(sentence.split()) / 3


class ConsoleScreen(Screen[None]):
    """A screen with a title, what was said last, and the keys. Subclasses give PLACE and body."""

    PLACE: ClassVar[str] = ""
    COPIED: ClassVar[str] = "this text"
    BINDINGS = bindings(
        bind("escape", "back", "Back", "Back to where you came from."),
        bind("0", "all_companies", "All companies", "Show all companies on every screen."),
    )

    def __init__(self) -> None:
        super().__init__()
        self._notice: Timer | None = None

    def body(self) -> ComposeResult:
        """The widgets between the title and the keys."""
        raise NotImplementedError

    def on_compose(self) -> None:
        """Know the size of the terminal from the beginning.

        Textual tells it after the first layout, then styles and lays out everything again.
        """
        width, height = self.app.size
        for size, limits in (
            (width, self.app.HORIZONTAL_BREAKPOINTS),
            (height, self.app.VERTICAL_BREAKPOINTS),
        ):
            reached = [name for least, name in limits or () if size >= least]
            self.add_class(*reached[-1:], update=False)

    @property
    def worker(self) -> StoreWorker:
        """The way to the store."""
        return cast(Console, self.app).worker

    @property
    def company(self) -> Company | None:
        """The company in focus; None: all of them."""
        return cast(Console, self.app).company

    @property
    def connection_id(self) -> int | None:
        """The number of the connection in focus; None is all."""
        return self.company.id if self.company else None

    @property
    def of_company(self) -> str:
        """Whose these are, for titles and sentences; nothing for all companies."""
        return f" of {self.company.name}" if self.company else ""

    def follow_company(self) -> None:
        """Another company is in focus now, or none: the keys that work may be others."""
        self.refresh_bindings()

    def action_all_companies(self) -> None:
        """Take the focus off a company."""
        cast(Console, self.app).focus_on(None)

    def compose(self) -> ComposeResult:
        yield Header()
        yield TitleBar(self.PLACE)
        yield from self.above()
        yield from self.body()
        yield Static("", id="said")
        yield KeyLine()

    def above(self) -> Iterator[Static]:
        """What stands above the body, for a while."""
        return iter(())

    def say(self, sentence: str, *, stays: bool = False) -> None:
        """Show a notice above the keys; it leaves after the time it takes to read it.

        ``stays``: until the next one, since it tells of what is under way.
        """
        said = self.query_one("#said", Static)
        said.update(Text(plain(sentence)))
        said.display = bool(sentence)
        if self._notice is not None:
            self._notice.stop()
        leaves = sentence and not stays
        self._notice = self.set_timer(seconds_to_read(sentence), self.hush) if leaves else None

    def hush(self) -> None:
        """Take the notice away."""
        self.say("")

    def on_screen_resume(self) -> None:
        """On top again: the header catches up."""
        cast(Console, self.app).show_standing()

    def explain(self) -> None:
        """Tell in the ``TextView`` of the record under the cursor, where the screen does that."""

    @on(RecordTable.Moved)
    def _moved(self) -> None:
        self.explain()
        self.refresh_bindings()

    @property
    def under_cursor(self) -> str:
        """The key of the record under the cursor of the ``RecordTable``; empty: none."""
        return next((table.key or "" for table in self.query(RecordTable)), "")

    @property
    def text_told(self) -> str:
        """What the ``TextView`` tells of the record under the cursor, however quick the keys."""
        self.explain()
        return self.query_one(TextView).text

    def copy(self, text: str, what: str) -> None:
        """Put a text on the clipboard of the operator's own terminal (OSC 52)."""
        self.app.copy_to_clipboard(text)
        self.say(f"Copied {what}. If nothing arrives, your terminal does not support OSC 52.")

    def action_filter(self) -> None:
        """Type what to look for, in a screen with a ``FilterLine``."""
        self.query_one(FilterLine).open()

    def action_copy(self) -> None:
        """Copy what the ``TextView`` tells; COPIED says what that is."""
        self.copy(self.text_told, self.COPIED)

    def able(self) -> dict[str, bool]:
        """Which actions work now, and which are dimmed; those that are not in it always work."""
        return {}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide Esc where there is nowhere to go back to, and 0 where all companies are shown."""
        able = self.able()
        if action in able:
            return True if able[action] else None
        if action == "all_companies":
            return self.company is not None
        return action != "back" or not cast(Console, self.app).is_first

    def action_back(self) -> None:
        """Leave for the screen below; from a main screen, for the main screen before."""
        if len(self.app.screen_stack) > 1:
            self.dismiss()
        else:
            cast(Console, self.app).go_back()

    def fresh(self) -> None:
        """Look as on the first visit: no filter, no notice, the cursor on top, nothing opened."""
        self.hush()
        self.remove_class("-detail")
        for line in self.query(FilterLine):
            line.clear_and_hide()
        for table in self.query(RecordTable):
            table.follow_top()
        if self.AUTO_FOCUS:
            self.query(self.AUTO_FOCUS).first().focus()

    def show_place(self, place: str) -> None:
        """Say where this is, when it depends on what was read."""
        self.query_one(TitleBar).show(place=place)

    def on_filter_line_closed(self, _message: FilterLine.Closed) -> None:
        """Give the focus back to what the line is about."""
        self.query(self.AUTO_FOCUS or "*").first().focus()


class StoreScreen(ConsoleScreen, Generic[Snapshot]):
    """A screen on the store. Subclasses give PLACE, body, question and show.

    While it is on top it asks once a second; an answer equal to the last one paints nothing.
    """

    AUTO_FOCUS = "RecordTable"

    def __init__(self) -> None:
        super().__init__()
        self.add_class("-loading", update=False)
        self.snapshot: Snapshot | None = None
        self._number = 0
        self._reading: Reading[Snapshot] | None = None
        self._asked: Future[Reading[Snapshot]] | None = None
        self._polls_waited = 0
        self._taken_at: datetime | None = None
        self._polling: Timer | None = None

    def question(self) -> Callable[[Store], Snapshot]:
        """Return what to ask the store: a pure function of it, run on another thread."""
        raise NotImplementedError

    def show(self, snapshot: Snapshot) -> None:
        """Bring an answer into the widgets; called only when it differs from the last."""
        raise NotImplementedError

    def without_store(self, trouble: Trouble) -> Callable[[], Snapshot] | None:
        """What finds out what can be shown while the store cannot be used; None: nothing can."""
        return None

    def read_anew(self) -> None:
        """The store may have changed: what else is shown of it is to be read again, too."""

    def is_final(self, snapshot: Snapshot) -> bool:
        """Whether what was read can never change, so that nothing asks for it again."""
        return False

    def above(self) -> Iterator[Static]:
        yield Static("", id="trouble")
        yield Static("Reading the store…", id="loading")

    def on_mount(self) -> None:
        """Begin to ask."""
        self._show_standing("reading…")
        if self.worker.poll_seconds is not None:
            self._polling = self.set_interval(self.worker.poll_seconds, self.poll, pause=True)

    def on_screen_resume(self) -> None:
        """On top again: catch up at once, then once a second."""
        super().on_screen_resume()
        self.poll()
        if self._polling is not None:
            self._polling.resume()

    def on_screen_suspend(self) -> None:
        """Out of sight: ask no more."""
        if self._polling is not None:
            self._polling.pause()

    def poll(self) -> None:
        """Ask for news, unless an answer is on its way or no news can come."""
        cast(Console, self.app).show_standing()
        if self.snapshot is not None and self.is_final(self.snapshot):
            return
        if self._asked is None:
            self._ask_store()
            return
        self._polls_waited += 1
        if self._polls_waited > 1 and not self.has_class("-trouble"):
            self._show_standing("waiting for the store…")

    def ask(self) -> None:
        """Ask anew, since the question is another one now; an earlier answer is ignored."""
        if self._asked is not None:
            self._asked.cancel()
        self._reading = None
        self._ask_store()

    def _ask_store(self) -> None:
        self._number, self._polls_waited = self._number + 1, 0
        self._asked = self.worker.follow(self.question(), self._reading)
        number = self._number
        self._asked.add_done_callback(lambda done: self._tell(Answered(number, done)))

    def look(self, question: Callable[[Store], T], then: Callable[[T], object]) -> None:
        """Ask the store once and go on with the answer; why it failed is said below."""
        self.go_on(self.worker.read(question), then)

    def go_on(self, future: Future[T], then: Callable[[T], object]) -> None:
        """Go on with a result when it is there; why there is none is said below."""
        future.add_done_callback(lambda done: self._tell(Looked(done, then)))

    def decide(self, plan_of: Callable[[Store], Plan[Outcome]], *, asks: bool = False) -> None:
        """Plan a decision, ask where the plan needs it (or ``asks``), and have it carried out."""
        self.look(plan_of, lambda plan: self.confirm(plan, asks=asks))

    def confirm(self, plan: Plan[Outcome], *, asks: bool = False) -> None:
        """Carry a plan out, after asking what it needs; a stale one is shown anew."""
        if not plan.needs and not asks:
            self._carry_out_plan(plan, ())
            return
        codes = [need.code for need in plan.needs]
        ask_with(self, Confirm.of(plan), lambda _agreed: self._carry_out_plan(plan, codes))

    def _carry_out_plan(self, plan: Plan[Outcome], confirmed: Collection[str]) -> None:
        self.say("Working…", stays=True)
        future = self.worker.decide(plan, confirmed)
        future.add_done_callback(lambda done: self._tell(Decided(done)))

    def on_decided(self, message: Decided) -> None:
        """Say what became of a plan, and look at the records as they are now."""
        message.stop()
        error = message.future.exception()
        if isinstance(error, PlanIsStale):
            self.say(error.sentence)
            self.confirm(error.fresh, asks=True)
        elif error is not None:
            self.say(str(self.worker.explain(error)))
        else:
            done = message.future.result()
            self.say(done.sentence)
            self.carried_out(done)
        cast(Console, self.app).ask_pulse()
        self.ask()

    def carried_out(self, done: Outcome) -> None:
        """Go on with what became of a plan; its sentence is shown by now."""

    def _tell(self, message: Message) -> None:
        # Called on the store's thread; a screen that is gone takes no message.
        if self.is_attached:
            self.post_message(message)

    def on_answered(self, message: Answered) -> None:
        """Show what came, mark what was shown as stale, or do nothing for an older question."""
        message.stop()
        if message.number != self._number or message.future.cancelled():
            return
        self._asked = None
        error = message.future.exception()
        if error is not None:
            self._reading = None
            self._mark_stale(self.worker.explain(error))
            return
        if self._taken_at is None:
            self.app.delay_update()  # else each widget is painted before it knows its size
        self._taken_at = self.worker.clock()
        if self.has_class("-trouble"):
            self.hush()  # what else could not be read meanwhile can be now
        self.remove_class("-loading", "-trouble", "-stale")
        self._show_standing(self.worker.standing)
        reading = cast(Reading[Snapshot], message.future.result())
        if reading is self._reading:
            return
        self._reading = reading
        if reading.answer != self.snapshot:
            self.snapshot = reading.answer
            self.show(reading.answer)
            self.refresh_bindings()
        self.read_anew()

    def on_looked(self, message: Looked) -> None:
        """Go on with the answer."""
        message.stop()
        error = message.future.exception()
        if error is None:
            message.then(message.future.result())
        else:
            self.say(str(self.worker.explain(error)))

    def _mark_stale(self, trouble: Trouble) -> None:
        self.add_class("-trouble")
        self.set_class(self._taken_at is not None, "-stale")
        if self._taken_at is None:
            standing, shown = "not connected", ""
        else:
            at = dates.time_to_second(self._taken_at)
            standing, shown = f"stale since {at}", f" This is the state as of {at}."
        self._show_standing(standing)
        self.query_one("#trouble", Static).update(
            Text(plain(f"{trouble}{shown} Trying again every second."))
        )
        if (work := self.without_store(trouble)) is not None:
            self.snapshot = None
            self.go_on(self.worker.beside(work), self._show_without_store)

    def _show_without_store(self, found: Snapshot) -> None:
        if self.snapshot is None:
            self.remove_class("-loading", "-stale")
            self.show(found)

    def _show_standing(self, standing: str) -> None:
        self.query_one(TitleBar).show(standing=standing)
