"""What a route is, what it is asked, and what it answers."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from hashlib import blake2b
from typing import Any, ClassVar

from shared.errors import CannotBeMeant
from shared.models.store import Store
from shared.operations.contracts.schemas import Schema, object_of
from shared.operations.contracts.shapes import Json, Shape
from shared.operations.deciding import Operator
from shared.rules.tokens import Access, Caller
from shared.rules.values import Connection
from shared.structs import Value, field

BASE = "/api/v1"
MOST = 1000
"""How many records a page may have at the most."""


class BadParameter(CannotBeMeant):
    """A parameter of the address that cannot be read."""


class Parameter(Value):
    """What may be said after the ``?``; ``words`` are all that there are, empty: any text.

    ``many``: it may be said several times. A number is from ``least`` to ``most``.
    """

    name: str
    meaning: str
    words: tuple[str, ...] = ()
    many: bool = False
    least: int | None = None
    most: int | None = None
    default: Any = None

    @property
    def schema(self) -> Schema:
        """The JSON Schema of it."""
        one: Schema = {"type": "string"}
        if self.words == ("true", "false"):
            one = {"type": "boolean"}
        elif self.words:
            one = {"type": "string", "enum": list(self.words)}
        elif self.least is not None:
            one = {"type": "integer", "minimum": self.least, "maximum": self.most}
        if self.default is not None and not self.many:
            one["default"] = self.default
        return {"type": "array", "items": one} if self.many else one

    def read(self, texts: Sequence[str]) -> Any:
        """The value that was said. Raises BadParameter."""
        if self.many:
            return tuple(self._one(text) for text in texts)
        if len(texts) > 1:
            raise BadParameter(f"{self.name} is given {len(texts)} times.", "Give it once.")
        return self._one(texts[0]) if texts else self.default

    def _one(self, text: str) -> Any:
        if self.words and text not in self.words:
            remedy = f"It may be: {', '.join(self.words)}."
            raise BadParameter(f"{self.name} is {text[:40]!r}.", remedy)
        if self.words == ("true", "false"):
            return text == "true"
        if self.least is None or self.most is None:
            return text
        is_number = text.isascii() and text.isdecimal() and len(text) < 20
        if not is_number or not self.least <= int(text) <= self.most:
            remedy = f"Write a whole number from {self.least} to {self.most}."
            raise BadParameter(f"{self.name} is {text[:40]!r}.", remedy)
        return int(text)


class Asked(Value):
    """One request, read: who asks, for what. ``connection`` is None where no route names one."""

    route: str
    store: Store
    who: Caller
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any = None
    held: Connection | None = None

    @property
    def connection(self) -> Connection:
        """The connection of the address, which the token opens."""
        assert self.held is not None
        return self.held

    @property
    def by(self) -> Operator:
        """Who decides, as the audit trail keeps it."""
        return Operator(self.store, f"token {self.who.token_id} ({self.who.label})")

    @property
    def after(self) -> Any:
        """Where the page begins; None: it is the first. Raises BadParameter."""
        text = self.query.get("after")
        return None if text is None else read_place(text, self._list)

    def place(self, held: Any) -> str | None:
        """Where a page ended, as text that a program only hands back."""
        return None if held is None else place(held, self._list)

    @property
    def _list(self) -> str:
        return f"{self.route} {self.connection.id}"


class Found(Value):
    """What a route answers: JSON, and where the next page begins, if there is one."""

    json: Json
    next: str | None = None
    status: int = 200


class Answer(Value):
    """What goes out. ``headers`` are beyond those that every answer has."""

    HIDDEN: ClassVar = ("body",)

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    @property
    def etag(self) -> str:
        """What tells this content from any other."""
        return f'"{blake2b(self.body, digest_size=12).hexdigest()}"'


def encoded(json_: Json) -> bytes:
    """JSON as it goes out."""
    return json.dumps(json_, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


class Route(Value):
    """One method of one address: what it does, what it takes, what it answers."""

    method: str
    path: str
    name: str
    does: str
    run: Callable[[Asked], Found | Answer]
    answers: Schema
    parameters: tuple[Parameter, ...] = ()
    body: type | None = None
    access: Access = Access.READ
    own_units: bool = False
    waits: bool = False
    created: bool = False
    shows: str = ""
    told: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the address, between its slashes."""
        return tuple(self.path.removeprefix(f"{BASE}/").split("/"))

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.access is Access.WRITE

    def matches(self, parts: Sequence[str]) -> Mapping[str, str] | None:
        """What stands in the places that have a name; None where the address is another one."""
        if len(parts) != len(self.parts):
            return None
        pairs = list(zip(self.parts, parts, strict=True))
        if any(ours != theirs for ours, theirs in pairs if not ours.startswith("{")):
            return None
        return {ours.strip("{}"): theirs for ours, theirs in pairs if ours.startswith("{")}

    def read_query(self, said: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """What was said after the ``?``. Raises BadParameter, also for what is not known here."""
        known = {one.name: one for one in self.parameters}
        for name in said:
            if name not in known:
                raise BadParameter(
                    f"There is no parameter {name[:40]!r} here.",
                    f"Allowed: {', '.join(known)}." if known else "Leave it out.",
                )
        return {name: one.read(said.get(name, ())) for name, one in known.items()}


LIMIT = Parameter("limit", "maximum number of results", least=1, most=MOST, default=100)
AFTER = Parameter("after", "where the page begins: `next` of the previous page")
PAGED = (LIMIT, AFTER)


def list_of(shape: Shape[Any], **more: Schema) -> Schema:
    """The schema of a page."""
    told = "`after` of the next page; null: this is the last"
    return answer_of(shape, next={"type": ["string", "null"], "description": told}, **more)


def answer_of(shape: Shape[Any], **more: Schema) -> Schema:
    """The schema of an answer with several records, and what else is in it."""
    properties = {"data": {"type": "array", "items": object_of(shape)}, **more}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_MARK_BYTES = 6


def place(held: Any, of: str) -> str:
    """Where a page ended, as text that goes with the same list alone, which is ``of``."""
    content = json.dumps(held, default=_moment).encode()
    return base64.urlsafe_b64encode(_mark(content, of) + content).decode().rstrip("=")


def _mark(content: bytes, of: str) -> bytes:
    """What tells a place of another list, or one that was changed, by mistake."""
    return blake2b(content, digest_size=_MARK_BYTES, key=of.encode()).digest()


def _moment(held: Any) -> Any:
    if isinstance(held, datetime):
        return {"at": round(held.timestamp() * 1000)}
    assert isinstance(held, Enum), held
    return held.value


def read_place(text: str, of: str) -> Any:
    """What ``place`` made text of. Raises BadParameter for anything else."""
    try:
        whole = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        mark, content = whole[:_MARK_BYTES], whole[_MARK_BYTES:]
        if mark != _mark(content, of):
            raise bad_place(text)
        held = json.loads(content)
        if isinstance(held, list):
            return tuple(map(_part, held))
        return _part(held)
    except (ValueError, binascii.Error, RecursionError, OverflowError, TypeError, KeyError):
        raise bad_place(text) from None


def _part(held: Any) -> Any:
    if isinstance(held, dict):
        return datetime.fromtimestamp(int(held["at"]) / 1000, UTC)
    if isinstance(held, bool) or not isinstance(held, int | str):
        raise TypeError
    if isinstance(held, int) and abs(held) >= 2**63:
        raise ValueError
    if isinstance(held, str) and ("\x00" in held or not _is_text(held)):
        raise ValueError
    return held


def _is_text(held: str) -> bool:
    """Whether no character of it is half a one, which JSON can write and no store takes."""
    return not any("\ud800" <= one <= "\udfff" for one in held)


def bad_place(text: str) -> BadParameter:
    """What is said of a cursor that is none."""
    return BadParameter(
        f"after is {text[:40]!r}, where no page of this list ends.",
        "Send `next` of the previous page of the same list unchanged.",
    )
