"""Events: what happened, newest first; read page by page, filtered by kind and connection."""

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
from console.tui.worker import Company
from shared.models.store import Store
from shared.operations import events
from shared.operations.describe import events as describe
from shared.operations.events import EventFilter
from shared.operations.pages import Page
from shared.rules.events import Event
from shared.structs import replace

EVENTS = Records[Event](
    lambda one: str(one.id),
    field("When", lambda one: one.at),
    field("What", lambda one: one.kind.value),
    field("Document", lambda one: one.document, least=10),
    field("Now", describe.told, least=14, drop=1),
    field("Connection", lambda one: one.connection, least=10, fair=20, drop=2),
)
NOTHING_YET = (
    "Nothing has happened yet.\n\nEvery change is listed: invoices, customers, payments, syncs,"
    " problems and settings. Programs and webhooks get the same events."
)
NO_MATCH = "No event matches the filter. / changes it; Esc in that line clears it."


class EventsScreen(PagedScreen[Page[Event, int], Event, int], ReadsDetail[Page[Event, int]]):
    """What happened, newest first; the event under the cursor is told in full below."""

    PLACE = "Events"
    TABLE = EVENTS.columns
    EXAMPLE = "payment invoice.closed larkspur"
    NO_MORE = "No older events. b goes back to the newer ones."
    COPIED = "the event"
    BINDINGS = bindings(
        bind(
            "slash",
            "filter",
            "Filter",
            "Kinds, such as invoice or payment.posted, and a connection's name.",
        ),
        bind("n", "next_page", "Older", "The next page of older events."),
        bind("b", "page_before", "Newer", "Back to the page of newer events."),
        bind("C", "copy", "Copy", "Copy the event to your terminal's clipboard."),
    )

    def question(self) -> Callable[[Store], Page[Event, int]]:
        return partial(events.view_page, wanted=self._wanted(), after=self.start)

    def listed(self, snapshot: Page[Event, int]) -> Iterator[Listed[Event]]:
        return self.rows(EVENTS, snapshot.rows)

    def next_start(self, snapshot: Page[Event, int]) -> int | None:
        return snapshot.next

    def told(self, one: Event) -> Iterator[Text]:
        for section in describe.sections(one):
            for title, value in section.lines:
                yield render.titled(title, value)

    def company_of(self, one: Event) -> Company | None:
        return Company(one.connection_id, one.connection) if one.connection else None

    def nothing(self, _snapshot: Page[Event, int]) -> str:
        return NO_MATCH if self._wanted() != EventFilter() else NOTHING_YET

    def _wanted(self) -> EventFilter:
        typed = events.read_filter(self.query_one(FilterLine).value)
        return replace(typed, connection_id=self.connection_id)
