"""Setup: a company from its name to its .qwc files, step by step, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Button, ContentSwitcher, Static

from console.tui.bindings import bind, bindings, hide
from console.tui.screens import settings_fields as fields
from console.tui.screens.account_fields import (
    account_fields,
    ask_account,
    open_door,
    plan_of_account,
)
from console.tui.screens.asking import Asking
from console.tui.screens.qwc import PasswordScreen
from console.tui.screens.setup_address import AddressChecks
from console.tui.screens.setup_rules import SetupRules
from console.tui.screens.setup_steps import MISFITS, DataFlows, proposed, summary
from console.tui.widgets.dialogs import Confirm, ask_with
from console.tui.widgets.form import Form, TextField
from console.tui.widgets.record_table import RecordTable
from console.tui.widgets.text_view import TextView
from console.tui.worker import Trouble
from shared.operations import connections, issuing
from shared.operations.connectors import ConnectPlan, Door
from shared.operations.describe.connection_settings import SETTINGS
from shared.operations.issuing import IssuePlan
from shared.rules.invoiced import InvoicedCompany
from shared.rules.payments.values import DepositRule, MethodRule
from shared.rules.values import Connection

if TYPE_CHECKING:
    from console.tui.screens.qwc import Ended
    from shared.models.store import Store
    from shared.settings import Settings

STEPS = (
    ("company", "Company"),
    ("address", "Public address"),
    ("schedule", "Schedule and start date"),
    ("data", "Data flows"),
    ("rules", "Payment rules"),
    ("misfits", "Payments that do not match"),
    ("invoiced", "Invoiced"),
    ("files", "Files and summary"),
)
"""By id, in order."""

LAST = len(STEPS) - 1
INVOICED = (
    "Customers, open invoices and payments from QuickBooks are sent to Invoiced, and payments"
    " made there are imported. Nothing is sent before you have seen a dry run."
)


class SetupScreen(Asking[Connection | None]):
    """Asks everything, keeps it over going back and forth, and writes it with the last step.

    Ends with the new connection; with None when it was given up.
    """

    BINDINGS = bindings(
        bind("pagedown", "next", "Next step", "To the next step.", priority=True),
        bind(
            "pageup",
            "previous",
            "Previous step",
            "To the previous step; nothing is lost.",
            priority=True,
        ),
        bind("tab", "app.focus_next", "Next field", "To the next field."),
        bind("r", "check", "Check again", "Check the public address again."),
        bind("x", "stop", "Stop the check", "Stop waiting for the address."),
        bind("escape", "give_up", "Cancel", "Leave; nothing is written. Asks first."),
        bind("f1,question_mark", "app.help", "Help", "This list of keys."),
        hide("down", "app.focus_next", "Next field", "To the next field."),
        hide("up", "app.focus_previous", "Previous field", "To the previous field."),
        hide("left", "app.focus_previous", "Button", "The previous button."),
        hide("right", "app.focus_next", "Button", "The next button."),
    )

    def __init__(self) -> None:
        super().__init__()
        self._step = 0
        self._values: dict[str, Any] = {}
        self._folder_proposed = ""
        self._made: Connection | None = None

    def compose(self) -> ComposeResult:
        """All steps, of which one is shown; so none forgets what was typed."""
        worker = self.worker
        yield from self.framed(
            "Setup",
            Static(id="step"),
            ContentSwitcher(
                Vertical(Form(proposed("name", "company_file", "layout")), id="company"),
                Vertical(
                    AddressChecks(worker.settings, worker.network, worker.clock), id="address"
                ),
                Vertical(Form(proposed("run_every_minutes", "start_date")), id="schedule"),
                Vertical(DataFlows(), id="data"),
                Vertical(Form(proposed("missing_method")), SetupRules(self.say), id="rules"),
                Vertical(Form(proposed(*MISFITS)), id="misfits"),
                Vertical(
                    Static(Text(INVOICED), classes="about"),
                    Form(account_fields(key_is_needed=False)),
                    id="invoiced",
                ),
                Vertical(Form([_folder_field()]), TextView(), id="files"),
                initial="company",
            ),
            back="Back",
            next="Next",
            create="Create and generate",
        )

    def on_mount(self) -> None:
        """Begin with the name."""
        self._enter(0)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("check", "stop"):
            running = self._step == 1 and self._address.is_running
            return self._step == 1 and running == (action == "stop")
        if action == "previous":
            return True if self._step else None
        return True

    # Back and forth.

    @on(Button.Pressed, "#back")
    def action_previous(self) -> None:
        """Go back a step."""
        if self._step:
            self._enter(self._step - 1)

    @on(Button.Pressed, "#next, #create")
    def action_next(self) -> None:
        """Go on, unless something of this step is wrong."""
        if not self._read_fields():
            return
        name, _ = STEPS[self._step]
        if name == "company":
            question = partial(connections.check_name, name=self._values["name"])
            self.go_on(self.worker.read(question), lambda _: self._enter(self._step + 1))
        elif name == "address":
            self._leave_address()
        elif name == "invoiced" and self._values["key_file"]:
            self.say("Asking Invoiced…")
            asking = partial(ask_account, dict(self._values), self.worker)
            self.go_on(self.worker.beside(asking), self._account_found)
        elif name == "invoiced":
            self._values["account"] = ""
            self._enter(self._step + 1)
        elif name == "files":
            self._create()
        else:
            self._enter(self._step + 1)

    @on(Form.Finished)
    def _finished(self, event: Form.Finished) -> None:
        event.stop()
        if STEPS[self._step][0] == "rules":
            self.query_one(SetupRules).query_one(RecordTable).focus()
        elif self._step == LAST:
            self.query_one("#create", Button).focus()
        else:
            self.action_next()

    def refused(self, trouble: Trouble) -> None:
        """Say what only the store or Invoiced knew, where it was typed."""
        if self._made is not None:
            self._not_connected(self._made, trouble)
        elif STEPS[self._step][0] == "invoiced":
            self.say("")
            self._form("invoiced").show_wrong("key_file", str(trouble))
        elif self._step == 0:
            self._form("company").show_wrong("name", str(trouble))
        else:
            super().refused(trouble)

    def _read_fields(self) -> bool:
        for form in self._shown.query(Form):
            values = form.read()
            if values is None:
                return False
            self._values |= values
        return True

    def _enter(self, step: int) -> None:
        name, title = STEPS[step]
        self._step = step
        self.say("")
        self.query_one("#step", Static).update(
            Text(f"Step {step + 1} of {len(STEPS)}: {title}", style="bold")
        )
        self.query_one(ContentSwitcher).current = name
        self.query_one("#back").display = step > 0
        self.query_one("#next").display = step < LAST
        self.query_one("#create").display = step == LAST
        if name == "address" and self._address.standing != "checked":
            self._address.begin()
        if name == "files":
            self._propose_folder()
            url, rules = self.worker.settings.public_url, self.query_one(SetupRules)
            told = summary(self._values, self._address, url, rules)
            self.query_one("#files TextView", TextView).show([*told])
        self.call_after_refresh(self._focus_first)
        self.refresh_bindings()

    def _focus_first(self) -> None:
        first = self._shown.query("Input, Choice").results(Widget)
        next(first, self.query_one("#next", Button)).focus()

    def _account_found(self, company: InvoicedCompany) -> None:
        self._values["account"] = company.name
        self._enter(self._step + 1)

    # The address.

    def action_check(self) -> None:
        """Check again."""
        self._address.begin()
        self.refresh_bindings()

    def action_stop(self) -> None:
        """Wait no longer."""
        self._address.stop()
        self.refresh_bindings()

    @on(AddressChecks.Changed)
    def _found(self, event: AddressChecks.Changed) -> None:
        if event.error is not None:
            self.say(str(self.worker.explain(event.error)))
        self.refresh_bindings()

    def _leave_address(self) -> None:
        address = self._address
        if not address.is_usable:
            self.say(
                "No .qwc file can be made with this address. Correct the setting public_url, then"
                " start the console again."
            )
        elif told := list(_doubts(address)):
            title = "Continue although the address was not reached?"
            dialog = Confirm(title, told, "Continue")
            ask_with(self, dialog, lambda _agreed: self._enter(self._step + 1))
        else:
            self._enter(self._step + 1)

    # The end.

    def action_give_up(self) -> None:
        """Leave; ask first when something would be lost."""
        if not self._is_touched:
            self.dismiss(None)
            return
        dialog = Confirm(
            "Discard this setup?",
            ["What you filled in is lost. Nothing was written."],
            "Discard",
            "Keep editing",
        )
        ask_with(self, dialog, lambda _agreed: self.dismiss(None))

    @property
    def _is_touched(self) -> bool:
        rules = self.query_one(SetupRules)
        touched = any(form.is_touched for form in self.query(Form))
        return touched or bool(rules.deposits or rules.methods)

    def _create(self) -> None:
        rules = self.query_one(SetupRules)
        wanted = {name: value for name, value in self._values.items() if name in SETTINGS}
        question = partial(
            _plan,
            settings=self.worker.settings,
            wanted=wanted,
            deposits=rules.deposits,
            methods=rules.methods,
            folder=self._values["folder"],
        )
        self.go_on(
            self.worker.read(question),
            lambda plan: self.app.push_screen(PasswordScreen(plan), self._created),
        )

    def _created(self, ended: Ended | None) -> None:
        if isinstance(ended, Trouble):
            self.say(f"{ended} Nothing was written.")
        elif ended is not None and self._values["key_file"]:
            self._made = ended.connection
            self.say("Connecting Invoiced…")
            opening = partial(open_door, dict(self._values), self.worker)
            self.go_on(self.worker.beside(opening), partial(self._opened, ended.connection))
        elif ended is not None:
            self.dismiss(ended.connection)

    def _opened(self, made: Connection, door: Door) -> None:
        """The company is there: connect its account, too."""
        plan_of = plan_of_account(made.name, self._values, door)
        self.go_on(self.worker.read(plan_of), partial(self._connect, made))

    def _connect(self, made: Connection, plan: ConnectPlan) -> None:
        codes = [need.code for need in plan.needs]
        self.go_on(self.worker.decide(plan, codes), lambda _connected: self.dismiss(made))

    def _not_connected(self, made: Connection, trouble: Trouble) -> None:
        told = [str(trouble), "The company itself is set up. Connect Invoiced later: I, then +."]

        def read(_agreed: bool | None) -> None:
            self.dismiss(made)

        self.app.push_screen(Confirm("Invoiced is not connected", told, "Continue", "Close"), read)

    def _propose_folder(self) -> None:
        """Propose a folder with the name in it, unless another one was typed."""
        form = self._form("files")
        database = self.worker.settings.database
        proposed_now = str(issuing.default_folder(database, self._values["name"]))
        if form.filled("folder") == self._folder_proposed:
            form.fill("folder", proposed_now)
            self._folder_proposed = proposed_now

    @property
    def _address(self) -> AddressChecks:
        return self.query_one(AddressChecks)

    @property
    def _shown(self) -> Widget:
        return self.query_one(f"#{STEPS[self._step][0]}")

    def _form(self, step: str) -> Form:
        return self.query_one(f"#{step} Form", Form)


def _plan(
    store: Store,
    *,
    settings: Settings,
    wanted: dict[str, Any],
    deposits: tuple[DepositRule, ...],
    methods: tuple[MethodRule, ...],
    folder: Path,
) -> IssuePlan:
    adding = connections.plan_add(store, wanted, deposits, methods)
    return issuing.plan_set_up(store, settings, adding, folder)


def _folder_field() -> TextField:
    return TextField(
        "folder",
        "Folder for the files",
        "On this machine. Created if missing; only its owner can read it.",
        fields.read_folder,
    )


def _doubts(address: AddressChecks) -> Iterator[str]:
    if address.is_running or address.standing in ("stopped", "not finished"):
        yield "The check has not finished."
    for check in address.failed:
        yield f"{check.told} {check.remedy}"
    if address.failed:
        yield (
            "You can create the files anyway, for example if the daemon is not running yet. No"
            " sync runs until the Web Connector can reach the daemon."
        )
