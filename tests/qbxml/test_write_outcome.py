"""What a status proves about a write: never more than is certain."""

import pytest

from shared.qbxml.statuses import (
    MESSAGE_SET_STATUSES,
    STATUSES,
    Effect,
    WriteOutcome,
    write_outcome,
)

SAVING = "There was an error when saving a ReceivePayment."
REASON = f"{SAVING}  QuickBooks error message: The customer is over the credit limit. "
LOCKED = f"{SAVING} It could not be locked."


@pytest.mark.parametrize("code", [0, 530, 531, 550, 560, 570])
def test_a_warning_comes_after_the_payment_was_saved(code):
    assert write_outcome(code) is WriteOutcome.SAVED


@pytest.mark.parametrize("code", [1, 7, 500, 501, 510, 540, 742])
def test_what_only_a_query_is_told_proves_nothing(code):
    assert write_outcome(code) is WriteOutcome.UNKNOWN


@pytest.mark.parametrize(
    "code",
    [
        *[1010, 1030, 1060, 2000, 3000, 3040, 3120, 3140, 3150, 3161, 3162, 3170, 3171, 3175],
        *[3176, 3177, 3200, 3210, 3231, 3240, 3250, 3260, 3261, 3270, 3391, 3099, 3333, 9004],
    ],
)
def test_a_refusal_was_not_done(code):
    assert write_outcome(code) is WriteOutcome.NOT_DONE


@pytest.mark.parametrize("code", [600, 9001, 9002, 9003, 9005])
def test_error_recovery_proves_nothing(code):
    assert write_outcome(code) is WriteOutcome.UNKNOWN


@pytest.mark.parametrize("code", [-1, 1000, 1500, 3777, 4711, 8000, 9050, 9150, 12000])
def test_an_internal_error_and_unknown_codes_prove_nothing(code):
    assert write_outcome(code, REASON) is WriteOutcome.UNKNOWN


@pytest.mark.parametrize("words", [REASON, LOCKED])
def test_a_save_that_failed_for_a_reason_was_not_done(words):
    assert write_outcome(3180, words) is WriteOutcome.NOT_DONE


@pytest.mark.parametrize("words", ["", SAVING, f"{SAVING}  QuickBooks error message: "])
def test_a_save_that_failed_without_a_reason_proves_nothing(words):
    assert write_outcome(3180, words) is WriteOutcome.UNKNOWN


def test_a_refused_guid_may_be_a_duplicate_of_the_payment_itself():
    assert write_outcome(3065) is WriteOutcome.UNKNOWN


def test_every_known_code_that_is_not_certain_is_unknown():
    uncertain = {code for code, row in STATUSES.items() if row.effect is Effect.UNKNOWN}
    uncertain |= set(MESSAGE_SET_STATUSES) - {9004}
    assert {write_outcome(code) for code in uncertain} == {WriteOutcome.UNKNOWN}
