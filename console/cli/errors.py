"""From our errors to a sentence on standard error and an exit code."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from enum import IntEnum

import click

from shared.files import remedy_for
from shared.operations.describe.text import plain


class Exit(IntEnum):
    """What scripts may rely on; every command documents the ones it uses."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOTHING = 3


EXIT_MEANINGS = {
    Exit.DONE: "done; a listing without rows is done too",
    Exit.FAILED: ("failed: the message on standard error says what failed, where, and what to do"),
    Exit.USAGE: "wrong usage: an unknown option, a missing or unreadable value",
    Exit.NOTHING: "nothing to do, or nothing found under that name, number or code",
}


class Refused(click.ClickException):
    """An expected refusal: ``message`` says what and where, ``remedy`` what to do."""

    exit_code = int(Exit.FAILED)

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy

    def format_message(self) -> str:
        """Both sentences, safe for a terminal: a name may hold control characters."""
        lines = [plain(line) for line in self.message.splitlines()]
        if self.remedy:
            lines.append(f"What to do: {plain(self.remedy)}")
        return "\n".join(lines)


class NotThere(Refused):
    """Nothing to do, or nothing under that name."""

    exit_code = int(Exit.NOTHING)


class WrongUsage(Refused):
    """The command line asks for something that cannot be meant."""

    exit_code = int(Exit.USAGE)


def refusal_for(error: Exception, listens: Sequence[str] = ()) -> Exception | None:
    """Return what to raise instead of ``error``: a refusal, or None for a bug and for click's own.

    ``listens`` is the setting ``listen``, which may name files (the key of a TLS endpoint).
    A reader who went away (a closed pipe) is click's own: it ends the program silently.
    """
    if isinstance(error, click.ClickException | click.exceptions.Exit | click.Abort):
        return None
    if isinstance(error, OSError):
        return _refused_by_the_system(error, listens)
    if isinstance(error, UnicodeEncodeError):
        return WrongUsage(
            "A word of the command is not valid text in this terminal's encoding.",
            "Type it again, or check LANG",
        )
    return _refused_by_us(error)


def _refused_by_us(error: Exception) -> Refused | None:
    # Imported here: only a refusal needs to know all refusals.
    from shared import errors as store
    from shared.settings import SettingsRefused

    if isinstance(error, store.NotFound):
        listing = _LISTINGS.get(error.what, "")
        both = error.remedy and listing
        told = f"{error.remedy} All: {listing}" if both else error.remedy or listing
        return NotThere(error.sentence, told)
    for kind, refused in (
        (store.NotPossible, NotThere),
        (store.CannotBeMeant, WrongUsage),
        (store.StoreError, Refused),
    ):
        if isinstance(error, kind):
            return refused(error.sentence, error.remedy)
    if isinstance(error, SettingsRefused):
        return Refused(str(error))
    return None


_LISTINGS = {
    "connection": "deskbridge connection list",
    "sync": "deskbridge syncs list",
    "token": "deskbridge token list",
    "problem": "deskbridge problems list --state any",
}


def _refused_by_the_system(error: OSError, listens: Sequence[str]) -> Refused | None:
    if error.errno == errno.EPIPE:
        return None
    if error.filename and any(str(error.filename) in text for text in listens):
        return Refused(
            f"The setting listen names {error.filename}: {error.strerror}.",
            "Correct the path in the setting listen, or let the service's user read that file",
        )
    # Only writing to a stream fails without a name.
    where = error.filename or "Standard output"
    return Refused(f"{where}: {error.strerror or error}.", remedy_for(error))
