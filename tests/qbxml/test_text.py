from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.qbxml import text
from shared.qbxml.requests import InvoiceQuery, RequestRefused
from shared.qbxml.text import (
    LONGEST_NUMBER,
    BadAmount,
    BadDate,
    BadFlag,
    BadId,
    BadTime,
    clean,
    decode,
    holds,
    one_line,
    read_amount,
    read_cents,
    read_date,
    read_day,
    read_flag,
    read_id,
    wall_clock,
    write_amount,
)
from shared.qbxml.writer import write_message_set

repeatable = settings(derandomize=True, database=None, deadline=None)


@pytest.mark.parametrize("written", ["8-1718192021", " 80000001-1 ", "A" * 36, "", " "])
def test_an_id_is_letters_digits_and_dashes(written):
    assert read_id(written) == written.strip()


@pytest.mark.parametrize("written", ["\u202e", "1" * 37, "2024-06-12T09:46:40", "1 2", "é", "1\n2"])
def test_a_text_that_quickbooks_would_refuse_as_an_id_is_none(written):
    with pytest.raises(BadId):
        read_id(written)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1234.50", "1234.50"),
        ("-55.00", "-55.00"),
        ("+7.01", "7.01"),
        ("100", "100.00"),
        (" 12.00 ", "12.00"),
        ("-0.00", "0.00"),
        ("9999999999999.99", "9999999999999.99"),
    ],
)
def test_an_amount_has_two_places_and_no_negative_zero(written, amount):
    assert str(read_amount(written)) == amount
    assert read_cents(written) == Decimal(amount) * 100


def test_an_empty_amount_is_not_zero():
    assert read_amount("") is None
    assert read_amount("  ") is None
    assert read_cents("") is None
    assert read_cents("  ") is None


@pytest.mark.parametrize(
    "written",
    ["1.5", "1.234", "1,000.00", "$5.00", "1e3", "NaN", "10000000000000.00", "٣.٠٠", "1 0", ".50"],
)
@pytest.mark.parametrize("read", [read_amount, read_cents])
def test_what_is_no_amount_is_refused_with_its_text(read, written):
    with pytest.raises(BadAmount) as refused:
        read(written)
    assert refused.value.text == written
    assert "1234.50" in str(refused.value)


@repeatable
@given(st.integers(-999_999_999_999_999, 999_999_999_999_999))
def test_an_amount_survives_writing_and_reading(hundredths):
    amount = Decimal(hundredths) / 100
    assert read_amount(write_amount(amount)) == amount
    assert read_cents(write_amount(amount)) == hundredths


@pytest.mark.parametrize("amount", ["1.234", "Infinity", "NaN", "10000000000000.00", "1E+14"])
def test_an_amount_that_would_need_rounding_or_room_is_not_written(amount):
    with pytest.raises(BadAmount):
        write_amount(Decimal(amount))


def test_negative_zero_is_written_as_zero():
    assert write_amount(Decimal("-0.00")) == "0.00"


@pytest.mark.parametrize(
    ("written", "clock"),
    [
        ("2024-06-12T09:46:40-05:00", "2024-06-12T09:46:40"),
        ("2024-06-12T09:46:40+01:00", "2024-06-12T09:46:40"),
        ("2024-06-12T09:46:40", "2024-06-12T09:46:40"),
        ("2024-06-12T09:46:40Z", "2024-06-12T09:46:40"),
        ("2024-06-12T09:46:40.250-05:00", "2024-06-12T09:46:40"),
        ("2024-6-2T9:6:4-5:00", "2024-06-02T09:06:04"),
        ("2024-06-12T09:46", "2024-06-12T09:46:00"),
        ("2024-06-12T09", "2024-06-12T09:00:00"),
        ("2024-06-12", "2024-06-12T00:00:00"),
        (" 2024-06-12T09:46:40-05:00\n", "2024-06-12T09:46:40"),
        ("", ""),
    ],
)
def test_a_time_is_its_wall_clock_without_offset(written, clock):
    assert wall_clock(written) == clock


@pytest.mark.parametrize(
    "written", ["yesterday", "2024-02-30T00:00:00", "2024-06-12T25:00:00", "2024-06", "20240612"]
)
def test_a_time_that_never_was_is_refused(written):
    with pytest.raises(BadTime):
        wall_clock(written)


def test_a_date_is_a_day_of_the_calendar():
    assert read_date("2024-02-29") == date(2024, 2, 29)
    assert read_date("") is None
    for wrong in ("2023-02-29", "20240229", "2024-W09-4", "02/29/2024", "2024-2-9"):
        with pytest.raises(BadDate):
            read_date(wrong)
        with pytest.raises(BadDate):
            read_day(wrong)


def test_a_day_is_the_text_of_a_date():
    assert read_day("2024-02-29") == read_day(" 2024-02-29\n") == "2024-02-29"
    assert read_day("") is None
    assert read_day(" " * len("2024-02-29")) is None


def test_flags_come_in_any_case_and_as_digits():
    assert [read_flag(each) for each in ("true", "FALSE", "1", "0", "True ", "")] == [
        True,
        False,
        True,
        False,
        True,
        None,
    ]
    with pytest.raises(BadFlag):
        read_flag("yes")


def test_c1_codes_mean_windows_1252():
    assert decode("SuperGrip\x99 \x93so\x94 \x80 5 caf\xe9") == "SuperGrip™ “so” € 5 café"


def test_c1_codes_that_windows_1252_leaves_open_never_reach_a_terminal():
    assert decode("a\x9db\x81") == "a\ufffdb\ufffd"


@pytest.mark.parametrize(
    ("given_text", "cleaned", "lost"),
    [
        ("Café “Zoë” – 5 €™", "Café “Zoë” – 5 €™", ()),
        ("Cafe\u0301", "Café", ()),
        ("Łódź, Dvořák", "Lódz, Dvorák", ("Ł", "ź", "ř")),
        ("a\x00b\x07c\x7f", "abc", ("\x00", "\x07", "\x7f")),
        ("two\nlines\tand a tab", "two\nlines\tand a tab", ()),
        ("日本 Ltd", "?? Ltd", ("日", "本")),
        ("fine 👍🏽", "fine ??", ("👍", "🏽")),
        ("non\u2011breaking\u202fspace", "non-breaking space", ("\u2011", "\u202f")),
        ("\ufb01rst ①", "first 1", ("\ufb01", "①")),
        ("trade\x99", "trade™", ()),
        ("\ud800", "?", ("\ud800",)),
    ],
)
def test_free_text_is_fitted_to_what_quickbooks_stores_and_the_loss_is_told(
    given_text, cleaned, lost
):
    result = clean(given_text)
    assert (result.text, result.lost) == (cleaned, lost)


@repeatable
@given(st.text())
def test_cleaned_text_can_always_be_stored_and_cleans_to_itself(any_text):
    cleaned = clean(any_text).text
    assert clean(cleaned) == text.Cleaned(cleaned, ())
    cleaned.encode("cp1252")


def test_a_shown_value_is_short_printable_ascii():
    assert text.shown("é\x1b[31m" + "x" * 99) == "'\\xe9\\x1b[31m" + "x" * 31 + "...'"


@repeatable
@given(st.text(st.characters(max_codepoint=0x2200), max_size=13))
@example("10\n42")
@example("10\x8142")
@example("10\ufffd42")
@example("")
def test_what_quickbooks_can_hold_is_what_may_be_asked_for(number):
    try:
        write_message_set([InvoiceQuery("1", ref_numbers=(number,))])
    except RequestRefused:
        assert not holds(number, LONGEST_NUMBER)
    else:
        assert holds(number, LONGEST_NUMBER)


def test_free_text_on_one_line_has_no_doubled_blanks_nor_foreign_letters():
    assert one_line(" for the\n lobby,\t\u0141\u00f3d\u017a\u200b ") == "for the lobby, L\u00f3dz"
