"""Some days of bookkeeping at random: every act in a likely share, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from simulator.company import names
from simulator.company.acts import customers, documents, invoices, payments
from simulator.company.acts.finding import Change
from simulator.company.books import Books
from simulator.company.records import Customer, Invoice

One = TypeVar("One")
LONGEST_PAUSE_SECONDS = 3600


def random_acts(books: Books, count: int, seed: int) -> list[Change]:
    """Do random acts of all kinds."""
    rnd = random.Random(f"deskbridge acts {seed}")
    done: list[Change] = []
    acts, shares = tuple(_ACTS), tuple(_ACTS.values())
    while len(done) < count:
        books.now += rnd.randrange(LONGEST_PAUSE_SECONDS)
        done.append(rnd.choices(acts, shares)[0](books, rnd) or _writes(books, rnd))
    return done


def _choose(rnd: random.Random, among: Sequence[One]) -> One | None:
    return rnd.choice(among) if among else None


def _unpaid(books: Books, rnd: random.Random) -> Invoice | None:
    owed = [one for one in books.invoices.values() if not one.is_paid and not one.pending]
    return _choose(rnd, owed)


def _any(books: Books, rnd: random.Random) -> Invoice | None:
    return _choose(rnd, [one for one in books.invoices.values() if not one.voided])


def _childless(books: Books) -> list[Customer]:
    parents = {one.parent for one in books.customers.values()}
    return [one for one in books.customers.values() if one.list_id not in parents]


def _closes(books: Books, rnd: random.Random) -> Change | None:
    invoice = _unpaid(books, rnd)
    return documents.close(books, invoice.txn_id) if invoice else None


def _pays_a_part(books: Books, rnd: random.Random) -> Change | None:
    invoice = _unpaid(books, rnd)
    if invoice is None:
        return None
    amount = rnd.randrange(1, invoice.balance + 1)
    return documents.pay(books, invoice.txn_id, amount, number=f"CHK {rnd.randrange(10000)}")


def _credits(books: Books, rnd: random.Random) -> Change | None:
    invoice = _unpaid(books, rnd)
    if invoice is None:
        return None
    return documents.credit(books, invoice.txn_id, rnd.randrange(1, invoice.balance + 1))


def _voids(books: Books, rnd: random.Random) -> Change | None:
    invoice = _any(books, rnd)
    return documents.void(books, invoice.txn_id) if invoice else None


def _deletes(books: Books, rnd: random.Random) -> Change | None:
    invoice = _any(books, rnd)
    return documents.delete(books, invoice.txn_id) if invoice else None


def _deletes_a_payment(books: Books, rnd: random.Random) -> Change | None:
    payment = _choose(rnd, list(books.payments.values()))
    return documents.delete(books, payment.txn_id) if payment else None


def _edits_a_payment(books: Books, rnd: random.Random) -> Change | None:
    payment = _choose(rnd, list(books.payments.values()))
    if payment is None:
        return None
    more = payment.total + rnd.randrange(1, 5000)
    memo = f"Corrected {rnd.randrange(1000)}"
    unapply = rnd.random() < 0.3
    return payments.edit_payment(books, payment.txn_id, amount=more, memo=memo, unapply=unapply)


def _receives(books: Books, rnd: random.Random) -> Change | None:
    """A payment on account, or for a part of all that its customer owes."""
    invoice = _unpaid(books, rnd)
    if invoice is None:
        return None
    owed = [
        (one.txn_id, rnd.randrange(1, one.balance + 1))
        for one in books.invoices.values()
        if one.customer == invoice.customer and one.owed > 0
    ]
    some = owed[: rnd.randrange(len(owed) + 1)]
    total = sum(paid for _, paid in some) + rnd.randrange(1, 9000)
    return payments.receive(books, invoice.customer, total, invoices=some, memo="On account")


def _deletes_a_credit(books: Books, rnd: random.Random) -> Change | None:
    credit = _choose(rnd, list(books.credits.values()))
    return documents.delete(books, credit.txn_id) if credit else None


def _edits(books: Books, rnd: random.Random) -> Change | None:
    invoice = _any(books, rnd)
    if invoice is None:
        return None
    return invoices.edit(books, invoice.txn_id, add=rnd.randrange(100, 50000), memo="Edited – late")


def _renumbers(books: Books, rnd: random.Random) -> Change | None:
    invoice = _any(books, rnd)
    number = rnd.choice(("", f"R-{rnd.randrange(1000, 9999)}"))
    return invoices.renumber(books, invoice.txn_id, number) if invoice else None


def _moves(books: Books, rnd: random.Random) -> Change | None:
    invoice = _unpaid(books, rnd)
    if invoice is None:
        return None
    others = [
        one.list_id
        for one in books.customers.values()
        if one.currency == invoice.currency and one.list_id != invoice.customer
    ]
    to = _choose(rnd, others)
    return invoices.move(books, invoice.txn_id, to) if to else None


def _pends(books: Books, rnd: random.Random) -> Change | None:
    untouched = [
        one for one in books.invoices.values() if not (one.pending or one.voided or one.applied)
    ]
    invoice = _choose(rnd, untouched)
    return invoices.pend(books, invoice.txn_id) if invoice else None


def _posts(books: Books, rnd: random.Random) -> Change | None:
    invoice = _choose(rnd, [one for one in books.invoices.values() if one.pending])
    return invoices.post(books, invoice.txn_id) if invoice else None


def _writes(books: Books, rnd: random.Random) -> Change:
    """A new invoice, for a new customer when there is none yet."""
    customer = _choose(rnd, list(books.customers.values()))
    owner = customer.list_id if customer else _adds(books, rnd).object_id
    number = f"N-{rnd.randrange(1000, 99999)}"
    return invoices.add_invoice(books, owner, rnd.randrange(100, 500000), number=number)


def _adds(books: Books, rnd: random.Random) -> Change:
    word = f"{rnd.choice(names.FIRST_WORDS)} “{rnd.choice(names.TRADES)}” & Co."
    name = f"{word[:30]} {len(books.customers)}-{rnd.randrange(10000)}"
    return customers.add_customer(books, name)


def _adds_a_job(books: Books, rnd: random.Random) -> Change | None:
    tops = [one for one in books.customers.values() if not one.parent]
    parent = _choose(rnd, tops)
    if parent is None:
        return None
    name = f"Job d'été {len(books.customers)}-{rnd.randrange(10000)}"
    job = customers.add_customer(books, name, parent=parent.list_id)
    return invoices.add_invoice(books, job.object_id, rnd.randrange(100, 90000))


def _deactivates(books: Books, rnd: random.Random) -> Change | None:
    customer = _choose(rnd, [one for one in books.customers.values() if one.active])
    return customers.deactivate(books, customer.list_id) if customer else None


def _reactivates(books: Books, rnd: random.Random) -> Change | None:
    customer = _choose(rnd, [one for one in books.customers.values() if not one.active])
    return customers.reactivate(books, customer.list_id) if customer else None


def _renames(books: Books, rnd: random.Random) -> Change | None:
    customer = _choose(rnd, list(books.customers.values()))
    if customer is None:
        return None
    name = f"Renamed™ {len(books.customers)}-{rnd.randrange(100000)}"
    return customers.rename(books, customer.list_id, name)


def _merges(books: Books, rnd: random.Random) -> Change | None:
    loser = _choose(rnd, _childless(books))
    if loser is None:
        return None
    others = [
        one.list_id
        for one in books.customers.values()
        if (one.parent, one.currency) == (loser.parent, loser.currency) and one != loser
    ]
    winner = _choose(rnd, others)
    return customers.merge(books, loser.list_id, winner) if winner else None


_ACTS: dict[Callable[[Books, random.Random], Change | None], int] = {
    _closes: 16,
    _pays_a_part: 12,
    _credits: 6,
    _voids: 6,
    _deletes: 6,
    _deletes_a_payment: 4,
    _deletes_a_credit: 2,
    _edits_a_payment: 3,
    _receives: 3,
    _edits: 8,
    _renumbers: 4,
    _moves: 5,
    _pends: 3,
    _posts: 4,
    _writes: 12,
    _adds: 1,
    _adds_a_job: 3,
    _deactivates: 3,
    _reactivates: 3,
    _renames: 3,
    _merges: 2,
}
