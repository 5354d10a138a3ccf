"""Where the stores of a rehearsal lie: in memory where the machine has such a place."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

IN_MEMORY = Path("/dev/shm")  # a thousand commits a run: on a slow disk they are all it does


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    place = IN_MEMORY if IN_MEMORY.is_dir() else tmp_path
    with tempfile.TemporaryDirectory(dir=place) as made:
        yield Path(made)
