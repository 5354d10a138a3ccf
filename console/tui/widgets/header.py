"""The first line of every screen: whose company, and how everything goes at the moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, cast

from rich.text import Text
from textual.widgets import Static

from shared.operations.describe.text import cells, fit, grouped, plain
from shared.structs import Value

if TYPE_CHECKING:
    from shared.operations.pulse import Pulse
    from shared.rules.pulse import Sum

_GAP = "  "
_COMPANY = 24
_LEAST_OF_COMPANY = 8


class Standing(Value):
    """What the header tells; ``pulse`` is None until it was read once.

    ``company`` is empty for all of them. ``clock`` is the time of day as it is written.
    """

    pulse: Pulse | None = None
    company: str = ""
    now: datetime | None = None
    clock: str = ""


class HasStanding(Protocol):
    """The console, as the header sees it."""

    standing: Standing


class _Part(Value):
    """A part of the line; ``drop`` is its turn to go where there is no room: 1 first, 0 never."""

    text: Text
    drop: int = 0


class Header(Static):
    """One line. What goes first in a narrow window: the product, a recent backup, the clock, what

    runs, money on its way, what is OK, an old backup. The company's name is cut before the last
    three go. The daemon, what failed or is late, and money in doubt always stay.
    """

    DEFAULT_CSS = """
    Header { height: 1; }
    .-tiny Header { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown = Standing()

    def follow(self) -> None:
        """Show the present standing; the same again paints nothing."""
        standing = cast(HasStanding, self.app).standing
        if standing != self._shown:
            self._shown = standing
            self.refresh()

    def on_mount(self) -> None:
        """Begin with what is known."""
        self._shown = cast(HasStanding, self.app).standing

    def render(self) -> Text:
        """The line in the width there is."""
        return line(self._shown, self.size.width)


def line(standing: Standing, width: int) -> Text:
    """The header in exactly ``width`` cells, or less where there is less to say."""
    name = plain(standing.company) or "All companies"
    parts = _parts(standing)
    room = width - 1
    turns = sorted({part.drop for part in parts if part.drop})
    for turn in (0, *turns):
        parts = [part for part in parts if not part.drop or part.drop > turn]
        others = sum(cells(part.text.plain) + len(_GAP) for part in parts)
        least = _LEAST_OF_COMPANY if turn >= _DROP_RUNNING else _COMPANY
        if others + min(cells(name), least) <= room:
            break
    wide = max(min(cells(name), _COMPANY, room - others), 1)
    before = [part.text for part in parts if part.drop == _DROP_PRODUCT]
    after = [part.text for part in parts if part.drop != _DROP_PRODUCT]
    company = Text(fit(name, wide), style="bold")
    told = Text(" ", no_wrap=True).append_text(Text(_GAP).join([*before, company, *after]))
    told.truncate(width)
    return told


_DROP_PRODUCT, _DROP_BACKUP, _DROP_CLOCK, _DROP_RUNNING, _DROP_WAITING, _DROP_OK, _DROP_OLD = range(
    1, 8
)


def _parts(standing: Standing) -> list[_Part]:
    parts = [_Part(Text("Deskbridge", style="bold"), _DROP_PRODUCT)]
    pulse = standing.pulse
    if pulse is not None:
        parts.append(_Part(_daemon(pulse)))
        if standing.company:  # what follows is about all of them nevertheless
            parts.append(_Part(Text("all:"), _DROP_OK))
        parts += _counts(pulse)
        parts += _money(pulse)
        if backup := _backup(pulse, standing.now):
            parts.append(backup)
    if standing.clock:
        parts.append(_Part(Text(standing.clock), _DROP_CLOCK))
    return parts


def _daemon(pulse: Pulse) -> Text:
    if pulse.daemon_runs:
        return Text("daemon up", style="green")
    return Text("daemon DOWN", style="bold red") if pulse.daemon_seen_at else Text("no daemon")


def _counts(pulse: Pulse) -> list[_Part]:
    parts = [_Part(Text(f"{pulse.ok:,} OK", style="green" if pulse.ok else ""), _DROP_OK)]
    if pulse.failed:
        parts.append(_Part(Text(f"{pulse.failed:,} failed", style="bold red")))
    if pulse.late:
        parts.append(_Part(Text(f"{pulse.late:,} late", style="yellow")))
    if pulse.running:
        parts.append(_Part(Text(f"{pulse.running:,} running", style="cyan"), _DROP_RUNNING))
    return parts


def _money(pulse: Pulse) -> list[_Part]:
    parts = []
    if pulse.waiting:
        parts.append(_Part(Text(f"waiting {_sums(pulse.waiting)}", style="yellow"), _DROP_WAITING))
    if pulse.unknown:
        parts.append(_Part(Text(f"unknown {_sums(pulse.unknown)}", style="bold red")))
    return parts


def _sums(sums: Sequence[Sum]) -> str:
    """The largest sum, and in how many other currencies there is more."""
    more = f" +{len(sums) - 1}" if len(sums) > 1 else ""
    return f"{grouped(sums[0].amount)} {sums[0].currency}{more}"


def _backup(pulse: Pulse, now: datetime | None) -> _Part | None:
    backups = pulse.backups
    if backups is None or now is None:
        return None
    if backups.failure:
        return _Part(Text("backup failed", style="bold red"), _DROP_OLD)
    if backups.made_at is None or backups.old_at is None:
        return _Part(Text("no backup", style="yellow"), _DROP_OLD)
    hours = (now - backups.made_at) // timedelta(hours=1)
    told = f"backup {hours // 24}d ago" if hours >= 48 else f"backup {hours}h ago"
    if now > backups.old_at:
        return _Part(Text(told, style="yellow"), _DROP_OLD)
    return _Part(Text(told if hours > 0 else "backup just now"), _DROP_BACKUP)
