"""When a backup is due, and which ones go."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shared.rules.backups import Backups, Schedule, file_name, is_due, superseded
from tests.daemon.builders import NOW

DAILY = Schedule(Path("/backups"), timedelta(hours=24), 2)
OURS = "3fa9c1d2e0aa"


def ago(**span: float):
    return NOW - timedelta(**span)


@pytest.mark.parametrize(
    ("backups", "due"),
    [
        (Backups(), True),
        (Backups(scheduled_at=ago(hours=23)), False),
        (Backups(scheduled_at=ago(hours=24)), True),
        (Backups(made_at=ago(hours=1)), True),  # by hand, to another place
        (Backups(failed_at=ago(minutes=59), failure="Full."), False),
        (Backups(failed_at=ago(minutes=60), failure="Full."), True),
        (Backups(failed_at=ago(minutes=5), failure=""), True),
        (Backups(scheduled_at=ago(hours=-1)), True),  # the clock was ahead
    ],
)
def test_a_backup_is_due_when_the_last_one_is_old_and_none_just_failed(backups, due):
    assert is_due(DAILY, backups, NOW) is due


def names(*hours: float, installation: str = OURS) -> list[str]:
    return [file_name("store.sqlite3", installation, ago(hours=one)) for one in hours]


def gone(found: list[str]) -> list[str]:
    return superseded(found, "store.sqlite3", OURS, 2, NOW)


def test_the_newest_stay():
    found = names(72, 24, 48, 0)
    assert gone(found) == names(72, 48)


def test_what_a_wrong_clock_stamped_goes_first():
    assert gone(names(-9000, 24, 0)) == names(-9000)


@pytest.mark.parametrize(
    "other",
    [
        *names(900, installation="9" * 12),
        *("store.sqlite3", "notes.txt", ".store-3fa9c1d2-20200101T000000Z.sqlite3.unfinished"),
        "store-3fa9c1d2-20200101T000000Z.sqlite3.old",
        "other-3fa9c1d2-20200101T000000Z.sqlite3",
    ],
)
def test_what_is_not_ours_never_goes(other):
    assert other not in gone([other, *names(0, 24, 48)])
