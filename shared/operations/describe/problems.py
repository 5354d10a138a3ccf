"""Problems in words: where each one stands."""

from __future__ import annotations

from shared.rules.values import Problem


def standing(problem: Problem) -> str:
    """Where a problem stands, with who decided what."""
    told = _STANDS[problem.state]
    if problem.note:
        told += f": {problem.note}"
    if problem.changed_by:
        told += f" (by {problem.changed_by})"
    return told


_STANDS = {
    "open": "open",
    "retry": "will be tried again by the next sync",
    "skipped": "skipped",
    "resolved": "resolved",
}
