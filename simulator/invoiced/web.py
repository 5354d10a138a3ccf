"""The service over HTTP."""

from __future__ import annotations

from typing import Any

from twisted.python.failure import Failure
from twisted.web import server
from twisted.web.resource import Resource

from simulator.invoiced.service import Answer, ConnectionCut, Request, Service, plain_headers


def make_site(service: Service) -> server.Site:
    """What listens on a port."""
    return server.Site(ApiResource(service))


class ApiResource(Resource):
    """All paths; the service knows them."""

    isLeaf = True  # noqa: N815

    def __init__(self, service: Service) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._service = service

    def render(self, request: Any) -> int:
        answered = self._service.receive(_read(request))
        request.notifyFinish().addErrback(lambda _: answered.cancel())
        answered.addCallbacks(_write, _cut, (request,), errbackArgs=(request,))
        return server.NOT_DONE_YET


def _read(request: Any) -> Request:
    headers = plain_headers(request.requestHeaders)
    method, target = request.method.decode(), request.uri.decode("latin-1")
    base = f"http://{headers.get('host', '127.0.0.1')}"
    return Request(method, target, headers, request.content.read(), base)


def _write(answer: Answer, request: Any) -> None:
    _begin(answer, request)
    request.write(answer.body)
    request.finish()


def _begin(answer: Answer, request: Any) -> None:
    request.setResponseCode(answer.status)
    for name, value in answer.headers.items():
        request.setHeader(name, value)
    if answer.status != 204:
        request.setHeader("Content-Length", str(len(answer.body)))


def _cut(failure: Failure, request: Any) -> None:
    """Hang up as the fault says; a client that hung up itself is gone already."""
    if failure.check(ConnectionCut) is None:
        return
    cut: Any = failure.value
    if cut.half:
        _begin(cut.half, request)
        request.write(cut.half.body[: len(cut.half.body) // 2])
        request.transport.loseConnection()
    else:
        request.transport.abortConnection()
