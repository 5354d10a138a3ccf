"""A company from a seed: customers with jobs, a year and a half of invoices, payments, credits.

Events are played in the order of time through the same postings that a bookkeeper uses, so
ids, stamps and balances come out as in a file that has been worked in. The same arguments
always give the same books, byte for byte.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable

from shared.structs import Value
from simulator.company import ledger, setup
from simulator.company.books import Books
from simulator.company.drafts import CustomerMaker, InvoiceMaker
from simulator.company.product import Profile
from simulator.company.records import Application, Invoice

SPAN_DAYS = 540
HOUR, DAY = 3600, 86400
NO_NUMBER, SAME_NUMBER, OVERPAID = 0.02, 0.015, 0.04
ORDERED, OPEN_AND_ORDERED = 0.04, 0.2


class Size(Value):
    """How much to make. ``lines`` 0 means forms of all shapes; else that many plain lines each.

    ``all_open`` leaves every invoice unpaid, posted, numbered and with an active customer.
    """

    customers: int = 300
    invoices: int = 2000
    lines: int = 0
    all_open: bool = False


def generate(seed: int, size: Size, profile: Profile, now: int) -> Books:
    """Make a company's books; ``now`` is the epoch second at which the story ends."""
    books = Books(seed, profile, now - (SPAN_DAYS + 30) * DAY)
    rnd = random.Random(f"deskbridge company {seed}")
    setup.add_lists(books)
    CustomerMaker(books, rnd).make(size.customers)
    if books.customers:
        _Story(books, rnd, size, now).play()
    books.now = max(now, books.now + 1)
    return books


class _Story:
    """The events still to come, earliest first; each one moves the clock and posts something."""

    def __init__(self, books: Books, rnd: random.Random, size: Size, end: int) -> None:
        self._books, self._rnd, self._size, self._end = books, rnd, size, end
        self._maker = InvoiceMaker(books, rnd, size.lines)
        self._events: list[tuple[int, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._numbers: list[str] = []
        self._waiting: dict[str, list[str]] = {}
        self._methods = [one for one in books.of_kind("PaymentMethod") if one.active]

    def play(self) -> None:
        """Let everything happen, in order."""
        start = self._end - SPAN_DAYS * DAY
        step = (SPAN_DAYS - 1) * DAY / max(self._size.invoices, 1)
        for n in range(self._size.invoices):
            self._at(start + int(n * step), self._bills)
        while self._events:
            at, _, event = heapq.heappop(self._events)
            self._books.now = max(at, self._books.now + 1)
            event()

    def _at(self, epoch: int, event: Callable[[], object]) -> None:
        heapq.heappush(self._events, (epoch, next(self._order), event))

    def _later(self, days: int, event: Callable[[], object]) -> None:
        """Some time within so many days, but before the story ends."""
        soon = self._books.now + self._rnd.randrange(HOUR, days * DAY)
        self._at(min(soon, self._end - self._rnd.randrange(HOUR, DAY)), event)

    def _bills(self) -> None:
        if self._size.all_open:
            fate = "open"
        else:
            fate = self._rnd.choices(tuple(_FATES), [share for share, _ in _FATES.values()])[0]
        invoice = self._maker.make(
            self._number(),
            pending=fate == "pending",
            free=fate == "zero",
            ordered=self._is_ordered(fate),
            active_only=self._size.all_open,
        )
        ledger.put(self._books, invoice)
        _, happens = _FATES[fate]
        if invoice.total and happens:
            happens(self, invoice)

    def _is_ordered(self, fate: str) -> bool:
        """Open invoices that came from an order are the ones that are taken for paid."""
        share = OPEN_AND_ORDERED if fate == "open" else ORDERED
        return not self._size.all_open and self._rnd.random() < share

    def _number(self) -> str:
        chance = 1.0 if self._size.all_open else self._rnd.random()
        if chance < NO_NUMBER:
            return ""
        if self._numbers and chance < NO_NUMBER + SAME_NUMBER:
            return self._rnd.choice(self._numbers)
        self._numbers.append(str(1001 + len(self._numbers)))
        return self._numbers[-1]

    def _part(self, invoice: Invoice) -> int:
        """Part of an invoice: at least a hundredth, at most all but one."""
        return max(1, min(invoice.total - 1, invoice.total * self._rnd.randrange(10, 90) // 100))

    def _voids(self, invoice: Invoice) -> None:
        self._later(30, lambda: ledger.void(self._books, invoice.txn_id))

    def _pays(self, invoice: Invoice, amount: int) -> None:
        over = self._rnd.randrange(100, 20000) if self._rnd.random() < OVERPAID else 0
        self._later(
            60, lambda: self._receive(invoice, (Application(invoice.txn_id, amount),), over)
        )

    def _pays_with_discount(self, invoice: Invoice) -> None:
        discount = invoice.total * 2 // 100
        applied = (Application(invoice.txn_id, invoice.total, discount),)
        self._later(10, lambda: self._receive(invoice, applied))

    def _pays_with_others(self, invoice: Invoice) -> None:
        """Up to three invoices of a customer are paid in one go."""
        waiting = self._waiting.setdefault(invoice.customer, [])
        waiting.append(invoice.txn_id)
        self._later(45, lambda: self._receive_all(invoice))

    def _receive_all(self, invoice: Invoice) -> None:
        waiting = self._waiting.pop(invoice.customer, [])
        found = [self._books.invoices[txn_id] for txn_id in waiting]
        if found:
            self._receive(invoice, tuple(Application(one.txn_id, one.balance) for one in found))

    def _receive(self, invoice: Invoice, applied: tuple[Application, ...], unused: int = 0) -> None:
        method = self._rnd.choice(self._methods)
        number = f"{method.name[:3].upper()} {self._rnd.randrange(1000, 99999)}"
        ledger.receive(self._books, invoice, applied, unused, method.list_id, number)

    def _credits(self, invoice: Invoice, amount: int) -> None:
        self._later(30, lambda: self._credit(invoice, amount))

    def _credit(self, invoice: Invoice, amount: int) -> None:
        """A credit memo that is worth a little more than what is put against the invoice."""
        rest = self._rnd.choice((0, 0, 500, 3000))
        number = f"CM-{self._rnd.randrange(10, 9999)}"
        ledger.give_credit(self._books, invoice, amount, amount + rest, number)


# What becomes of invoices, by share; those that nothing happens to are still open at the end.
_FATES: dict[str, tuple[int, Callable[[_Story, Invoice], None] | None]] = {
    "paid": (48, lambda story, invoice: story._pays(invoice, invoice.total)),
    "paid-with-others": (8, _Story._pays_with_others),
    "paid-with-discount": (3, _Story._pays_with_discount),
    "paid-by-credit": (3, lambda story, invoice: story._credits(invoice, invoice.total)),
    "void": (3, _Story._voids),
    "zero": (2, None),
    "open": (18, None),
    "partly-paid": (7, lambda story, invoice: story._pays(invoice, story._part(invoice))),
    "partly-credited": (5, lambda story, invoice: story._credits(invoice, story._part(invoice))),
    "pending": (3, None),
}
