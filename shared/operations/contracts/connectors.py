"""The JSON of billing platforms."""

from __future__ import annotations

from shared.operations.contracts.records import PROBLEM
from shared.operations.contracts.shapes import Shape
from shared.operations.platform_check import Beside, Checked
from shared.operations.platform_standing import Preview, Standing
from shared.rules.connectors import Mapped, Outgoing, Watched

MAPPED = Shape(Mapped)
OUTGOING = Shape(Outgoing)
STANDING = Shape(
    Standing,
    "account.* waiting sent refused skipped left_alone not_needed customers invoices payments",
    "reason tries_again_at held_up received_at not_receiving_since not_receiving_because taken_in",
    "to_post to_decide posted kept_out watched behind",
    held_up=OUTGOING,
    kept_out=PROBLEM,
    watched=Shape(Watched),
)
_BESIDE = Shape(
    Beside,
    "document object_id their_id quickbooks coming_in platform difference because",
    difference="how much more is due on the platform than should be",
)
CHECKED = Shape(Checked, differing=_BESIDE, customers=_BESIDE, missing=_BESIDE, only_there=_BESIDE)
PREVIEW = Shape(Preview, records=OUTGOING)
