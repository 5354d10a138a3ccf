"""Which files the TLS of an endpoint is made of, and until when its certificates are good."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

_KEY_FILE = "server.pem"  # Twisted's default
_UNESCAPED_COLON = re.compile(r"(?<!\\):")
_ESCAPED = re.compile(r"\\(.)")
_OF_TLS = ("privateKey", "certKey", "extraCertChain", "sslmethod", "dhParameters")


class Inherited(NamedTuple):
    """A ``systemd:`` endpoint with a certificate: its two halves, as Twisted reads them."""

    plain: str
    tls: str


def speaks_tls(endpoint: str) -> bool:
    """Whether it serves TLS: ``ssl:``, ``tls:``, or ``systemd:`` with a certificate."""
    kind, _, named = _parts(endpoint)
    return kind in ("ssl", "tls") or (kind == "systemd" and not named.keys().isdisjoint(_OF_TLS))


def inherited(endpoint: str) -> Inherited:
    """Part ``systemd:domain=INET:name=x:privateKey=k``; Twisted has no word for the whole."""
    kind, *parts = _UNESCAPED_COLON.split(endpoint)
    tls = [part for part in parts if part.partition("=")[0] in _OF_TLS]
    plain = [part for part in parts if part not in tls]
    return Inherited(":".join([kind, *plain]), ":".join(["ssl", "0", *tls]))


def files_of(endpoint: str) -> list[Path]:
    """Every file of its TLS: key, certificate, chain; of ``tls:`` those in its folder by now."""
    kind, parts, named = _parts(endpoint)
    if kind == "tls":
        return sorted(Path(named.get("path") or parts[0]).rglob("*.pem"))
    if not speaks_tls(endpoint):
        return []
    key = named.get("privateKey") or _KEY_FILE
    names = [key, named.get("certKey") or key, named.get("extraCertChain") or key]
    return [Path(name) for name in dict.fromkeys(names)]


def ends_at(files: list[Path]) -> datetime | None:
    """Until when the first of their certificates is good; None where they hold none.

    Raises OSError, or ValueError for what only looks like a certificate.
    """
    return min((end for path in files for end in _ends(path)), default=None)


def _parts(endpoint: str) -> tuple[str, list[str], dict[str, str]]:
    """The kind of an endpoint string, all its parts, and those that have a name."""
    kind, *parts = (_ESCAPED.sub(r"\1", part) for part in _UNESCAPED_COLON.split(endpoint))
    return kind, parts, dict(part.split("=", 1) for part in parts if "=" in part)


def _ends(path: Path) -> Iterator[datetime]:
    content = path.read_bytes()
    if b"-----BEGIN CERTIFICATE" not in content:  # a key in a file of its own
        return
    # Imported here: only a daemon that serves TLS pays for it.
    from cryptography.x509 import load_pem_x509_certificates

    for certificate in load_pem_x509_certificates(content):
        yield certificate.not_valid_after_utc
