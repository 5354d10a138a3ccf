"""What each callback does to the store: one transaction per callback, decided by tables.

Every ``thd_`` function runs on the store thread inside a transaction: read, decide, write;
the answer leaves only after the commit. Nothing is kept in memory between
two callbacks, so another daemon, or this one after a crash, serves the next one. What may take
long, the settlement of a company's books, is done in slices, each a transaction of its own that
leaves the session where the next one, or the same call made again, goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from attrs import define
from twisted.logger import Logger

from daemon.callers import Caller, Callers
from daemon.session import binding, login
from daemon.session.machine import (
    ON_CLOSE,
    ON_CONNECTION_ERROR,
    ON_LAST_ERROR,
    ON_RECEIVE,
    ON_SEND,
    UNFINISHED,
    Event,
    OnClose,
    OnConnectionError,
    OnLastError,
    OnReceive,
    OnSend,
    Phase,
)
from daemon.session.record import FAILED_PERCENT, SessionRecord, close_problem, reference, say
from daemon.stages import sequence
from daemon.stages.moves import Ask, AskWrite, Fail, GiveUpOn, Gone, Move, NotTakenIn, Pause
from daemon.stages.reading import Introduced, Reading, Tally
from daemon.stages.sequence import Left, StageSequence
from shared import dates, hints, passwords
from shared.models import applications, company_files, connections, sessions, syncs
from shared.qbxml import requests as ask
from shared.qbxml import statuses
from shared.qbxml.responses import BadRecord, Ret
from shared.qbxml.writer import RequestRefused, write_message_set
from shared.rules import schedule
from shared.rules.values import Exchange, Session, SyncState
from shared.settings import Settings
from shared.structs import Value, replace

IDENTIFY = "identify"
NO_OP = "NoOp"
GIVE_UP = "done"
EVERY_VERSION = "10.0"
"""Host, Company and Preferences are asked in a version that every supported product knows."""
OTHER_FILE_OPEN = "0x8004040A"
CUT, STORE_FAILED = "session-cut", "store-unavailable"
"""Why a session ends that had work left; the second where we could not keep what was said in it."""
SILENT = timedelta(hours=1)
"""A session that said nothing for so long is given up; QuickBooks may take minutes a page."""
ROWS_AT_ONCE, SYNCS_AT_ONCE = 5_000, 500
"""How much of old syncs is forgotten in one transaction, while others wait for the store."""


class Expected(Value):
    """The answer that receiveResponseXML should bring, and the stages that asked for it.

    None has: QuickBooks says who it is, before any stage has asked anything.
    """

    HIDDEN: ClassVar = ("stages",)

    session: Session
    exchange_id: int
    request_id: str
    stages: StageSequence | None

    @property
    def take(self) -> Callable[[Ret | BadRecord], Iterable[object]]:
        """What reads a record of the answer; it needs no store."""
        return self.stages.stage.record_reader() if self.stages else lambda _ret: ()

    @property
    def in_batches(self) -> bool:
        """Whether rows may be stored before the whole answer was read."""
        return self.stages is not None and self.stages.stage.in_batches()

    @property
    def is_taken(self) -> bool:
        """Whether the answer was taken in before, and only settling the books is left."""
        return self.session.phase == Phase.SETTLING.value


@define(eq=False, repr=False, slots=False)
class CallbackHandlers:
    """The callbacks of a session, each as a transaction script.

    ``now`` is the store's time, asked inside the transaction.
    """

    log = Logger()

    _settings: Settings
    _record: SessionRecord
    _now: Callable[[], datetime]
    _callers: Callers

    # -- sendRequestXML -------------------------------------------------------------------

    def thd_send(self, ticket: str, introduced: Introduced | None) -> bytes | None:
        """The next request, the same one again, or nothing.

        None after a slice of the books was settled: call again, others had their turn.
        """
        now = self._now()
        session = self._session(ticket)
        if session is None:
            return b""
        match ON_SEND[Phase(session.phase)]:
            case OnSend.NOTHING:
                return b""
            case OnSend.REPEAT:
                return self._repeat(session, now)
            case OnSend.PAUSE if session.waits > 0:
                self._record.save(session, now, waits=session.waits - 1)
                return b""
            case _:
                return self._plan(session, introduced, now)

    def _repeat(self, session: Session, now: datetime) -> bytes | None:
        exchange = session.exchange
        assert exchange is not None
        if exchange.step != IDENTIFY:
            stages = StageSequence(session, self._settings, now)
            if stages.stage.asked_again():
                return self._plan(stages.moved(), None, now)
        sessions.save_exchange(replace(exchange, handed_out=exchange.handed_out + 1))
        self._record.save(session, now, event=Event.REQUEST_HANDED_OUT)
        return exchange.request

    def _plan(self, session: Session, introduced: Introduced | None, now: datetime) -> bytes | None:
        if self._is_stopped(session, now):
            return b""
        if not session.identified and introduced is not None and introduced.host is not None:
            identified = self._identify(session, introduced, now)
            if identified is None:
                return b""
            session = identified
        stages = StageSequence(session, self._settings, now)
        if not session.identified:
            return self._ask(stages, self._introduction(session, introduced), now)
        wanted = stages.next_ask(_next_request_id(session))
        if wanted is Left.TO_SETTLE:
            self._save_slice(stages, now)
            return None
        if isinstance(wanted, Left):
            self._finish(stages, now)
            return b""
        return self._ask(stages, wanted, now)

    def _introduction(self, session: Session, introduced: Introduced | None) -> Ask:
        """Ask who QuickBooks is, and for the stamps of others that may be on the same file."""
        request_id, connection = _next_request_id(session), session.connection
        bound = connection.binding
        said = introduced.company if introduced else None
        name = said.company_name if said else (bound.company_name if bound else "")
        known = bound is not None and bound.company_key
        others = () if known else company_files.neighbors(connection.id, name)
        requests: list[ask.Request] = [
            ask.HostQuery(f"{request_id}-1"),
            ask.CompanyQuery(f"{request_id}-2", owner_id=session.application.owner_id),
            ask.PreferencesQuery(f"{request_id}-3"),
            *(
                ask.CompanyQuery(_stamp_id(request_id, owner_id), owner_id=owner_id)
                for other in others
                for owner_id, _ in other.stamps
            ),
        ]
        return Ask(IDENTIFY, request_id, requests)

    def _ask(self, stages: StageSequence, wanted: Ask | AskWrite, now: datetime) -> bytes:
        """Write, check and commit a request; it is handed out after the commit."""
        session = stages.moved()
        try:
            request = _bytes_of(session, wanted)
        except RequestRefused as refusal:
            self._record.fail(
                session, "request-invalid", str(refusal), now, facts={"field": refusal.path}
            )
            return b""
        exchange = sessions.add_exchange(
            session, step=wanted.step, request_id=wanted.request_id, request=request, now=now
        )
        session = replace(session, exchange=exchange)
        stages.show_progress()
        self._record.save(session, now, event=Event.REQUEST_HANDED_OUT, waits=0)
        return request

    def _identify(self, session: Session, introduced: Introduced, now: datetime) -> Session | None:
        """Bind the company or check it; None when no request may be handed out.

        The session comes back unidentified while the stamps of others were not asked for.
        """
        connection = session.connection
        found: binding.Bound | binding.Refused | binding.Alone | None
        found = binding.identify(introduced, connection, session.application, now)
        if isinstance(found, binding.Bound):
            found = self._told_apart(session, introduced, found)
        if found is None:
            return session
        if isinstance(found, binding.Refused):
            if connection.binding is not None and found.shares:
                company_files.share([connection.id], found.shares)
            self._record.fail(session, found.code, "", now, facts=found.facts)
            return None
        if found.binding != connection.binding:
            connections.bind(connection.id, found.binding)
        company_files.share(found.same_file, found.binding.company_key)
        if connection.binding is None:
            company_files.look_again(found.by_name)
        connection = replace(connection, binding=found.binding)
        return replace(session, connection=connection, identified=True)

    def _told_apart(
        self, session: Session, introduced: Introduced, bound: binding.Bound
    ) -> binding.Alone | binding.Refused | None:
        """Whether the company file is this connection's alone; None when that is to be asked."""
        connection, key = session.connection, bound.binding.company_key
        if key:
            first = company_files.bound_before(connection.id, key)
            if first:
                return binding.elsewhere(bound, connection, first)
            return binding.Alone(bound.binding)
        company_files.hold()
        others = company_files.neighbors(connection.id, bound.binding.company_name)
        exchange = session.exchange
        said_id, request = (exchange.request_id, exchange.request) if exchange else ("", b"")
        asked = {
            other: [_stamp_id(said_id, owner_id) for owner_id, _ in other.stamps]
            for other in others
        }
        if not all(f'"{one}"'.encode() in request for ids in asked.values() for one in ids):
            return None
        return binding.tell_apart(introduced, bound, connection, session.application, asked)

    # -- receiveResponseXML ---------------------------------------------------------------

    def thd_expect(self, ticket: str, digest: str, hresult: str) -> Expected | int:
        """What the answer belongs to; a percent when it needs no second look."""
        session = self._session(ticket)
        if session is None:
            return FAILED_PERCENT
        exchange = session.exchange
        match ON_RECEIVE[Phase(session.phase)]:
            case OnReceive.TAKE if exchange is not None:
                return self._expected(session, exchange)
            case _ if exchange is None or (digest, hresult) != (exchange.digest, exchange.hresult):
                return FAILED_PERCENT
            case OnReceive.GO_ON:
                return self._expected(session, exchange)
            case _:
                return exchange.answer

    def _expected(self, session: Session, exchange: Exchange) -> Expected:
        stages = None
        if exchange.step != IDENTIFY:
            stages = StageSequence(session, self._settings, self._now())
        return Expected(session, exchange.id, exchange.request_id, stages)

    def thd_keep(self, expected: Expected, answer: bytes) -> None:
        """Keep an answer word for word, for a connection with debug on."""
        sessions.keep_response(expected.exchange_id, answer)

    def thd_store_batch(self, expected: Expected, rows: Sequence[object]) -> Tally:
        """Store a full batch of a large answer ahead of its end."""
        now = self._now()
        session = self._in(Phase.AWAITING, expected)
        if session is None or session.exchange is None or session.exchange.step == IDENTIFY:
            return Tally()
        return StageSequence(session, self._settings, now).stage.store_rows(rows)

    def thd_take(self, expected: Expected, reading: Reading, digest: str, size: int) -> int | None:
        """Store what an answer brought and say how far the sync is.

        None after a slice of the books was settled: ``thd_go_on`` does the next one.
        """
        session = self._in(Phase.AWAITING, expected)
        if session is None:
            return self._answered_before(expected)
        return self._take(session, None, reading, digest, size)

    def take_at_once(
        self, expected: Expected, reading: Reading, digest: str, size: int
    ) -> int | None:
        """As ``thd_take``, in the unit in which ``thd_expect`` found the session.

        It holds the session's row, or the store's one writer, so nobody came between.
        """
        return self._take(expected.session, expected.stages, reading, digest, size)

    def _take(
        self,
        session: Session,
        stages: StageSequence | None,
        reading: Reading,
        digest: str,
        size: int,
    ) -> int | None:
        now, worst = self._now(), reading.worst
        assert session.exchange is not None
        if reading.foreign:
            return self._recall(session, reading, now)
        exchange = replace(
            session.exchange,
            answered_at=now,
            digest=digest,
            response_bytes=size,
            status_code=worst.status.code if worst else None,
        )
        session = replace(session, exchange=exchange)
        if exchange.step == IDENTIFY:
            return self._settle_exchange(session, self._introduced(session, reading, now))
        stages = stages or StageSequence(session, self._settings, now)
        stages.go_on_as(session)
        move = stages.stage.take_answer(reading)
        return self._settle_exchange(session, self._move(stages, move, now))

    def thd_go_on(self, expected: Expected) -> int | None:
        """Settle the next slice of the books; the percent once nothing of it is left."""
        now = self._now()
        session = self._in(Phase.SETTLING, expected)
        if session is None:
            return self._answered_before(expected)
        stages = StageSequence(session, self._settings, now)
        return self._settle_exchange(session, self._onward(stages, now))

    def thd_refused(
        self, expected: Expected, hresult: str, message: str, digest: str
    ) -> int | None:
        """QuickBooks refused the message set as a whole; None as in ``thd_take``."""
        now = self._now()
        session = self._in(Phase.AWAITING, expected)
        if session is None or session.exchange is None:
            return self._answered_before(expected)
        exchange = replace(session.exchange, answered_at=now, hresult=hresult, digest=digest)
        session = replace(session, exchange=exchange)
        hint = hints.hresult(hresult)
        code = hint.code if hint else "quickbooks-refused"
        percent: int | None
        if exchange.step == IDENTIFY:
            percent = self._record.fail(session, code, message, now)
        else:
            # The code alone may stand for many things: words that speak of a lock say more.
            passing = bool(hint and hint.transient) or statuses.speaks_of_a_lock(message)
            stages = StageSequence(session, self._settings, now)
            move = stages.stage.refused(code, message, passing=passing)
            percent = self._move(stages, move, now)
        return self._settle_exchange(session, percent)

    def _settle_exchange(self, session: Session, percent: int | None) -> int | None:
        """Keep what we answer, for when it is asked once more; unknown, it is a failure."""
        assert session.exchange is not None
        answer = FAILED_PERCENT if percent is None else percent
        sessions.save_exchange(replace(session.exchange, answer=answer))
        return percent

    def _in(self, phase: Phase, expected: Expected) -> Session | None:
        """The session, if it is in this phase and at the exchange of this answer."""
        session = sessions.by_id(expected.session.id)
        if session is None or session.exchange is None or session.phase != phase.value:
            return None
        return session if session.exchange.id == expected.exchange_id else None

    def _answered_before(self, expected: Expected) -> int | None:
        """The same answer came twice at once: the first one's percent stands.

        None while that one is not known: both go on settling the books, each where the other was.
        """
        if self._in(Phase.SETTLING, expected) is not None:
            return None
        earlier = sessions.exchange_by_id(expected.exchange_id)
        return earlier.answer if earlier and earlier.answered_at else FAILED_PERCENT

    def _recall(self, session: Session, reading: Reading, now: datetime) -> int:
        """An answer to an earlier request came again: no second effect."""
        for head in reading.heads:
            earlier = sessions.exchange_by_request_id(session.id, head.request_id or "")
            if earlier is not None and earlier.answered_at is not None:
                return earlier.answer
        return self._record.fail(session, "answer-foreign", "", now)

    def _introduced(self, session: Session, reading: Reading, now: datetime) -> int:
        if reading.unreadable:
            return self._not_introduced(session, reading.unreadable, now)
        identified = self._identify(session, reading.introduced, now)
        if identified is None:
            return FAILED_PERCENT
        self._record.save(identified, now, event=Event.ANSWER_STORED)
        return 0

    def _not_introduced(self, session: Session, said: str, now: datetime) -> int:
        """Ask QuickBooks again who it is, after a pause that gets longer; then end in words."""
        assert session.exchange is not None
        tries = session.exchange.sequence
        if tries > self._settings.transient_retries:
            return self._record.fail(session, "answer-unreadable", "", now, facts={"reason": said})
        self._record.save(session, now, event=Event.PAUSE_TAKEN, waits=2 ** (tries - 1))
        return 0

    def _move(self, stages: StageSequence, move: Move, now: datetime) -> int | None:
        """Carry out what the plan decided; the percent for the Web Connector, if it is known."""
        match move:
            case Fail():
                moved, facts = stages.moved(), move.facts
                return self._record.fail(
                    moved, move.code, move.said, now, facts=facts, on_file=move.on_file
                )
            case Pause():
                event = Event.PAUSE_TAKEN
                self._record.save(stages.moved(), now, event=event, waits=move.pauses)
                return stages.percent()
            case GiveUpOn() | NotTakenIn() | Gone():
                stages.stage.give_up_on(move)
        return self._onward(stages, now)

    def _onward(self, stages: StageSequence, now: datetime) -> int | None:
        """Go on after an answer; None when a slice of the books was settled and more is left."""
        session = stages.session
        if self._is_stopped(session, now, stages):
            return FAILED_PERCENT
        if schedule.is_over_time(session.connection, session.opened_at, now) and (
            stages.stage.may_end_early() and not stages.stage.writes()
        ):
            return self._end_early(stages, now)
        match stages.onward():
            case Left.TO_SETTLE:
                self._save_slice(stages, now)
                return None
            case Left.NOTHING:
                self._finish(stages, now)
                return 100
        stages.show_progress()
        self._record.save(stages.moved(), now, event=Event.ANSWER_STORED)
        return stages.percent()

    def _save_slice(self, stages: StageSequence, now: datetime) -> None:
        stages.show_progress()
        self._record.save(stages.moved(), now, event=Event.SLICE_SETTLED)

    # -- the end --------------------------------------------------------------------------

    def thd_connection_error(self, ticket: str, hresult: str, message: str) -> str:
        """QuickBooks could not be opened: one more try at most, else give up with the hint."""
        now = self._now()
        session = self._session(ticket)
        if session is None:
            return GIVE_UP
        phase = Phase(session.phase)
        hint = hints.hresult(hresult)
        if ON_CONNECTION_ERROR[phase] is OnConnectionError.CONSIDER and not session.fallback_used:
            # Falling back to the open file needs an identity to check it against.
            bound = session.connection.binding is not None
            other_open = bool(hint and hint.code == OTHER_FILE_OPEN and bound)
            if other_open or (hint and hint.transient):
                self._record.save(session, now, event=Event.OPENING_RETRIED, fallback_used=True)
                # The open file may be the same one under another path: the identity check
                # that follows tells, and hands out nothing to a different company.
                return "" if other_open else session.connection.company_file
        if phase in UNFINISHED:
            code = hint.code if hint else "quickbooks-unreachable"
            self._record.fail(session, code, message, now)
        return GIVE_UP

    def thd_last_error(self, ticket: str) -> str:
        """A sentence for the bookkeeper; never empty."""
        now, session = self._now(), self._session_or_sentence(ticket)
        if isinstance(session, str):
            return session
        if self._callers.met_store_failure(ticket) and Phase(session.phase) in UNFINISHED:
            self._record.fail(session, STORE_FAILED, "", now)
            return say(session, STORE_FAILED)
        match ON_LAST_ERROR[Phase(session.phase)]:
            case OnLastError.NO_OP:
                self._record.save(session, now)
                return NO_OP
            case OnLastError.SENTENCE:
                return session.error or session.closing or say(session, "session-expired")
            case OnLastError.STANDING:
                return session.closing or hints.say(
                    "out-of-turn", call="getLastError", reference=reference(session.sync_id)
                )

    def thd_close(self, ticket: str) -> str:
        """The text of the Web Connector's status column."""
        now, session = self._now(), self._session_or_sentence(ticket)
        if isinstance(session, str):
            return session
        applications.seen(session.application.id, "closeConnection", now)
        match ON_CLOSE[Phase(session.phase)]:
            case OnClose.CUT:
                failed = self._callers.met_store_failure(ticket)
                return self._record.give_up(session, STORE_FAILED if failed else CUT, now)
            case OnClose.REPORT:
                self._record.save(session, now, event=Event.CONNECTION_CLOSED, ended_at=now)
        return session.error or session.closing

    def thd_cut_off(self, ticket: str) -> None:
        """The Web Connector was gone before it had our answer; it calls again, or it is dead."""
        session = self._session(ticket)
        if session is not None and Phase(session.phase) in UNFINISHED:
            sessions.save(replace(session, cut_off=True))

    def thd_break(self, ticket: str) -> None:
        """End a session in which a bug of ours was met."""
        session = self._session(ticket)
        if session is not None and Phase(session.phase) in UNFINISHED:
            self._record.fail(session, "internal-error", "", self._now())

    def thd_reap(self) -> int:
        """Give up sessions whose Web Connector said nothing for an hour."""
        now = self._now()
        silent = sessions.silent_since(now - SILENT)
        for session in silent:
            self._record.give_up(session, "session-expired", now)
        return len(silent)

    def thd_prune(self) -> bool:
        """Forget some syncs older than the retention setting; tells whether there may be more.

        Problems stay, and so does the audit log.
        """
        before = self._now() - timedelta(days=self._settings.keep_days)
        return syncs.thin(before, ROWS_AT_ONCE) > 0 or syncs.prune(before, SYNCS_AT_ONCE) > 0

    def _is_stopped(
        self, session: Session, now: datetime, stages: StageSequence | None = None
    ) -> bool:
        """Whether an operator asked to stop, or syncs rest now; the sync ends canceled then.

        What was written is settled before a rest: only somebody's own word stops it at once.
        """
        code, facts = "sync-stopped", {"who": session.stop_requested_by}
        if not session.stop_requested_by:
            resting = schedule.rest(session.connection, now)
            if resting is None:
                return False
            stages = stages or StageSequence(session, self._settings, now)
            if session.plan and stages.stage.writes():
                return False
            until = dates.time_of(resting.until) if resting.until else ""
            code, facts = resting.code, {"who": resting.who, "until": until}
        sequence.note_cut(session)
        self._record.fail(session, code, "", now, state=SyncState.CANCELED, facts=facts)
        return True

    def _end_early(self, stages: StageSequence, now: datetime) -> int:
        """The time of the sync is up: it ends well, and the next one goes on."""
        session = stages.moved()
        sequence.note_cut(session)
        minutes = str(session.connection.time_budget_minutes)
        self._record.end_early(session, schedule.TIME_IS_UP, now, minutes=minutes)
        return 100

    def _finish(self, stages: StageSequence, now: datetime) -> None:
        session = stages.moved()
        sentence = sequence.finish(session, self._settings, now)
        if session.sync_id is not None and not session.connection.debug:
            sessions.forget_requests(session.sync_id)
        closing = f"{sentence} (ref {reference(session.sync_id)})"
        self._record.save(session, now, event=Event.WORK_RAN_OUT, closing=closing)
        close_problem(session.application, now)
        self.log.info(
            "Sync {sync} of {connection} finished: {sentence}",
            sync=session.sync_id,
            connection=session.connection.name,
            sentence=sentence,
        )

    def thd_is_live(self, ticket: str) -> bool:
        """Whether a large body may come in under this ticket."""
        return sessions.is_live_ticket(passwords.ticket_hash(ticket))

    def _session_or_sentence(self, ticket: str) -> Session | str:
        """The session of a ticket; a sentence for one that has none, such as that of a refusal."""
        refusal = login.refusal_of(ticket)
        return str(refusal) if refusal else self._session(ticket) or hints.say("session-unknown")

    def _session(self, ticket: str) -> Session | None:
        session = sessions.by_ticket(passwords.ticket_hash(ticket)) if ticket else None
        if session is not None:
            self._callers.note(ticket, Caller(session.connection.name, session.sync_id))
        return session


def _bytes_of(session: Session, wanted: Ask | AskWrite) -> bytes:
    """A write has its bytes, a query is written now. Raises RequestRefused."""
    if isinstance(wanted, AskWrite):
        return wanted.request
    bound = session.connection.binding
    return write_message_set(
        wanted.requests,
        version=bound.qbxml_version if bound else EVERY_VERSION,
        on_error=ask.OnError.CONTINUE,
        new_message_set_id=wanted.set_id,
        old_message_set_id=wanted.set_id,
    )


def _next_request_id(session: Session) -> str:
    number = session.exchange.sequence + 1 if session.exchange else 1
    return f"{session.id}-{number}"


def _stamp_id(request_id: str, owner_id: str) -> str:
    """The requestID under which the stamps of another application are asked for."""
    return f"{request_id}-{owner_id.strip('{}')}"
