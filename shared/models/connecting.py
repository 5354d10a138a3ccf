"""What both engines need of peewee's connection keeping, and peewee does not have."""

from __future__ import annotations

from typing import Any


class ClosesEverywhere:
    """Mixed into a peewee database: ``close_all`` closes the connections of all threads."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._open: list[Any] = []
        super().__init__(*arguments, **options)

    def close_all(self) -> None:
        """Close what any thread has open; no thread may be using it."""
        for connection in self._open:
            connection.close()
        self._open.clear()
        self.dispose()  # type: ignore[attr-defined]

    def _connect(self) -> Any:
        connection = super()._connect()  # type: ignore[misc]
        self._open.append(connection)
        return connection

    def _close(self, connection: Any) -> None:
        if connection in self._open:
            self._open.remove(connection)
        super()._close(connection)  # type: ignore[misc]
