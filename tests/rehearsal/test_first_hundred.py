"""Seeds 0 to 99; the rest stand in a file of their own, so that two processes share them."""

from __future__ import annotations

import pytest

from tests.rehearsal.play import play


@pytest.mark.parametrize("seed", range(100))
def test_every_payment_is_in_quickbooks_exactly_once_or_a_person_is_told(seed, folder):
    play(seed, folder)


def test_the_same_seed_gives_the_same_run(folder):
    (folder / "again").mkdir()
    once, again = play(24, folder), play(24, folder / "again")
    assert once.trace == again.trace
    assert len(once.trace) > 100
    assert once.third is not None
    assert once.third.reckoning.equal > 0, "some invoice was the same on all three sides"
