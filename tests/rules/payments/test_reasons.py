"""Reasons to wait and reasons to refuse: the state, the sentence and the remedy say the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.hints import all_hints, hint
from shared.rules.payments import reasons
from tests.shared.said import said_by_calls

BY_ITSELF = (
    "by itself",
    "by themselves",
    "Payment Sync posts",
    "Payment Sync then posts",
    "posts once",
    "posts it if",
)
WAITING = sorted({*reasons.PASSING, reasons.WAITS_LONG})


def refused() -> set[str]:
    """The reasons for which the program stops a payment, read from its source."""
    judged = {one.code for one in said_by_calls() if one.by in {"of_code", "_stopped"}}
    return judged - reasons.PASSING


@pytest.mark.parametrize("code", WAITING)
def test_what_waits_says_that_it_goes_on_by_itself_in_the_sentence_and_in_the_remedy(code):
    found = hint(code)
    assert found is not None
    assert any(words in found.next for words in BY_ITSELF)
    assert any(words in " ".join(found.remedy) for words in BY_ITSELF)


@pytest.mark.parametrize("code", WAITING)
def test_nobody_is_told_to_retry_what_waits(code):
    found = hint(code)
    assert found is not None
    assert "payments retry" not in " ".join(found.remedy)
    assert "retries" not in found.next


def test_what_is_refused_names_what_a_person_does_and_promises_nothing_by_itself():
    for code in refused():
        found = hint(code)
        assert found is not None, code
        assert not reasons.passes(code), code
        told = " ".join((*found.remedy, found.next))
        acts = ("retry", "retries", "skips", "map", "allow")
        assert any(word in told for word in acts), code
        assert not any(words in told for words in BY_ITSELF), code


def test_what_quickbooks_puts_off_passes_by_itself():
    assert reasons.PUT_OFF < reasons.PASSING


def test_every_reason_has_a_hint():
    assert len(refused()) > 15
    assert {*WAITING, *refused()} <= {one.code for one in all_hints()}


def test_pauses_grow_and_stay_shorter_than_a_usual_auto_run():
    pauses = [reasons.pause(attempts) for attempts in range(1, 40)]
    assert pauses == sorted(pauses)
    assert pauses[0] >= timedelta(seconds=1)
    assert len(set(pauses)) > 4
    assert pauses[-1] < timedelta(minutes=5)


def test_a_pause_goes_on_until_its_end_unless_the_clock_was_set_back():
    now = datetime(2025, 6, 30, 12, tzinfo=UTC)
    end = now + reasons.pause(40)
    assert reasons.is_paused(end, now)
    assert not reasons.is_paused(end, end)
    assert not reasons.is_paused(end, now - timedelta(days=1))
    assert not reasons.is_paused(None, now)
