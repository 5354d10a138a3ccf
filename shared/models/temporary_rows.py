"""Rows that are kept on disk for a while, so that memory does not grow with their number.

They stand in a temporary database of their own, which goes with the process.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterable, Iterator

from shared.errors import NotPossible

_CACHE = "PRAGMA cache_size = -4096"  # KiB
_TABLE = "CREATE TABLE kept (line INTEGER PRIMARY KEY, key TEXT, content BLOB NOT NULL)"
_INDEX = "CREATE INDEX kept_key ON kept (key, line)"
_ASKED = "CREATE TEMP TABLE asked (value)"
_ADD = "INSERT INTO kept VALUES (?, ?, ?)"
_KEYS = "SELECT key FROM kept WHERE key IS NOT NULL GROUP BY key ORDER BY min(line)"
_OF = "SELECT content FROM kept WHERE {} IN (SELECT value FROM temp.asked) ORDER BY line"


class TemporaryRows:
    """Rows by their line and by a key that some of them have: each is (line, key, content).

    Raises NotPossible where there is no room on the disk.
    """

    def __init__(self, rows: Iterable[tuple[int, str | None, bytes]]) -> None:
        # An empty name is a file that SQLite removes when it is closed.
        # The console reads a file on one thread and takes it in on another, never on both at once.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        # Whoever forgets these rows last, in whatever thread: Python 3.13 complains otherwise.
        weakref.finalize(self, self._database.close)
        try:
            self._fill(rows)
        except sqlite3.OperationalError as error:
            raise NotPossible(
                f"The rows of the file cannot be kept on disk meanwhile: {error}.",
                "Free space there, or set another folder in SQLITE_TMPDIR.",
            ) from error

    def _fill(self, rows: Iterable[tuple[int, str | None, bytes]]) -> None:
        for statement in (_CACHE, _TABLE, _ASKED, "BEGIN"):
            self._database.execute(statement)
        self._database.executemany(_ADD, rows)
        for statement in (_INDEX, "COMMIT"):
            self._database.execute(statement)

    def keys(self) -> Iterator[str]:
        """Every key once, in the order in which they come first."""
        return (key for (key,) in self._database.execute(_KEYS))

    def of_keys(self, keys: Iterable[str]) -> Iterator[bytes]:
        """All rows of these keys, by line."""
        return self._of("key", keys)

    def of_lines(self, lines: Iterable[int]) -> Iterator[bytes]:
        """The rows of these lines, by line."""
        return self._of("line", lines)

    def _of(self, column: str, asked: Iterable[str | int]) -> Iterator[bytes]:
        self._database.execute("DELETE FROM temp.asked")
        self._database.executemany("INSERT INTO temp.asked VALUES (?)", ((one,) for one in asked))
        found = self._database.execute(_OF.format(column)).fetchall()
        return (content for (content,) in found)
