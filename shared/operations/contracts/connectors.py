"""The JSON of billing platforms."""

from __future__ import annotations

from shared.operations.connectors import Preview, Standing
from shared.operations.contracts.shapes import Shape
from shared.rules.connectors import Mapped, Outgoing

MAPPED = Shape(Mapped)
OUTGOING = Shape(Outgoing)
STANDING = Shape(
    Standing,
    "account.* waiting sent refused skipped left_alone not_needed customers invoices payments",
    "reason tries_again_at held_up",
    held_up=OUTGOING,
)
PREVIEW = Shape(Preview, records=OUTGOING)
