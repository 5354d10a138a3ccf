"""Secrets that the store keeps encrypted, and where the key to them is.

The store's own key is looked for as the systemd credential ``deskbridge-store-key``, then in the
environment variable ``DESKBRIDGE_STORE_KEY``; both hold any text of 32 characters or more. Where
there is neither, a store of SQLite gets a key file beside it, which only its owner may read: a
copy of the database alone opens nothing. Whoever keeps both in one backup has to guard that.

Encryption is Fernet (AES-128-CBC with HMAC-SHA256), from the ``cryptography`` library.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

from shared.errors import StoreError
from shared.files import give_to_owner_of_folder, make_private_file

CREDENTIALS = "CREDENTIALS_DIRECTORY"
CREDENTIAL, VARIABLE = "deskbridge-store-key", "DESKBRIDGE_STORE_KEY"
LEAST = 32
IN_STORE, IN_VARIABLE, IN_CREDENTIAL = "store", "env:", "credential:"
_SQLITE = "sqlite:///"


class CannotOpen(StoreError):
    """A secret is not to be had: its key is missing, or another one."""


def find(source: str, sealed: bytes, database: str, environ: Mapping[str, str]) -> str:
    """Return the secret that ``source`` names; ``sealed`` is what the store has. CannotOpen."""
    if source == IN_STORE:
        return unseal(sealed, database, environ)
    if source.startswith(IN_VARIABLE):
        name = source.removeprefix(IN_VARIABLE)
        if not environ.get(name, "").strip():
            remedy = f"Set {name} for the daemon, and start it again."
            raise CannotOpen(f"The environment variable {name} is not set.", remedy)
        return environ[name].strip()
    return _credential(source.removeprefix(IN_CREDENTIAL), environ)


def _credential(name: str, environ: Mapping[str, str]) -> str:
    """Read a credential as systemd hands it over; a name, not a path."""
    directory = environ.get(CREDENTIALS, "")
    if not directory or Path(name).name != name:
        raise CannotOpen(
            f"The credential {name} is missing: systemd did not pass it.",
            f"Add LoadCredential={name}:/path/to/file to the unit of the daemon.",
        )
    try:
        return (Path(directory) / name).read_text().strip()
    except OSError as wrong:
        remedy = f"Add LoadCredential={name}:/path/to/file to the unit of the daemon."
        raise CannotOpen(f"The credential {name}: {wrong.strerror}.", remedy) from None


def seal(secret: str, database: str, environ: Mapping[str, str]) -> bytes:
    """Encrypt a secret for the store; makes the key file where there is no key yet."""
    from cryptography.fernet import Fernet

    return Fernet(_key(database, environ, make=True)).encrypt(secret.encode())


def unseal(sealed: bytes, database: str, environ: Mapping[str, str]) -> str:
    """Decrypt a secret of the store. Raises CannotOpen."""
    from cryptography.fernet import Fernet, InvalidToken

    try:
        return Fernet(_key(database, environ, make=False)).decrypt(sealed).decode()
    except InvalidToken:
        raise CannotOpen(
            "The key of this account was encrypted with another store key.",
            "Put the earlier store key back, or connect the account again.",
        ) from None


def _key(database: str, environ: Mapping[str, str], *, make: bool) -> bytes:
    text = _text(database, environ, make=make)
    if len(text) < LEAST:
        raise CannotOpen(f"A store key has {LEAST} characters or more.", f"Correct {VARIABLE}.")
    digest = blake2b(text.encode(), digest_size=32, person=b"deskbridge-store").digest()
    return base64.urlsafe_b64encode(digest)


def _text(database: str, environ: Mapping[str, str], *, make: bool) -> str:
    directory = environ.get(CREDENTIALS, "")
    if directory and (Path(directory) / CREDENTIAL).exists():
        return _credential(CREDENTIAL, environ)
    if environ.get(VARIABLE, "").strip():
        return environ[VARIABLE].strip()
    if not database.startswith(_SQLITE):
        raise CannotOpen(
            "There is no store key, so no key of a platform can be kept in the store.",
            f"Set {VARIABLE} to a random text of {LEAST} characters for each daemon and command.",
        )
    return _of_file(Path(f"{database.removeprefix(_SQLITE)}.key"), make=make)


def _of_file(path: Path, *, make: bool) -> str:
    """The text of the key file; a new one is complete before anybody can see it."""
    try:
        if make and not path.exists():
            _make_file(path)
        return path.read_text().strip()
    except OSError as wrong:
        raise CannotOpen(
            f"The store key {path}: {wrong.strerror}.",
            "Put the file back from your backup, or connect the account again.",
        ) from None


def _make_file(path: Path) -> None:
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    make_private_file(new)
    give_to_owner_of_folder(new)
    with new.open("w") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(new, path)  # never over one that somebody else made meanwhile
    except FileExistsError:
        pass
    finally:
        new.unlink()
