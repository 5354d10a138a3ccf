"""A file of payments: choose it, say how it is read, look at what would happen, take it in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.suggester import Suggester
from textual.widgets import Button

from console.tui.bindings import bind, bindings
from console.tui.screens.asking import Asking
from console.tui.widgets.dialogs import ask_with
from console.tui.widgets.form import ChoiceField, Field, Form, TextField, Wrong
from console.tui.widgets.text_view import TextView
from console.tui.worker import StoreWorker
from shared.errors import CannotBeMeant, StoreError
from shared.models.store import Store
from shared.operations import payment_import_words as describe
from shared.operations import payment_intake, payment_profiles
from shared.operations.deciding import Operator, carry_out
from shared.operations.describe.text import plain
from shared.operations.file_profiles import HowToRead, Profile, read_map, shipped
from shared.operations.file_text import FORMS
from shared.operations.payment_columns import DatesAreAmbiguous
from shared.operations.payment_files import PaymentFile
from shared.operations.payment_intake import Imported, ImportPlan
from shared.operations.payment_profiles import Takes
from shared.operations.payment_staging import StagedRows
from shared.structs import Value


class Chosen(Value):
    """A file that was read for a connection; ``label`` is where its profile is to be kept."""

    connection: str
    path: Path
    rows: StagedRows
    profile: Profile | None
    label: str


class TakeFileScreen(Asking[str | None]):
    """Asks for the file and how it is read; ends with what became of it, or None."""

    AUTO_FOCUS = "Input"
    BINDINGS = bindings(
        bind("escape", "cancel", "Cancel", "Leave; nothing is imported."),
        bind("tab", "app.focus_next", "Next field", "To the next field."),
        bind("f1", "app.help", "Help", "This list of keys."),
    )

    def __init__(self, takers: Sequence[Takes], connection: str = "") -> None:
        super().__init__()
        self._takers = tuple(takers)
        self._connection = connection or takers[0].connection

    def compose(self) -> ComposeResult:
        form = Form(tuple(self._fields()))
        yield from self.framed(
            "Import a file of payments", form, cancel="Cancel", look="Check file"
        )

    def _fields(self) -> Iterator[Field]:
        yield TextField(
            "path",
            "File",
            "On this machine, .csv or .jsonl. Right arrow completes its path.",
            read_path,
            suggester=PathSuggester(),
        )
        if len(self._takers) > 1:
            names = tuple(one.connection for one in self._takers)
            told = "The connection whose payments these are."
            yield TextField("connection", "For", told, text=self._connection, offers=names)
        saved = sorted({label for one in self._takers for label in one.saved})
        told = "A profile. Leave empty to detect it by the columns."
        yield TextField("profile", "Written by", told, offers=(*saved, *shipped()))
        told = 'Which column is which field, as HEADER=field; separated by ";".'
        yield TextField("maps", "Columns", told, read_maps)
        yield ChoiceField("order", "Dates", "How 10/09/2026 is read.", ORDERS, "")
        yield TextField(
            "label",
            "Keep as",
            "Profile name for later files like this one. Leave empty to save none.",
        )

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Leave."""
        self.dismiss(None)

    @on(Form.Finished)
    @on(Button.Pressed, "#look")
    def _asked(self) -> None:
        values = self.query_one(Form).read()
        if values is not None:
            self.say("Reading…")
            values.setdefault("connection", self._connection)
            question = partial(_how, values=values)
            self.go_on(self.worker.read(question), partial(self._read, values))

    def _read(self, values: dict[str, Any], how: HowToRead) -> None:
        today = self.worker.clock().astimezone().date()

        def read() -> Chosen:
            path: Path = values["path"]
            try:
                with path.open("rb") as content:
                    rows = PaymentFile(content, FORMS[path.suffix.casefold()], today, how)
                    staged = StagedRows(rows)
            except DatesAreAmbiguous as asked:
                raise CannotBeMeant(asked.sentence, "Choose it at Dates above.") from asked
            return Chosen(values["connection"], path, staged, rows.profile, values["label"])

        self.go_on(self.worker.beside(read), self._look)

    def _look(self, chosen: Chosen) -> None:
        plan_of = partial(
            payment_intake.plan_import,
            connection=chosen.connection,
            file_rows=chosen.rows,
            source=chosen.path.name,
            skip_bad_rows=True,
        )

        def planned(store: Store) -> ImportPlan:
            if chosen.label and chosen.profile:
                _plan_save(store, chosen, chosen.profile)
            return plan_of(store)

        self.go_on(self.worker.read(planned), partial(self._show, chosen))

    def _show(self, chosen: Chosen, plan: ImportPlan) -> None:
        self.say("")
        ask_with(self, LookScreen(chosen, plan), self.dismiss)


ORDERS = (
    ("", "Decided by all dates in the file"),
    ("mdy", "Month first: October 9"),
    ("dmy", "Day first: September 10"),
)


def _how(store: Store, values: dict[str, Any]) -> HowToRead:
    return payment_profiles.how_to_read(
        store,
        values["connection"],
        profile=values["profile"],
        maps=values["maps"],
        date_format=values["order"],
    )


def _plan_save(store: Store, chosen: Chosen, profile: Profile) -> payment_profiles.SavePlan:
    return payment_profiles.plan_save(store, chosen.connection, chosen.label, profile)


class LookScreen(Asking[str | None]):
    """Shows what would become of the rows; ends with what became of them, or None."""

    AUTO_FOCUS = "TextView"
    BINDINGS = bindings(
        bind("escape", "cancel", "Back", "Back to the file; nothing is imported."),
        bind("plus", "take", "Import", "Import the rows that are not refused or left out."),
        bind("tab", "app.focus_next", "Next button", "To the next button."),
        bind("f1", "app.help", "Help", "This list of keys."),
    )

    def __init__(self, chosen: Chosen, plan: ImportPlan) -> None:
        super().__init__()
        self._chosen = chosen
        self._plan = plan
        self._taking = False

    def compose(self) -> ComposeResult:
        place = f"{self._chosen.path.name} for {self._chosen.connection}"
        yield from self.framed(place, TextView(), back="Back", take="Import")

    def on_mount(self) -> None:
        """Show what would happen."""
        self.query_one(TextView).show([*_shown(self._plan)], from_top=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Dim taking in while it is under way, and where nothing is left to take in."""
        return None if action == "take" and not self._is_possible else True

    @property
    def _is_possible(self) -> bool:
        report = self._plan.report
        return not self._taking and bool(report.new or report.changed)

    @on(Button.Pressed, "#back")
    def action_cancel(self) -> None:
        """Leave, unless it is being taken in."""
        if not self._taking:
            self.dismiss(None)

    @on(Button.Pressed, "#take")
    def action_take(self) -> None:
        """Take the file in."""
        if not self._is_possible:
            self.say("Nothing in it is new or changed, so there is nothing to import.")
            return
        self._taking = True
        self.refresh_bindings()
        self.say("Importing…")
        taken = _taken(self.worker, self._chosen, self._plan)
        self.go_on(taken, lambda became: self.dismiss(became.sentence))

    def refused(self, trouble: Any) -> None:
        """Say why it was not taken in."""
        self._taking = False
        self.refresh_bindings()
        super().refused(trouble)


def _taken(worker: StoreWorker, chosen: Chosen, plan: ImportPlan) -> Any:
    """Carry the import out, then keep the profile where that was asked for."""

    def work(store: Store) -> Imported:
        by = Operator(store, worker.who)
        done = carry_out(by, plan)
        if chosen.label and chosen.profile:
            with store.reading():
                saving = _plan_save(store, chosen, chosen.profile)
            carry_out(by, saving)
        return done

    return worker.write(work)


def _shown(plan: ImportPlan) -> Iterator[Text]:
    report = plan.report
    yield Text(plain(describe.becomes(plan, dry_run=True)), style="bold")
    yield from (Text(plain(told)) for told in report.told)
    yield from (Text(plain(told)) for told in describe.details(plan))
    if report.refused:
        yield Text()
        yield Text("Refused", style="bold")
        yield from (Text(plain(told)) for told in describe.refused(report.refused))
        yield Text(plain(f"What to do: {describe.remedies(report.refused)}"))


def read_path(text: str) -> Path:
    """Read the path of a file of payments; raises Wrong."""
    try:
        path = Path(text.strip()).expanduser()
        is_file = path.is_file()
    except (OSError, RuntimeError, ValueError) as error:
        raise Wrong(f"This cannot be read as a path: {error}.") from None
    if not text.strip() or not is_file:
        raise Wrong("There is no such file. Type its path, such as ~/export.csv.")
    if path.suffix.casefold() not in FORMS:
        raise Wrong(f"Its name should end with one of {', '.join(FORMS)}.")
    return path


def read_maps(text: str) -> tuple[str, ...]:
    """Read ``HEADER=field; HEADER=field``; raises Wrong."""
    maps = tuple(one.strip() for one in text.split(";") if one.strip())
    try:
        for one in maps:
            read_map(one)
    except StoreError as error:
        raise Wrong(f"{error.sentence} {error.remedy}".rstrip()) from None
    return maps


class PathSuggester(Suggester):
    """Completes the path of a file or folder."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        return await asyncio.to_thread(_completed, value)


def _completed(typed: str) -> str | None:
    """The first file or folder that begins as what is typed, as it is written there."""
    folder, slash, begun = typed.rpartition("/")
    if not begun:
        return None
    try:
        names = sorted(Path(f"{folder}{slash}" or ".").expanduser().iterdir())
        found = next((one for one in names if one.name.startswith(begun)), None)
        return f"{folder}{slash}{found.name}{'/' * found.is_dir()}" if found else None
    except (OSError, RuntimeError):
        return None
