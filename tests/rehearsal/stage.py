"""The stage of a rehearsal: a daemon that can be killed at any commit, and what is watched."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from twisted.internet.defer import Deferred

from shared.models import connections
from shared.models.payments import sets
from simulator.webconnector.transport import ConnectionCut
from tests.whole.rig import InPlace, Rig

SET_ID = re.compile(r'newMessageSetID="([^"]+)"')
ADD = "<ReceivePaymentAddRq"


class Killed(BaseException):
    """kill -9: no handler of the daemon may see it."""


class Violation(AssertionError):
    """Something that must never happen has happened; the sentence says what."""


@dataclass
class Fall:
    """The daemon is killed at a commit, on one side of it: the ``at``-th from now.

    With a ``name``, only commits of that step count.
    """

    at: int
    committed: bool
    name: str = ""


@dataclass
class Sent:
    """A payment's message set, when it left last, and what was asked since then."""

    request: str
    at: datetime
    checked: bool = False
    searched: bool = False
    vouched: bool = False


class Mortal(InPlace):
    """The daemon's threads, on which it may be killed before or after each commit."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._stage = stage

    def store(self, thd: Callable[..., Any], *args: Any, **kwargs: Any) -> Deferred[Any]:
        return self._or_silence(super().store, thd, *args, **kwargs)

    def work(self, slow: Callable[..., Any], *args: Any, **kwargs: Any) -> Deferred[Any]:
        return self._or_silence(super().work, slow, *args, **kwargs)

    verify = work

    def _or_silence(self, run: Callable[..., Deferred[Any]], *args: Any, **kwargs: Any) -> Any:
        """A dead daemon answers nothing: whoever waits, waits for ever."""
        done = run(*args, **kwargs)
        if self._stage.alive:
            return done
        done.addErrback(lambda _failed: None)
        return Deferred()

    def store_from_work(self, thd: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        stage = self._stage
        fall = stage.next_fall(getattr(thd, "__name__", ""))
        if fall is None:
            return super().store_from_work(thd, *args, **kwargs)
        if fall.committed:
            super().store_from_work(thd, *args, **kwargs)
            raise Killed
        with stage.store.transaction():
            result = thd(*args, **kwargs)
            if stage.answers_first:
                # The rule broken on purpose: the bytes leave, and the commit never happens.
                stage.leaked = result
            raise Killed


@dataclass
class Stage(Rig):
    """A rig whose daemon may fall. ``answers_first`` breaks the rule "commit, then answer"."""

    answers_first: bool = False
    falls: list[Fall] = field(default_factory=list)
    alive: bool = True
    stranger_open: bool = False
    """Another company is open in QuickBooks at the moment."""
    leaked: Any = None
    sent: dict[str, Sent] = field(default_factory=dict)
    """Every payment's message set that reached QuickBooks, by its ID."""
    window: timedelta = timedelta(seconds=900)
    trace: list[str] = field(default_factory=list)
    on_start: Callable[[], None] | None = None
    """What starts with the daemon besides."""

    def threads(self) -> Any:
        return Mortal(self)

    def restart(self) -> None:
        """Start the daemon again on the same store, with all that starts with it."""
        super().restart()
        if self.on_start is not None:
            self.on_start()

    def next_fall(self, name: str) -> Fall | None:
        """Whether the daemon falls at this commit; a dead one commits nothing any more."""
        if not self.alive:
            raise Killed
        for fall in self.falls:
            fall.at -= fall.name in ("", name)
        due = next((fall for fall in self.falls if fall.at <= 0), None)
        if due is not None:
            self.falls.remove(due)
            self.alive = False
        return due

    def transport(
        self, url: str, headers: Mapping[str, str], body: bytes | None, /
    ) -> tuple[int, dict[str, str], bytes]:
        """One HTTP exchange; the answer of a daemon that fell meanwhile never arrives."""
        try:
            answer = super().transport(url, headers, body)
        except AssertionError:
            if self.alive:
                raise
        else:
            return answer
        self.alive, leaked, self.leaked = True, self.leaked, None
        self.restart()
        self.trace.append("the daemon was killed and started again")
        if isinstance(leaked, bytes) and leaked:
            return 200, {"content-type": "text/xml; charset=utf-8"}, _as_answer(leaked)
        raise ConnectionCut("the daemon was killed")

    def on_request(self, request: str, file_id: str) -> None:
        """What must hold whenever a request reaches QuickBooks."""
        self.trace.append(request)
        self._note_looks(request)
        if ADD not in request:
            return
        if self.stranger_open:
            raise Violation("(11) a payment went to another company")
        found = SET_ID.search(request)
        if found is None:
            raise Violation("a payment left without a message set ID")
        set_id = found[1]
        before = self.sent.get(set_id)
        if before is not None:
            self._must_be_allowed_again(set_id, before, request)
        self._must_be_intended(set_id, request)
        self.sent[set_id] = Sent(request, self.now)

    def _must_be_allowed_again(self, set_id: str, before: Sent, request: str) -> None:
        if before.request != request:
            raise Violation(f"(5) message set {set_id} left with other bytes")
        if self.now - before.at < self.window and not before.vouched:
            raise Violation(f"message set {set_id} left again while its first copy may run")
        if not (before.checked and before.searched):
            raise Violation(f"(7) message set {set_id} left again, but nobody looked")

    def _note_looks(self, request: str) -> None:
        """What was asked since a payment left: what is remembered, and the payment itself."""
        for set_id, sent in self.sent.items():
            if f'newMessageSetID="{set_id}"' in request and ADD not in request:
                sent.checked = True
            if "<ReceivePaymentQueryRq" in request and "<RefNumber>" in request:
                sent.searched = True

    def _must_be_intended(self, set_id: str, request: str) -> None:
        with self.store.reading():
            connection = connections.all()[0]
            held = sets.open_set(connection.id)
        if held is None or held.set_id != set_id or held.request.decode("ascii") != request:
            raise Violation(f"(6) message set {set_id} left before its intent was stored")


def _as_answer(request: bytes) -> bytes:
    """A reply of sendRequestXML, as the edge would have written it."""
    text = request.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    return (
        b'<?xml version="1.0" encoding="utf-8"?>'
        b'<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        b'<sendRequestXMLResponse xmlns="http://developer.intuit.com/">'
        b"<sendRequestXMLResult>" + text + b"</sendRequestXMLResult>"
        b"</sendRequestXMLResponse></soap:Body></soap:Envelope>"
    )
