"""Who is in a rehearsal: a random company, and payments of the platform for its invoices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from shared.rules.payments.values import ChargeState, NewPayment, NewUse
from simulator.company import Company
from simulator.company.records import Invoice

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


def payment(rnd: Random, number: int, books: Company, now: datetime) -> NewPayment | None:
    """A payment for one invoice or a few; None where nothing is left to be paid."""
    owed = [one for one in books.books.invoices.values() if one.owed > 0]
    if not owed:
        return None
    first = rnd.choice(owed)
    others = [one for one in owed if one.currency == first.currency and one is not first]
    chosen = [first, *rnd.sample(others, min(len(others), rnd.choice((0, 0, 0, 1, 2))))]
    uses = tuple(_use(rnd, one) for one in chosen)
    rest = Decimal(rnd.choice((0, 0, 0, 0, 1250))) / 100
    state = rnd.choices(list(ChargeState), (12, 1, 1))[0]
    day = now.astimezone(UTC).date() - timedelta(days=rnd.choice((0, 0, 1, 5)))
    return NewPayment(
        external_id=f"pay_{number:04}{rnd.randrange(1 << 16):04x}",
        date=day,
        amount=sum((use.amount for use in uses), rest),
        uses=uses,
        method=rnd.choice(METHODS),
        gateway=rnd.choice(GATEWAYS),
        reference=f"ch_{rnd.randrange(1 << 30):x}",
        charged=rnd.random() < 0.9,
        charge_state=state,
        memo=rnd.choice(("", "", "For the lobby – thank you")),
    )


def _use(rnd: Random, invoice: Invoice) -> NewUse:
    paid = invoice.balance if rnd.random() < 0.6 else rnd.randrange(1, invoice.balance + 1)
    named = invoice.txn_id if rnd.random() < 0.5 or not invoice.number else invoice.number
    return NewUse(named, Decimal(paid) / 100)
