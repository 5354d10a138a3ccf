"""What conditions of alerts are worked out from, read in one go."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.health.machine import Machine
from shared.models import alerts, backups, daemons, overview, tokens
from shared.models.daemons import Daemon
from shared.models.payments import stuck
from shared.models.store import Store
from shared.rules.alert_conditions import Facts, Room, Run
from shared.rules.alerts import AlertKind
from shared.settings import Settings


def read(store: Store, settings: Settings, machine: Machine) -> Facts:
    """Read them, in a unit of the store; the room on the disk is that of this machine."""
    now = store.now()
    connections = tuple(overview.connections())
    waiting_before = now - timedelta(hours=settings.waiting_is_a_problem_after_hours)
    return Facts(
        connections=connections,
        late={
            (one.connection_id, one.about): one.opened_at
            for one in alerts.on_file()
            if one.kind is AlertKind.SYNC_LATE and one.stands
        },
        payments=tuple(stuck.payments(waiting_before)),
        runs=tuple(_run(one, now) for one in daemons.known()),
        tokens=tuple(tokens.all_tokens()),
        room=_room(store, machine),
        # A PostgreSQL server has tools of its own for that.
        backups=backups.standing() if store.path is not None else None,
        check=backups.last_check(),
        data_since=min((one.connection.created_at for one in connections), default=None),
    )


def _run(daemon: Daemon, now: datetime) -> Run:
    facts = daemon.facts
    return Run(facts.host, facts.started_at, daemon.runs(now), facts.certificate_expires_at)


def _room(store: Store, machine: Machine) -> Room | None:
    if store.path is None:
        return None
    try:
        free, held = machine.free_bytes(store.path.parent), store.path.stat().st_size
    except OSError:  # doctor tells of a folder that cannot be looked at
        return None
    return Room(str(store.path.parent), free, held)
