"""What the checks want to know of the store, read in one go."""

from __future__ import annotations

from datetime import datetime

from shared.models import (
    alerts,
    backups,
    company_files,
    connections,
    daemons,
    facts,
    outlets,
    queues,
    throttles,
)
from shared.models.daemons import Daemon
from shared.models.facts import StoreFacts
from shared.models.queues import Queue, RunningSync
from shared.models.store import Store
from shared.rules.alerts import Recipient
from shared.rules.backups import Backups
from shared.rules.payments.values import PaymentStatus
from shared.rules.store_checks import StoreCheck
from shared.rules.throttling import Lock
from shared.rules.values import Application, Connection
from shared.structs import Value

WATCHED = (
    *(PaymentStatus.UNKNOWN, PaymentStatus.PARKED, PaymentStatus.READY, PaymentStatus.WAITING),
)


class StoreSnapshot(Value):
    """The store at one moment, ``now``. ``latest_at`` is the latest time stamped into it.

    ``on_one_file`` are the names of connections that belong to one company file. ``recipients``
    of alerts stand with why their messages fail, or an empty text.
    """

    now: datetime
    facts: StoreFacts
    url_shown: str
    schema_version: int
    journal_mode: str
    warnings: tuple[str, ...]
    has_connections: bool
    backups: Backups
    check: StoreCheck
    latest_at: datetime | None
    daemons: tuple[Daemon, ...]
    payments: dict[PaymentStatus, Queue]
    problems: Queue | None
    scheduled: tuple[tuple[Connection, Application], ...]
    locked: tuple[tuple[Connection, Application], ...]
    locks: tuple[Lock, ...]
    running: tuple[RunningSync, ...]
    on_one_file: tuple[tuple[str, ...], ...]
    recipients: tuple[tuple[Recipient, str], ...]


def read(store: Store) -> StoreSnapshot:
    """Read it; raises StoreError."""
    version, journal = store.schema_version, store.journal_mode
    with store.reading():
        now = store.now()
        return StoreSnapshot(
            now=now,
            facts=facts.read(),
            url_shown=store.url_shown,
            schema_version=version,
            journal_mode=journal,
            warnings=store.warnings,
            has_connections=bool(connections.all()),
            backups=backups.standing(),
            check=backups.last_check(),
            latest_at=queues.latest_moment(),
            daemons=tuple(daemons.known()),
            payments=queues.payments(WATCHED),
            problems=queues.open_problems(),
            scheduled=tuple(queues.scheduled()),
            locked=tuple(queues.locked(now)),
            locks=tuple(throttles.locked(now)),
            running=tuple(queues.running_syncs()),
            on_one_file=tuple(company_files.sharing()),
            recipients=tuple((one, outlets.get(one.outlet).reason) for one in alerts.recipients()),
        )
