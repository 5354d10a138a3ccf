"""A shell in a folder of its own, with the command line and its store."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from console.cli.app import cli
from shared.models import connections, syncs
from shared.models.ledger import incoming_customers, incoming_invoices
from shared.models.store import Store, open_store
from shared.rules.ledger import Invoice
from shared.rules.payments.values import ReceivedPayment, ReceivedUse
from shared.rules.values import CompanyBinding, Customer, InvoiceStatus, RecordKind, Trouble
from tests.models.builders import incoming, settle

NOW = datetime(2026, 1, 5, 14, 2, 11, tzinfo=UTC)


class Shell:
    """Runs commands on a SQLite store in ``folder``, as an operator would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = f"sqlite:///{folder}/store.sqlite3"
        self._store: Store | None = None

    @property
    def environ(self) -> dict[str, str | None]:
        own = {name: None for name in os.environ if name.startswith("DESKBRIDGE_")}
        return own | {
            "DESKBRIDGE_DATABASE": self.database,
            "DESKBRIDGE_DATE_FORMAT": "iso",
            "HOME": str(self.folder),
            "COLUMNS": "80",
            "NO_COLOR": None,
            "SUDO_USER": None,
            "TZ": "UTC",
        }

    @property
    def store(self) -> Store:
        """The same store, for arranging and looking."""
        if self._store is None:
            self._store = open_store(self.database)
        return self._store

    def run(
        self, *words: str, given: str | None = None, color: bool = False, **environ: str | None
    ) -> Result:
        runner = CliRunner(env=self.environ | environ)
        return runner.invoke(cli, list(words), input=given, color=color, prog_name="deskbridge")

    def says(self, *words: str, **options: Any) -> str:
        """Standard output of a command that must succeed."""
        result = self.run(*words, **options)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *words: str, **options: Any) -> Any:
        return json.loads(self.says(*words, "--json", **options))

    def refuses(self, code: int, *words: str, **options: Any) -> str:
        """Standard error of a command that must end with ``code`` and print no result."""
        result = self.run(*words, **options)
        assert result.exit_code == code, result.output
        assert result.stdout == ""
        return result.stderr

    def close(self) -> None:
        if self._store is not None:
            self._store.close()


def binding(**changes: Any) -> CompanyBinding:
    """A Canadian company."""
    described = {
        "company_name": "Larkspur Tile Works",
        "product_name": "QuickBooks Premier 2024",
        "major_version": "34",
        "minor_version": "0",
        "country": "CA",
        "qbxml_version": "CA13.0",
        "home_currency": "CAD",
        "multicurrency": True,
        "bound_at": NOW,
    }
    return CompanyBinding(**described | changes)


def customer(list_id: str, name: str, *, parent: str = "", active: bool = True) -> Customer:
    return Customer(
        list_id=list_id,
        name=name.rpartition(":")[2],
        full_name=name,
        parent_list_id=parent,
        active=active,
        company_name="",
        email="",
        phone="",
        bill_address="",
        currency="USD",
        edit_sequence="1",
        time_created="2025-01-05T09:00:00",
        time_modified="2025-01-05T09:00:00",
    )


def invoice(txn_id: str, number: str, total: str, **changes: Any) -> Invoice:
    """An open invoice of Larkspur Tile, dated 5 January 2026, nothing paid yet."""
    amount = Decimal(total)
    usual = {
        "txn_id": txn_id,
        "number": number,
        "customer_list_id": "80000001-1",
        "customer_full_name": "Larkspur Tile",
        "date": date(2026, 1, 5),
        "due_date": date(2026, 2, 4),
        "subtotal": amount,
        "tax": Decimal(0),
        "applied": Decimal(0),
        "balance": amount,
        "total": amount,
        "currency": "USD",
        "exchange_rate": "",
        "status": InvoiceStatus.OPEN,
        "pending": False,
        "ar_account_list_id": "",
        "ar_account": "Accounts Receivable",
        "terms": "",
        "po_number": "",
        "memo": "",
        "edit_sequence": "1",
        "time_created": "2026-01-05T09:00:00",
        "time_modified": "2026-01-05T09:00:00",
    }
    return Invoice(**usual | changes)


def trouble(object_id: str, document: str, **changes: Any) -> Trouble:
    usual = {
        "code": "invoice-unreadable",
        "kind": RecordKind.INVOICE,
        "object_id": object_id,
        "document": document,
        "message": "Its amount could not be read.",
        "remedy": "Open it in QuickBooks and save it again.",
        "said": "",
    }
    return Trouble(**usual | changes)


def import_into(shell: Shell, name: str, *invoices: Invoice, customers: Sequence[Customer]) -> int:
    """Import into a connection as a sync would; returns the number of the sync."""
    store = shell.store
    with store.transaction():
        held = connections.get(name)
        sync = syncs.start(held.id, "Invoice Sync", store.now())
        incoming_invoices.store_invoices(held.id, list(map(incoming, invoices)))
        incoming_customers.store_customers(held.id, customers, NOW)
        settle(held)
    return sync.id


def quickbooks_payment(txn_id: str, invoice_txn_id: str, amount: str = "10.00") -> ReceivedPayment:
    """A payment recorded in QuickBooks on 5 January 2026 for one invoice."""
    return ReceivedPayment(
        txn_id=txn_id,
        ref_number="CHK 77",
        customer="Larkspur Tile",
        customer_list_id="80000001-1",
        date=date(2026, 1, 5),
        amount=Decimal(amount),
        currency="USD",
        method="Check",
        memo="",
        external_guid="",
        ar_account="Accounts Receivable",
        deposit_account="Undeposited Funds",
        unused=Decimal("0.00"),
        edit_sequence="1",
        time_created="2026-01-05T09:00:00",
        time_modified="2026-01-05T09:00:00",
        uses=(ReceivedUse(invoice_txn_id, "Invoice", "", Decimal(amount)),),
    )
