"""Words, times and styles that all screens share: a state is a word before it is a color."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from rich.text import Text

from console.tui.widgets.text_view import Labeled, Paragraph
from shared.operations.describe.sections import Section
from shared.operations.describe.text import plain
from shared.operations.describe.trends import legend, mark
from shared.rules.values import Sync

STYLES: Mapping[str, str] = {
    **dict.fromkeys(("finished", "resolved", "posted", "imported", "updated", "ok"), "green"),
    **dict.fromkeys(("running", "stopping", "pending", "retry", "ready", "sent"), "cyan"),
    **dict.fromkeys(
        ("waiting", "canceled", "skipped", "acknowledged", "left-out", "late", "withdrawn"),
        "yellow",
    ),
    **dict.fromkeys(("not eligible", "not set up", "some failed", "interrupted", "warn"), "yellow"),
    **dict.fromkeys(("failed", "open", "unknown", "parked", "refused", "fail"), "bold red"),
}
"""The color of each state, out of the sixteen that any terminal has."""


def state(word: str, shown: str = "") -> Text:
    """``shown``, or the word itself, in the color of the state ``word``."""
    return Text(shown or word, style=STYLES.get(word, ""))


def figure(number: int, word: str) -> Text:
    """How many are in the state ``word``, in its color where there are any."""
    return state(word if number else "", f"{number:,}")


_MARKED = {"x": "failed", "!": "some failed", "-": "canceled", ".": "ok"}


def marks(syncs: Sequence[Sync]) -> Text:
    """Syncs as one mark each, in the order given, and what the marks mean."""
    signs = [mark(one) for one in syncs]
    told = Text.assemble(*(("".join(same), STYLES[_MARKED[sign]]) for sign, same in groupby(signs)))
    meaning = legend(signs)
    return told.append(f"  ({meaning})") if meaning else told


def titled(title: str, value: str | Text) -> Text:
    """A line of a detail: its title set apart, then what QuickBooks or we say, never markup."""
    told = Text(plain(value)) if isinstance(value, str) else value
    return Text.assemble((f"{title}: ", "bold"), told)


def lines(section: Section) -> Iterator[Paragraph]:
    """The lines of a section; a step of a remedy is wrapped beside its number."""
    for title, value in section.lines:
        if title:
            yield titled(title, _colored(value) if title in _STATES else value)
        else:
            number, _, step = plain(value).partition(" ")
            yield Labeled(Text(f" {number} "), Text(step))


_STATES = ("Status", "Outcome")


def _colored(value: str) -> Text:
    """A value that begins with a state, with that in its color."""
    head, comma, rest = plain(value).partition(",")
    return Text.assemble(state(head), comma, rest)
