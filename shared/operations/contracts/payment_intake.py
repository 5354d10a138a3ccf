"""The JSON of payments that come in, one by one or in a file."""

from __future__ import annotations

from shared.operations.contracts.shapes import Shape
from shared.operations.payment_intake import Added, Note, Report

TAKEN = Shape(
    Added,
    "payment.id payment.status payment.reason payment.external_id outcome=how",
    status="where it stands",
    reason="why it stands so; empty where all is well",
    external_id="its id on the billing platform",
)

ROW_NOTE = Shape(Note, "line note=sentence")

TAKEN_FILE = Shape(Report, notes=ROW_NOTE)
