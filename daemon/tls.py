"""TLS is imported where it is used: OpenSSL with what belongs to it takes 12 MiB.

Twisted imports pyOpenSSL wherever it is installed, and goes without where it is not. A daemon
behind a proxy that terminates TLS serves none, so its reactor is imported as if there were no
pyOpenSSL.
What connects to others by TLS (``wrapClientTLS``, ``Agent``) imports it when it first does so.
What is gone in such a daemon are the reactor's own ``listenSSL``, ``connectSSL`` and ``startTLS``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from daemon.certificates import speaks_tls

_WITHOUT_TLS = ("tcp:", "tcp4:", "tcp6:", "unix:", "systemd:")


def serves_tls(listen: Sequence[str]) -> bool:
    """Whether one of these endpoint strings may serve TLS: any kind that we do not know."""
    return any(speaks_tls(one) or not one.startswith(_WITHOUT_TLS) for one in listen)


def leave_out() -> None:
    """Import the reactor without TLS; too late where it is imported already."""
    if "OpenSSL" in sys.modules or "twisted.internet.reactor" in sys.modules:
        return
    unavailable: Any = None
    sys.modules["OpenSSL"] = unavailable
    try:
        from twisted.internet import endpoints, reactor  # noqa: F401 - the reactor is installed
    finally:
        del sys.modules["OpenSSL"]
    changed: Any = endpoints
    changed.TLSMemoryBIOFactory = _factory


def _factory(*arguments: Any, **named: Any) -> Any:
    from twisted.protocols.tls import TLSMemoryBIOFactory

    return TLSMemoryBIOFactory(*arguments, **named)
