"""Restore the store from a backup: what is checked, what follows, then the question."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import Button

from console.tui import render
from console.tui.bindings import bind, bindings
from console.tui.screens.asking import Asking
from console.tui.widgets.dialogs import ask_with
from console.tui.widgets.form import TextField, Wrong
from console.tui.widgets.form_dialog import FormDialog
from console.tui.widgets.text_view import TextView
from console.tui.worker import Console, Trouble
from shared.operations import stores
from shared.operations.stores import Restored

_SOUND = "all of it was read, and nothing in it is damaged."
_FREE = "no daemon, no other console and no other program has it open."


class RestoreScreen(Asking[None]):
    """Checks all that ``deskbridge db restore`` checks; replaces the store once its name is typed.

    Meanwhile this console has the store closed, and after it opens the one that is there then.
    """

    AUTO_FOCUS = "TextView"
    BINDINGS = bindings(
        bind("escape", "leave", "Back", "Back to the backups."),
        bind("r", "check", "Check again", "Check the backup and the machine again."),
        bind("tab", "app.focus_next", "Next button", "To the next button."),
        bind("f1", "app.help", "Help", "This list of keys."),
    )

    def __init__(self, backup: Path) -> None:
        super().__init__()
        self._backup = backup
        self._store: Path | None = None
        self._is_busy = False
        self._is_done = False

    def compose(self) -> ComposeResult:
        place = f"Restore {self._backup.name}"
        yield from self.framed(place, TextView(), back="Back", restore="Restore")

    def on_mount(self) -> None:
        """Check at once."""
        self.action_check()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "check":
            return None if self._is_busy or self._is_done else True
        return None if action == "leave" and self._is_busy else True

    def action_check(self) -> None:
        """Check the backup, the rights, and who has the store open."""
        worker = self.worker
        self._begin("Reading all of the backup…")
        work = partial(stores.check_restore, worker.settings.database, self._backup, worker.person)
        self.go_on(worker.beside(work), self._checked)

    def _begin(self, told: str) -> None:
        self._store, self._is_busy = None, True
        self._show([Text(told)])

    def _checked(self, store: Path) -> None:
        self._store, self._is_busy = store, False
        self._show([*self._found(store)])

    def _found(self, store: Path) -> Iterator[Text]:
        yield Text("This backup can be restored.", style="bold")
        yield render.titled("The backup", _SOUND)
        yield render.titled(f"The store {store}", _FREE)
        yield Text()
        yield Text("What a restore does", style="bold")
        yield Text(
            "It puts a copy of the backup in the place of the store. The store as it was stays"
            " beside it under another name, and can be restored in the same way."
        )
        yield from map(Text, stores.RESTORE_TELLS)

    def _show(self, told: list[Text]) -> None:
        self.say("")
        self.query_one(TextView).show(told, from_top=True)
        self.query_one("#restore", Button).display = self._store is not None
        self.query_one("#back", Button).display = not self._is_busy
        self.refresh_bindings()

    def refused(self, trouble: Trouble) -> None:
        """Say why it cannot be restored, until it is checked again."""
        self._store, self._is_busy = None, False
        told = [
            Text("This backup cannot be restored now. Nothing was changed.", style="bold"),
            render.titled("What happened", trouble.sentence),
        ]
        if trouble.remedy:
            told.append(render.titled("What to do", trouble.remedy))
        self._show([*told, render.titled("r", "checks again.")])

    @on(Button.Pressed, "#back")
    def action_leave(self) -> None:
        """Leave, unless something is under way."""
        if not self._is_busy:
            self.dismiss(None)

    @on(Button.Pressed, "#restore")
    def _ask(self) -> None:
        if self._store is not None:
            name = self._store.name
            typed = TextField("name", "To replace the store, type its name", name, _named(name))
            told = [f"{self._store} is replaced by {self._backup}."]
            dialog = FormDialog("Restore this backup?", told, [typed], "Restore")
            ask_with(self, dialog, self._restore)

    def _restore(self, given: dict[str, Any]) -> None:
        worker, backup = self.worker, self._backup
        self._begin("Restoring…")
        work = partial(stores.restore, worker.settings.database, backup, worker.who, worker.person)
        self.go_on(worker.with_store_closed(work), self._restored)

    def _restored(self, done: Restored) -> None:
        self._is_busy, self._is_done = False, True
        console = cast(Console, self.app)
        console.focus_on(None)
        console.ask_pulse()
        self._show([*_outcome(done, self._backup)])


def _outcome(done: Restored, backup: Path) -> Iterator[Text]:
    yield Text("The store was restored.", style="bold")
    yield render.titled("From", str(backup))
    if done.kept:
        yield render.titled("The store as it was", f"{done.kept}. Delete it once all works.")
    yield render.titled("Now", "start the daemon: sudo systemctl start deskbridge")
    yield Text()
    yield Text("What follows", style="bold")
    yield from map(Text, stores.follows(done))


def _named(name: str) -> Any:
    def read(typed: str) -> str:
        if typed.strip() != name:
            raise Wrong(f"Type {name} to restore, or press Esc.")
        return name

    return read
