"""The status tells how what comes in goes: asked when, taken in, kept out, read again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.operations.contracts.connectors import STANDING
from shared.operations.platform_standing import Standing, view_standing
from tests.daemon.connectors.invoiced.receiving import A_POLL, Received
from tests.models.builders import on_both_engines

pytest_generate_tests = on_both_engines


@pytest.fixture
def world(store_url: str) -> Iterator[Received]:
    made = Received(store_url)
    yield made
    made.close()


def status(world: Received) -> Standing:
    with world.store.reading():
        return view_standing(world.store, "Larkspur")


def test_what_came_in_is_counted_by_where_it_stands(world):
    world.begins()
    world.pays("100")
    pending = world.pays("101", by="bank")
    world.polls()
    now = status(world)
    assert (now.taken_in, now.to_post, now.to_decide, now.posted) == (2, 1, 0, 0)
    assert [one.their_id for one in now.watched] == [pending]
    assert (world.store.now() - now.received_at).total_seconds() <= A_POLL


def test_what_was_kept_out_is_named(world):
    world.begins()
    bad = world.pays("100")
    world.shows(bad, currency="dollars")
    world.polls()
    told = STANDING.of(status(world))
    assert [one["code"] for one in told["kept_out"]] == ["arrival-refused"]
    assert [one["their_id"] for one in told["watched"]] == [bad]
    assert told["taken_in"] == 0


def test_since_when_nothing_comes_in_is_told_and_over_when_it_does(world):
    world.begins()
    world.polls()
    before = status(world).received_at
    world.client.refused.append("/payments")
    world.polls(3)
    failing = status(world)
    assert failing.received_at == before < failing.not_receiving_since
    assert failing.not_receiving_because
    world.client.refused.clear()
    world.polls()
    assert status(world).not_receiving_since is None
