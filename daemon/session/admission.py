"""authenticate: who gets a session, who is told to wait, who is refused and why.

Store-thread code, inside one transaction a call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar, TypeAlias

from attrs import define

from daemon.callers import Caller, Callers
from daemon.session import login
from daemon.session.machine import UNFINISHED, Phase
from daemon.session.record import SessionRecord, open_problem, reference
from daemon.stages.sequence import StageSequence
from shared import dates, hints, passwords
from shared.models import applications, connections, installation, sessions, syncs, throttles
from shared.models.payments import sets
from shared.rules import schedule
from shared.rules.throttling import Lock, Source, lock_after
from shared.rules.values import Application, ApplicationKind, Credentials, Session, SyncState
from shared.settings import Settings
from shared.structs import Value, replace

ORPHANED_AFTER = timedelta(seconds=60)
"""A session that was silent for so long does not keep its own PC out."""
CLOCK_TOLERANCE = timedelta(minutes=1)
"""Two logins at one moment: the one that waited for the other began a little earlier."""


Guessed: TypeAlias = tuple[Source, str, int]
"""Wrong guesses of a source that lock it: which, its name, and how many there are by now."""


class Recognized(Value):
    """What the store knows of somebody who logs in, at its time ``now``.

    ``secret`` keys the proofs of passwords. ``names`` are the sources by which a wrong password is
    counted, besides a user name that exists; ``locks`` what they have guessed before.
    """

    HIDDEN: ClassVar = ("secret",)

    credentials: Credentials | None
    secret: str
    now: datetime
    names: Mapping[Source, str]
    locks: Mapping[Source, Lock | None]

    def locked_until(self, source: Source) -> datetime | None:
        """Until when no guess of this source is tried; None where one is."""
        lock = self.locks.get(source)
        return lock.until if lock is not None and lock.holds(self.now) else None

    @property
    def name_locked_until(self) -> datetime | None:
        """The same of the user name, whether or not it exists."""
        if self.credentials is None:
            return self.locked_until(Source.USER_NAME)
        return self.credentials.application.locked(self.now)


@define(eq=False, repr=False)
class Admission:
    """Opens sessions, one at a time for a company.

    ``now`` is the store's time, asked inside the transaction: several daemons on one
    PostgreSQL then agree about leases. ``started_at`` is when this daemon started: a session
    whose last call is older was interrupted by the restart. ``callers`` hears whose each ticket is.

    A session holds its company until its lease is over. Its own application may log in again from
    the same address sooner: a Web Connector runs one update at a time, so one that logs in anew
    has lost the session before. What was out in it becomes doubt, as ever.
    """

    _settings: Settings
    _record: SessionRecord
    _now: Callable[[], datetime]
    _started_at: datetime
    _callers: Callers

    def thd_recognize(self, username: str, address: str) -> Recognized:
        """What the store knows of a user name, and of the address, where it is told, behind it."""
        now = self._now()
        credentials = applications.application_by_username(username)
        names = {Source.ADDRESS: address} if address else {}
        if credentials is None:
            names[Source.USER_NAME] = login.digest(username)
        locks = {source: throttles.known(source, name, now) for source, name in names.items()}
        return Recognized(credentials, installation.secret(), now, names, locks)

    def thd_refuse(
        self,
        username: str,
        credentials: Credentials | None,
        code: str,
        locked_until: datetime | None = None,
        guessed: Iterable[Guessed] = (),
    ) -> list[str]:
        """Answer ``nvu`` and leave the precise reason where the operator looks.

        A lock is told in another way: at ``nvu`` the Web Connector shows a sentence of its own,
        after an empty first request the one that getLastError gives. ``guessed`` is what this
        refusal locks besides.
        """
        now = self._now()
        for source, name, guesses in guessed:
            throttles.lock(source, name, guesses, now)
        application = credentials.application if credentials else None
        if application is None and code == login.Verdict.ADDRESS_LOCKED:
            # Nothing is written for somebody who goes on guessing at names that do not exist.
            refusal = login.Refusal(code, "", locked_until)
            return [self._refusal_ticket(refusal, Caller(refused=code)), ""]
        # The password before is no guess: an old row that keeps calling must not lock the new
        # one out.
        if application and credentials and code == login.Verdict.WRONG_PASSWORD:
            lock = lock_after(credentials.failed_logins + 1, now)
            applications.login_failed(application.id, locked_until=lock)
        until = dates.time_of(locked_until) if locked_until else ""
        sync = syncs.refused_login(
            application.connection_id if application else None,
            application.kind.value if application else "",
            username,
            code,
            hints.say(
                code,
                username=username,
                application=application.kind.label if application else "",
                until=until,
            ),
            now,
        )
        if application:
            facts = {"username": username, "until": until}
            open_problem(application, sync.id, code, now, facts)
        told = login.TOLD.get(login.Verdict(code), code)
        # A reference would tell that the name exists.
        shown = "" if code == login.Verdict.ADDRESS_LOCKED else reference(sync.id)
        refusal = login.Refusal(told, shown, locked_until)
        name = credentials.connection.name if credentials else ""
        ticket = self._refusal_ticket(refusal, Caller(name, sync.id, code))
        return [ticket, "" if locked_until else "nvu"]

    def thd_welcome(self, checked: Credentials, ticket: str, peer: str) -> list[str]:
        """As ``welcome``, for what was checked since it was read: its settings may have changed."""
        found = applications.application_by_username(checked.application.username) or checked
        current = replace(
            found, password_hash=checked.password_hash, password_proof=checked.password_proof
        )
        return self.welcome(current, ticket, peer)

    def welcome(self, current: Credentials, ticket: str, peer: str) -> list[str]:
        """Open a session for a verified login, or say why there is none: busy, none."""
        now = self._now()
        application = current.application
        proven = current.password_hash, current.password_proof
        if not applications.login_succeeded(application.id, *proven, now):
            # Rotated while the password was being verified.
            found = applications.application_by_username(application.username)
            return self.thd_refuse(application.username, found, "old-password")
        resting = schedule.rest(current.connection, now)
        if resting is not None:
            # Let in without a request, it asks getLastError: that tells why, and until when.
            return [login.refusal_ticket(login.Refusal(resting.code, "", resting.until)), ""]
        if _has_no_flow(current):
            caller = Caller(current.connection.name, refused="nothing-to-do")
            return [self._refusal_ticket(login.Refusal("nothing-to-do", ""), caller), "none"]
        connections.lock(current.connection.id)
        holder = self._holder(application, peer, now)
        if holder is not None:
            return self._busy(holder, self._held_until(holder, application, peer), now)
        return self._open(current, ticket, peer, now)

    def _open(self, credentials: Credentials, ticket: str, peer: str, now: datetime) -> list[str]:
        connection, application = credentials.connection, credentials.application
        sync = syncs.start(connection.id, application.kind.value, now)
        session = sessions.open_session(
            application=application,
            connection=connection,
            sync_id=sync.id,
            ticket_hash=passwords.ticket_hash(ticket),
            phase=Phase.READY.value,
            plan="",
            lease_expires_at=now + timedelta(seconds=self._settings.session_lease_seconds),
            now=now,
            peer=peer,
        )
        sessions.save(StageSequence(session, self._settings, now).moved())
        self._callers.note(ticket, Caller(connection.name, sync.id))
        answer = [ticket, connection.company_file]
        if connection.minimum_interval_seconds:
            # Positional: the third and fourth strings are postponement and interval, in this order.
            answer += ["0", str(connection.minimum_interval_seconds)]
        return answer

    def _holder(self, application: Application, peer: str, now: datetime) -> Session | None:
        """The session that holds the company; sessions that are over are ended on the way."""
        for session in sessions.unended(application.connection_id):
            who = session.stop_requested_by
            if who and Phase(session.phase) in UNFINISHED:
                # An operator's way out of a session whose Web Connector is gone.
                self._record.give_up(
                    session, "sync-stopped", now, state=SyncState.CANCELED, who=who
                )
            elif self._holds(session, application, peer, now):
                return session
            else:
                self._record.give_up(session, self._why_it_ended(session), now)
        return None

    def _why_it_ended(self, session: Session) -> str:
        """A session that was alive when this daemon's predecessor ended went with it."""
        if session.last_call_at < self._started_at <= session.lease_expires_at:
            return "daemon-restarted"
        return "session-taken-over"

    def _holds(self, session: Session, application: Application, peer: str, now: datetime) -> bool:
        if Phase(session.phase) not in UNFINISHED:
            return False
        if session.last_call_at > now + CLOCK_TOLERANCE:
            return False  # the clock was set back since: its lease means nothing
        return self._held_until(session, application, peer) > now

    def _held_until(self, session: Session, application: Application, peer: str) -> datetime:
        """Until when a session keeps this application out, if nothing more is heard of it."""
        if session.application.id != application.id or session.peer != peer:
            return session.lease_expires_at
        if session.cut_off or session.last_call_at < self._started_at:
            return session.last_call_at
        return min(session.lease_expires_at, session.last_call_at + ORPHANED_AFTER)

    def _busy(self, holder: Session, until: datetime, now: datetime) -> list[str]:
        seconds = int((until - now).total_seconds()) + 1
        refusal = login.Refusal("session-busy", reference(holder.sync_id))
        caller = Caller(holder.connection.name, holder.sync_id, "session-busy")
        return [self._refusal_ticket(refusal, caller), "busy", str(max(seconds, 10))]

    def _refusal_ticket(self, refusal: login.Refusal, caller: Caller) -> str:
        ticket = login.refusal_ticket(refusal)
        self._callers.note(ticket, caller)
        return ticket


def _has_no_flow(credentials: Credentials) -> bool:
    """Payments neither go in nor come out, and none is in doubt: nothing to do."""
    connection = credentials.connection
    only_payments = credentials.application.kind is ApplicationKind.PAYMENT
    flows = connection.payments_out or connection.payments_in
    return only_payments and not flows and sets.open_set(connection.id) is None
