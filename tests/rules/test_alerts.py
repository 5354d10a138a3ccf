"""Alerts: what is opened and closed, whom it is told, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.rules.alerts import (
    APART,
    GONE_AFTER,
    Alert,
    AlertKind,
    Audience,
    Condition,
    Digest,
    DigestTime,
    Held,
    Recipient,
    Told,
    digest_due,
    due,
    repeat_after,
    settle,
)
from shared.structs import replace

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)  # a Monday


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def condition(about: str = "invoice", **fields: Any) -> Condition:
    usual = Condition(AlertKind.SYNC_LATE, 1, about, "Late", "It is late.", "It is late.", "Look.")
    return replace(usual, **fields)


def alert(number: int = 1, **fields: Any) -> Alert:
    usual = Alert(
        id=number,
        kind=AlertKind.SYNC_LATE,
        connection_id=1,
        connection="Larkspur",
        about="invoice",
        subject="Late",
        told="It is late.",
        plain="It is late.",
        remedy="Look.",
        code="",
        size=1,
        opened_at=ago(minutes=2),
        gone_at=None,
        closed_at=None,
    )
    return replace(usual, **fields)


def recipient(**fields: Any) -> Recipient:
    usual = Recipient(
        id=1,
        address="ada@example.com",
        connection_id=None,
        connection=None,
        audience=Audience.OPERATOR,
        digest=Digest.NONE,
        digest_time="",
        quiet="",
        amounts=True,
        outlet_id=1,
        created_at=ago(days=30),
        created_by="ada",
        digest_at=None,
        sent_at=None,
    )
    return replace(usual, **fields)


def told(number: int = 1, *, times: int = 1, size: int = 1, **since: float) -> Held:
    return Held(alert(number, opened_at=ago(days=9)), Told(times, ago(**since), size))


# What is opened and closed.


def test_a_sync_that_failed_and_is_late_by_now_is_not_over():
    failed = alert(kind=AlertKind.SYNC_FAILED)
    changes = settle([failed], [condition()], NOW)
    assert (changes.opened, changes.gone) == ((condition(),), ())
    of_another = settle([failed], [condition(about="payment")], NOW)
    assert of_another.gone == (failed,)
    assert settle([failed], [], NOW).gone == (failed,)


def test_what_is_wrong_is_opened_once():
    changes = settle([], [condition()], NOW)
    assert changes.opened == (condition(),)
    assert not settle([alert()], [condition()], NOW)


def test_other_words_are_an_update():
    changed = condition(told="It is very late.")
    assert settle([alert()], [changed], NOW).updated == ((alert(), changed),)


def test_it_is_closed_when_it_was_away_for_a_while():
    assert settle([alert()], [], NOW).gone == (alert(),)
    assert not settle([alert(gone_at=NOW - GONE_AFTER + timedelta(seconds=1))], [], NOW)
    away = alert(gone_at=NOW - GONE_AFTER)
    assert settle([away], [], NOW).closed == (away,)


def test_what_comes_back_before_that_is_the_same_alert():
    away = alert(gone_at=ago(minutes=1))
    assert settle([away], [condition()], NOW).updated == ((away, condition()),)


# Whom, and when.


def test_something_new_is_told_after_a_minute_with_whatever_else_is_new():
    fresh = Held(alert(1, opened_at=ago(seconds=59)), None)
    assert due(recipient(), [fresh], NOW) is None
    older = Held(alert(2, opened_at=ago(seconds=61)), None)
    message = due(recipient(), [fresh, older], NOW)
    assert message is not None
    assert [one.id for one in message.new] == [1, 2]


def test_messages_are_some_minutes_apart():
    new = [Held(alert(), None)]
    assert due(recipient(sent_at=NOW - APART + timedelta(seconds=1)), new, NOW) is None
    assert due(recipient(sent_at=NOW - APART), new, NOW)


@pytest.mark.parametrize(("times", "hours"), [(1, 1), (2, 4), (3, 12), (4, 24), (5, 72), (6, 168)])
def test_what_stands_is_told_again_after_longer_and_longer(times, hours):
    assert repeat_after(times) == timedelta(hours=hours)
    assert repeat_after(99) == timedelta(days=7)
    assert due(recipient(), [told(times=times, hours=hours - 0.01)], NOW) is None
    message = due(recipient(), [told(times=times, hours=hours)], NOW)
    assert message is not None
    assert [one.id for one in message.repeated] == [1]


def test_what_it_knows_already_stands_below():
    message = due(recipient(), [told(1, minutes=10), Held(alert(2), None)], NOW)
    assert message is not None
    assert ([one.id for one in message.new], [one.id for one in message.still]) == ([2], [1])


def test_more_records_are_told_before_the_next_repetition():
    grown = Held(alert(size=9), Told(1, ago(minutes=15), 1))
    message = due(recipient(), [grown], NOW)
    assert message is not None
    assert message.new == (grown.alert,)
    assert due(recipient(), [Held(alert(size=9), Told(1, ago(minutes=14), 1))], NOW) is None


def test_an_all_clear_goes_to_whoever_was_told():
    over = alert(gone_at=ago(minutes=6), closed_at=ago(minutes=1))
    message = due(recipient(), [Held(over, Told(1, ago(hours=1), 1))], NOW)
    assert message is not None
    assert message.cleared == (over,)
    assert due(recipient(), [Held(over, None)], NOW) is None


def test_what_goes_at_once_is_never_told():
    assert due(recipient(), [Held(alert(gone_at=ago(minutes=1)), None)], NOW) is None


def test_in_quiet_hours_nothing_is_told_and_all_of_it_afterwards():
    quiet = recipient(quiet="11:00-13:00 UTC")
    new = [Held(alert(), None)]
    assert due(quiet, new, NOW) is None
    assert due(quiet, new, NOW + timedelta(hours=1))


def test_a_recipient_of_one_connection_hears_of_that_alone():
    mine, other, whole = alert(1), alert(2, connection_id=2), alert(3, connection_id=0)
    of_one = recipient(connection_id=1)
    assert [of_one.wants(one) for one in (mine, other, whole)] == [True, False, False]
    assert all(recipient().wants(one) for one in (mine, other, whole))


@pytest.mark.parametrize("kind", AlertKind)
def test_a_bookkeeper_hears_of_syncs_and_payments_alone(kind):
    keeper = recipient(audience=Audience.BOOKKEEPER, connection_id=1)
    expected = kind.value.startswith(("sync", "payment"))
    assert keeper.wants(alert(kind=kind)) is expected


def test_words_with_amounts_are_for_operators_who_want_them():
    one = alert(told="250.00 USD", plain="a payment")
    assert recipient().words(one) == "250.00 USD"
    assert recipient(amounts=False).words(one) == "a payment"
    assert recipient(audience=Audience.BOOKKEEPER).words(one) == "a payment"


# Digests.


def digest(kind: Digest = Digest.DAILY, **fields: Any) -> Recipient:
    return recipient(digest=kind, digest_time="07:00 UTC", **fields)


def test_whoever_gets_a_digest_gets_nothing_else():
    assert due(digest(), [Held(alert(), None)], NOW) is None


@pytest.mark.parametrize(
    ("kind", "last", "now", "since"),
    [
        # The first one goes back a day or a week.
        (Digest.DAILY, None, NOW, ago(days=1)),
        (Digest.WEEKLY, None, NOW, ago(days=7)),
        (Digest.DAILY, ago(hours=28), NOW, ago(hours=28)),
        (Digest.DAILY, ago(hours=5), NOW, None),
        (Digest.DAILY, ago(hours=5), NOW + timedelta(hours=19), ago(hours=5)),
        (Digest.WEEKLY, ago(hours=5), NOW + timedelta(days=6), None),
        (Digest.WEEKLY, ago(hours=5), NOW + timedelta(days=7), ago(hours=5)),
        (Digest.NONE, None, NOW, None),
    ],
)
def test_a_digest_is_due_once_a_day_or_on_mondays(kind, last, now, since):
    assert digest_due(digest(kind, digest_at=last), now) == since


def test_a_new_recipient_waits_for_the_next_one():
    assert digest_due(digest(created_at=ago(hours=1)), NOW) is None


def test_a_digest_waits_for_the_end_of_quiet_hours():
    assert digest_due(digest(quiet="06:00-13:00 UTC"), NOW) is None


@pytest.mark.parametrize("text", ["7", "25:00", "07:00 Nowhere/City", ""])
def test_what_is_no_time_of_day_is_refused(text):
    with pytest.raises(ValueError, match=r"time|zone"):
        DigestTime.parse(text)


# A clock that was wrong.


def test_after_a_clock_was_set_back_nothing_is_held_back_until_it_is_that_late_again():
    ahead = NOW + timedelta(days=2)
    known = Held(alert(), Told(1, ahead, 1))
    fresh = Held(alert(2, about="payment", opened_at=ahead), None)
    message = due(recipient(sent_at=ahead), [known, fresh], NOW)
    assert message is not None
    assert ([one.id for one in message.repeated], [one.id for one in message.new]) == ([1], [2])
    assert settle([alert(gone_at=ahead)], [], NOW).closed
    assert digest_due(digest(digest_at=ahead), NOW) == ago(days=1)
