"""What is refused, as problem details (RFC 9457): a code for programs, words and a remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from daemon.api.routes import BASE, Answer, BadParameter, encoded
from shared.errors import CannotBeMeant, NotFound, StoreError, StoreUnavailable
from shared.operations.contracts.schemas import Schema
from shared.operations.deciding import Need, NotConfirmed, PlanIsStale
from shared.operations.events import CursorLost
from shared.operations.programs import Forbidden, KeyReused, Unauthorized

TYPE = "application/problem+json"
RETRY_SECONDS = 5
_LONGEST = 1000

TITLES: Mapping[str, tuple[int, str]] = {
    "bad-parameter": (400, "A parameter cannot be read"),
    "bad-body": (400, "The body cannot be read"),
    "no-request": (400, "This is not an HTTP/1.1 request"),
    "token-wrong": (401, "The token is missing or invalid"),
    "token-reads-only": (403, "The token allows reading only"),
    "not-found": (404, "Not found"),
    "method-not-allowed": (405, "The address does not support this method"),
    "needs-confirmation": (409, "Somebody has to confirm this"),
    "not-possible": (409, "This cannot be done in its current state"),
    "changed-meanwhile": (409, "It changed in the meantime"),
    "payment-changed-after-sending": (409, "The payment was already sent"),
    "cursor-lost": (410, "Events after this cursor are no longer available"),
    "length-missing": (411, "The length of the body is missing"),
    "etag-differs": (412, "It is not what the request expects"),
    "body-too-large": (413, "The body is too large"),
    "not-json": (415, "The body is not JSON"),
    "cannot-be-meant": (422, "The request is not valid"),
    "key-reused": (422, "The Idempotency-Key was used for another request"),
    "too-many-guesses": (429, "Too many wrong tokens"),
    "store-unavailable": (503, "The store is not available right now"),
    "failed": (500, "This is a bug in Deskbridge"),
}


_HEADERS = {
    401: {"WWW-Authenticate": 'Bearer realm="Deskbridge"'},
    503: {"Retry-After": str(RETRY_SECONDS)},
}
_REMEDIES = {
    "not-possible": "Read it again: what can be done follows from its state.",
    "cannot-be-meant": "Correct the request and send it again.",
    "store-unavailable": "Send it again after the time in Retry-After.",
}
"""What to do where a refusal itself does not know more."""


def problem(code: str, sentence: str, remedy: str = "", **more: Any) -> Answer:
    """The answer for a refusal."""
    status, title = TITLES[code]
    told = {
        "type": f"urn:deskbridge:{code}",
        "title": title,
        "status": status,
        "detail": sentence,
        "code": code,
        "remedy": remedy or _REMEDIES.get(code, ""),
        **more,
    }
    return Answer(status, encoded(told), _HEADERS.get(status, {}), TYPE)


_OF_PROGRAMS: Mapping[type[Exception], tuple[str, str, str]] = {
    Unauthorized: (
        "token-wrong",
        "This needs an API token, and it is missing or invalid.",
        "Send Authorization: Bearer TOKEN. To create a token: deskbridge token add LABEL",
    ),
    Forbidden: (
        "token-reads-only",
        "This token allows reading only.",
        "Create another one: deskbridge token add LABEL --access write",
    ),
    KeyReused: (
        "key-reused",
        "This Idempotency-Key was used for another request before.",
        "Use a new key for each request, and the same key only to repeat the same request.",
    ),
}


def problem_of(error: Exception) -> Answer:
    """The answer for what an operation refuses. Raises KeyError for what it should never raise."""
    return (
        _of_store(error) if isinstance(error, StoreError) else problem(*_OF_PROGRAMS[type(error)])
    )


def _of_store(error: StoreError) -> Answer:
    if isinstance(error, StoreUnavailable):
        # Where the store is, and what is wrong with it, is for the log.
        return problem("store-unavailable", "Deskbridge cannot use its store right now.")
    if isinstance(error, NotConfirmed):
        remedy = "Have somebody confirm it, then send the codes in `confirm`."
        return problem("needs-confirmation", error.sentence, remedy, needs=needs_of(error.needs))
    codes: Mapping[type[StoreError], str] = {
        BadParameter: "bad-parameter",
        NotFound: "not-found",
        CannotBeMeant: "cannot-be-meant",
        PlanIsStale: "changed-meanwhile",
        CursorLost: "cursor-lost",
    }
    code = next((codes[kind] for kind in codes if isinstance(error, kind)), "not-possible")
    return problem(code, _on_one_line(error.sentence), error.remedy or _where_it_would_be(error))


def _on_one_line(text: str) -> str:
    """Several sentences follow each other; a name is not given back however long it is."""
    text = " ".join(text.splitlines())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _where_it_would_be(error: StoreError) -> str:
    if not isinstance(error, NotFound):
        return ""
    what = "" if error.what == "connection" else f"/{{name}}/{error.what}s"
    return f"See GET {BASE}/connections{what}"


def needs_of(needs: Iterable[Need]) -> list[Any]:
    """What somebody has to confirm, as JSON."""
    return [{"code": need.code, "sentence": need.sentence} for need in needs]


def needs_schema(told: str) -> Schema:
    """The schema of what ``needs_of`` makes; ``told`` says when it is there."""
    properties = {"code": {"type": "string"}, "sentence": {"type": "string"}}
    one = {"type": "object", "properties": properties, "required": ["code", "sentence"]}
    return {"type": "array", "description": told, "items": one}


SCHEMA: Schema = {
    "type": "object",
    "description": "What was refused, and what to do (RFC 9457).",
    "properties": {
        "type": {"type": "string", "description": "the code as a URN"},
        "title": {"type": "string", "description": "what it is, the same for each code"},
        "status": {"type": "integer", "description": "the HTTP status"},
        "detail": {"type": "string", "description": "what happened, for people"},
        "code": {"type": "string", "description": "for programs: it stays the same"},
        "remedy": {"type": "string", "description": "what to do"},
        "needs": needs_schema("what somebody has to confirm, when nothing else is missing"),
    },
    "required": ["type", "title", "status", "detail", "code", "remedy"],
}
