"""What a qbXML status code means, whether it passes by itself, whether the request was done.

``status_table`` holds the rows. Decide by code: severities are not consistent in the wild.
"""

from __future__ import annotations

import re
from enum import StrEnum

from shared.qbxml.status_table import (
    MESSAGE_SET_STATUSES,
    RANGES,
    STATUSES,
    UNDOCUMENTED,
    Effect,
    StatusMeaning,
    StatusRange,
)
from shared.structs import replace

# These cover several causes; QuickBooks' words tell a passing lock from a lasting refusal.
_READ_THE_MESSAGE = frozenset({3170, 3180, 3185, 3210})
_LOCKED = re.compile(
    r"modified by another user"
    r"|\b(could not|cannot|can't|failed to|unable to)\b[^.]{0,40}\block"
    r"|\block(ed)?\b[^.]{0,20}\b(could not|cannot)\b"
    r"|\b(is|are|was) (currently |already )?(in use|locked|opened? by|being (used|edited|changed))"
    r"|\b(used|edited|changed|opened) by (another|someone|somebody)"
    r"|verrouill|en cours d.utilisation|(utilis|modifi)\S{1,3} par un autre"  # French Canada
    r"|bloquead|en uso\b|por otro usuario",  # Spanish
    re.IGNORECASE,
)
# "The account number is in use": a duplicate, not a lock.
_TAKEN = re.compile(r"\b(number|name)\b[^.]{0,80}\bis (already )?in use", re.IGNORECASE)

# A save that failed for a reason of which QuickBooks is sure; 3180 without one says nothing.
_SAVE_FAILED = 3180
_REASON = re.compile(r"QuickBooks error message:\s*\S", re.IGNORECASE)

# It means a duplicate as well, and the record that has the GUID may be the one we write.
_GUID_REFUSED = 3065

# Saved, perhaps not quite as sent. Other information and warnings belong to queries.
_SAVED = frozenset({0, 530, 531, 550, 560, 570})
_SET_ID_TOO_LONG = 9004
_WRITE_ERRORS = range(1010, 4000)


class WriteOutcome(StrEnum):
    """What an answer proves about a write. UNKNOWN: look for the record before writing again."""

    SAVED = "saved"
    NOT_DONE = "not-done"
    UNKNOWN = "unknown"


def write_outcome(code: int, message: str = "") -> WriteOutcome:
    """Return what ``code`` proves about a write, given the ``message`` that came with it.

    Good for the code of a response and of a message set. SAVED and NOT_DONE are only said where
    they are certain: money that is taken for unsent is sent twice. So a code that belongs to
    queries, one that is not documented, an internal error, and all that error recovery answers
    (but an ID refused as too long) are UNKNOWN.
    """
    if code in _SAVED:
        return WriteOutcome.SAVED
    if code == _SET_ID_TOO_LONG or _is_refusal(code, message):
        return WriteOutcome.NOT_DONE
    return WriteOutcome.UNKNOWN


def _is_refusal(code: int, message: str) -> bool:
    if code not in _WRITE_ERRORS or code == _GUID_REFUSED:
        return False
    if code == _SAVE_FAILED and _REASON.search(message):
        return True
    return meaning_of(code, message).effect is Effect.NOT_DONE


def meaning_of(code: int, message: str = "") -> StatusMeaning:
    """Return what ``code`` means, given the ``message`` that came with it.

    A message that speaks of a lock makes the collective codes 3170, 3180, 3185 and 3210
    transient. An unknown code takes its nature from the range it stands in and its meaning
    is QuickBooks' own words, unchanged.
    """
    known = STATUSES.get(code) or MESSAGE_SET_STATUSES.get(code)
    if known is None:
        return _from_range(code, message)
    if code in _READ_THE_MESSAGE and speaks_of_a_lock(message):
        return _locked(known)
    return known


def is_transient(code: int, message: str = "") -> bool:
    """Tell whether the same request may succeed in a moment without anybody's doing."""
    return meaning_of(code, message).transient


def is_success(code: int) -> bool:
    """Tell whether the request was done: 0, 1 (nothing found) and the warnings, except 600."""
    return 0 <= code < 1000 and code not in MESSAGE_SET_STATUSES


def lost_iterator(code: int, message: str = "") -> bool:
    """Tell whether a Continue failed because QuickBooks no longer knows the iterator.

    3391 says so; some refusals say it in words only.
    """
    return not is_success(code) and (code == 3391 or "iterator" in message.lower())


def range_of(code: int) -> StatusRange | None:
    """Return the narrowest range that ``code`` stands in, if any."""
    return next((span for span in RANGES if span.first <= code <= span.last), None)


def speaks_of_a_lock(message: str) -> bool:
    """Tell whether QuickBooks' words say that somebody else works on the record."""
    words = " ".join(message.split())
    return bool(_LOCKED.search(words)) and not _TAKEN.search(words)


def _locked(known: StatusMeaning) -> StatusMeaning:
    return replace(
        known,
        title="Record in use",
        effect=Effect.NOT_DONE,
        transient=True,
        meaning="Somebody else is working on the record in QuickBooks.",
        remedy="Save and close open windows in QuickBooks; the sync tries again.",
    )


def _from_range(code: int, message: str) -> StatusMeaning:
    span = range_of(code)
    known = span.meaning if span else UNDOCUMENTED
    return replace(known, code=code, meaning=message.strip() or known.meaning)
