from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.models.store import Store
from tests.models.builders import invoice
from tests.models.payments.builders import JUNIPER, Till


@pytest.fixture
def till(store: Store) -> Iterator[Till]:
    """Invoices 100 and 101 of Larkspur Tile and 200 of Juniper Yoga; a test is one unit."""
    with store.transaction():
        till = Till(store)
        till.owes(
            invoice("1A-100", "250.00"),
            invoice("1A-101", "80.00"),
            invoice("1A-200", "40.00", **JUNIPER),
        )
        yield till
