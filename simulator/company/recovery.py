"""Error recovery: the message sets that QuickBooks remembers, by application, in the company file.

===============  ===============  ==========  ====================================================
newMessageSetID  oldMessageSetID  requests    effect
===============  ===============  ==========  ====================================================
none             none             any         done, nothing is remembered
X, new           none or Y        some        done and remembered under X; then Y is forgotten
X, stored        any              the same    not done again: the stored answer (a status check)
X, stored        any              different   9001, not done
X, stored        X                none        the stored answer
X, not stored    X                any         600, not done
none             X                none        X is forgotten, 600 when it was not stored
none             ClearAll…        none        all of this application are forgotten
===============  ===============  ==========  ====================================================

A set that failed is remembered like any other; one that QuickBooks refused to read is not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from lxml import etree

from shared.structs import Value
from simulator.company.books import Books
from simulator.company.errors import (
    SET_DIFFERS,
    SET_ID_TOO_LONG,
    SET_NOT_STORED,
    SET_OK,
    SET_UNKNOWN,
)
from simulator.company.message_set import MessageSet
from simulator.company.records import StoredAnswer, StoredSet

CLEAR_ALL = "ClearAllMessageSets"
MAX_SET_ID = 23


class Decision(Value):
    """What becomes of a message set.

    ``code`` is its messageSetStatusCode, empty when it carries no ids. When it ``runs``, it is
    remembered under ``remember`` and those of ``forget`` are forgotten afterward. Else
    ``stored`` is the answer.
    """

    code: str = ""
    runs: bool = False
    stored: tuple[StoredAnswer, ...] = ()
    remember: str = ""
    forget: tuple[str, ...] = ()


def decide(books: Books, application: str, asked: MessageSet) -> Decision:
    """What QuickBooks does with a set, by its ids and by what it remembers."""
    new, old = asked.new_id, asked.old_id
    if new is None and old is None:
        return Decision(runs=True)
    if max(len(new or ""), len(old or "")) > MAX_SET_ID:
        return Decision(SET_ID_TOO_LONG)
    known = books.message_sets.get((application, new)) if new is not None else None
    if known is not None:
        return _status_check(known, asked)
    if new is not None and (new == old or not (asked.requests or old)):
        return Decision(SET_UNKNOWN)
    forget = _named(books, application, old)
    unknown = old is not None and not forget
    if unknown and old != CLEAR_ALL and books.profile.habits.unknown_old_set == "refused":
        return Decision(SET_UNKNOWN)
    code = SET_UNKNOWN if unknown else SET_OK
    return Decision(code, True, remember=(new or "") if asked.requests else "", forget=forget)


def _status_check(known: StoredSet, asked: MessageSet) -> Decision:
    asks_only = not asked.requests and asked.new_id == asked.old_id
    if not asks_only and checksum(asked) != known.checksum:
        return Decision(SET_DIFFERS)
    if known.answers is None:
        return Decision(SET_NOT_STORED)
    return Decision(SET_OK, stored=known.answers)


def _named(books: Books, application: str, old: str | None) -> tuple[str, ...]:
    ours = (set_id for owner, set_id in books.message_sets if owner == application)
    return tuple(set_id for set_id in ours if old in (set_id, CLEAR_ALL))


def finish(
    books: Books,
    application: str,
    asked: MessageSet,
    decision: Decision,
    answers: Sequence[StoredAnswer] | None,
) -> None:
    """Remember the set that has run, and forget those that it takes the place of."""
    forget = list(decision.forget)
    if decision.remember and books.profile.habits.sets_kept == "one":
        forget += _named(books, application, CLEAR_ALL)
    for set_id in forget:
        books.message_sets.pop((application, set_id), None)
    if decision.remember:
        kept = None if answers is None else tuple(answers)
        stored = StoredSet(application, decision.remember, checksum(asked), kept)
        books.message_sets[application, decision.remember] = stored


def checksum(asked: MessageSet) -> str:
    """The checksum of a set's requests; the attributes of the set are not part of it."""
    content = b"".join(
        etree.tostring(request.element, method="c14n", with_tail=False)
        for request in asked.requests
    )
    return hashlib.sha256(content).hexdigest()
