"""Customers and the names that the platform gives them, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from shared import hints
from shared.operations.describe.sections import Section
from shared.operations.describe.text import count, grouped, money, sums
from shared.rules.ledger import (
    Affected,
    CustomerDetail,
    CustomerSides,
    CustomerState,
    Owing,
    Resolved,
)
from shared.rules.payments.values import CustomerMapping, PaymentStatus

if TYPE_CHECKING:
    pass


_STATES: Mapping[CustomerState, tuple[str, str]] = {
    CustomerState.WANTED: (
        "not read yet",
        "Its name comes from an invoice; the next Invoice Sync reads the customer itself.",
    ),
    CustomerState.MISSING: ("not shown", "QuickBooks did not return this customer."),
    CustomerState.DELETED: ("deleted", "It was deleted or merged in QuickBooks."),
}


def state(customer: CustomerSides) -> str:
    """The state in a word or two."""
    if customer.state is not CustomerState.HELD:
        return _STATES[customer.state][0]
    return "active" if customer.active else "inactive"


def summary(customer: CustomerSides, also_called: Iterable[str] = ()) -> Section:
    """A customer with what it owes on both sides, and what is left out and why.

    ``also_called`` are the platform's names that were matched to it.
    """
    title = f"{customer.full_name or 'Customer without a name'} ({customer.connection})"
    return Section(title, tuple(_about(customer, also_called)))


def sections(detail: CustomerDetail) -> tuple[Section, ...]:
    """The summary with the names that it had before."""
    about = summary(detail.sides, detail.also_called)
    formerly = (("Formerly", ", ".join(detail.formerly) + "."),) if detail.formerly else ()
    return (Section(about.title, (*about.lines, *formerly)),)


def _about(customer: CustomerSides, also_called: Iterable[str]) -> Iterator[tuple[str, str]]:
    name = customer.full_name or "(no name known)"
    yield "Customer", f"{name}, ListID {customer.list_id}. {customer.connection}."
    if customer.account_number:
        yield "Account number", customer.account_number
    if customer.state is not CustomerState.HELD:
        yield "Status", _STATES[customer.state][1]
    elif not customer.active:
        yield "Status", "inactive in QuickBooks, so its invoices are left out."
    for owing in customer.owing:
        yield "Owed", _owed(owing)
    for left_out in customer.left_out:
        told = hints.tell(left_out.reason)
        seen = money(left_out.seen, left_out.currency)
        number = count(left_out.count, "open invoice")
        yield "Left out", f"{number}, {seen} in QuickBooks. {told.message}"
        yield "What to do", told.remedy
    if names := ", ".join(also_called):
        yield "Also called", f"{names} on the platform."


def _owed(owing: Owing) -> str:
    here = money(owing.balance, owing.currency)
    told = f"{here} here by {count(owing.open, 'open invoice')}"
    if owing.seen == owing.balance:
        return f"{told}; QuickBooks last showed the same."
    return (
        f"{told}; QuickBooks last showed {grouped(owing.seen)}. Run Invoice Sync: it reads "
        "what differs again."
    )


# Names of the platform.


def meant(mapping: CustomerMapping) -> str:
    """Whom a name means: ``Larkspur Tile (80-1)``."""
    return f"{mapping.customer or 'a customer that no longer exists'} ({mapping.list_id})"


def waiting(affected: Affected) -> str:
    """Which payments of a name are not in QuickBooks yet."""
    if not affected.count:
        return "none is waiting."
    payments = count(affected.count, "payment")
    return f"{payments} of {sums(affected.amounts)}, not in QuickBooks yet."


def consequence(affected: Affected) -> str:
    """What becomes of those payments when the name means somebody else."""
    if not affected.count:
        return "No payment with that name is waiting."
    return (
        f"{count(affected.count, 'payment')} of {sums(affected.amounts)} will be checked "
        "again at once, and the next Payment Sync posts what has no other problem."
    )


def where_they_stand(done: Resolved) -> str:
    """What became of them: "Payments: 2 ready for the next Payment Sync, 1 refused."."""
    words = {
        PaymentStatus.READY: "ready for the next Payment Sync",
        PaymentStatus.REFUSED: "still refused",
    }
    known = [
        f"{number:,} {words.get(status, status.replace('_', ' '))}"
        for status, number in done.payments.items()
    ]
    return f"Payments: {', '.join(known)}." if known else "No payment with that name is waiting."
