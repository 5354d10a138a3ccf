"""What a plan wants: a request to go out, and what an answer means for the session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from shared.qbxml.requests import Request
from shared.structs import Value, field


class Ask(Value):
    """A message set to be written and handed out.

    Its answer carries ``request_id``. With ``set_id`` and no request it asks what QuickBooks
    remembers of that set.
    """

    step: str
    request_id: str
    requests: Sequence[Request] = ()
    set_id: str = ""


class AskWrite(Value):
    """A write to QuickBooks whose exact bytes are committed already."""

    HIDDEN: ClassVar = ("request",)

    step: str
    request_id: str
    request: bytes


class Answered(Value):
    """What an answer said, without its rows.

    ``status`` is the worst of the message set. ``count`` is the sum of retCount,
    ``rows`` the records in it; ``changed`` of them were taken in, ``idle`` were known as
    they are, ``failed`` need a person. ``remaining`` is None when the answer did not say.
    ``asked_twice`` means that the request was handed out more than once.
    """

    status: int = 0
    said: str = ""
    rows: int = 0
    changed: int = 0
    idle: int = 0
    failed: int = 0
    remaining: int | None = None
    iterator_id: str = ""
    newest: str = ""
    asked_twice: bool = False
    seconds: float = 0.0
    size_bytes: int = 0


class GoOn(Value):
    """The answer was understood."""


class Pause(Value):
    """QuickBooks was busy: ask again after this many pauses of five seconds."""

    pauses: int


class GiveUpOn(Value):
    """QuickBooks refuses this one record: it becomes a problem, and the rest goes on."""

    object_id: str
    status: int
    said: str


class NotTakenIn(Value):
    """The answer with this one record can never be read: it becomes a problem, the rest goes on.

    ``said`` is why, as a clause.
    """

    object_id: str
    said: str


class Gone(Value):
    """QuickBooks no longer has this one record."""

    object_id: str


class Fail(Value):
    """The sync ends here; ``code`` is the hint, ``facts`` fill its sentence.

    ``on_file``: its problem is on file already.
    """

    code: str
    said: str
    on_file: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)


Move = GoOn | Pause | GiveUpOn | NotTakenIn | Gone | Fail


class Progress(Value):
    """How far a stage is: records done, expected and failed, and what is being done."""

    step: str
    doing: str
    percent: int
    position: int
    total: int
    failed: int
