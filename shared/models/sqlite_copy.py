"""A whole copy of a SQLite store, made bit by bit while others go on writing to it.

Whoever copies a store in one go has the disk, and one core, to himself meanwhile. So after each bit
of work there is as long a rest, and what was written is flushed often: a commit of somebody else
never waits for more than a few megabytes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from peewee import sqlite3  # type: ignore[attr-defined]

STEP_PAGES = 256
FLUSH_STEPS = 8
CHECK_OPERATIONS = 20_000
"""So many steps of SQLite's own machine are taken between two rests while a copy is checked."""
LONGEST_REST_SECONDS = 0.2


class Stopped(Exception):
    """The copy is not wanted any more."""


class Pace:
    """Rests as long as was worked. ``ended`` tells when to give up."""

    def __init__(self, ended: Callable[[], bool]) -> None:
        self._ended = ended
        self._since = time.monotonic()

    def rest(self) -> None:
        """Rest after a bit of work. Raises Stopped."""
        if self._ended():
            raise Stopped
        worked = time.monotonic() - self._since
        time.sleep(min(worked, LONGEST_REST_SECONDS))
        self._since = time.monotonic()

    @contextmanager
    def within(self, connection: Any) -> Iterator[None]:
        """Have a connection rest while it runs long statements. Raises Stopped."""

        def rest() -> bool:
            try:
                self.rest()
            except Stopped:
                return True
            return False

        connection.set_progress_handler(rest, CHECK_OPERATIONS)
        try:
            yield
        except Exception:
            if self._ended():
                raise Stopped from None  # SQLite calls it interrupted
            raise
        finally:
            connection.set_progress_handler(None, 0)


def copy(source: Any, target: Path, pace: Pace, *, at_once: bool) -> None:
    """Fill the empty file ``target`` with what the connection ``source`` sees.

    ``source`` is in a transaction, so that it sees one state of the store however long this takes.
    ``at_once``: without rests, for a store whose writers have to wait for it. Raises sqlite3's
    errors, OSError and Stopped.
    """
    # Nobody else knows the file yet, and a folder on another machine may know no locks.
    address = f"file:{quote(str(target))}?vfs=unix-none"
    steps = 0

    def copied(_status: int, _remaining: int, _total: int) -> None:
        nonlocal steps
        steps += 1
        if steps % FLUSH_STEPS == 0:
            flush(target)
        pace.rest()

    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as copy_of_it:
        # Without locks there is no memory to share, which WAL does without where it is alone.
        for pragma in ("locking_mode = exclusive", "journal_mode = off", "synchronous = off"):
            copy_of_it.execute(f"PRAGMA {pragma}")
        if at_once:
            source.backup(copy_of_it)
        else:
            source.backup(copy_of_it, pages=STEP_PAGES, progress=copied)
        copy_of_it.execute("PRAGMA journal_mode = delete")  # in WAL it would be two files
    flush(target)


def flush(path: Path) -> None:
    """Have what was written to a file or a folder on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
