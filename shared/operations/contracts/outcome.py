"""The JSON of what became of a decision."""

from __future__ import annotations

from shared.operations.contracts.shapes import Key, Shape
from shared.operations.deciding import Outcome

OUTCOME: Shape[Outcome] = Shape(
    Key("count", "how many records it touched", lambda outcome: outcome.count),
    Key("sentence", "what became of them, for people", lambda outcome: outcome.sentence),
)
