"""What is wrong at this moment, from facts that were read before: one function for each kind.

Sentences name times of day and no lengths of time, so that the same condition has the same words
at each look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain

from shared import dates, hints
from shared.rules.alerts import AlertKind, Condition
from shared.rules.backups import BY_HAND_EVERY, Backups
from shared.rules.lateness import due_at, is_late
from shared.rules.store_checks import StoreCheck
from shared.rules.tokens import Token
from shared.rules.values import ApplicationOverview, Connection, ConnectionOverview, SyncState
from shared.structs import Value, field, replace

SOON = timedelta(days=14)
"""So long before it ends, a certificate or a token is told of."""
ENDED_IS_OLD = timedelta(days=7)
"""So long after it ended, a token is told of."""
ENOUGH_FREE_BYTES = 1 << 30
MOST_STARTS, STARTS_WITHIN = 4, timedelta(hours=1)
_OF_PASSWORDS = frozenset(
    {
        *("wrong-password", "old-password", "login-locked", "address-locked"),
        *("application-replaced", "password-hash-unreadable"),
    }
)
_TENTH_OF_GB = (1 << 30) // 10


class Run(Value):
    """A daemon: when it was started, and whether it is alive."""

    host: str
    started_at: datetime
    is_alive: bool
    certificate_expires_at: datetime | None = None


class StuckPayments(Value):
    """Payments of a connection in one state, and the one that has been in it longest.

    ``document`` names that one with its amount, ``name`` without.
    """

    kind: AlertKind
    connection_id: int
    connection: str
    count: int
    name: str
    document: str
    since: datetime
    code: str


class Room(Value):
    """The disk of the store: what is free there, and what the store takes."""

    folder: str
    free_bytes: int
    held_bytes: int


class Facts(Value):
    """What the conditions are worked out from; None where a thing does not apply.

    ``late`` tells since when applications are known to be late, by connection and kind.
    ``data_since`` is since when there is something to back up.
    """

    connections: tuple[ConnectionOverview, ...] = ()
    late: Mapping[tuple[int, str], datetime] = field(default_factory=dict)
    payments: tuple[StuckPayments, ...] = ()
    runs: tuple[Run, ...] = ()
    tokens: tuple[Token, ...] = ()
    room: Room | None = None
    backups: Backups | None = None
    check: StoreCheck | None = None
    data_since: datetime | None = None


def conditions(facts: Facts, now: datetime) -> tuple[Condition, ...]:
    """Everything that is wrong now."""
    found: Iterable[Iterable[Condition]] = (
        _of_syncs(facts, now),
        map(_of_payments, facts.payments),
        _of_certificates(facts.runs, now),
        _of_tokens(facts.tokens, now),
        _of_room(facts.room),
        _of_check(facts.check),
        _of_backups(facts, now),
        _of_restarts(facts.runs, now),
    )
    return tuple(chain.from_iterable(found))


def _at(moment: datetime) -> str:
    return dates.moment(moment)


# Syncs.


class LateReason(StrEnum):
    """Why the Web Connector does not call, as far as one can guess."""

    CERTIFICATE = "certificate"
    PASSWORD = "password"  # noqa: S105 - no password
    QUICKBOOKS = "quickbooks"
    OWN_DAEMON = "own-daemon"
    AUTO_RUN = "auto-run"
    PC = "pc"


_GUESSES = {
    LateReason.CERTIFICATE: (
        "The TLS certificate of Deskbridge has expired, so the Web Connector refuses to connect.",
        "Renew the certificate; the Web Connector then calls again by itself.",
    ),
    LateReason.PASSWORD: (
        "Its last sign-in failed because of the password.",
        "Type the newest password in the Web Connector on that PC, then choose Update Selected.",
    ),
    LateReason.QUICKBOOKS: (
        "In its last sync, QuickBooks could not be opened.",
        "Open QuickBooks with the company file on that PC, then choose Update Selected in the Web"
        " Connector.",
    ),
    LateReason.OWN_DAEMON: (
        "Deskbridge itself was not running when it should have called, and it has not called"
        " since.",
        "On that PC, choose Update Selected in the Web Connector, and make sure that Auto-Run"
        " is still selected.",
    ),
    LateReason.AUTO_RUN: (
        "The Web Connector on that PC calls for the other application, but not for this one.",
        "In the Web Connector on that PC, select Auto-Run in its row.",
    ),
    LateReason.PC: (
        "The PC is probably off, nobody is signed in to Windows, or the Web Connector is closed.",
        "Turn that PC on, sign in to Windows and open the Web Connector.",
    ),
}


def _of_syncs(facts: Facts, now: datetime) -> Iterator[Condition]:
    for found in facts.connections:
        for one in found.applications:
            was_late = _was_late(found.connection, one, facts)
            if _is_late(found.connection, one, facts.runs, now, was_late):
                yield _late(found, one, facts.runs, now, was_late)
            elif one.sync is not None and one.sync.state is SyncState.FAILED:
                yield _failed(found.connection, one)


def serving_since(runs: Iterable[Run]) -> datetime | None:
    """Since when a daemon has been there without a break; None: none is."""
    return min((run.started_at for run in runs if run.is_alive), default=None)


def _was_late(connection: Connection, one: ApplicationOverview, facts: Facts) -> bool:
    """Whether it was known to be late before the daemons of now were started."""
    known = facts.late.get((connection.id, one.application.kind.value))
    since = serving_since(facts.runs)
    return known is not None and since is not None and known < since


def _is_late(
    connection: Connection,
    one: ApplicationOverview,
    runs: tuple[Run, ...],
    now: datetime,
    was_late: bool,
) -> bool:
    """Late, also if the time in which nobody could have answered does not count.

    One that ``was_late`` before a daemon started anew stays late until it calls.
    """
    since = serving_since(runs)
    seen = one.application.last_seen_at
    if since is None or seen is None:
        return False
    if was_late:
        return is_late(connection, one, now)
    excused = replace(one.application, last_seen_at=max(seen, since))
    return is_late(connection, replace(one, application=excused), now)


def _late(
    found: ConnectionOverview,
    one: ApplicationOverview,
    runs: tuple[Run, ...],
    now: datetime,
    was_late: bool,
) -> Condition:
    connection, application = found.connection, one.application
    assert application.last_seen_at is not None, "it is late"
    guess, remedy = _GUESSES[late_reason(found, one, runs, now, was_late)]
    heard = f"It called last on {_at(application.last_seen_at)} and should call every"
    told = f"{heard} {connection.run_every_minutes} minutes. {guess}"
    return Condition(
        AlertKind.SYNC_LATE,
        connection.id,
        application.kind.value,
        f"{application.kind.label} of {connection.name} is late",
        *(told, told, remedy),
        code=one.sync.error_code if one.sync is not None else "",
    )


def late_reason(
    found: ConnectionOverview,
    one: ApplicationOverview,
    runs: tuple[Run, ...],
    now: datetime,
    was_late: bool = False,
) -> LateReason:
    """Guess why the Web Connector does not call: the first of these that something speaks for.

    Of one that ``was_late`` already, no daemon that started since is the reason.
    """
    code = one.sync.error_code if one.sync is not None else ""
    ends = [run.certificate_expires_at for run in runs if run.is_alive]
    if any(at is not None and at <= now for at in ends):
        return LateReason.CERTIFICATE
    if code in _OF_PASSWORDS or one.application.locked(now):
        return LateReason.PASSWORD
    due, since = due_at(found.connection, one), serving_since(runs)
    if due is not None and since is not None and due < since and not was_late:
        return LateReason.OWN_DAEMON
    known = hints.hint(code) if code else None
    if known is not None and known.kind is hints.Kind.HRESULT:
        return LateReason.QUICKBOOKS
    others = [other for other in found.applications if other is not one]
    if any(_calls(found.connection, other, now) for other in others):
        return LateReason.AUTO_RUN
    return LateReason.PC


def _calls(connection: Connection, one: ApplicationOverview, now: datetime) -> bool:
    return one.application.last_seen_at is not None and not is_late(connection, one, now)


def _failed(connection: Connection, one: ApplicationOverview) -> Condition:
    sync, kind = one.sync, one.application.kind
    assert sync is not None, "it failed"
    known = hints.hint(sync.error_code) if sync.error_code else None
    plain = known.happened if known is not None else f"{kind.label} failed."
    return Condition(
        AlertKind.SYNC_FAILED,
        connection.id,
        kind.value,
        f"{kind.label} of {connection.name} failed",
        told=sync.error or plain,
        plain=plain,
        remedy=known.remedy[0] if known is not None else "Look at the sync in Recent Syncs.",
        code=sync.error_code,
    )


# Payments.


_STUCK = {
    AlertKind.PAYMENT_REFUSED: ("refused", ("refused",)),
    AlertKind.PAYMENT_PARKED: ("parked: each needs a check in QuickBooks", ("parked",)),
    AlertKind.PAYMENT_WAITING: ("waiting for a long time", ("waiting", "ready")),
}


def _of_payments(stuck: StuckPayments) -> Condition:
    words, statuses = _STUCK[stuck.kind]
    many = "1 payment is" if stuck.count == 1 else f"{stuck.count:,} payments are"
    first = "It is" if stuck.count == 1 else "The first one is"
    known = hints.hint(stuck.code) if stuck.code else None
    why = f" {known.happened}" if known is not None else ""

    def told(document: str) -> str:
        return f"{many} {words}. {first} {document}, since {_at(stuck.since)}.{why}"

    return Condition(
        stuck.kind,
        stuck.connection_id,
        "payments",
        f"{many} {statuses[0]} in {stuck.connection}",
        told=told(stuck.document),
        plain=told(f"payment {stuck.name}"),
        remedy=f'To see them: deskbridge payments list "{stuck.connection}" --status '
        f"{' --status '.join(statuses)}.",
        code=stuck.code,
        size=stuck.count,
    )


# The machine.


def _of_machine(
    kind: AlertKind, about: str, subject: str, told: str, remedy: str, size: int = 1
) -> Condition:
    """What concerns no connection, and tells everybody the same."""
    return Condition(kind, 0, about, subject, told, told, remedy, size=size)


def _of_certificates(runs: Iterable[Run], now: datetime) -> Iterator[Condition]:
    for run in runs:
        ends = run.certificate_expires_at
        if run.is_alive and ends is not None and ends - now <= SOON:
            verb = "expired" if ends <= now else "expires"
            told = f"The TLS certificate of the daemon on {run.host} {verb} on {_at(ends)}."
            yield _of_machine(
                AlertKind.CERTIFICATE,
                run.host,
                f"The TLS certificate on {run.host} {verb}",
                told,
                "Renew it: without a valid certificate, no Web Connector can connect.",
            )


def _of_tokens(tokens: Iterable[Token], now: datetime) -> Iterator[Condition]:
    for token in tokens:
        ends = token.expires_at
        if ends and token.revoked_at is None and -ENDED_IS_OLD <= ends - now <= SOON:
            verb = "expired" if ends <= now else "expires"
            told = f"Token {token.id} ({token.label}) {verb} on {_at(ends)}."
            yield _of_machine(
                AlertKind.TOKEN,
                str(token.id),
                f"Token {token.id} ({token.label}) {verb}",
                told,
                "Make a new one for that program (deskbridge token add), then revoke this one.",
            )


def _of_room(room: Room | None) -> Iterator[Condition]:
    if room is not None and room.free_bytes < max(ENOUGH_FREE_BYTES, room.held_bytes):
        free = room.free_bytes // _TENTH_OF_GB / 10
        told = f"Less than {free + 0.1:.1f} GB is free on the disk of {room.folder}."
        yield _of_machine(
            AlertKind.DISK,
            room.folder,
            f"The disk of {room.folder} is nearly full",
            told,
            "Free space on that disk: when it is full, syncs fail.",
        )


def _of_check(check: StoreCheck | None) -> Iterator[Condition]:
    if check is not None and check.damage:
        told = f"The daemon read all of the store and found damage: {check.damage}"
        yield _of_machine(
            AlertKind.STORE,
            "store",
            "The store is damaged",
            told,
            "Stop the daemon and restore a backup (deskbridge db restore FILE).",
        )


def _of_backups(facts: Facts, now: datetime) -> Iterator[Condition]:
    backups = facts.backups
    if backups is None:
        return
    if backups.failure:
        told = f"The daemon cannot back the store up: {backups.failure}"
        yield _of_machine(
            AlertKind.BACKUP_FAILED,
            "store",
            "The backup of the store failed",
            told,
            "Fix the cause; the daemon tries again within the hour.",
        )
    old_at = backups.old_at or (facts.data_since and facts.data_since + BY_HAND_EVERY)
    if old_at is None or now <= old_at:
        return
    told = "There is no backup of the store."
    if backups.made_at is not None:
        told = f"The newest backup of the store was made on {_at(backups.made_at)}."
    yield _of_machine(
        AlertKind.BACKUP,
        "store",
        "The backup of the store is too old" if backups.made_at else "The store has no backup",
        told,
        "Make one now (deskbridge db backup FILE), and find out why none was made.",
    )


def _of_restarts(runs: Iterable[Run], now: datetime) -> Iterator[Condition]:
    starts = Counter(run.host for run in runs if now - run.started_at <= STARTS_WITHIN)
    for host, count in sorted(starts.items()):
        if count >= MOST_STARTS:
            told = f"The daemon on {host} was started {count} times within an hour."
            yield _of_machine(
                AlertKind.RESTARTS,
                host,
                f"The daemon on {host} restarts again and again",
                told,
                "To find out why: journalctl -u deskbridge.",
                size=count,
            )
