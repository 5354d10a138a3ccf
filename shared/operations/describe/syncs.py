"""A sync in words: how it stands, how it went, and why it failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared import dates, hints
from shared.operations.describe.hints import what_to_do
from shared.operations.describe.problems import standing
from shared.operations.describe.sections import Section, told
from shared.operations.describe.text import duration
from shared.rules.values import ApplicationKind, Outcome, Problem, Record, Sync


def application(word: str) -> str:
    """The application as people call it; a word that is none of ours stays."""
    return next((kind.label for kind in ApplicationKind if kind == word), word)


def word(sync: Sync) -> str:
    """The state of a sync as a person would say it."""
    if sync.is_interrupted:
        return "interrupted"
    if sync.ended_at is None:
        return "stopping" if sync.stop_requested_by else "running"
    return "some failed" if sync.state == "finished" and sync.failed else sync.state.value


def percent(sync: Sync) -> str:
    """How far a running sync is: ``45%``, or nothing while the total is not known."""
    return f"{min(99, sync.position * 100 // sync.total)}%" if sync.total else ""


def position(sync: Sync) -> str:
    """``120 / 2,000``, or ``120`` while the total is not known."""
    return f"{sync.position:,} / {sync.total:,}" if sync.total else f"{sync.position:,}"


def result(sync: Sync) -> str:
    """How a sync went, in one sentence."""
    if sync.is_interrupted:
        return "Interrupted: no daemon is running. The next sync continues when one is."
    if sync.ended_at is None:
        step = f": {sync.message}" if sync.message else ""
        if sync.stop_requested_by:
            return f"Stopping, as {sync.stop_requested_by} asked{step}"
        return f"Running{step}"
    return sync.error or sync.message or f"{sync.state.value.capitalize()}."


def name(sync: Sync) -> str:
    """Which one it is: ``Sync 28: Larkspur Tile``."""
    return f"Sync {sync.id}: {sync.connection or 'unknown user name'}"


def sections(
    sync: Sync, problem: Problem | None, counts: Sequence[tuple[Outcome, int]]
) -> tuple[Section, ...]:
    """How it went and, where it failed as a whole, why; ``problem`` is what that became."""
    ran = f", ran for {duration(sync.started_at, sync.ended_at)}" if sync.ended_at else ""
    status = f"{word(sync)}, {application(sync.application)}, {dates.moment(sync.started_at)}{ran}"
    counted = ", ".join(
        f"{number:,} {outcome.value.replace('-', ' ')}" for outcome, number in counts
    )
    lines = (
        ("Status", status),
        ("Result", result(sync)),
        ("Records", position(sync) + (f" ({counted})" if counted else "")),
    )
    why = tuple(_why(sync, problem))
    return (Section(name(sync), lines), *([Section("Why it failed", why)] if why else []))


def _why(sync: Sync, problem: Problem | None) -> Iterator[tuple[str, str]]:
    if problem is not None and problem.said:
        yield "QuickBooks said", problem.said
    yield from why(sync.error_code)


def why(code: str) -> Iterator[tuple[str, str]]:
    """Cause, remedy and who acts for a code; nothing for one that nobody knows."""
    known = hints.hint(code) if code else None
    if known is not None:
        if known.why:
            yield "Why", known.why
        yield from what_to_do(known)
        yield "More about it", known.code


def record(touched: Record, problem: Problem | None) -> Section:
    """One record that a sync touched: QuickBooks' words, our reason, the remedy."""
    document = touched.document or touched.object_id
    lines = (
        ("Record", document),
        ("Outcome", touched.outcome.value),
        ("What happened", touched.reason),
        ("QuickBooks said", problem.said if problem else ""),
        ("What to do", touched.remedy),
        ("Problem", standing(problem) if problem else ""),
    )
    return told(document, lines)
