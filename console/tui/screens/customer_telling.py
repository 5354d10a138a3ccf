"""A customer in words: in which state, what is owed on both sides, what is left out and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from console.tui import words
from shared import hints
from shared.models.ledger.customer_pages import CustomerSides, Owing
from shared.models.ledger.wanted import CustomerState
from shared.operations.describe.text import count, grouped
from shared.rules.payments.values import CustomerMapping

_STATES = {
    CustomerState.WANTED: (
        "not read yet",
        "Its name was read on an invoice; the next Invoice Sync reads the customer itself.",
    ),
    CustomerState.MISSING: ("not shown", "QuickBooks did not show it when it was asked for."),
    CustomerState.DELETED: ("deleted", "It was deleted in QuickBooks."),
}


def state_of(customer: CustomerSides) -> Text:
    """The state as a word."""
    if customer.state is not CustomerState.HELD:
        return words.state("failed", _STATES[customer.state][0])
    return Text("active") if customer.active else words.state("left-out", "inactive")


def told_of(customer: CustomerSides, mapped: Sequence[CustomerMapping]) -> Iterator[Text]:
    """What there is to say about a customer; ``mapped`` are names that may mean others too."""
    name = customer.full_name or "(no name known)"
    yield words.titled("Customer", f"{name}, ListID {customer.list_id}. {customer.connection}.")
    if customer.state is not CustomerState.HELD:
        yield words.titled("Status", _STATES[customer.state][1])
    elif not customer.active:
        yield words.titled("Status", "inactive in QuickBooks, so its invoices are left out.")
    for owing in customer.owing:
        yield words.titled("Owed", _owed(owing))
    for left_out in customer.left_out:
        told = hints.tell(left_out.reason)
        amount = f"{grouped(left_out.seen)} {left_out.currency}".rstrip()
        number = count(left_out.count, "open invoice")
        yield words.titled("Left out", f"{number}, {amount} in QuickBooks. {told.message}")
        yield words.titled("What to do", told.remedy)
    its = (customer.connection_id, customer.list_id)
    names = ", ".join(one.name for one in mapped if (one.connection_id, one.list_id) == its)
    if names:
        yield words.titled("Also called", f"{names} on the platform, as mapped by hand.")


def _owed(owing: Owing) -> str:
    here = f"{grouped(owing.balance)} {owing.currency}".rstrip()
    told = f"{here} here by {count(owing.open, 'open invoice')}"
    if owing.seen == owing.balance:
        return f"{told}; QuickBooks last showed the same."
    return (
        f"{told}; QuickBooks last showed {grouped(owing.seen)}. Run Invoice Sync: it reads again"
        " what differs."
    )
