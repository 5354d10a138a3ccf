"""The JSON of problems, of the audit trail and of hints."""

from __future__ import annotations

from shared.hints import Hint
from shared.operations.contracts.shapes import Shape
from shared.rules.values import AuditEntry, Problem

PROBLEM = Shape(
    Problem,
    "id connection code kind document message remedy state object_id said first_seen_at",
    "last_seen_at sync_id note changed_by changed_at first_sync_id",
)

AUDIT_ENTRY = Shape(AuditEntry)

HINT = Shape(Hint)
