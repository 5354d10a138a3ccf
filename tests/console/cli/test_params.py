from __future__ import annotations

import pytest

from console.cli.context import operator
from console.cli.errors import WrongUsage
from console.cli.params import numbers_given


@pytest.mark.parametrize("word", ["", "x", "-1", "1.5", "٣", "9" * 19, "1,2"])
def test_a_word_that_is_no_number_is_wrong_usage(word):
    with pytest.raises(WrongUsage, match="not the number of a problem"):
        numbers_given([word], "problem")


def test_numbers_count_once_and_may_carry_a_hash():
    assert numbers_given(["3", "#1", "3"], "sync") == [3, 1]


def test_a_user_is_named_by_the_system_and_not_by_the_environment():
    assert operator(0, "") == "root"


def test_the_caller_of_sudo_is_named_too():
    assert operator(0, "ada") == "root (sudo by ada)"
    assert operator(0, "root") == "root"


def test_a_user_without_a_name_has_a_number():
    assert operator(987654, "") == "user 987654"


def test_standard_input_without_numbers_is_nothing_to_do(shell):
    for words in (("retry",), ("skip", "--because", "paid"), ("unskip",)):
        assert "nothing to do" in shell.refuses(3, "problems", *words, "-", given="")


@pytest.mark.parametrize(
    "words", [("add", "--", "-dash"), ("add", "--", " -dash"), ("edit", "--rename=-dash")]
)
def test_a_name_that_looks_like_an_option_is_refused(shell, words):
    shell.says("connection", "add", "Larkspur")
    said = " ".join(shell.refuses(2, "connection", *words).split())
    assert '-dash" begins with "-"' in said
    assert [held["name"] for held in shell.json("connection", "list")] == ["Larkspur"]
