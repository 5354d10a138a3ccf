"""Quiet hours: read, written, and when they are over."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.rules.quiet_hours import NotQuietHours, QuietHours


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "now", "ends"),
    [
        ("08:00-17:00 UTC", "2026-01-05 07:59", None),
        ("08:00-17:00 UTC", "2026-01-05 08:00", "2026-01-05 17:00"),
        ("08:00-17:00 UTC", "2026-01-05 17:00", None),
        ("22:00-07:00 UTC", "2026-01-05 23:30", "2026-01-06 07:00"),
        ("22:00-07:00 UTC", "2026-01-05 06:30", "2026-01-05 07:00"),
        ("22:00-07:00 UTC", "2026-01-05 12:00", None),
        # Chicago is six hours behind in winter, five in summer.
        ("08:00-17:00 America/Chicago", "2026-01-05 14:30", "2026-01-05 23:00"),
        ("08:00-17:00 America/Chicago", "2026-07-06 13:30", "2026-07-06 22:00"),
        ("08:00-17:00 America/Chicago", "2026-01-05 13:30", None),
        # The clocks go forward at 2:00 in that night.
        ("22:00-07:00 America/Chicago", "2026-03-08 05:00", "2026-03-08 12:00"),
    ],
)
def test_they_end_when_the_clocks_of_their_zone_say_so(hours, now, ends):
    assert QuietHours.parse(hours).end_of(utc(now)) == (utc(ends) if ends else None)


@pytest.mark.parametrize(
    ("text", "kept"),
    [("8:00-17:00", "08:00-17:00"), (" 22:00 – 07:00  Europe/Berlin", "22:00-07:00 Europe/Berlin")],
)
def test_they_are_kept_in_one_form(text, kept):
    assert str(QuietHours.parse(text)) == kept
    assert str(QuietHours.parse(kept)) == kept


@pytest.mark.parametrize(
    "text", ["", "8-17", "24:00-07:00", "08:00-08:00", "08:00-17:00 Nowhere/City", "08:00-17:61"]
)
def test_what_names_no_hours_is_refused(text):
    with pytest.raises(NotQuietHours):
        QuietHours.parse(text)
