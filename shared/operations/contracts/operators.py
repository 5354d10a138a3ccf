"""The JSON of operators."""

from __future__ import annotations

from shared.operations.contracts.shapes import Shape
from shared.rules.operators import OperatorEntry

OPERATOR = Shape(OperatorEntry)
