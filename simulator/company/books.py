"""The books of one company file: every record, and what can be looked up about them."""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

from simulator.company.clock import ZONES, Zone, day, stamp
from simulator.company.product import CURRENCIES, Profile
from simulator.company.records import (
    Account,
    Applier,
    Credit,
    Customer,
    Deletion,
    Document,
    Entry,
    Fault,
    Head,
    Invoice,
    LateCall,
    Payment,
    StoredSet,
)

One = TypeVar("One", Entry, Account)
MAX_SUBLEVEL = 4
DELETED_DAYS = 90
USUAL_DISCOUNTS = "Sales Discounts"


class BookError(Exception):
    """The books do not allow what was asked; the text says why and what would be allowed."""


class NotInBooks(BookError):
    """Nothing in the books answers to the name or number that was given."""


class Books:
    """All records of a company file, by id, with the simulated clock and the id counters.

    Records are replaced, never changed in place: ``put_…`` and ``drop_…`` keep the indexes.
    """

    def __init__(self, seed: int, profile: Profile, now: int) -> None:
        self.seed = seed
        self.profile = profile
        self.now = now
        self.next_id = 1
        self.next_list_id = 0x80000001
        self.next_txn_number = 1
        self.sessions = 0
        self.entries: dict[str, Entry] = {}
        self.accounts: dict[str, Account] = {}
        self.customers: dict[str, Customer] = {}
        self.invoices: dict[str, Invoice] = {}
        self.payments: dict[str, Payment] = {}
        self.credits: dict[str, Credit] = {}
        self.deletions: list[Deletion] = []
        self.data_exts: dict[tuple[str, str], str] = {}
        self.message_sets: dict[tuple[str, str], StoredSet] = {}
        self.situation = "open"
        self.faults: list[Fault] = []
        self.locks: set[str] = set()
        self.late: list[LateCall] = []
        self.writes = 0  # how often something changed since the books were read
        self.closed = False  # another state of the company file took the place of this one
        self._appliers: defaultdict[str, list[str]] = defaultdict(list)
        self._full_names: dict[str, str] = {}

    # The clock and the counters.

    @property
    def zone(self) -> Zone:
        """Where the PC stands."""
        return ZONES[self.profile.zone]

    @property
    def today(self) -> str:
        """The date on the PC's wall calendar."""
        return day(self.zone, self.now)

    def stamp(self, epoch: int) -> str:
        """A moment as this QuickBooks prints it."""
        return stamp(self.zone, epoch, self.profile.offsets)

    def new_txn_id(self) -> str:
        """The next id of a transaction or of one of its lines."""
        self.next_id += 1
        return f"{self.next_id:X}-{self.now}"

    def new_list_id(self) -> str:
        """The next id of a list entry."""
        self.next_list_id += 1
        return f"{self.next_list_id - 1:X}-{self.now}"

    def new_txn_number(self) -> int:
        """The next internal number of a transaction."""
        self.next_txn_number += 1
        return self.next_txn_number - 1

    def new_head(self, customer: str, currency: str) -> Head:
        """What a new document of a customer begins with."""
        return {
            "txn_id": self.new_txn_id(),
            "txn_number": self.new_txn_number(),
            "created": self.now,
            "modified": self.now,
            "edit_sequence": self.now,
            "customer": customer,
            "currency": currency,
        }

    # Records.

    def put_customer(self, customer: Customer) -> None:
        """Add a customer, or replace it; a new name or parent shows in all full names."""
        old = self.customers.get(customer.list_id)
        if old and (old.name, old.parent) != (customer.name, customer.parent):
            self._full_names.clear()
        self.customers[customer.list_id] = customer

    def put(self, document: Document) -> None:
        """Add or replace an invoice, payment or credit memo."""
        if isinstance(document, Invoice):
            self.invoices[document.txn_id] = document
            return
        self._index(document, self.applier(document.txn_id))
        if isinstance(document, Payment):
            self.payments[document.txn_id] = document
        else:
            self.credits[document.txn_id] = document

    def drop(self, document: Document) -> None:
        """Take an invoice, payment or credit memo out of the books."""
        if not isinstance(document, Invoice):
            self._unindex(document)
        for table in (self.invoices, self.payments, self.credits):
            table.pop(document.txn_id, None)

    def drop_customer(self, list_id: str) -> None:
        """Take a customer out of the books."""
        del self.customers[list_id]
        self._full_names.clear()

    def _index(self, new: Applier, old: Applier | None) -> None:
        if old is not None:
            if old.applied == new.applied:
                return
            self._unindex(old)
        for application in new.applied:
            self._appliers[application.txn_id].append(new.txn_id)

    def _unindex(self, gone: Applier) -> None:
        for application in gone.applied:
            self._appliers[application.txn_id].remove(gone.txn_id)

    # Looking things up.

    def document(self, txn_id: str) -> Document | None:
        """An invoice, payment or credit memo by its TxnID."""
        return self.invoices.get(txn_id) or self.applier(txn_id)

    def applier(self, txn_id: str) -> Applier | None:
        """A payment or credit memo by its TxnID."""
        return self.payments.get(txn_id) or self.credits.get(txn_id)

    def appliers(self, invoice_id: str) -> Iterator[Applier]:
        """The payments and credit memos that are put against an invoice, oldest first."""
        for txn_id in self._appliers.get(invoice_id, ()):
            yield self.payments.get(txn_id) or self.credits[txn_id]

    def all_appliers(self) -> Iterator[Applier]:
        """All payments and credit memos."""
        yield from self.payments.values()
        yield from self.credits.values()

    def documents(self) -> Iterator[Document]:
        """All invoices, payments and credit memos."""
        yield from self.invoices.values()
        yield from self.all_appliers()

    def full_name(self, list_id: str) -> str:
        """``Parent:Job:Subjob``."""
        known = self._full_names.get(list_id)
        if known is None:
            customer = self.customers[list_id]
            above = f"{self.full_name(customer.parent)}:" if customer.parent else ""
            known = self._full_names[list_id] = above + customer.name
        return known

    def ancestors(self, list_id: str) -> Iterator[Customer]:
        """The customer itself, its parent, and so on up to the top customer."""
        while list_id:
            customer = self.customers[list_id]
            yield customer
            list_id = customer.parent

    def sublevel(self, list_id: str) -> int:
        """How many parents stand above: 0 for a customer, 1 for its job."""
        return sum(1 for _ in self.ancestors(list_id)) - 1

    def stands_under(self, list_id: str, above: str) -> bool:
        """Whether a customer is the other one, or a job somewhere below it."""
        return any(customer.list_id == above for customer in self.ancestors(list_id))

    def is_active(self, list_id: str) -> bool:
        """Whether the customer and all that it stands under are active."""
        return all(customer.active for customer in self.ancestors(list_id))

    def customers_in_order(self) -> list[Customer]:
        """All customers as the Customer Center lists them: by name, jobs under their parent."""
        return sorted(
            self.customers.values(),
            key=lambda one: (self.full_name(one.list_id).casefold().split(":"), one.list_id),
        )

    def total_balances(self) -> dict[str, int]:
        """Each customer's balance with its jobs', the TotalBalance."""
        totals = dict.fromkeys(self.customers, 0)
        for customer in self.customers.values():
            if customer.balance:
                for above in self.ancestors(customer.list_id):
                    totals[above.list_id] += customer.balance
        return totals

    def of_kind(self, kind: str) -> list[Entry]:
        """The entries of one small list, oldest first."""
        return [entry for entry in self.entries.values() if entry.kind == kind]

    def entry(self, kind: str, name: str) -> Entry:
        """The entry of a list by its name. Raises NotInBooks."""
        return _named(kind, name, self.of_kind(kind))

    def receivable(self, currency: str) -> Account:
        """The Accounts Receivable account of a currency."""
        return next(
            account
            for account in self.accounts.values()
            if account.type == "AccountsReceivable" and account.currency == currency
        )

    def receivable_of(self, one: Document) -> str:
        """The ListID of the Accounts Receivable account that a document stands in."""
        return one.receivable or self.receivable(one.currency).list_id

    def account(self, name: str) -> Account:
        """An account by its name. Raises NotInBooks."""
        return _named("account", name, self.accounts.values())

    def undeposited_funds(self) -> Account:
        """Where payments go that are not deposited yet."""
        return next(one for one in self.accounts.values() if one.special == "UndepositedFunds")

    def account_balance(self, list_id: str) -> int:
        """What an account holds, in its currency, as far as these books tell."""
        account = self.accounts[list_id]
        if account.type == "AccountsReceivable":
            return sum(
                one.owed if isinstance(one, Invoice) else -one.balance
                for one in self.documents()
                if one.currency == account.currency and self.receivable_of(one) == list_id
            )
        received = (one for one in self.payments.values() if one.deposit_to == list_id)
        return sum(in_home(one.total, one.exchange_rate) for one in received)

    def exchange_rate(self, currency: str) -> str:
        """What one unit of a currency costs in home currency, as QuickBooks writes it."""
        rate, home = CURRENCIES[currency].rate, CURRENCIES[self.profile.home_currency].rate
        return format((Decimal(rate) / Decimal(home)).quantize(Decimal("0.0001")).normalize(), "f")

    def recent_deletions(self, kind: str) -> list[Deletion]:
        """The deletions of a kind that QuickBooks still tells of: those of the last 90 days."""
        since = self.now - DELETED_DAYS * 86400
        return [one for one in self.deletions if one.kind == kind and one.deleted >= since]


def guid(rnd: random.Random) -> str:
    """A GUID in braces."""
    return f"{{{uuid.UUID(int=rnd.getrandbits(128))}}}"


def _named(kind: str, name: str, among: Collection[One]) -> One:
    for one in among:
        if one.name.casefold() == name.casefold():
            return one
    known = ", ".join(one.name for one in among)
    raise NotInBooks(f"There is no {kind} {name!r} in the books; there are: {known}.")


def in_home(amount: int, rate: str) -> int:
    """An amount in home currency, rounded half up."""
    return round_half_up(Decimal(amount) * Decimal(rate))


def round_half_up(amount: Decimal) -> int:
    """Hundredths without a fraction, halves away from zero as QuickBooks rounds."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def money(amount: int) -> str:
    """Hundredths as text with two places: ``-55.00``."""
    sign = "-" if amount < 0 else ""
    units, hundredths = divmod(abs(amount), 100)
    return f"{sign}{units}.{hundredths:02}"
