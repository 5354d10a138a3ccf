"""The rows in the Web Connector's window, and what the PC remembers of them.

The real program keeps this in the registry of one Windows user. Here it is memory, or a JSON
file when a path is given. Passwords are never written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from msgspec import ValidationError, convert

from shared.structs import Value, asdict
from simulator.webconnector.errors import WebConnectorError
from simulator.webconnector.qwc import QwcFile


@dataclass(slots=True)
class Row:
    """One application: its file, its password, its schedule and its status column.

    ``every_seconds`` 0 means that Auto-Run is off.
    """

    qwc: QwcFile
    password: str = field(default="", repr=False)
    every_seconds: int = 0
    status: str = ""
    percent: int = 0
    due_at: datetime | None = None
    runs: int = 0


class Remembered(Value):
    """What the PC knows of an application between two starts of the program."""

    owner_id: str
    file_id: str
    minimum_seconds: int = 0


class Registry:
    """The list of applications of one Windows user, and its lock: one update at a time."""

    def __init__(self, path: Path | None = None) -> None:
        """Read ``path`` when it exists; raises WebConnectorError (QBWC1011) when it is damaged."""
        self._path = path
        self.rows: list[Row] = []
        self._remembered = _load(path) if path is not None and path.exists() else {}
        self._locked = False

    def remembered(self, key: str) -> Remembered | None:
        """What is known of the application with this AppUniqueName (or AppName)."""
        return self._remembered.get(key)

    def owner_of_file_id(self, file_id: str) -> str | None:
        """The key of the application that already uses ``file_id``."""
        return next(
            (key for key, known in self._remembered.items() if known.file_id == file_id), None
        )

    def put(self, row: Row) -> None:
        """Add a row, or replace the one with the same AppUniqueName (or AppName)."""
        known = self._remembered.get(row.qwc.key)
        self.rows = [other for other in self.rows if other.qwc.key != row.qwc.key] + [row]
        self.remember(row.qwc, known.minimum_seconds if known else 0)

    def lock(self) -> None:
        """Take the update lock; raises WebConnectorError when an update is running."""
        if self._locked:
            raise WebConnectorError("", "Another update is running for this Windows user.")
        self._locked = True

    def unlock(self) -> None:
        """Release the update lock."""
        self._locked = False

    def remember(self, qwc: QwcFile, minimum_seconds: int) -> None:
        """Keep what the PC knows of an application, with the service's lower limit."""
        self._remembered[qwc.key] = Remembered(qwc.owner_id, qwc.file_id, minimum_seconds)
        if self._path is not None:
            _save(self._path, self._remembered)


def _save(path: Path, remembered: Mapping[str, Remembered]) -> None:
    entries = [{"application": key, **asdict(known)} for key, known in remembered.items()]
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_text(json.dumps({"applications": entries}, indent=2) + "\n")
        new.replace(path)
    except OSError as error:
        raise WebConnectorError(
            "QBWC1011", f"The list of applications in {path} cannot be written: {error}."
        ) from error


def _load(path: Path) -> dict[str, Remembered]:
    try:
        entries = json.loads(path.read_text())["applications"]
        return {entry["application"]: convert(entry, Remembered) for entry in entries}
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise WebConnectorError(
            "QBWC1011",
            f"The list of applications in {path} cannot be read ({error!r}). "
            "Delete it and add the .qwc files again.",
        ) from error
