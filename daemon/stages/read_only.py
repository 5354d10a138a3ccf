"""The stage of a list that is only read: all of it where a comparison is due, else what changed.

A record type says what is asked, how a record is read and where it is kept. What nothing is left
of goes. What goes wrong here is put on file, and never keeps the following stages from their work.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from daemon.stages import paging
from daemon.stages.invoices.intake import trouble
from daemon.stages.moves import (
    Answered,
    Ask,
    AskWrite,
    Fail,
    GiveUpOn,
    Gone,
    GoOn,
    Move,
    NotTakenIn,
    Progress,
)
from daemon.stages.paging import Paged
from daemon.stages.reading import Reading, Tally, answered
from daemon.stages.watermarks import compared, earlier, is_due, next_watermark
from shared.about import VERSION
from shared.models import ledger, problems, syncs
from shared.qbxml import statuses
from shared.qbxml.requests import Continue, Iterator, Request, Start
from shared.qbxml.responses import BadRecord, Ret
from shared.rules.values import (
    Connection,
    Outcome,
    ProblemState,
    Record,
    RecordKind,
    Session,
    Trouble,
)
from shared.settings import Settings

LIST = "all"
"""In place of a TxnID, where none of the list can be read."""


class Kept(Protocol):
    """What every record has that is kept."""

    @property
    def txn_id(self) -> str:
        """Its TxnID."""

    @property
    def date(self) -> date:
        """The day on the form."""

    @property
    def time_modified(self) -> str:
        """On QuickBooks' wall clock."""

    @property
    def document(self) -> str:
        """What a person calls it."""


V = TypeVar("V", bound=Kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place(Paged):
    """Where the list stands; ``since`` is empty where all are read.

    ``is_whole``: it was read to its end.
    """

    since: str = ""
    is_over: bool = False
    is_whole: bool = False


class ReadOnly(ABC, Generic[V]):
    """A list of records with TxnIDs; ``doing`` is what a person reads meanwhile.

    ``not_read`` is the hint for a list that QuickBooks does not hand out.
    """

    kind: ClassVar[RecordKind]
    doing: ClassVar[str]
    not_read: ClassVar[str]

    @abstractmethod
    def is_wanted(self, connection: Connection) -> bool:
        """Whether a connection wants them read; what was kept goes where it does not."""

    @abstractmethod
    def query(
        self, request_id: str, *, size: int, since: str, start: date | None, iterator: Iterator
    ) -> Request:
        """Ask for a page: of what changed ``since``, or of all, dated from ``start`` on."""

    @abstractmethod
    def take(self, ret: Ret, home_currency: str) -> V | Trouble | None:
        """Read one record; None for one of another kind."""

    @abstractmethod
    def unreadable(self, txn_id: str, document: str, reason: str) -> Trouble:
        """The problem of a record that cannot be read."""

    @abstractmethod
    def keep(
        self, connection_id: int, sync_id: int, batch: Sequence[V], *, of_all: bool
    ) -> Mapping[str, Outcome]:
        """Keep records; what became of those that are news, by TxnID."""

    @abstractmethod
    def forget_unseen(self, connection_id: int, sync_id: int) -> Sequence[V]:
        """Keep no longer, and return, what this sync did not read."""

    def begin(self, session: Session, settings: Settings, now: datetime) -> str:
        """Read all or what changed; nothing where it is not wanted, and then nothing is kept."""
        connection_id = session.connection.id
        state = Place(
            page_size=min(settings.page_size, settings.page_size_max),
            largest_page=settings.page_size_max,
            most_tries=settings.transient_retries,
            is_over=not self.is_wanted(session.connection),
        )
        if state.is_over:
            self.forget_unseen(connection_id, _sync_id(session))
            self._close(session, now)
            if ledger.watermark(connection_id, self._compared):
                ledger.set_watermark(connection_id, self._compared, "")
        elif not self._is_due(session, settings, now):
            mark = ledger.watermark(connection_id, self.kind)
            overlap = timedelta(minutes=settings.overlap_minutes)
            state = replace(state, since=earlier(mark, overlap))
        return json.dumps(asdict(state))

    @property
    def _compared(self) -> str:
        return f"{self.kind}-compared"

    def _is_due(self, session: Session, settings: Settings, now: datetime) -> bool:
        """It is time to read all, or a person wants to see one again."""
        mark = ledger.watermark(session.connection.id, self._compared)
        every = timedelta(minutes=settings.sweep_minutes)
        retried = problems.list_problems(session.connection.id, [ProblemState.RETRY])
        is_retried = any(problem.kind is self.kind for problem in retried)
        return is_retried or is_due(mark, now=now, every=every, version=VERSION)

    def next_ask(
        self, session: Session, request_id: str, now: datetime
    ) -> tuple[Session, Ask | AskWrite | None]:
        """Ask for the next page."""
        state = _state(session)
        if state.is_over:
            return session, None
        query = self.query(
            request_id,
            size=state.asked_rows,
            since=state.since,
            start=None if state.since else session.connection.start_date,
            iterator=Continue(state.iterator_id) if state.iterator_id else Start(),
        )
        return session, Ask(self.kind, request_id, (query,))

    def has_more(self, session: Session, now: datetime) -> bool:
        """Whether the list was not read to its end yet."""
        return not _state(session).is_over

    def record_reader(self, session: Session) -> Callable[[Ret | BadRecord], Iterable[V | Trouble]]:
        """How a record is read; needs no store."""
        binding = session.connection.binding
        home_currency = binding.home_currency if binding else ""
        return lambda ret: self._taken(ret, home_currency)

    def _taken(self, ret: Ret | BadRecord, home_currency: str) -> Iterable[V | Trouble]:
        if isinstance(ret, BadRecord):
            return (self.unreadable(ret.object_id, ret.document, ret.told),)
        taken = self.take(ret, home_currency)
        return () if taken is None else (taken,)

    def in_batches(self, session: Session) -> bool:
        """Each record stands for itself."""
        return True

    def asked_again(self, session: Session, now: datetime) -> Session | None:
        """A query may simply be handed out again."""
        return None

    def store_rows(self, session: Session, rows: Sequence[Any], now: datetime) -> Tally:
        """Keep records, and put on file what could not be read."""
        connection, sync_id = session.connection, _sync_id(session)
        start, skipped = connection.start_date, problems.skipped(connection.id, self.kind)
        read = {row.txn_id: row for row in rows if not isinstance(row, Trouble)}
        wanted = [
            one
            for one in read.values()
            if one.txn_id not in skipped and not (start and one.date < start)
        ]
        of_all = not _state(session).since
        news = self.keep(connection.id, sync_id, wanted, of_all=of_all)
        syncs.add_records(sync_id, [self._record(read[one], news[one]) for one in news])
        if read:
            problems.resolve(connection.id, self.kind, read, None, now)
        troubles = [row for row in rows if isinstance(row, Trouble)]
        self._put_on_file(session, troubles, now)
        return Tally(
            rows=len(rows),
            changed=len(news),
            idle=len(read) - len(news),
            failed=len(troubles),
            newest=max((one.time_modified for one in read.values()), default=""),
        )

    def take_answer(
        self, session: Session, reading: Reading, now: datetime
    ) -> tuple[Session, Move]:
        """Store an answer's last rows and turn the page."""
        state, worst = _state(session), reading.worst
        if reading.unreadable or worst is None:
            said = reading.unreadable or "the answer held no response to our request"
            return self._go_on(session, *paging.for_less(state, said), now)
        tally = reading.tally.plus(self.store_rows(session, reading.rows, now))
        assert session.exchange is not None
        answer = answered(reading, tally, session.exchange, now)
        return self._go_on(session, *_answered(state, answer), now)

    def refused(
        self, session: Session, code: str, said: str, *, passing: bool, now: datetime
    ) -> tuple[Session, Move]:
        """QuickBooks refused the question; ``passing`` when it may take it in a while."""
        after, move = paging.refused(_state(session), code, said, passing=passing)
        return self._go_on(session, after, move, now)

    def _go_on(
        self, session: Session, state: Place, move: Move, now: datetime
    ) -> tuple[Session, Move]:
        """What would end the sync ends this stage alone."""
        if isinstance(move, Fail):
            document = f"{self.kind.replace('-', ' ')}s".capitalize()
            told = trouble(self.not_read, self.kind, LIST, document, said=move.said)
            self._put_on_file(session, [told], now)
            state, move = replace(state, is_over=True, failed=state.failed + 1), GoOn()
        return replace(session, plan=json.dumps(asdict(state))), move

    def give_up_on(
        self, session: Session, move: GiveUpOn | NotTakenIn | Gone, now: datetime
    ) -> Session:
        """Nothing is asked for by its ID."""
        return session

    def settle(self, session: Session, now: datetime) -> tuple[Session, bool]:
        """There are no sums to work out."""
        return session, True

    def conclude(self, session: Session, settings: Settings, now: datetime) -> Session:
        """Move the watermark; after all were read, forget what was not among them."""
        state, connection_id = _state(session), session.connection.id
        if not state.is_whole:
            return session
        problems.resolve(connection_id, self.kind, [LIST], None, now)
        if not state.since and not state.is_doubtful:
            gone = self.forget_unseen(connection_id, _sync_id(session))
            records = [self._record(one, Outcome.CLOSED) for one in gone]
            syncs.add_records(_sync_id(session), records)
            self._close(session, now)
            ledger.set_watermark(connection_id, self._compared, compared(now, VERSION))
        mark = next_watermark(
            ledger.watermark(connection_id, self.kind),
            state.newest,
            now=now,
            took=now - session.opened_at,
            overlap=timedelta(minutes=settings.overlap_minutes),
        )
        ledger.set_watermark(connection_id, self.kind, mark)
        return session

    def progress(self, session: Session) -> Progress:
        """How far the list was read."""
        state = _state(session)
        percent = int(100 * paging.share_read(state))
        total = state.position + state.failed + max(state.remaining, 0)
        return Progress(self.kind, self.doing, percent, state.position, total, state.failed)

    def _put_on_file(self, session: Session, troubles: Sequence[Trouble], now: datetime) -> None:
        if troubles:
            problems.report(session.connection.id, session.sync_id, troubles, now)
            failed = Outcome.FAILED
            records = [
                Record(self.kind, one.object_id, one.document, failed, one.message, one.remedy)
                for one in troubles
            ]
            syncs.add_records(_sync_id(session), records)

    def _close(self, session: Session, now: datetime) -> None:
        """What this sync did not report is over."""
        found = problems.list_problems(session.connection.id)
        ours = [one for one in found if one.kind is self.kind]
        over = [one.object_id for one in ours if one.sync_id != session.sync_id]
        if over:
            problems.resolve(session.connection.id, self.kind, over, None, now)

    def _record(self, one: V, outcome: Outcome) -> Record:
        return Record(self.kind, one.txn_id, one.document, outcome)


def _answered(state: Place, answer: Answered) -> tuple[Place, Move]:
    if statuses.is_success(answer.status):
        if paging.page_was_skipped(state, answer):
            return paging.start_over(state, answer.said)
        newest = max(state.newest, answer.newest)
        state = replace(paging.counted(state, answer), newest=newest)
        if paging.has_another_page(state, answer):
            return paging.turned(state, answer), GoOn()
        return _over(state), GoOn()
    if statuses.is_transient(answer.status, answer.said):
        return paging.try_again(state, answer.said)
    if paging.ended_without_count(state):
        return _over(replace(state, is_doubtful=True)), GoOn()
    if state.iterator_id or statuses.lost_iterator(answer.status, answer.said):
        return paging.start_over(state, answer.said)
    return state, Fail(str(answer.status), answer.said)


def _over(state: Place) -> Place:
    return replace(state, is_over=True, is_whole=True)


def _sync_id(session: Session) -> int:
    return session.sync_id or 0


def _state(session: Session) -> Place:
    fields = json.loads(session.plan)
    return Place(**{**fields, "asked": tuple(fields["asked"])})
