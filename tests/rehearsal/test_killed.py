"""The daemon and Invoiced, killed once each; ``tests.rehearsal.killed`` does so more often."""

from __future__ import annotations

from tests.rehearsal.killed import Killing


def test_kill_minus_nine_of_either_leaves_three_books_equal(folder):
    Killing(3, folder).run(kills=1)
