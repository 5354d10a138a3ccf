"""An alarm that no remedy clears does not exist: each problem closes by its remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from twisted.python.failure import Failure

from shared.hints import Kind, all_hints, hint
from shared.hints.catalog import default_fields
from shared.rules.payments import reasons
from tests.shared import said
from tests.whole import remedies_of_payments, remedies_of_syncs
from tests.whole.office import STORIES, Office, open_office
from tests.whole.rig import Rig

TOLD_BY = (remedies_of_payments, remedies_of_syncs)
NOT_ON_FILE = frozenset(
    {
        # Told to the Web Connector alone, or in the log: nobody has a connection to file them for,
        # or the next call simply goes on.
        *("unknown-user", "session-busy", "nothing-to-do", "session-unknown", "out-of-turn"),
        *("webconnector-too-old", "sync-stopped", "store-unavailable"),
        # What somebody set is as it should be.
        *("connection-paused", "quiet-hours", "time-budget"),
        # Said where a command or the daemon ends.
        *("settings-refused", "qwc-refused"),
        # What a person left out, and doubt, which the next Payment Sync settles.
        *("skipped", "payment-unknown", "payment-held", "payment-doubt-unreadable"),
        # What lists tell of a payment that waits for that.
        "payment-behind-doubt",
        # An alert of a company, which ends with its payments: tests/daemon/test_each_alert.py.
        "payment-ready-long",
        # Its remedy is followed beside a receiver: tests/daemon/test_webhooks.py.
        "delivery-parked",
        # And theirs beside the fake: tests/daemon/connectors/invoiced/ and test_stopping.py there.
        *("platform-refused", "platform-ambiguous", "platform-differs", "platform-waits-long"),
        *("platform-stopped", "platform-not-received", "arrival-refused", "arrival-failed"),
    }
)


def problem_codes() -> set[str]:
    """The codes of our own that can become problems, by what the program says."""
    told = [(one.code, one.by) for one in said.said_by_calls()]
    never = {code for code, by in told if by == "_not_eligible"}
    never -= {code for code, by in told if by == "stopped"}
    never |= reasons.PASSING - {"payment-invoice-near", "payment-not-permitted"}
    never |= {one.code for one in all_hints() if one.group == "left out"}
    ours = {one.code for one in all_hints() if one.kind is Kind.DESKBRIDGE}
    return ours - never - NOT_ON_FILE


@pytest.fixture
def office(
    books: Rig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    logged_failures: list[Failure],
) -> Iterator[Office]:
    made = open_office(books, tmp_path, monkeypatch, logged_failures)
    yield made
    made.shell.close()


def test_each_code_of_a_problem_has_a_story_of_its_remedy():
    assert sorted(problem_codes() - {code for code, _ in STORIES}) == []


def test_nothing_is_taken_for_a_problem_that_is_none():
    assert {one.code for one in all_hints()} >= NOT_ON_FILE
    assert not NOT_ON_FILE & {code for code, _ in STORIES}


@pytest.mark.parametrize(
    ("code", "story"), STORIES, ids=[f"{code}: {story.__name__}" for code, story in STORIES]
)
def test_a_problem_closes_when_its_remedy_is_followed(office, code, story):
    steps = story(office)
    next(steps)
    problem = office.problem(code)
    tells_its_facts(problem)
    office.ran.clear()
    next(steps, None)
    assert code not in [one["code"] for one in office.problems()]
    told = " ".join(hint(code).remedy)
    assert [one for one in office.ran if f"deskbridge {one}" not in told] == []


def tells_its_facts(problem: dict[str, str]) -> None:
    """No word that only stands in for a fact is in the message."""
    entry = hint(problem["code"])
    for name in entry.fields:
        before, _, after = entry.short.partition(f"{{{name}}}")
        near = re.escape(before[-12:].split("}")[-1]) + re.escape(default_fields()[name])
        told = re.search(near + re.escape(after[:6].split("{")[0]), problem["message"])
        assert not told or (entry.code, name) in said.NOT_TOLD, problem["message"]
