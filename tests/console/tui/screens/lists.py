"""What every screen holds to, whatever it shows."""

from __future__ import annotations

from collections.abc import Sequence

from tests.console.tui.screens.driver import SMALL, Driver, sit_down
from tests.console.tui.screens.office import Office

SIZES = ((40, 10), (30, 60), (200, 15), (2, 2))


async def fits_every_size(at: Driver) -> None:
    """The window may become any size, from any other; no line is longer than it."""
    for size in SIZES:
        await at.resize(size)
        assert len(at.painted) == size[1]
        assert all(len(line) <= size[0] for line in at.painted), size
    await at.resize(SMALL)


def survives(office: Office, *steps: Sequence[str]) -> None:
    """After each step of keys the window may become any size."""

    async def scenario(at: Driver) -> None:
        for keys in steps:
            await at.press(*keys)
            await fits_every_size(at)

    sit_down(office.url, scenario)
