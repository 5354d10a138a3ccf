"""A session with QuickBooks: message sets in, answers out, iterators that die with it."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from lxml import etree

from simulator.company import message_set
from simulator.company.answers import escape
from simulator.company.books import Books
from simulator.company.errors import (
    CRASHES,
    HRESULTS,
    NO_SESSION,
    NOT_PROCESSED,
    NOTHING_FOUND,
    OK,
    STATUS_MESSAGES,
    QuickBooksError,
    RequestFailed,
    Status,
)
from simulator.company.filters import Selection
from simulator.company.message_set import MessageSet, Request
from simulator.company.queries import QUERIES, Writers, shape_of
from simulator.company.records import Fault

MAX_REQUEST_ID, MAX_SET_ID = 50, 23
ITERATOR_GONE = 3391
HANDSHAKE = ("HostQueryRq", "CompanyQueryRq", "PreferencesQueryRq")
_UNNAMED = "QuickBooks could not do what was asked."
_NOT_REPEATED = ("MaxReturned",)  # the one element that may change from page to page


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request is answered with; the numbers are None where QuickBooks says none."""

    status: Status = OK
    records: tuple[str, ...] = ()
    count: int | None = None
    remaining: int | None = None
    iterator_id: str = ""


@dataclass(frozen=True, slots=True)
class _Iterator:
    """A list fixed at Start: the ids still to come, and the query that must be repeated."""

    query: bytes
    left: tuple[str, ...]


class QuickBooksSession:
    """What an application may do between opening and closing its session. Not thread-safe."""

    def __init__(self, books: Books, application_name: str, owner_id: str) -> None:
        self._books = books
        self._owner_id = owner_id
        self._open = True
        self._iterators: dict[str, _Iterator] = {}
        self._writers = Writers(books)
        books.sessions += 1
        self._random = random.Random(f"{books.seed} {books.now} {books.sessions}")
        self.application_name = application_name

    def process(self, request: str | bytes) -> str:
        """Answer one message set: qbXML, plain ASCII, without a qbxml instruction.

        Raises QuickBooksError when QuickBooks refuses the call as a whole.
        """
        self._must_be_open()
        asked = message_set.read(request, self._books.profile.product.versions)
        return self._call(asked)

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
        return self._call(asked, own=False)

    def close(self) -> None:
        """End the session, and its iterators with it. Closing twice does no harm."""
        self._open = False

    def _must_be_open(self) -> None:
        if not self._open:
            raise QuickBooksError(NO_SESSION, HRESULTS[NO_SESSION], "the session has ended")

    # Faults that are rehearsed.

    def _call(self, asked: MessageSet, *, own: bool = True) -> str:
        """Answer a set, or fail as planned: before anything is done, or with the answer lost.

        ``own`` is False for the Web Connector's set, which unnamed faults pass by.
        """
        names = [request.type.name for request in asked.requests]
        fault = self._use_up(names, own, hresult=True)
        if fault and not fault.done:
            self._fail(fault)
        answer = self._answer_set(asked, own)
        if fault:
            self._fail(fault)
        return answer

    def _use_up(self, names: list[str], own: bool, *, hresult: bool) -> Fault | None:
        """The first planned fault that the requests bring on; it comes once less from now on."""
        for n, fault in enumerate(self._books.faults):
            meant = fault.request in names or (own and not fault.request)
            if meant and fault.is_hresult is hresult:
                rest = [fault._replace(times=fault.times - 1)] if fault.times > 1 else []
                self._books.faults[n : n + 1] = rest
                return fault
        return None

    def _fail(self, fault: Fault) -> None:
        if fault.code in CRASHES:
            self.close()
        message = fault.message or HRESULTS.get(fault.code, "An unexpected error occurred.")
        raise QuickBooksError(fault.code, message, "this fault was rehearsed")

    # Message sets and requests.

    def _answer_set(self, asked: MessageSet, own: bool) -> str:
        code = _set_status(asked)
        answers, stopped = [], False
        for request in asked.requests if code != "9004" else ():
            answer = Answer(NOT_PROCESSED) if stopped else self._answer(request, asked, own)
            stopped = stopped or (asked.stop_on_error and answer.status.failed)
            answers.append(_answer_text(request, answer, with_data=asked.with_data))
        new = f' newMessageSetID="{escape(asked.new_id)}"' if asked.new_id is not None else ""
        status = f' messageSetStatusCode="{code}"' if code else ""
        return (
            f'<?xml version="1.0" ?>\n<QBXML>\n<QBXMLMsgsRs{new}{status}>\n'
            f"{''.join(answers)}</QBXMLMsgsRs>\n</QBXML>\n"
        )

    def _answer(self, request: Request, asked: MessageSet, own: bool) -> Answer:
        if len(request.request_id or "") > MAX_REQUEST_ID:
            return Answer(Status(1060, "The request ID is invalid: it may have 50 characters."))
        fault = self._use_up([request.type.name], own, hresult=False)
        if fault:
            code = int(fault.code)
            return Answer(Status(code, fault.message or STATUS_MESSAGES.get(code, _UNNAMED)))
        try:
            return self._find(request, asked)
        except RequestFailed as failed:
            return Answer(failed.status)

    def _find(self, request: Request, asked: MessageSet) -> Answer:
        if request.iterator in ("Continue", "Stop"):
            return self._go_on(request, asked)
        most = request.element.findtext("MaxReturned")
        if request.iterator and most is None:
            raise RequestFailed(3150, "There is a missing element: MaxReturned")
        found = QUERIES[request.type.name].select(self._books, request.element)
        ids = found.ids if most is None else found.ids[: int(most)]
        count = None if request.metadata == "NoMetaData" else len(ids)
        if request.metadata == "MetaDataOnly":
            return Answer(_status(found), count=count)
        answer = Answer(_status(found), self._write(request, asked, ids), count)
        if request.iterator:
            return self._start(request, answer, found.ids[len(ids) :])
        return answer

    def _write(self, request: Request, asked: MessageSet, ids: tuple[str, ...]) -> tuple[str, ...]:
        shape = shape_of(request.element, asked.version)
        return QUERIES[request.type.name].write(self._books, self._writers, ids, shape)

    # Iterators.

    def _start(self, request: Request, answer: Answer, left: tuple[str, ...]) -> Answer:
        bits = f"{self._random.getrandbits(128):032x}"
        iterator_id = f"{{{bits[:8]}-{bits[8:12]}-{bits[12:16]}-{bits[16:20]}-{bits[20:]}}}"
        if left:
            self._iterators[iterator_id] = _Iterator(_without_count(request.element), left)
        return replace(answer, remaining=len(left), iterator_id=iterator_id)

    def _go_on(self, request: Request, asked: MessageSet) -> Answer:
        """The next page; rows deleted since the start are missing from it."""
        iterator = self._iterators.get(request.iterator_id)
        if iterator is None:
            raise RequestFailed(
                ITERATOR_GONE, f'The iterator "{request.iterator_id}" is invalid or has ended.'
            )
        if request.iterator == "Stop":
            del self._iterators[request.iterator_id]
            return Answer(remaining=0, iterator_id=request.iterator_id)
        if _without_count(request.element) != iterator.query:
            raise RequestFailed(
                ITERATOR_GONE, "The iterator cannot be used: the query differs from its start."
            )
        most = request.element.findtext("MaxReturned")
        if most is None:
            raise RequestFailed(3150, "There is a missing element: MaxReturned")
        ids, left = iterator.left[: int(most)], iterator.left[int(most) :]
        if left:
            self._iterators[request.iterator_id] = replace(iterator, left=left)
        else:
            del self._iterators[request.iterator_id]
        records = self._write(request, asked, ids)
        count = None if request.metadata == "NoMetaData" else len(records)
        status = OK if records or left else NOTHING_FOUND
        return Answer(status, records, count, len(left), request.iterator_id)


def _status(found: Selection) -> Status:
    if found.missing:
        return Status(
            500,
            "The query request has not been fully completed. There was a required element "
            f'("{found.missing}") that could not be found in QuickBooks.',
        )
    return OK if found.ids else NOTHING_FOUND


def _set_status(asked: MessageSet) -> str:
    """The messageSetStatusCode, when the set carries ids: too long, or nothing kept under them."""
    ids = [given for given in (asked.new_id, asked.old_id) if given is not None]
    if not ids:
        return ""
    if any(len(given) > MAX_SET_ID for given in ids):
        return "9004"
    return "0" if asked.requests else "600"


def _without_count(query: etree._Element) -> bytes:
    """The query as it must be repeated on every page."""
    kept = [child for child in query if child.tag not in _NOT_REPEATED]
    return query.tag.encode() + b"".join(etree.tostring(one, method="c14n") for one in kept)


def _answer_text(request: Request, answer: Answer, *, with_data: bool) -> str:
    name = request.type.name.removesuffix("Rq") + "Rs"
    status = answer.status
    attributes = {
        "requestID": request.request_id,
        "statusCode": status.code,
        "statusSeverity": status.severity,
        "statusMessage": status.message,
        "retCount": answer.count,
        "iteratorRemainingCount": answer.remaining,
        "iteratorID": answer.iterator_id or None,
    }
    head = " ".join(
        f'{key}="{escape(str(value))}"' for key, value in attributes.items() if value is not None
    )
    if not answer.records or not with_data:
        return f"<{name} {head} />\n"
    return f"<{name} {head}>\n{''.join(answer.records)}</{name}>\n"
