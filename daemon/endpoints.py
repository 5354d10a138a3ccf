"""From an endpoint string to what listens, with a certificate that can be read again.

Beside Twisted's own kinds: ``systemd:`` with a certificate, which serves TLS on a socket that
systemd opened, on port 443 for a service that may not bind it, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.endpoints import serverFromString, wrapServerTLS

from daemon.certificates import inherited, speaks_tls
from daemon.served_certificate import ServedCertificate


def make_endpoint(reactor: Any, text: str) -> tuple[Any, ServedCertificate | None]:
    """An endpoint, and the certificate that it serves.

    Raises ValueError or whatever Twisted raises for a string that cannot be one, OSError when a
    file that it names cannot be read.
    """
    kind = text.partition(":")[0]
    if not speaks_tls(text):
        return _endpoint(reactor, text), None
    if kind == "tls":
        endpoint = _endpoint(reactor, text)
        # Twisted reads the folder only for a name that it does not know.
        served = ServedCertificate(text, lambda: _of_folder(_endpoint(reactor, text), text))
        endpoint.connectionCreator = served
        return endpoint, served
    if kind == "systemd":
        plain, tls = inherited(text)
        served = ServedCertificate(text, _files(reactor, tls))
        creator: Any = served  # mypy knows nothing of zope's interfaces
        return wrapServerTLS(creator, _endpoint(reactor, plain)), served
    endpoint = _endpoint(reactor, text)
    # Twisted reads the files once, into this attribute of the endpoint.
    endpoint._sslContextFactory = served = ServedCertificate(text, _files(reactor, text))
    return endpoint, served


def _endpoint(reactor: Any, text: str) -> Any:
    try:
        return serverFromString(reactor, text)
    except (KeyError, IndexError):
        if not text.startswith("systemd:"):
            raise
        raise ValueError(
            "systemd handed over no such socket: start the daemon with its socket unit, and write "
            "name= as its FileDescriptorName= has it"
        ) from None


def _files(reactor: Any, text: str) -> Callable[[], Callable[[], Any]]:
    """How the files that an ``ssl:`` string names are read."""
    return lambda: _endpoint(reactor, text)._sslContextFactory.getContext


def _of_folder(endpoint: Any, text: str) -> Callable[[], Any]:
    """The context that answers with the certificate of the name that is asked for."""
    creator = endpoint.connectionCreator
    if creator._contextLookup(None) is None:
        folder = text.partition(":")[2]
        raise ValueError(f"there is no certificate with its key in {folder}")
    return lambda: creator.defaultContext
