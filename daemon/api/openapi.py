"""The OpenAPI document: every route with what it takes and answers, from the one table.

python -m daemon.api.openapi > docs/openapi.json
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from daemon.api import problem_details
from daemon.api.routes import BASE, Route
from daemon.api.table import ROUTES
from shared.about import VERSION
from shared.operations.contracts.schemas import Schema, request_of

DOCUMENT_PATH = f"{BASE}/openapi.json"
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_REFUSALS = {
    400: "a parameter or the body cannot be read",
    401: "the token is missing or invalid",
    403: "the token allows reading only",
    404: "it does not exist, or the token gives no access to it",
    409: "it cannot be done in its current state, or somebody has to confirm it",
    410: "events after this cursor are no longer available: start over",
    412: "it does not match `If-Match` or `If-None-Match`",
    415: "the body is not JSON",
    422: "the request is not valid",
    429: "too many wrong tokens from this address",
    503: "the store is not available right now: try again",
}
_ETAG = {"description": "the ETag of this content", "schema": {"type": "string"}}
_LINK = {"description": 'the next page, as rel="next"', "schema": {"type": "string"}}


def document(routes: Sequence[Route] = ROUTES) -> Schema:
    """The document, the same each time."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"Problem": problem_details.SCHEMA}
    for route in routes:
        operation = _named(_operation(route), schemas)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Deskbridge",
            "version": VERSION,
            "description": (
                "QuickBooks Desktop for any program: read invoices and customers, "
                "send payments, follow events. Amounts are text with two "
                "decimals, times are RFC 3339 in UTC."
            ),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "created with `deskbridge token add LABEL`",
                }
            },
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _named(held: Any, schemas: dict[str, Any]) -> Any:
    """The same with each object that has a title put aside once, and referred to by its name."""
    if isinstance(held, list):
        return [_named(one, schemas) for one in held]
    if not isinstance(held, dict):
        return held
    inner = {key: _named(one, schemas) for key, one in held.items()}
    if not isinstance(inner.get("title"), str) or inner.get("type") != "object":
        return inner
    told = inner.pop("description", None)
    name = next(name for name in _names(inner.pop("title")) if schemas.get(name, inner) == inner)
    schemas[name] = inner
    reference = {"$ref": f"#/components/schemas/{name}"}
    return {**reference, "description": told} if told else reference


def _names(title: str) -> Iterator[str]:
    """The title, with a number where another object has it."""
    yield title
    yield from (f"{title}{number}" for number in count(2))


def _operation(route: Route) -> Schema:
    made: Schema = {
        "operationId": route.name,
        "summary": route.does,
        "tags": [route.parts[2] if len(route.parts) > 2 else "connections"],
        "parameters": [*_in_path(route), *_in_query(route), *_headers(route)],
        "responses": _responses(route),
    }
    if route.told:
        made["description"] = route.told
    if route.body is not None:
        made["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": request_of(route.body)}},
        }
    return made


_PLACES = {
    "name": "the name of the connection",
    "invoice": "TxnID or number of the invoice",
    "list_id": "ListID of the customer",
    "external_id": "your ID for the payment; its TxnID or number also works for reading",
    "number": "its number",
}


def _in_path(route: Route) -> Iterator[Schema]:
    for name in re.findall(r"{(\w+)}", route.path):
        schema: Schema = {"type": "string", "minLength": 1}
        if name == "number":
            schema = {"type": "integer", "minimum": 1, "maximum": 2**53}
        told = {"description": _PLACES[name], "schema": schema}
        yield {"name": name, "in": "path", "required": True, **told}


def _in_query(route: Route) -> Iterator[Schema]:
    for one in route.parameters:
        yield {"name": one.name, "in": "query", "description": one.meaning, "schema": one.schema}


def _headers(route: Route) -> Iterator[Schema]:
    if not route.writes:
        told = "the ETag of what you have: nothing is sent if it is still the same"
        yield _header("If-None-Match", told)
    if route.writes and route.method in ("POST", "PATCH"):
        told = (
            "a text of your own for each request: repeating a request with it is "
            "safe, and returns the same answer for 24 hours, unless that was a refusal"
        )
        yield _header("Idempotency-Key", told, minLength=1, maxLength=255, pattern="^[!-~]+$")
    if route.shows:
        told = "the ETag of what you read: the request is refused if it has changed"
        yield _header("If-Match", told)
    if route.created:
        yield _header(
            "If-None-Match", "`*`: the request is refused if there is such a record already"
        )


def _header(name: str, told: str, **bounds: int | str) -> Schema:
    schema = {"type": "string", **bounds}
    return {"name": name, "in": "header", "description": told, "schema": schema}


def _responses(route: Route) -> Schema:
    headers: Schema = {} if route.writes else {"ETag": _ETAG}
    if any(one.name == "after" and one.least is None for one in route.parameters):
        headers["Link"] = _LINK
    good: Schema = {
        "description": "done" if route.writes else "what exists",
        "content": {"application/json": {"schema": route.answers}},
        **({"headers": headers} if headers else {}),
    }
    found: Schema = {"200": good}
    if route.created:
        found["201"] = {**good, "description": "it is new"}
    if not route.writes:
        found["304"] = {"description": "it is what `If-None-Match` names"}
    for status, told in _REFUSALS.items():
        if _may_be(route, status):
            content = {problem_details.TYPE: {"schema": _PROBLEM}}
            if status == 400:  # what is no HTTP at all is refused before there is any JSON
                content["text/plain"] = {"schema": {"type": "string"}}
            found[str(status)] = {"description": told, "content": content}
    return found


def _may_be(route: Route, status: int) -> bool:
    names_document = "{invoice}" in route.path or "{external_id}" in route.path
    only_if = {
        403: route.writes,
        409: route.writes,
        410: route.own_units,
        412: bool(route.shows),
        415: route.body is not None,
        422: route.writes or names_document,
    }
    return only_if.get(status, True)


def text() -> str:
    """The document as it is served and committed."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
