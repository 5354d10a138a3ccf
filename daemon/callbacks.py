"""The eleven callbacks: each hops to the right thread and back, and decides nothing itself.

Names are the wire's. A callback answers only after its transaction was committed. What
each answer means to its caller: Intuit, QuickBooks Web Connector Programmer's Guide.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from traceback import extract_tb
from typing import TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from daemon.callers import Caller, Callers
from daemon.edge.proxies import TrustedProxies
from daemon.edge.resource import Callbacks
from daemon.edge.soap import NotTaken, ResponseText, Secret
from daemon.guesses import Guesses
from daemon.session import login
from daemon.session.admission import Admission, Guessed, Recognized
from daemon.session.handlers import GIVE_UP, CallbackHandlers, Expected
from daemon.session.login import GUESSED, Verdict, examine, is_proven, was_proven, was_replaced
from daemon.session.record import FAILED_PERCENT
from daemon.stages.reading import (
    Introduced,
    Reading,
    StoreBatch,
    Tally,
    read_answer,
    read_introduction,
)
from daemon.store_thread import Threads
from shared import hints, passwords
from shared.about import PRODUCT, VERSION
from shared.errors import StoreError
from shared.rules.throttling import Source
from shared.settings import Settings
from shared.structs import replace

SHORT_BYTES = 16 * 1024
"""So much of qbXML takes about a millisecond to read."""
_MOST_MET = 100
"""So many bugs of ours are remembered, to log each once in a session, and sessions left open."""
T = TypeVar("T")


@define(eq=False, repr=False)
class WebConnectorCallbacks(Callbacks):
    """What the SOAP edge calls.

    ``callers`` is where admission and handlers note whose a ticket is, ``proxies`` tells whose the
    addresses of callers are.
    """

    log = Logger()

    _admission: Admission
    _handlers: CallbackHandlers
    _threads: Threads
    _settings: Settings
    _callers: Callers
    _proxies: TrustedProxies
    _guesses: Guesses = field(factory=Guesses, init=False)
    _met: deque[tuple[object, ...]] = field(factory=lambda: deque(maxlen=_MOST_MET), init=False)
    _left_open: deque[str] = field(factory=lambda: deque(maxlen=_MOST_MET), init=False)

    def serverVersion(self) -> str:
        return f"{PRODUCT} {VERSION}"

    def clientVersion(self, version: str) -> str:
        """Let every Web Connector in that is not older than the setting says."""
        least = self._settings.minimum_webconnector
        if _numbers(version) and _numbers(version) < _numbers(least):
            told = hints.say("webconnector-too-old", version=version, minimum=least)
            self.log.warn("{told}", told=told)
            return f"O:{least}"
        return ""

    def authenticate(self, username: str, password: Secret, peer: str) -> Awaitable[list[str]]:
        checking = self._authenticate(username, password.reveal(), peer)
        return self._if_store_fails(checking, self._come_back_later)

    async def _authenticate(self, username: str, password: str, peer: str) -> list[str]:
        await self._close_what_was_left_open()
        known = await self._threads.store(self.thd_recognize, username, password, peer)
        if isinstance(known, list):
            return known
        credentials, until = known.credentials, None
        if was_proven(credentials, password, known.secret):
            verdict = Verdict.REPLACED if was_replaced(credentials) else Verdict.OLD_PASSWORD
        elif until := known.name_locked_until:
            verdict = Verdict.LOCKED
        elif until := known.locked_until(Source.ADDRESS):
            verdict = Verdict.ADDRESS_LOCKED
        else:
            verdict = await self._threads.verify(examine, credentials, password)
        if credentials is None or verdict is not Verdict.WELCOME:
            self.log.warn(
                "Login of {user} from {peer} refused: {code}",
                user=username,
                peer=peer,
                code=verdict.value,
            )
            guessed = self._count(known) if verdict in GUESSED else []
            refused = (username, credentials, verdict.value, until, guessed)
            return await self._threads.store(self._admission.thd_refuse, *refused)
        proven = replace(credentials, password_proof=passwords.proof_of(password, known.secret))
        return await self._threads.store(
            self._admission.thd_welcome, proven, passwords.new_ticket(), peer
        )

    def thd_recognize(self, username: str, password: str, peer: str) -> list[str] | Recognized:
        """Welcome a password that was checked before; else what is known of the user name."""
        known = self._admission.thd_recognize(username, self._proxies.source(peer))
        credentials = known.credentials
        if credentials is None or not is_proven(credentials, password, known.secret):
            return known
        return self._admission.welcome(credentials, passwords.new_ticket(), peer)

    def _count(self, known: Recognized) -> list[Guessed]:
        """Count a wrong guess; the answer is what it locks."""
        locking = []
        for source, name in known.names.items():
            guesses = self._guesses.count(source, name, known.locks[source], known.now)
            if guesses < source.free:
                continue
            locking.append((source, name, guesses))
            if source is Source.ADDRESS:
                told = "Sign-in from {address} is locked after {guesses} wrong passwords"
                self.log.warn(told, address=name, guesses=guesses)
        return locking

    def sendRequestXML(
        self, ticket: str, hcp: str, company_file: str, country: str, major: int, minor: int
    ) -> Awaitable[str]:
        return self._or_tell(self._send(ticket, hcp), ticket, "")

    async def _send(self, ticket: str, hcp: str) -> str:
        introduced: Introduced | None = None
        if hcp.strip():
            introduced = await self._introduction(hcp, ticket)
        request = await self._threads.store(self._handlers.thd_send, ticket, introduced)
        while request is None:  # others have their turn between two slices of the books
            request = await self._threads.store_alone(self._handlers.thd_send, ticket, introduced)
        return request.decode("ascii")

    async def _introduction(self, hcp: str, ticket: str) -> Introduced:
        """What is short is read here: the way to another thread would cost more."""
        if len(hcp) <= SHORT_BYTES:
            return self._read_introduction(hcp, ticket)
        return await self._threads.work(self._read_introduction, hcp, ticket)

    def receiveResponseXML(
        self, ticket: str, response: ResponseText, hresult: str, message: str
    ) -> Awaitable[int]:
        receiving = self._receive(ticket, response, hresult, message)
        return self._or_tell(receiving, ticket, FAILED_PERCENT)

    async def _receive(
        self, ticket: str, response: ResponseText, hresult: str, message: str
    ) -> int:
        if response.size <= SHORT_BYTES:
            return await self._receive_short(ticket, response, hresult, message)
        digest = response.digest
        expected = await self._threads.store(self._handlers.thd_expect, ticket, digest, hresult)
        if isinstance(expected, int):
            return expected
        return await self._go_on_with(ticket, expected, response, hresult, message)

    async def _go_on_with(
        self, ticket: str, expected: Expected, response: ResponseText, hresult: str, message: str
    ) -> int:
        percent: int | None = None
        if hresult and not expected.is_taken:
            percent = await self._threads.store(
                self._handlers.thd_refused, expected, hresult, message, response.digest
            )
        elif not expected.is_taken:
            percent = await self._take(ticket, expected, response)
        return await self._settled(expected, percent)

    async def _receive_short(
        self, ticket: str, response: ResponseText, hresult: str, message: str
    ) -> int:
        """What is short is read where it is stored: one way to the store, not two and one beside.

        A connection with debug on goes the long way, which keeps the answer before it is read.
        """
        text = b"".join(response)
        try:
            received = await self._threads.store(
                self.thd_receive, ticket, text, response.digest, hresult, message
            )
        except StoreError:
            raise
        except Exception as failure:
            if hresult:
                raise
            # Rolled back: nothing of it was stored, so it may be asked for in smaller parts.
            self._failed("An answer could not be stored", ticket, failure)
            return await self._tell_not_taken(
                ticket, _fault(failure), response.size, response.digest
            )
        if isinstance(received, int):
            return received
        if received.session.connection.debug and not received.is_taken:
            again = ResponseText([text], response.size, response.digest)
            return await self._go_on_with(ticket, received, again, hresult, message)
        return await self._settled(received, None)

    def thd_receive(
        self, ticket: str, text: bytes, digest: str, hresult: str, message: str
    ) -> int | Expected:
        """Take a short answer; what was expected where its books are left to settle."""
        expected = self._handlers.thd_expect(ticket, digest, hresult)
        if isinstance(expected, int) or expected.is_taken or expected.session.connection.debug:
            return expected
        if hresult:
            percent = self._handlers.thd_refused(expected, hresult, message, digest)
        else:
            reading = self._read([text], expected, None)
            percent = self._handlers.take_at_once(expected, reading, digest, len(text))
        return expected if percent is None else percent

    async def _settled(self, expected: Expected, percent: int | None) -> int:
        """Settle the books, while that is left; others have their turn between two slices."""
        while percent is None:
            percent = await self._threads.store(self._handlers.thd_go_on, expected)
        return percent

    async def _take(self, ticket: str, expected: Expected, response: ResponseText) -> int | None:
        digest, size = response.digest, response.size
        reading = await self._threads.work(self._read_beside, response, expected)
        try:
            return await self._threads.store_alone(
                self._handlers.thd_take, expected, reading, digest, size
            )
        except StoreError:
            raise
        except Exception as failure:
            # Rolled back: nothing of it was stored, so it may be asked for in smaller parts.
            self._failed("An answer could not be stored", ticket, failure)
            missed = Reading(unreadable=_fault(failure))
            return await self._threads.store(
                self._handlers.thd_take, expected, missed, digest, size
            )

    def response_not_taken(
        self, ticket: str, why: NotTaken, detail: str, size: int
    ) -> Awaitable[int]:
        telling = self._tell_not_taken(ticket, f"{why.value}: {detail}", size)
        return self._or_tell(telling, ticket, FAILED_PERCENT)

    def cut_off(self, ticket: str) -> Awaitable[None]:
        noted = self._threads.store(self._handlers.thd_cut_off, ticket)
        return self._if_store_fails(noted, lambda: None)

    async def _tell_not_taken(self, ticket: str, reason: str, size: int, digest: str = "") -> int:
        expected = await self._threads.store(self._handlers.thd_expect, ticket, digest, "")
        if isinstance(expected, int):
            return expected
        reading = Reading(unreadable=reason)
        percent = await self._threads.store(
            self._handlers.thd_take, expected, reading, digest, size
        )
        return await self._settled(expected, percent)

    def _read_beside(self, response: ResponseText, expected: Expected) -> Reading:
        """Runs beside the reactor; full batches go to the store from there."""
        pieces: Iterable[bytes] = response
        if expected.session.connection.debug:
            pieces = [b"".join(response)]
            self._threads.store_from_work(self._handlers.thd_keep, expected, pieces[0])

        def store_batch(rows: list[object]) -> Callable[[], Tally]:
            return self._threads.begin_from_work(self._handlers.thd_store_batch, expected, rows)

        return self._read(pieces, expected, store_batch if expected.in_batches else None)

    def _read(
        self,
        pieces: Iterable[bytes],
        expected: Expected,
        store_batch: StoreBatch | None,
    ) -> Reading:
        try:
            reading = read_answer(pieces, expected.request_id, expected.take, store_batch)
        except StoreError:
            raise
        except Exception as failure:
            self._failed("An answer could not be read", str(expected.session.id), failure)
            return Reading(unreadable=_fault(failure))
        for one in reading.repaired:
            self.log.debug(
                "{kind} {object_id} of {connection}: characters that XML does not allow were"
                " left out",
                kind=one.kind,
                object_id=one.object_id,
                connection=expected.session.connection.name,
            )
        return reading

    def _read_introduction(self, text: str, ticket: str) -> Introduced:
        """What QuickBooks said of itself; where that breaks us, it is asked by ourselves."""
        try:
            return read_introduction(text)
        except Exception as failure:
            self._failed("The introduction could not be read", ticket, failure)
            return Introduced()

    def _failed(self, what: str, whose: str, failure: Exception) -> None:
        """Log a bug of ours with its traceback, once in each session."""
        met = (whose, *_where(failure))
        if met not in self._met:
            self._met.append(met)
            self.log.failure(what)

    async def _or_tell(self, work: Awaitable[T], ticket: str, instead: T) -> T:
        """A bug of ours ends the session in a sentence, not in a broken reply.

        The transaction it happened in was rolled back. When even telling fails, the edge
        answers a fault.
        """

        async def told() -> T:
            try:
                return await work
            except StoreError:
                raise
            except Exception as failure:
                self._failed("A callback failed; its session ends", ticket, failure)
                await self._threads.store(self._handlers.thd_break, ticket)
                return instead

        return await self._if_store_fails(told(), lambda: instead, ticket)

    async def _if_store_fails(
        self, answer: Awaitable[T], instead: Callable[[], T], ticket: str = ""
    ) -> T:
        """Answer in words while the store cannot be used: nothing was committed.

        ``ticket``: its session is told later why it ends.
        """
        try:
            return await answer
        except StoreError as error:
            told = "The store cannot be used: {why}"
            self.log.error(told, why=str(error))  # noqa: TRY400 - a sentence, no traceback
            if ticket:
                self._callers.note_store_failed(ticket)
            return instead()

    def connectionError(self, ticket: str, hresult: str, message: str) -> Awaitable[str]:
        told = self._threads.store(self._handlers.thd_connection_error, ticket, hresult, message)
        return self._if_store_fails(told, lambda: GIVE_UP)

    def getLastError(self, ticket: str) -> Awaitable[str]:
        told = self._threads.store(self._handlers.thd_last_error, ticket)
        return self._if_store_fails(told, _no_store)

    def closeConnection(self, ticket: str) -> Awaitable[str]:
        closed = self._threads.store(self._handlers.thd_close, ticket)
        return self._if_store_fails(self._left_open_if_store_fails(closed, ticket), _no_store)

    async def _left_open_if_store_fails(self, closed: Awaitable[str], ticket: str) -> str:
        try:
            return await closed
        except StoreError:
            self._left_open.append(ticket)
            raise

    async def _close_what_was_left_open(self) -> None:
        """End sessions whose end could not be stored, so that nobody waits for their lease."""
        while self._left_open:
            ticket = self._left_open.popleft()
            closed = self._threads.store(self._handlers.thd_close, ticket)
            await self._left_open_if_store_fails(closed, ticket)

    def getInteractiveURL(self, ticket: str, session_id: str) -> str:
        """Nothing here needs a person at a browser: the support page, in case one asks."""
        return self._settings.support_url

    def interactiveRejected(self, ticket: str, reason: str) -> str:
        """Interactive mode is never asked for, so nothing was lost."""
        return "There is no message. Run the sync again with Update Selected."

    def interactiveDone(self, ticket: str) -> str:
        """Never keep a Web Connector polling."""
        return GIVE_UP.capitalize()

    def is_live_ticket(self, ticket: str) -> Deferred[bool]:
        return self._threads.store(self._handlers.thd_is_live, ticket)

    def caller(self, ticket: str) -> Caller:
        return self._callers.of(ticket)

    def _come_back_later(self) -> list[str]:
        """The answer of authenticate while nobody can be looked up."""
        ticket = login.refusal_ticket(login.Refusal("store-unavailable", ""))
        self._callers.note(ticket, Caller(refused="store-unavailable"))
        return [ticket, "busy", "60"]


def _no_store() -> str:
    return hints.say("store-unavailable")


def _fault(failure: Exception) -> str:
    return f"a bug in Deskbridge, {type(failure).__name__}; its log has the details"


def _where(failure: Exception) -> tuple[object, ...]:
    """What failed and in which line of ours, to know it again."""
    last = extract_tb(failure.__traceback__)[-1]
    return type(failure).__name__, last.filename, last.lineno


def _numbers(dotted: str) -> tuple[int, ...]:
    """A version as numbers; empty when it is none."""
    parts = dotted.strip().split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()
