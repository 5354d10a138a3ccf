"""What the platform said of each payment, held against the books of the simulated company.

Our own ledger has no say here: what a payment pays and for whom is what the platform meant when it
said so, and what became of it is what stands in QuickBooks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from shared.rules.payments.values import ChargeState, NewPayment
from shared.structs import Struct, Value, field
from simulator.company.acts import Change
from simulator.company.books import Books
from simulator.company.records import Payment
from tests.rehearsal.stage import Violation

MEMO = re.compile(r"Deskbridge (\S+) (?:part \d+ of \d+ )?\[db:")


class Said(Value):
    """A payment as the platform means it.

    ``pays`` are hundredths by the TxnID of the invoice that is meant, ``named`` the number under
    which it was named, if it was. ``customer`` is the ListID of the one who is meant, if anybody.
    """

    payment: NewPayment
    pays: Mapping[str, int]
    named: Mapping[str, str] = field(default_factory=dict)
    customer: str = ""
    was_due: bool = False
    """It was to arrive for a while, and whoever posts it may not know yet that it is not now."""

    @property
    def amount(self) -> int:
        """All of it, in hundredths."""
        return hundredths(self.payment.amount)

    @property
    def has_to_arrive(self) -> bool:
        """Whether money came in that QuickBooks is to have."""
        one = self.payment
        return one.charged and one.charge_state is ChargeState.SUCCEEDED and one.amount > 0


class Made(Value):
    """A payment that appeared in the books: whose it is, and its amount, whatever follows."""

    external_id: str
    amount: int


class Story(Struct):
    """What was said last of each payment, and each payment of ours that QuickBooks made."""

    said: dict[str, Said] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    """Those that the platform sent; the others were fetched from Invoiced."""
    withdrawn: set[str] = field(default_factory=set)
    made: dict[str, Made] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    """Customers that took over others."""

    @property
    def nicknames(self) -> dict[str, str]:
        """The platform's own names for customers, with the ListID of each."""
        return {
            one.payment.customer: one.customer
            for one in self.said.values()
            if one.payment.customer == f"Account {one.customer}"
        }

    def tell(self, said: Said) -> None:
        """The platform says what a payment is, and it was taken so."""
        self.said[said.payment.external_id] = said
        self.sent.add(said.payment.external_id)
        self.withdrawn.discard(said.payment.external_id)

    def people_acted(self, changes: Iterable[Change]) -> None:
        """Customers that took over another are not told apart from it any more."""
        self.moved |= {one.object_id for one in changes if one.action == "merge"}

    def restored(self, books: Books) -> None:
        """An older company is in place: what was made since then is not there any more."""
        self.made = {key: one for key, one in self.made.items() if key in books.payments}

    def look(self, books: Books) -> None:
        """Judge every payment of ours that has appeared since the last look."""
        for payment in list(books.payments.values()):
            written = MEMO.match(payment.memo)
            if payment.txn_id not in self.made and written is not None:
                self.made[payment.txn_id] = Made(written[1], payment.total)
                self._judge(books, payment, written[1])

    def _judge(self, books: Books, payment: Payment, external_id: str) -> None:
        said = self.said.get(external_id)
        must(said is not None, f"QuickBooks has {external_id}, which the platform never named")
        assert said is not None
        must(said.has_to_arrive or said.was_due, f"{external_id} must never be posted")
        must(external_id not in self.withdrawn, f"{external_id} was withdrawn, and is posted")
        total = sum(one.amount for one in self._live(books, external_id))
        must(
            total <= said.amount,
            f"doubled: {external_id} of {said.amount} stands in QuickBooks with {total}",
        )
        for use in payment.applied:
            pays = self._meant(books, said, use.txn_id)
            must(
                use.amount <= pays,
                f"misdirected: {external_id} puts {use.amount} on {use.txn_id}, which it pays"
                f" with {pays}",
            )
        owners = {*self._owners(books, said)}
        must(
            not owners or payment.customer in owners,
            f"misdirected: {external_id} is of {payment.customer}, not of {owners}",
        )

    def _meant(self, books: Books, said: Said, txn_id: str) -> int:
        """What a payment is to put on an invoice, in hundredths.

        A number means the invoice that bore it when it was said. Only where that one bears it no
        more does it mean another that does.
        """
        if txn_id in said.pays:
            return said.pays[txn_id]
        invoice = books.invoices.get(txn_id)
        for meant, number in said.named.items():
            first = books.invoices.get(meant)
            bears = first is not None and not first.voided and first.number == number
            if invoice is not None and invoice.number == number and not bears:
                return said.pays[meant]
        return 0

    def _owners(self, books: Books, said: Said) -> Iterator[str]:
        """Whose payment it may be: who is meant or billed, and those above them."""
        meant = [said.customer] if said.customer else []
        billed = [books.invoices[one].customer for one in said.pays if one in books.invoices]
        if any(one not in books.customers or one in self.moved for one in meant) or (
            len(billed) < len(said.pays)
        ):
            return
        for one in (*meant, *billed):
            while one:
                yield one
                one = books.customers[one].parent

    def _live(self, books: Books, external_id: str) -> Iterator[Made]:
        for txn_id, one in self.made.items():
            if one.external_id == external_id and txn_id in books.payments:
                yield one

    def settle(self, books: Books, told: Mapping[str, str]) -> None:
        """In the end: nothing doubled, and what has to arrive is there, or a person is told.

        ``told`` says of each external id why it is not, or not all of it, in QuickBooks.
        """
        self.look(books)
        for external_id, said in self.said.items():
            total = sum(one.amount for one in self._live(books, external_id))
            must(total <= said.amount, f"doubled: {external_id} of {said.amount} has {total}")
            if said.has_to_arrive and total < said.amount and external_id not in self.withdrawn:
                must(
                    bool(told.get(external_id)),
                    f"lost: {external_id} of {said.amount} has {total}, and nobody is told",
                )


def hundredths(amount: Decimal) -> int:
    """An amount as the simulator counts."""
    return int(amount * 100)


def must(holds: bool, otherwise: str) -> None:
    """Raise Violation with ``otherwise`` unless it ``holds``."""
    if not holds:
        raise Violation(otherwise)
