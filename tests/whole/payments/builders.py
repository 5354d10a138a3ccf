"""Payments of the platform, Payment Syncs that go well or break off, and both sides afterwards.

Amounts of payments are text with two places, as on a form; the simulated books want hundredths.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from shared.models import connections
from shared.models.payments import listing, postings, sets
from shared.operations.problems import plan_retry
from shared.rules.payments.values import (
    MessageSet,
    NewPayment,
    NewUse,
    Payment,
    PaymentSource,
    PaymentStatus,
    Posting,
    PostingState,
    UseKind,
)
from shared.rules.values import ApplicationKind, Connection, Problem, RecordKind
from simulator.company.audit import Received
from simulator.webconnector import Boundary, Outcome, WebConnectorDied
from tests.deciding import decide
from tests.taking_in import numbers, take_in
from tests.whole.bookkeeping import owes
from tests.whole.house import House

ADD, LOOK = "<ReceivePaymentAddRq", "<IncludeRetElement>IsPending<"
"""What stands in a request that writes a payment, and in the one that looks just before."""
LARKSPUR, LOBBY = "Larkspur Tile", "Larkspur Tile:Lobby"
WINDOW = {"seconds": 901}
"""Longer than a request that was given up on may still run."""
SOON = {"minutes": 6}
"""With the minutes before each sync: longer than a session that broke off holds the company,
shorter than the window."""


def payment(external_id: str = "pay_1", amount: str = "", **given: Any) -> NewPayment:
    """A charged payment of today; by default 50.00 for invoice 1042.

    ``pays`` maps invoices to amounts, ``credits`` credit notes; one amount alone is for 1042.
    """
    invoices: dict[str, str] = given.pop("pays", {"1042": amount or "50.00"})
    notes: dict[str, str] = given.pop("credits", {})
    uses = [NewUse(number, Decimal(paid)) for number, paid in invoices.items()]
    total = Decimal(amount) if amount else sum((use.amount for use in uses), Decimal())
    uses += [NewUse(number, Decimal(paid), UseKind.CREDIT_NOTE) for number, paid in notes.items()]
    given.setdefault("date", date(2025, 6, 30))
    return NewPayment(external_id=external_id, amount=total, uses=tuple(uses), **given)


def connection(house: House) -> Connection:
    with house.store.reading():
        return connections.get("Larkspur")


def receive(house: House, *payments: NewPayment) -> list[int]:
    """Take payments of the platform in; their numbers."""
    held = connection(house)
    take_in(house.store, held.id, payments, house.now)
    return numbers(house.store, held.id, *(one.external_id for one in payments))


def pays(house: House, **options: Any) -> Outcome:
    """One Payment Sync, some minutes after whatever was before."""
    house.later(minutes=5)
    return house.sync(kind=ApplicationKind.PAYMENT, **options)


def settles(house: House, **options: Any) -> House:
    """One Payment Sync that goes well."""
    outcome = pays(house, **options)
    assert outcome.ok, outcome.status
    return house


def on_file(house: House, external_id: str = "pay_1") -> Payment:
    """A payment of the platform as the store shows it."""
    with house.store.reading():
        held = connections.get("Larkspur")
        return listing.find(held.id, external_id)


def imported(house: House) -> dict[str, Payment]:
    """Payments that people recorded in QuickBooks, by RefNumber; also deleted ones."""
    with house.store.reading():
        held = connections.get("Larkspur")
        found = listing.payments(held.id, source=PaymentSource.QUICKBOOKS, deleted=True)
        return {one.ref_number: one for one in found}


def parts(house: House, external_id: str = "pay_1") -> list[Posting]:
    number = on_file(house, external_id).id
    with house.store.reading():
        return postings.of_payment(number)


def life(house: House, external_id: str = "pay_1") -> list[str]:
    """What happened to a payment, step by step."""
    number = on_file(house, external_id).id
    with house.store.reading():
        return [step.event for step in postings.life(number)]


def open_set(house: House) -> MessageSet | None:
    with house.store.reading():
        return sets.open_set(connections.get("Larkspur").id)


def standing(house: House, external_id: str = "pay_1") -> tuple[PaymentStatus, str]:
    """Where a payment stands, and the code of the reason."""
    held = on_file(house, external_id)
    return held.status, held.code


def problem(house: House) -> Problem:
    """The one problem that waits for somebody."""
    (found,) = house.problems()
    return found


def codes(house: House) -> list[str]:
    return sorted(one.code for one in house.problems())


def payment_problem(house: House, external_id: str = "pay_1") -> Problem:
    """The one problem of a payment."""
    number = str(on_file(house, external_id).id)
    (found,) = (
        one
        for one in house.problems()
        if one.kind is RecordKind.PAYMENT and one.object_id == number
    )
    return found


def in_quickbooks(house: House) -> list[Received]:
    """All payments in the books, which add up."""
    audit = house.company.audit()
    assert audit.ok, audit.problems
    return list(audit.payments)


def writes(house: House) -> list[str]:
    """The payments that were sent to QuickBooks, each as its request."""
    return [request for request in house.requests if ADD in request]


def fields_of(found: Received) -> tuple[Any, ...]:
    """A payment of the books in the terms of what we send."""
    applied = tuple((use.txn_id, use.amount) for use in found.applied)
    return (found.txn_id, found.customer_list_id, found.date, found.amount, applied)


def both_agree(house: House) -> House:
    """Each payment that is posted is in the books once, as it was sent; none else of ours is.

    Open invoices and their balances are those of the books as well.
    """
    ours = [one for one in in_quickbooks(house) if one.external_guid or "[db:" in one.memo]
    expected = [
        (
            part.txn_id,
            part.customer_list_id,
            (part.date or held.date).isoformat(),
            int(part.amount * 100),
            tuple((use.invoice_txn_id, int(use.paid * 100)) for use in part.uses if use.paid),
        )
        for held in _of_the_platform(house)
        for part in parts(house, held.external_id)
        if part.state is PostingState.POSTED
    ]
    assert sorted(map(fields_of, ours)) == sorted(expected)
    assert house.is_equal()
    return house


def _of_the_platform(house: House) -> Iterable[Payment]:
    with house.store.reading():
        held = connections.get("Larkspur")
        return list(listing.payments(held.id, source=PaymentSource.INVOICED))


def posted_once(house: House, *external_ids: str) -> House:
    """These payments are posted and in the books once, nothing waits for anybody."""
    both_agree(house)
    for external_id in external_ids or ("pay_1",):
        assert standing(house, external_id) == (PaymentStatus.POSTED, "")
    assert open_set(house) is None
    assert codes(house) == []
    return house


# A PC that is switched off, a line that breaks.


def is_out(house: House) -> bool:
    """Whether a write is handed out whose answer did not come yet."""
    held = open_set(house)
    return held is not None and held.phase == "sent"


def dies(house: House, moment: str, call: str) -> Callable[[Boundary], None]:
    """Cut the power of the PC at that side of a call while a write is out, once."""
    left = [1]

    def cut(boundary: Boundary) -> None:
        if left and (boundary.moment, boundary.call) == (moment, call) and is_out(house):
            left.clear()
            raise WebConnectorDied("the PC was switched off")

    return cut


before_quickbooks_gets_it = ("after", "sendRequestXML")
after_quickbooks_did_it = ("before", "receiveResponseXML")


def answering_writes(spoil: Callable[[str], str]) -> Callable[[str, str], str]:
    """A QuickBooks whose answers to writes are spoiled on their way."""
    return lambda answer, request: spoil(answer) if ADD in request else answer


def happens_after(house: House, mark: str, act: Callable[[], object]) -> None:
    """Let somebody act once in QuickBooks, right after it answered a request with that mark."""
    left = [1]

    def alter(answer: str, request: str) -> str:
        if left and mark in request:
            left.clear()
            act()
        return answer

    house.alter_with_request = alter


def loses(house: House, at: tuple[str, str]) -> House:
    """A Payment Sync whose PC is switched off while its first write is out."""
    outcome = pays(house, on_boundary=dies(house, *at))
    assert not outcome.ok
    return house


def till(house: House) -> House:
    """Give a house three open invoices of Larkspur, imported: 1042, 1043 and 1044."""
    for number, amount in (("1042", 25_000), ("1043", 10_000), ("1044", 8_000)):
        owes(house, number, amount)
    house.later(hours=1)
    assert house.sync().ok
    house.requests.clear()
    return house


# Backups of the store.


def backed_up(store: Path, to: Path) -> str:
    """Copy a store, which may be in use; the address of the copy."""
    with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
    return f"sqlite:///{to}"


def go_on(house: House) -> None:
    """An operator says that this file is the one to go on with."""
    (asked,) = (one for one in house.problems() if one.code == "company-restored")
    decide(house.store, plan_retry, [asked.id])
