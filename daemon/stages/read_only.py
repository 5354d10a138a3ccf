"""The stage of a list that is only read: all of it where a comparison is due, else what changed.

A record type says what is asked, how a record is read and where it is kept. What nothing is left
of goes. What goes wrong here is put on file, and never keeps the following stages from their work.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from daemon.stages import paging
from daemon.stages.base import Stage
from daemon.stages.moves import Answered, Ask, AskWrite, Fail, GoOn, Move, Progress
from daemon.stages.paging import Paged
from daemon.stages.reading import Reading, Tally, answered
from daemon.stages.troubles import report, trouble
from daemon.stages.watermarks import compared, earlier, is_due
from shared.about import VERSION
from shared.models import problems, syncs
from shared.models.ledger import rereads
from shared.qbxml import statuses
from shared.qbxml.requests import Continue, Iterator, Request, Start
from shared.qbxml.responses import BadRecord, Ret
from shared.rules.values import Connection, Outcome, ProblemState, Record, RecordKind, Trouble
from shared.structs import replace

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


class Place(Paged, kw_only=True):
    """Where the list stands; ``since`` is empty where all are read.

    ``is_whole``: it was read to its end.
    """

    since: str = ""
    is_over: bool = False
    is_whole: bool = False


class ReadOnlyStage(Stage[Place], Generic[V]):
    """A list of records with TxnIDs; ``doing`` is what a person reads meanwhile.

    ``not_read`` is the hint for a list that QuickBooks does not hand out.
    """

    kind: ClassVar[RecordKind]
    doing: ClassVar[str]
    not_read: ClassVar[str]
    plan_type = Place

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

    def begin(self) -> Place:
        """Read all or what changed; nothing where it is not wanted, and then nothing is kept."""
        connection_id, settings = self.session.connection.id, self.settings
        place = Place(
            page_size=min(settings.page_size, settings.page_size_max),
            largest_page=settings.page_size_max,
            most_tries=settings.transient_retries,
            is_over=not self.is_wanted(self.session.connection),
        )
        if place.is_over:
            self.forget_unseen(connection_id, self._sync_id)
            self._close_others()
            if rereads.watermark(connection_id, self._compared):
                rereads.set_watermark(connection_id, self._compared, "")
        elif not self._is_due():
            mark = rereads.watermark(connection_id, self.kind)
            place = replace(place, since=earlier(mark, self.overlap))
        return place

    @property
    def _sync_id(self) -> int:
        return self.session.sync_id or 0

    @property
    def _compared(self) -> str:
        return f"{self.kind}-compared"

    def _is_due(self) -> bool:
        """It is time to read all, or a person wants to see one again."""
        connection_id = self.session.connection.id
        mark = rereads.watermark(connection_id, self._compared)
        every = timedelta(minutes=self.settings.sweep_minutes)
        retried = problems.list_problems(connection_id, [ProblemState.RETRY])
        is_retried = any(problem.kind is self.kind for problem in retried)
        return is_retried or is_due(mark, now=self.now, every=every, version=VERSION)

    def has_more(self) -> bool:
        return not self.plan.is_over

    def next_ask(self, request_id: str) -> Ask | AskWrite | None:
        place = self.plan
        if place.is_over:
            return None
        query = self.query(
            request_id,
            size=place.asked_rows,
            since=place.since,
            start=None if place.since else self.session.connection.start_date,
            iterator=Continue(place.iterator_id) if place.iterator_id else Start(),
        )
        return Ask(self.kind, request_id, (query,))

    def record_reader(self) -> Callable[[Ret | BadRecord], Iterable[V | Trouble]]:
        home_currency = self.home_currency
        return lambda ret: self._taken(ret, home_currency)

    def _taken(self, ret: Ret | BadRecord, home_currency: str) -> Iterable[V | Trouble]:
        if isinstance(ret, BadRecord):
            return (self.unreadable(ret.object_id, ret.document, ret.told),)
        taken = self.take(ret, home_currency)
        return () if taken is None else (taken,)

    def in_batches(self) -> bool:
        """Each record stands for itself."""
        return True

    def store_rows(self, rows: Sequence[Any]) -> Tally:
        connection = self.session.connection
        start, skipped = connection.start_date, problems.skipped(connection.id, self.kind)
        read = {row.txn_id: row for row in rows if not isinstance(row, Trouble)}
        wanted = [
            one
            for one in read.values()
            if one.txn_id not in skipped and not (start and one.date < start)
        ]
        news = self.keep(connection.id, self._sync_id, wanted, of_all=not self.plan.since)
        self._note([self._record(read[one], news[one]) for one in news])
        if read:
            problems.resolve(connection.id, self.kind, read, None, self.now)
        troubles = [row for row in rows if isinstance(row, Trouble)]
        report(self.session, troubles, self.now)
        return Tally(
            rows=len(rows),
            changed=len(news),
            idle=len(read) - len(news),
            failed=len(troubles),
            newest=max((one.time_modified for one in read.values()), default=""),
        )

    def take_answer(self, reading: Reading) -> Move:
        worst = reading.worst
        if reading.unreadable or worst is None:
            said = reading.unreadable or "the answer held no response to our request"
            self.plan, move = paging.for_less(self.plan, said)
            return self._go_on(move)
        tally = reading.tally.plus(self.store_rows(reading.rows))
        assert self.session.exchange is not None
        answer = answered(reading, tally, self.session.exchange, self.now)
        self.plan, move = _answered(self.plan, answer)
        return self._go_on(move)

    def refused(self, code: str, said: str, *, passing: bool) -> Move:
        return self._go_on(super().refused(code, said, passing=passing))

    def _go_on(self, move: Move) -> Move:
        """What would end the sync ends this stage alone."""
        if not isinstance(move, Fail):
            return move
        document = f"{self.kind.replace('-', ' ')}s".capitalize()
        not_read = trouble(self.not_read, self.kind, LIST, document, said=move.said)
        report(self.session, [not_read], self.now)
        self.plan = replace(self.plan, is_over=True, failed=self.plan.failed + 1)
        return GoOn()

    def conclude(self) -> None:
        """Move the watermark; after all were read, forget what was not among them."""
        connection_id = self.session.connection.id
        if not self.plan.is_whole:
            return
        problems.resolve(connection_id, self.kind, [LIST], None, self.now)
        if not self.plan.since and not self.plan.is_doubtful:
            gone = self.forget_unseen(connection_id, self._sync_id)
            self._note([self._record(one, Outcome.CLOSED) for one in gone])
            self._close_others()
            rereads.set_watermark(connection_id, self._compared, compared(self.now, VERSION))
        self.move_watermark(self.kind)

    def progress(self) -> Progress:
        place = self.plan
        percent = int(100 * paging.share_read(place))
        total = place.position + place.failed + max(place.remaining, 0)
        return Progress(self.kind, self.doing, percent, place.position, total, place.failed)

    def _close_others(self) -> None:
        """What this sync did not report is over."""
        found = problems.list_problems(self.session.connection.id)
        ours = [one for one in found if one.kind is self.kind]
        over = [one.object_id for one in ours if one.sync_id != self.session.sync_id]
        if over:
            problems.resolve(self.session.connection.id, self.kind, over, None, self.now)

    def _note(self, records: Iterable[Record]) -> None:
        syncs.add_records(self._sync_id, list(records))

    def _record(self, one: V, outcome: Outcome) -> Record:
        return Record(self.kind, one.txn_id, one.document, outcome)


def _answered(state: Place, answer: Answered) -> tuple[Place, Move]:
    if statuses.is_success(answer.status):
        if paging.page_was_skipped(state, answer):
            return paging.start_over(state, answer.said)
        newest = max(state.newest, answer.newest)
        state = replace(paging.counted(state, answer), newest=newest)
        if paging.has_another_page(state, answer):
            return paging.turn_page(state, answer), GoOn()
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
