"""The model sees what is wrong: each protocol that does not hold is caught."""

from __future__ import annotations

import inspect

import pytest

from tests.payments_model import naive
from tests.payments_model.histories import Lateness, caught
from tests.payments_model.naive import (
    AsksNobody,
    ClearsTheDoubted,
    CountsFromTheFirstSend,
    ErrorsAreRefusals,
    ForgetsThatItRan,
    LooksOnlyBefore,
    NeverGivesUp,
    NeverResend,
    OneCopySpeaksForAll,
    QueryThenFreshId,
    RepeatsTheBytes,
    ResendNotDoubtful,
    ResendUntilAnswered,
    SameIdAndBytes,
    SessionsDoNotCount,
    SkipsTheWindow,
    TakesUnclearForNone,
    UnknownMeansNotRun,
    VouchesForEver,
)
from tests.payments_model.poster import Rules

TWICE, NOT_THERE, BLIND, EDGE, NEVER_SETTLED, LOOPS = "(1)", "(2)", "(7)", "(8)", "(18)", "(19)"

BY_WHAT_COMES_OF_IT = [
    # Protocols that come to mind first.
    (ResendUntilAnswered, TWICE, 20),
    (NeverResend, NOT_THERE, 5),
    (SameIdAndBytes, TWICE, 20),
    (QueryThenFreshId, TWICE, 20),
    (ResendNotDoubtful, TWICE, 500),
    # Ours, with one rule broken.
    (RepeatsTheBytes, TWICE, 20),
    (SkipsTheWindow, TWICE, 20),
    (LooksOnlyBefore, TWICE, 1_000),
    (UnknownMeansNotRun, TWICE, 10),
    (TakesUnclearForNone, TWICE, 100),
    (ErrorsAreRefusals, EDGE, 5),
    (SessionsDoNotCount, NEVER_SETTLED, 5),
    (NeverGivesUp, NEVER_SETTLED, 5),
    (AsksNobody, NEVER_SETTLED, 20),
    (ForgetsThatItRan, LOOPS, 20),
]
BY_HOW_IT_GOES_ABOUT_IT = [
    (SkipsTheWindow, BLIND, 10),
    (LooksOnlyBefore, BLIND, 5),
    (CountsFromTheFirstSend, BLIND, 10),
    (VouchesForEver, BLIND, 500),
]
BY_A_COPY_AT_ANY_TIME = [
    (ClearsTheDoubted, TWICE, 50),
    (OneCopySpeaksForAll, TWICE, 200),
]


@pytest.mark.parametrize(("rules", "invariant", "seeds"), BY_WHAT_COMES_OF_IT)
def test_a_protocol_that_does_not_hold_is_caught_by_what_comes_of_it(rules, invariant, seeds):
    assert caught(range(seeds), invariant, rules=rules(), strict=False)


@pytest.mark.parametrize(("rules", "invariant", "seeds"), BY_HOW_IT_GOES_ABOUT_IT)
def test_a_broken_rule_is_caught_before_anything_comes_of_it(rules, invariant, seeds):
    assert caught(range(seeds), invariant, rules=rules())


@pytest.mark.parametrize(("rules", "invariant", "seeds"), BY_A_COPY_AT_ANY_TIME)
def test_a_broken_rule_is_caught_by_a_copy_that_runs_at_any_time(rules, invariant, seeds):
    any_time = {"lateness": Lateness.ANY_TIME, "kept": "all"}
    assert caught(range(seeds), invariant, rules=rules(), strict=False, **any_time)


def test_looking_before_a_fresh_id_holds_only_as_long_as_nothing_is_late():
    for seeds, lateness in ((1_000, Lateness.NEVER), (100, Lateness.IN_WINDOW)):
        violation = caught(
            range(seeds), TWICE, rules=QueryThenFreshId(), lateness=lateness, strict=False
        )
        assert (violation is None) is (lateness is Lateness.NEVER)


def test_what_is_caught_comes_with_its_seed_and_its_whole_history():
    violation = str(caught(range(20), TWICE, rules=ResendUntilAnswered(), strict=False))
    assert violation.startswith("seed ")
    assert "is in QuickBooks twice" in violation.splitlines()[0]
    assert "Habits(" in violation
    assert violation.count("send-again Copy(") > 1


def test_no_naive_protocol_is_left_out():
    tried = {row[0] for row in (*BY_WHAT_COMES_OF_IT, *BY_HOW_IT_GOES_ABOUT_IT)}
    tried |= {rules for rules, *_ in BY_A_COPY_AT_ANY_TIME}
    written = {
        one
        for name, one in inspect.getmembers(naive, inspect.isclass)
        if issubclass(one, Rules) and one is not Rules and not name.startswith("_")
    }
    assert tried == written
