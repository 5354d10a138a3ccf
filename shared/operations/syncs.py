"""Recent Syncs, one sync with its records and calls, and stopping one that runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Annotated

from shared.errors import NotFound, NotPossible
from shared.models import connections, problems, sessions, syncs
from shared.models.store import Store
from shared.operations.days import begin_and_end, days_meant
from shared.operations.deciding import Operator, Outcome, Plan
from shared.operations.describe.syncs import application
from shared.operations.describe.text import count
from shared.operations.liveness import as_it_stands, as_they_stand
from shared.operations.pages import AT_ONCE, Page, by_number, page_of
from shared.operations.which import Which, number
from shared.rules.operators import Role
from shared.rules.values import Exchange, Problem, Record, Sync
from shared.rules.values import Outcome as RecordOutcome
from shared.structs import Value, replace

MOST_FAILED = 500
RECORDS_AT_ONCE = 200
EVERYTHING = 2**62
_APPLICATIONS = {"invoice": ("invoice", "combined"), "payment": ("payment", "combined")}


class SyncFilter(Value):
    """Which syncs are wanted.

    ``words`` are all in the name of the connection; ``applications`` empty: any. The days are
    those of this machine, both included.
    """

    connection_id: int | None = None
    words: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    failed_only: bool = False
    first_day: date | None = None
    last_day: date | None = None


def read_filter(text: str, today: date) -> SyncFilter:
    """Understand what was typed: ``larkspur invoice failed 2026-01-05``.

    Dates may be ``today``, ``yesterday``, a day, or a span: ``1/1/2026..1/31/2026``, either
    end left out. What is no such word is part of a connection's name.
    """
    found = SyncFilter()
    for word in text.casefold().split():
        found = _narrowed(found, word, today)
    return found


def _narrowed(found: SyncFilter, word: str, today: date) -> SyncFilter:
    if word == "failed":
        return replace(found, failed_only=True)
    if word in _APPLICATIONS:
        return replace(found, applications=_APPLICATIONS[word])
    days = days_meant(word, today)
    if days is not None:
        return replace(found, first_day=days[0], last_day=days[1])
    return replace(found, words=(*found.words, word))


class SyncsPage(Value):
    """A page of what ended; ``running`` ones are above the first."""

    running: tuple[Sync, ...]
    ended: Page[Sync, int]


def view_page(
    store: Store,
    connection: Which,
    states: Collection[str] = (),
    after: int | None = None,
    limit: int = AT_ONCE,
) -> Page[Sync, int]:
    """One page of the syncs in one of ``states`` (empty: any), newest first (see ``pages``).

    ``connection`` None: of all connections. Raises NotFound.
    """
    found = syncs.list_syncs(number(connection), states=states, limit=limit + 1, before_id=after)
    return page_of(as_they_stand(store, found), limit, by_number)


def view_recent(store: Store, wanted: SyncFilter, after: int | None = None) -> SyncsPage:
    """A page of what ended, with what runs above the first."""
    connection_ids = _connection_ids(wanted)
    since, until = begin_and_end(wanted.first_day, wanted.last_day)
    found = syncs.history(
        limit=AT_ONCE + 1,
        before_id=after,
        connection_ids=connection_ids,
        applications=wanted.applications or None,
        failed_only=wanted.failed_only,
        since=since,
        until=until,
    )
    running = as_they_stand(store, syncs.running(connection_ids)) if after is None else []
    return SyncsPage(
        tuple(sync for sync in running if _is_wanted(sync, wanted)),
        page_of(found, AT_ONCE, by_number),
    )


def _connection_ids(wanted: SyncFilter) -> list[int] | None:
    if wanted.connection_id is not None:
        return [wanted.connection_id]
    if not wanted.words:
        return None
    names = connections.names()
    return [names[name] for name in names if all(w in name.casefold() for w in wanted.words)]


def _is_wanted(running: Sync, wanted: SyncFilter) -> bool:
    day = running.started_at.astimezone().date()
    return (
        (not wanted.applications or running.application in wanted.applications)
        and (not wanted.failed_only or running.failed > 0)
        and (wanted.first_day or day) <= day <= (wanted.last_day or day)
    )


def view_newest(
    store: Store, connection: Which, states: Collection[str], limit: int | None
) -> list[Sync]:
    """The newest syncs in one of ``states`` (empty: any), whether they run or ended.

    ``connection`` None: of all connections; ``limit`` None: all of them. Raises NotFound.
    """
    found = syncs.list_syncs(number(connection), states=states, limit=limit)
    return as_they_stand(store, found)


class TouchedRecord(Value):
    """A record with the problem that it became, if it did."""

    record: Record
    problem: Problem | None = None

    @property
    def key(self) -> str:
        """What names the record within its sync."""
        return f"{self.record.kind}:{self.record.object_id}"


class SyncView(Value):
    """One sync: ``failed`` and ``others`` are the first of what ``counts`` has.

    ``problem`` is the one that the sync as a whole became, as long as it is about this one.
    """

    sync: Sync
    problem: Problem | None
    counts: tuple[tuple[RecordOutcome, int], ...]
    failed: tuple[TouchedRecord, ...]
    others: tuple[TouchedRecord, ...]

    @property
    def failed_count(self) -> int:
        """How many records failed."""
        return dict(self.counts).get(RecordOutcome.FAILED, 0)

    @property
    def others_count(self) -> int:
        """How many records did not."""
        return sum(count for _, count in self.counts) - self.failed_count


def view(store: Store, sync_id: int, most: int, most_failed: int = MOST_FAILED) -> SyncView:
    """A sync with at most ``most`` records that did not fail; raises NotFound."""
    sync = as_it_stands(store, syncs.get(sync_id))
    failed = syncs.some_records(sync_id, most_failed, failed=True)
    found = _problems(sync, failed)
    return SyncView(
        sync,
        _problem_of(sync),
        tuple(syncs.record_counts(sync_id).items()),
        tuple(TouchedRecord(one, found.get((one.kind, one.object_id))) for one in failed),
        tuple(map(TouchedRecord, syncs.some_records(sync_id, most, failed=False))),
    )


class SyncDetail(Value):
    """A sync with what it touched."""

    sync: Sync
    records: Annotated[Sequence[Record], "the records it touched"]


def view_records(store: Store, sync_id: int, *, failed_only: bool) -> SyncDetail:
    """A sync with all its records, in the order in which it met them; raises NotFound."""
    sync = as_it_stands(store, syncs.get(sync_id))
    return SyncDetail(sync, syncs.records(sync_id, failed_only=failed_only))


def _problem_of(sync: Sync) -> Problem | None:
    if sync.connection_id is None or not sync.error_code:
        return None
    found = problems.about(sync.connection_id, [sync.application])
    return next((one for one in found if one.sync_id == sync.id), None)


def _problems(sync: Sync, failed: Sequence[Record]) -> Mapping[tuple[str, str], Problem]:
    """The problem of each record: the latest, but one of this sync before all others."""
    if sync.connection_id is None or not failed:
        return {}
    found = problems.about(sync.connection_id, [one.object_id for one in failed])
    ranked = sorted(found, key=lambda one: (one.sync_id == sync.id, one.last_seen_at, one.id))
    return {(one.kind, one.object_id): one for one in ranked}


class Calls(Value):
    """What a sync asked QuickBooks, in order; ``kept``: answers are kept (debug is on)."""

    sync: Sync
    exchanges: tuple[Exchange, ...]
    kept: bool


def view_calls(_store: Store, sync_id: int) -> Calls:
    """The timeline of a sync; raises NotFound."""
    sync = syncs.get(sync_id)
    kept = sync.connection_id is not None and connections.by_id(sync.connection_id).debug
    return Calls(sync, tuple(sessions.exchanges(sync_id)), kept)


class Message(Value):
    """A request with its answer; ``text`` is None when the answer was not kept."""

    exchange: Exchange
    text: Annotated[str | None, "the complete answer; null: not kept"]

    @property
    def request(
        self,
    ) -> Annotated[str | None, "the complete request; null: not kept, because the sync succeeded"]:
        """The request as text; None when it was not kept."""
        return self.exchange.request.decode() or None


def view_messages(_store: Store, sync_id: int) -> list[Message]:
    """Every call of a sync with its answer, word for word; raises NotFound."""
    syncs.get(sync_id)
    return [Message(one, sessions.exchange_text(one.id)) for one in sessions.exchanges(sync_id)]


class CallView(Value):
    """One call; ``answer`` is None where it was not kept. Lines are indented and masked."""

    exchange: Exchange
    request: tuple[str, ...]
    answer: tuple[str, ...] | None


def view_call(_store: Store, exchange_id: int) -> CallView:
    """One call, to be read by people; raises NotFound."""
    exchange = sessions.exchange_by_id(exchange_id)
    if exchange is None:
        raise NotFound("call", exchange_id)
    answer = sessions.exchange_text(exchange_id)
    return CallView(
        exchange,
        pretty(exchange.request.decode(errors="replace")),
        None if answer is None else pretty(answer),
    )


def pretty(xml: str) -> tuple[str, ...]:
    """The lines of ``xml``, indented; as they are when it is not well-formed. Masked."""
    # Not at the top: every list of syncs would start later for the sake of one call shown.
    from lxml import etree

    from shared.masking import masked

    parser = etree.XMLParser(remove_blank_text=True, resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(xml.encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return tuple(masked(xml).splitlines())
    etree.indent(root, "  ")
    return tuple(masked(etree.tostring(root, encoding="unicode")).splitlines())


class StopPlan(Plan[Outcome], kw_only=True):
    """Running syncs are asked to stop; each ends at the next call of its Web Connector."""

    role = Role.RUN
    sync_ids: tuple[int, ...]

    def again(self, store: Store) -> StopPlan:
        """The same syncs, all of which still have to run."""
        return plan_stop(store, self.sync_ids)

    def apply(self, by: Operator) -> Outcome:
        """Leave the mark that the daemon looks for."""
        for sync_id in self.sync_ids:
            sync = syncs.request_stop(sync_id, by.who)
            by.note("sync.stop", sync.connection, f"sync {sync_id}")
        stopping = count(len(self.sync_ids), "sync")
        sentence = f"Stopping {stopping}: takes effect at the Web Connector's next call."
        return Outcome(f"{sentence} What was synced stays.", len(self.sync_ids))


def plan_stop(_store: Store, sync_ids: Sequence[int]) -> StopPlan:
    """Stop running syncs; raises NotFound, or NotPossible when one of them has ended."""
    found = [syncs.get(sync_id) for sync_id in sync_ids]
    for sync in found:
        if sync.ended_at is not None:
            raise NotPossible(f"Sync {sync.id} has ended: {sync.state}. Nothing was stopped.")
    named = ", ".join(f"{application(one.application)} of {one.connection}" for one in found)
    which = "this sync" if len(found) == 1 else f"these {len(found)} syncs"
    return StopPlan(
        title=f"Stop {which}? {named}",
        verb="Stop sync",
        keep="Keep running",
        told=(
            "It stops at the Web Connector's next call. What was synced stays, and the next "
            "sync continues from there.",
        ),
        sync_ids=tuple(sync_ids),
    )
