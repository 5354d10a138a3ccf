from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.models.builders import on_both_engines
from tests.readings import left_to_sqlite

pytest_generate_tests = on_both_engines


@pytest.fixture(scope="module", autouse=True)
def readings_of_sqlite() -> Iterator[None]:
    with left_to_sqlite():
        yield
