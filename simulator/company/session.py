"""A session with QuickBooks: message sets in, answers out, iterators that die with it."""

from __future__ import annotations

from simulator.company import answers, message_set, planned, recovery
from simulator.company.answers import ANSWER, RECOVERY_SINCE, STATUS, Answer, escape
from simulator.company.books import Books
from simulator.company.errors import (
    CRASHES,
    HRESULTS,
    NO_SESSION,
    NOT_PROCESSED,
    SET_NOT_STORABLE,
    SET_NOT_STORED,
    QuickBooksError,
    RequestFailed,
    Status,
)
from simulator.company.message_set import MessageSet, Request
from simulator.company.planned import PlannedFaults
from simulator.company.queries import QUERIES, Finder, Writers, shape_of
from simulator.company.records import Fault, LateCall, StoredAnswer
from simulator.company.writes import WRITES, Written

MAX_REQUEST_ID = 50
HANDSHAKE = ("HostQueryRq", "CompanyQueryRq", "PreferencesQueryRq")


class QuickBooksSession:
    """What an application may do between opening and closing its session. Not thread-safe.

    Planned faults pass it by when it is not ``rehearsed``.
    """

    def __init__(
        self, books: Books, application_name: str, owner_id: str, *, rehearsed: bool = True
    ) -> None:
        self._books = books
        self._owner_id = owner_id
        self._open = True
        books.sessions += 1
        self._writers = Writers(books)
        self._finder = Finder(books, self._writers)
        self._faults = PlannedFaults(books, armed=rehearsed)
        self.application_name = application_name

    def process(self, request: str | bytes) -> str:
        """Answer one message set: qbXML, plain ASCII, without a qbxml instruction.

        Raises QuickBooksError when QuickBooks refuses the call as a whole, or when a planned
        fault strikes; after the latter the work may be done, done in part, or still to come.
        """
        self._must_be_open()
        asked = message_set.read(request, self._books.profile.product.versions)
        document = request if isinstance(request, str) else request.decode("ascii")
        fault = self._faults.hresult(_names(asked), own=True)
        if fault and fault.late:
            self._books.late.append(LateCall(self.application_name, document))
        return self._call(asked, fault)

    def host_company_preferences(self) -> str:
        """The answer to the Web Connector's own first message set of an update.

        Planned faults that name no request are kept for the application's own requests.
        Raises QuickBooksError.
        """
        self._must_be_open()
        version = self._books.profile.product.versions[-1]
        owner = f"<OwnerID>{escape(self._owner_id)}</OwnerID>" if self._owner_id else ""
        requests = "".join(
            f'<{name} requestID="{n}">{owner if name == "CompanyQueryRq" else ""}</{name}>'
            for n, name in enumerate(HANDSHAKE)
        )
        document = (
            f'<?xml version="1.0"?><?qbxml version="{version}"?><QBXML>'
            f'<QBXMLMsgsRq onError="continueOnError">{requests}</QBXMLMsgsRq></QBXML>'
        )
        asked = message_set.read(document, (version,))
        return self._call(asked, self._faults.hresult(_names(asked), own=False), own=False)

    def close(self) -> None:
        """End the session, and its iterators with it. Closing twice does no harm."""
        self._open = False

    def _must_be_open(self) -> None:
        if not self._open or self._books.closed:
            raise QuickBooksError(NO_SESSION, HRESULTS[NO_SESSION], "the session has ended")

    def _call(self, asked: MessageSet, fault: Fault | None, *, own: bool = True) -> str:
        """Answer a set, or fail as planned: before, in the midst of, or after the work."""
        if fault is None:
            return self._answer_set(asked, own)
        if fault.after is not None:  # the first requests are done, and nothing is remembered
            if recovery.decide(self._books, self.application_name, asked).runs:
                self._run(asked, own, most=fault.after)
        elif fault.done:
            self._answer_set(asked, own)
        if fault.code in CRASHES:
            self.close()
        raise planned.failure(fault)

    # Message sets and requests.

    def _answer_set(self, asked: MessageSet, own: bool) -> str:
        books = self._books
        decision = recovery.decide(books, self.application_name, asked)
        code = self._faults.set_code(_names(asked), own) if decision.code else ""
        stores = code not in (SET_NOT_STORED, SET_NOT_STORABLE)
        if code and not (decision.runs and not stores):
            return answers.message_set("", asked.new_id, code)
        if not decision.runs:
            show = books.profile.habits.status_check if asked.with_data else STATUS
            said = answers.text(decision.stored, show)
            return answers.message_set(said, asked.new_id, decision.code)
        done = self._run(asked, own)
        if decision.remember or decision.forget:
            kept = done if stores else None
            recovery.finish(books, self.application_name, asked, decision, kept)
            books.writes += 1
        said = answers.text(done, ANSWER if asked.with_data else STATUS)
        code = SET_NOT_STORABLE if code == SET_NOT_STORABLE else decision.code
        return answers.message_set(said, asked.new_id, code)

    def _run(self, asked: MessageSet, own: bool, most: int | None = None) -> list[StoredAnswer]:
        """Do the requests of a set in their order, ``most`` of them at most."""
        done: list[StoredAnswer] = []
        stopped = False
        for request in asked.requests[:most]:
            if stopped and self._books.profile.habits.unprocessed == "missing":
                break
            answer = Answer(NOT_PROCESSED) if stopped else self._answer(request, asked, own)
            stopped = stopped or (asked.stop_on_error and answer.status.failed)
            done.append(answers.stored(request, answer))
        return done

    def _answer(self, request: Request, asked: MessageSet, own: bool) -> Answer:
        if len(request.request_id or "") > MAX_REQUEST_ID:
            return Answer(Status(1060, "The request ID is invalid: it may have 50 characters."))
        status = self._faults.status(request.type.name, own)
        if status:
            return Answer(status)
        try:
            if request.type.name in WRITES:
                return self._write(request, asked)
            return self._finder.find(request, asked.version)
        except RequestFailed as failed:
            return Answer(failed.status)

    def _write(self, request: Request, asked: MessageSet) -> Answer:
        """Do a write, and show its record as it is now."""
        write = WRITES[request.type.name]
        written = write.do(self._books, request.element)
        if not written.status.failed:
            self._books.writes += 1
        recovered = written.recovery if asked.version >= RECOVERY_SINCE else ""
        return Answer(written.status, self._shown(written, request, asked), recovery=recovered)

    def _shown(self, written: Written, request: Request, asked: MessageSet) -> tuple[str, ...]:
        shape = shape_of(request.element, asked.version, lines=True)
        query = QUERIES[WRITES[request.type.name].shown_by]
        return query.write(self._books, self._writers, (written.key,), shape)


def _names(asked: MessageSet) -> list[str]:
    return [request.type.name for request in asked.requests]
