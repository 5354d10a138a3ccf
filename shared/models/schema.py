"""Which numbered steps a store has behind it, and how it takes the missing ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from shared.errors import StoreError, StoreOutdated, StoreTooNew
from shared.imports import without
from shared.structs import Value

MIGRATIONS = Path(__file__).parent / "migrations"
UNFINISHED_COPY = "unfinished_copy"
"""A database with this table is half of another store: `deskbridge db copy` makes it."""
_HISTORY = "schema_migration"


class Schema(Value):
    """The steps that a store took (``applied``) against those that this version has."""

    applied: tuple[str, ...]
    known: tuple[str, ...]
    is_unfinished_copy: bool = False

    @property
    def version(self) -> int:
        """The number of the last step taken; 0 for an empty database."""
        return max(map(_number, self.applied), default=0)

    @property
    def missing(self) -> tuple[str, ...]:
        """The steps still to take, in order."""
        return tuple(name for name in self.known if name not in self.applied)

    def check_not_newer(self) -> None:
        """Raise StoreTooNew when the store took a step that we do not know."""
        unknown = sorted(set(self.applied) - set(self.known))
        if unknown:
            raise StoreTooNew(
                f"The store was written by a newer Deskbridge (it has step {unknown[-1]},"
                f" this version ends with {self.known[-1]}).",
                "Install the newer version again, or go back to the backup made before the"
                " upgrade.",
            )

    def check_current(self) -> None:
        """Raise StoreTooNew or StoreOutdated unless the store has exactly our steps."""
        self.check_not_newer()
        if self.missing:
            raise StoreOutdated(
                f"The store was written by an older Deskbridge (version {self.version},"
                f" this one needs {_number(self.known[-1])}).",
                "Stop the daemon and run: deskbridge db upgrade",
            )


def read_schema(database: Any, folder: Path) -> Schema:
    """Compare the connected ``database`` with the steps in ``folder``; changes nothing.

    Raises StoreError when the database holds the tables of something else.
    """
    known = tuple(sorted(step.stem for step in folder.glob("[0-9]*.py")))
    tables = database.get_tables()
    if _HISTORY in tables:
        applied = database.execute_sql(f"SELECT name FROM {_HISTORY} ORDER BY name").fetchall()  # noqa: S608
        return Schema(tuple(name for (name,) in applied), known, UNFINISHED_COPY in tables)
    if tables:
        raise StoreError(
            f"That database belongs to another program: it has a table {tables[0]!r}.",
            "Give Deskbridge a database of its own with DESKBRIDGE_DATABASE.",
        )
    return Schema((), known)


def take_missing_steps(database: Any, folder: Path) -> tuple[str, ...]:
    """Apply the missing steps inside the caller's transaction; return their names."""
    with without("psycopg"):
        from playhouse.migrations import Runner  # only upgrades pay for the import

    return tuple(Runner(database, str(folder), table_name=_HISTORY).up())


def _number(name: str) -> int:
    digits = re.match(r"\d+", name)
    return int(digits.group()) if digits else 0
