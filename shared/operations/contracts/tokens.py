"""The JSON of tokens."""

from __future__ import annotations

from shared.operations.contracts.shapes import Shape
from shared.operations.tokens import Made
from shared.rules.tokens import Token

TOKEN = Shape(Token)

MADE_TOKEN = Shape(Made, "id token")
