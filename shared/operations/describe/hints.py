"""A troubleshooting entry in words: what happened, why, what to do, who does it."""

from __future__ import annotations

from collections.abc import Iterator

from shared.hints import Hint
from shared.operations.describe.sections import Section


def section(known: Hint) -> Section:
    """An entry, but for the entries that it refers to."""
    return Section(f"{known.title} ({known.code})", tuple(_lines(known)))


def _lines(known: Hint) -> Iterator[tuple[str, str]]:
    yield "What happened", known.happened
    if known.why:
        yield "Why", known.why
    yield from what_to_do(known)
    if known.also:
        yield "Also known as", ", ".join(known.also)


def what_to_do(known: Hint) -> Iterator[tuple[str, str]]:
    """The steps of a remedy, under the one who takes them; a step has no title of its own."""
    who = f"What to do ({known.actor})"
    if len(known.remedy) == 1:
        yield who, known.remedy[0]
        return
    yield who, ""
    for number, step in enumerate(known.remedy, start=1):
        yield "", f"{number}. {step}"
