"""One update of one application, from serverVersion to closeConnection.

The order of calls and what each answer leads to are the real Web Connector's.
QuickBooks is opened after authenticate, unlocked and closed before
closeConnection; a call that fails ends the update there and then, with no further call.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from shared.structs import Value
from simulator.company.errors import QuickBooksError
from simulator.webconnector.errors import WebConnectorDied, WebConnectorError
from simulator.webconnector.log import Level, Log, utc_now
from simulator.webconnector.quickbooks import (
    APP_LOCK,
    FILE_ID,
    OpenCompany,
    QuickBooks,
    host_version,
)
from simulator.webconnector.qwc import QwcFile
from simulator.webconnector.service import WebService

NOOP_WAIT_SECONDS = 5.0
INTERACTIVE_POLL_SECONDS = 1.0
MAX_NOOPS = 720  # an hour of waiting: the real program has no limit, a rehearsal needs one
MAX_OPENINGS = 10  # the same for connectionError asking for another try
MAX_INTERACTIVE_POLLS = 600
COMPLETE = 100  # percent


class Result(StrEnum):
    """How an update ended."""

    DONE = "done"
    NOTHING = "nothing-to-do"
    BUSY = "busy"
    POSTPONED = "postponed"
    INVALID_USER = "invalid-user"
    FAILED = "failed"
    DIED = "died"


class Outcome(Value):
    """What one update came to; ``status`` is what the window's status column shows.

    ``postpone_seconds`` and ``minimum_seconds`` are what the service asked for, 0 for nothing.
    """

    application: str
    result: Result
    status: str
    code: str = ""
    percent: int = 0
    requests: int = 0
    postpone_seconds: int = 0
    minimum_seconds: int = 0

    @property
    def ok(self) -> bool:
        """Whether the update ended well; having nothing to do is well."""
        return self.result in (Result.DONE, Result.NOTHING)

    @property
    def is_fine(self) -> bool:
        """Whether nothing failed: it ended well, or was put off."""
        return self.ok or self.result is Result.POSTPONED


class Behavior(Value):
    """What differs from PC to PC and from user to user.

    ``accept_warnings``: the answer to a clientVersion of ``W:``. ``accept_interactive``: the
    answer to the question of interactive mode. ``close_after_refusal``: whether
    closeConnection follows none, nvu and busy (no public text says). ``refuse_stamped``:
    whether an application that is new to this PC is refused when the company knows it.
    """

    machine: str = "QB-PC"
    client_version: str = "2.3.0.215"
    accept_warnings: bool = True
    accept_interactive: bool = False
    close_after_refusal: bool = False
    refuse_stamped: bool = False


class Status(Value):
    """A change in the application's row: the text of its status column and the progress."""

    application: str
    text: str
    percent: int


class _Ended(Exception):
    """The update is over, in a way the protocol foresees."""

    def __init__(self, result: Result, status: str, code: str = "") -> None:
        super().__init__(status)
        self.result = result
        self.status = status
        self.code = code


@dataclass
class PC:
    """What an update has around it on its PC; everything can be put in its place for tests."""

    quickbooks: QuickBooks
    behavior: Behavior = field(default_factory=Behavior)
    log: Log = field(default_factory=lambda: Log(level=Level.NONE))
    sleep: Callable[[float], object] = time.sleep
    clock: Callable[[], datetime] = utc_now
    on_status: Callable[[Status], object] | None = None
    open_page: Callable[[str], object] | None = None


@dataclass
class UpdateRun:
    """One update. ``scheduled`` says that Auto-Run started it; run() may be called once."""

    application: QwcFile
    password: str = field(repr=False)
    service: WebService
    pc: PC
    scheduled: bool = False

    def __post_init__(self) -> None:
        self._ticket = ""
        self._percent = 0
        self._requests = 0
        self._postpone_seconds = 0
        self._minimum_seconds = 0

    def run(self) -> Outcome:
        """Run to the end; failures are in the outcome and never raised."""
        try:
            self._greet()
            company_file = self._authenticate()
            ended = self._work(company_file)
        except _Ended as end:
            ended = end
        except WebConnectorError as error:
            ended = _Ended(Result.FAILED, str(error), error.code)
        except WebConnectorDied as death:
            ended = _Ended(Result.DIED, str(death))
        return self._outcome(ended)

    # Before QuickBooks: serverVersion, clientVersion, authenticate.

    def _greet(self) -> None:
        self._show("Connecting")
        with suppress(WebConnectorError):  # logged; the real program goes on
            self.service.server_version()
        try:
            opinion = self.service.client_version(self.pc.behavior.client_version)
        except WebConnectorError:
            return
        self._heed(opinion)

    def _heed(self, opinion: str) -> None:
        """Act on clientVersion's answer: W: asks the user, E: and O: stop, else QBWC1046."""
        if not opinion:
            return
        kind, text = opinion[:2], opinion[2:].strip()
        if kind not in ("W:", "E:", "O:"):
            raise WebConnectorError(
                "QBWC1046", f"clientVersion answered with bad syntax: {opinion!r}."
            )
        if kind == "O:":
            raise WebConnectorError("", f"The application expects Web Connector version {text}.")
        self._say("clientVersion()", f"QBWC1037: the application says about our version: {text}")
        if kind == "E:" or not self.pc.behavior.accept_warnings:
            raise WebConnectorError("QBWC1037", text)

    def _authenticate(self) -> str:
        """The company file to open (empty: the open one); raises when there is no admission."""
        texts = self.service.authenticate(self.application.username, self.password)
        self._ticket, verdict = texts[0], texts[1]
        self._postpone_seconds = _seconds(texts, 2)
        self._minimum_seconds = _seconds(texts, 3)
        refused = _REFUSALS.get(verdict.lower())
        if refused is None and not (self.scheduled and self._postpone_seconds > 0):
            return verdict
        if self.pc.behavior.close_after_refusal:
            self.service.close_connection(self._ticket)
        if refused is not None:
            raise _Ended(*refused)
        raise _Ended(
            Result.POSTPONED,
            f"Update postponed by the application for {self._postpone_seconds} seconds.",
        )

    # With QuickBooks: open, exchange, release, and only then say goodbye.

    def _work(self, company_file: str) -> _Ended:
        company = self._open(company_file)
        if company is None:
            return self._goodbye(_Ended(Result.FAILED, "", "QBWC1013"))
        try:
            ended = self._exchange(company)
        except WebConnectorError:
            self._release(company)
            raise
        except BaseException:
            self._abandon(company)
            raise
        return self._goodbye(self._release(company) or ended)

    def _open(self, company_file: str) -> OpenCompany | None:
        """The opened company, after as many tries as the service asks for; None when it gave up."""
        for _ in range(MAX_OPENINGS):
            try:
                return self.pc.quickbooks.open(self.application, company_file)
            except QuickBooksError as failure:
                self._say("connect()", f"QBWC1013: error connecting to QuickBooks: {failure}")
                answer = self.service.connection_error(
                    self._ticket, failure.hresult, failure.message
                )
            if answer.lower() == "done":
                return None
            company_file = answer
        self._say("connect()", f"The service asked for {MAX_OPENINGS} tries; giving up.")
        return None

    def _exchange(self, company: OpenCompany) -> _Ended:
        """The loop of requests and responses; the host's answer goes with the first call only."""
        self._lock(company)
        try:
            hcp = company.host_company_preferences()
        except QuickBooksError as failure:
            return _Ended(Result.FAILED, f"QBWC1014: {failure}", "QBWC1014")
        country, major, minor = host_version(hcp)
        noops = 0
        while True:
            request = self.service.send_request_xml(
                self._ticket, hcp, company.company_file, country, (major, minor)
            )
            hcp = ""
            if request:
                ended = self._process(company, request)
            else:
                ended = self._ask_why(noops)
                noops += 1
            if ended is not None:
                return ended

    def _process(self, company: OpenCompany, request: str) -> _Ended | None:
        """Pass one request to QuickBooks and its answer to the service; None means go on."""
        self._requests += 1
        response, hresult, message = "", "", ""
        try:
            response = company.process(request)
        except QuickBooksError as failure:
            self._say("ProcessRequest()", f"QuickBooks refused: {failure}")
            hresult, message = failure.hresult, failure.message
        progress = self.service.receive_response_xml(self._ticket, response, hresult, message)
        if progress < 0:
            return self._error(self.service.get_last_error(self._ticket))
        self._percent = min(progress, COMPLETE)
        self._show("Updating")
        return _Ended(Result.DONE, "") if progress >= COMPLETE else None

    def _ask_why(self, noops: int) -> _Ended | None:
        """What an empty request means: a pause, interactive mode, or an error's text."""
        text = self.service.get_last_error(self._ticket)
        if text.lower() == "noop" and noops < MAX_NOOPS:
            self._say("getLastError()", f"NoOp: waiting {NOOP_WAIT_SECONDS:.0f} seconds.")
            self.pc.sleep(NOOP_WAIT_SECONDS)
            return None
        if text.lower() == "interactive mode":
            return self._go_interactive()
        return self._error(text)

    def _error(self, text: str) -> _Ended:
        code = "QBWC1031" if self.scheduled else ""
        self._say("update()", f"{code or 'Error'}: the application reports: {text}")
        return _Ended(
            Result.FAILED, text or "The application reported an error without words.", code
        )

    def _go_interactive(self) -> _Ended | None:
        """Send the user to the service's page and wait; None when the update goes on."""
        if not self.pc.behavior.accept_interactive:
            text = self.service.interactive_rejected(self._ticket, "The user did not answer.")
            return _Ended(Result.FAILED, text or "Interactive mode was refused.")
        url = self.service.get_interactive_url(self._ticket, str(uuid.uuid4()))
        self._say("getInteractiveURL()", f"The user visits {url}")
        if self.pc.open_page is not None:
            self.pc.open_page(url)
        for _ in range(MAX_INTERACTIVE_POLLS):
            # The guide names "Done" in one chapter and empty text in two others.
            if self.service.interactive_done(self._ticket).lower() in ("", "done"):
                return None
            self.pc.sleep(INTERACTIVE_POLL_SECONDS)
        text = self.service.interactive_rejected(self._ticket, "The page was left open too long.")
        return _Ended(Result.FAILED, text or "Interactive mode was not finished.")

    # The lock in the company file, and the end.

    def _lock(self, company: OpenCompany) -> None:
        owner_id = self.application.owner_id
        if company.data_ext(owner_id, FILE_ID) != self.application.file_id:
            self._say("lock()", "The company file does not carry this application's FileID.")
        held = company.data_ext(owner_id, APP_LOCK)
        if held.startswith("LOCKED:") and held.split(":")[1] != self.pc.behavior.machine:
            # What the real program does with another PC's lock is not known. Going on is the
            # harder case for the service.
            self._say("lock()", f"The company file was locked by another PC: {held}")
        company.set_data_ext(
            owner_id, APP_LOCK, f"LOCKED:{self.pc.behavior.machine}:{_ticks(self.pc.clock())}"
        )

    def _release(self, company: OpenCompany) -> _Ended | None:
        """Unlock and close; what failed there, when something did."""
        try:
            company.set_data_ext(self.application.owner_id, APP_LOCK, "")
            self._say("unlock()", "The company file has been unlocked for the owner.")
            company.close()
        except QuickBooksError as failure:
            self._say("close()", f"QBWC1015: {failure}")
            return _Ended(Result.FAILED, f"QBWC1015: {failure}", "QBWC1015")
        return None

    def _abandon(self, company: OpenCompany) -> None:
        """What QuickBooks does when the Web Connector dies: the session ends, the lock stays."""
        try:
            company.close()
        except QuickBooksError as failure:
            self._say("close()", f"{failure}")

    def _goodbye(self, ended: _Ended) -> _Ended:
        """closeConnection; its text is the status unless an error has its own."""
        text = self.service.close_connection(self._ticket)
        if ended.status:
            return ended
        plain = "QBWC1013: QuickBooks could not be opened." if ended.code else "Finished."
        return _Ended(ended.result, text or plain, ended.code)

    def _outcome(self, ended: _Ended) -> Outcome:
        self._show(ended.status)
        self._say("update()", f"Ended: {ended.result}. {ended.status}")
        return Outcome(
            application=self.application.label,
            result=ended.result,
            status=ended.status,
            code=ended.code,
            percent=self._percent,
            requests=self._requests,
            postpone_seconds=self._postpone_seconds,
            minimum_seconds=self._minimum_seconds,
        )

    def _show(self, text: str) -> None:
        if self.pc.on_status is not None:
            self.pc.on_status(Status(self.application.label, text, self._percent))

    def _say(self, source: str, text: str) -> None:
        self.pc.log.say(source, text)


_REFUSALS: Mapping[str, tuple[Result, str, str]] = {
    "none": (Result.NOTHING, "No data exchange required.", ""),
    "nvu": (
        Result.INVALID_USER,
        "QBWC1040: The user name or the password is not valid.",
        "QBWC1040",
    ),
    "busy": (Result.BUSY, "The application is busy.", ""),
}


def _seconds(texts: list[str], position: int) -> int:
    """A number of seconds by its position in authenticate's answer; absent is 0."""
    if len(texts) <= position:
        return 0
    try:
        return int(texts[position])
    except ValueError:
        raise WebConnectorError(
            "QBWC1012",
            f"authenticateResult[{position}] is {texts[position]!r} and not a number of seconds.",
        ) from None


def _ticks(now: datetime) -> int:
    """.NET ticks: units of 100 nanoseconds since the year 1."""
    since = now.astimezone(UTC) - datetime(1, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 10_000_000 + since.microseconds * 10
