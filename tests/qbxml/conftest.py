from __future__ import annotations

import pytest

from shared.qbxml import reader


@pytest.fixture(autouse=True)
def _no_block_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an answer is refused for must not depend on a draw; ``test_names`` draws its own."""
    monkeypatch.setattr(reader, "_draw", lambda: 1.0)
