"""The JSON of problems."""

from __future__ import annotations

from shared.operations.contracts.shapes import Shape
from shared.rules.values import Problem

PROBLEM = Shape(
    Problem,
    "id connection code kind document message remedy state object_id said first_seen_at",
    "last_seen_at sync_id note changed_by changed_at first_sync_id",
)
