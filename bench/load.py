"""1,000 connections that poll every 15 minutes, 60 times faster: p99 of a call, and memory.

The polls have nothing to do, as nearly all have. They come by the clock (``bench.polls``), over a
connection each, as those of Web Connectors that have been silent for a quarter of an hour; the
figures are of one daemon on SQLite, and of one and of two daemons on PostgreSQL, called in turn.
Memory is that of a daemon on SQLite under as many calls as it can answer, looked at all the way.
``DESKBRIDGE_BENCH_CALLS`` says how many: 1,000,000 is the goal's, and takes an hour.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression
from typing import Any
from urllib.parse import urlsplit

from bench.crowd import PASSWORD, talk_of
from bench.page import Part, at_most
from bench.stage import cpu_seconds, daemon, memory_mib
from shared import passwords
from shared.clock import utc_now
from shared.models import connections, installation
from shared.models.store import open_store
from shared.rules.values import ApplicationKind
from tests.postgres import private_server

CONNECTIONS = 1000
PERIOD = 15.0
CALLS = 12_000
CALLS_FOR_MEMORY = int(os.environ.get("DESKBRIDGE_BENCH_CALLS", "100000"))
MILLION = 1_000_000
WORKERS = 16


@dataclass(frozen=True)
class LoadFigures:
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


@dataclass(frozen=True)
class MemoryFigures:
    """How the memory of a daemon went on, in MiB; ``grows`` is what a million calls would add."""

    calls: int
    seconds: float
    begins: float
    ends: float
    peak: float
    grows: float


@contextmanager
def crowd(daemons: int, server: Any = None) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """Daemons on a store of 1,000 connections, and what ``bench.polls`` has to be told."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="deskbridge-bench-")))
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
        connections.set_password([one.id for both in held for one in both], hashed, proof)
    return [one.username for both in held for one in both if one.kind is ApplicationKind.PAYMENT]


def _played(told: dict[str, Any], **how: Any) -> Iterator[dict[str, Any]]:
    """Play the polls in a process of its own; what it says on the way."""
    path = told["folder"] / "polls.json"
    given = {key: value for key, value in told.items() if key != "folder"}
    path.write_text(json.dumps({**given, "period": 0, "workers": 0, **how}))
    playing = subprocess.Popen(
        [sys.executable, "-m", "bench.polls", str(path)], stdout=subprocess.PIPE
    )
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
    """Memory of one daemon on SQLite, looked at a hundred times on the way."""
    with crowd(1) as ([process], told):
        list(_played(told, workers=WORKERS, calls=5 * CONNECTIONS, each=CONNECTIONS))
        playing = _played(told, workers=WORKERS, calls=calls, each=max(1, calls // 100))
        looks = [
            (saw["calls"], memory_mib(process.pid, "VmRSS"), saw["seconds"]) for saw in playing
        ]
        peak = memory_mib(process.pid, "VmHWM")
    second_half = looks[len(looks) // 2 :]
    line = linear_regression([one[0] for one in second_half], [one[1] for one in second_half])
    last = looks[-1]
    return MemoryFigures(last[0], last[2], looks[0][1], last[1], peak, line.slope * MILLION)


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
    goals.append(at_most("memory, 1,000,000 calls would add", max(0.0, kept.grows), 5, " MiB"))
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
    ran = "" if kept.calls >= MILLION else " (extrapolated from the second half of the run)"
    return f"""| 1,000 connections, a poll every {PERIOD:.0f} s each | polls/s | calls | a call, p50 / p99 / longest | a poll begins late by, at most | CPU of the daemons, a poll | lost |
|---|---|---|---|---|---|---|
{rows}

- *Polls*: Payment Syncs without work, each over a network connection of its own, by the clock: a slow answer puts off no other poll.
- *Two daemons* are called in turn, poll by poll; server, daemons and clients share this machine.

| memory of a daemon | at the start | at the end | peak | 1,000,000 calls would add |
|---|---|---|---|---|
| {kept.calls:,} calls in {kept.seconds:.0f} s | {kept.begins:.1f} MiB | {kept.ends:.1f} MiB | {kept.peak:.1f} MiB | {kept.grows:.1f} MiB{ran} |

- *Memory*: resident set, SQLite, {WORKERS} pollers as fast as they are answered, looked at a hundred times; `DESKBRIDGE_BENCH_CALLS=1000000` for the whole way."""
