"""A QuickBooks of a few lines: payments, what it remembers of message sets, and its habits.

What a real one leaves open is a habit, drawn for each history: how
much it remembers, and what runs late.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import NamedTuple

from daemon.stages.payments.protocol import (
    Declined,
    Event,
    FoundNone,
    FoundUnclear,
    NotRemembered,
    RanUnseen,
    Saved,
    Unanswered,
)


class Violation(AssertionError):
    """An invariant does not hold; its number is that of the list in world.py."""


class Habits(NamedTuple):
    """How this QuickBooks decides what the documentation leaves open."""

    sets_kept: str = "all"  # or "one"
    status_check: str = "answer"  # or "status", "recovery"
    unknown_old_set: str = "runs"  # or "refused"


class Wrong(StrEnum):
    """What QuickBooks cannot stand in a payment."""

    NOTHING = "nothing"
    REFUSED = "refused: it is told so, and nothing is done"
    UNREADABLE = "unreadable: the set is turned away as a whole"
    UNCLEAR = "unclear: an error that does not say whether anything was done, and nothing was"
    SAVED_UNCLEAR = "unclear, but it was saved"
    DEADLY = "deadly: QuickBooks dies of it"

    def __repr__(self) -> str:
        return self.name.lower()


class Text(NamedTuple):
    """The bytes of a request, as far as they matter; ``clears`` is the set to be forgotten.

    Whatever is wrong with a payment is wrong with it for good.
    """

    tag: int
    cents: int
    clears: int = 0
    wrong: Wrong = Wrong.NOTHING


class Copy(NamedTuple):
    """One copy of a message set on its way; QuickBooks may get it at any time or never."""

    set_id: int
    text: Text


class Answer(NamedTuple):
    """What QuickBooks said, read as an event of the protocol; ``txn`` is 0 where none is named."""

    event: Event
    txn: int = 0
    transient: bool = False


class Payment:
    """A payment on the books; ``changed`` and ``deleted`` are what people did to it since."""

    __slots__ = ("cents", "changed", "deleted", "tag")

    def __init__(self, tag: int, cents: int) -> None:
        self.tag = tag
        self.cents = cents
        self.changed = False
        self.deleted = False


class Fate(NamedTuple):
    """What happens while QuickBooks works on a copy.

    ``keeps``: how much of the record survives, "answer", "id" (9002 from then on) or "" (9005).
    """

    applies: bool = True
    keeps: str = "answer"
    locked: bool = False


WELL = Fate()
NEVER_AGAIN = Answer(Unanswered(turned_away=True, for_good=True))
NO_ANSWER = Answer(Unanswered())
LOCKED = Answer(Declined(), transient=True)
REFUSED = Answer(Declined())
SEEN_ONLY = Answer(RanUnseen())
UNKNOWN = Answer(NotRemembered())
NOWHERE = Answer(FoundNone())
UNCLEAR = Answer(FoundUnclear())


class QuickBooks:
    """One company file; an answer that it gives may still be lost on the way."""

    __slots__ = ("deleted_tags", "habits", "made", "payments", "records", "refused_tags")

    def __init__(self, habits: Habits) -> None:
        self.habits = habits
        self.payments: dict[int, Payment] = {}
        self.made: Counter[int] = Counter()  # payments ever made with a tag, deleted ones too
        self.records: dict[int, tuple[Text, Answer | None]] = {}
        self.deleted_tags: set[int] = set()
        self.refused_tags: set[int] = set()

    def run(self, copy: Copy, fate: Fate = WELL) -> Answer:
        """Work on a copy, or know it again; a crash leaves NO_ANSWER."""
        record = self.records.get(copy.set_id)
        if record is not None:
            return self._again(copy, *record)
        text = copy.text
        unknown = text.clears and text.clears not in self.records
        refused = unknown and self.habits.unknown_old_set == "refused"
        if refused or text.wrong is Wrong.UNREADABLE:
            return NEVER_AGAIN
        if text.wrong is Wrong.DEADLY:
            return NO_ANSWER
        answer = self._apply(text, fate) if fate.applies else NO_ANSWER
        if self.habits.sets_kept == "one":
            self.records.clear()
        self.records.pop(text.clears, None)
        if fate.keeps:
            kept = answer if fate.applies and fate.keeps == "answer" else None
            self.records[copy.set_id] = (text, kept)
        return answer

    def check(self, set_id: int) -> Answer:
        """The status check: both ids, no requests."""
        record = self.records.get(set_id)
        if record is None or record[1] is None:
            return UNKNOWN
        if record[1] == NO_ANSWER:
            return SEEN_ONLY
        return self._shown(record[1], SEEN_ONLY)

    def find(self, text: Text) -> Answer:
        """All payments with a tag, then the list of deleted ones."""
        found = [txn for txn, p in self.payments.items() if p.tag == text.tag and not p.deleted]
        if len(found) > 1 or any(self.payments[txn].changed for txn in found):
            return UNCLEAR
        if found:
            return Answer(Saved(), found[0])
        return UNCLEAR if text.tag in self.deleted_tags else NOWHERE

    def live(self, tag: int) -> int:
        return sum(p.tag == tag and not p.deleted for p in self.payments.values())

    def change(self, txn: int) -> None:
        """A person changes what a payment is about, so that it is no longer as it was sent."""
        self.payments[txn].changed = True

    def delete(self, txn: int, traced: bool) -> None:
        """A person deletes a payment; the list of deleted ones need not show it."""
        payment = self.payments[txn]
        payment.deleted = True
        if traced:
            self.deleted_tags.add(payment.tag)

    def _apply(self, text: Text, fate: Fate) -> Answer:
        if text.wrong is Wrong.UNCLEAR:
            return NO_ANSWER
        if fate.locked or text.wrong is Wrong.REFUSED:
            self.refused_tags.add(text.tag)
            return LOCKED if fate.locked else REFUSED
        if self.live(text.tag):
            raise Violation(f"(1) payment {text.tag} is in QuickBooks twice")
        txn = 1000 + len(self.payments)
        self.payments[txn] = Payment(text.tag, text.cents)
        self.made[text.tag] += 1
        return NO_ANSWER if text.wrong is Wrong.SAVED_UNCLEAR else Answer(Saved(), txn)

    def _again(self, copy: Copy, text: Text, answer: Answer | None) -> Answer:
        if text != copy.text or answer is None:
            return NEVER_AGAIN
        return self._shown(answer, NO_ANSWER)

    def _shown(self, answer: Answer, otherwise: Answer) -> Answer:
        shows = self.habits.status_check
        return answer if shows == "answer" or (shows == "recovery" and answer.txn) else otherwise
