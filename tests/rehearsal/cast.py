"""Who is in a rehearsal: a random company, and payments of the platform for its invoices."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from shared.rules.payments.values import ChargeState, NewPayment, NewUse
from simulator.company import Company
from simulator.company.books import Books
from simulator.company.records import Invoice
from tests.rehearsal.story import Said

CUSTOMERS = (3, 6)
INVOICES = (6, 14)
METHODS = ("credit_card", "ach", "check", "other", "")
GATEWAYS = ("stripe", "gocardless", "")


def company(rnd: Random) -> Company:
    """A small company of any edition, whose QuickBooks has habits of its own."""
    made = Company.create(
        seed=rnd.randrange(1 << 30),
        customers=rnd.randint(*CUSTOMERS),
        invoices=rnd.randint(*INVOICES),
        edition=rnd.choice(("us", "ca", "uk")),
        all_open=rnd.random() < 0.7,
    )
    made.set_habits(
        sets_kept=rnd.choice(("all", "one")),
        status_check=rnd.choice(("answer", "status", "recovery")),
        unknown_old_set=rnd.choice(("runs", "refused")),
        closed_invoice=rnd.choice(("refused", "unapplied")),
        parents_pay_jobs=rnd.random() < 0.5,
        guids_are_unique=False,
    )
    return made


def payment(rnd: Random, number: int, books: Books, now: datetime) -> Said | None:
    """A payment for one invoice or a few, or on account; None where nothing is left to be paid."""
    owed = [one for one in books.invoices.values() if one.owed > 0]
    if not owed:
        return None
    first = rnd.choice(owed)
    if rnd.random() < 0.1:
        return _on_account(rnd, number, books, first.customer, now)
    others = [one for one in owed if one.currency == first.currency and one is not first]
    chosen = [first, *rnd.sample(others, min(len(others), rnd.choice((0, 0, 0, 1, 2))))]
    pays = {one.txn_id: _share(rnd, one) for one in chosen}
    # Nothing can tell two invoices that one payment names by the same number.
    alike = Counter(one.number.casefold().strip() for one in chosen)
    named = {
        one.txn_id: one.number
        for one in chosen
        if one.number and rnd.random() < 0.5 and alike[one.number.casefold().strip()] == 1
    }
    uses = tuple(NewUse(named.get(one, one), Decimal(paid) / 100) for one, paid in pays.items())
    rest = Decimal(rnd.choice((0, 0, 0, 0, 1250))) / 100
    amount = sum((use.amount for use in uses), rest)
    if rnd.random() < 0.15:
        customer, name = first.customer, f"Account {first.customer}"
        return Said(_payment(rnd, number, now, amount, uses, name), pays, named, customer)
    return Said(_payment(rnd, number, now, amount, uses), pays, named)


def _on_account(rnd: Random, number: int, books: Books, list_id: str, now: datetime) -> Said:
    """What a customer pays ahead, called as in QuickBooks at that time or as the platform does."""
    amount = Decimal(rnd.randrange(100, 90000)) / 100
    name = books.full_name(list_id) if rnd.random() < 0.7 else f"Account {list_id}"
    return Said(_payment(rnd, number, now, amount, (), name), {}, customer=list_id)


def _payment(
    rnd: Random,
    number: int,
    now: datetime,
    amount: Decimal,
    uses: tuple[NewUse, ...],
    customer: str = "",
) -> NewPayment:
    state = rnd.choices(list(ChargeState), (12, 1, 1))[0]
    day = now.astimezone(UTC).date() - timedelta(days=rnd.choice((0, 0, 1, 5)))
    return NewPayment(
        external_id=f"pay_{number:04}{rnd.randrange(1 << 16):04x}",
        date=day,
        amount=amount,
        uses=uses,
        customer=customer,
        method=rnd.choice(METHODS),
        gateway=rnd.choice(GATEWAYS),
        reference=f"ch_{rnd.randrange(1 << 30):x}",
        charged=rnd.random() < 0.9,
        charge_state=state,
        memo=rnd.choice(("", "", "For the lobby – thank you")),
    )


def _share(rnd: Random, invoice: Invoice) -> int:
    return invoice.balance if rnd.random() < 0.6 else rnd.randrange(1, invoice.balance + 1)
