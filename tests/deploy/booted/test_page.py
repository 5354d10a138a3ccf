"""The page of a booted run is made from its log."""

from __future__ import annotations

from tests.deploy.booted.page import MOST_LINES, written

LOG = """==== one thing

(booted in 1.0 s)

# echo yes
yes

# cat much
{much}
==== another

(booted in 2.0 s)
"""


def test_a_new_log_takes_the_place_of_the_chapters_below_the_head():
    page = written("# Title\n\nHead.\n\n## Old\n\nold\n", LOG.format(much="1\n"))
    assert page.startswith("# Title\n\nHead.\n\n## One thing\n\n```\n(booted in 1.0 s)\n")
    assert "# echo yes\nyes\n\n# cat much\n1\n```\n\n## Another\n" in page
    assert "old" not in page


def test_an_answer_of_many_lines_is_left_out():
    page = written("# Title\n", LOG.format(much="1\n" * (MOST_LINES + 1)))
    assert "# cat much\n…\n```" in page
