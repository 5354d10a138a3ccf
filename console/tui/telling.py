"""Why something failed and what to do about it, in lines that several screens show."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from console.tui.widgets.text_view import Labelled, Paragraph
from console.tui.words import state, titled
from shared import hints
from shared.hints import Hint
from shared.operations.describe.text import plain
from shared.rules.values import Problem, Record, Sync


def why_it_failed(sync: Sync) -> Iterator[Paragraph]:
    """Cause, remedy and who acts, for a sync that failed as a whole; nothing else."""
    known = hints.hint(sync.error_code) if sync.error_code else None
    if known is None:
        return
    if known.why:
        yield titled("Why", known.why)
    yield from what_to_do(known)
    yield titled("More on it", f"t opens the entry {known.code}")


def what_to_do(known: Hint) -> Iterator[Paragraph]:
    """The steps of a remedy, under the one who takes them."""
    who = f"What to do ({known.actor})"
    if len(known.remedy) == 1:
        yield titled(who, known.remedy[0])
        return
    yield titled(who, "")
    for number, step in enumerate(known.remedy, start=1):
        yield Labelled(Text(f" {number}. "), Text(plain(step)))


def why_a_record_failed(record: Record, problem: Problem | None) -> Iterator[Text]:
    """What happened to one record: its document, QuickBooks' words, our reason, the remedy."""
    yield titled("Record", record.document or record.object_id)
    yield titled("Outcome", state(record.outcome.value))
    if record.reason:
        yield titled("What happened", record.reason)
    if problem is not None and problem.said:
        yield titled("QuickBooks said", problem.said)
    if record.remedy:
        yield titled("What to do", record.remedy)
    if problem is not None:
        yield titled("Problem", standing_of(problem))


def standing_of(problem: Problem) -> str:
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


def entry(known: Hint) -> Iterator[Paragraph]:
    """A troubleshooting entry, but for the entries that it refers to."""
    yield Text(f"{known.title} ({known.code})", style="bold")
    yield Text()
    yield titled("What happened", known.happened)
    if known.why:
        yield titled("Why", known.why)
    yield from what_to_do(known)
    if known.also:
        yield titled("Also known as", ", ".join(known.also))
