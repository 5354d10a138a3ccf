"""The JSON of events."""

from __future__ import annotations

from shared.operations.contracts.shapes import Shape
from shared.rules.events import Event

EVENT = Shape(Event)
