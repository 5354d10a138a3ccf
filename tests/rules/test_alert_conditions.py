"""What is wrong at a moment, and the guess why a Web Connector does not call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.rules.alert_conditions import (
    Facts,
    LateReason,
    Room,
    Run,
    StuckPayments,
    conditions,
    late_reason,
)
from shared.rules.alerts import AlertKind, Condition
from shared.rules.backups import Backups
from shared.rules.tokens import Access, Token
from shared.rules.values import (
    Application,
    ApplicationKind,
    ApplicationOverview,
    Connection,
    ConnectionOverview,
    Sync,
    SyncState,
)
from shared.structs import replace

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
GB = 1 << 30


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


CONNECTION = Connection(
    id=7, name="Larkspur", run_every_minutes=30, created_at=ago(days=90), binding=None
)
UP = Run("books", ago(days=3), is_alive=True)


def called(
    kind: ApplicationKind = ApplicationKind.INVOICE,
    *,
    state: SyncState = SyncState.FINISHED,
    code: str = "",
    error: str = "",
    locked_until: datetime | None = None,
    **since: float,
) -> ApplicationOverview:
    """An application that last called so long ago; its sync ended so."""
    seen = ago(**since)
    application = Application(
        *(1, 7, kind, "u", "a", "b", "{O}", "{F}", 1, seen, "closeConnection"),
        locked_until=locked_until,
    )
    sync = Sync(
        *(4, 7, "Larkspur", kind.value, state, seen, seen, 1, 1, 0, "", error, code),
        stop_requested_by="",
    )
    return ApplicationOverview(application, sync)


def company(*applications: ApplicationOverview) -> ConnectionOverview:
    return ConnectionOverview(CONNECTION, applications, 0, 0, 0)


def found(*applications: ApplicationOverview, runs: tuple[Run, ...] = (UP,)) -> list[Condition]:
    facts = Facts(connections=(company(*applications),), runs=runs)
    return list(conditions(facts, NOW))


def kinds(facts: Facts) -> list[AlertKind]:
    return [one.kind for one in conditions(facts, NOW)]


# Syncs.


def test_an_application_that_called_in_time_is_no_condition():
    assert found(called(minutes=44)) == []


def test_one_that_should_have_called_is():
    [late] = found(called(minutes=46))
    assert (late.kind, late.connection_id, late.about) == (AlertKind.SYNC_LATE, 7, "invoice")


def test_one_that_runs_by_hand_is_never_late():
    by_hand = replace(CONNECTION, run_every_minutes=0)
    facts = Facts((ConnectionOverview(by_hand, (called(days=9),), 0, 0, 0),), runs=(UP,))
    assert kinds(facts) == []


def test_the_time_in_which_no_daemon_could_answer_does_not_count():
    restarted = replace(UP, started_at=ago(minutes=20))
    assert found(called(hours=9), runs=(restarted,)) == []
    assert len(found(called(hours=9), runs=(replace(UP, started_at=ago(minutes=50)),))) == 1


def test_one_that_was_late_before_the_daemon_started_is_late_for_its_own_reason():
    restarted = replace(UP, started_at=ago(minutes=50))
    one = called(hours=9)

    def told(**late: datetime) -> list[str]:
        known = {(7, kind): since for kind, since in late.items()}
        facts = Facts((company(one),), known, runs=(restarted,))
        return [condition.told for condition in conditions(facts, NOW)]

    assert "Deskbridge itself was not running" in told()[0]
    assert "Deskbridge itself was not running" in told(invoice=ago(minutes=4))[0]
    assert "The PC is probably off" in told(invoice=ago(hours=8))[0]
    restarted = replace(UP, started_at=ago(minutes=5))
    assert told() == []
    assert "The PC is probably off" in told(invoice=ago(hours=8))[0]


def test_a_failed_sync_is_told_with_its_hint_until_the_next_one():
    [failed] = found(called(state=SyncState.FAILED, code="0x80040408", error="Said.", minutes=5))
    assert (failed.kind, failed.code, failed.told) == (
        AlertKind.SYNC_FAILED,
        "0x80040408",
        "Said.",
    )
    assert failed.plain != "Said."
    assert failed.remedy
    assert found(called(minutes=5)) == []


def test_what_is_late_and_failed_is_told_once():
    one = called(state=SyncState.FAILED, code="wrong-password", hours=3)
    assert [condition.kind for condition in found(one)] == [AlertKind.SYNC_LATE]


PAYMENT = ApplicationKind.PAYMENT


@pytest.mark.parametrize(
    ("reason", "one", "others", "run"),
    [
        (LateReason.PC, called(hours=3), [called(PAYMENT, hours=3)], UP),
        (LateReason.AUTO_RUN, called(hours=3), [called(PAYMENT, minutes=5)], UP),
        (LateReason.PASSWORD, called(hours=3, code="old-password"), [], UP),
        (
            LateReason.PASSWORD,
            called(hours=3, locked_until=NOW + timedelta(minutes=5)),
            [],
            UP,
        ),
        (LateReason.QUICKBOOKS, called(hours=3, code="0x80040408"), [], UP),
        (LateReason.OWN_DAEMON, called(hours=3), [], replace(UP, started_at=ago(minutes=50))),
        (
            LateReason.CERTIFICATE,
            called(hours=3, code="old-password"),
            [],
            replace(UP, certificate_expires_at=ago(hours=2)),
        ),
    ],
)
def test_why_it_does_not_call_is_guessed(reason, one, others, run):
    assert late_reason(company(one, *others), one, (run,), NOW) is reason


# Payments.


def test_payments_that_stand_still_are_one_condition_for_each_company_and_state():
    stuck = StuckPayments(
        *(AlertKind.PAYMENT_REFUSED, 7, "Larkspur", 3, "pay_1"),
        *("Payment pay_1, 250.00 USD", ago(hours=2), "payment-overpays"),
    )
    [one] = conditions(Facts(payments=(stuck,)), NOW)
    assert (one.kind, one.size, one.code) == (AlertKind.PAYMENT_REFUSED, 3, "payment-overpays")
    assert "250.00" in one.told
    assert "250.00" not in one.plain
    assert "pay_1" in one.plain


# The machine.


@pytest.mark.parametrize(
    ("days", "expected"), [(15, []), (14, [AlertKind.CERTIFICATE]), (-1, [AlertKind.CERTIFICATE])]
)
def test_a_certificate_is_told_two_weeks_before_it_ends(days, expected):
    run = replace(UP, certificate_expires_at=NOW + timedelta(days=days))
    assert kinds(Facts(runs=(run,))) == expected
    assert kinds(Facts(runs=(replace(run, is_alive=False),))) == []


@pytest.mark.parametrize(
    ("days", "expected"), [(15, []), (14, [AlertKind.TOKEN]), (-7, [AlertKind.TOKEN]), (-8, [])]
)
def test_a_token_is_told_two_weeks_before_it_ends_and_a_week_after(days, expected):
    token = Token(
        *(1, "billing", Access.READ, True, (), ago(days=90), "ada", NOW + timedelta(days=days)),
        last_used_at=None,
        revoked_at=None,
    )
    assert kinds(Facts(tokens=(token,))) == expected
    assert kinds(Facts(tokens=(replace(token, revoked_at=NOW),))) == []


@pytest.mark.parametrize(
    ("free", "held", "expected"),
    [(2 * GB, GB, []), (GB - 1, 0, [AlertKind.DISK]), (2 * GB, 3 * GB, [AlertKind.DISK])],
)
def test_a_disk_without_room_for_a_copy_is_told(free, held, expected):
    assert kinds(Facts(room=Room("/var/lib", free, held))) == expected


@pytest.mark.parametrize(
    ("backups", "since", "expected"),
    [
        (Backups(ago(hours=24), NOW), ago(days=90), []),
        (Backups(ago(hours=25), ago(hours=1)), ago(days=90), [AlertKind.BACKUP]),
        (Backups(), ago(days=8), [AlertKind.BACKUP]),
        (Backups(), ago(days=7), []),
        (Backups(), None, []),
        (Backups(ago(hours=1), NOW, failure="Full."), ago(days=90), [AlertKind.BACKUP_FAILED]),
    ],
)
def test_a_backup_that_is_too_old_or_failed_is_told(backups, since, expected):
    assert kinds(Facts(backups=backups, data_since=since)) == expected


def test_a_daemon_that_restarts_again_and_again_is_told_for_an_hour():
    def starts(*minutes: float) -> Facts:
        runs = [replace(UP, started_at=ago(minutes=one), is_alive=False) for one in minutes]
        return Facts(runs=tuple(runs))

    assert kinds(starts(1, 2, 3)) == []
    assert kinds(starts(1, 2, 3, 4)) == [AlertKind.RESTARTS]
    assert kinds(starts(1, 2, 3, 61)) == []


def test_the_same_condition_has_the_same_words_a_minute_later():
    """Else each look would write to the store."""
    run = replace(UP, certificate_expires_at=NOW + timedelta(days=3))
    facts = Facts(
        connections=(company(called(hours=3)),),
        runs=(run,),
        room=Room("/var/lib", GB // 2, 0),
        backups=Backups(ago(days=9), ago(days=2)),
    )
    assert len(conditions(facts, NOW)) == 4
    assert conditions(facts, NOW) == conditions(facts, NOW + timedelta(minutes=1))
