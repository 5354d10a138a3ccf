from __future__ import annotations

import pytest

from shared.rules.payments import numbers
from shared.rules.payments.names import folded

SAME = ["INV-5305", "inv-5305", "  INV-5305 ", "INV-5305", "ＩＮＶ-5305"]
CLOSE = ["511", "#511", "00511", "511.0", "511.00", "5-11", "# 0511", "5 11"]


@pytest.mark.parametrize("number", SAME)
def test_case_and_blanks_make_no_other_number(number):
    assert folded(number) == folded("INV-5305")
    assert folded("a  b") == folded(" A B")


@pytest.mark.parametrize("number", CLOSE)
def test_what_a_spreadsheet_or_a_person_adds_is_close_and_another_number(number):
    assert numbers.key(number) == "511"
    assert number == "511" or folded(number) != folded("511")


@pytest.mark.parametrize("number", ["5110", "511.5", "INV-511", "1511", "5.11"])
def test_digits_and_letters_that_differ_are_not_close(number):
    assert numbers.key(number) != "511"


@pytest.mark.parametrize("number", [*SAME, *CLOSE, "#", "-", "0", "000", "0.0", "Ⅻ", "١٢"])
def test_numbers_that_are_the_same_are_close(number):
    assert numbers.key(number)
    assert numbers.key(number) == numbers.key(f" {number} ") == numbers.key(number.lower())


def test_no_number_is_close_to_nothing_but_none():
    assert numbers.key("  ") == numbers.key("") == ""
