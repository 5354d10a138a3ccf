"""Alerts on file, whom they are told, and what each recipient was told."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Annotated, Any

from peewee import JOIN, SQL, fn
from peewee import Value as SqlValue

from shared.models import events, outlets
from shared.models import tables as t
from shared.models.convert import millis, moment
from shared.models.events import Told as EventTold
from shared.models.mapper import Mapper
from shared.models.statements import (
    AnyOf,
    Row,
    Statement,
    insert_row,
    put_rows,
    slot,
    update_columns,
)
from shared.rules.alerts import Alert, Changes, Condition, Held, Message, Recipient, Told
from shared.rules.events import EventKind
from shared.rules.webhooks import secret_of
from shared.structs import Value

_ALERT = Mapper(Alert, t.Alert, connection=fn.COALESCE(t.Connection.name, ""))
_CONDITION = Mapper(Condition, t.Alert)
_RECIPIENT = Mapper(
    Recipient,
    t.AlertRecipient,
    connection_id=t.Outlet.connection,
    connection=t.Connection.name,
    outlet_id=t.AlertRecipient.outlet,
)


# Alerts.


def _alerts(*conditions: Any) -> Any:
    return (
        t.Alert.select(*_ALERT.fields)
        .join(t.Connection, JOIN.LEFT_OUTER, on=(t.Connection.id == t.Alert.connection))
        .where(*conditions)
        .order_by(t.Alert.id)
    )


def on_file() -> list[Alert]:
    """Return the alerts that are not closed, the oldest first."""
    return [_ALERT.read(row) for row in _ON_FILE.all()]


_ON_FILE = Statement(lambda: _alerts(t.Alert.closed_ms.is_null()))


def change(changes: Changes, now: datetime) -> None:
    """Write down what a look changed; what is opened and closed is an event, too."""
    for one in changes.opened:
        _open(one, now)
    for alert, one in changes.updated:
        update_columns(t.Alert, id=alert.id, gone_ms=None, **_CONDITION.stored(one))
    for alert in changes.gone:
        update_columns(t.Alert, id=alert.id, gone_ms=millis(now))
    for alert in changes.closed:
        update_columns(t.Alert, id=alert.id, open_key=None, closed_ms=millis(now))
        _tell(alert.connection_id, EventKind.ALERT_CLOSED, alert.id, alert)


def _open(one: Condition, now: datetime) -> None:
    key = "/".join(map(str, one.key))
    id_ = _OPEN.value(open_key=key, opened_ms=millis(now), **_CONDITION.stored(one))
    _tell(one.connection_id, EventKind.ALERT_OPENED, id_, one)


_OPEN = insert_row(t.Alert)


def _tell(connection_id: int, kind: EventKind, alert_id: int, one: Condition | Alert) -> None:
    told = EventTold(str(alert_id), one.subject, state=one.kind.value, code=one.code)
    events.record(connection_id, kind, [told])


def prune(before: datetime) -> int:
    """Forget alerts that were closed before that time; return how many."""
    return _PRUNE.run(before=millis(before))


_PRUNE = Statement(lambda: t.Alert.delete().where(t.Alert.closed_ms < slot("before")))


def newest(limit: int, connection_id: int | None = None, *, closed: bool = False) -> list[Alert]:
    """Return alerts, the newest first: of one connection or of all, on request also closed ones."""
    rows = _newest.all(limit=limit, connection=connection_id, closed=closed)
    return [_ALERT.read(row) for row in rows]


@Statement
def _newest() -> Any:
    is_wanted = t.Alert.closed_ms.is_null() | (slot("closed") == SqlValue(True, converter=False))
    is_of = fn.COALESCE(slot("connection").cast("BIGINT"), t.Alert.connection) == t.Alert.connection
    return _alerts(is_wanted, is_of).order_by(t.Alert.id.desc()).limit(slot("limit"))


# Recipients.


def add(recipient: Recipient, connection_id: int | None, now: datetime) -> Recipient:
    """Add a recipient; its numbers and what was sent to it are not looked at."""
    salt = secrets.token_hex(16)
    outlet = outlets.open_outlet(salt, events.EVERY, connection_id)
    told = _RECIPIENT.stored(recipient, but=_NOT_TOLD)
    id_ = _ADD.value(outlet=outlet.id, salt=salt, created_ms=millis(now), **told)
    events.settings_changed(connection_id or events.NOBODY, "alerts-added", str(id_))
    outlets.begin(outlet.id, f"alerts-{id_}", events.EVERY)
    return get(id_)


_NOT_TOLD = ("id", "connection_id", "connection", "outlet_id", "created_at", "digest_at", "sent_at")
_ADD = insert_row(t.AlertRecipient)


def remove(recipient: Recipient) -> None:
    """Remove a recipient: it is told of nothing more."""
    outlets.remove(recipient.outlet)
    connection_id = recipient.connection_id or events.NOBODY
    events.settings_changed(connection_id, "alerts-removed", str(recipient.id))


def get(recipient_id: int) -> Recipient:
    """Find a recipient by its number; raises NotFound."""
    return _RECIPIENT.read(_GET.found("recipient", recipient_id, id=recipient_id))


def recipients() -> list[Recipient]:
    """Return every recipient, by number."""
    return [_RECIPIENT.read(row) for row in _ALL.all()]


def _recipients() -> Any:
    return (
        t.AlertRecipient.select(*_RECIPIENT.fields)
        .join(t.Outlet)
        .join(t.Connection, JOIN.LEFT_OUTER)
    )


_GET = Statement(lambda: _recipients().where(t.AlertRecipient.has("id")))
_ALL = Statement(lambda: _recipients().order_by(t.AlertRecipient.id))


def secret(recipient: Recipient) -> str:
    """Work out what requests to its URL are signed with: to sign one, or to show it once."""
    from shared.models import installation  # it knows payments, which few commands need

    [salt] = _SALT.column(id=recipient.id)
    return secret_of(installation.secret(), salt)


_SALT = Statement(lambda: t.AlertRecipient.select("salt").where(t.AlertRecipient.has("id")))


# What each was told.


def held(recipient: Recipient) -> list[Held]:
    """Return what is open, and what is closed of which it awaits the all-clear."""
    rows = _held.all(recipient=recipient.id)
    return [Held(_ALERT.read(row[3:]), _told(row[:3])) for row in rows]


def _told(row: Row) -> Told | None:
    times, last_ms, size = row
    return None if times is None else Told(times, moment(last_ms), size)


@Statement
def _held() -> Any:
    mine = t.AlertTold.has("recipient", alert=t.Alert.id)
    return (
        t.Alert.select(*(t.AlertTold.times, t.AlertTold.last_ms, t.AlertTold.size), *_ALERT.fields)
        .join(t.Connection, JOIN.LEFT_OUTER, on=(t.Connection.id == t.Alert.connection))
        .join(t.AlertTold, JOIN.LEFT_OUTER, on=mine)
        .where(t.Alert.closed_ms.is_null() | t.AlertTold.alert.is_null(False))
        .order_by(t.Alert.id)
    )


def was_told(recipient_id: int, message: Message, now: datetime) -> None:
    """Note that a message went through."""
    standing = [(recipient_id, one.id, 1, millis(now), one.size) for one in message.standing]
    _TELL.many(standing)
    _CLEARED.run(recipient=recipient_id, alerts=[one.id for one in message.cleared])
    update_columns(t.AlertRecipient, id=recipient_id, sent_ms=millis(now))


_TELL = put_rows(t.AlertTold, stays=["times"], update={"times": t.AlertTold.times + SQL("1")})
_CLEARED = Statement(
    lambda: t.AlertTold.delete().where(t.AlertTold.has("recipient", alert=AnyOf("alerts")))
)


def digest_sent(recipient_id: int, now: datetime) -> None:
    """Note that a digest went through."""
    update_columns(t.AlertRecipient, id=recipient_id, digest_ms=millis(now), sent_ms=millis(now))


# Tests.


class Tested(Value):
    """What became of a test message."""

    delivered: Annotated[bool, "whether it was taken"]
    reason: Annotated[str, "why it was not; empty: it was"]


def ask_for_test(recipient_id: int, now: datetime) -> None:
    """Have the daemon send a test message."""
    update_columns(t.AlertRecipient, id=recipient_id, test_asked_ms=millis(now), test_done_ms=None)


def tests_asked() -> list[int]:
    """Return the recipients for which a test was asked for and not made."""
    return _TESTS.column()


_TESTS = Statement(
    lambda: (
        t.AlertRecipient.select("id")
        .where(
            t.AlertRecipient.test_asked_ms.is_null(False) & t.AlertRecipient.test_done_ms.is_null()
        )
        .order_by(t.AlertRecipient.id)
    )
)


def test_made(recipient_id: int, reason: str, now: datetime) -> None:
    """Note what became of a test; ``reason`` is empty where it went through."""
    update_columns(t.AlertRecipient, id=recipient_id, test_done_ms=millis(now), test_reason=reason)


def tested(recipient_id: int) -> Tested | None:
    """What became of the test that was asked for last; None: nothing yet, or none was asked for."""
    row = _TESTED.one(id=recipient_id)
    if row is None or row[0] is None:
        return None
    return Tested(not row[1], row[1])


_TESTED = Statement(
    lambda: t.AlertRecipient.select("test_done_ms", "test_reason").where(t.AlertRecipient.has("id"))
)
