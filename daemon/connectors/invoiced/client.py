"""Invoiced's API over HTTP, as ``Api`` has it.

Connections are kept, few requests are under way at once (Invoiced admits twenty for each key), and
one that gets no answer in time is given up. Nothing is tried again here: whoever asks waits as long
as the error says, and longer each time, so that a write is repeated only by the outbox, which knows
its bytes and its key. The key of the account stands in a header and in no text, not even where an
answer quotes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple, NoReturn, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import treq
from treq.client import HTTPClient
from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.internet.defer import TimeoutError as TooLate
from twisted.python.failure import Failure
from twisted.web.client import Agent, BrowserLikePolicyForHTTPS, HTTPConnectionPool
from twisted.web.http_headers import Headers as HttpHeaders

from daemon.connectors.invoiced.api import Api, ApiNotNow, ApiRefusal, ApiSilence, Page
from daemon.web_requests import Body, sentence, was_not_sent
from shared.about import VERSION
from shared.rules import invoiced as rules

SECONDS = 30.0
"""So long a request may take; what imports a record takes Invoiced a second or two."""
AT_ONCE = 4
MOST_BYTES = 32 * 1024 * 1024
"""So much of an answer is read: a page of a hundred invoices with their lines has less."""
_KEPT_SECONDS = 45
_LONGEST_WORDS = 500
_SHUT = (401, 402, 403, 429)
"""With these nothing else would be answered, either."""
_NEXT = re.compile(r'<([^<>]*)>\s*;[^,]*\brel="?next"?')
Headers = Mapping[str, str]


class _Told(NamedTuple):
    """What an answer holds, and its headers ``Link`` and ``X-Total-Count``."""

    value: Any
    link: str
    total: str


class Client(Api):
    """Talks to one account. ``agent`` is what sends requests; it is made where none is given."""

    def __init__(self, reactor: Any, url: str, key: str, agent: Any = None) -> None:
        self._reactor = reactor
        self._url = url.rstrip("/")
        self._pool = HTTPConnectionPool(reactor)
        self._pool.maxPersistentPerHost = AT_ONCE
        self._pool.cachedConnectionTimeout = _KEPT_SECONDS
        made = agent or Agent(reactor, BrowserLikePolicyForHTTPS(), pool=self._pool)
        self._http: Any = HTTPClient(cast(Any, made))
        self._turns = DeferredSemaphore(AT_ONCE)
        header = rules.authorization(key)
        self._hidden = [one.encode() for one in (header, header.partition(" ")[2], key)]
        self._headers = {
            "Authorization": header,
            "Accept": "application/json",
            "User-Agent": f"Deskbridge/{VERSION}",
        }

    def __repr__(self) -> str:
        return f"Client({self._url!r})"

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Deferred[Any]:
        return self._got(path, query).addCallback(lambda told: told.value)

    def page(self, path: str, query: Mapping[str, str]) -> Deferred[Page]:
        """Read a page of a list. Only the query of the page after it is taken from the answer."""
        return self._got(path, query).addCallback(lambda told: page_of(*told))

    def _got(self, path: str, query: Mapping[str, str] | None) -> Deferred[Any]:
        target = f"{path}?{urlencode(query)}" if query else path
        return self._asked("GET", target, None, {})

    def write(
        self, method: str, path: str, values: Mapping[str, Any] | None, key: str
    ) -> Deferred[Any]:
        headers = {} if method == "DELETE" else {"Idempotency-Key": key}
        return self._asked(method, path, values, headers).addCallback(lambda told: told.value)

    def close(self) -> Deferred[None]:
        closed: Deferred[None] = self._pool.closeCachedConnections()
        return closed

    def _asked(
        self, method: str, target: str, values: Mapping[str, Any] | None, headers: Headers
    ) -> Deferred[Any]:
        body = None
        if values is not None:
            body = json.dumps(values).encode()
            headers = {**headers, "Content-Type": "application/json"}

        def ask() -> Deferred[Any]:
            told = Deferred.fromCoroutine(self._answer(method, target, body, headers))
            return told.addTimeout(SECONDS, self._reactor, onTimeoutCancel=_too_late)

        asked: Deferred[Any] = self._turns.run(ask)
        asked.addErrback(_failed, method)
        return asked

    async def _answer(
        self, method: str, target: str, body: bytes | None, headers: Headers
    ) -> _Told:
        sent = {**self._headers, **headers}
        response = await self._http.request(
            method,
            f"{self._url}{target}",
            headers=HttpHeaders({name: [text] for name, text in sent.items()}),
            data=None if body is None else Body(body),
            allow_redirects=False,
            unbuffered=True,
        )
        parts: list[bytes] = []
        await treq.collect(response, _kept(parts))
        wait = _header(response, "retry-after")
        value = _read(method, response.code, self._without_key(b"".join(parts)), wait)
        link, total = (_header(response, name) for name in ("link", "x-total-count"))
        return _Told(value, link, total)

    def _without_key(self, body: bytes) -> bytes:
        """The body of an answer, which may quote what was sent: whatever it says may be shown."""
        for one in self._hidden:
            body = body.replace(one, b"(key)")
        return body


def _header(response: Any, name: str) -> str:
    return ", ".join(response.headers.getRawHeaders(name, []))


def page_of(value: Any, link: str, total: str) -> Page:
    """The page that an answer is, with its ``Link`` and ``X-Total-Count`` headers.

    Raises ApiNotNow where it is none.
    """
    if not isinstance(value, list):
        raise ApiNotNow("Invoiced answered with something that is not a list.")
    found = _NEXT.search(link)
    following = dict(parse_qsl(urlsplit(found[1]).query)) if found else None
    return Page(value, following, int(total) if total.isdecimal() else None)


def _kept(parts: list[bytes]) -> Callable[[bytes], None]:
    left = MOST_BYTES

    def keep(data: bytes) -> None:
        nonlocal left
        left -= len(data)
        if left < 0:
            raise _TooLarge
        parts.append(data)

    return keep


class _TooLarge(Exception):
    """An answer has more bytes than are read."""


def _read(method: str, status: int, body: bytes, wait: str) -> Any:
    """What an answer holds. Raises ApiRefusal, ApiNotNow, ApiSilence."""
    try:
        told = json.loads(body, parse_float=Decimal) if body else None
    except (ValueError, RecursionError):
        return _unclear(method, f"Invoiced answered {status} with something that is not JSON.")
    if 200 <= status < 300:
        return told
    said = _said(told) or f"Invoiced answered {status}."
    if status in _SHUT:
        raise ApiNotNow(said, whole=True, after=_wait(wait))
    if status >= 500 and isinstance(told, dict):
        raise ApiNotNow(said, after=_wait(wait))
    if 400 <= status < 500:
        raise ApiRefusal(status, said)
    return _unclear(method, said)


def _unclear(method: str, reason: str) -> NoReturn:
    """Nothing tells whether it was done; reading does nothing anyway."""
    if method == "GET":
        raise ApiNotNow(reason)
    raise ApiSilence(reason)


def _said(told: Any) -> str:
    message = told.get("message") if isinstance(told, dict) else None
    words = message[:_LONGEST_WORDS] if isinstance(message, str) else ""
    return "".join(one if one.isprintable() else " " for one in words)


def _wait(text: str) -> timedelta:
    return timedelta(seconds=min(int(text), 3600)) if text.isdecimal() else timedelta()


def _too_late(_failure: Any, seconds: float) -> NoReturn:
    raise TooLate(seconds)


def _failed(failure: Failure, method: str) -> Any:
    """Tell what became of a request without an answer. Raises the errors of ``Api`` alone."""
    why = failure.value
    if isinstance(why, (ApiRefusal, ApiNotNow, ApiSilence)):
        raise why
    if isinstance(why, TooLate):
        told = f"Invoiced did not answer within {SECONDS:g} seconds."
    elif isinstance(why, _TooLarge):
        told = f"An answer of Invoiced has more than {MOST_BYTES} bytes."
    else:
        told = f"Invoiced: {sentence(why)}"
    if method == "GET" or was_not_sent(why):
        raise ApiNotNow(told, whole=True) from None
    raise ApiSilence(told, whole=True) from None
