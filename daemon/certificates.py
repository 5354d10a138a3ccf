"""Until when the certificates are good that we serve TLS with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

_KEY_FILE = "server.pem"  # Twisted's default
_ESCAPED = re.compile(r"\\(.)")


def certificates_end(listen: Sequence[str]) -> datetime | None:
    """Return when the first certificate of these endpoints runs out; None without TLS.

    Reads the files as they are now; a listener keeps what it read when it started. Raises
    OSError, or ValueError for a file that holds no certificate.
    """
    ends = [
        end for endpoint in listen for path in _with_certificates(endpoint) for end in _ends(path)
    ]
    return min(ends, default=None)


def files_of(endpoint: str) -> list[Path]:
    """Every file that an ``ssl:`` endpoint reads: key, certificate, chain; none of other kinds."""
    kind, _, named = _parts(endpoint)
    if kind != "ssl":
        return []
    key = named.get("privateKey") or _KEY_FILE
    names = [key, named.get("certKey") or key, named.get("extraCertChain") or key]
    return [Path(name) for name in dict.fromkeys(names)]


def _parts(endpoint: str) -> tuple[str, list[str], dict[str, str]]:
    """The kind of an endpoint string, all its parts, and those that have a name."""
    kind, *parts = (_ESCAPED.sub(r"\1", part) for part in re.split(r"(?<!\\):", endpoint))
    return kind, parts, dict(part.split("=", 1) for part in parts if "=" in part)


def _with_certificates(endpoint: str) -> Iterator[Path]:
    """The files of an ``ssl:`` endpoint, and those in the folder of a ``tls:`` one."""
    kind, parts, named = _parts(endpoint)
    if kind == "ssl":
        yield Path(named.get("certKey") or named.get("privateKey") or _KEY_FILE)
    elif kind == "tls":
        yield from Path(named.get("path") or parts[0]).rglob("*.pem")


def _ends(path: Path) -> Iterator[datetime]:
    content = path.read_bytes()
    if b"-----BEGIN CERTIFICATE" not in content:  # a key in a file of its own
        return
    # Imported here: only a daemon that serves TLS pays for it.
    from cryptography.x509 import load_pem_x509_certificates

    for certificate in load_pem_x509_certificates(content):
        yield certificate.not_valid_after_utc
