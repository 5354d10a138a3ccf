"""Fields to fill in: each with what it means, and with what is wrong with it right below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.suggester import Suggester, SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Static

from console.tui.bindings import bindings, hide
from console.tui.widgets.choice import Choice
from shared.errors import StoreError
from shared.operations.describe.text import ELLIPSIS, cells, plain
from shared.structs import Value, replace

T = TypeVar("T")


class Wrong(ValueError):
    """What was typed cannot be taken; the text says why and what to write, as a sentence."""


def refusing(read: Callable[[str], T]) -> Callable[[str], T]:
    """As ``read``, whose refusal is told below the field."""

    def wrapped(typed: str) -> T:
        try:
            return read(typed)
        except StoreError as why:
            raise Wrong(str(why)) from None

    return wrapped


class TextField(Value):
    """A line to type in: ``read`` makes a value of it or raises Wrong.

    ``offers`` are what may be meant; anything else may be typed as well. ``suggester`` completes
    what is typed, where that is no list.
    """

    name: str
    title: str
    told: str
    read: Callable[[str], Any] = str.strip
    text: str = ""
    offers: tuple[str, ...] = ()
    suggester: Suggester | None = None


class ChoiceField(Value):
    """One of ``options``, which are values with their words."""

    name: str
    title: str
    told: str
    options: tuple[tuple[Any, str], ...]
    chosen: Any


Field: TypeAlias = TextField | ChoiceField


class Entry(Vertical):
    """One field: title and meaning, the place to fill in, what is wrong."""

    DEFAULT_CSS = """
    Entry { height: auto; margin-bottom: 1; }
    Entry Static { height: auto; margin: 0; }
    Entry Input, Entry Input:focus { height: 1; border: none; padding: 0 1; }
    Entry Input { text-style: underline; }
    Entry Input { border-left: blank; }
    Entry Input:focus { border-left: outer $accent; }
    Entry Choice { padding: 0 1; }
    Entry .offers, Entry .wrong { display: none; padding: 0 2; }
    Entry:focus-within .offers.-some { display: block; }
    Entry .wrong { text-style: bold; }
    """

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field

    def compose(self) -> ComposeResult:
        title = Text.assemble((f"{self.field.title}. ", "bold"), plain(self.field.told))
        yield Static(title)
        yield self._place()
        yield Static("", classes="offers")
        yield Static("", classes="wrong")

    def _place(self) -> Widget:
        if isinstance(self.field, ChoiceField):
            return Choice(self.field.options, self.field.chosen)
        suggester = self.field.suggester
        if self.field.offers:
            suggester = SuggestFromList(self.field.offers, case_sensitive=False)
        return Input(self.field.text, select_on_focus=False, suggester=suggester)

    @property
    def filled(self) -> Any:
        """The text that was typed, or the value that was chosen."""
        if isinstance(self.field, ChoiceField):
            return self.query_one(Choice).value
        return self.query_one(Input).value

    @property
    def is_touched(self) -> bool:
        """Whether somebody filled in something else than what stood there first."""
        first = self.field.chosen if isinstance(self.field, ChoiceField) else self.field.text
        return bool(self.filled != first)

    def propose(self, text: str) -> None:
        """Fill a text in that nobody typed."""
        if isinstance(self.field, TextField):
            self.field = replace(self.field, text=text)
            self.query_one(Input).value = text

    def read(self) -> Any:
        """The value; raises Wrong."""
        return self.filled if isinstance(self.field, ChoiceField) else self.field.read(self.filled)

    def show_wrong(self, sentence: str) -> None:
        """Say what is wrong, or nothing."""
        wrong = self.query_one(".wrong", Static)
        wrong.update(Text(plain(f"! {sentence}")))
        wrong.display = bool(sentence)

    def show_offers(self) -> None:
        """Show which of the offers have what was typed, as many as a line takes."""
        if isinstance(self.field, TextField) and self.field.offers:
            typed = self.filled.strip().casefold()
            found = [one for one in self.field.offers if typed in one.casefold()]
            shown = self.query_one(".offers", Static)
            shown.update(Text(plain(_offered(found, self.size.width - 4)), no_wrap=True))
            shown.set_class(bool(found) and found != [self.filled], "-some")

    def on_resize(self) -> None:
        """Fit them to the width."""
        self.show_offers()


class Form(VerticalScroll, can_focus=False):
    """Fields below each other; Enter goes to the next, and after the last ``Finished`` is told."""

    BINDINGS = bindings(
        hide("down", "app.focus_next", "Next field", "To the next field."),
        hide("up", "app.focus_previous", "Previous field", "To the previous field."),
    )
    DEFAULT_CSS = """
    Form { height: auto; scrollbar-size-vertical: 1; }
    """

    class Finished(Message):
        """Enter was pressed in the last field."""

    class Touched(Message):
        """A field was filled in anew."""

    def __init__(self, fields: Sequence[Field], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._fields = tuple(fields)

    def compose(self) -> ComposeResult:
        for field in self._fields:
            yield Entry(field)

    @property
    def is_touched(self) -> bool:
        """Whether anything was filled in."""
        return any(entry.is_touched for entry in self.query(Entry))

    def begin(self) -> None:
        """Put the focus into the first field."""
        for widget in self.query("Input, Choice").results(Widget):
            widget.focus()
            return

    def filled(self, name: str) -> Any:
        """What a field has at the moment, read or not."""
        return self._entry(name).filled

    def fill(self, name: str, text: str) -> None:
        """Propose a text; it does not count as filled in by somebody."""
        self._entry(name).propose(text)

    def read(self) -> dict[str, Any] | None:
        """All values by name; None where one is wrong: then that is said, and has the focus."""
        values: dict[str, Any] = {}
        wrong: list[Entry] = []
        for entry in self.query(Entry):
            try:
                values[entry.field.name] = entry.read()
                entry.show_wrong("")
            except Wrong as fault:
                entry.show_wrong(str(fault))
                wrong.append(entry)
        if wrong:
            wrong[0].query("Input, Choice").first().focus()
            return None
        return values

    def show_wrong(self, name: str, sentence: str) -> None:
        """Say of a field what only the store knew."""
        entry = self._entry(name)
        entry.show_wrong(sentence)
        entry.query("Input, Choice").first().focus()

    @on(Input.Submitted)
    @on(Choice.Submitted)
    def _next(self, event: Message) -> None:
        event.stop()
        places = list(self.query("Input, Choice").results(Widget))
        focused = self.screen.focused
        if focused in places[:-1]:
            places[places.index(focused) + 1].focus()
        else:
            self.post_message(self.Finished())

    @on(Input.Changed)
    @on(Choice.Changed)
    def _touched(self, event: Input.Changed | Choice.Changed) -> None:
        event.stop()
        for entry in self.query(Entry):
            if event.control in entry.children:
                entry.show_wrong("")
                entry.show_offers()
        self.post_message(self.Touched())

    def _entry(self, name: str) -> Entry:
        return next(entry for entry in self.query(Entry) if entry.field.name == name)


def _offered(found: Sequence[str], room: int) -> str:
    """``Known: Checking, Savings, …``, in one line."""
    told = f"Known (right arrow completes): {found[0]}" if found else ""
    for one in found[1:]:
        longer = f"{told}, {one}"
        if cells(longer) > room - 3:
            return f"{told}, {ELLIPSIS}"
        told = longer
    return told
