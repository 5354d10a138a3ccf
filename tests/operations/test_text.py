from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from shared.dates import iso_instant
from shared.operations.describe.text import (
    amount,
    cells,
    count,
    duration,
    fit,
    for_spreadsheet,
    from_spreadsheet,
    grouped,
    plain,
)

ESCAPE = "\x1b[31mred\x1b[0m"


def test_control_characters_are_shown_and_not_obeyed():
    assert plain(ESCAPE) == "␛[31mred␛[0m"
    assert plain("bell\x07 delete\x7f") == "bell␇ delete␡"


def test_c1_controls_and_direction_overrides_are_replaced():
    assert plain("a\x9bb\u202ec\u2066d") == "a\ufffdb\ufffdc\ufffdd"


def test_line_breaks_of_any_kind_become_blanks():
    assert plain("one\ntwo\r\nthree\tfour\u2028five\x85six") == "one two  three four five six"


def test_letters_with_accents_stay():
    assert plain("Zoë & Søren — “Ω”") == "Zoë & Søren — “Ω”"


def test_text_that_fits_is_padded_to_its_side():
    assert fit("ab", 4) == "ab  "
    assert fit("ab", 4, right=True) == "  ab"


def test_text_that_does_not_fit_ends_in_an_ellipsis():
    assert fit("Larkspur Tile", 8) == "Larkspu…"


def test_wide_characters_count_as_two_cells():
    assert cells("株式会社") == 8
    assert fit("株式会社", 5) == "株式…"
    assert cells(fit("株式会社", 6)) == 6


def test_combining_marks_take_no_cell():
    assert cells("e\u0301") == 1


def test_amounts_have_two_decimals_and_no_grouping_for_scripts():
    assert amount(Decimal("1234.5")) == "1234.50"
    assert amount(Decimal("-0.1")) == "-0.10"


def test_amounts_are_grouped_for_people():
    assert grouped(Decimal("-1234567.8")) == "-1,234,567.80"


def test_instants_are_utc_to_the_second_with_a_z():
    winter = timezone(timedelta(hours=-5))
    assert iso_instant(datetime(2026, 1, 5, 9, 2, 11, 999, winter)) == "2026-01-05T14:02:11Z"
    assert iso_instant(None) is None


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0 s"), (59, "59 s"), (125, "2 min 5 s"), (3860, "1 h 4 min")]
)
def test_durations_are_told_in_their_two_largest_units(seconds, told):
    start = datetime(2026, 1, 5, tzinfo=UTC)
    assert duration(start, start + timedelta(seconds=seconds)) == told


def test_one_is_singular():
    assert [count(n, "invoice") for n in (0, 1, 2000)] == [
        "0 invoices",
        "1 invoice",
        "2,000 invoices",
    ]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("-1042", "'-1042"),
        ("＝1+1", "'＝1+1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠A1", "'＠A1"),
        ("−1", "'−1"),
        ("a;=1+1", "a;'=1+1"),
        ('a; "=1+1"', 'a;\' "=1+1"'),
        ("a\t@b\n=c", "a\t'@b\n'=c"),
        ("  =1+1", "'  =1+1"),
        ("\xa0\u3000=1+1", "'\xa0\u3000=1+1"),
        ("\tx", "'\tx"),
        ("\r\nx", "'\r\nx"),
        ('"=1+1', "'\"=1+1"),
        ("'=1+1", "''=1+1"),
    ],
)
def test_a_sign_that_could_begin_a_formula_gets_an_apostrophe_that_is_taken_off(text, cell):
    assert for_spreadsheet(text) == cell
    assert from_spreadsheet(cell) == text


@pytest.mark.parametrize("text", ["Larkspur; Tile = Stone", "a-b", "'til May", "; x", "1;2", ""])
def test_other_cells_stay_as_they_are(text):
    assert for_spreadsheet(text) == text
    assert from_spreadsheet(text) == text
