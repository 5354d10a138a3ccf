"""Payments with defaults, and a store with invoices that they pay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from shared.models import connections, installation, problems
from shared.models.payments import payment_pages, postings, rejudging, sets
from shared.models.store import Store
from shared.operations.payment_intake import Report
from shared.rules.ledger import Invoice
from shared.rules.payments.tags import Origin
from shared.rules.payments.values import (
    MessageSet,
    NewPayment,
    NewUse,
    Payment,
    PaymentStatus,
    Posting,
    PostingState,
    ReceivedPayment,
    ReceivedUse,
)
from shared.rules.values import ProblemState, RecordKind
from shared.structs import replace
from tests.models.builders import NOON, Books, customer
from tests.taking_in import take_in

LARKSPUR = {"customer_list_id": "80-1", "customer_full_name": "Larkspur Tile"}
JUNIPER = {"customer_list_id": "80-2", "customer_full_name": "Juniper Yoga"}
REQUEST = b'<?xml version="1.0"?>\x00\xff<QBXML/>'


def money(text: str) -> Decimal:
    return Decimal(text)


def pays(
    external_id: str = "pay_1",
    amount: str = "100.00",
    *shares: tuple[str, str],
    **fields: Any,
) -> NewPayment:
    """A payment of the platform; without ``shares`` all of it is for invoice 100."""
    usual = NewPayment(
        external_id=external_id,
        date=date(2024, 6, 3),
        amount=money(amount),
        uses=tuple(NewUse(number, money(share)) for number, share in shares or [("100", amount)]),
        method="credit_card",
        reference="ch_9x",
        gateway="stripe",
    )
    return replace(usual, **fields)


def applied(txn_id: str = "1A-100", amount: str = "100.00", **fields: Any) -> ReceivedUse:
    """What a payment of QuickBooks is applied to: an invoice, unless told otherwise."""
    usual = ReceivedUse(txn_id, "Invoice", txn_id.rpartition("-")[2], money(amount))
    return replace(usual, **fields)


def received(txn_id: str = "7B-1", *uses: ReceivedUse, **fields: Any) -> ReceivedPayment:
    """A payment recorded in QuickBooks; without ``uses`` it pays 100.00 on invoice 1A-100."""
    usual = ReceivedPayment(
        txn_id=txn_id,
        ref_number="CHK 77",
        customer="Larkspur Tile",
        customer_list_id="80-1",
        date=date(2024, 6, 4),
        amount=money("100.00"),
        currency="USD",
        method="Check",
        memo="for the lobby",
        external_guid="",
        ar_account="Accounts Receivable",
        deposit_account="Undeposited Funds",
        unused=money("0.00"),
        edit_sequence="1718000001",
        time_created="2024-06-04T09:00:00",
        time_modified="2024-06-04T09:00:00",
        uses=uses or (applied(),),
    )
    return replace(usual, **fields)


class Till(Books):
    """Books whose invoices are paid; each step is a transaction."""

    def __init__(self, store: Store, name: str = "Larkspur") -> None:
        super().__init__(store, name)
        self.hold(customer(), customer("80-2", "Juniper Yoga"))
        with store.reading():
            self.applications = [one.id for one in connections.applications(self.id)]

    @property
    def origin(self) -> Origin:
        with self.store.reading():
            return installation.origin(self.id)

    def owes(self, *invoices: Invoice) -> None:
        """QuickBooks told of these invoices, and a sync came to its end."""
        self.read(*invoices)
        self.settle()

    def take_in(self, *payments: NewPayment, now: datetime = NOON) -> Report:
        return take_in(self.store, self.id, payments, now)

    def prepare(self, now: datetime = NOON) -> list[str]:
        """Judge again what waits; the codes of new troubles."""
        with self.store.transaction():
            return [trouble.code for trouble in rejudging.judge_again(self.id, now)]

    def payment(self, text: str = "pay_1") -> Payment:
        with self.store.reading():
            return payment_pages.find(self.id, text)

    def stands(self, text: str = "pay_1") -> tuple[PaymentStatus, str]:
        """Where a payment stands, and the code of the reason."""
        payment = self.payment(text)
        return payment.status, payment.code

    def parts(self, text: str = "pay_1") -> list[Posting]:
        with self.store.reading():
            return postings.of_payment(payment_pages.find(self.id, text).id)

    def part(self, text: str = "pay_1", number: int = 1) -> Posting:
        return self.parts(text)[number - 1]

    def move(
        self,
        state: PostingState,
        text: str = "pay_1",
        number: int = 1,
        now: datetime = NOON,
        **told: Any,
    ) -> Posting:
        """Bring a part of a payment to a state; tells "test" unless told otherwise."""
        with self.store.transaction():
            part = self.part(text, number)
            postings.move(part.id, state, now, **{"event": "test", **told})
            return postings.get(part.id)

    def post(
        self, text: str = "pay_1", txn_id: str = "9A-1", number: int = 1, now: datetime = NOON
    ) -> Posting:
        """QuickBooks took a part of a payment."""
        self.move(PostingState.SENT, text, number, now)
        return self.move(
            PostingState.POSTED,
            text,
            number,
            now,
            txn_id=txn_id,
            edit_sequence="1718000002",
            time_created="2024-06-05T09:00:00",
            posted_at=now,
        )

    def write(self, set_id: str = "SET1", text: str = "pay_1", **fields: Any) -> MessageSet:
        """Begin a message set with the first part of a payment."""
        usual: dict[str, Any] = {
            "connection_id": self.id,
            "company": "",
            "application_id": self.applications[1],
            "posting_id": self.part(text).id,
            "set_id": set_id,
            "request": REQUEST,
            "session_id": 7,
            "now": NOON,
            "phase": "sent",
        }
        with self.store.transaction():
            sets.begin(**{**usual, **fields})
            return sets.by_posting({**usual, **fields}["posting_id"])[-1]

    def save(self, one: MessageSet, **changes: Any) -> None:
        """Write what became of a message set; what is not told stays as it was."""
        with self.store.transaction():
            sets.save(replace(one, **changes))

    def close(self, one: MessageSet, outcome: str = "posted", **changes: Any) -> None:
        self.save(one, phase="closed", outcome=outcome, closed_at=NOON, **changes)

    def problems(
        self, text: str = "pay_1", states: Sequence[ProblemState] = tuple(ProblemState)
    ) -> dict[str, ProblemState]:
        """The problems with a payment: code to state."""
        with self.store.reading():
            number = str(payment_pages.find(self.id, text).id)
            found = problems.list_problems(self.id, states)
        return {
            one.code: one.state
            for one in found
            if (one.kind, one.object_id) == (RecordKind.PAYMENT, number)
        }
