"""How a request is answered: who asks, may it, what for; then the route's own work.

Reads are answered on the reading thread, where no call of the Web Connector waits for them. What
changes something is one short unit on the store's thread, with what was answered under its
``Idempotency-Key``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar, NoReturn

from attrs import define
from attrs import field as attr
from twisted.internet.defer import CancelledError
from twisted.internet.defer import TimeoutError as NothingHappened
from twisted.logger import Logger
from twisted.python.failure import Failure

from daemon.api.problem_details import problem, problem_of
from daemon.api.routes import Answer, Asked, BadParameter, Found, Route, encoded
from daemon.api.table import BY_NAME
from daemon.guesses import Guesses
from daemon.outlets.bell import EventBell
from daemon.read_thread import Reads
from daemon.store_thread import Threads
from shared.errors import NotFound, StoreError, StoreUnavailable
from shared.models.store import Store
from shared.operations import programs
from shared.operations.contracts import requests
from shared.operations.programs import Forbidden, KeyReused, Unauthorized
from shared.rules.throttling import Source
from shared.rules.tokens import Access, Caller
from shared.structs import Value, replace


class Request(Value):
    """A request as it came in, with the route that it found."""

    HIDDEN: ClassVar = ("secret", "body")

    route: Route
    path: Mapping[str, str]
    said: Mapping[str, Sequence[str]]
    secret: str
    body: bytes = b""
    content_type: str = ""
    key: str = ""
    if_match: str = ""
    if_none_match: str = ""

    @property
    def digest(self) -> str:
        """What tells this request from another one under the same key."""
        parts = (self.route.method, self.route.name, sorted(self.path.items()), self.said)
        return sha256(repr(parts).encode() + b"\n" + self.body).hexdigest()


class Answered(Value):
    """An answer, with whose token it was; None where it was not good."""

    answer: Answer
    who: Caller | None = None
    cursor: int | None = None


@define(eq=False, repr=False)
class Answering:
    """Answers requests; ``store`` is only handed on to operations."""

    log = Logger()

    _store: Store
    _threads: Threads
    _reads: Reads
    _bell: EventBell
    _guesses: Guesses = attr(factory=Guesses, init=False)

    async def answer(self, request: Request, reactor: Any) -> Answered:
        """The answer, whatever comes of it."""
        try:
            if request.route.writes:
                answered = await self._threads.store(self._thd_write, request)
            else:
                answered = await self._read(request, reactor)
            if answered.who is not None and answered.who.is_news:
                await self._threads.store(programs.note_use, self._store, answered.who.token_id)
        except CancelledError:
            raise  # the program is gone
        except StoreUnavailable as error:
            self.log.warn("The API cannot use the store: {why}", why=str(error))
            return Answered(_of(error))
        except Exception as error:
            failure = Failure(error)
            self.log.failure("The API failed with {route}", failure, route=request.route.name)
            told = "This failed because of a bug in Deskbridge."
            return Answered(problem("failed", told, "See the daemon's log."))
        return answered

    async def wrong_token(self, address: str) -> datetime | None:
        """Count a wrong token of an address; the answer is until when that was locked before.

        An empty address counts for nothing: it is that of a proxy that names nobody.
        """
        if not address:
            return None
        try:
            known, now = await self._reads.view(programs.token_lock, address)
            if known is not None and known.holds(now):
                return known.until
            guesses = self._guesses.count(Source.TOKEN_ADDRESS, address, known, now)
            if guesses >= Source.TOKEN_ADDRESS.free:
                await self._threads.store(programs.lock_tokens, self._store, address, guesses)
        except StoreError as error:
            self.log.warn("A wrong token is not counted: {why}", why=str(error))
        return None

    async def _read(self, request: Request, reactor: Any) -> Answered:
        answered: Answered = await self._reads.run(self._look, request)
        wait = _seconds(request)
        ends = reactor.seconds() + wait
        while answered.cursor is not None and (left := ends - reactor.seconds()) > 0:
            rung = self._bell.after(answered.cursor)
            rung.addTimeout(left, reactor)
            try:
                await rung
            except NothingHappened:
                break
            request = replace(request, said={**request.said, "after": [str(answered.cursor)]})
            answered = await self._reads.run(self._look, request)
        return answered

    def _look(self, store: Store, request: Request) -> Answered:
        try:
            with store.reading():
                asked = self._asked(request, store)
                found = None if request.route.own_units else request.route.run(asked)
            found = found or request.route.run(asked)
        except EXPECTED as error:
            return Answered(_of(error))
        return Answered(_answer(found), asked.who, _waits_for(request, found))

    def _asked(self, request: Request, store: Store) -> Asked:
        """The request, read, by a program that may ask it. Raises what is EXPECTED."""
        who = programs.caller(store, request.secret, Access.READ)
        name = request.path.get("name")
        held = None if name is None else programs.connection(who, name)
        if request.route.writes and not who.may(Access.WRITE):
            raise Forbidden
        query = request.route.read_query(request.said)
        kind = request.route.body
        body = None if kind is None else _read_body(kind, request)
        return Asked(request.route.name, store, who, request.path, query, body, held)

    def _thd_write(self, request: Request) -> Answered:
        """One unit: what was answered before, or what is decided now, with its answer."""
        store = self._store
        try:
            asked = self._asked(request, store)
            if not request.key:
                return Answered(self._decide(request, asked), asked.who)
            before = programs.answered_before(store, asked.who, request.key, request.digest)
        except StoreUnavailable:
            raise
        except EXPECTED as error:
            return Answered(_of(error))
        if before is not None:
            return Answered(Answer(before.status, before.body), asked.who)
        answer = self._decide(request, asked)
        programs.keep_answer(asked.who, request.key, answer.status, answer.body)
        return Answered(answer, asked.who)

    def _decide(self, request: Request, asked: Asked) -> Answer:
        """Refusals are answers; what was written before one is undone, unless it says otherwise."""
        try:
            with self._store.transaction():
                self._still_matches(request, asked)
                return _answer(request.route.run(asked))
        except StoreUnavailable:
            raise
        except Differs as error:
            return problem("etag-differs", str(error), "Read it again, then decide again.")
        except EXPECTED as error:
            return _of(error)

    def _still_matches(self, request: Request, asked: Asked) -> None:
        if not (request.if_match or request.if_none_match):
            return
        now = self._as_it_is(request, asked)
        if request.if_match and (now is None or not matches(request.if_match, now.etag)):
            raise Differs("It changed since you read it, so nothing was done.")
        if request.if_none_match and now is not None and matches(request.if_none_match, now.etag):
            raise Differs("It is there already, so nothing was done.")

    def _as_it_is(self, request: Request, asked: Asked) -> Answer | None:
        """What a request is about, as reading it answers; None where a new one is not there yet."""
        seen = BY_NAME[request.route.shows]
        named = getattr(asked.body, "external_id", None)  # a new one is not in the address
        path = {**asked.path, **({} if named is None else {"external_id": named})}
        try:
            if "external_id" in path:  # reading one, it may also be the number of another
                programs.number_of(asked.connection, path["external_id"])
            return _answer(seen.run(replace(asked, path=path, query=seen.read_query({}))))
        except NotFound:
            if named is None:
                raise
            return None


class BadBody(Exception):
    """A request that cannot be read."""

    def __init__(self, code: str, sentence: str, remedy: str) -> None:
        super().__init__(sentence)
        self.answer = problem(code, sentence, remedy)


class Differs(Exception):
    """What a program wants to change is not what it saw."""


EXPECTED = (StoreError, Unauthorized, Forbidden, KeyReused, BadBody)


def matches(header: str, etag: str) -> bool:
    """Whether ``If-Match`` or ``If-None-Match`` names this ETag; a proxy may have weakened it."""
    named = [one.strip().removeprefix("W/") for one in header.split(",")]
    return "*" in named or etag in named


def _answer(found: Found | Answer) -> Answer:
    if isinstance(found, Answer):
        return found
    headers = {}
    if found.next is not None:
        headers["Link"] = found.next
    return Answer(found.status, encoded(found.json), headers)


def _of(error: Exception) -> Answer:
    return error.answer if isinstance(error, BadBody) else problem_of(error)


def _seconds(request: Request) -> int:
    """How long a request wants to wait; what cannot be read is refused when it is looked at."""
    if not request.route.waits:
        return 0
    [wait] = [one for one in request.route.parameters if one.name == "wait"]
    try:
        return int(wait.read(request.said.get("wait", ())))
    except BadParameter:
        return 0


def _waits_for(request: Request, found: Found | Answer) -> int | None:
    """The cursor after which something has to happen, where nothing has."""
    if not request.route.waits or isinstance(found, Answer):
        return None
    if not isinstance(found.json, dict) or found.json["data"]:
        return None
    cursor = found.json["cursor"]
    assert isinstance(cursor, int)
    return cursor


def _read_body(kind: type, request: Request) -> Any:
    if request.content_type.partition(";")[0].strip().lower() != "application/json":
        code = "The Content-Type of the body is not JSON."
        raise BadBody("not-json", code, "Send Content-Type: application/json.")
    try:
        text = (request.body or b"{}").decode("utf-8-sig")
        held = json.loads(text, parse_constant=_no_number, object_pairs_hook=_said_once)
    except SaidTwice as error:
        told = f"The body contains {str(error)[:40]!r} twice."
        raise BadBody("bad-body", told, "Give each key once.") from None
    except (ValueError, RecursionError):
        told = "The body cannot be read as JSON."
        raise BadBody("bad-body", told, "Send one JSON object, in UTF-8.") from None
    return requests.read(kind, held)


class SaidTwice(ValueError):
    """A name that an object has twice: readers differ in which of the values counts."""


def _said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for name, value in pairs:
        if name in held:
            raise SaidTwice(name)
        held[name] = value
    return held


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)
