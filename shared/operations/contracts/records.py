"""The JSON of what has no more to it: outcomes, problems, events, the audit trail, hints …"""

from __future__ import annotations

from shared.hints import Hint
from shared.operations.contracts.shapes import Shape
from shared.operations.deciding import Outcome
from shared.rules.events import Event
from shared.rules.found import Found
from shared.rules.operators import OperatorEntry
from shared.rules.values import AuditEntry, Problem

OUTCOME = Shape(Outcome, "count sentence")

PROBLEM = Shape(
    Problem,
    "id connection code kind document message remedy state object_id said first_seen_at",
    "last_seen_at sync_id note changed_by changed_at first_sync_id",
)

EVENT = Shape(Event)

AUDIT_ENTRY = Shape(AuditEntry)

OPERATOR = Shape(OperatorEntry)

FOUND = Shape(Found)

HINT = Shape(Hint)
