"""A payment that does not come in has a problem, keeps nothing else out, and is read again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from shared.errors import NotFound
from shared.models import events
from shared.operations import connectors as operations
from shared.operations import platform_intake
from shared.operations import problems as decisions
from shared.rules.events import EventKind
from shared.rules.payments.values import PaymentStatus
from shared.rules.values import ProblemState
from simulator.invoiced import acts
from tests.daemon.connectors.invoiced.receiving import A_POLL, Received
from tests.models.builders import both_engines

NEXT_CENTURY, WHAT_NEVER_ENDS = 4_000_000_000, 10**15


@pytest.fixture
def world(store_url: str) -> Iterator[Received]:
    made = Received(store_url)
    yield made
    made.close()


def with_a_bad_payment(world: Received, **values: Any) -> str:
    """A payment that cannot come in as it is, and one that can."""
    world.begins()
    bad = world.pays("100")
    world.shows(bad, **(values or {"date": NEXT_CENTURY}))
    good = world.pays("101")
    world.polls()
    assert world.on_file(good).status is PaymentStatus.READY
    assert world.on_file(bad) is None
    return bad


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"date": NEXT_CENTURY}, "arrival-refused"),
        ({"currency": "dollars"}, "arrival-refused"),
        ({"date": WHAT_NEVER_ENDS}, "arrival-failed"),
        ({"applied_to": [{"type": "invoice"}]}, "arrival-failed"),
    ],
)
def test_a_payment_that_cannot_come_in_has_a_problem_and_an_event_and_others_come(
    world, values, code
):
    bad = with_a_bad_payment(world, **values)
    assert world.told() == [(code, f"Invoiced payment {bad}")]
    happened = events.after(world.store, 0, connections=[world.id], limit=100).events
    assert [one.code for one in happened if one.kind is EventKind.PROBLEM_OPENED] == [code]


def test_corrected_there_it_comes_in_and_the_problem_is_closed(world):
    bad = with_a_bad_payment(world)
    world.shows(bad)
    world.polls()
    assert world.on_file(bad).status is PaymentStatus.READY
    assert (world.told(), world.watched()) == ([], [])


def test_a_correction_that_no_list_shows_is_noticed_all_the_same(world):
    bad = with_a_bad_payment(world)
    world.shows(bad, touch=False)
    world.polls(3)
    assert world.on_file(bad).status is PaymentStatus.READY
    assert world.told() == []


def test_a_payment_that_stays_wrong_is_asked_for_less_and_less_often(world):
    bad = with_a_bad_payment(world)

    def reads_of_an_hour() -> int:
        before = len(world.client.payments_read)
        world.goes_on(3600, by=30)
        return world.client.payments_read[before:].count(bad)

    assert reads_of_an_hour() > 20
    assert reads_of_an_hour() <= 7
    assert len(world.told()) == 1


@pytest.mark.parametrize("act", [acts.void_payment, acts.delete_payment])
def test_taken_back_there_it_is_no_problem_any_more(world, act):
    bad = with_a_bad_payment(world)
    world.on_invoiced(act, world.the(bad))
    world.polls(6)
    assert (world.told(), world.watched(), world.on_file(bad)) == ([], [], None)


def test_a_skipped_payment_never_comes_in_until_it_is_unskipped(world):
    """A person may have recorded it by hand: it must not come on top of that."""
    bad = with_a_bad_payment(world)
    (problem,) = world.opened()
    world.decides(decisions.plan_skip, [problem.id], "recorded by hand")
    world.shows(bad)
    world.polls()
    assert (world.on_file(bad), world.told(), world.watched()) == (None, [], [])
    world.decides(decisions.plan_unskip, [problem.id])
    world.polls()
    assert world.on_file(bad).status is PaymentStatus.READY


def test_an_acknowledged_one_is_quiet_and_still_comes_in_once_it_is_correct(world):
    bad = with_a_bad_payment(world)
    (problem,) = world.opened()
    world.decides(decisions.plan_acknowledge, [problem.id], "we know")
    world.polls()
    assert world.told() == []
    world.shows(bad, currency="nothing")
    world.polls()
    assert len(world.told()) == 1, "something else is wrong with it now"
    world.shows(bad)
    world.polls()
    assert world.on_file(bad) is not None
    with world.store.reading():
        assert decisions.view(world.store, problem.id).state is ProblemState.RESOLVED


def test_a_retry_reads_it_at_once(world):
    bad = with_a_bad_payment(world)
    world.goes_on(3 * 3600, by=30)
    world.shows(bad, touch=False)
    world.decides(decisions.plan_retry, [world.opened()[0].id])
    world.polls()
    assert world.on_file(bad) is not None


def fails_for(monkeypatch: pytest.MonkeyPatch, their_id: str) -> list[str]:
    """Have a mistake of ours in what is done for this payment, as long as it is in the list."""
    failing = [their_id]
    wanted = platform_intake._wanted

    def broken(account: Any, one: Any, *args: Any, **how: Any) -> Any:
        if one.their_id in failing:
            raise ZeroDivisionError
        return wanted(account, one, *args, **how)

    monkeypatch.setattr(platform_intake, "_wanted", broken)
    return failing


def test_a_mistake_of_ours_keeps_one_payment_out_until_it_is_mended(
    world, monkeypatch, logged_failures
):
    world.begins()
    bad, good = world.pays("100"), world.pays("101")
    failing = fails_for(monkeypatch, bad)
    world.polls()
    assert world.told() == [("arrival-failed", f"Invoiced payment {bad}")]
    assert world.on_file(good).status is PaymentStatus.READY
    failing.clear()
    world.polls(3)
    assert world.on_file(bad).status is PaymentStatus.READY
    assert world.told() == []
    assert {one.type for one in logged_failures} == {ZeroDivisionError}
    logged_failures.clear()


def test_an_event_that_cannot_be_read_holds_up_no_other_and_is_asked_for_again(world):
    world.begins()
    first, second = world.pays("100"), world.pays("101")
    world.polls()
    account = world.fake.account
    world.on_invoiced(acts.refund, world.the(first))
    (event,) = [one for one in account.all("events") if one["type"] == "refund.created"]
    with account.change():
        account.put("events", {**event, "data": {}})
    world.on_invoiced(acts.refund, world.the(second))
    world.polls(6)
    assert world.on_file(second).refunded == 250
    assert world.arrivals_told() == [("arrival-failed", f"Invoiced event {event['id']}")]
    with account.change():
        account.put("events", event)
    world.polls(3)
    assert world.on_file(first).refunded == 250
    assert world.arrivals_told() == []


@both_engines
def test_disconnected_and_connected_again_it_is_still_told_and_watched(world):
    bad = with_a_bad_payment(world)
    world.decides(operations.plan_disconnect, "Larkspur")
    assert len(world.told()) == 1
    with pytest.raises(NotFound):
        world.decides(decisions.plan_retry, [world.opened()[0].id])
    world.connects(platform="invoiced", identity=world.fake_identity())
    world.runs("two")
    world.shows(bad, touch=False)
    world.goes_on(A_POLL * 15, by=5)
    assert world.on_file(bad) is not None
    assert world.told() == []


def test_payments_that_cannot_be_read_at_all_are_told_when_that_lasts(world):
    world.begins()
    world.client.refused.append("/payments")
    world.polls(10)
    assert world.told() == []
    world.polls(15)
    assert world.told() == [("platform-not-received", "Invoiced")]
    world.client.refused.clear()
    made = world.pays("100")
    world.polls()
    assert world.told() == []
    assert world.on_file(made) is not None
