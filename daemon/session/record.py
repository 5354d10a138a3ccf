"""A session's row after an event: phase, last call and lease move together, and how it ends.

Store-thread code, inside the transaction of the callback.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from twisted.logger import Logger

from daemon.session.machine import UNFINISHED, Event, Phase, after
from daemon.stages.troubles import trouble
from shared import hints
from shared.models import problems, sessions, syncs
from shared.rules.values import Application, ApplicationKind, RecordKind, Session, SyncState
from shared.settings import Settings
from shared.structs import replace

FAILED_PERCENT = -1


class SessionRecord:
    """Writes sessions; every change of phase goes through the machine's table."""

    log = Logger()

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def save(
        self, session: Session, now: datetime, *, event: Event | None = None, **changes: Any
    ) -> None:
        """Write a session after an event: phase, last call and lease move together."""
        phase = after(Phase(session.phase), event) if event else Phase(session.phase)
        seconds = self._settings.idle_lease_seconds
        if phase is Phase.AWAITING:
            seconds = self._settings.session_lease_seconds
        moved: dict[str, Any] = {
            "phase": phase.value,
            "last_call_at": now,
            "lease_expires_at": now + timedelta(seconds=seconds),
            "cut_off": False,
        }
        sessions.save(replace(session, **moved | changes))

    def fail(
        self,
        session: Session,
        code: str,
        said: str,
        now: datetime,
        *,
        state: SyncState = SyncState.FAILED,
        facts: Mapping[str, str] | None = None,
        on_file: bool = False,
    ) -> int:
        """End the session with a sentence; returns the percent that asks for getLastError.

        ``on_file``: the problem that says why is there already.
        """
        sentence = say(session, code, said=said, **(facts or {}))
        self.save(session, now, event=Event.FAILURE_MET, error_code=code, error=sentence)
        self._end_sync(session, state, code, sentence, now, said=said, **(facts or {}))
        if on_file:
            close_problem(session.application, now)
        return FAILED_PERCENT

    def end_early(self, session: Session, code: str, now: datetime, **facts: str) -> None:
        """End a session with work left, of which the Web Connector is told that it went well."""
        sentence = say(session, code, **facts)
        self.save(session, now, event=Event.WORK_RAN_OUT, closing=sentence)
        self._end_sync(session, SyncState.CANCELED, code, sentence, now, **facts)

    def give_up(
        self,
        session: Session,
        code: str,
        now: datetime,
        *,
        state: SyncState = SyncState.FAILED,
        **facts: str,
    ) -> str:
        """End a session whose Web Connector is gone; its sync is failed if it had work left."""
        unfinished = Phase(session.phase) in UNFINISHED
        sentence = session.error or session.closing
        if unfinished:
            sentence = say(session, code, **facts)
            self._end_sync(session, state, code, sentence, now, **facts)
        self.save(
            session,
            now,
            event=Event.CONNECTION_CLOSED,
            ended_at=now,
            error=sentence if unfinished else session.error,
            error_code=code if unfinished else session.error_code,
        )
        return sentence

    def _end_sync(
        self,
        session: Session,
        state: SyncState,
        code: str,
        sentence: str,
        now: datetime,
        **facts: str,
    ) -> None:
        if session.sync_id is None:
            return
        syncs.save(session.sync_id, state=state, error=sentence, error_code=code, ended_at=now)
        if state is SyncState.FAILED:
            open_problem(session.application, session.sync_id, code, now, facts)
        self.log.warn(
            "Sync {sync} of {connection} {state}: {code}: {sentence}",
            sync=session.sync_id,
            connection=session.connection.name,
            state=state.value,
            code=code,
            sentence=sentence,
        )


def open_problem(
    application: Application,
    sync_id: int | None,
    code: str,
    now: datetime,
    facts: Mapping[str, str],
) -> None:
    """Make a failed sync a problem: one for each application, the latest failure.

    It is over when a sync of the application finishes.
    """
    _resolve(application, [application.kind], now)
    kind = application.kind
    failed = trouble(code, RecordKind.SYNC, kind.value, kind.label, application=kind.label, **facts)
    problems.report(application.connection_id, sync_id, [failed], now)


def close_problem(application: Application, now: datetime) -> None:
    """A sync of the application went well; so did what it took the place of."""
    kinds = [application.kind, ApplicationKind.COMBINED]
    if application.kind is ApplicationKind.COMBINED:
        kinds = list(ApplicationKind)
    _resolve(application, kinds, now)


def _resolve(application: Application, kinds: Sequence[ApplicationKind], now: datetime) -> None:
    about = [kind.value for kind in kinds]
    problems.resolve(application.connection_id, RecordKind.SYNC, about, None, now)


def say(session: Session, code: str, **fields: str) -> str:
    """The hint's sentence about a session, with the number of its sync."""
    return hints.say(
        code,
        application=session.application.kind.label,
        connection=session.connection.name,
        reference=reference(session.sync_id),
        **fields,
    )


def reference(sync_id: int | None) -> str:
    """How a sentence names a sync: S42; empty when there is none."""
    return f"S{sync_id}" if sync_id else ""
