"""Text to read: paragraphs wrapped to the width, scrolled by line, searched without a mouse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, TypeAlias

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.events import Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from console.tui.bindings import bindings, hide
from shared.operations.describe.text import cells, plain
from shared.structs import Value


class Labeled(Value):
    """A text that is wrapped beside its label, not under it."""

    label: Text
    text: Text


Paragraph: TypeAlias = str | Text | Labeled


class TextView(ScrollView, can_focus=True, inherit_bindings=False):
    """Paragraphs; ``show`` replaces them and keeps the scroll, ``find`` goes to a text.

    A ``str`` is a line as it is, folded where it is too long; a ``Text`` is wrapped at blanks,
    one with a label beside that.
    """

    BINDINGS = bindings(
        hide("down,j", "scroll_down", "Down", "One line down."),
        hide("up,k", "scroll_up", "Up", "One line up."),
        hide("pagedown,space", "page_down", "Page down", "One screen down."),
        hide("pageup", "page_up", "Page up", "One screen up."),
        hide("home", "scroll_home", "Top", "To the first line."),
        hide("end", "scroll_end", "End", "To the last line."),
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {"text-view--found"}
    DEFAULT_CSS = """
    TextView {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
    }
    TextView > .text-view--found { text-style: reverse; }
    """

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._paragraphs: tuple[Paragraph, ...] = ()
        self._lines: list[str | Text] = []
        self._wanted = ""

    @property
    def text(self) -> str:
        """Everything, as it is copied."""
        return "\n".join(map(_plain, self._paragraphs))

    def show(self, paragraphs: Sequence[Paragraph], *, from_top: bool = False) -> None:
        """Replace the text; ``from_top`` when it is about something else now."""
        if tuple(paragraphs) != self._paragraphs:
            self._paragraphs = tuple(paragraphs)
            self._lay_out()
        if from_top:
            self.scroll_to(y=0, animate=False, immediate=True, force=True)

    def find(self, wanted: str, *, again: int = 0) -> bool:
        """Go to the next line with ``wanted``, from the line in view on; False if none has it.

        ``again`` is 1 for the one after the line in view, -1 for the one before it.
        """
        self._wanted = wanted.casefold()
        self.refresh()
        if not wanted:
            return True
        found = [n for n, line in enumerate(self._lines) if self._wanted in _plain(line).casefold()]
        top = round(self.scroll_y)
        after = [n for n in found if n >= top + max(again, 0)] or found
        before = [n for n in found if n < top] or found
        if found:
            self._scroll(before[-1] if again < 0 else after[0])
        return bool(found)

    def action_scroll_down(self) -> None:
        self._scroll(round(self.scroll_y) + 1)

    def action_scroll_up(self) -> None:
        self._scroll(round(self.scroll_y) - 1)

    def action_page_down(self) -> None:
        self._scroll(round(self.scroll_y) + max(self.size.height - 1, 1))

    def action_page_up(self) -> None:
        self._scroll(round(self.scroll_y) - max(self.size.height - 1, 1))

    def action_scroll_home(self) -> None:
        self._scroll(0)

    def action_scroll_end(self) -> None:
        self._scroll(len(self._lines))

    def on_resize(self, _event: Resize) -> None:
        """Wrap to the new width."""
        self._lay_out()

    def render_line(self, y: int) -> Strip:
        width, place = self.size.width, y + round(self.scroll_y)
        if place >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        line = self._lines[place]
        text = Text(line) if isinstance(line, str) else line
        if self._wanted:
            text = self._marked(text)
        # Of a text that is one color all over, Rich tells that color nowhere but in ``style``.
        base = self.rich_style + Style.parse(str(text.style))
        parts = text.render(self.app.console)
        segments = [Segment(part.text, base + (part.style or Style())) for part in parts]
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _marked(self, text: Text) -> Text:
        marked, style = text.copy(), self.get_component_rich_style("text-view--found")
        folded = text.plain.casefold()
        at = folded.find(self._wanted)
        while at >= 0 and len(folded) == len(text.plain):
            marked.stylize(style, at, at + len(self._wanted))
            at = folded.find(self._wanted, at + len(self._wanted))
        return marked

    def _lay_out(self) -> None:
        width = max(self.scrollable_content_region.width, 1)  # the scrollbar hides nothing
        self._lines = [line for one in self._paragraphs for line in self._folded(one, width)]
        self.virtual_size = Size(self.size.width, len(self._lines))
        self._scroll(round(self.scroll_y))
        self.refresh()

    def _folded(self, paragraph: Paragraph, width: int) -> Iterator[str | Text]:
        if isinstance(paragraph, str):
            yield from _cut(plain(paragraph), width)
        elif isinstance(paragraph, Text):
            yield from paragraph.wrap(self.app.console, width)
        else:
            label, indent = paragraph.label, cells(paragraph.label.plain)
            for line in paragraph.text.wrap(self.app.console, max(width - indent, 10)):
                yield Text.assemble(label, line)
                label = Text(" " * indent)

    def _scroll(self, top: int) -> None:
        most = max(len(self._lines) - self.size.height, 0)
        self.scroll_to(y=min(max(top, 0), most), animate=False, immediate=True, force=True)


def _plain(paragraph: Paragraph) -> str:
    if isinstance(paragraph, Labeled):
        return paragraph.label.plain + paragraph.text.plain
    return paragraph.plain if isinstance(paragraph, Text) else paragraph


def _cut(line: str, width: int) -> Iterator[str]:
    """The line in pieces of at most ``width`` cells."""
    if cells(line) <= width:
        yield line
    elif line.isascii():
        yield from (line[at : at + width] for at in range(0, len(line), width))
    else:
        yield from (piece.plain for piece in Text(line).divide(_ends(line, width)))


def _ends(line: str, width: int) -> Iterator[int]:
    used = 0
    for at, character in enumerate(line):
        wide = cells(character)
        if used + wide > width:
            yield at
            used = 0
        used += wide
