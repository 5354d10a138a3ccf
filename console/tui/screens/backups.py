"""Backups: the files from which the store can be restored, and the way to do that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from console.fields import field
from console.tui import render
from console.tui.bindings import bind, bindings
from console.tui.screens.base import StoreScreen
from console.tui.screens.restore import RestoreScreen
from console.tui.widgets.beside import Beside
from console.tui.widgets.dialogs import ask_with
from console.tui.widgets.form import TextField, Wrong
from console.tui.widgets.form_dialog import FormDialog
from console.tui.widgets.record_table import RecordTable, Row
from console.tui.widgets.records import Records
from console.tui.widgets.text_view import TextView
from console.tui.worker import Trouble
from shared import dates
from shared.health.checks import size
from shared.models.store import Store
from shared.operations import backup_files, stores
from shared.operations.backup_files import BackupFile, Origin
from shared.operations.deciding import Operator
from shared.rules.operators import Role

FILES = Records[BackupFile](
    lambda one: str(one.path),
    field("Made", lambda one: one.made_at),
    field("By", lambda one: one.origin),
    field("Size", lambda one: size(one.size_bytes), right=True),
    field("File", lambda one: one.path.name, least=20),
)
_OTHER = "other"
_TOLD = {
    Origin.DAEMON: "The daemon made it, read all of it and checked it.",
    Origin.BY_HAND: "Made with deskbridge db backup, or + here, and checked then.",
    Origin.BEFORE_RESTORE: "The store as it was before a restore. Restoring it undoes that.",
    Origin.BEFORE_UPGRADE: "The store as it was before an upgrade.",
}
_ENTER = (
    "checks the backup and the machine, and shows what restoring would do. Nothing is replaced"
    " before you type the name of the store."
)
_NONE = Text(
    "No backup was found here. + makes one now. Set backup_directory to have the daemon make them"
    " by itself."
)
_ANOTHER = render.titled("Enter", "asks for the path of a backup in another folder.")
_POSTGRESQL = (
    "A PostgreSQL store is backed up and restored with PostgreSQL's own tools: pg_dump and"
    " pg_restore. See docs/backup-and-restore.md."
)


class BackupsScreen(StoreScreen[tuple[BackupFile, ...]]):
    """The newest first; what is known without the store is listed even while it cannot be used."""

    PLACE = "Backups"
    BINDINGS = bindings(bind("plus", "add", "Back up now", "Copy the store while everything runs."))

    def __init__(self) -> None:
        super().__init__()
        self._files: dict[str, BackupFile] = {}

    def body(self) -> ComposeResult:
        yield Static(_POSTGRESQL, classes="body empty")
        yield Beside(FILES.columns)

    @property
    def _folder(self) -> Path | None:
        schedule = self.worker.settings.backup_schedule
        return schedule.folder if schedule else None

    def question(self) -> Callable[[Store], tuple[BackupFile, ...]]:
        return partial(backup_files.view, folder=self._folder)

    def show(self, snapshot: tuple[BackupFile, ...]) -> None:
        self._files = {str(one.path): one for one in snapshot}
        has_file = Store.path_of(self.worker.settings.database) is not None
        self.set_class(not has_file, "-empty")
        now = self.worker.clock()
        rows = [FILES.row(one, now) for one in snapshot]
        rows.append(Row(_OTHER, ("another file", "", "", "Enter asks for its path")))
        self.query_one(RecordTable).show(rows)
        self.show_place(f"Backups ({len(snapshot)})")
        self.explain()

    def without_store(self, _trouble: Trouble) -> Callable[[], tuple[BackupFile, ...]]:
        """A store that cannot be used is what backups are for."""
        url = self.worker.settings.database
        return partial(backup_files.view_without_store, url, self._folder)

    def explain(self) -> None:
        one = self._files.get(self.under_cursor)
        other = [_ANOTHER] if self._files else [_NONE, _ANOTHER]
        self.query_one(TextView).show(list(_told(one)) if one else other)

    @on(RecordTable.Opened)
    def _open(self, event: RecordTable.Opened) -> None:
        if told := self.worker.why_not(Role.MANAGE):
            self.say(told)
        elif event.key == _OTHER:
            typed = TextField("path", "Backup", "The path of the file.", read_file)
            dialog = FormDialog("Restore from another file", [], [typed], "Continue")
            ask_with(self, dialog, lambda given: self.app.push_screen(RestoreScreen(given["path"])))
        else:
            self.app.push_screen(RestoreScreen(Path(event.key)))

    def action_add(self) -> None:
        """Ask where to, then copy the store."""
        path = Store.path_of(self.worker.settings.database)
        if told := self.worker.why_not(Role.MANAGE):
            self.say(told)
        elif path is None:
            self.say(_POSTGRESQL)
        else:
            name = f"{path.stem}-by-hand-{self.worker.clock():%Y%m%dT%H%M%SZ}.sqlite3"
            offered = (self._folder or path.parent) / name
            told = "A new file. On another disk it also helps when this one fails."
            typed = TextField("path", "To", told, read_target, str(offered))
            dialog = FormDialog("Back up the store now", [], [typed], "Back up")
            ask_with(self, dialog, self._add)

    def _add(self, given: dict[str, Any]) -> None:
        self.say("Backing up…", stays=True)
        who, target = self.worker.who, given["path"]
        made = self.worker.write(lambda store: stores.back_up(Operator(store, who), target))
        self.go_on(made, self._added)

    def _added(self, made: stores.Backup) -> None:
        self.say(f"Backed up to {made.path} ({size(made.size_bytes)}).")
        self.ask()


def _told(one: BackupFile) -> Iterator[Text]:
    yield render.titled("File", str(one.path))
    yield render.titled("Made", dates.moment(one.made_at))
    yield render.titled("Size", size(one.size_bytes))
    yield render.titled("By", f"{one.origin}. {_TOLD[one.origin]}")
    yield render.titled("Enter", _ENTER)


def read_file(text: str) -> Path:
    """Read the path of a backup; raises Wrong."""
    path = _path(text)
    if not path.is_file():
        raise Wrong("There is no such file.")
    return path


def read_target(text: str) -> Path:
    """Read the path of a new file; raises Wrong."""
    path = _path(text)
    if path.exists():
        raise Wrong("This file exists, and a backup never overwrites one. Type another name.")
    if not path.parent.is_dir():
        raise Wrong(f"There is no folder {path.parent}. Make it, or choose another one.")
    return path


def _path(text: str) -> Path:
    try:
        path = Path(text.strip()).expanduser()
    except (RuntimeError, ValueError) as error:
        raise Wrong(f"This cannot be read as a path: {error}.") from None
    if not path.is_absolute():
        raise Wrong("Type the whole path, such as /backups/deskbridge.sqlite3.")
    return path
