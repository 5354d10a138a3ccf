"""The addresses of monitoring: /healthz, /readyz and /metrics, for GET and HEAD alone.

No password: they tell counts, states and the names of connections, no document and no amount. So
the setting ``admin_listen`` keeps them on this machine unless somebody says otherwise.
"""

# mypy: disallow-untyped-calls=False
# (Twisted's web server has no annotations to check our calls against.)

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import define
from twisted.internet import defer
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.web import http
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from daemon.admin.figures import StoreFigures
from daemon.admin.metrics import CONTENT_TYPE, Metrics
from daemon.edge.body_gate import DiscardedBody
from daemon.edge.http import TEXT, Clock, EdgeSite, send
from daemon.edge.limits import EdgeLimits
from daemon.failures import tell
from daemon.store_thread import Threads
from shared.errors import StoreError

STORE_SECONDS = 5.0
"""A store that does not answer within this time is not healthy."""
Answer = tuple[int, bytes, bytes]


@define(eq=False, repr=False)
class Admin(Resource):
    """What is answered at each address.

    ``is_serving`` tells whether the Web Connector is answered at all addresses. ``trouble`` is what
    is wrong with a store that answers, such as that the last sign of life could not be written;
    empty: nothing.
    """

    isLeaf = True
    log = Logger()

    _reactor: Any
    _threads: Threads
    _metrics: Metrics
    _figures: StoreFigures
    _is_serving: Callable[[], bool]
    _trouble: Callable[[], str]

    def __attrs_post_init__(self) -> None:
        super().__init__()

    def render(self, request: Any) -> Any:
        answers: dict[bytes, Callable[[], Awaitable[Answer]]] = {
            b"/healthz": self._health,
            b"/readyz": self._readiness,
            b"/metrics": self._everything,
        }
        answer = answers.get(request.path)
        if answer is None:
            return send(request, http.NOT_FOUND, b"There is nothing at this address.\n", TEXT)
        if request.method not in (b"GET", b"HEAD"):
            request.setHeader(b"Allow", b"GET, HEAD")
            return send(request, http.NOT_ALLOWED, b"This method is of no use here.\n", TEXT)
        told = "A question of monitoring could not be answered"
        answered = Deferred.fromCoroutine(self._answer(request, answer))
        answered.addErrback(lambda failure: tell(self.log, told, failure))
        return NOT_DONE_YET

    async def _answer(self, request: Any, answer: Callable[[], Awaitable[Answer]]) -> None:
        gone: list[Any] = []
        request.notifyFinish().addErrback(gone.append)
        status, content_type, body = await answer()
        if not gone:
            send(request, status, body, content_type)

    async def _health(self) -> Answer:
        """Whether the store's own thread does what it is asked for.

        Where nothing is to be written a full disk is no trouble, so the last sign of life counts.
        """
        asked = self._threads.store(lambda: None)
        try:
            await asked.addTimeout(STORE_SECONDS, self._reactor)
        except defer.TimeoutError:
            return _not_now(f"The store did not answer within {STORE_SECONDS:g} seconds.")
        except StoreError as error:
            return _not_now(error.sentence)
        if trouble := self._trouble():
            return _not_now(trouble)
        return http.OK, TEXT, b"ok\n"

    async def _readiness(self) -> Answer:
        """Whether calls should be sent here: no more once the daemon stops."""
        if not self._is_serving():
            return _not_now("The daemon does not take calls: it is starting or stopping.")
        return await self._health()

    async def _everything(self) -> Answer:
        store = await self._figures.text()
        return http.OK, CONTENT_TYPE, self._metrics.text() + store


def _not_now(sentence: str) -> Answer:
    return http.SERVICE_UNAVAILABLE, TEXT, f"{sentence}\n".encode()


class AdminSite(EdgeSite):
    """The listening side: who asks every few seconds leaves no line in the log."""

    def log(self, request: Any) -> None:
        """Leave none."""


def make_admin_site(admin: Admin, limits: EdgeLimits, reactor: Clock) -> EdgeSite:
    """The listening side of monitoring, with the same limits and deadlines as the edge's."""
    return AdminSite(admin, limits, lambda _head: DiscardedBody(limits.body_limit_bytes), reactor)
