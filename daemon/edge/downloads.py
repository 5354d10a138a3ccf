"""A generated file behind a link that works once: ``GET /download/TOKEN``.

Whoever has the link gets the file, so its token is as secret as a ticket until it was used:
nothing here logs it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web import http

from daemon.edge.pages import PAGE_HEADERS, page
from shared.errors import StoreError
from shared.models.downloads import LIFETIME, PATH, TOKEN_BYTES, Offered

Take: TypeAlias = Callable[[str], Awaitable[Offered | None]]
"""Hand over what a token stands for, once; None for a token that opens nothing (any more)."""

_TOKEN = re.compile(rf"[0-9a-f]{{{2 * TOKEN_BYTES}}}")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_MINUTES = int(LIFETIME.total_seconds()) // 60
_GONE = page(
    "This link does not work",
    (
        f"It works once and for {_MINUTES} minutes: it was already used, has expired, or is "
        "incomplete."
    ),
    "Ask the person who sent it for a new one.",
)
_LATER = page(
    "Please try again in a minute",
    (
        "The file cannot be downloaded right now. The link is still valid: open it again in a "
        "minute."
    ),
)


@dataclass(frozen=True)
class Reply:
    """What goes back to the browser."""

    status: int
    headers: dict[bytes, bytes]
    content: bytes = field(repr=False)


def token_in(path: str) -> str | None:
    """Return what stands behind ``/download/``; None for any other path."""
    return path.removeprefix(f"{PATH}/") if path.startswith(f"{PATH}/") else None


class Downloads:
    """Answers for links; ``take`` ends only after its transaction was committed."""

    log = Logger()

    def __init__(self, take: Take) -> None:
        self._take = take

    async def reply(self, token: str, peer: str) -> Reply:
        """The file, or a page that says why not."""
        try:
            offered = await self._take(token) if _TOKEN.fullmatch(token) else None
        except Exception as error:
            return self._later(error)
        if offered is None:
            self.log.info("A link that opens nothing was tried from {peer}", peer=peer)
            return Reply(http.NOT_FOUND, PAGE_HEADERS, _GONE)
        self.log.info(
            "{file} was fetched from {peer} with the link that {who} made",
            file=offered.file_name,
            peer=peer,
            who=offered.who,
        )
        return Reply(http.OK, _file_headers(offered.file_name), offered.content)

    def _later(self, error: Exception) -> Reply:
        """Nothing was committed, so the link is still good."""
        if isinstance(error, StoreError):
            self.log.error("A download has to wait: {why}", why=str(error))
        else:
            self.log.failure("A download failed", Failure(error))
        return Reply(http.SERVICE_UNAVAILABLE, PAGE_HEADERS, _LATER)


def _file_headers(file_name: str) -> dict[bytes, bytes]:
    name = _UNSAFE.sub("_", file_name).encode("ascii")
    return {
        b"Content-Type": b"application/x-qwc",
        b"Content-Disposition": b'attachment; filename="%s"' % name,
        b"X-Content-Type-Options": b"nosniff",
        b"Referrer-Policy": b"no-referrer",
    }
