"""Seeds 100 to 199, and rehearsals of a daemon that does not keep its rule."""

from __future__ import annotations

from decimal import Decimal

import pytest

from daemon.stages.payments import outcomes, protocol
from shared.models.platforms import copies
from tests.rehearsal.play import play
from tests.rehearsal.stage import Violation


@pytest.mark.parametrize("seed", range(100, 200))
def test_every_payment_is_in_quickbooks_exactly_once_or_a_person_is_told(seed, folder):
    play(seed, folder)


def caught(folder, first: int = 0, **how) -> str:
    """What the first seed of a few that goes wrong says; each before it is played to its end."""
    for seed in range(first, first + 20):
        try:
            play(seed, folder, **how)
        except Violation as wrong:
            return str(wrong).partition("\n")[0]
    return "nothing"


def test_a_request_that_leaves_before_its_intent_is_committed_is_noticed(folder):
    assert "left before its intent was stored" in caught(folder, answers_first=True)


def test_a_copy_that_leaves_while_the_first_may_run_is_noticed(folder, monkeypatch):
    monkeypatch.setattr(protocol, "copies_left", lambda *_set: False)
    assert "left again while its first copy may run" in caught(folder, first=1)


def test_balances_that_are_not_read_again_are_noticed(folder, monkeypatch):
    monkeypatch.setattr(outcomes, "queue_reread", lambda *_posting: None)
    assert "only in QuickBooks" in caught(folder, first=1)


def test_what_was_paid_before_and_is_counted_once_more_is_noticed(folder, monkeypatch):
    monkeypatch.setattr(copies.Side, "_paid_by_others", lambda *_: Decimal(0))
    assert "on Invoiced" in caught(folder, first=10, third=True)
