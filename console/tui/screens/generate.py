"""Generate QWC: where to, with the old IDs or new ones; then the password is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import Button, Static

from console.tui.bindings import bind, bindings
from console.tui.screens.asking import Asking
from console.tui.screens.qwc import PasswordScreen
from console.tui.screens.settings_fields import read_folder
from console.tui.widgets.dialogs import Confirm, ask_with
from console.tui.widgets.form import ChoiceField, Form, TextField
from console.tui.worker import Trouble
from shared.operations import issuing
from shared.operations.describe.issuing import WHY_NEW_IDS
from shared.operations.describe.text import plain
from shared.operations.issuing import IssuePlan
from shared.qwc import file_name

if TYPE_CHECKING:
    from console.tui.screens.qwc import Ended
    from shared.rules.values import Application, Connection


class GenerateScreen(Asking[str | None]):
    """Asks for the folder; ends with a sentence about what was made, or None."""

    AUTO_FOCUS = "Input"
    BINDINGS = bindings(
        bind("escape", "cancel", "Cancel", "Leave; nothing is written."),
        bind("tab", "app.focus_next", "Next field", "To the next field."),
        bind("f1", "app.help", "Help", "This list of keys."),
    )

    def __init__(
        self, connection: Connection, applications: Sequence[Application], *, renewed: bool
    ) -> None:
        super().__init__()
        self._connection = connection
        self._applications = tuple(applications)
        self._renewed = renewed

    def compose(self) -> ComposeResult:
        yield from self.framed(
            f"Generate QWC: {self._connection.name}",
            Static(Text(plain(self._told())), classes="told"),
            Form(tuple(self._fields())),
            cancel="Cancel",
            generate="Generate",
        )

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Leave."""
        self.dismiss(None)

    @on(Form.Finished)
    @on(Button.Pressed, "#generate")
    def _asked(self) -> None:
        values = self.query_one(Form).read()
        if values is None:
            return
        question = partial(
            issuing.plan_files,
            settings=self.worker.settings,
            which=self._connection.id,
            folder=values["folder"],
            renew_ids=values["what"] == "renew",
            keep_password=values["what"] == "keep",
        )
        self.go_on(self.worker.read(question), self._planned)

    def _planned(self, plan: IssuePlan) -> None:
        if plan.needs:
            ask_with(self, Confirm.of(plan), lambda _agreed: self._generate(plan))
        else:
            self._generate(plan)

    def _generate(self, plan: IssuePlan) -> None:
        self.app.push_screen(PasswordScreen(plan), self._generated)

    def _generated(self, ended: Ended | None) -> None:
        if isinstance(ended, Trouble):
            self.refused(ended)
        elif ended is not None:
            self.dismiss(ended.sentence)

    def _told(self) -> str:
        names = " and ".join(file_name(one.kind) for one in self._applications)
        return (
            f"Writes {names}. An earlier file of this connection is replaced; any other file is"
            " left alone and reported."
        )

    def _fields(self) -> Iterator[TextField | ChoiceField]:
        folder = issuing.default_folder(self.worker.settings.database, self._connection.name)
        yield TextField(
            "folder",
            "Folder",
            "On this machine. Created if missing; only its owner can read it.",
            read_folder,
            str(folder),
        )
        options = [("new", "A new password, shown once; same OwnerID and FileID")]
        if any(one.password_generation for one in self._applications):
            options.append(("keep", "The same files again; the password stays"))
        options.append(("renew", "A new password, and new OwnerID and FileID"))
        yield ChoiceField(
            "what",
            "What to write",
            WHY_NEW_IDS,
            tuple(options),
            "renew" if self._renewed else "new",
        )
