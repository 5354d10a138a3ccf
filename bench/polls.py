"""Many Web Connectors that poll by the clock, whatever the daemon's pace: an open loop.

    python -m bench.polls POLLS.json

Each of the users polls once in every ``period`` seconds, at a moment of its own, over a network
connection of its own, at the daemons in turn. What waits is not taken back from the load: the next
poll comes when its time has come. With ``workers`` in place of a period so many poll one after the
other, as fast as they are answered. Prints what it saw as JSON, a line for every ``each`` calls.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any

from bench.page import percentile
from bench.replay import Client


class Polls:
    """The users, and what their polls came to."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._ports = told["ports"]
        self._talk = told["talk"]
        self._users = told["users"]
        self._most_calls = told["calls"]
        self._each = told["each"]
        self._turn = count()
        self._milliseconds: list[float] = []
        self._late: list[float] = []
        self._lost = self._calls = self._polls = self._told = 0
        self._began = time.perf_counter()

    @property
    def is_over(self) -> bool:
        """Whether so many calls were made as were asked for."""
        return self._calls >= self._most_calls

    async def poll(self, user: str) -> None:
        """One poll over a connection of its own; whatever goes wrong is a loss."""
        port = self._ports[next(self._turn) % len(self._ports)]
        talk = [[operation, body.replace("@USER@", user)] for operation, body in self._talk]
        client = Client(port, talk)
        try:
            await client.connect()
            await client.play()
            client.hang_up()
        except (OSError, EOFError, asyncio.IncompleteReadError):
            self._lost += 1
        self._lost += client.failed
        self._polls += 1
        self._calls += len(client.milliseconds)
        self._milliseconds += client.milliseconds
        if self._calls // self._each > self._told:
            self._tell()

    def _tell(self) -> None:
        self._told = self._calls // self._each
        waits = self._milliseconds
        told = {
            "calls": self._calls,
            "polls": self._polls,
            "seconds": time.perf_counter() - self._began,
            "p50": percentile(waits, 0.5),
            "p99": percentile(waits, 0.99),
            "longest": max(waits),
            "late": max(self._late, default=0.0),
            "lost": self._lost,
        }
        print(json.dumps(told), flush=True)

    async def by_the_clock(self, user: str, first: float, period: float) -> None:
        """Poll at a moment of every period."""
        for number in count():
            due = self._began + first + number * period
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if self.is_over:
                return
            self._late.append(1000 * (time.perf_counter() - due))
            await self.poll(user)

    async def at_once(self) -> None:
        """Poll for one user after the other."""
        while not self.is_over:
            await self.poll(self._users[next(self._turn) % len(self._users)])

    async def run(self, period: float, workers: int) -> None:
        """Everybody, until it is over."""
        gap = period / len(self._users)
        users = enumerate(self._users)
        await asyncio.gather(
            *(self.by_the_clock(user, number * gap, period) for number, user in users if period),
            *(self.at_once() for _ in range(workers)),
        )


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text())
    asyncio.run(Polls(given).run(given["period"], given["workers"]))
