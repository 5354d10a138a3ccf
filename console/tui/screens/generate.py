"""Generate QWC: where to, with the old IDs or new ones; then the password is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Static

from console.tui.actions import qwc as actions
from console.tui.backstage import Trouble
from console.tui.screens.asking import Asking
from console.tui.screens.qwc import PasswordScreen
from console.tui.screens.settings_fields import read_folder
from console.tui.snapshots.qwc import default_folder
from console.tui.widgets.dialogs import Confirm
from console.tui.widgets.form import ChoiceField, Form, TextField
from console.tui.widgets.key_line import KeyLine
from console.tui.widgets.title_bar import TitleBar
from shared.operations.describe.text import plain
from shared.qwc import file_name

if TYPE_CHECKING:
    from console.tui.screens.qwc import Outcome
    from shared.rules.values import Application, Connection

WHY_NEW_IDS = (
    "QBWC1039 and QBWC1026 mean that the company file still carries the mark of an earlier file"
    " with this OwnerID and FileID: it was added from another PC, or the company was restored from"
    " a backup. New IDs make a new mark."
)
AFTER_NEW_IDS = (
    "The bookkeeper must remove the old rows from the Web Connector, add the new files, grant"
    " access in QuickBooks again and type the new password. Until then nothing is synced."
)


class GenerateScreen(Asking[str | None]):
    """Asks for the folder; ends with a sentence about what was made, or None."""

    AUTO_FOCUS = "Input"
    CSS_PATH = "generate.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", tooltip="Leave; nothing was written."),
        Binding("tab", "app.focus_next", "Next field", tooltip="To the next field."),
        Binding("f1", "app.help", "Help", tooltip="This list of keys."),
    ]

    def __init__(
        self, connection: Connection, applications: Sequence[Application], *, renewed: bool
    ) -> None:
        super().__init__()
        self._connection = connection
        self._applications = tuple(applications)
        self._renewed = renewed

    def compose(self) -> ComposeResult:
        """What will be written, the questions, two buttons."""
        yield TitleBar(f"Generate QWC: {self._connection.name}")
        for one in self._told():
            yield Static(Text(plain(one)), classes="told")
        yield Form(self._fields())
        yield Static("", id="said")
        with Horizontal(id="buttons"):
            yield Button("Cancel", id="cancel", compact=True)
            yield Button("Generate", id="generate", compact=True)
        yield KeyLine()

    def action_cancel(self) -> None:
        """Leave."""
        self.dismiss(None)

    @on(Button.Pressed, "#cancel")
    def _cancelled(self) -> None:
        self.action_cancel()

    @on(Form.Finished)
    @on(Button.Pressed, "#generate")
    def _asked(self) -> None:
        values = self.query_one(Form).read()
        if values is None:
            return
        told = list(self._consequences(renewed=values["ids"]))
        if not told:
            self._generate(values)
            return
        title = f"{'Renew the IDs' if values['ids'] else 'Replace the password'} of"
        self.app.push_screen(
            Confirm(f"{title} {self._connection.name}?", told, "Generate"),
            lambda agreed: self._generate(values) if agreed else None,
        )

    def _generate(self, values: dict[str, Any]) -> None:
        work = partial(
            actions.generate,
            who=self.backstage.who,
            settings=self.backstage.settings,
            connection_id=self._connection.id,
            folder=values["folder"],
            renew_ids=values["ids"],
        )
        self.app.push_screen(
            PasswordScreen(work, renewed=values["ids"]),
            partial(self._generated, values["folder"]),
        )

    def _generated(self, folder: Path, outcome: Outcome | None) -> None:
        if isinstance(outcome, Trouble):
            self.refused(outcome)
        elif outcome is not None:
            self.dismiss(f"The .qwc files of {outcome.name} are in {folder}.")

    def _told(self) -> Iterator[str]:
        names = " and ".join(file_name(one.kind) for one in self._applications)
        yield (
            f"Writes {names} and makes one fresh password, which is shown once. An earlier file of"
            " this connection is replaced, any other file is left alone and named."
        )

    def _fields(self) -> tuple[TextField | ChoiceField, ...]:
        folder = default_folder(self.backstage.settings.database, self._connection.name)
        return (
            TextField(
                "folder",
                "Folder",
                "On this machine, made when missing, readable by its owner only.",
                read_folder,
                str(folder),
            ),
            ChoiceField(
                "ids",
                "OwnerID and FileID",
                WHY_NEW_IDS,
                ((False, "keep them"), (True, "renew them")),
                self._renewed,
            ),
        )

    def _consequences(self, *, renewed: bool) -> Iterator[str]:
        if renewed:
            yield WHY_NEW_IDS
            yield AFTER_NEW_IDS
        elif any(one.password_generation for one in self._applications):
            rows = " and ".join(one.app_name for one in self._applications)
            yield (
                f"The password that they have now stops working at once: {rows} cannot sign in"
                " until the bookkeeper has typed the new one into the Web Connector."
            )
