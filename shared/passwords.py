"""Web Connector passwords and session tickets: made, hashed, compared, never shown.

A password leaves this module once, when it was made; the store keeps argon2id hashes.
Hashing takes tens of milliseconds and 12 MiB: call it on a worker thread, few at a time.
Nothing here logs.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import lru_cache
from threading import Lock

from passlib.context import CryptContext
from passlib.exc import PasswordSizeError

PASSWORD_LENGTH = 24
# No 0/O, 1/l/I/i, o: a bookkeeper may have to type what the operator reads out.
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"

_first_use = Lock()


class HashUnreadable(Exception):
    """A stored password hash is damaged or of an unknown kind; the hash is not told."""

    def __init__(self) -> None:
        super().__init__(
            "A stored password hash cannot be read. "
            "Give the connection a new password: deskbridge password rotate NAME."
        )


def generate_password() -> str:
    """Return a fresh password: 24 letters and digits that cannot be mistaken, 138 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(PASSWORD_LENGTH))


def hash_password(password: str) -> str:
    """Return the argon2id hash to store (12 MiB, three passes, one lane: one of OWASP's equals)."""
    return str(_context().hash(_typed(password)))


def verify_password(password: str, password_hash: str) -> bool:
    """Tell whether ``password`` made ``password_hash``.

    Blanks around a pasted password do not count. An empty hash (no password was ever
    generated) costs as much time as a wrong password and is False. Raises HashUnreadable.
    """
    if not password_hash:
        return dummy_verify()
    try:
        return bool(_context().verify(_typed(password), password_hash))
    except (PasswordSizeError, UnicodeEncodeError):
        return dummy_verify()
    except (ValueError, TypeError):
        raise HashUnreadable from None


def proof_of(password: str, secret: str) -> str:
    """Return a keyed digest by which a password is known at once, without argon2.

    Generated passwords have 138 bits, so a fast digest gives nothing to guess at; ``secret`` is
    the store's own, so that the same password has another proof elsewhere.
    """
    typed = _typed(password).encode("utf-8", "surrogatepass")
    return hmac.digest(bytes.fromhex(secret), typed, hashlib.sha256).hex()


def dummy_verify() -> bool:
    """Spend the time of one verification and return False, so that unknown users take as long."""
    _context().dummy_verify()
    return False


def new_ticket() -> str:
    """Return a session ticket: 128 random bits in the shape of a GUID, lower case, no braces."""
    digits = secrets.token_hex(16)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def ticket_hash(ticket: str) -> str:
    """Return what the store keeps of a ticket: its SHA-256 in hexadecimal."""
    return hashlib.sha256(ticket.encode("utf-8", "surrogatepass")).hexdigest()


def _typed(password: str) -> str:
    return password.strip()


def _context() -> CryptContext:
    # passlib loads its backend on first use: two threads must not meet there.
    with _first_use:
        return _argon2id()


@lru_cache(maxsize=1)
def _argon2id() -> CryptContext:
    context = CryptContext(
        schemes=["argon2"],
        argon2__type="ID",
        argon2__memory_cost=12288,
        argon2__time_cost=3,
        argon2__parallelism=1,
    )
    context.dummy_verify()
    return context
