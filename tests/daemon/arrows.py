"""The arrows of a diagram in a docstring: "ready --RequestHandedOut--> awaiting   a remark"."""

from __future__ import annotations

import re
from itertools import product

_ARROW = re.compile(r" --(?:([A-Za-z ]+)--)?> ")
_NODES = re.compile(r"\s*([a-z][a-z-]*(?:, [a-z][a-z-]*)*)(?:\s{2,}.*)?$")


def arrows(text: str) -> set[tuple[str, str, str]]:
    """From where, the words on it, and to where; a line may have several, and several ends."""
    found: set[tuple[str, str, str]] = set()
    for line in text.splitlines():
        first, *rest = _ARROW.split(line)
        for label, node in zip(rest[::2], rest[1::2], strict=True):
            before, after = (_NODES.match(one) for one in (first, node))
            if before and after:
                ends = product(before[1].split(", "), after[1].split(", "))
                found |= {(start, label or "", end) for start, end in ends}
            first = node
    return found
