"""Alerts: what somebody should be told of, whom, and when. Values in, values out.

A *condition* is something wrong at this moment; conditions are looked for again and again. An
*alert* is a condition on file, from when it was first seen until it has been away for a while.
``settle`` compares the two. What a *recipient* is told, and when, is worked out by ``due``:

    new          told after a minute, with whatever else is new by then
    still there  told again after 1 h, 4 h, 12 h, a day, three days, then once a week
    grown        more records than when it was last told: told again after a quarter of an hour
    gone         one all-clear to whoever was told of it; a new one that goes at once is never told

Two messages to one recipient are five minutes apart at least, and none is sent in quiet hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar

from shared.rules.quiet_hours import QuietHours, at_time, checked_zone, in_zone
from shared.rules.spans import is_within
from shared.structs import Value

TOLD_AFTER = timedelta(minutes=1)
"""What is new waits so long, so that what belongs together is one message."""
APART = timedelta(minutes=5)
GROWN_AFTER = timedelta(minutes=15)
REPEATED_AFTER = (
    *(timedelta(hours=1), timedelta(hours=4), timedelta(hours=12), timedelta(days=1)),
    *(timedelta(days=3), timedelta(days=7)),
)
GONE_AFTER = timedelta(minutes=5)
"""A condition has to be away for so long before its alert is closed."""


class AlertKind(StrEnum):
    """What an alert is about."""

    SYNC_FAILED = "sync-failed"
    SYNC_LATE = "sync-late"
    PAYMENT_REFUSED = "payment-refused"
    PAYMENT_PARKED = "payment-parked"
    PAYMENT_WAITING = "payment-waiting"
    CERTIFICATE = "certificate-expiring"
    TOKEN = "token-expiring"  # noqa: S105 - no token
    DISK = "disk-low"
    STORE = "store-damaged"
    BACKUP = "backup-old"
    BACKUP_FAILED = "backup-failed"
    RESTARTS = "daemon-restarting"


FOR_BOOKKEEPERS = frozenset(
    {
        *(AlertKind.SYNC_FAILED, AlertKind.SYNC_LATE, AlertKind.PAYMENT_REFUSED),
        *(AlertKind.PAYMENT_PARKED, AlertKind.PAYMENT_WAITING),
    }
)
"""What a bookkeeper can do something about; the rest is about the machine."""


class Condition(Value):
    """Something that is wrong now. ``about`` tells those of one kind and connection apart.

    ``told`` may name amounts and commands, ``plain`` neither; each is a sentence or two.
    """

    kind: Annotated[AlertKind, "what it is about, such as `sync-failed`"]
    connection_id: int
    about: str
    subject: Annotated[str, "what it is about, in a few words"]
    told: Annotated[str, "what is wrong"]
    plain: str
    remedy: Annotated[str, "what to do"]
    code: Annotated[str, "the hint with more about it; empty: none"] = ""
    size: Annotated[int, "how many records it is about"] = 1

    @property
    def key(self) -> tuple[str, int, str]:
        """What makes it the same condition."""
        return (self.kind.value, self.connection_id, self.about)

    @property
    def words(self) -> tuple[str, str, str, str, str, int]:
        """All that people are told of it."""
        return (self.subject, self.told, self.plain, self.remedy, self.code, self.size)


class Alert(Condition, kw_only=True):
    """A condition on file. ``gone_at`` is since when it is away, ``closed_at`` when that was it."""

    id: Annotated[int, "number of the alert"]
    connection: Annotated[str, "its connection; empty: it is about Deskbridge as a whole"]
    opened_at: Annotated[datetime, "since when"]
    gone_at: datetime | None
    closed_at: Annotated[datetime | None, "when it ended; null: it has not"]

    @property
    def stands(self) -> bool:
        """Whether it is wrong at the moment, as far as anybody knows."""
        return self.gone_at is None and self.closed_at is None


class Changes(Value):
    """What a look changes of the alerts on file.

    ``updated`` are alerts whose words or size are other ones now, or which came back; ``gone`` are
    away since now, ``closed`` for long enough.
    """

    opened: tuple[Condition, ...] = ()
    updated: tuple[tuple[Alert, Condition], ...] = ()
    gone: tuple[Alert, ...] = ()
    closed: tuple[Alert, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.opened or self.updated or self.gone or self.closed)


def settle(on_file: Iterable[Alert], found: Iterable[Condition], now: datetime) -> Changes:
    """Compare the alerts that are not closed with the conditions of now."""
    by_key = {one.key: one for one in found}
    opened = dict(by_key)
    updated, gone, closed = [], [], []
    for alert in on_file:
        condition = opened.pop(alert.key, None)
        if condition is not None:
            if alert.gone_at is not None or alert.words != condition.words:
                updated.append((alert, condition))
        elif _is_late_now(alert, by_key):
            continue
        elif alert.gone_at is None:
            gone.append(alert)
        elif not is_within(alert.gone_at, now, GONE_AFTER):
            closed.append(alert)
    return Changes(tuple(opened.values()), tuple(updated), tuple(gone), tuple(closed))


def _is_late_now(alert: Alert, found: Mapping[tuple[str, int, str], Condition]) -> bool:
    """Whether it is of a sync that failed and is late by now: the failure is not over."""
    late = (AlertKind.SYNC_LATE.value, alert.connection_id, alert.about)
    return alert.kind is AlertKind.SYNC_FAILED and late in found


# Whom, and when.


class Digest(StrEnum):
    """How a recipient is told: as things happen, or in one message a day or a week."""

    NONE = "none"
    DAILY = "daily"
    WEEKLY = "weekly"


class Audience(StrEnum):
    """Who reads it: whoever runs Deskbridge, or a company's bookkeeper."""

    OPERATOR = "operator"
    BOOKKEEPER = "bookkeeper"


class Recipient(Value):
    """Somebody who is told. ``address`` is a mail address, or a URL that gets signed requests.

    The query of a URL may hold a secret of its receiver, so only ``shown`` is for people.
    """

    HIDDEN: ClassVar = ("address",)

    id: Annotated[int, "number of the recipient"]
    address: str
    connection_id: int | None
    connection: Annotated[str | None, "the only connection whose alerts it gets; null: all"]
    audience: Annotated[Audience, "`operator` or `bookkeeper`"]
    digest: Annotated[Digest, "`none`: at once; `daily` or `weekly`: one message"]
    digest_time: Annotated[str, "when a digest is sent, with its time zone, if it has one"]
    quiet: Annotated[str, "nothing is sent in these hours; empty: none"]
    amounts: Annotated[bool, "whether amounts of money are included"]
    outlet_id: int
    created_at: Annotated[datetime, "when it was added"]
    created_by: Annotated[str, "by whom"]
    digest_at: datetime | None
    sent_at: datetime | None

    @property
    def is_mail(self) -> bool:
        """Whether it is a mail address."""
        return "://" not in self.address

    @property
    def shown(self) -> Annotated[str, "the email address, or the URL without its query"]:
        """The address without what stands behind ``?``."""
        address, mark, _ = self.address.partition("?")
        return f"{address}?…" if mark and not self.is_mail else address

    @property
    def outlet(self) -> str:
        """The name of its outlet."""
        return f"alerts-{self.id}"

    def wants(self, alert: Alert) -> bool:
        """Whether it is told of this alert."""
        if self.connection_id is not None and alert.connection_id != self.connection_id:
            return False
        return self.audience is Audience.OPERATOR or alert.kind in FOR_BOOKKEEPERS

    def words(self, alert: Alert) -> str:
        """What it reads of an alert."""
        return alert.told if self.amounts and self.audience is Audience.OPERATOR else alert.plain


class Told(Value):
    """What a recipient was told of an alert: how often, when last, and of how many records."""

    times: int
    last_at: datetime
    size: int


class Held(Value):
    """An alert, and what a recipient was told of it: None for nothing."""

    alert: Alert
    told: Told | None


class Message(Value):
    """What a recipient is to be told now; ``still`` are alerts that it knows and that stand."""

    new: tuple[Alert, ...] = ()
    repeated: tuple[Alert, ...] = ()
    cleared: tuple[Alert, ...] = ()
    still: tuple[Alert, ...] = ()

    @property
    def standing(self) -> tuple[Alert, ...]:
        """The alerts of which it is told that they stand."""
        return (*self.new, *self.repeated)


def due(recipient: Recipient, held: Sequence[Held], now: datetime) -> Message | None:
    """What a recipient is to be told now, or None. Not for those who get a digest."""
    if recipient.digest is not Digest.NONE or is_quiet(recipient, now):
        return None
    if is_within(recipient.sent_at, now, APART):
        return None
    mine = [one for one in held if recipient.wants(one.alert)]
    new = [one.alert for one in mine if _is_new(one, now)]
    repeated = [one.alert for one in mine if _is_repeated(one, now)]
    cleared = [one.alert for one in mine if one.told and one.alert.closed_at is not None]
    fresh = [one for one in new if is_within(one.opened_at, now, TOLD_AFTER)]
    if not (repeated or cleared or len(new) > len(fresh)):
        return None
    told = {one.id for one in (*new, *repeated)}
    still = [one.alert for one in mine if one.alert.stands and one.alert.id not in told]
    return Message(tuple(new), tuple(repeated), tuple(cleared), tuple(still))


def is_quiet(recipient: Recipient, now: datetime) -> bool:
    """Whether it is to be left alone now."""
    return bool(recipient.quiet) and QuietHours.parse(recipient.quiet).end_of(now) is not None


def _is_new(one: Held, now: datetime) -> bool:
    if not one.alert.stands:
        return False
    if one.told is None:
        return True
    return one.alert.size > one.told.size and not is_within(one.told.last_at, now, GROWN_AFTER)


def _is_repeated(one: Held, now: datetime) -> bool:
    if not one.alert.stands or one.told is None or _is_new(one, now):
        return False
    return not is_within(one.told.last_at, now, repeat_after(one.told.times))


def repeat_after(times: int) -> timedelta:
    """How long after it was told so often an alert that still stands is told again."""
    return REPEATED_AFTER[min(times, len(REPEATED_AFTER)) - 1]


# Digests.


class DigestTime(Value):
    """When digests are sent: a time of day; weekly ones on Mondays."""

    at: time
    zone: str = ""

    @classmethod
    def parse(cls, text: str) -> DigestTime:
        """Read ``07:00`` or ``07:00 America/Chicago``. Raises ValueError, in a sentence."""
        clock, _, zone = text.strip().partition(" ")
        try:
            at = time.fromisoformat(clock)
        except ValueError:
            raise ValueError(f'"{text}" is not a time of day: write it as 07:00.') from None
        return cls(at.replace(second=0, microsecond=0, tzinfo=None), checked_zone(zone.strip()))

    def last_before(self, now: datetime, digest: Digest) -> datetime:
        """The latest time not after ``now`` at which a digest was to be sent."""
        local = in_zone(now, self.zone)
        for back in range(9):
            day = local.date() - timedelta(days=back)
            if digest is Digest.WEEKLY and day.weekday() != 0:
                continue
            moment = at_time(day, self.at, self.zone)
            if moment <= now:
                return moment.astimezone(now.tzinfo)
        raise AssertionError("a week has a Monday")


def digest_due(recipient: Recipient, now: datetime) -> datetime | None:
    """Since when a digest is about, if one is to be sent now.

    The first one goes back a day or a week, later ones to the digest before.
    """
    if recipient.digest is Digest.NONE or is_quiet(recipient, now):
        return None
    wanted = DigestTime.parse(recipient.digest_time).last_before(now, recipient.digest)
    last = recipient.digest_at or recipient.created_at
    if wanted <= last <= now:
        return None
    if recipient.digest_at is not None and recipient.digest_at <= now:
        return recipient.digest_at
    return now - timedelta(days=1 if recipient.digest is Digest.DAILY else 7)
