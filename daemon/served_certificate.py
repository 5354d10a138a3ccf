"""The certificate that an endpoint serves, read again when its files have changed.

Connections that are open go on with the one that they began with. A key that does not fit its
certificate, or a file that is half written, is told of once, and the one before is served on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.logger import Logger
from zope.interface import implementer

from daemon.certificates import ends_at, files_of

Stamp: TypeAlias = dict[Path, tuple[int, int, int] | None]


@implementer(IOpenSSLServerConnectionCreator)
class ServedCertificate:
    """Gives the TLS context of new connections; ``read`` reads the files of ``endpoint``.

    What ``read`` returns makes a context, and raises where key and certificate do not belong
    together. Raises what ``read`` raises when the first reading fails. ``ends_at`` is the moment
    at which the first certificate of those that are served runs out.
    """

    log = Logger()

    def __init__(self, endpoint: str, read: Callable[[], Callable[[], Any]]) -> None:
        self._endpoint = endpoint
        self._read = read
        self._stamp = self._look()
        self._context_of = read()
        self.ends_at: datetime | None = ends_at(files_of(endpoint))

    def getContext(self) -> Any:  # noqa: N802 - Twisted's name
        """The context for the next connection."""
        return self._context_of()

    def serverConnectionForTLS(self, _protocol: Any) -> Any:  # noqa: N802 - Twisted's name
        """TLS for a connection that begins now."""
        from OpenSSL.SSL import Connection

        return Connection(self.getContext(), None)

    def read_again(self, *, always: bool = False) -> bool:
        """Read the files if they have changed, or ``always``; whether others are served now."""
        stamp = self._look()
        if stamp == self._stamp and not always:
            return False
        self._stamp = stamp
        try:
            context_of = self._read()
            context_of()  # here it shows whether key and certificate belong together
            end = ends_at(files_of(self._endpoint))
        except Exception as why:
            self.log.error(  # noqa: TRY400 - a sentence, no traceback
                "The certificate of {files} cannot be used, so the one before is served on: "
                "{problem}. Put a certificate and the key that belongs to it there",
                files=_shown(stamp),
                problem=str(why) or type(why).__name__,
            )
            return False
        self._context_of, self.ends_at = context_of, end
        self.log.info("The certificate of {files} was read again", files=_shown(stamp))
        return True

    def _look(self) -> Stamp:
        """What tells that a file is another one, behind symbolic links, too."""
        return {path: _stamp(path) for path in files_of(self._endpoint)}


def first_end(certificates: Sequence[ServedCertificate]) -> datetime | None:
    """When the first of them runs out; None without TLS."""
    return min((one.ends_at for one in certificates if one.ends_at is not None), default=None)


def _shown(stamp: Stamp) -> str:
    return ", ".join(map(str, stamp))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size)
