"""The timeline of a sync: every request to QuickBooks with what came back, and each in full."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from console.fields import field, number
from console.tui import render
from console.tui.bindings import bind, bindings, hide
from console.tui.screens.base import StoreScreen
from console.tui.screens.reading import FindsText
from console.tui.widgets.record_table import RecordTable
from console.tui.widgets.records import Records
from console.tui.widgets.text_view import TextView
from shared import dates
from shared.models.store import Store
from shared.operations import syncs
from shared.operations.describe.text import count, duration
from shared.operations.syncs import Calls, CallView
from shared.rules.values import Exchange

NOT_KEPT = (
    "It was not kept. To keep requests and answers of the next syncs:"
    " deskbridge connection edit NAME --debug"
)


def _status(one: Exchange) -> Text:
    if one.answered_at is None:
        return render.state("waiting", "no answer yet")
    if one.hresult:
        return render.state("failed", one.hresult)
    if one.status_code is None:
        return render.state("finished", "answered")
    return render.state("finished" if one.status_code in (0, 1) else "failed", str(one.status_code))


CALLS = Records[Exchange](
    lambda one: str(one.id),
    field("No.", lambda one: str(one.sequence), right=True),
    field("Sent", lambda one: dates.time_to_second(one.sent_at)),
    field("Step", lambda one: one.step, least=20),
    field("Status", _status),
    field(
        "Took",
        lambda one: duration(one.sent_at, one.answered_at) if one.answered_at else "",
        right=True,
        drop=3,
    ),
    number("Times sent", lambda one: one.handed_out, drop=1),
    field(
        "Answer",
        lambda one: f"{one.response_bytes:,} bytes" if one.answered_at else "",
        right=True,
        drop=2,
    ),
)


class CallsScreen(StoreScreen[Calls]):
    """The calls of one sync, in order."""

    PLACE = "Calls"

    def __init__(self, sync_id: int) -> None:
        super().__init__()
        self._sync_id = sync_id

    def body(self) -> ComposeResult:
        yield Static("It sent QuickBooks no requests. Esc goes back.", classes="body empty")
        yield RecordTable(CALLS.columns)

    def question(self) -> Callable[[Store], Calls]:
        return partial(syncs.view_calls, sync_id=self._sync_id)

    def show(self, snapshot: Calls) -> None:
        self.set_class(not snapshot.exchanges, "-empty")
        calls = count(len(snapshot.exchanges), "call")
        kept = "answers are kept" if snapshot.kept else "answers are not kept"
        self.show_place(f"Sync {self._sync_id}: {calls} to QuickBooks, {kept}")
        self.query_one(RecordTable).show(
            [CALLS.row(one, self.worker.clock()) for one in snapshot.exchanges]
        )

    @on(RecordTable.Opened)
    def _open(self, event: RecordTable.Opened) -> None:
        self.app.push_screen(ExchangeScreen(int(event.key)))


class ExchangeScreen(FindsText[CallView]):
    """One call: the request, and the answer where it was kept; ``/`` looks for a text."""

    PLACE = "Call"
    COPIED = "request and answer"
    BINDINGS = bindings(
        bind("slash", "find", "Find", "Find text in the request and the answer."),
        bind("n", "again(1)", "Next", "The next match."),
        hide("b", "again(-1)", "Previous", "The previous match."),
        bind("C", "copy", "Copy", "Copy the request and the answer to your clipboard."),
    )

    def __init__(self, exchange_id: int) -> None:
        super().__init__()
        self._exchange_id = exchange_id

    def question(self) -> Callable[[Store], CallView]:
        return partial(syncs.view_call, exchange_id=self._exchange_id)

    def is_final(self, snapshot: CallView) -> bool:
        """An answered call does not change any more, and may be large."""
        return snapshot.exchange.answered_at is not None

    def show(self, snapshot: CallView) -> None:
        one = snapshot.exchange
        self.show_place(f"Call {one.sequence} of sync {one.sync_id}: {one.step}")
        self.query_one(TextView).show(list(_paragraphs(snapshot)))


def _paragraphs(snapshot: CallView) -> Iterator[str | Text]:
    one = snapshot.exchange
    sent = f"{dates.moment_to_second(one.sent_at)}, {one.request_bytes:,} bytes"
    yield render.titled("Request", f"sent {sent}")
    yield from snapshot.request or (Text(NOT_KEPT),)
    yield ""
    if one.answered_at is None:
        yield render.titled("Answer", "none yet")
        return
    yield render.titled("Answer", f"after {duration(one.sent_at, one.answered_at)}")
    yield from snapshot.answer if snapshot.answer is not None else (Text(NOT_KEPT),)
