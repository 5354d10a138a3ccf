"""A support bundle of one sync: what is inside is read here before it is saved or copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Input

from console.tui.bindings import bind, bindings
from console.tui.screens.reading import ReadsDetail
from console.tui.widgets.beside import Beside
from console.tui.widgets.dialogs import AskReason, ask_with
from console.tui.widgets.record_table import Column, RecordTable, Row
from console.tui.widgets.text_view import Paragraph, TextView
from shared import bundles
from shared.bundles import Bundle, Part
from shared.models.store import Store
from shared.operations import bundle
from shared.operations.describe.text import count, plain

COLUMNS = (Column("File", least=16), Column("Holds", least=20), Column("Bytes", right=True))
LINES_SHOWN = 2000
COPIED_CHARACTERS = 60_000
"""What terminals take in one go; longer files are left out of a copy."""


class BundleScreen(ReadsDetail[Bundle]):
    """The files of the bundle, each to be read; nothing leaves before a key is pressed."""

    PLACE = "Support bundle"
    BINDINGS = bindings(
        bind("z", "save", "Save", "Save the bundle as a zip on this machine."),
        bind(
            "C",
            "copy",
            "Copy",
            "Copy its files as one text to your clipboard; long files are left out.",
        ),
    )

    def __init__(self, sync_id: int) -> None:
        super().__init__()
        self._sync_id = sync_id
        self._parts: dict[str, Part] = {}

    def body(self) -> ComposeResult:
        yield Beside(COLUMNS)

    def question(self) -> Callable[[Store], Bundle]:
        return partial(
            bundle.view,
            sync_id=self._sync_id,
            settings=self.worker.settings,
            machine=self.worker.machine(),
        )

    def is_final(self, snapshot: Bundle) -> bool:
        """What is shown is what is saved, whatever happens meanwhile."""
        return True

    def show(self, snapshot: Bundle) -> None:
        self._parts = {part.name: part for part in snapshot.parts}
        rows = [
            Row(part.name, (part.name, part.holds, f"{part.size_bytes:,}"))
            for part in snapshot.parts
        ]
        self.query_one(RecordTable).show(rows)
        files = count(len(rows), "file")
        self.show_place(f"Support bundle of sync {snapshot.sync_id}: {files}, masked")
        self.explain()

    def able(self) -> dict[str, bool]:
        return super().able() | dict.fromkeys(("save", "copy"), self.snapshot is not None)

    def explain(self) -> None:
        part = self._parts.get(self.under_cursor)
        self.query_one(TextView).show(list(_shown(part)) if part else [], from_top=True)

    def action_save(self) -> None:
        """Ask where, then save."""
        made = self.snapshot
        if made is not None:
            ask_with(self, AskFile(made), partial(self._save, made))

    def _save(self, made: Bundle, typed: str) -> None:
        self.say("Saving…")
        self.go_on(self.worker.beside(partial(_saved, made, Path(typed))), self.say)

    def action_copy(self) -> None:
        """Copy what fits."""
        if self.snapshot is not None:
            self.copy(self.snapshot.as_text(COPIED_CHARACTERS), "the bundle as text")


class AskFile(AskReason):
    """Asks for the file to save to; a name is there already."""

    def __init__(self, made: Bundle) -> None:
        super().__init__(
            f"Save the support bundle of sync {made.sync_id}",
            [bundles.MASKED, bundles.NOT_MASKED],
            "The file on this machine",
        )
        self._proposed = str(Path.home() / made.file_name)

    def on_mount(self) -> None:
        """Propose a name."""
        self.query_one(Input).value = self._proposed


def _saved(made: Bundle, target: Path) -> str:
    path = bundles.save(made, target)
    return f"Saved to {path} ({path.stat().st_size:,} bytes), readable only by you."


def _shown(part: Part) -> Iterator[Paragraph]:
    lines = part.text.splitlines()
    for line in lines[:LINES_SHOWN]:
        yield Text(plain(line)) if part.name == "README.txt" else line
    if len(lines) > LINES_SHOWN:
        yield Text(f"… and {count(len(lines) - LINES_SHOWN, 'more line')} in the file.")
