"""A fake Invoiced in a process of its own that counts what it is asked.

    python -m bench.invoiced_server

Says on which port it serves. Then each line that it reads is answered by a line of JSON: ``pay`` has
a card pay each open invoice, ``count`` tells what came since the last time.
"""

from __future__ import annotations

import json
import sys
import time
from threading import Thread
from typing import Any

from twisted.internet.defer import Deferred

from simulator.invoiced import acts
from simulator.invoiced.account import Account, Profile
from simulator.invoiced.service import Answer, Request, Service
from simulator.invoiced.web import make_site

KEY = "b" * 32
LATENCY_SECONDS = 0.02
_TOO_MANY = 429


class Counting(Service):
    """A service that counts requests, those that were too many, and how many ran at one time."""

    asked = too_many = now = most_at_once = 0

    def receive(self, request: Request) -> Deferred[Answer]:
        """Answer a request and count it."""
        self.asked += 1
        self.now += 1
        self.most_at_once = max(self.most_at_once, self.now)
        answered: Deferred[Answer] = super().receive(request)
        return answered.addBoth(self._count)

    def _count(self, answer: Any) -> Any:
        self.now -= 1
        self.too_many += isinstance(answer, Answer) and answer.status == _TOO_MANY
        return answer


def main() -> None:
    """Serve until there is nothing more to read."""
    from twisted.internet import reactor as the_reactor

    reactor: Any = the_reactor
    account = Account(Profile(KEY), time.time)
    service = Counting(account, reactor, latency=LATENCY_SECONDS)
    port = reactor.listenTCP(0, make_site(service), interface="127.0.0.1")

    def obey(word: str) -> None:
        if word == "pay":
            for one in account.all("invoices"):
                with account.change():
                    acts.pay(account, [one])
        told = {
            "asked": service.asked,
            "too_many": service.too_many,
            "most_at_once": service.most_at_once,
        }
        service.asked = 0
        print(json.dumps(told), flush=True)

    def listen() -> None:
        for line in sys.stdin:
            reactor.callFromThread(obey, line.strip())
        reactor.callFromThread(reactor.stop)

    print(port.getHost().port, flush=True)
    Thread(target=listen, daemon=True).start()
    reactor.run()


if __name__ == "__main__":
    main()
