"""The daemon, down to what it keeps and decides: a poster over the rules of a protocol.

Every method is one transaction: it happens as a whole or, when the daemon is killed, not at all.
"""

from __future__ import annotations

from typing import NamedTuple

from daemon.stages.payments import protocol
from daemon.stages.payments.protocol import (
    Event,
    FoundNone,
    GivenUp,
    NotRemembered,
    OpenSet,
    Outcome,
    Phase,
    RanUnseen,
    SentAgain,
    SessionBegan,
    Settled,
    Step,
    Unanswered,
)
from shared.structs import replace
from tests.payments_model.quickbooks import Answer, Copy, Text, Violation, Wrong

WINDOW = 900
MOST_ATTEMPTS = 3

PLANNED, SENT, UNKNOWN, POSTED, REFUSED, PARKED, SKIPPED = (
    "planned",
    "sent",
    "unknown",
    "posted",
    "refused",
    "parked",
    "skipped",
)
EDGES = {
    PLANNED: {SENT, SKIPPED},
    SENT: {UNKNOWN, POSTED, REFUSED},
    UNKNOWN: {SENT, POSTED, REFUSED, PARKED, PLANNED},
    REFUSED: {PLANNED, SKIPPED},
    POSTED: set(),
    PARKED: set(),
    SKIPPED: set(),
}


class Rules:
    """A protocol; this one is the product's. Others are variations (tests/payments_model/naive)."""

    fresh_ids = False  # whether a resend goes out under a new id
    repeats = False  # whether a write that is asked for twice is handed out twice

    def sent(self, at: int) -> OpenSet:
        return OpenSet(Phase.SENT, 1, at)

    def after(self, open_set: OpenSet, event: Event) -> OpenSet | Settled:
        return protocol.after(open_set, event)

    def wanted(self, open_set: OpenSet, now: int) -> Step:
        return protocol.next_step(open_set, now, WINDOW)

    def copies_left(self, open_set: OpenSet, now: int) -> bool:
        return protocol.copies_left(open_set, now, WINDOW)

    def may_be_cleared(self, closed: OpenSet) -> bool:
        return not closed.doubted


class Request(NamedTuple):
    """What is handed out; ``number`` is its requestID.

    A write and the question what QuickBooks remembers of it have the same one: that of the set.
    """

    number: int
    step: Step  # CHECK, FIND, or SEND_AGAIN for any write
    copy: Copy

    @property
    def writes(self) -> bool:
        return self.step is Step.SEND_AGAIN


class Item:
    """A payment to be posted."""

    __slots__ = ("attempts", "cents", "sends", "state", "tag", "transient", "txn", "wrong")

    def __init__(self, tag: int, cents: int, wrong: Wrong = Wrong.NOTHING) -> None:
        self.tag = tag
        self.cents = cents
        self.wrong = wrong
        self.state = PLANNED
        self.txn = 0
        self.sends = 0  # of the set that settled it
        self.attempts = 0
        self.transient = False

    def move(self, state: str) -> None:
        if state not in EDGES[self.state]:
            raise Violation(f"(8) payment {self.tag} went from {self.state} to {state}")
        self.state = state


def _read_as(step: Step, event: Event) -> Event:
    """The same words prove less of a write than of the question what became of it."""
    if step is Step.CHECK and isinstance(event, Unanswered):
        return NotRemembered() if event.for_good else RanUnseen()
    if step is Step.SEND_AGAIN and isinstance(event, RanUnseen | NotRemembered):
        return Unanswered()
    return event


class OpenRow:
    """The open set as it is stored; ``events`` is its whole life, to be replayed."""

    __slots__ = ("copy", "events", "first", "item", "state")

    def __init__(self, copy: Copy, item: Item, state: OpenSet) -> None:
        self.copy = copy
        self.item = item
        self.state = self.first = state
        self.events: list[Event | None] = []  # None: an operator vouched


class Poster:
    """What is stored, and the callbacks that change it."""

    __slots__ = ("clearable", "items", "next_id", "open", "pending", "rules", "session")

    def __init__(self, rules: Rules, items: list[Item]) -> None:
        self.rules = rules
        self.items = items
        self.open: OpenRow | None = None
        self.session = 0
        self.pending: Request | None = None
        self.next_id = 1
        self.clearable = 0

    def begin(self, session: int) -> None:
        """A Web Connector logs in: what its predecessor was told last is in doubt."""
        self.session = session
        self.pending = None
        if self.open is not None:
            self._apply(self.open, SessionBegan())

    def ask(self, session: int, now: int) -> Request | None:
        """What to hand out next; None ends the posting of this session."""
        if session != self.session:
            return None
        asked = self.pending
        if asked is not None and asked.writes:
            if self.rules.repeats:
                return asked
            assert self.open is not None
            self._apply(self.open, Unanswered())
        self.pending = self._next(now)
        return self.pending

    def tell(self, session: int, number: int, answer: Answer, now: int) -> None:
        """An answer came in; one that nobody waits for changes nothing."""
        if session != self.session or self.pending is None or number != self.pending.number:
            return
        row = self.open
        assert row is not None
        event = _read_as(self.pending.step, answer.event)
        self.pending = None
        if isinstance(event, NotRemembered):
            event = NotRemembered(self.rules.copies_left(row.state, now))
        self._apply(row, event, answer)

    def shown(self, answer: Answer) -> None:
        """The list of changed payments shows the one in doubt, or several that could be it."""
        row = self.open
        if row is not None and self.pending is None and not isinstance(answer.event, FoundNone):
            self._apply(row, answer.event, answer)

    def settle_now(self) -> bool:
        """An operator vouches that no copy is left; not while an answer is awaited."""
        row = self.open
        if row is None or row.state.phase is Phase.SENT:
            return False
        row.state = replace(row.state, settle_now=True)
        row.events.append(None)
        return True

    def skip(self, item: Item) -> None:
        if item.state in (PLANNED, REFUSED):
            item.move(SKIPPED)

    def retry(self, item: Item) -> None:
        if item.state == REFUSED and item.transient:
            item.attempts = 0
            item.move(PLANNED)

    def _next(self, now: int) -> Request | None:
        while True:
            row = self.open
            if row is None:
                return self._plan(now)
            step = self.rules.wanted(row.state, now)
            if step is Step.GIVE_UP:
                self._apply(row, GivenUp())
                continue
            if step in (Step.WAIT, Step.AWAIT):
                return None
            if step is Step.SEND_AGAIN:
                self._apply(row, SentAgain(now))
                if self.rules.fresh_ids:
                    row.copy = Copy(self._number(), row.copy.text)
            number = self._number() if step is Step.FIND else row.copy.set_id
            return Request(number, step, row.copy)

    def _plan(self, now: int) -> Request | None:
        item = next((item for item in self.items if item.state == PLANNED), None)
        if item is None:
            return None
        text = Text(item.tag, item.cents, self.clearable, item.wrong)
        copy = Copy(self._number(), text)
        self.open = OpenRow(copy, item, self.rules.sent(now))
        item.move(SENT)
        return Request(copy.set_id, Step.SEND_AGAIN, copy)

    def _number(self) -> int:
        self.next_id += 1
        return self.next_id

    def _apply(self, row: OpenRow, event: Event, answer: Answer | None = None) -> None:
        row.events.append(event)
        before = row.state
        state = self.rules.after(before, event)
        if isinstance(state, Settled):
            self._settle(row, state.outcome, answer)
            return
        row.state = state
        item_state = SENT if state.phase is Phase.SENT else UNKNOWN
        if row.item.state != item_state:
            row.item.move(item_state)

    def _settle(self, row: OpenRow, outcome: Outcome, answer: Answer | None) -> None:
        item = row.item
        item.sends = row.state.sends
        self.open = None
        if outcome is Outcome.NOT_RUN:
            self.clearable = 0
            item.attempts += 1
            item.move(PLANNED if item.attempts < MOST_ATTEMPTS else REFUSED)
            item.transient = True
            return
        item.move(outcome.value)
        item.txn = answer.txn if answer is not None else 0
        item.transient = answer is not None and answer.transient
        self.clearable = row.copy.set_id if self.rules.may_be_cleared(row.state) else 0
