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
from shared.models.payments import payment_pages, postings, sets
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
from tests.whole.rig import Rig

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


def connection(rig: Rig) -> Connection:
    with rig.store.reading():
        return connections.get("Larkspur")


def receive(rig: Rig, *payments: NewPayment) -> list[int]:
    """Take payments of the platform in; their numbers."""
    held = connection(rig)
    take_in(rig.store, held.id, payments, rig.now)
    return numbers(rig.store, held.id, *(one.external_id for one in payments))


def pays(rig: Rig, **options: Any) -> Outcome:
    """One Payment Sync, some minutes after whatever was before."""
    rig.later(minutes=5)
    return rig.sync(kind=ApplicationKind.PAYMENT, **options)


def settles(rig: Rig, **options: Any) -> Rig:
    """One Payment Sync that goes well."""
    outcome = pays(rig, **options)
    assert outcome.ok, outcome.status
    return rig


def on_file(rig: Rig, external_id: str = "pay_1") -> Payment:
    """A payment of the platform as the store shows it."""
    with rig.store.reading():
        held = connections.get("Larkspur")
        return payment_pages.find(held.id, external_id)


def imported(rig: Rig) -> dict[str, Payment]:
    """Payments that people recorded in QuickBooks, by RefNumber; also deleted ones."""
    with rig.store.reading():
        held = connections.get("Larkspur")
        found = payment_pages.each(held.id, source=PaymentSource.QUICKBOOKS, deleted=True)
        return {one.ref_number: one for one in found}


def parts(rig: Rig, external_id: str = "pay_1") -> list[Posting]:
    number = on_file(rig, external_id).id
    with rig.store.reading():
        return postings.of_payment(number)


def life(rig: Rig, external_id: str = "pay_1") -> list[str]:
    """What happened to a payment, step by step."""
    number = on_file(rig, external_id).id
    with rig.store.reading():
        return [step.event for step in postings.life(number)]


def open_set(rig: Rig) -> MessageSet | None:
    with rig.store.reading():
        return sets.open_set(connections.get("Larkspur").id)


def standing(rig: Rig, external_id: str = "pay_1") -> tuple[PaymentStatus, str]:
    """Where a payment stands, and the code of the reason."""
    held = on_file(rig, external_id)
    return held.status, held.code


def problem(rig: Rig) -> Problem:
    """The one problem that waits for somebody."""
    (found,) = rig.problems()
    return found


def codes(rig: Rig) -> list[str]:
    return sorted(one.code for one in rig.problems())


def payment_problem(rig: Rig, external_id: str = "pay_1") -> Problem:
    """The one problem of a payment."""
    number = str(on_file(rig, external_id).id)
    (found,) = (
        one for one in rig.problems() if one.kind is RecordKind.PAYMENT and one.object_id == number
    )
    return found


def in_quickbooks(rig: Rig) -> list[Received]:
    """All payments in the books, which add up."""
    audit = rig.company.audit()
    assert audit.ok, audit.problems
    return list(audit.payments)


def writes(rig: Rig) -> list[str]:
    """The payments that were sent to QuickBooks, each as its request."""
    return [request for request in rig.requests if ADD in request]


def fields_of(found: Received) -> tuple[Any, ...]:
    """A payment of the books in the terms of what we send."""
    applied = tuple((use.invoice_txn_id, use.amount) for use in found.applied)
    return (found.txn_id, found.customer_list_id, found.date, found.amount, applied)


def both_agree(rig: Rig) -> Rig:
    """Each payment that is posted is in the books once, as it was sent; none else of ours is.

    Open invoices and their balances are those of the books as well.
    """
    ours = [one for one in in_quickbooks(rig) if one.external_guid or "[db:" in one.memo]
    expected = [
        (
            part.txn_id,
            part.customer_list_id,
            (part.date or held.date).isoformat(),
            int(part.amount * 100),
            tuple((use.invoice_txn_id, int(use.paid * 100)) for use in part.uses if use.paid),
        )
        for held in _of_the_platform(rig)
        for part in parts(rig, held.external_id)
        if part.state is PostingState.POSTED
    ]
    assert sorted(map(fields_of, ours)) == sorted(expected)
    assert rig.is_equal()
    return rig


def _of_the_platform(rig: Rig) -> Iterable[Payment]:
    with rig.store.reading():
        held = connections.get("Larkspur")
        return list(payment_pages.each(held.id, source=PaymentSource.INVOICED))


def posted_once(rig: Rig, *external_ids: str) -> Rig:
    """These payments are posted and in the books once, nothing waits for anybody."""
    both_agree(rig)
    for external_id in external_ids or ("pay_1",):
        assert standing(rig, external_id) == (PaymentStatus.POSTED, "")
    assert open_set(rig) is None
    assert codes(rig) == []
    return rig


# A PC that is switched off, a line that breaks.


def is_out(rig: Rig) -> bool:
    """Whether a write is handed out whose answer did not come yet."""
    held = open_set(rig)
    return held is not None and held.phase == "sent"


def dies(rig: Rig, moment: str, call: str) -> Callable[[Boundary], None]:
    """Cut the power of the PC at that side of a call while a write is out, once."""
    left = [1]

    def cut(boundary: Boundary) -> None:
        if left and (boundary.moment, boundary.call) == (moment, call) and is_out(rig):
            left.clear()
            raise WebConnectorDied("the PC was switched off")

    return cut


before_quickbooks_gets_it = ("after", "sendRequestXML")
after_quickbooks_did_it = ("before", "receiveResponseXML")


def answering_writes(spoil: Callable[[str], str]) -> Callable[[str, str], str]:
    """A QuickBooks whose answers to writes are spoiled on their way."""
    return lambda answer, request: spoil(answer) if ADD in request else answer


def happens_after(rig: Rig, mark: str, act: Callable[[], object]) -> None:
    """Let somebody act once in QuickBooks, right after it answered a request with that mark."""
    left = [1]

    def alter(answer: str, request: str) -> str:
        if left and mark in request:
            left.clear()
            act()
        return answer

    rig.alter_with_request = alter


def loses(rig: Rig, at: tuple[str, str]) -> Rig:
    """A Payment Sync whose PC is switched off while its first write is out."""
    outcome = pays(rig, on_boundary=dies(rig, *at))
    assert not outcome.ok
    return rig


def till(rig: Rig) -> Rig:
    """Give a rig three open invoices of Larkspur, imported: 1042, 1043 and 1044."""
    for number, amount in (("1042", 25_000), ("1043", 10_000), ("1044", 8_000)):
        owes(rig, number, amount)
    rig.later(hours=1)
    assert rig.sync().ok
    rig.requests.clear()
    return rig


# Backups of the store.


def backed_up(store: Path, to: Path) -> str:
    """Copy a store, which may be in use; the address of the copy."""
    with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
    return f"sqlite:///{to}"


def go_on(rig: Rig) -> None:
    """An operator says that this file is the one to go on with."""
    (asked,) = (one for one in rig.problems() if one.code == "company-restored")
    decide(rig.store, plan_retry, [asked.id])
