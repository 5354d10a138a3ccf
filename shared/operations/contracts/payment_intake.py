"""The JSON of payments that come in, one by one or in a file."""

from __future__ import annotations

from shared.operations.contracts.shapes import Shape
from shared.operations.payment_intake import Added, LeftOut, Note, Report
from shared.operations.payment_profiles import ShownProfile
from shared.rules.ledger import Listed
from shared.rules.payments.values import SavedProfile

TAKEN = Shape(
    Added,
    "payment.id payment.status payment.reason payment.external_id outcome=how",
    status="its state",
    reason="why; empty when all is well",
    external_id="its ID on the billing platform",
)

ROW_NOTE = Shape(Note, "line note=sentence")

LEFT_OUT = Shape(LeftOut)

TAKEN_FILE = Shape(Report, notes=ROW_NOTE, left_out=LEFT_OUT)

SAVED_PROFILE: Shape[Listed[SavedProfile]] = Shape(
    Listed, "connection row.*", row=Shape(SavedProfile), connection="connection"
)

SHOWN_PROFILE = Shape(ShownProfile)
