"""A store with connections, syncs and problems in it, in the words of a test.

Everything happens at NOON, which is also the time of the console in ``driver``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shared.models import applications, audit, connections, problems, sessions, syncs
from shared.models import tables as t
from shared.models.statements import insert_row, update_columns
from shared.models.store import Store, open_store
from shared.rules.values import (
    AuditEntry,
    CompanyBinding,
    Connection,
    Exchange,
    Outcome,
    Problem,
    Record,
    RecordKind,
    Sync,
    SyncState,
)
from tests.models.builders import NOON, later, trouble

_ADD_PAYMENT = insert_row(t.Payment)


class Office:
    """Arranges and looks at the store, beside the console."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store.sqlite3"
        self.url = f"sqlite:///{self.path}"
        self.store: Store = open_store(self.url, clock=lambda: NOON)

    def connect(self, name: str = "Larkspur", **fields: Any) -> Connection:
        with self.store.transaction():
            return connections.add(name, now=NOON, **fields)

    def bind(self, connection: Connection, **changes: Any) -> None:
        """The company file answered."""
        described = {
            "company_name": "Larkspur Tile Works",
            "product_name": "QuickBooks Premier 2024",
            "major_version": "34",
            "minor_version": "0",
            "country": "US",
            "qbxml_version": "13.0",
            "home_currency": "USD",
            "multicurrency": False,
            "bound_at": NOON,
        }
        with self.store.transaction():
            connections.bind(connection.id, CompanyBinding(**described | changes))

    def seen(self, connection: Connection, at: datetime) -> None:
        """The Web Connector called for every application."""
        with self.store.transaction():
            for application in connections.applications(connection.id):
                applications.seen(application.id, "authenticate", at)

    def sync(
        self,
        connection: Connection | None,
        *,
        application: str = "invoice",
        at: datetime = NOON,
        state: SyncState = SyncState.FINISHED,
        **fields: Any,
    ) -> Sync:
        """A sync of half a minute that ended, or one that runs."""
        over = state not in (SyncState.PENDING, SyncState.STARTED)
        usual = {"ended_at": at + timedelta(seconds=30)} if over else {}
        with self.store.transaction():
            begun = syncs.start(connection.id if connection else None, application, at)
            syncs.save(begun.id, state=state, **usual | fields)
            return syncs.get(begun.id)

    def failed_sync(self, connection: Connection | None, code: str, error: str, **f: Any) -> Sync:
        return self.sync(connection, state=SyncState.FAILED, error=error, error_code=code, **f)

    def touched(self, sync: Sync, *records: Record) -> None:
        with self.store.transaction():
            syncs.add_records(sync.id, records)

    def trouble(self, connection: Connection, sync: Sync | None = None, **fields: Any) -> Problem:
        """A record that could not be imported, on file as a problem."""
        with self.store.transaction():
            one = trouble(**fields)
            problems.report(connection.id, sync.id if sync else None, [one], NOON)
            if sync is not None and one.kind is not RecordKind.SYNC:
                syncs.add_records(sync.id, [_failed(one)])
            return problems.about(connection.id, [one.object_id])[0]

    def exchange(self, sync: Sync, request: bytes, answer: str | None = None) -> Exchange:
        """One call of the sync, answered; ``answer`` is kept when it is given."""
        assert sync.connection_id is not None
        with self.store.transaction():
            [application, *_] = connections.applications(sync.connection_id)
            session = sessions.open_session(
                application=application,
                connection=connections.by_id(sync.connection_id),
                sync_id=sync.id,
                ticket_hash=f"hash of {sync.id}",
                phase="ready",
                plan="",
                lease_expires_at=later(hours=1),
                now=NOON,
                peer="10.0.0.7",
            )
            one = sessions.add_exchange(
                session, step="invoices", request_id="7-1", request=request, now=NOON
            )
            if answer is not None:
                sessions.keep_response(one.id, answer)
            return one

    def payment(self, connection: Connection, key: str, status: str, **fields: Any) -> int:
        """A payment of the platform over 250.00 dollars, as it stands in the store."""
        usual = dict.fromkeys(("asking", "overpayment", "on_account", "closed_period"), "")
        usual |= {"closed_too": False, "import_id": 0}
        told = {"source": "invoiced", "date": "2024-06-01", "charge_state": "succeeded"}
        amount = {"amount_cents": 25000, "currency": "USD"}
        row = usual | told | amount | {"connection": connection.id, "key": key, "status": status}
        with self.store.transaction():
            number: int = _ADD_PAYMENT.value(**row | fields)
        return number

    def park(self, payment_id: int) -> None:
        """A sync found out that only a person can tell what QuickBooks holds."""
        with self.store.transaction():
            update_columns(t.Payment, id=payment_id, status="parked")

    def sync_now(self, number: int) -> Sync:
        with self.store.reading():
            return syncs.get(number)

    def problem_now(self, problem: Problem) -> Problem:
        with self.store.reading():
            return problems.get(problem.id)

    def audit(self) -> list[AuditEntry]:
        with self.store.reading():
            return audit.entries()


def _failed(one: Any) -> Record:
    return Record(one.kind, one.object_id, one.document, Outcome.FAILED, one.message, one.remedy)


def imported(object_id: str, document: str) -> Record:
    return Record(RecordKind.INVOICE, object_id, document, Outcome.IMPORTED)
