"""A request and its answer, whatever carries them: keys, limits, idempotency, faults."""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from twisted.internet.defer import Deferred, fail, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http_headers import Headers

from shared.structs import Value, field
from simulator.invoiced.account import Account, Record
from simulator.invoiced.errors import ApiError
from simulator.invoiced.faults import Fault, FaultKind, FaultPlan
from simulator.invoiced.lists import Page, Pages, nested
from simulator.invoiced.money import number
from simulator.invoiced.routes import Call, find_route

MOST_AT_ONCE, FORGOTTEN_SECONDS, MOST_SEEN = 20, 60, 1000
SHORTEST_KEY, LONGEST_KEY, KEY_SECONDS = 6, 64, 86_400
HTML = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
TROUBLE = "There was an error processing your request. Our engineers have been notified."


class Request(Value):
    """What came: ``target`` is path and query, header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base: str = "http://127.0.0.1"

    @property
    def path(self) -> str:
        """The path alone."""
        return self.target.partition("?")[0]


class Answer(Value):
    """What goes back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ConnectionCut(Exception):
    """The connection fails; ``half`` is the answer of which half is sent before, if any."""

    def __init__(self, half: Answer | None = None) -> None:
        super().__init__("the fake Invoiced cut the connection")
        self.half = half


class Service:
    """Answers requests to one account; each answer takes ``latency`` seconds."""

    log = Logger()

    def __init__(
        self, account: Account, reactor: Any, faults: FaultPlan | None = None, latency: float = 0.0
    ) -> None:
        self._account = account
        self._reactor = reactor
        self._latency = latency
        self._pages = Pages()
        self._running: dict[object, float] = {}
        self.faults = faults or FaultPlan()
        self.seen: deque[Request] = deque(maxlen=MOST_SEEN)  # what came, for who wants to look

    def receive(self, request: Request) -> Deferred[Answer]:
        """Answer a request. Fails with ConnectionCut; cancel it when the client hangs up."""
        self.seen.append(request)
        fault = self.faults.strike(request.method, request.path)
        kind = fault.kind if fault else None
        if kind is FaultKind.DROP_BEFORE:
            return fail(ConnectionCut())
        if kind is FaultKind.HTML:
            return succeed(_html(502, "502 Bad Gateway"))
        try:
            self._admit(request, fault)
        except ApiError as refused:
            headers = {"Retry-After": f"{fault.seconds:g}"} if fault and fault.seconds else {}
            return succeed(_answer(refused.status, refused.as_json(), headers))
        if fault and kind is FaultKind.LATE:
            self._reactor.callLater(fault.seconds, self._answer, request, kind)
            return self._waiting()
        return self._deliver(self._answer(request, kind), fault)

    def _deliver(self, answer: Answer, fault: Fault | None) -> Deferred[Answer]:
        """Send an answer, as far as the fault lets it go."""
        kind = fault.kind if fault else None
        if kind in (FaultKind.DROP_AFTER, FaultKind.FORGET):
            return fail(ConnectionCut())
        if kind is FaultKind.CUT:
            return fail(ConnectionCut(answer))
        if kind is FaultKind.HANG:
            return self._waiting()
        if kind is FaultKind.HTML_AFTER:
            answer = _html(504, "504 Gateway Time-out")
        slower = fault.seconds if fault and kind is FaultKind.SLOW else 0.0
        return self._later(answer, self._latency + slower)

    def _admit(self, request: Request, fault: Fault | None) -> None:
        """Who may come in. Raises ApiError 401 or 429; neither is remembered."""
        given = _api_key(request)
        if not given:
            raise ApiError(
                "Missing API key! HINT: You can pass in your API key as the username parameter "
                "using HTTP Basic Auth.",
                status=401,
            )
        if given != self._account.profile.key:
            hidden = f"{given[:3]}{'*' * max(0, len(given) - 6)}{given[-3:]}"
            said = f"We could not authenticate you with the API Key: {hidden}"
            raise ApiError(said, status=401)
        limit = self._reactor.seconds() - FORGOTTEN_SECONDS
        self._running = {one: at for one, at in self._running.items() if at > limit}
        if len(self._running) >= MOST_AT_ONCE or (fault and fault.kind is FaultKind.LIMIT):
            raise ApiError(
                f"Too many concurrent requests! You can only make {MOST_AT_ONCE} concurrent "
                "requests at a time.",
                status=429,
            )

    def _answer(self, request: Request, fault: FaultKind | None) -> Answer:
        """Carry out a request, all or nothing; what is answered is on disk before."""
        key = None
        try:
            key = _idempotency_key(request)
            with self._account.change():
                known = self._remembered(key) if key and fault is not FaultKind.LATE else None
                if known:
                    return known
                _stumble(request, fault)
                answer = self._carried_out(request)
                if key and fault is not FaultKind.FORGET:
                    self._remember(key, answer)
                return answer
        except ApiError as refused:
            answer = _answer(refused.status, refused.as_json())
        except Exception:  # whatever it was, the caller gets what Invoiced would say
            self.log.failure("The fake Invoiced failed at {what}", what=request.target)
            answer = _answer(500, ApiError(TROUBLE, status=500).as_json())
        if key and fault is not FaultKind.FORGET:
            with self._account.change():
                self._remember(key, answer)
        return answer

    def _carried_out(self, request: Request) -> Answer:
        method = request.headers.get("x-http-method-override", request.method).upper()
        handle, ids = find_route(method, request.path)
        query = nested(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
        url = f"{request.base}{request.path}"
        call = Call(self._account, url, query, _body(request), self._pages, ids)
        status, value = handle(call)
        if isinstance(value, Page):
            return _answer(status, value.records, value.headers)
        return _answer(status, value)

    def _remembered(self, key: str) -> Answer | None:
        """What was answered under this key within a day, to whatever request."""
        known = self._account.first("answers", "key", key)
        if known is None or known["at"] <= self._account.now - KEY_SECONDS:
            return None
        return Answer(known["status"], _JSON, known["body"].encode())

    def _remember(self, key: str, answer: Answer) -> None:
        old = self._account.first("answers", "key", key)
        id_ = old["id"] if old else self._account.next_id("answers")
        kept = {"status": answer.status, "body": answer.body.decode(), "at": self._account.now}
        self._account.put("answers", {"id": id_, "key": key, **kept})

    def _waiting(self) -> Deferred[Answer]:
        """A client that waits for its answer, and takes room meanwhile."""
        mark = object()
        self._running[mark] = self._reactor.seconds()
        return Deferred[Answer]().addBoth(self._ended, mark)

    def _later(self, answer: Answer, seconds: float) -> Deferred[Answer]:
        if not seconds:
            return succeed(answer)
        later = self._waiting()
        call = self._reactor.callLater(seconds, later.callback, answer)
        return later.addErrback(_give_up, call)

    def _ended(self, result: Any, mark: object) -> Any:
        self._running.pop(mark, None)
        return result


def _give_up(hung_up: Failure, call: Any) -> Failure:
    """The client hung up before it was answered."""
    call.cancel()
    return hung_up


def plain_headers(headers: Headers) -> dict[str, str]:
    """Headers by name in lower case."""
    return {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in headers.getAllRawHeaders()
    }


_JSON = {"Content-Type": "application/json", "Cache-Control": "no-cache, no-store"}


def _answer(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Answer:
    body = b"" if status == 204 else json.dumps(value, default=number).encode()
    asks = {"WWW-Authenticate": 'Basic realm="Invoiced"'} if status == 401 else {}
    return Answer(status, {**_JSON, **asks, **(headers or {})}, body)


def _html(status: int, title: str) -> Answer:
    return Answer(status, {"Content-Type": "text/html"}, HTML.format(title).encode())


def _api_key(request: Request) -> str:
    """The key, as user name, or as password beside the company's user name; "" without one."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        user, _, password = base64.b64decode(given).decode().partition(":")
    except ValueError:
        return ""
    return password or user


def _idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if not key:
        return None
    if request.method not in ("POST", "PATCH"):
        raise ApiError(
            f"Unsupported method: {request.method}. Idempotency keys can only be used with POST "
            "and PATCH requests."
        )
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        short = len(key) < SHORTEST_KEY
        how = f"short. Must be at least {SHORTEST_KEY}" if short else "long. Must be no longer than"
        more = " characters long." if short else f" {LONGEST_KEY} characters."
        raise ApiError(f"Idempotency key is too {how}{more}")
    return key


def _stumble(request: Request, fault: FaultKind | None) -> None:
    if fault is FaultKind.ERROR:
        raise ApiError(TROUBLE, status=500)
    if fault is FaultKind.LOCK and request.method != "GET":
        kind = request.path.split("/")[1].removesuffix("s")
        raise ApiError(
            f"This {kind} is currently being updated by another process. Please try again later."
        )


def _body(request: Request) -> Record:
    if not request.body or request.method in ("GET", "DELETE"):
        return {}
    if "json" not in request.headers.get("content-type", ""):
        return nested(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
    try:
        value = json.loads(request.body, parse_float=Decimal, parse_constant=_no_constant)
    except ValueError:
        raise ApiError("The request body is not valid JSON.") from None
    if not isinstance(value, dict):
        raise ApiError("The request body must be a JSON object.")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(name)
