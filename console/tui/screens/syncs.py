"""Recent Syncs: what runs on top, then everything that ran, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rich.text import Text
from textual import on

from console.fields import field
from console.tui import render
from console.tui.bindings import bind, bindings, troubleshooting
from console.tui.screens.hint import OpensHint
from console.tui.screens.paging import Listed, PagedScreen
from console.tui.screens.sync import SyncScreen
from console.tui.widgets.filter_line import FilterLine
from console.tui.widgets.record_table import Heading, RecordTable
from console.tui.widgets.records import Records
from console.tui.widgets.text_view import Paragraph
from console.tui.worker import Company
from shared.models.store import Store
from shared.operations import syncs
from shared.operations.describe import syncs as describe
from shared.operations.describe.sections import Section
from shared.operations.describe.syncs import application as application_name
from shared.operations.describe.text import duration
from shared.operations.syncs import SyncFilter, SyncsPage
from shared.rules.values import Sync
from shared.structs import replace


def _state(sync: Sync) -> Text:
    word = describe.word(sync)
    running = "" if sync.ended_at else f"{word} {describe.percent(sync)}".rstrip()
    return render.state(word, running)


def _took(sync: Sync) -> str:
    return duration(sync.started_at, sync.ended_at) if sync.ended_at else ""


SYNCS = Records[Sync](
    lambda sync: str(sync.id),
    field("Sync", lambda sync: str(sync.id), right=True, drop=3),
    field("Started", lambda sync: sync.started_at, drop=7),
    field("Connection", lambda sync: sync.connection or "(unknown user name)", least=14, fair=40),
    field("Application", lambda sync: application_name(sync.application), least=12, drop=6),
    field("Status", _state),
    field("Records", describe.position, right=True, drop=4),
    field("Failed", lambda sync: render.figure(sync.failed, "failed"), right=True, drop=5),
    field("Took", _took, right=True, drop=2),
    field("Result", lambda sync: sync.error or sync.message, least=20, drop=1),
)
FAILED = "failed"


class SyncsScreen(PagedScreen[SyncsPage, Sync, int], OpensHint[SyncsPage]):
    """The syncs of all connections, or of one; what is under the cursor is explained below."""

    PLACE = "Recent Syncs"
    TABLE = SYNCS.columns
    EXAMPLE = "larkspur invoice failed 1/1/2026..1/31/2026"
    NO_MORE = "No older syncs. b goes back to the newer ones."
    BINDINGS = bindings(
        bind("f", "failed_only", "Failed only", "Show only failed syncs, or all again."),
        bind("x", "stop", "Stop", "Stop the running sync under the cursor. Asks first."),
        bind(
            "slash",
            "filter",
            "Filter",
            "A connection, invoice or payment, failed, today, a date, a span of dates.",
        ),
        bind("n", "next_page", "Older", "The next page of older syncs."),
        bind("b", "page_before", "Newer", "Back to the page of newer syncs."),
        troubleshooting("this failure and its remedy", show=False),
    )

    def question(self) -> Callable[[Store], SyncsPage]:
        return partial(syncs.view_recent, wanted=self._wanted(), after=self.start)

    def listed(self, snapshot: SyncsPage) -> Iterator[Listed[Sync]]:
        if snapshot.running:
            yield Heading("Running now")
            yield from self.rows(SYNCS, snapshot.running)
        if snapshot.running and snapshot.ended.rows:
            yield Heading("Recent")
        yield from self.rows(SYNCS, snapshot.ended.rows)

    def next_start(self, snapshot: SyncsPage) -> int | None:
        return snapshot.ended.next

    def told(self, sync: Sync) -> Iterator[Paragraph]:
        yield render.titled("Result", describe.result(sync))
        if sync.ended_at is None:
            yield render.titled(
                "Progress", f"{describe.position(sync)} records, {sync.failed:,} failed"
            )
        if sync.failed:
            yield render.titled(
                "Failed records", f"{sync.failed:,}. Enter shows each, with remedy."
            )
        yield from render.lines(Section("", tuple(describe.why(sync.error_code))))

    def company_of(self, sync: Sync) -> Company | None:
        if sync.connection_id is None:
            return None
        return Company(sync.connection_id, sync.connection)

    def nothing(self, _snapshot: SyncsPage) -> str:
        if self._wanted() != SyncFilter(connection_id=self.connection_id):
            return (
                "No sync matches the filter. / changes it; Esc in that line clears it; f"
                " removes the word failed."
            )
        return (
            f"No sync yet{self.of_company}.\n\nNext, on the PC with QuickBooks: open the .qwc"
            " files in the Web Connector, type the password, select the rows and click Update"
            " Selected."
        )

    def able(self) -> dict[str, bool]:
        sync = self.chosen()
        return super().able() | {"stop": sync is not None and sync.ended_at is None}

    def hint_code(self) -> str:
        sync = self.chosen()
        return sync.error_code if sync is not None else ""

    @on(RecordTable.Opened)
    def _open(self, event: RecordTable.Opened) -> None:
        self.app.push_screen(SyncScreen(int(event.key)))

    def action_failed_only(self) -> None:
        """Put the word ``failed`` into the filter, or take it out."""
        line = self.query_one(FilterLine)
        typed = line.value.split()
        kept = [word for word in typed if word.casefold() != FAILED]
        line.value = " ".join(kept if len(kept) < len(typed) else [*typed, FAILED])
        line.set_class(bool(line.value), "-open")

    def action_stop(self) -> None:
        """Ask, then have the sync stop."""
        if (sync := self.chosen()) is not None:
            self.decide(partial(syncs.plan_stop, sync_ids=[sync.id]), asks=True)

    def _wanted(self) -> SyncFilter:
        today = self.worker.clock().astimezone().date()
        typed = syncs.read_filter(self.query_one(FilterLine).value, today)
        return replace(typed, connection_id=self.connection_id)
