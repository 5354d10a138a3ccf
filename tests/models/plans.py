"""How the engine goes about its questions: along an index, or through everything."""

from __future__ import annotations

import pytest

from shared.models.statements import Statement, current
from tests.models.builders import sqlite_alone

__all__ = ["plans", "sqlite_alone"]


def plans(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The plans of all statements that are run from now on, as they come."""
    seen: list[str] = []
    execute = Statement._execute

    def explained(self, parameters):
        engine, database = current()
        sql, arguments = self._text(engine, database, parameters)
        asked = "EXPLAIN QUERY PLAN" if engine == "sqlite" else "EXPLAIN"
        found = database.execute_sql(f"{asked} {sql}", arguments).fetchall()
        seen.extend(row[-1] for row in found)
        return execute(self, parameters)

    monkeypatch.setattr(Statement, "_execute", explained)
    return seen
