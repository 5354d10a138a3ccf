"""What must hold in the end between QuickBooks and Invoiced: the same is owed and paid on both.

What differs has to be told: by a problem of the record, or by what the payment says of itself. Who
is told of nothing may rely on it that an invoice has the same balance on both sides, to the cent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from daemon.connectors.invoiced.values import OUR_ID
from shared.models import problems
from shared.models.payments import payment_pages
from shared.models.platforms import outbox, records
from shared.rules.connectors import Mapped, Outgoing, Owner, SendState
from shared.rules.payments.values import ChargeState, NewPayment, PaymentSource
from shared.rules.values import RecordKind
from simulator.company.records import Invoice
from simulator.invoiced.account import Record
from simulator.invoiced.audit import problems as audit_problems
from tests.rehearsal import reckoning
from tests.rehearsal.stage import Violation
from tests.rehearsal.story import MEMO, Said

if TYPE_CHECKING:
    from tests.rehearsal.third_book import ThirdBook

KINDS = {
    RecordKind.CUSTOMER: "customers",
    RecordKind.INVOICE: "invoices",
    RecordKind.PAYMENT: "payments",
}


@dataclass
class Reckoning:
    """Both books, side by side. ``equal`` and ``told`` count the invoices that were compared."""

    book: ThirdBook
    seen: dict[int, Said] = field(default_factory=dict)
    equal: int = 0
    told: int = 0

    # What Invoiced said of its payments.

    def said(self) -> Iterator[Said]:
        """Every payment that Invoiced took itself, with the terms that it had at first."""
        account = self.book.account
        for one in account.all("payments"):
            if one["source"] == "accounting_system" or not one["amount"]:
                continue
            charge = account.get("charges", one["charge"])
            first = self.seen.get(one["id"]) or self._first(one)
            state = ChargeState(charge["status"]) if charge else ChargeState.SUCCEEDED
            is_due = state is ChargeState.SUCCEEDED and not one["voided"]
            now = Said(
                NewPayment(
                    **{**_terms(first), "charged": bool(charge)},
                    charge_state=state if not one["voided"] else ChargeState.FAILED,
                ),
                {**self._pays(one), **first.pays},
                was_due=first.was_due or is_due,
            )
            self.seen[one["id"]] = now
            yield now

    def _first(self, one: Record) -> Said:
        fee = sum(
            (row["amount"] for row in one["applied_to"] if row["type"] == "convenience_fee"),
            Decimal(0),
        )
        day = datetime.fromtimestamp(one["date"], UTC).date()
        return Said(NewPayment(str(one["id"]), day, one["amount"] - fee, ()), {})

    def _pays(self, one: Record) -> dict[str, int]:
        """What it pays, in hundredths by the TxnID of the invoice that is there."""
        found: dict[str, int] = {}
        for row in one["applied_to"]:
            invoice = self.book.account.get("invoices", row.get("invoice"))
            alike = self.book.people.alike
            txn_id = invoice and (invoice["metadata"].get(OUR_ID) or alike.get(invoice["id"]))
            if row["type"] == "invoice" and txn_id:
                found[txn_id] = found.get(txn_id, 0) + int(row["amount"] * 100)
        return found

    # In the end.

    def settle(self) -> None:
        """Raise Violation for the first thing that does not hold."""
        self._read()
        self._nothing_twice()
        self._all_has_come_to_rest()
        for one in self.company.audit().importable:
            _must(
                one.txn_id in {*self.there, *self.book.people.touched, *self.left_out}
                or self._is_told_of("invoice", one.txn_id),
                f"invoice {one.number} ({one.txn_id}) is not on Invoiced, and nobody is told",
            )
        for txn_id, invoice in self.there.items():
            held = self.company.books.invoices.get(txn_id)
            self._compare(txn_id, invoice, held)
        self._nothing_is_sent_back()
        unclear = [one for one in audit_problems(self.book.account) if "below 0" not in one]
        _must(not unclear, f"Invoiced does not add up: {unclear}")

    def _read(self) -> None:
        book = self.book
        self.company = book.stage.company
        account = book.connected()
        assert account is not None
        with book.stage.store.reading():
            out = outbox.listed(book.connection_id, list(SendState))
            mapped = records.listed(book.connection_id, account.identity)
            found = problems.list_problems(book.connection_id, reckoning.TOLD)
            posted = payment_pages.each(book.connection_id, source=PaymentSource.INVOICED)
            bears = {ref: one.external_id for one in posted for ref in one.ref_number.split()}
        self.out: dict[str, Outgoing] = {one.name: one for one in out}
        self.mapped: dict[tuple[RecordKind, str], Mapped] = {
            (one.kind, one.our_id): one for one in mapped
        }
        self.troubled = {one.object_id for one in found if one.kind is RecordKind.SENDING}
        self.left_out = reckoning.left_out(book.stage, book.play.name)
        self.reasons = reckoning.reasons(book.stage, book.play.name)
        self.wrote = {
            one.txn_id: written[1] if (written := MEMO.match(one.memo)) else bears.get(one.number)
            for one in self.company.books.payments.values()
        }
        self.there = {
            one["metadata"][OUR_ID]: one
            for one in book.account.all("invoices")
            if one["metadata"].get(OUR_ID) and not one["voided"]
        }

    def _is_told_of(self, kind: str, our_id: str) -> bool:
        """Whether a person knows that a record is not there as QuickBooks has it."""
        return self._is_told(f"{kind}/{our_id}")

    def _is_told(self, name: str) -> bool:
        one = self.out.get(name)
        if one is None:
            return False
        if one.state is SendState.WAITING and one.waits_for:
            return self._is_told(one.waits_for)
        silent = one.state in (SendState.SENT, SendState.WAITING)
        return one.name in self.troubled or (not silent and bool(one.reason))

    def _nothing_twice(self) -> None:
        for table in KINDS.values():
            living = [one for one in self.book.account.all(table) if not one.get("voided")]
            ids = Counter(one["metadata"].get(OUR_ID) for one in living)
            twice = [id_ for id_, count in ids.items() if id_ and count > 1]
            _must(not twice, f"{table} of Invoiced have {twice} twice")

    def _all_has_come_to_rest(self) -> None:
        for one in self.out.values():
            _must(one.request is None, f"{one.name} has left, and nobody knows its end")
            _must(
                one.state is not SendState.WAITING or bool(one.reason),
                f"{one.name} waits, and does not say why",
            )

    def _compare(self, txn_id: str, there: Record, held: Invoice | None) -> None:
        """One invoice on both sides: equal to the cent, or a person knows why not."""
        name = f"invoice {there['number']} ({txn_id})"
        gone = held is None or held.voided
        if str(there["id"]) in self.book.people.touched or self._is_told_of("invoice", txn_id):
            self.told += 1
            return
        _must(not gone, f"{name} is gone in QuickBooks, and on Invoiced it is not")
        assert held is not None
        paid_there, paid_here = self._paid(there, held)
        differing = {
            who
            for who in {*paid_there, *paid_here}
            if paid_there.get(who, 0) != paid_here.get(who, 0)
        }
        for who in differing:
            _must(
                self._payment_is_told(who),
                f"{who} pays {paid_here.get(who, 0)} of {name} in QuickBooks and"
                f" {paid_there.get(who, 0)} on Invoiced, and nobody is told",
            )
        if differing:
            self.told += 1
            return
        owed, open_there = held.owed, int(there["balance"] * 100)
        _must(owed == open_there, f"{name}: {owed} is open in QuickBooks, {open_there} on Invoiced")
        self.equal += 1

    def _paid(self, there: Record, held: Invoice) -> tuple[dict[str, int], dict[str, int]]:
        """Who pays how much of an invoice, on Invoiced and in QuickBooks.

        A payment that Invoiced took goes by its id there, one of QuickBooks by its TxnID.
        """
        on_invoiced: Counter[str] = Counter()
        for one in self.book.account.find("payments", "invoice", there["id"]):
            cash = [row for row in one["applied_to"] if row.get("invoice") == there["id"]]
            if not one["amount"] or not cash:
                continue
            who = one["metadata"].get(OUR_ID) or str(one["id"])
            if one["source"] != "accounting_system":
                who = str(one["id"])
            on_invoiced[who] += int(sum(row["amount"] for row in cash) * 100)
        in_quickbooks: Counter[str] = Counter()
        for payment in self.company.books.payments.values():
            for use in payment.applied:
                if use.txn_id == held.txn_id:
                    in_quickbooks[self._who(payment)] += use.amount
        for who in in_quickbooks:
            in_quickbooks[who] -= self._absorbed(held.txn_id).get(who, 0)
        return on_invoiced, in_quickbooks

    def _who(self, payment: Any) -> str:
        written = MEMO.match(payment.memo)
        known = self.mapped.get((RecordKind.PAYMENT, written[1])) if written else None
        came = known is not None and known.owner is Owner.PLATFORM
        return written[1] if written and came else str(payment.txn_id)

    def _absorbed(self, txn_id: str) -> dict[str, int]:
        """What was counted before the invoice was sent, in hundredths by payment."""
        account = self.book.connected()
        assert account is not None
        with self.book.stage.store.reading():
            found = records.absorbed(self.book.connection_id, account.identity, txn_id)
        return {who: int(amount * 100) for who, amount in found.items()}

    def _payment_is_told(self, who: str) -> bool:
        """A payment that was posted here is told of by the id of the platform that sent it."""
        out = self.out.get(f"payment/{who}")
        names = {who, self.wrote.get(who, ""), out.document if out else ""}
        return any(map(self.reasons.get, names)) or self._is_told_of("payment", who)

    def _nothing_is_sent_back(self) -> None:
        """What Invoiced took itself is not there once more as a payment of QuickBooks."""
        own = {
            payment.txn_id
            for payment in self.company.books.payments.values()
            if self._who(payment) != payment.txn_id
        }
        back = [
            one["id"]
            for one in self.book.account.all("payments")
            if one["source"] == "accounting_system"
            and one["metadata"].get(OUR_ID) in own
            and not one["voided"]
        ]
        _must(not back, f"payments {back} of Invoiced were sent back to it")


def _terms(first: Said) -> dict[str, Any]:
    one = first.payment
    return {
        "external_id": one.external_id,
        "date": one.date,
        "amount": one.amount,
        "uses": (),
    }


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Violation(otherwise)
