"""The JSON of what was found."""

from __future__ import annotations

from shared.operations.contracts.shapes import Shape
from shared.rules.found import Found

FOUND = Shape(Found)
