"""A clock that is set while a write is held neither ends the doubt window nor stretches it."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from shared.rules.payments.values import PaymentStatus
from shared.rules.values import ApplicationKind
from tests.whole.payments.builders import (
    open_set,
    payment,
    posted_once,
    receive,
    settles,
    standing,
    writes,
)
from tests.whole.rig import Rig

HELD = (PaymentStatus.UNKNOWN, "payment-held")
DAY = timedelta(days=1)
HALF, REST = {"seconds": 450}, {"seconds": 452}


@pytest.fixture
def held(rig: Rig) -> Rig:
    """A write that QuickBooks neither answered nor did, half of whose doubt window is over."""
    receive(rig, payment())
    rig.company.fail_next("0x8004041C", "ReceivePaymentAddRq", late=True)
    assert standing(settles(rig)) == HELD
    rig.later(**HALF)
    return rig


def settles_at_once(rig: Rig) -> Rig:
    assert rig.sync(kind=ApplicationKind.PAYMENT).ok
    return rig


def beats(rig: Rig) -> None:
    """What the daemon does every quarter of a minute."""
    with rig.store.transaction():
        rig.watch.look()


def is_sent_again_after_the_rest_of_the_window_only(rig: Rig) -> None:
    assert standing(settles_at_once(rig)) == HELD
    rig.later(**REST)
    posted_once(settles_at_once(rig))
    assert len(writes(rig)) == 2


@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
@pytest.mark.parametrize("by", [DAY, -DAY], ids=["ahead", "back"])
def test_the_window_is_as_long_as_it_was(held, by, restarted):
    held.clock_is_set(by)
    if restarted:
        held.restart()
    is_sent_again_after_the_rest_of_the_window_only(held)


def test_a_clock_that_is_wrong_for_a_while_changes_nothing(held):
    held.clock_is_set(DAY)
    assert standing(settles_at_once(held)) == HELD
    held.clock_is_set(-DAY)
    is_sent_again_after_the_rest_of_the_window_only(held)


def test_the_time_while_no_daemon_ran_counts_where_the_machine_did(held):
    held.later(**REST)
    held.clock_is_set(-DAY)
    held.restart()
    posted_once(settles_at_once(held))


@pytest.mark.parametrize("by", [DAY, -DAY, timedelta()], ids=["ahead", "back", "right"])
def test_after_a_start_of_the_machine_a_window_is_not_over_sooner(held, by):
    beats(held)
    held.boot = "second"
    held.clock_is_set(by)
    held.later(hours=8)
    held.restart()
    is_sent_again_after_the_rest_of_the_window_only(held)


def test_a_look_that_was_not_written_is_made_again(held):
    held.clock_is_set(DAY)
    with suppress(ZeroDivisionError), held.store.transaction():
        held.watch.now()
        1 / 0  # noqa: B018 - the transaction ends as a call that crashes does
    is_sent_again_after_the_rest_of_the_window_only(held)


def test_of_several_daemons_one_moves_the_window(held):
    sent = open_set(held).last_sent_at
    held.clock_is_set(DAY)
    for _ in range(3):
        held.restart()
        beats(held)
    assert open_set(held).last_sent_at == sent + DAY
