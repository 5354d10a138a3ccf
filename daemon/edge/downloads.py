"""A generated file behind a link that works once: ``/download/TOKEN``.

A GET shows a page with a button, and the POST of the button takes the file: programs that look
at the links of a mail or a chat use nothing up. Whoever has the link gets the file, so its token
is as secret as a ticket until it was used: nothing here logs it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from html import escape
from typing import ClassVar, TypeAlias, TypeVar

from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web import http

from daemon.edge.pages import PAGE_HEADERS, page
from daemon.failures import tell
from shared.models.downloads import LIFETIME, PATH, TOKEN_BYTES, Offered
from shared.structs import Value

T = TypeVar("T")

Take: TypeAlias = Callable[[str], Awaitable[Offered | None]]
"""Hand over what a token stands for, once; None for a token that opens nothing (any more)."""

Look: TypeAlias = Callable[[str], Awaitable[str | None]]
"""Name the file that a token still stands for, and leave it there; else None."""

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


class Reply(Value):
    """What goes back to the browser."""

    HIDDEN: ClassVar = ("content",)

    status: int
    headers: dict[bytes, bytes]
    content: bytes


def token_in(path: str) -> str | None:
    """Return what stands behind ``/download/``; None for any other path."""
    return path.removeprefix(f"{PATH}/") if path.startswith(f"{PATH}/") else None


class Downloads:
    """Answers for links; ``take`` ends only after its transaction was committed."""

    log = Logger()

    def __init__(self, look: Look, take: Take) -> None:
        self._look = look
        self._take = take

    async def show(self, token: str, peer: str) -> Reply:
        """A page with a button for the file, which stays where it is; else why there is none."""
        return await self._reply(self._look, token, peer, self._offer)

    async def hand_over(self, token: str, peer: str) -> Reply:
        """The file, once; else a page that says why not."""

        def send(offered: Offered) -> Reply:
            self.log.info(
                "{file} was fetched from {peer} with the link that {who} made",
                file=offered.file_name,
                peer=peer,
                who=offered.who,
            )
            return Reply(http.OK, _file_headers(offered.file_name), offered.content)

        return await self._reply(self._take, token, peer, send)

    async def _reply(
        self,
        ask: Callable[[str], Awaitable[T | None]],
        token: str,
        peer: str,
        reply: Callable[[T], Reply],
    ) -> Reply:
        try:
            found = await ask(token) if _TOKEN.fullmatch(token) else None
        except Exception as error:
            return self._later(error)
        if found is None:
            self.log.info("A link that opens nothing was tried from {peer}", peer=peer)
            return Reply(http.NOT_FOUND, PAGE_HEADERS, _GONE)
        return reply(found)

    def _offer(self, file_name: str) -> Reply:
        content = page(
            f"Download {file_name}",
            f"<code>{escape(file_name)}</code> is a file for the QuickBooks Web Connector. The "
            "button saves it to this computer.",
            "The link works once: the download uses it up. Opening this page does not.",
            button=f"Download {file_name}",
        )
        return Reply(http.OK, PAGE_HEADERS, content)

    def _later(self, error: Exception) -> Reply:
        """Nothing was committed, so the link is still good."""
        tell(self.log, "A download has to wait", Failure(error))
        return Reply(http.SERVICE_UNAVAILABLE, PAGE_HEADERS, _LATER)


def _file_headers(file_name: str) -> dict[bytes, bytes]:
    name = _UNSAFE.sub("_", file_name).encode("ascii")
    return {
        b"Content-Type": b"application/x-qwc",
        b"Content-Disposition": b'attachment; filename="%s"' % name,
        b"X-Content-Type-Options": b"nosniff",
        b"Referrer-Policy": b"no-referrer",
    }
