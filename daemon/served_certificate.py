"""The certificate that an ``ssl:`` endpoint serves, read again when its files have changed.

Connections that are open go on with the one that they began with. A key that does not fit its
certificate, or a file that is half written, is told of once, and the one before is served on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from twisted.internet.interfaces import IOpenSSLContextFactory
from twisted.logger import Logger
from zope.interface import implementer

Stamp: TypeAlias = tuple[tuple[int, int, int] | None, ...]


@implementer(IOpenSSLContextFactory)
class ServedCertificate:
    """Gives the TLS context of new connections; ``read`` makes a context factory of the files.

    Raises what ``read`` raises when the first reading fails.
    """

    log = Logger()

    def __init__(self, read: Callable[[], Any], files: Sequence[Path]) -> None:
        self._read = read
        self._files = files
        self._stamp = self._look()
        self._options = read()

    def getContext(self) -> Any:  # noqa: N802 - Twisted's name
        """The context for the next connection."""
        return self._options.getContext()

    def read_again(self, *, always: bool = False) -> bool:
        """Read the files if they have changed, or ``always``; whether others are served now."""
        stamp = self._look()
        if stamp == self._stamp and not always:
            return False
        self._stamp = stamp
        try:
            options = self._read()
            options.getContext()  # here it shows whether key and certificate belong together
        except Exception as why:
            self.log.error(  # noqa: TRY400 - a sentence, no traceback
                "The certificate of {files} cannot be used, so the one before is served on: "
                "{problem}. Put a certificate and the key that belongs to it there",
                files=self._shown,
                problem=str(why) or type(why).__name__,
            )
            return False
        self._options = options
        self.log.info("The certificate of {files} was read again", files=self._shown)
        return True

    @property
    def _shown(self) -> str:
        return ", ".join(map(str, self._files))

    def _look(self) -> Stamp:
        """What tells that a file is another one, behind symbolic links, too."""
        return tuple(map(_stamp, self._files))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size)
