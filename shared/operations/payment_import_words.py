"""What becomes of a file of payments, in sentences for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.operations.describe.text import count
from shared.operations.payment_intake import ImportPlan, Refusal, numbers

MOST = 50
"""So many rows are told one by one; the others are counted."""


def becomes(plan: ImportPlan, *, dry_run: bool) -> str:
    """How many rows are new, changed, unchanged, refused."""
    rows, said = count(len(plan.rows), "row"), numbers(plan.report)
    return f"Nothing is written. {rows} would be: {said}." if dry_run else f"{rows}: {said}."


def details(plan: ImportPlan) -> Iterator[str]:
    """What is left out and why, what changes, what is to be known of single rows."""
    yield from map(str, plan.report.left_out)
    yield from first(plan.told)
    yield from first([note.sentence for note in plan.report.notes])


def refused(refusals: Sequence[Refusal]) -> list[str]:
    """The rows that are refused, each with its line and its reason."""
    return first([f"line {one.line}: {one.external_id}: {one.reason}" for one in refusals])


def remedies(refusals: Sequence[Refusal]) -> str:
    """What to do about them, each once."""
    return " ".join(dict.fromkeys(one.remedy for one in refusals))


def first(told: Sequence[str]) -> list[str]:
    """The first of many sentences, and how many there are more."""
    more = len(told) - MOST
    return [*told[:MOST], *([f"… and {more:,} more: --json shows all."] if more > 0 else [])]
