"""The password of a PostgreSQL store, where its address does not hold it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from shared import sealing

CREDENTIAL, VARIABLE = "deskbridge-database-password", "DESKBRIDGE_DATABASE_PASSWORD"


def with_password(database: str, environ: Mapping[str, str]) -> str:
    """The address with the password that systemd handed over, else that of the environment.

    An address that is not PostgreSQL's, or holds a password, is left as it is, and so is one for
    which there is none: the server may ask for none. Raises CannotOpen for a credential that
    cannot be read.
    """
    if not database.startswith("postgresql://") or _has_one(database):
        return database
    source = _source(environ)
    if not source:
        return database
    password = quote(sealing.find(source, b"", "", environ), safe="")
    user, _, hosts = database.removeprefix("postgresql://").rpartition("@")
    return f"postgresql://{user}:{password}@{hosts}"


def _has_one(database: str) -> bool:
    try:
        parts = urlsplit(database)
    except ValueError:
        return True  # whoever opens it says what is wrong with it
    user = parts.netloc.rpartition("@")[0]
    return ":" in user or not {"password", "passfile"}.isdisjoint(parse_qs(parts.query))


def _source(environ: Mapping[str, str]) -> str:
    directory = environ.get(sealing.CREDENTIALS, "")
    if directory and (Path(directory) / CREDENTIAL).exists():
        return f"{sealing.IN_CREDENTIAL}{CREDENTIAL}"
    return f"{sealing.IN_VARIABLE}{VARIABLE}" if environ.get(VARIABLE, "").strip() else ""
