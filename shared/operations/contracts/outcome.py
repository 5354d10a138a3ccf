"""The JSON of what became of a decision."""

from __future__ import annotations

from shared.operations.contracts.shapes import Shape
from shared.operations.deciding import Outcome

OUTCOME = Shape(Outcome, "count sentence")
