"""Some days of bookkeeping at random: every act in a likely share, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

from simulator.company import names
from simulator.company.acts import documents, invoices, lists, payments
from simulator.company.acts.finding import Change
from simulator.company.books import Books
from simulator.company.records import Credit, Customer, Invoice, Payment

LONGEST_PAUSE_SECONDS = 3600
One = TypeVar("One")
Chance = Callable[[Books, random.Random], Change | None]


def random_acts(books: Books, count: int, seed: int) -> list[Change]:
    """Do random acts of all kinds."""
    rnd = random.Random(f"deskbridge acts {seed}")
    shares, acts = zip(*_BY_CHANCE, strict=True)
    done: list[Change] = []
    while len(done) < count:
        books.now += rnd.randrange(LONGEST_PAUSE_SECONDS)
        done.append(rnd.choices(acts, shares)[0](books, rnd) or _writes(books, rnd))
    return done


def _on(
    among: Callable[[Books], list[One]], act: Callable[[Books, One, random.Random], Change | None]
) -> Chance:
    """An act on one of these, if there is any."""

    def by_chance(books: Books, rnd: random.Random) -> Change | None:
        found = among(books)
        return act(books, rnd.choice(found), rnd) if found else None

    return by_chance


# What an act may be about.


def _unpaid(books: Books) -> list[Invoice]:
    return [one for one in books.invoices.values() if not one.is_paid and not one.pending]


def _not_void(books: Books) -> list[Invoice]:
    return [one for one in books.invoices.values() if not one.voided]


def _untouched(books: Books) -> list[Invoice]:
    every = books.invoices.values()
    return [one for one in every if not (one.pending or one.voided or one.applied)]


def _pending(books: Books) -> list[Invoice]:
    return [one for one in books.invoices.values() if one.pending]


def _payments(books: Books) -> list[Payment]:
    return list(books.payments.values())


def _credits(books: Books) -> list[Credit]:
    return list(books.credits.values())


def _customers(books: Books) -> list[Customer]:
    return list(books.customers.values())


def _tops(books: Books) -> list[Customer]:
    return [one for one in books.customers.values() if not one.parent]


def _childless(books: Books) -> list[Customer]:
    parents = {one.parent for one in books.customers.values()}
    return [one for one in books.customers.values() if one.list_id not in parents]


def _active(books: Books) -> list[Customer]:
    return [one for one in books.customers.values() if one.active]


def _inactive(books: Books) -> list[Customer]:
    return [one for one in books.customers.values() if not one.active]


# Acts that take more than a line.


def _edits_payment(books: Books, one: Payment, rnd: random.Random) -> Change:
    more = one.total + rnd.randrange(1, 5000)
    memo = f"Corrected {rnd.randrange(1000)}"
    unapply = rnd.random() < 0.3
    return payments.edit_payment(books, one.txn_id, amount=more, memo=memo, unapply=unapply)


def _receives(books: Books, invoice: Invoice, rnd: random.Random) -> Change:
    """A payment on account, or for a part of all that its customer owes."""
    owed = [
        (one.txn_id, rnd.randrange(1, one.balance + 1))
        for one in books.invoices.values()
        if one.customer == invoice.customer and one.owed > 0
    ]
    some = owed[: rnd.randrange(len(owed) + 1)]
    total = sum(paid for _, paid in some) + rnd.randrange(1, 9000)
    return payments.receive(books, invoice.customer, total, invoices=some, memo="On account")


def _moves(books: Books, invoice: Invoice, rnd: random.Random) -> Change | None:
    others = [
        one.list_id
        for one in books.customers.values()
        if one.currency == invoice.currency and one.list_id != invoice.customer
    ]
    return invoices.move(books, invoice.txn_id, rnd.choice(others)) if others else None


def _merges(books: Books, loser: Customer, rnd: random.Random) -> Change | None:
    others = [
        one.list_id
        for one in books.customers.values()
        if (one.parent, one.currency) == (loser.parent, loser.currency) and one != loser
    ]
    return lists.merge(books, loser.list_id, rnd.choice(others)) if others else None


def _writes(books: Books, rnd: random.Random) -> Change:
    """A new invoice, for a new customer when there is none yet."""
    known = _customers(books)
    owner = rnd.choice(known).list_id if known else _adds(books, rnd).object_id
    number = f"N-{rnd.randrange(1000, 99999)}"
    return invoices.add_invoice(books, owner, rnd.randrange(100, 500000), number=number)


def _adds(books: Books, rnd: random.Random) -> Change:
    word = f"{rnd.choice(names.FIRST_WORDS)} “{rnd.choice(names.TRADES)}” & Co."
    name = f"{word[:30]} {len(books.customers)}-{rnd.randrange(10000)}"
    return lists.add_customer(books, name)


def _adds_job(books: Books, parent: Customer, rnd: random.Random) -> Change:
    name = f"Job d'été {len(books.customers)}-{rnd.randrange(10000)}"
    job = lists.add_customer(books, name, parent=parent.list_id)
    return invoices.add_invoice(books, job.object_id, rnd.randrange(100, 90000))


def _part(invoice: Invoice, rnd: random.Random) -> int:
    return rnd.randrange(1, invoice.balance + 1)


_BY_CHANCE: tuple[tuple[int, Chance], ...] = (
    (16, _on(_unpaid, lambda books, one, _: documents.close(books, one.txn_id))),
    (12, _on(_unpaid, lambda books, one, rnd: documents.pay(
        books, one.txn_id, _part(one, rnd), number=f"CHK {rnd.randrange(10000)}"))),
    (6, _on(_unpaid, lambda books, one, rnd: documents.credit(
        books, one.txn_id, _part(one, rnd)))),
    (6, _on(_not_void, lambda books, one, _: documents.void(books, one.txn_id))),
    (6, _on(_not_void, lambda books, one, _: documents.delete(books, one.txn_id))),
    (4, _on(_payments, lambda books, one, _: documents.delete(books, one.txn_id))),
    (2, _on(_credits, lambda books, one, _: documents.delete(books, one.txn_id))),
    (3, _on(_payments, _edits_payment)),
    (3, _on(_unpaid, _receives)),
    (8, _on(_not_void, lambda books, one, rnd: invoices.edit(
        books, one.txn_id, add=rnd.randrange(100, 50000), memo="Edited – late"))),
    (4, _on(_not_void, lambda books, one, rnd: invoices.renumber(
        books, one.txn_id, rnd.choice(("", f"R-{rnd.randrange(1000, 9999)}"))))),
    (5, _on(_unpaid, _moves)),
    (3, _on(_untouched, lambda books, one, _: invoices.pend(books, one.txn_id))),
    (4, _on(_pending, lambda books, one, _: invoices.post(books, one.txn_id))),
    (12, _writes),
    (1, _adds),
    (3, _on(_tops, _adds_job)),
    (3, _on(_active, lambda books, one, _: lists.deactivate(books, one.list_id))),
    (3, _on(_inactive, lambda books, one, _: lists.reactivate(books, one.list_id))),
    (3, _on(_customers, lambda books, one, rnd: lists.rename(
        books, one.list_id, f"Renamed™ {len(books.customers)}-{rnd.randrange(100000)}"))),
    (2, _on(_childless, _merges)),
)  # fmt: skip
