"""What fails holds up nothing else, and what stands still is told until it goes again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from daemon.connectors.platform import NotNow
from shared.errors import NotPossible
from shared.models import problems
from shared.models.platforms import copies, records
from shared.operations import connectors as operations
from shared.operations import problems as decisions
from shared.operations.deciding import Operator, carry_out
from shared.rules.connectors import SendState
from shared.rules.outlets import Refused
from shared.rules.values import Problem, ProblemState
from tests.daemon.connectors.rig import World
from tests.daemon.connectors.test_seam import Told
from tests.models.builders import invoice

AN_HOUR = 3600


@pytest.fixture
def world(store_url: str) -> Iterator[World]:
    made = World(store_url, Told())
    made.quickbooks_has(invoice("1A-100"), invoice("1A-101"))
    made.connects()
    yield made
    made.close()


def opened(world: World) -> list[Problem]:
    with world.store.reading():
        return problems.list_problems(world.id, [ProblemState.OPEN])


def told(world: World) -> list[tuple[str, str]]:
    return [(one.code, one.object_id) for one in opened(world)]


def decides(world: World, plan: Any, *args: Any, **named: Any) -> None:
    with world.store.reading():
        made = plan(world.store, *args, **named)
    carry_out(Operator(world.store, "olga"), made)


def fails_for(monkeypatch: Any, owner: Any, name: str, object_id: str) -> list[str]:
    """Have a mistake of ours in a function, as long as the record is in the list."""
    failing = [object_id]
    working = getattr(owner, name)

    def broken(*args: Any, **how: Any) -> Any:
        if any(one in repr(args) for one in failing):
            raise ZeroDivisionError
        return working(*args, **how)

    monkeypatch.setattr(owner, name, broken)
    return failing


@pytest.mark.parametrize(
    ("owner", "name"), [(copies.Side, "next_of"), (records, "put"), (Told, "prepare")]
)
def test_a_mistake_of_ours_with_one_record_lets_the_others_go_and_is_told_when_it_lasts(
    world, monkeypatch, logged_failures, owner, name
):
    failing = fails_for(monkeypatch, owner, name, "1A-100")
    world.runs()
    world.goes_on(10)
    assert world.states()["invoice/1A-101"] is SendState.SENT
    assert told(world) == [], "it may pass"
    world.goes_on(AN_HOUR, by=30)
    assert told(world) == [("platform-waits-long", "invoice/1A-100")]
    failing.clear()
    world.goes_on(2 * AN_HOUR, by=30)
    assert world.states()["invoice/1A-100"] is SendState.SENT
    assert told(world) == []
    assert {one.type for one in logged_failures} == {ZeroDivisionError}
    logged_failures.clear()


def test_what_may_have_arrived_is_not_skipped_before_that_is_known(world, logged_failures):
    world.platform.answers["invoice/1A-100"] = [RuntimeError("cut")] * 20
    world.runs()
    world.goes_on(AN_HOUR, by=30)
    (problem,) = opened(world)
    with pytest.raises(NotPossible):
        decides(world, decisions.plan_skip, [problem.id], "by hand")
    world.platform.answers.clear()
    decides(world, decisions.plan_retry, [problem.id])
    world.goes_on(10)
    assert told(world) == []
    assert len({key for name, key in world.platform.sent if name == "invoice/1A-100"}) == 1
    logged_failures.clear()


def test_a_platform_that_stays_away_is_told_until_it_is_back(world):
    world.platform.answers["customer/80-1"] = [NotNow("connection refused", whole=True)] * 10
    world.runs()
    world.goes_on(120, by=5)
    assert told(world) == []
    world.goes_on(AN_HOUR, by=30)
    assert told(world) == [("platform-stopped", "toy")]
    world.platform.answers.clear()
    decides(world, decisions.plan_retry, [opened(world)[0].id])
    world.goes_on(AN_HOUR, by=30)
    assert told(world) == []
    assert set(world.states().values()) == {SendState.SENT}


def test_a_key_that_is_refused_is_told_at_once(world):
    with_key = world.platform.company
    world.platform.company = lambda: Refused("Unauthorized")
    world.runs()
    world.goes_on(5)
    assert told(world) == [("platform-stopped", "toy")]
    world.platform.company = with_key
    world.goes_on(400, by=20)
    assert told(world) == []


def test_a_worker_that_fails_as_a_whole_waits_longer_each_time_and_is_told(
    world, monkeypatch, logged_failures
):
    failing = fails_for(monkeypatch, copies, "Side", "Larkspur")
    world.runs()
    world.goes_on(AN_HOUR, by=30)
    assert told(world) == [("platform-stopped", "toy")]
    assert len(logged_failures) < 15
    failing.clear()
    world.goes_on(2 * AN_HOUR, by=30)
    assert set(world.states().values()) == {SendState.SENT}
    assert told(world) == []
    logged_failures.clear()


def test_disconnected_nothing_of_it_waits_for_a_person_any_more(world):
    world.platform.answers["invoice/1A-100"] = [Refused("too long")]
    world.runs()
    world.goes_on(10)
    assert [code for code, _ in told(world)] == ["platform-refused"]
    decides(world, operations.plan_disconnect, "Larkspur")
    assert told(world) == []
