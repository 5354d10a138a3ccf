from __future__ import annotations

import pytest

from shared.qbxml.status_table import (
    MESSAGE_SET_STATUSES,
    RANGES,
    STATUSES,
    Actor,
    Effect,
    Severity,
)
from shared.qbxml.statuses import is_success, is_transient, lost_iterator, meaning_of

LOCKED = (
    "There was an error when saving a Invoice.  QuickBooks error message: "
    "The list has been modified by another user. "
)


@pytest.mark.parametrize("code", [0, 1, 500, 501, 510, 530, 531, 550, 560, 570, 7, 742])
def test_nothing_found_and_warnings_are_success(code):
    assert is_success(code)
    assert meaning_of(code).effect is Effect.DONE


@pytest.mark.parametrize("code", [600, 1000, 3000, 3120, 3200, 3391, 9001, 9150, -1])
def test_errors_are_no_success(code):
    assert not is_success(code)


def test_an_empty_answer_is_no_error():
    assert meaning_of(1).severity is Severity.INFO
    assert meaning_of(1).actor is Actor.NOBODY
    assert meaning_of(500).severity is Severity.WARNING


@pytest.mark.parametrize("code", [1010, 3162, 3175, 3176, 3177])
def test_some_refusals_pass_by_themselves(code):
    assert is_transient(code)
    assert is_transient(code, "whatever it says")


def test_the_others_do_not_pass_by_themselves():
    lasting = set(STATUSES) - {1010, 3162, 3175, 3176, 3177}
    assert [code for code in lasting if is_transient(code)] == []
    assert not is_transient(4711)


@pytest.mark.parametrize("code", [3170, 3180, 3185, 3210])
@pytest.mark.parametrize(
    "words",
    [
        LOCKED,
        "The record could not be locked.  It is in use by another user.",
        "QuickBooks FAILED TO ACQUIRE\nTHE LOCK for the record",
        "The specified list element is in use.",
    ],
)
def test_a_collective_code_passes_when_quickbooks_speaks_of_a_lock(code, words):
    meaning = meaning_of(code, words)
    assert meaning.transient
    assert meaning.effect is Effect.NOT_DONE
    assert "close open windows" in meaning.remedy


@pytest.mark.parametrize("code", [3170, 3180, 3185, 3210])
@pytest.mark.parametrize(
    "words",
    [
        "",
        "You cannot pay more than the amount due.",
        "The customer is over the credit limit.",
        "The account number is in use.",
        "The name of the customer is already in use.",
        "A transaction with this reference number is in use by another bill.",
    ],
)
def test_a_collective_code_lasts_when_quickbooks_says_otherwise(code, words):
    assert not is_transient(code, words)


def test_lock_words_do_not_change_other_codes():
    assert not is_transient(3120, LOCKED)


def test_a_lost_iterator_is_known_by_code_or_words():
    assert lost_iterator(3391)
    assert lost_iterator(3120, "The IteratorID {ABC} is not valid.")
    assert not lost_iterator(3120, "Object not found.")
    assert not lost_iterator(0, "iterator done")


def test_a_save_that_failed_is_looked_up_before_it_is_sent_again():
    assert meaning_of(3180).effect is Effect.UNKNOWN
    assert meaning_of(1000).effect is Effect.UNKNOWN


@pytest.mark.parametrize("code", [600, 9002, 9005])
def test_an_answer_that_was_not_kept_leaves_the_outcome_unknown(code):
    assert meaning_of(code).effect is Effect.UNKNOWN


def test_message_sets_have_their_own_codes():
    assert set(MESSAGE_SET_STATUSES) >= {600, 9001, 9002, 9004, 9005}
    assert not set(MESSAGE_SET_STATUSES) & set(STATUSES)


def test_an_unknown_code_shows_quickbooks_own_words_unchanged():
    words = "The  frobnicator said: no <thanks>."
    meaning = meaning_of(3777, words)
    assert meaning.meaning == words
    assert meaning.code == 3777
    assert not meaning.transient


@pytest.mark.parametrize(
    ("code", "severity", "effect"),
    [
        (42, Severity.INFO, Effect.DONE),
        (999, Severity.WARNING, Effect.DONE),
        (1999, Severity.ERROR, Effect.UNKNOWN),
        (2999, Severity.ERROR, Effect.NOT_DONE),
        (3099, Severity.ERROR, Effect.NOT_DONE),
        (3333, Severity.ERROR, Effect.NOT_DONE),
        (8000, Severity.ERROR, Effect.UNKNOWN),
        (9199, Severity.ERROR, Effect.NOT_DONE),
        (99999, Severity.ERROR, Effect.UNKNOWN),
        (-7, Severity.ERROR, Effect.UNKNOWN),
    ],
)
def test_an_unknown_code_takes_its_nature_from_its_range(code, severity, effect):
    meaning = meaning_of(code)
    assert (meaning.severity, meaning.effect) == (severity, effect)
    assert meaning.meaning
    assert meaning.remedy


def test_the_ranges_leave_no_gap_below_9200():
    covered = {code for span in RANGES for code in range(span.first, span.last + 1)}
    assert covered == set(range(9200))


def test_severity_and_effect_of_the_rows_agree_with_their_codes():
    for code, row in STATUSES.items():
        assert row.code == code
        assert is_success(code) == (row.effect is Effect.DONE)
        assert (row.severity is Severity.ERROR) == (code >= 1000)


def test_the_careful_reading_is_taken_where_accounts_differ():
    assert meaning_of(570).effect is Effect.DONE
    assert "could not link" in meaning_of(570).meaning
    assert "invoice is already closed" in meaning_of(3120).meaning
    assert "another user" in meaning_of(3170).why


def test_a_row_speaks_in_sentences_that_fit_a_status_line():
    for row in [*STATUSES.values(), *MESSAGE_SET_STATUSES.values()]:
        assert row.meaning.endswith(".")
        assert row.remedy.endswith(".")
        assert not row.title.endswith(".")
        assert len(row.meaning) + len(row.remedy) <= 175, row.code
