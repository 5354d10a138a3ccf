"""One history: a QuickBooks, a line, a daemon and people, moved by whoever plays fate.

``World`` has no will: random seeds (histories.py) and Hypothesis (test_machine.py) drive it.
After each step it checks these invariants; the sentence of a violation begins with the number.

(1) QuickBooks holds at most one live payment for each tag. (2) What is posted is there exactly
once, with the same cents, and under the TxnID that is stored. (3) No payment is in two open sets.
(4) A company file has at most one open set, and what is out has one. (5) The bytes of a set never
change. (6) Nothing leaves before its intent is stored. (7) After an answer that does not say
"applied", QuickBooks is asked before anything leaves again. (8) States move along their edges.
(10) A ticket of an old session changes nothing. (12) What is posted here is what QuickBooks holds.
(14) An answer taken in twice equals one taken in once. (15) The events of a set lead to where it
stands.
Once faults stop: (18) each payment is posted, refused or shown to a person within a few sessions,
(19) each doubt is settled within a few requests, (20) no session stays open.
"""

from __future__ import annotations

from enum import StrEnum

from daemon.stages.payments.protocol import (
    MOST_SENDS,
    Declined,
    FoundUnclear,
    Saved,
    Settled,
    Step,
    Unanswered,
)
from shared.structs import replace
from tests.payments_model.poster import (
    PARKED,
    POSTED,
    REFUSED,
    SENT,
    SKIPPED,
    UNKNOWN,
    WINDOW,
    Item,
    OpenRow,
    Poster,
    Request,
    Rules,
)
from tests.payments_model.quickbooks import (
    NO_ANSWER,
    WELL,
    Answer,
    Copy,
    Fate,
    Habits,
    QuickBooks,
    Text,
    Violation,
    Wrong,
)

TURNED_AWAY = Answer(Unanswered(turned_away=True))
NEVER = 1 << 60
PROOFS = (Saved, Declined, FoundUnclear)
ENDED = frozenset({POSTED, PARKED, SKIPPED})
QUIET_SESSIONS = 3
QUIET_CALLS = 60


class Fault(StrEnum):
    """What goes wrong with one call of the Web Connector and the request it brings."""

    NONE = "none"
    NOT_ASKED = "not asked: the daemon is killed before it commits"
    NOT_SENT = "not sent: the daemon is killed after it commits"
    ASKED_TWICE = "asked twice: the first reply was lost on the line"
    REQUEST_LOST = "the request is lost on the way to QuickBooks"
    TURNED_AWAY = "QuickBooks could not be reached and the Web Connector says so"
    LATE = "QuickBooks does not answer, and does it later"
    LATE_AND_SAID = "the Web Connector gives up and says so; QuickBooks does it later"
    DIES_FIRST = "QuickBooks dies before it did anything"
    DIES_KNOWING = "QuickBooks dies before it did anything, but knows the id"
    DIES_AFTER = "QuickBooks dies after it did it and knows nothing of it"
    REPLY_LOST = "the reply is lost"
    REPLY_LOST_ID_KEPT = "the reply is lost, and only the id is kept"
    REPLY_UNREADABLE = "the reply is an error of the line, but QuickBooks did it"
    NOT_STORED = "QuickBooks answers and could not store its answer"
    ID_STORED = "QuickBooks answers and stored only the id"
    LOCKED = "somebody edits the record: QuickBooks refuses for now"
    TWICE = "the answer comes in twice"
    STALE = "the answer comes in after the session is over"
    NOT_APPLIED = "the daemon is killed before it commits the answer"


FATES = {
    Fault.DIES_FIRST: Fate(applies=False, keeps=""),
    Fault.DIES_KNOWING: Fate(applies=False, keeps="id"),
    Fault.DIES_AFTER: Fate(keeps=""),
    Fault.REPLY_LOST_ID_KEPT: Fate(keeps="id"),
    Fault.NOT_STORED: Fate(keeps=""),
    Fault.ID_STORED: Fate(keeps="id"),
    Fault.LOCKED: Fate(locked=True),
}
# QuickBooks did something and lost the record of it: no copy can find itself remembered.
FORGETTING = frozenset({Fault.DIES_AFTER, Fault.NOT_STORED})
GOES_ON = frozenset(
    {
        Fault.NONE,
        Fault.ASKED_TWICE,
        Fault.TURNED_AWAY,
        Fault.LATE_AND_SAID,
        Fault.REPLY_UNREADABLE,
        Fault.NOT_STORED,
        Fault.ID_STORED,
        Fault.LOCKED,
        Fault.TWICE,
    }
)
UNHEARD = frozenset(
    {
        Fault.DIES_FIRST,
        Fault.DIES_KNOWING,
        Fault.DIES_AFTER,
        Fault.REPLY_LOST,
        Fault.REPLY_LOST_ID_KEPT,
        Fault.NOT_APPLIED,
    }
)


class World:
    """``strict`` also watches how the daemon goes about it, not only what comes of it."""

    __slots__ = (
        "asked",
        "books",
        "handed_out",
        "late",
        "looked_at",
        "made",
        "now",
        "poster",
        "session",
        "stale",
        "strict",
        "too_late",
        "touched",
        "trace",
        "unproven",
        "vouched_at",
    )

    def __init__(
        self,
        habits: Habits,
        items: list[Item],
        rules: Rules,
        strict: bool = True,
    ) -> None:
        self.books = QuickBooks(habits)
        self.poster = Poster(rules, items)
        self.strict = strict
        self.now = self.session = 0
        self.late: list[tuple[int, Copy, Fate, int, int]] = []
        self.stale: list[tuple[int, int, Answer]] = []
        self.handed_out: dict[int, tuple[Text, int]] = {}
        self.looked_at = -1
        self.vouched_at = NEVER
        self.unproven: frozenset[Step] = frozenset()  # what must be asked before the next write
        self.asked = 0  # questions since the last write, or since the session began
        self.touched: set[int] = set()  # payments that a person changed or deleted
        self.too_late: set[int] = set()  # payments of which a copy ran after the doubt window
        self.made: dict[int, int] = {}  # how often a settled payment was made until then
        self.trace: list[tuple[object, ...]] = [(0, habits, len(items), "payments")]

    def told(self) -> str:
        """All that happened, a step a line; each begins with the second."""
        return "\n".join(" ".join(map(str, step)) for step in self.trace)

    def advance(self, seconds: int) -> None:
        """Time passes, and copies that were given up on run as it does."""
        until = self.now + seconds
        while self.late and self.late[0][0] <= until:
            self.now, copy, fate, session, number = self.late.pop(0)
            answer = self.books.run(copy, fate)
            if self.now - self.handed_out[copy.set_id][1] >= WINDOW:
                self.too_late.add(copy.text.tag)
            self.trace.append((self.now, "runs late", copy, fate, answer))
            if copy.text.wrong is not Wrong.DEADLY:
                self.stale.append((session, number, answer))
        self.now = until

    def begin(self) -> None:
        """The Web Connector logs in; what it was about to do before is over."""
        self.session += 1
        self.asked = 0
        self.trace.append((self.now, "session", self.session))
        self.poster.begin(self.session)

    def call(self, fault: Fault, delay: int = 0, later: Fate = WELL) -> bool:
        """One request and its answer; False when the session is over.

        ``delay`` is how much later a late copy runs, in seconds, and ``later`` how it then fares.
        """
        if fault is Fault.NOT_ASKED:
            return False
        request = self.poster.ask(self.session, self.now)
        if fault is Fault.ASKED_TWICE and request is not None:
            self._watch(request)
            request = self.poster.ask(self.session, self.now)
        if request is None:
            return False
        self.trace.append((self.now, request.step.value, request.copy, fault.value))
        self._watch(request)
        goes_on = self._carry(request, fault, delay, later)
        self.check()
        return goes_on

    def deliver_stale(self) -> None:
        """An answer that was held up comes in now."""
        if self.stale:
            session, number, answer = self.stale.pop()
            before = self._stored()
            self._tell(session, number, answer)
            if session != self.poster.session and self._stored() != before:
                raise Violation("(10) an answer to an old session changed something")
            self.check()

    def read(self) -> None:
        """The list of changed payments is read, when nothing else is out."""
        row = self.poster.open
        if row is not None and self.poster.pending is None:
            found = self.books.find(row.copy.text)
            self.trace.append((self.now, "read", row.copy.text.tag, found))
            self.poster.shown(found)
            self._note_proof(row, found)
            self.check()

    def delete(self, which: int, traced: bool) -> None:
        """A person deletes a payment in QuickBooks."""
        txn = self._touch(which, "deleted", traced)
        if txn:
            self.books.delete(txn, traced)

    def change(self, which: int) -> None:
        """A person changes a payment in QuickBooks."""
        txn = self._touch(which, "changed")
        if txn:
            self.books.change(txn)

    def settle_now(self) -> None:
        """The operator looked at every PC: nothing is left of the open set."""
        row = self.poster.open
        if row is not None and not any(copy.text.tag == row.item.tag for _, copy, *_ in self.late):
            known = row.state.settle_now
            if self.poster.settle_now() and not known:
                self.trace.append((self.now, "settle now"))
                self.vouched_at = self.now

    def quiet(self) -> None:
        """Faults are over: within a few sessions all is settled, and every invariant holds."""
        if self.strict and self.poster.open is not None:
            _check_replay(self.poster.open, self.poster.rules)
        stubborn = sum(item.wrong in (Wrong.UNCLEAR, Wrong.DEADLY) for item in self.poster.items)
        for _ in range(QUIET_SESSIONS + MOST_SENDS * stubborn):
            self.advance(WINDOW + 100)
            for item in self.poster.items:
                self.poster.retry(item)
            self.begin()
            calls = 0
            while self.call(Fault.NONE):
                calls += 1
                self.advance(5)
                if self.asked > 2:
                    raise Violation("(19) the same is asked again and again")
                if calls > QUIET_CALLS:
                    raise Violation("(20) a session has no end")
        while self.late:
            self.advance(self.late[0][0] - self.now)
        self._check_end()

    def check(self) -> None:
        """What must hold after each step: (2), (3) and (4), and (1) for what is settled.

        That nothing is in QuickBooks twice is watched there.
        """
        row = self.poster.open
        in_flight = 0
        for item in self.poster.items:
            if item.state in ENDED:
                self._check_ended(item)
            if item.state == POSTED:
                payment = self.books.payments.get(item.txn)
                if payment is None or (payment.tag, payment.cents) != (item.tag, item.cents):
                    raise Violation(f"(2) payment {item.tag} is posted, but not as {item.txn}")
            elif item.state in (SENT, UNKNOWN):
                in_flight += 1
                if row is None or row.item is not item:
                    raise Violation(f"(4) payment {item.tag} is out without an open set")
        if in_flight != (row is not None):
            raise Violation("(3) an open set belongs to a payment that is not out")

    def _check_ended(self, item: Item) -> None:
        """Nothing runs once more; only what was given up on may, but only too late and once."""
        made = self.books.made[item.tag]
        until_then = self.made.setdefault(item.tag, made)
        may_turn_up = item.state == PARKED and item.tag in self.too_late
        if made > (max(1, until_then) if may_turn_up else until_then):
            raise Violation(f"(1) payment {item.tag} was {item.state}, and ran once more")

    def _touch(self, which: int, *how: object) -> int:
        live = [txn for txn, payment in self.books.payments.items() if not payment.deleted]
        if not live:
            return 0
        txn = live[which % len(live)]
        self.trace.append((self.now, txn, *how))
        self.touched.add(self.books.payments[txn].tag)
        return txn

    def _carry(self, request: Request, fault: Fault, delay: int, later: Fate) -> bool:
        if fault in (Fault.NOT_SENT, Fault.REQUEST_LOST):
            return False
        if not request.writes:
            return self._carry_question(request, fault)
        if fault in (Fault.LATE, Fault.LATE_AND_SAID):
            due = self.now + delay
            self.late.append((due, request.copy, later, self.session, request.number))
            self.late.sort(key=lambda late: late[0])
            answer = NO_ANSWER
        elif fault is Fault.TURNED_AWAY:
            answer = TURNED_AWAY
        else:
            answer = self.books.run(request.copy, FATES.get(fault, WELL))
        if fault is Fault.REPLY_UNREADABLE:
            answer = NO_ANSWER
        return self._bring_back(request, answer, fault)

    def _carry_question(self, request: Request, fault: Fault) -> bool:
        copy = request.copy
        looks = request.step is Step.FIND
        answer = self.books.find(copy.text) if looks else self.books.check(copy.set_id)
        if fault in (Fault.TURNED_AWAY, Fault.LATE, Fault.LATE_AND_SAID, Fault.REPLY_UNREADABLE):
            return False
        if looks:
            self.looked_at = self.now
        return self._bring_back(request, answer, fault)

    def _bring_back(self, request: Request, answer: Answer, fault: Fault) -> bool:
        if fault is Fault.STALE:
            self.stale.append((self.session, request.number, answer))
            return False
        if fault in UNHEARD or fault is Fault.LATE:
            return False
        self._tell(self.session, request.number, answer)
        if fault is Fault.TWICE:
            before = self._stored()
            self._tell(self.session, request.number, answer)
            if self._stored() != before:
                raise Violation("(14) an answer that came in twice changed something twice")
        return fault in GOES_ON

    def _tell(self, session: int, number: int, answer: Answer) -> None:
        row, asked = self.poster.open, self.poster.pending
        self.poster.tell(session, number, answer, self.now)
        if asked is not None and self.poster.pending is None:
            self.unproven -= {asked.step}
        self._note_proof(row, answer)

    def _note_proof(self, before: OpenRow | None, answer: Answer) -> None:
        settled = before is not None and self.poster.open is not before
        if settled and isinstance(answer.event, PROOFS):
            self.unproven = frozenset()

    def _watch(self, request: Request) -> None:
        """How a write leaves: (5) its bytes, (6) its intent, (7) what was asked before."""
        if not request.writes:
            self.asked += 1
            return
        self.asked = 0
        copy = request.copy
        row = self.poster.open
        if row is None or row.copy != copy or row.item.state != SENT:
            raise Violation(f"(6) set {copy.set_id} leaves before its intent is stored")
        text, last = self.handed_out.get(copy.set_id, (copy.text, -WINDOW))
        if text != copy.text:
            raise Violation(f"(5) set {copy.set_id} leaves with other bytes")
        if self.strict and self.unproven:
            raise Violation(f"(7) set {copy.set_id} leaves, but nobody asked about the one before")
        in_time = min(last + WINDOW, max(last, self.vouched_at))
        if self.strict and copy.set_id in self.handed_out and self.looked_at < in_time:
            raise Violation(f"(7) set {copy.set_id} leaves again, but nobody looked in time")
        self.handed_out[copy.set_id] = (copy.text, self.now)
        self.vouched_at = NEVER
        self.unproven = frozenset({Step.CHECK, Step.FIND})

    def _stored(self) -> tuple[object, ...]:
        poster = self.poster
        row = poster.open
        states = tuple((item.state, item.txn, item.attempts) for item in poster.items)
        return (states, row and (row.copy, row.state), poster.pending, poster.clearable)

    def _check_end(self) -> None:
        self.check()
        if self.poster.open is not None:
            raise Violation(f"(18) set {self.poster.open.copy.set_id} is never settled")
        for item in self.poster.items:
            self._check_end_of(item)
        parked = {item.tag for item in self.poster.items if item.state == PARKED}
        posted = sum(item.cents for item in self.poster.items if item.state == POSTED)
        booked = sum(one.cents for one in self.books.payments.values() if one.tag not in parked)
        if not self.touched and booked != posted:
            raise Violation("(12) what is posted is not what QuickBooks holds")

    def _check_end_of(self, item: Item) -> None:
        live = self.books.live(item.tag)
        touched = item.tag in self.touched
        unclear = item.wrong is Wrong.UNCLEAR
        hidden = self.books.habits.status_check != "answer" and item.tag in self.books.refused_tags
        too_late = item.tag in self.too_late
        given_up = item.sends >= MOST_SENDS
        right = {
            POSTED: live == 1 or touched,
            REFUSED: live == 0 and item.wrong in (Wrong.REFUSED, Wrong.UNREADABLE),
            SKIPPED: live == 0,
            PARKED: touched or ((live == 0 or too_late) and (unclear or hidden or given_up)),
        }
        if not right.get(item.state, False):
            raise Violation(f"(18) payment {item.tag} ends {item.state}, {live} in QuickBooks")


def _check_replay(row: OpenRow, rules: Rules) -> None:
    state = row.first
    for event in row.events:
        moved = replace(state, settle_now=True) if event is None else rules.after(state, event)
        assert not isinstance(moved, Settled)
        state = moved
    if state != row.state:
        raise Violation(f"(15) the life of set {row.copy.set_id} does not lead to where it is")
