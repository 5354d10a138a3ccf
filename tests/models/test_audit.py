"""The trail of who did what."""

from __future__ import annotations

from shared.models import audit, connections
from shared.models.values import AuditEntry
from tests.models.builders import NOON, later


def test_entries_come_latest_first_and_outlive_their_connection(store):
    with store.transaction():
        made = connections.add("Larkspur", now=NOON)
        audit.add("anna", "connection.add", "Larkspur", "layout two", NOON)
        audit.add("ben (sudo by anna)", "connection.remove", "Larkspur", "", later(days=1))
        connections.remove(made.id)
    with store.reading():
        assert audit.entries() == [
            AuditEntry(2, later(days=1), "ben (sudo by anna)", "connection.remove", "Larkspur", ""),
            AuditEntry(1, NOON, "anna", "connection.add", "Larkspur", "layout two"),
        ]
        assert [entry.id for entry in audit.entries(limit=1)] == [2]
