"""Days and times for people: written in one way, chosen once, and read in both."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from shared import dates
from shared.dates import DateFormat
from shared.operations.days import days_meant
from shared.settings import load_settings

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 28, 17, 36, 9, tzinfo=UTC)
US, ISO = DateFormat.US, DateFormat.ISO
FOR_PROGRAMS = {
    "console/tui/screens/backups.py": "the name of a file",
    "shared/dates.py": "the one place",
    "shared/models/restoring.py": "the name of a file",
    "shared/models/store.py": "the name of a file",
    "shared/rules/quiet_hours.py": "what is typed for a setting, and kept",
}
"""The modules that may format a time themselves, with what it is."""


@contextmanager
def using(wanted: DateFormat) -> Iterator[None]:
    """Have days and times written so meanwhile."""
    dates.use(wanted)
    try:
        yield
    finally:
        dates.use(US)


@pytest.fixture(autouse=True)
def utc(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("wanted", "day", "clock", "moment", "second"),
    [
        (US, "11/28/2026", "5:36 PM", "11/28/2026 5:36 PM", "5:36:09 PM"),
        (ISO, "2026-11-28", "17:36", "2026-11-28 17:36", "17:36:09"),
    ],
)
def test_they_are_written_as_was_chosen(wanted, day, clock, moment, second):
    with using(wanted):
        assert (dates.day(AT.date()), dates.time_of(AT), dates.moment(AT)) == (day, clock, moment)
        assert dates.time_to_second(AT) == second
        assert dates.moment_to_second(AT) == f"{day} {second}"
        assert dates.moment_in_utc(AT) == f"{moment} UTC"
        assert dates.time_in_utc(AT) == f"{clock} UTC"
    assert (dates.day(None), dates.moment(None, "never")) == ("", "never")


@pytest.mark.parametrize(
    ("hour", "told"), [(0, "12:05 AM"), (1, "1:05 AM"), (12, "12:05 PM"), (23, "11:05 PM")]
)
def test_american_hours_begin_with_twelve(hour, told):
    with using(US):
        assert dates.time_of(AT.replace(hour=hour, minute=5)) == told


@pytest.mark.parametrize(
    ("now", "american", "iso"),
    [
        (AT, "5:36 PM", "17:36"),
        (AT.replace(day=29), "11/28 5:36 PM", "11-28 17:36"),
        (AT.replace(year=2027), "11/28/2026", "2026-11-28"),
    ],
)
def test_in_short_today_and_this_year_go_without_saying(now, american, iso):
    with using(US):
        assert dates.short(AT, now) == american
    with using(ISO):
        assert dates.short(AT, now) == iso
    assert dates.short(None, now) == "never"


@pytest.mark.parametrize("wanted", DateFormat)
@pytest.mark.parametrize("one", [date(2026, 1, 5), date(2026, 11, 28), date(2028, 2, 29)])
def test_what_is_written_is_read_again_whatever_was_chosen(wanted, one):
    with using(wanted):
        written = dates.day(one)
    for chosen in DateFormat:
        with using(chosen):
            assert dates.read_day(f" {written} ") == one


@pytest.mark.parametrize(
    "typed", ["", "28/11/2026", "2/30/2026", "2026-02-30", "11/28/26", "2026-1-5", "20261128", "x"]
)
def test_what_is_no_day_is_refused(typed):
    with pytest.raises(ValueError):  # noqa: PT011 - whoever asks says what is wrong
        dates.read_day(typed)


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("11/28/2026", date(2026, 11, 28), date(2026, 11, 28)),
        ("1/1/2026..1/31/2026", date(2026, 1, 1), date(2026, 1, 31)),
        ("2026-01-01..1/31/2026", date(2026, 1, 1), date(2026, 1, 31)),
        ("..2026-01-31", None, date(2026, 1, 31)),
    ],
)
def test_a_span_of_days_is_typed_in_either_way(typed, first, last):
    assert days_meant(typed, date(2026, 11, 28)) == (first, last)


def test_programs_get_the_standard_whatever_was_chosen():
    with using(US):
        assert dates.iso_day(AT.date()) == "2026-11-28"
        assert dates.iso_instant(AT) == "2026-11-28T17:36:09Z"


def test_american_is_what_nobody_has_to_choose():
    assert load_settings(None, {}).date_format == "us"


def formatted(tree: ast.AST) -> Iterator[int]:
    """The lines that format a time: ``strftime``, or a format such as ``%H:%M`` in an f-string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "strftime":
            yield node.lineno
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            spec = "".join(
                part.value for part in ast.walk(node.format_spec) if isinstance(part, ast.Constant)
            )
            if any(sign in spec for sign in ("%Y", "%m", "%d", "%H", "%M", "%S")):
                yield node.lineno


def test_nobody_else_formats_a_time():
    found = set()
    for package in ("shared", "console", "daemon"):
        for path in (ROOT / package).rglob("*.py"):
            if list(formatted(ast.parse(path.read_text("utf-8")))):
                found.add(str(path.relative_to(ROOT)))
    assert found == set(FOR_PROGRAMS)


def test_people_are_shown_no_day_of_the_standard_by_accident():
    """``isoformat`` is for programs; so is a day put into a text as it is."""
    for package in ("console", "shared/operations/describe", "shared/health"):
        for path in (ROOT / package).rglob("*.py"):
            assert ".isoformat(" not in path.read_text("utf-8"), path
