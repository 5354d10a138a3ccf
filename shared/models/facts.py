"""What the engine says of itself and of the room that the store takes."""

from __future__ import annotations

from shared.models.statements import Engine, current
from shared.structs import Value


class StoreFacts(Value):
    """An engine with its version, such as ``sqlite`` 3.51.3, and the size of the store."""

    engine: Engine
    version: str
    size_bytes: int


_QUESTIONS: dict[Engine, tuple[str, str]] = {
    "sqlite": (
        "SELECT sqlite_version()",
        "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    ),
    "postgresql": ("SHOW server_version", "SELECT pg_database_size(current_database())"),
}


def read() -> StoreFacts:
    """Ask the engine of the current unit; SQLite's size is without its journal."""
    engine, database = current()
    version, size = (
        database.execute_sql(question).fetchone()[0] for question in _QUESTIONS[engine]
    )
    return StoreFacts(engine, str(version).partition(" ")[0], int(size))
