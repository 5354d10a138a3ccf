"""The way to an account on a billing platform: its address, and a key that opens it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from shared import sealing
from shared.errors import CannotBeMeant
from shared.health.internet import Network
from shared.health.platforms import ask_company
from shared.operations.connectors import Door
from shared.rules import invoiced


def address(url: str, *, sandbox: bool) -> str:
    """The address of Invoiced's API: ``url`` if there is one, else Invoiced's own."""
    return (url.strip() or (invoiced.SANDBOX if sandbox else invoiced.PRODUCTION)).rstrip("/")


def key_in(path: Path) -> str:
    """The API key in a file. Raises CannotBeMeant."""
    try:
        key = path.read_text(errors="replace").strip()
    except OSError as wrong:
        raise CannotBeMeant(
            f"{path} cannot be read: {wrong.strerror}.", "Name a file that contains the API key."
        ) from None
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise CannotBeMeant(f"{path} does not contain an API key.", "Put only the key in the file.")
    return key


def with_key_in(
    path: Path, url: str, *, sandbox: bool, database: str, environ: Mapping[str, str], net: Network
) -> Door:
    """A door whose key is in a file, tried at once, and kept encrypted in the store.

    Raises as ``key_in``, KeyNotGood where the key opens nothing, and CannotOpen where the store
    has no key to encrypt with.
    """
    key = key_in(path)
    company = ask_company(net, url, key)
    sealed = sealing.seal(key, database, environ)
    return Door(url, sandbox, sealing.IN_STORE, sealed, company)


def with_key_of(
    source: str, url: str, *, sandbox: bool, database: str, environ: Mapping[str, str], net: Network
) -> Door:
    """A door whose key the daemon gets from its environment or from systemd.

    It is tried where it can be seen from here. Raises KeyNotGood.
    """
    try:
        key = sealing.find(source, b"", database, environ)
    except sealing.CannotOpen:
        return Door(url, sandbox, source, b"")
    return Door(url, sandbox, source, b"", ask_company(net, url, key))
