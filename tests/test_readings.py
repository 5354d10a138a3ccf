"""In tests, too, a reading that writes fails: ``tests/readings.py`` stands in for SQLite."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.errors import StoreUnavailable
from shared.models import audit
from shared.models.statements import current, update_columns
from shared.models.store import Store
from shared.models.tables import Audit
from tests.models.builders import NOON


def add_a_row() -> None:
    audit.add("anna", "note", "", "", NOON)


def change_no_row() -> None:
    update_columns(Audit, id=7, action="another")


def write_past_the_statements() -> None:
    current()[1].execute_sql("UPDATE installation SET token = 'another'")


@pytest.mark.parametrize("write", [add_a_row, change_no_row, write_past_the_statements])
def test_a_reading_that_writes_fails(store: Store, write: Callable[[], None]) -> None:
    for _ in range(2):
        with store.transaction():
            write()
        with pytest.raises(StoreUnavailable, match="readonly"), store.reading():
            write()
