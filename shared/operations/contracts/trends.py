"""The JSON of ``trends``."""

from __future__ import annotations

from shared.operations.contracts.shapes import Shape
from shared.operations.trends import Trends

TRENDS = Shape(Trends)
