"""1,000 connections that poll every 15 minutes, 60 times faster: p99 of a call, and memory.

The polls have nothing to do, as nearly all have. They come by the clock (``bench.polls``), over a
connection each, as those of Web Connectors that have been silent for a quarter of an hour; the
figures are of one daemon on SQLite, and of one and of two daemons on PostgreSQL, called in turn.
Memory is that of a daemon on SQLite under as many calls as it can answer, once it is warm: its
caches and bounded tables are full, and each minute's work was done more than once. Nothing is
extrapolated: ``DESKBRIDGE_BENCH_CALLS`` says how many calls; 1,000,000, the goal's, take an hour.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from bench.crowd import PASSWORD, talk_of
from bench.page import Part, at_most
from bench.stage import cpu_seconds, daemon, helper, memory_mib, scratch
from shared import passwords
from shared.clock import utc_now
from shared.models import applications, connections, installation
from shared.models.store import open_store
from shared.rules.values import ApplicationKind
from shared.structs import Value
from tests.postgres import private_server

CONNECTIONS = 1000
PERIOD = 15.0
CALLS = 12_000
CALLS_FOR_MEMORY = int(os.environ.get("DESKBRIDGE_BENCH_CALLS", "100000"))
WARM_CALLS, WARM_SECONDS = 100_000, 150.0
"""A daemon is warm after so many calls, and not before: some work is done once a minute."""
WORKERS = 16


class LoadFigures(Value):
    """What the polls came to. ``cpu_ms`` is that of all daemons, a poll."""

    where: str
    calls: int
    seconds: float
    polls_a_second: float
    p50_ms: float
    p99_ms: float
    longest_ms: float
    late_ms: float
    cpu_ms: float
    lost: int


class MemoryFigures(Value):
    """How the memory of a daemon went on, in MiB: at first, once it was warm, and at the end."""

    warm_calls: int
    calls: int
    seconds: float
    cold: float
    begins: float
    ends: float
    peak: float

    @property
    def grew(self) -> float:
        """What the calls after it was warm added."""
        return self.ends - self.begins


@contextmanager
def crowd(daemons: int, server: Any = None) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """Daemons on a store of 1,000 connections, and what ``bench.polls`` has to be told."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        database = ""
        if server is not None:
            server.run("CREATE DATABASE load")
            stack.callback(server.run, "DROP DATABASE load WITH (FORCE)")
            database = server.url("load")
        running = [stack.enter_context(daemon(folder, database)) for _ in range(daemons)]
        environment = running[0][1]
        url = environment["DESKBRIDGE_PUBLIC_URL"]
        with open_store(environment["DESKBRIDGE_DATABASE"]) as store:
            talk, users = talk_of(store, url, 0, ApplicationKind.PAYMENT), _users(store)
        name = next(one for one in users if any(one in body for _, body in talk))
        talk = [[operation, body.replace(name, "@USER@")] for operation, body in talk]
        ports = [urlsplit(one["DESKBRIDGE_PUBLIC_URL"]).port for _, one in running]
        yield (
            [one for one, _ in running],
            {"folder": folder, "ports": ports, "talk": talk, "users": users},
        )


def _users(store: Any) -> list[str]:
    """Give the store as many connections as there should be; the user names that poll."""
    with store.transaction():
        proof = passwords.proof_of(PASSWORD, installation.secret())
        hashed = passwords.hash_password(PASSWORD)
        for number in range(1, CONNECTIONS):
            connections.add(
                f"Company {number} of many", payments_in=False, payments_out=False, now=utc_now()
            )
        held = [connections.applications(one.id) for one in connections.all()]
        applications.set_password([one.id for both in held for one in both], hashed, proof)
    return [one.username for both in held for one in both if one.kind is ApplicationKind.PAYMENT]


def _played(told: dict[str, Any], **how: Any) -> Iterator[dict[str, Any]]:
    """Play the polls in a process of its own; what it says on the way."""
    path = told["folder"] / "polls.json"
    given = {key: value for key, value in told.items() if key != "folder"}
    path.write_text(json.dumps({**given, "period": 0, "workers": 0, **how}))
    playing = helper("polls", str(path))
    assert playing.stdout is not None
    yield from map(json.loads, playing.stdout)
    if playing.wait():
        raise SystemExit("the polls failed")


def measured(where: str, daemons: int, server: Any = None, calls: int = CALLS) -> LoadFigures:
    """So many calls by the clock; the first period is played before, and not counted."""
    with crowd(daemons, server) as (processes, told):
        list(_played(told, workers=4, calls=CONNECTIONS, each=CONNECTIONS))
        before = sum(cpu_seconds(one.pid) for one in processes)
        [*_, saw] = _played(told, period=PERIOD, calls=calls, each=calls)
        spent = sum(cpu_seconds(one.pid) for one in processes) - before
    return LoadFigures(
        where,
        saw["calls"],
        saw["seconds"],
        saw["polls"] / saw["seconds"],
        saw["p50"],
        saw["p99"],
        saw["longest"],
        saw["late"],
        1000 * spent / saw["polls"],
        saw["lost"],
    )


def memory(calls: int = CALLS_FOR_MEMORY) -> MemoryFigures:
    """Memory of one daemon on SQLite, looked at a hundred times once it is warm."""
    with crowd(1) as ([process], told):

        def mib() -> float:
            return memory_mib(process.pid, "VmRSS")

        cold, warm_calls, warm_until = mib(), 0, time.monotonic() + WARM_SECONDS
        while warm_calls < WARM_CALLS or time.monotonic() < warm_until:
            part_of_it = WARM_CALLS // 5
            [*_, saw] = _played(told, workers=WORKERS, calls=part_of_it, each=part_of_it)
            warm_calls += saw["calls"]
        playing = _played(told, workers=WORKERS, calls=calls, each=max(1, calls // 100))
        looks = [(mib(), saw) for saw in playing]
        peak = memory_mib(process.pid, "VmHWM")
    held, last = [one for one, _ in looks], looks[-1][1]
    tenth = max(1, len(held) // 10)
    begins, ends = median(held[:tenth]), median(held[-tenth:])
    return MemoryFigures(warm_calls, last["calls"], last["seconds"], cold, begins, ends, peak)


def part(_runs: int) -> Part:
    """Three times the clock, and once as fast as it goes."""
    results = [measured("one daemon, SQLite", 1)]
    with private_server("") as server:
        results += [
            measured("one daemon, PostgreSQL", 1, server),
            measured("two daemons, PostgreSQL", 2, server),
        ]
    kept = memory()
    goals = [at_most(f"{one.where}: p99 of a call", one.p99_ms, 250, " ms") for one in results]
    goals += [at_most(f"{one.where}: polls lost", one.lost, 0) for one in results]
    added = f"memory of a warm daemon, added by {kept.calls:,} calls"
    goals.append(at_most(added, max(0.0, kept.grew), 5, " MiB"))
    return Part(
        "1,000 connections every 15 minutes, 60 times faster", goals, as_table(results, kept)
    )


def as_table(results: list[LoadFigures], kept: MemoryFigures) -> str:
    """The figures, for the page."""
    rows = "\n".join(
        f"| {r.where} | {r.polls_a_second:.1f} | {r.calls:,} in {r.seconds:.0f} s "
        f"| {r.p50_ms:.1f} / {r.p99_ms:.1f} / {r.longest_ms:.0f} ms | {r.late_ms:.0f} ms "
        f"| {r.cpu_ms:.2f} ms | {r.lost} |"
        for r in results
    )
    return f"""| 1,000 connections, a poll every {PERIOD:.0f} s each | polls/s | calls | a call, p50 / p99 / longest | a poll begins late by, at most | CPU of the daemons, a poll | lost |
|---|---|---|---|---|---|---|
{rows}

- *Polls*: Payment Syncs without work, each over a network connection of its own, by the clock: a slow answer puts off no other poll.
- *Two daemons* are called in turn, poll by poll; server, daemons and clients share this machine.

| memory of a daemon | at first | warm | at the end | peak | added since it was warm |
|---|---|---|---|---|---|
| {kept.calls:,} calls in {kept.seconds:.0f} s, after {kept.warm_calls:,} | {kept.cold:.1f} MiB | {kept.begins:.1f} MiB | {kept.ends:.1f} MiB | {kept.peak:.1f} MiB | {kept.grew:.1f} MiB |

- *Memory*: resident set, SQLite, {WORKERS} pollers as fast as they are answered. Warm is the median of the first ten of a hundred looks after {WARM_CALLS:,} calls and {WARM_SECONDS:.0f} seconds, the end that of the last ten; `DESKBRIDGE_BENCH_CALLS=1000000` for the goal's whole way."""
