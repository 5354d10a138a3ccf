"""Values with defaults, and a store with something in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.models import applications, connections, syncs
from shared.models import tables as t
from shared.models.convert import cents
from shared.models.ledger import (
    checked_customers,
    incoming_customers,
    incoming_invoices,
    invoice_pages,
    rereads,
    seen,
    settlement,
    shared_numbers,
)
from shared.models.mapper import Mapper
from shared.models.store import Store
from shared.qbxml.invoice_lines import InvoiceLineRet
from shared.rules.ledger import Invoice, InvoiceLine
from shared.rules.values import (
    Application,
    CheckedCustomer,
    Connection,
    Customer,
    InvoiceStatus,
    JobMode,
    OpenInvoice,
    RecordKind,
    Stored,
    Sync,
    Trouble,
)
from shared.structs import asdict, replace

NOTHING: Mapping[str, str] = {}
NOON = datetime(2024, 6, 12, 12, 0, tzinfo=UTC)
ENGINES = ("sqlite", "postgresql")
sqlite_alone = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
"""Of a test in tests/models that reads what SQLite alone tells."""
both_engines = pytest.mark.parametrize("store_url", ENGINES, indirect=True)
"""Of a test outside of tests/models that does with the store what no test there does."""


def on_both_engines(metafunc: pytest.Metafunc) -> None:
    """As ``pytest_generate_tests`` of a file or folder: each test with a store, on both engines.

    But for tests that name the engine themselves.
    """
    named = [one.args[0] for one in metafunc.definition.iter_markers("parametrize")]
    if "store_url" in metafunc.fixturenames and "store_url" not in named:
        metafunc.parametrize("store_url", ENGINES, indirect=True)


def later(**span: float) -> datetime:
    """NOON and a while: ``later(hours=1)``."""
    return NOON + timedelta(**span)


def line(line_id: str = "L1", **fields: Any) -> InvoiceLine:
    usual = InvoiceLine(
        line_id=line_id,
        group="",
        item="Tiles:Slate",
        description="Slate, blue",
        quantity="2.5",
        rate="10.00",
        amount=Decimal("25.00"),
        service_date=None,
        tax_code="Tax",
    )
    return replace(usual, **fields)


def invoice(txn_id: str = "1A-100", owes: str = "250.00", **fields: Any) -> Invoice:
    """An open invoice on which nothing was paid yet; ``owes`` is its balance."""
    amount = Decimal(owes)
    usual = Invoice(
        txn_id=txn_id,
        number=txn_id.rpartition("-")[2],
        customer_list_id="80-1",
        customer_full_name="Larkspur Tile",
        date=date(2024, 5, 1),
        due_date=date(2024, 5, 31),
        subtotal=amount,
        tax=Decimal("0.00"),
        applied=Decimal("0.00"),
        balance=amount,
        total=amount,
        currency="USD",
        exchange_rate="",
        status=InvoiceStatus.OPEN,
        pending=False,
        ar_account_list_id="8-8",
        ar_account="Accounts Receivable",
        terms="Net 30",
        po_number="",
        memo="",
        edit_sequence="1718000000",
        time_created="2024-05-01T09:00:00",
        time_modified="2024-05-01T09:00:00",
        lines=(line(),),
    )
    return replace(usual, **fields)


def incoming(one: Invoice) -> incoming_invoices.IncomingInvoice:
    """The invoice as an answer of QuickBooks brings it."""
    lines = tuple(map(_incoming_line, one.lines))
    return incoming_invoices.IncomingInvoice(**_INVOICE.stored(one), lines=lines)


def _incoming_line(one: InvoiceLine) -> InvoiceLineRet:
    fields = asdict(one)
    group, amount, day = (fields.pop(name) for name in ("group", "amount", "service_date"))
    return InvoiceLineRet(
        group_line_id=group,
        amount_cents=None if amount is None else cents(amount),
        service_date=day.isoformat() if day else None,
        **fields,
    )


_INVOICE = Mapper(Invoice, t.Invoice, but=["lines"])


def paid(one: Invoice) -> Invoice:
    """The same invoice after QuickBooks received all of its balance."""
    return replace(
        one,
        balance=Decimal("0.00"),
        applied=-one.total,
        status=InvoiceStatus.PAID,
        time_modified="2024-06-01T09:00:00",
    )


def customer(list_id: str = "80-1", name: str = "Larkspur Tile", **fields: Any) -> Customer:
    usual = Customer(
        list_id=list_id,
        name=name.rpartition(":")[2],
        full_name=name,
        parent_list_id="",
        active=True,
        company_name="",
        email="books@larkspur.example",
        phone="",
        bill_address="1 Quarry Road",
        currency="USD",
        edit_sequence="1",
        time_created="2020-01-01T09:00:00",
        time_modified="2020-01-01T09:00:00",
    )
    return usual._replace(**fields)


def swept(one: Invoice, balance: Decimal | None = None, **fields: Any) -> OpenInvoice:
    """What the sweep tells of an invoice."""
    owes = cents(one.balance if balance is None else balance)
    usual = OpenInvoice(
        one.txn_id, one.edit_sequence, one.time_modified, owes, one.customer_list_id
    )
    return replace(usual, **fields)


def checked(one: Customer, **fields: Any) -> CheckedCustomer:
    """What the check of the customers tells of one."""
    usual = CheckedCustomer(
        one.list_id, one.edit_sequence, one.full_name, one.parent_list_id, one.active
    )
    return replace(usual, **fields)


def trouble(code: str = "invoice-unreadable", object_id: str = "1A-100", **fields: Any) -> Trouble:
    usual = Trouble(
        code=code,
        kind=RecordKind.INVOICE,
        object_id=object_id,
        document="Invoice 100, Larkspur Tile",
        message="The amount cannot be read.",
        remedy="Open the invoice in QuickBooks and save it again.",
        said="12,5O",
    )
    return replace(usual, **fields)


def settle(connection: Connection, set_aside: Mapping[str, str] = NOTHING) -> None:
    """Settle all that there is in the transaction that is open."""
    terms = settlement.Terms(connection.id, connection.jobs, connection.start_date, set_aside)
    for part in settlement.Part:
        more, after = True, ""
        while more:
            after = settlement.settle(terms, part, after, 1000).until
            more = bool(after)


class Books:
    """One connection with one sync, in the words of a test; each step is a transaction."""

    def __init__(self, store: Store, name: str = "Larkspur") -> None:
        self.store = store
        with store.transaction():
            self.connection: Connection = connections.add(name, now=NOON)
            self.sync: Sync = syncs.start(self.connection.id, "Invoice Sync", NOON)
        self.id = self.connection.id

    def next_sync(self) -> Sync:
        with self.store.transaction():
            self.sync = syncs.start(self.id, "Invoice Sync", NOON)
            seen.forget_seen(self.id)
        return self.sync

    def read(self, *invoices: Invoice) -> incoming_invoices.StoredInvoices:
        """QuickBooks told of these invoices."""
        with self.store.transaction():
            stored = incoming_invoices.store_invoices(self.id, list(map(incoming, invoices)))
            seen.note_seen(self.id, stored.rows)
            return stored

    def hold(self, *customers: Customer) -> Stored:
        """QuickBooks told of these customers."""
        with self.store.transaction():
            return incoming_customers.store_customers(self.id, customers, NOON)

    def sweep(self, *open_invoices: OpenInvoice) -> list[str]:
        with self.store.transaction():
            return incoming_invoices.compare_open(self.id, open_invoices)

    def settle(
        self,
        jobs: JobMode = JobMode.ROLL_UP,
        start_date: date | None = None,
        set_aside: Mapping[str, str] = NOTHING,
        slices_of: int = 1000,
    ) -> settlement.Settled:
        """Settle all that there is, slice by slice; what all of them told."""
        terms = settlement.Terms(self.id, jobs, start_date, set_aside)
        told = settlement.Settled()
        for part in settlement.Part:
            more, after = True, ""
            while more:
                with self.store.transaction():
                    one = settlement.settle(terms, part, after, slices_of)
                told.left_out += one.left_out
                told.taken_in += one.taken_in
                told.customer_missing += one.customer_missing
                told.cycles += one.cycles
                more, after = bool(one.until), one.until
        return told

    def shared_numbers(self, slices_of: int = 1000) -> list[shared_numbers.SharedNumber]:
        """The numbers that several open invoices bear."""
        found, more, after = [], True, ""
        with self.store.reading():
            while more:
                one = shared_numbers.shared_numbers(self.id, after, slices_of)
                found += one.shared
                more, after = bool(one.until), one.until
        return found

    def listed(self, **filters: Any) -> dict[str, str]:
        """The invoices of the listing: TxnID to the customer who is billed."""
        with self.store.reading():
            return {row.txn_id: row.customer for row in invoice_pages.invoices(self.id, **filters)}

    def left_out(self) -> dict[str, str]:
        """What is left out and why."""
        with self.store.reading():
            rows = invoice_pages.invoices(self.id, include_left_out=True)
            return {row.txn_id: row.left_out for row in rows if row.left_out}

    def wanted(self) -> list[str]:
        """The customers that QuickBooks is to be asked for."""
        with self.store.reading():
            return incoming_customers.missing_customers(self.id, 100)

    def check(self, *customers: CheckedCustomer) -> list[str]:
        with self.store.transaction():
            return checked_customers.compare_customers(self.id, customers)

    def to_reread(self, kind: RecordKind = RecordKind.INVOICE) -> list[str]:
        with self.store.reading():
            return rereads.next_reread(self.id, kind, 100)


def signs_in(application: Application, now: datetime = NOON) -> None:
    """The Web Connector signs in with the present password."""
    held = applications.application_by_username(application.username)
    assert held is not None
    assert applications.login_succeeded(application.id, held.password_hash, "", now)
