"""Home: every connection, whether its syncs work, and what to do where they do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer
from textual.widgets import Input, Static

from console.tui import render
from console.tui.bindings import bind, bindings, hide
from console.tui.screens import panels
from console.tui.screens.issuing import IssuesPasswords
from console.tui.screens.panels import Panels
from console.tui.widgets.dialogs import ask_with
from console.tui.widgets.filter_line import FilterLine
from console.tui.widgets.record_table import Column, RecordTable, Row
from console.tui.widgets.text_view import TextView
from console.tui.worker import Company, Console
from shared import dates
from shared.operations import overview
from shared.operations.describe import syncs as describe
from shared.operations.describe.connections import held_back, paused
from shared.operations.describe.syncs import application as application_name
from shared.operations.describe.text import count, plain
from shared.operations.overview import ConnectionLine, Connections

if TYPE_CHECKING:
    from shared.models.store import Store
    from shared.operations.glance import Glance
    from shared.rules.values import Application, ApplicationOverview, CompanyBinding, Connection

COLUMNS = (
    Column("Connection", least=14, fair=40),
    Column("Invoice Sync", least=12),
    Column("Payment Sync", least=12, drop=7),
    Column("Last seen", drop=5),
    Column("Next run", drop=3),
    Column("Problems", right=True, drop=8),
    Column("Waiting", right=True, drop=4),
    Column("Unknown", right=True, drop=6),
    Column("Company file", least=20, drop=1),
    Column("Edition", least=16, drop=2),
)
LATE_SECONDS = 0.1
"""So long what is read of a company is waited for, before what is known is shown without it."""
ORDERS = ("needs attention first", "by name", "last seen first")


class ConnectionsScreen(IssuesPasswords[Connections]):
    """The table of connections, with the one under the cursor explained below it."""

    PLACE = "Connections"
    AUTO_FOCUS = "#companies"
    BINDINGS = bindings(
        bind("plus", "set_up", "Set up new", "Set up a company, step by step."),
        bind(
            "comma",
            "settings",
            "Settings",
            "See and change everything about the connection under the cursor.",
        ),
        bind("slash", "filter", "Filter", "Show only connections with these words."),
        bind("right", "panel(1)", "Panels", "Go to the panels beside this list."),
        hide("left", "panel(-1)", "Back", "Back to the list."),
        bind("f", "order", "Order", "Sort by attention, by name, or by last seen."),
        hide("P", "problems", "Its problems", "The problems of the connection under the cursor."),
        hide(
            "full_stop",
            "company",
            "Only this company",
            "Show only the company under the cursor, on every screen.",
        ),
    )

    def __init__(self) -> None:
        super().__init__()
        self._order = 0
        self._wanted = ""
        self._glance: Glance | None = None
        self._glancing: Future[Glance] | None = None
        self._late: Timer | None = None
        self._lines: dict[str, ConnectionLine] = {}
        self._rows: dict[str, tuple[ConnectionLine, Row]] = {}

    def body(self) -> ComposeResult:
        yield Static(NOTHING_YET, classes="body empty")
        with Container(id="home"):
            yield RecordTable(COLUMNS, id="companies")
            yield Panels(id="panels")
            yield TextView(classes="preview")
        yield FilterLine("Words of the name, the company or its file")

    def question(self) -> Callable[[Store], Connections]:
        return overview.view

    def show(self, snapshot: Connections) -> None:
        self.set_class(not snapshot.lines, "-empty")
        wanted = self.query_one(FilterLine).value.casefold().split()
        chosen = [one for one in snapshot.lines if all(word in _searched(one) for word in wanted)]
        chosen.sort(key=_SORTED[self._order])
        self._lines = {str(one.overview.connection.id): one for one in chosen}
        self._rows = {key: self._kept_row(key, one) for key, one in self._lines.items()}
        table = self._table
        table.show([row for _, row in self._rows.values()])
        if self._wanted in self._rows:
            table.go_to(self._wanted)
            self._wanted = ""
        shown, known = len(chosen), len(snapshot.lines)
        of = f"{shown:,} of {known:,}" if wanted else f"{known:,}"
        told = f" ({of}, {ORDERS[self._order]})" if known else ""
        self.show_place(f"Connections{told}")
        self.explain()

    def explain(self) -> None:
        """Read more of the company under the cursor; show it when that is there, or is late."""
        self._ask_glance()
        if self._glance_of(self._chosen()) or self.worker.poll_seconds is None:
            self._show_company()
        else:
            self._late = self._late or self.set_timer(LATE_SECONDS, self._show_company)

    def _glance_of(self, line: ConnectionLine | None) -> Glance | None:
        """What was read of this company; what is known of another one is not shown for it."""
        number = line.overview.connection.id if line else None
        found = self._glance
        return found if found is not None and found.connection_id == number else None

    def _show_company(self) -> None:
        """Show what is known of the company under the cursor."""
        if self._late is not None:
            self._late.stop()
            self._late = None
        line = self._chosen()
        self.query_one(Panels).show(self._glance_of(line), self.worker.clock())
        self._say_below(line)

    def _say_below(self, line: ConnectionLine | None) -> None:
        """Say below how its syncs stand; where there are no panels, also what they would hold."""
        told = list(self._told(line)) if line else [NO_MATCH]
        glance = self._glance_of(line)
        if glance is not None and not self._has_panels:
            told += panels.told(glance)
        self.query_one(TextView).show(told)

    def read_anew(self) -> None:
        if self._glance is not None:
            self._ask_glance()

    def _ask_glance(self) -> None:
        line = self._chosen()
        if line is None or (self._glancing is not None and not self._glancing.done()):
            return
        question = partial(_read_glance, connection_id=line.overview.connection.id)
        self._glancing = self.worker.read(question)
        self.go_on(self._glancing, self._show_glance)

    def _show_glance(self, glance: Glance) -> None:
        line = self._chosen()
        if line is None or line.overview.connection.id != glance.connection_id:
            self._ask_glance()  # the cursor went on meanwhile
        elif glance != self._glance:
            self._glance = glance
            self._show_company()

    def on_resize(self) -> None:
        """There may be panels now, or none any more."""
        if self.snapshot is not None:
            self._show_company()

    def action_panel(self, by: int) -> None:
        """Go into the next panel, or back towards the list."""
        lists = list(self.query(RecordTable))
        place = next((n for n, one in enumerate(lists) if one.has_focus), 0)
        lists[(place + by) % len(lists)].focus()

    @on(RecordTable.Opened, "Panel")
    def _open_in_panel(self, event: RecordTable.Opened) -> None:
        """Open what a panel shows, with its company in focus."""
        self.action_company()
        self.app.push_screen(panels.screen_of(event.table.id or "", event.key))

    @on(Input.Changed)
    def _filter_changed(self) -> None:
        if self.snapshot is not None:
            self.show(self.snapshot)

    @on(RecordTable.Opened, "#companies")
    def _open(self) -> None:
        self._go_with_company("syncs")

    def _go_with_company(self, screen: str) -> None:
        """Open a main screen about the company under the cursor."""
        line = self._chosen()
        if line:
            self._focus_on(line)
            cast(Console, self.app).open_main(screen)

    def _focus_on(self, line: ConnectionLine) -> None:
        found = line.overview.connection
        cast(Console, self.app).focus_on(Company(found.id, found.name))

    def action_company(self) -> None:
        """Put the company under the cursor in focus."""
        line = self._chosen()
        if line:
            self._focus_on(line)

    def fresh(self) -> None:
        self._order = 0
        super().fresh()
        self._wanted = str(self.company.id) if self.company else ""
        if self.snapshot is not None:
            self.show(self.snapshot)

    def action_order(self) -> None:
        """Sort otherwise."""
        self._order = (self._order + 1) % len(ORDERS)
        if self.snapshot is not None:
            self.show(self.snapshot)

    def action_problems(self) -> None:
        """Show the problems of this one."""
        self._go_with_company("problems")

    def action_set_up(self) -> None:
        """Set a company up; the first one makes the store."""
        if self.may_change():
            self.go_on(self.worker.begin(), self._begun)

    def _begun(self, _: None) -> None:
        from console.tui.screens.setup import SetupScreen

        ask_with(self, SetupScreen(), self._set_up)

    def _set_up(self, made: Connection) -> None:
        self._wanted = str(made.id)
        self.say(f"{made.name} is set up. It shows here when the Web Connector first calls.")

    def action_settings(self) -> None:
        """Open the settings of this one."""
        from console.tui.screens.settings import SettingsScreen

        line = self._chosen()
        if line:
            self.app.push_screen(SettingsScreen(line.overview.connection.id, self.say))

    def able(self) -> dict[str, bool]:
        return super().able() | dict.fromkeys(("problems", "settings"), bool(self._lines))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "panel":
            return self._has_panels
        return super().check_action(action, parameters)

    def issuing_for(self) -> tuple[Connection, Sequence[Application]] | None:
        line = self._chosen()
        if line is None:
            return None
        found = line.overview
        return found.connection, [one.application for one in found.applications]

    def _chosen(self) -> ConnectionLine | None:
        if not self.is_mounted:
            return None
        return self._lines.get(self._table.key or "")

    @property
    def _has_panels(self) -> bool:
        return self.has_class("-wide") or self.has_class("-broad")

    @property
    def _table(self) -> RecordTable:
        return self.query_one("#companies", RecordTable)

    def _kept_row(self, key: str, line: ConnectionLine) -> tuple[ConnectionLine, Row]:
        """The row that there is already, as long as nothing in it changed."""
        kept = self._rows.get(key)
        return kept if kept and kept[0] == line else (line, self._row(key, line))

    def _row(self, key: str, line: ConnectionLine) -> Row:
        found, now = line.overview, self.worker.clock()
        binding = found.connection.binding
        states = [_state(one) for one in found.applications]
        return Row(
            key,
            (
                found.connection.name,
                states[0] if states else "",
                states[-1] if states else "",
                render.state("late", f"late {dates.short(line.seen_at, now)}")
                if line.late
                else dates.short(line.seen_at, now),
                dates.short(line.due_at, now, "manual"),
                render.figure(found.open_problems, "open"),
                render.state("waiting", f"{found.payments_waiting:,} held")
                if line.hold
                else render.figure(found.payments_waiting, ""),
                render.figure(found.payments_unknown, "unknown"),
                found.connection.company_file or "(open file)",
                _edition(binding) if binding else "",
            ),
        )

    def _told(self, line: ConnectionLine) -> Iterator[Text]:
        found, now = line.overview, self.worker.clock()
        for one in found.applications:
            yield from _application_told(one, now)
        if resting := paused(found.connection):
            yield render.titled("Syncs", resting)
        yield render.titled("Auto-Run", _auto_run(line, now))
        if found.open_problems or found.payments_unknown or found.payments_waiting:
            yield render.titled("Needs attention", _work(line))
        for title, told in held_back(line.hold):
            yield render.titled(title, told)
        yield render.titled("Company file", _company(line))


def _read_glance(store: Store, connection_id: int) -> Glance:
    from shared.operations import glance  # on the thread that reads

    return glance.view(store, connection_id)


NOTHING_YET = Text(
    "No connection yet. A connection joins one QuickBooks company file to Deskbridge.\n\n"
    "Next: press + to set one up. It takes a few questions and ends with the .qwc files and the"
    " password for the bookkeeper.\n\n"
    "For scripts, deskbridge connection add and deskbridge qwc do the same."
)
NO_MATCH = Text("No connection has these words. / changes them; Esc in that line clears them.")


_SORTED: tuple[Callable[[ConnectionLine], float], ...] = (
    lambda line: not line.needs_person,
    lambda _line: 0,  # as they come, and the sort is stable
    lambda line: -line.seen_at.timestamp() if line.seen_at else 0,
)
"""What the lines are sorted by, in each of the ORDERS."""


def _searched(line: ConnectionLine) -> str:
    found = line.overview.connection
    company = found.binding.company_name if found.binding else ""
    return f"{found.name} {company} {found.company_file}".casefold()


def _state(one: ApplicationOverview) -> Text:
    if one.sync is None:
        word = "never ran" if one.application.password_generation else "not set up"
        return render.state(word)
    word = describe.word(one.sync)
    return render.state(word, f"{word} {describe.percent(one.sync)}" if word == "running" else "")


def _edition(binding: CompanyBinding) -> str:
    return f"{binding.product_name.removeprefix('QuickBooks ')}, {binding.country}"


def _application_told(one: ApplicationOverview, now: datetime) -> Iterator[Text]:
    name, sync = application_name(one.application.kind), one.sync
    if until := one.application.locked(now):
        why = f" until {dates.short(until, now)} after too many wrong passwords. u unlocks it."
        yield render.titled(name, Text.assemble(render.state("failed", "sign-in is locked"), why))
    if sync is None:
        yield render.titled(name, _first_steps(one))
        return
    position = "" if sync.ended_at else f"{describe.position(sync)} records. "
    told = Text.assemble(
        render.state(describe.word(sync)),
        f", {dates.short(sync.ended_at or sync.started_at, now)}. {position}",
        plain(sync.error or sync.message),
    )
    yield render.titled(name, told)


def _first_steps(one: ApplicationOverview) -> str:
    if not one.application.password_generation:
        return "no .qwc file yet. g writes it and shows the password."
    return (
        "never ran. In the Web Connector: add the .qwc file, type the password, select the row"
        " and click Update Selected."
    )


def _auto_run(line: ConnectionLine, now: datetime) -> str:
    minutes = line.overview.connection.run_every_minutes
    seen = dates.short(line.seen_at, now)
    if not minutes:
        return f"not set; syncs are started manually. Last seen: {seen}."
    due = dates.short(line.due_at, now, "after the first run")
    if line.late:
        return (
            f"late. {application_name(line.late.application.kind)} stopped calling: last seen"
            f" {seen}, expected {due}. On that PC, check that somebody is signed in, the Web"
            " Connector is running, and Auto-Run is selected."
        )
    return f"every {minutes} minutes. Last seen: {seen}. Next: {due}."


def _work(line: ConnectionLine) -> str:
    found = line.overview
    parts = []
    if found.open_problems:
        parts.append(f"{count(found.open_problems, 'open problem')} (P shows them)")
    if found.payments_unknown:
        parts.append(
            f"{count(found.payments_unknown, 'payment')} with unknown outcome: the next Payment"
            " Sync settles it"
        )
    if found.payments_waiting:
        parts.append(
            f"{count(found.payments_waiting, 'payment')} waiting to be posted to QuickBooks"
        )
    return "; ".join(parts) + "."


def _company(line: ConnectionLine) -> str:
    found = line.overview.connection
    file = found.company_file or "the file that is open in QuickBooks"
    if found.binding is None:
        return f"{file}; known after the first sync."
    bound = found.binding
    return f"{bound.company_name}, {file}; {bound.product_name}, {bound.country}."
