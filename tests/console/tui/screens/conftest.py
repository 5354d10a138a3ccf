from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.models.statements import Statement
from tests.console.tui.screens.office import Office


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The wall clock of the console shows UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def office(tmp_path: Path, new_store: Path) -> Iterator[Office]:
    shutil.copy(new_store, tmp_path)
    office = Office(tmp_path)
    yield office
    office.store.close()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows that each statement brought, since the list was emptied."""
    rows: list[int] = []
    everything = Statement.all

    def counting(self: Statement, **parameters: Any) -> Any:
        found = everything(self, **parameters)
        rows.append(len(found))
        return found

    monkeypatch.setattr(Statement, "all", counting)
    return rows
