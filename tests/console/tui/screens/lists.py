"""What every screen with a list holds to, whatever it lists."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.console.tui.screens.driver import SMALL, Driver, sit_down
from tests.console.tui.screens.office import Office

every_size = pytest.mark.parametrize("size", [(40, 10), (30, 60), (200, 15), (2, 2)])


def survives(office: Office, size: tuple[int, int], *steps: Sequence[str]) -> None:
    """After each step of keys the window may become that size; no line is longer than it."""

    async def scenario(at: Driver) -> None:
        for keys in steps:
            await at.press(*keys)
            await at.resize(size)
            assert all(len(line) <= size[0] for line in at.lines)
            await at.resize(SMALL)

    sit_down(office.url, scenario)
