"""The API on the wire: addresses and headers in, JSON out. It only translates."""

# mypy: disallow-untyped-calls=False
# (Twisted's web server has no annotations to check our calls against.)

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web import http
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from daemon.api.answering import Answered, Answering, Request, matches
from daemon.api.openapi import DOCUMENT_PATH, text
from daemon.api.problem_details import problem
from daemon.api.routes import BASE, Answer, Route
from daemon.api.table import ROUTES
from daemon.edge.body_gate import Body, DiscardedBody, Head
from daemon.edge.http import Clock, EdgeRequest, EdgeSite, Meter, uncounted
from daemon.edge.limits import EdgeLimits
from shared.structs import replace

LONGEST_QUERY = 8192
LONGEST_KEY = 255


class CollectedBody(DiscardedBody):
    """The body of a request, as a whole: none is large here."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(limit_bytes)
        self._pieces: list[bytes] = []

    def feed(self, data: bytes) -> None:
        self._pieces.append(data)

    def drop(self) -> None:
        self._pieces.clear()

    @property
    def content(self) -> bytes:
        """All of it."""
        return b"".join(self._pieces)


class ApiResource(Resource):
    """Every address of the API."""

    isLeaf = True
    log = Logger()

    def __init__(self, answering: Answering, reactor: Any, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._answering = answering
        self._reactor = reactor
        self._now = now

    def render(self, request: Any) -> Any:
        """Find the route, answer, and write that unless the program is gone."""
        method = request.method.decode("ascii", "replace")
        path = _path(request)
        request.operation = f"{method} of the API"
        answering = Deferred.fromCoroutine(self._answer(request, method, path))
        request.notifyFinish().addErrback(lambda _gone: answering.cancel())
        answering.addCallback(self._write, request, method)
        answering.addErrback(self._gone)
        return NOT_DONE_YET

    def _gone(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            self.log.failure("An answer of the API could not be written", failure)

    async def _answer(self, request: EdgeRequest, method: str, path: str) -> Answer:
        if path == DOCUMENT_PATH:
            return self._served(request, method)
        found, allowed = _find("GET" if method == "HEAD" else method, path)
        if found is None:
            return _not_allowed(method, allowed) if allowed else _no_such()
        route, places = found
        request.operation = f"{route.name} of the API"
        query = request.uri.partition(b"?")[2]
        if len(query) > LONGEST_QUERY:
            remedy = f"Use at most {LONGEST_QUERY} bytes."
            return problem("bad-parameter", "The part after the ? is too long.", remedy)
        if not _is_good_key(request.requestHeaders.getRawHeaders(b"Idempotency-Key", [])):
            remedy = (
                f"Send one of at most {LONGEST_KEY} letters, digits and symbols, without spaces."
            )
            return problem("bad-parameter", "The Idempotency-Key cannot be read.", remedy)
        asked = _request(request, route, places, query)
        answered = await self._answering.answer(asked, self._reactor)
        answer = await self._slowed(request, answered)
        return _with_headers(answer, request, asked)

    def _served(self, request: EdgeRequest, method: str) -> Answer:
        if method not in ("GET", "HEAD"):
            return _not_allowed(method, ["GET", "HEAD"])
        return _unless_known(request, Answer(200, _document()))

    async def _slowed(self, request: EdgeRequest, answered: Answered) -> Answer:
        """Who guesses at tokens is told to wait; a good token is let in all the same."""
        if answered.answer.status != http.UNAUTHORIZED:
            return answered.answer
        peer = request.client_name
        self.log.warn("A wrong token came from {peer}", peer=peer)
        until = await self._answering.wrong_token(request.site.limits.proxies.source(peer))
        if until is None:
            return answered.answer
        seconds = max(1, round((until - self._now()).total_seconds()))
        told = f"Too many wrong tokens from this address: wait {seconds} seconds."
        slowed = problem("too-many-guesses", told, "Send the token that you were given.")
        return replace(slowed, headers={"Retry-After": str(seconds)})

    def _write(self, answer: Answer, request: Any, method: str) -> None:
        request.setResponseCode(answer.status, HTTPStatus(answer.status).phrase.encode())
        headers = {
            "Content-Type": answer.content_type,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            **answer.headers,
        }
        if answer.status != http.NOT_MODIFIED:
            headers["Content-Length"] = str(len(answer.body))
        for name, value in headers.items():
            request.setHeader(name.encode("ascii"), value.encode("ascii"))
        if answer.status != http.NOT_MODIFIED and method != "HEAD":
            request.write(answer.body)
        request.finish()


def _path(request: EdgeRequest) -> str:
    """The path of the address, also where the client sends all of it, as to a proxy."""
    text = re.sub(r"(?i)^https?://[^/?]*", "", request.uri.decode("ascii", "replace"))
    return text.partition("?")[0]


def _find(method: str, path: str) -> tuple[tuple[Route, Mapping[str, str]] | None, Sequence[str]]:
    """The route with what stands in its places; else the methods that the address takes."""
    if not path.startswith(f"{BASE}/"):
        return None, []
    try:
        parts = [unquote(part, errors="strict") for part in path[len(BASE) + 1 :].split("/")]
    except UnicodeDecodeError:
        return None, []
    allowed = []
    for route in ROUTES:
        places = route.matches(parts)
        if places is None or not all(places.values()):
            continue
        if route.method == method:
            return (route, places), []
        allowed.append(route.method)
    return None, [*allowed, *(["HEAD"] if "GET" in allowed else [])]


@cache
def _document() -> bytes:
    """Made when somebody asks: few daemons ever serve it, and it is as large as ten pages."""
    return text().encode()


def _no_such() -> Answer:
    remedy = f"Use an address of {DOCUMENT_PATH}, with names percent-encoded."
    return problem("not-found", "There is no such address.", remedy)


def _not_allowed(method: str, allowed: Sequence[str]) -> Answer:
    sentence, remedy = f"This address does not support {method[:20]}.", f"Use {', '.join(allowed)}."
    told = problem("method-not-allowed", sentence, remedy)
    return replace(told, headers={"Allow": ", ".join(allowed)})


def _request(
    request: EdgeRequest, route: Route, places: Mapping[str, str], query: bytes
) -> Request:
    said: dict[str, list[str]] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        said.setdefault(name, []).append(value)
    body: Any = request.body
    return Request(
        route,
        places,
        said,
        _bearer(request),
        body.content,
        _header(request, "Content-Type"),
        _header(request, "Idempotency-Key"),
        _header(request, "If-Match"),
        _header(request, "If-None-Match") if route.shows else "",
    )


def _header(request: EdgeRequest, name: str) -> str:
    """The header; one that is sent several times is a list."""
    values = request.requestHeaders.getRawHeaders(name.encode("ascii"), [])
    return b", ".join(values).decode("latin-1").strip()


def _is_good_key(keys: Sequence[bytes]) -> bool:
    """Whether there is none, or one that is kept whole: cut off it might be another's."""
    pattern = rb"[!-~]{1,%d}" % LONGEST_KEY
    return not keys or (len(keys) == 1 and re.fullmatch(pattern, keys[0].strip()) is not None)


def _bearer(request: EdgeRequest) -> str:
    scheme, _, secret = _header(request, "Authorization").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _with_headers(answer: Answer, request: EdgeRequest, asked: Request) -> Answer:
    """A page says where the next one is; what was only read bears its ETag, or is left out."""
    headers = dict(answer.headers)
    if "Link" in headers:
        said = {**asked.said, "after": [headers["Link"]]}
        headers["Link"] = (
            f'<{quote(_path(request), "/%")}?{urlencode(said, doseq=True)}>; rel="next"'
        )
    answer = replace(answer, headers=headers)
    if asked.route.writes or answer.status != http.OK:
        return answer
    return _unless_known(request, answer)


def _unless_known(request: EdgeRequest, answer: Answer) -> Answer:
    """The answer with its ETag; without a body where the client has it already."""
    answer = replace(answer, headers={**answer.headers, "ETag": answer.etag})
    if_none_match = _header(request, "If-None-Match")
    if if_none_match and matches(if_none_match, answer.etag):
        return replace(answer, status=http.NOT_MODIFIED, body=b"")
    return answer


class ApiSite(EdgeSite):
    """The listening side: what is refused before it is a request is a problem, too."""

    def refusal(self, code: int, reason: str) -> tuple[str, bytes]:
        name, remedy = _NO_REQUESTS.get(code, _NO_REQUESTS[http.BAD_REQUEST])
        answer = problem(name, reason, remedy)
        return answer.content_type, answer.body


_NO_REQUESTS = {
    http.BAD_REQUEST: (
        "no-request",
        "Percent-encode the address, keep it and each header short, and send one Content-Length.",
    ),
    http.LENGTH_REQUIRED: ("length-missing", "Send Content-Length."),
    http.REQUEST_ENTITY_TOO_LARGE: ("body-too-large", "Send one record in each request."),
}


def make_api_site(
    answering: Answering,
    limits: EdgeLimits,
    *,
    reactor: Clock,
    now: Callable[[], datetime],
    meter: Meter = uncounted,
) -> EdgeSite:
    """The listening side of the API, with the same limits and deadlines as the edge's."""

    def body_for(_head: Head) -> Body:
        return CollectedBody(limits.body_limit_bytes)

    return ApiSite(ApiResource(answering, reactor, now), limits, body_for, reactor, meter)
