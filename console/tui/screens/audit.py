"""The audit log: who did what, and when; read page by page, filtered by words and days."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rich.text import Text

from console.fields import field
from console.tui import render
from console.tui.bindings import bind, bindings
from console.tui.screens.paging import Listed, PagedScreen
from console.tui.screens.reading import ReadsDetail
from console.tui.widgets.filter_line import FilterLine
from console.tui.widgets.records import Records
from shared import dates
from shared.models.store import Store
from shared.operations import audit
from shared.operations.audit import AuditFilter, Entries
from shared.rules.values import AuditEntry
from shared.structs import replace

ENTRIES = Records[AuditEntry](
    lambda one: str(one.id),
    field("When", lambda one: one.at),
    field("Who", lambda one: one.who, least=10),
    field("What", lambda one: one.action),
    field("Connection", lambda one: one.connection, least=12, fair=20, drop=2),
    field("Detail", lambda one: one.detail, least=20, drop=1),
)
NOTHING_YET = (
    "Nothing has been changed yet.\n\nEvery change that a person makes, here or with a command,"
    " is listed with the name of the operating-system user."
)
NO_MATCH = "No entry matches the filter. / changes it; Esc in that line clears it."


class AuditScreen(PagedScreen[Entries, AuditEntry, int], ReadsDetail[Entries]):
    """What people changed, newest first; the entry under the cursor is told in full below."""

    PLACE = "Audit log"
    TABLE = ENTRIES.columns
    EXAMPLE = "who:mara action:retry connection:larkspur 1/1/2026..1/31/2026"
    NO_MORE = "No older entries. b goes back to the newer ones."
    COPIED = "the entry"
    BINDINGS = bindings(
        bind(
            "slash",
            "filter",
            "Filter",
            "Words, who:NAME, action:WORD, connection:NAME, today, a date or a span.",
        ),
        bind("n", "next_page", "Older", "The next page of older entries."),
        bind("b", "page_before", "Newer", "Back to the page of newer entries."),
        bind("C", "copy", "Copy", "Copy the entry to your terminal's clipboard."),
    )

    def question(self) -> Callable[[Store], Entries]:
        return partial(audit.view_page, wanted=self._wanted(), after=self.start)

    def listed(self, snapshot: Entries) -> Iterator[Listed[AuditEntry]]:
        return self.rows(ENTRIES, snapshot.rows)

    def next_start(self, snapshot: Entries) -> int | None:
        return snapshot.next

    def told(self, one: AuditEntry) -> Iterator[Text]:
        yield render.titled("When", dates.moment_to_second(one.at))
        yield render.titled("Who", one.who)
        yield render.titled("What", one.action)
        if one.connection:
            yield render.titled("Connection", one.connection)
        if one.detail:
            yield render.titled("Detail", one.detail)

    def nothing(self, _snapshot: Entries) -> str:
        return NO_MATCH if self._wanted() != AuditFilter() else NOTHING_YET

    def _wanted(self) -> AuditFilter:
        today = self.worker.clock().astimezone().date()
        typed = audit.read_filter(self.query_one(FilterLine).value, today)
        return replace(typed, connection=self.company.name) if self.company else typed
