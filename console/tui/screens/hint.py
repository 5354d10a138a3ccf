"""One entry of Troubleshooting: what happened, why, what to do, who does it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from rich.text import Text
from textual.app import ComposeResult

from console.tui.bindings import bind, bindings, hide
from console.tui.main_screens import TROUBLESHOOTING
from console.tui.render import lines, titled
from console.tui.screens.base import ConsoleScreen, StoreScreen
from console.tui.widgets.text_view import Labeled, Paragraph, TextView
from shared import hints
from shared.hints import Hint
from shared.operations.describe.hints import section

Snapshot = TypeVar("Snapshot")
_MOST_RELATED = 9


class OpensHint(StoreScreen[Snapshot]):
    """A screen whose action ``hint`` opens the entry for ``hint_code``, where there is a code."""

    def hint_code(self) -> str:
        """The code of what is under the cursor; empty: none."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "hint":
            return True if self.is_mounted and self.hint_code() else None
        return super().check_action(action, parameters)

    def action_hint(self) -> None:
        """Open the troubleshooting entry."""
        self.app.push_screen(HintScreen(self.hint_code()))


class HintScreen(ConsoleScreen):
    """The entry for a code; one that nobody knows says so. Related entries are a digit away."""

    AUTO_FOCUS = "TextView"
    BINDINGS = bindings(
        bind("t", "catalog", "All entries", "The whole catalog, at this entry."),
        bind("C", "copy", "Copy", "Copy this entry to your terminal's clipboard."),
        *(
            hide(
                str(number),
                f"related({number})",
                "See also",
                "Open the entry with this number at the end of the text.",
            )
            for number in range(1, _MOST_RELATED + 1)
        ),
    )

    def __init__(self, code: str) -> None:
        super().__init__()
        self._code = code
        self._known = hints.hint(code)

    def body(self) -> ComposeResult:
        yield TextView()

    def on_mount(self) -> None:
        """Show it; the catalog is in memory."""
        self.show_place(f"Troubleshooting, {self._code}")
        self.query_one(TextView).show(list(self._told()))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "related":
            return True if parameters[0] in range(1, len(self._related) + 1) else None
        return super().check_action(action, parameters)

    def action_catalog(self) -> None:
        """Show the whole catalog; it may be where this screen was opened from."""
        if isinstance(self.app.screen_stack[-2], TROUBLESHOOTING.load()):
            self.dismiss()
        else:
            self.app.push_screen(TROUBLESHOOTING.load()(self._code))

    def action_copy(self) -> None:
        """Copy the whole entry."""
        self.copy(self.query_one(TextView).text, f"the entry {self._code}")

    def action_related(self, number: int) -> None:
        """Open an entry that this one refers to; Esc leads back."""
        self.app.push_screen(HintScreen(self._related[number - 1]))

    @property
    def _related(self) -> tuple[str, ...]:
        return self._known.see[:_MOST_RELATED] if self._known else ()

    def _told(self) -> Iterator[Paragraph]:
        if self._known is None:
            yield Text(f"There is no entry for {self._code}: the message is all that is known.")
            yield Text("t opens the catalog; / searches it for words of the message.")
            return
        yield from entry(self._known)
        yield from _referred_to(self._related)


def entry(known: Hint) -> Iterator[Paragraph]:
    """An entry, but for the entries that it refers to."""
    one = section(known)
    yield Text(one.title, style="bold")
    yield Text()
    yield from lines(one)


def _referred_to(codes: tuple[str, ...]) -> Iterator[Paragraph]:
    if codes:
        yield titled("See also", "")
    for number, code in enumerate(codes, start=1):
        yield Labeled(Text(f" {number}  ", style="bold"), Text(_named(code)))


def _named(code: str) -> str:
    other: Hint | None = hints.hint(code)
    return f"{other.title} ({code})" if other else code
