"""Several daemons, and a database server that goes away: the books prove what became of it."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from shared.models import outlets
from shared.models.store import open_store
from shared.rules.values import ApplicationKind
from simulator.company import Company, acts
from simulator.webconnector import Boundary, Outcome, Result
from tests.postgres import Server, private_server
from tests.rehearsal.stage import Fall, Stage
from tests.whole.payments.builders import WINDOW, payment, pays, posted_once, receive, till
from tests.whole.rig import Rig

FOUR = ("pay_1", "pay_2", "pay_3", "pay_4")


def owing(rig: Rig) -> Rig:
    """Three open invoices, imported; four payments of them are ready."""
    acts.add_customer(rig.company.books, "Larkspur Tile")
    acts.add_customer(rig.company.books, "Lobby", parent="Larkspur Tile")
    rig.add_connection()
    till(rig)
    receive(
        rig,
        payment("pay_1"),
        payment("pay_2", pays={"1042": "30.00", "1043": "20.00"}),
        payment("pay_3", pays={"1044": "80.00"}),
        payment("pay_4", pays={"1043": "10.00"}),
    )
    return rig


def both_syncs(rig: Rig, **options: Any) -> list[Outcome]:
    """Payment Sync, then Invoice Sync, each some minutes after what was before."""
    paid = pays(rig, **options)
    rig.later(minutes=5)
    return [paid, rig.sync(kind=ApplicationKind.INVOICE, **options)]


def proven(rig: Rig, **options: Any) -> None:
    """After the trouble both syncs go well, and each payment is in the books once."""
    rig.later(**WINDOW)
    for outcome in (*both_syncs(rig, **options), *both_syncs(rig, **options)):
        assert outcome.ok, outcome.status
    posted_once(rig, *FOUR)
    assert rig.is_equal()


# Two daemons.


class Pair:
    """Two daemons on one store; each call goes to either, and each may be killed at any commit."""

    def __init__(self, url: str, seed: int) -> None:
        self.rnd = Random(seed)
        self.first = Stage(url, Company.create(seed=1, customers=0, invoices=0))
        self.second = Stage(url, self.first.company)
        self.calls: list[Stage] = []
        self.killed = 0

    def carry(self, url: str, headers: Any, body: Any) -> Any:
        stage = self.rnd.choice((self.first, self.second))
        stage.now = self.first.now = self.second.now = max(self.first.now, self.second.now)
        self.calls.append(stage)
        before = len(stage.trace)
        try:
            return stage.transport(url, headers, body)
        finally:
            self.first.now = max(self.first.now, self.second.now)
            self.killed += "the daemon was killed and started again" in stage.trace[before:]

    def one_falls(self) -> None:
        stage = self.rnd.choice((self.first, self.second))
        stage.falls = [Fall(self.rnd.randint(1, 12), self.rnd.random() < 0.5)]

    def close(self) -> None:
        self.first.close()
        self.second.close()


@pytest.mark.parametrize("seed", range(4))
def test_calls_go_to_either_of_two_daemons_and_one_is_killed_now_and_then(empty_postgres_url, seed):
    pair = Pair(empty_postgres_url, seed)
    try:
        owing(pair.first)
        for _ in range(4):
            pair.one_falls()
            both_syncs(pair.first, transport=pair.carry)
            pair.first.later(**WINDOW)
        pair.first.falls, pair.second.falls = [], []
        proven(pair.first, transport=pair.carry)
        assert pair.killed > 0
        assert {id(stage) for stage in pair.calls} == {id(pair.first), id(pair.second)}
    finally:
        pair.close()


def test_one_outlet_worker_at_a_time(empty_postgres_url):
    """Two daemons claim the same outlet as fast as they can; never do both hold it."""
    inside: list[str] = []
    overlaps: list[list[str]] = []
    turns = {"one": 0, "two": 0}
    with open_store(empty_postgres_url) as store:
        with store.transaction():
            outlets.open_outlet("hook", 0)

        def deliver(holder: str) -> None:
            ends_at = time.monotonic() + 0.5
            while time.monotonic() < ends_at:
                with store.transaction():
                    held = outlets.claim("hook", holder, store.now())
                if held is None:
                    continue
                inside.append(holder)
                overlaps.append(list(inside)) if len(inside) > 1 else None
                turns[holder] += 1
                inside.remove(holder)
                with store.transaction():
                    outlets.let_go("hook", holder)

        daemons = [threading.Thread(target=deliver, args=(name,)) for name in turns]
        for one in daemons:
            one.start()
        for one in daemons:
            one.join()
    assert overlaps == []
    assert all(turns.values())


# A server that goes away.


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A server of these tests' own: they stop it. What it says is committed stays so."""
    with private_server("-c fsync=off -c synchronous_commit=on -c max_connections=60") as server:
        yield server


_numbers = itertools.count()


@pytest.fixture
def open_on(own_server: Server) -> Iterator[Callable[..., Rig]]:
    """Make rigs, each on a database of its own."""
    made: list[Rig] = []

    def open_one(url: str = "") -> Rig:
        name = f"several_{next(_numbers)}"
        own_server.run(f"CREATE DATABASE {name}")
        url = url.format(name) or own_server.url(name)
        made.append(Rig(url, Company.create(seed=1, customers=0, invoices=0)))
        return owing(made[-1])

    yield open_one
    for rig in made:
        rig.close()


def at(points: set[int], act: Callable[[], None]) -> Callable[[Boundary], None]:
    """Act at some of the points between two calls, counted from 1."""
    counted = itertools.count(1)

    def reached(_boundary: Boundary) -> None:
        if next(counted) in points:
            act()

    return reached


def test_a_restart_of_the_server_between_two_calls_is_not_noticed(own_server, open_on):
    rig = open_on()
    outcomes = both_syncs(rig, on_boundary=at({7, 20, 33}, own_server.restart))
    assert [outcome.ok for outcome in outcomes] == [True, True]
    proven(rig)


@pytest.mark.parametrize("unit", [2, 9, 17])
def test_a_restart_within_a_unit_of_work_undoes_it_and_the_next_sync_goes_on(
    own_server, open_on, unit
):
    rig = open_on()
    counted = itertools.count(1)
    run = rig.store.transaction

    def transaction() -> Any:
        if next(counted) != unit:
            return run()
        return Torn(run(), own_server.restart)

    rig.store.transaction = transaction
    both_syncs(rig)
    assert next(counted) > unit
    proven(rig)


class Torn:
    """A unit of work at whose end, before its commit, something happens."""

    def __init__(self, unit: Any, happens: Callable[[], None]) -> None:
        self._unit = unit
        self._happens = happens

    def __enter__(self) -> None:
        self._unit.__enter__()

    def __exit__(self, *raised: Any) -> Any:
        self._happens()
        return self._unit.__exit__(*raised)


@pytest.mark.parametrize("point", [2, 24])
def test_a_minute_without_a_database_keeps_syncs_waiting_and_then_all_goes_on(
    own_server, open_on, point
):
    rig = open_on()
    connector, row = rig.web_connector(
        kind=ApplicationKind.PAYMENT, on_boundary=at({point}, own_server.stop)
    )
    rig.later(minutes=5)
    outcomes = [connector.update(row)]
    for _ in range(3):
        rig.later(seconds=20)
        outcomes.append(connector.update(row))
    own_server.start()
    assert not outcomes[0].ok
    assert [outcome.result for outcome in outcomes[1:]] == [Result.BUSY] * 3
    proven(rig)


def test_a_failover_to_a_streaming_replica_loses_and_repeats_nothing(own_server, open_on):
    """The primary dies in the middle of a Payment Sync; the replica takes its place."""
    with own_server.replica() as replica:
        url = f"postgresql://postgres@/{{}}?host={own_server.folder},{replica.folder}"
        rig = open_on(f"{url}&target_session_attrs=read-write")

        def fail_over() -> None:
            own_server.stop()
            replica.promote()

        outcomes = both_syncs(rig, on_boundary=at({20}, fail_over))
        assert [outcome.ok for outcome in outcomes] == [True, True]
        proven(rig)
        rig.store.close()
    own_server.start()
    for name in ("synchronous_standby_names", "synchronous_commit"):
        own_server.run(f"ALTER SYSTEM RESET {name}")
    own_server.run("SELECT pg_reload_conf()")
