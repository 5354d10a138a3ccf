"""Invoice Syncs that find nothing new: what each asks for, and what it leaves behind.

1,000 of them run on a company of 10,000 open invoices after its first sync; the store's size is
that of its pages in use, without what a deletion has freed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from bench.imports import new_company
from bench.page import Part, at_most
from bench.stage import Line, cpu_seconds, daemon, scratch, update, web_connector

OPEN = 10_000
SYNCS = 1000


class Scale(Line):
    """A wire that notes how many bytes QuickBooks answered with."""

    answered = 0

    def __call__(
        self, url: str, headers: Mapping[str, str], body: bytes | None, /
    ) -> tuple[int, Mapping[str, str], bytes]:
        self.answered += len(body or b"")
        return super().__call__(url, headers, body)


def part(_runs: int) -> Part:
    """The first sync of all, a quiet one, and then the rest of a thousand."""
    with scratch() as folder:
        line = Scale()
        with daemon(folder) as (process, environment):
            connector, rows = web_connector(environment, folder, new_company(OPEN), line)
            for _ in range(2):  # the second one still learns what the first one left open
                update(connector, rows["invoice"], line)
            line.answered = 0
            before, held = cpu_seconds(process.pid), _in_use(folder)
            for _ in range(SYNCS):
                update(connector, rows["invoice"], line)
            cpu_ms = 1000 * (cpu_seconds(process.pid) - before) / SYNCS
            grown = (_in_use(folder) - held) / 1e6
            calls, kilobytes = line.calls, line.answered / SYNCS / 1000
    goals = [
        at_most("1,000 quiet Invoice Syncs of 10,000 open invoices, growth", grown, 2, " MB"),
        at_most("a quiet Invoice Sync, calls", calls, 8),
        at_most("the same, what is sent to the daemon", kilobytes, 200, " KB"),
    ]
    text = f"""| open invoices | syncs | grown by | calls | sent to the daemon | CPU |
|---|---|---|---|---|---|
| {OPEN:,} | {SYNCS:,} | {grown:.2f} MB | {calls} | {kilobytes:.1f} KB | {cpu_ms:.1f} ms |

- *Quiet*: nothing changed in QuickBooks since the sync before. Calls, bytes and CPU are those of one sync.
- *Grown by*: pages in use of the SQLite store, of all {SYNCS:,} syncs together."""
    return Part("Invoice Syncs that find nothing new", goals, text)


def _in_use(folder: Path) -> int:
    """Bytes of the store's pages that hold something."""
    with sqlite3.connect(folder / "store.sqlite3") as store:
        pages, free, size = (
            store.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
    store.close()
    return (pages - free) * size
