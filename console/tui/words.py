"""Words, times and styles that all screens share: a state is a word before it is a colour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from rich.text import Text

from shared.operations.describe.text import plain

if TYPE_CHECKING:
    from shared.rules.values import Sync

STYLES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("finished", "resolved", "posted", "imported", "updated", "ok"), "green"),
        **dict.fromkeys(("running", "stopping", "pending", "retry", "ready", "sent"), "cyan"),
        **dict.fromkeys(("waiting", "canceled", "skipped", "left-out", "late"), "yellow"),
        **dict.fromkeys(("not eligible", "no .qwc yet", "some failed", "warn"), "yellow"),
        **dict.fromkeys(("failed", "open", "unknown", "parked", "refused", "fail"), "bold red"),
    }
)
"""The colour of each state, out of the sixteen that any terminal has."""


def state(word: str, shown: str = "") -> Text:
    """``shown``, or the word itself, in the colour of the state ``word``."""
    return Text(shown or word, style=STYLES.get(word, ""))


def titled(title: str, value: str | Text) -> Text:
    """A line of a detail: its title set apart, then what QuickBooks or we say, never markup."""
    text = Text(f"{title}: ", style="bold")
    return text.append_text(Text(plain(value)) if isinstance(value, str) else value)


def sync_word(sync: Sync) -> str:
    """The state of a sync as a person would say it."""
    if sync.ended_at is None:
        return "stopping" if sync.stop_requested_by else "running"
    return "some failed" if sync.state == "finished" and sync.failed else sync.state.value


def percent(sync: Sync) -> str:
    """How far a running sync is: ``45%``, or nothing while the total is not known."""
    return f"{min(99, sync.position * 100 // sync.total)}%" if sync.total else ""


def position(sync: Sync) -> str:
    """``120 / 2,000``, or ``120`` while the total is not known."""
    return f"{sync.position:,} / {sync.total:,}" if sync.total else f"{sync.position:,}"


def when(at: datetime | None, now: datetime, never: str = "never") -> str:
    """The local time, short: ``14:02`` today, ``01-05 14:02`` this year, else ``2025-12-31``."""
    if at is None:
        return never
    local, today = at.astimezone(), now.astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local:%m-%d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d}"


def result_of(sync: Sync) -> str:
    """How a sync went, in one sentence."""
    if sync.ended_at is None:
        step = f": {sync.message}" if sync.message else ""
        if sync.stop_requested_by:
            return f"Stopping, as {sync.stop_requested_by} asked{step}"
        return f"Running{step}"
    return sync.error or sync.message or f"{sync.state.value.capitalize()}."
