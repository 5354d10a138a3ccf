"""Files that wait behind a link that works once, and not for long.

A link alone opens nothing: a ``.qwc`` file holds no password. The token in it is random and
handed out once, by ``offer``; the store keeps its hash.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from shared.models import tables as t
from shared.models.convert import millis
from shared.models.statements import Statement, insert_row, slot
from shared.structs import Value

LIFETIME = timedelta(minutes=15)
CLOCK_TOLERANCE = timedelta(minutes=1)
TOKEN_BYTES = 16
PATH = "/download"


class Offered(Value):
    """A file as it is handed over; ``who`` made the link."""

    HIDDEN: ClassVar = ("content",)

    file_name: str
    content: bytes
    who: str


def offer(
    content: bytes,
    file_name: str,
    who: str,
    now: datetime,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> str:
    """Keep a file for ``LIFETIME`` and return the token that fetches it once.

    The token is 128 bits as 32 hexadecimal digits, so that no program cuts the link short.
    """
    prune(now)
    token = random(TOKEN_BYTES).hex()
    _OFFER.value(
        token_hash=_hash(token),
        file_name=file_name,
        content=content,
        who=who,
        created_ms=millis(now),
        expires_ms=millis(now + LIFETIME),
    )
    return token


_OFFER = insert_row(t.Download)


def link(public_url: str, token: str) -> str:
    """Return the address that fetches the file from a daemon at ``public_url``."""
    return f"{public_url.rstrip('/')}{PATH}/{token}"


def waiting(token: str, now: datetime) -> str | None:
    """Name the file that ``take`` would hand over now; None where it would not."""
    row = _WAITING.one(token_hash=_hash(token), **_limits(now))
    return None if row is None else str(row[0])


def take(token: str, now: datetime) -> Offered | None:
    """Hand a file over, once: None for a token that is unknown, used or too old.

    Two that ask at the same instant, of whichever daemons, do not both get it. A link of the
    future is too old as well: the clock was set back since, nobody knows when.
    """
    token_hash = _hash(token)
    if not _CLAIM.run(token_hash=token_hash, **_limits(now)):
        return None
    file_name, content, who = _CLAIMED.all(token_hash=token_hash)[0]
    return Offered(file_name, bytes(content), who)


def _limits(now: datetime) -> dict[str, int]:
    latest_ms = millis(now + LIFETIME + CLOCK_TOLERANCE)
    return {"now_ms": millis(now), "latest_ms": latest_ms}


def _works() -> Any:
    """Whether the link is unused and in its time."""
    return (
        t.Download.has("token_hash", used_ms=None)
        & (t.Download.expires_ms > slot("now_ms"))
        & (t.Download.expires_ms <= slot("latest_ms"))
    )


_WAITING = Statement(lambda: t.Download.select("file_name").where(_works()))
_CLAIM = Statement(lambda: t.Download.update(used_ms=slot("now_ms")).where(_works()))
_CLAIMED = Statement(
    lambda: t.Download.select("file_name", "content", "who").where(t.Download.has("token_hash"))
)


def prune(now: datetime) -> int:
    """Forget files whose time is over, fetched or not; return how many."""
    return _PRUNE.run(now_ms=millis(now))


_PRUNE = Statement(lambda: t.Download.delete().where(t.Download.expires_ms <= slot("now_ms")))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
