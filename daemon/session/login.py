"""Who may open a session: password, throttle, and the ticket that explains a refusal.

A wrong password is checked slowly and told vaguely; the store keeps the precise reason for
the operator. The store also holds a keyed digest of the present password, made with it: so a
poll every minute does not pay argon2 each time, and the right password always gets in.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256

from shared import dates, hints, passwords
from shared.rules.values import Credentials
from shared.structs import Value

_REFUSAL = "refused"
_LONGEST_TIME = 10


class Verdict(StrEnum):
    """What a password check found; the values are hint codes, but for WELCOME."""

    WELCOME = "welcome"
    UNKNOWN_USER = "unknown-user"
    WRONG_PASSWORD = "wrong-password"  # noqa: S105 - a hint code
    OLD_PASSWORD = "old-password"  # noqa: S105 - a hint code
    UNREADABLE = "password-hash-unreadable"
    LOCKED = "login-locked"
    ADDRESS_LOCKED = "address-locked"
    REPLACED = "application-replaced"


GUESSED = frozenset({Verdict.UNKNOWN_USER, Verdict.WRONG_PASSWORD})
"""What counts as a guess of the address that it came from.

The password before the present one is none: an old row that keeps calling must not lock its whole
office.
"""

TOLD: dict[Verdict, str] = {
    # Nobody learns from outside which user names exist.
    Verdict.UNKNOWN_USER: Verdict.WRONG_PASSWORD.value
}


def was_proven(credentials: Credentials | None, password: str, secret: str) -> bool:
    """Whether this is the password before the present one, by its proof."""
    known = credentials.previous_password_proof if credentials else ""
    return _is(passwords.proof_of(password, secret), known)


def _is(proof: str, known: str) -> bool:
    return hmac.compare_digest(proof, known or "-" * len(proof))


def was_replaced(credentials: Credentials | None) -> bool:
    """Whether this application had a password once and has none any more."""
    if credentials is None or credentials.password_hash:
        return False
    return bool(credentials.application.password_generation)


def is_proven(credentials: Credentials | None, password: str, secret: str) -> bool:
    """Whether this is the present password, by its proof: no lock and no load keeps it out.

    So nobody who guesses at a user name can lock its company out, not even where a daemon was
    restarted since or another one serves the call.
    """
    known = credentials.password_proof if credentials else ""
    return _is(passwords.proof_of(password, secret), known)


def examine(
    credentials: Credentials | None,
    password: str,
    *,
    verify: Callable[[str, str], bool] = passwords.verify_password,
) -> Verdict:
    """Compare a password with the stored hashes. Slow by design: run it off the reactor."""
    if credentials is None:
        passwords.dummy_verify()
        return Verdict.UNKNOWN_USER
    try:
        return _compare(credentials, password, verify)
    except passwords.HashUnreadable:
        return Verdict.UNREADABLE


def _compare(
    credentials: Credentials, password: str, verify: Callable[[str, str], bool]
) -> Verdict:
    if was_replaced(credentials):
        passwords.dummy_verify()
        return Verdict.REPLACED
    if verify(password, credentials.password_hash):
        return Verdict.WELCOME
    # One check for everybody: a second one would tell from outside that the name exists.
    previous = "" if credentials.previous_password_proof else credentials.previous_password_hash
    if previous and verify(password, previous):
        return Verdict.OLD_PASSWORD
    return Verdict.WRONG_PASSWORD


def digest(username: str) -> str:
    """What is kept of a user name that does not exist; it may be as long as it likes."""
    return sha256(username.encode("utf-8", "surrogatepass")).hexdigest()


class Refusal(Value):
    """Why a login was refused: the hint code and the sync that shows it to the operator.

    ``until`` is when a lock ends, in whole seconds; None where nothing is locked.
    """

    code: str
    reference: str
    until: datetime | None = None

    def __str__(self) -> str:
        """The sentence for the Web Connector's status line."""
        until = dates.time_of(self.until) if self.until else ""
        return hints.say(self.code, reference=self.reference, until=until)


def refusal_ticket(refusal: Refusal) -> str:
    """A throw-away ticket that carries the reason, so that no row has to keep it.

    getLastError and closeConnection may follow a refusal with this ticket.
    """
    until = f"{refusal.until.timestamp():.0f}" if refusal.until else ""
    return f"{_REFUSAL}.{refusal.code}.{refusal.reference}.{until}.{secrets.token_hex(4)}"


def refusal_of(ticket: str) -> Refusal | None:
    """The reason inside a throw-away ticket; None for any other ticket."""
    parts = ticket.split(".")
    if len(parts) != 5 or parts[0] != _REFUSAL:
        return None
    return Refusal(parts[1], parts[2], _moment(parts[3]))


def _moment(seconds: str) -> datetime | None:
    """The time that a ticket names; anybody may have written the ticket."""
    is_one = seconds.isascii() and seconds.isdecimal() and len(seconds) <= _LONGEST_TIME
    return datetime.fromtimestamp(int(seconds), UTC) if is_one else None
