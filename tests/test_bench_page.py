"""``docs/benchmarks.md`` is written part by part; what was not measured again stays."""

from __future__ import annotations

from bench.page import KEPT, Part, at_least, at_most, written

ORDER = ("imports", "polls")
IMPORTS = Part("big files", [at_most("CPU ÷ floor's CPU", 1.4, 1.5)], "Imports took long.")
POLLS = Part("idle polls", [at_least("polls", 140, 150, "/s")], "Polls were slow.")


def test_goal_and_figure_stand_side_by_side_with_the_verdict():
    page = written({"imports": IMPORTS, "polls": POLLS}, "", ORDER)
    assert "| `imports` | CPU ÷ floor's CPU | ≤ 1.5 | 1.4 | met |" in page
    assert "| `polls` | polls | ≥ 150/s | 140/s | **not met** |" in page
    assert page.index("Imports took long.") < page.index("Polls were slow.")


def test_parts_that_are_not_measured_again_and_what_people_wrote_stay():
    page = written({"imports": IMPORTS, "polls": POLLS}, "", ORDER)
    why = f"## {KEPT}\n\nPolls wait for the disk.\n\n## `polls` once more\n\nTried twice.\n"
    page = page[: page.index(f"## {KEPT}")] + why
    faster = Part("idle polls", [at_least("polls", 160, 150, "/s")], "Polls are quick.")
    again = written({"polls": faster}, page, ORDER)
    assert "| `imports` | CPU ÷ floor's CPU | ≤ 1.5 | 1.4 | met |" in again
    assert "Imports took long." in again
    assert "| `polls` | polls | ≥ 150/s | 160/s | met |" in again
    assert "Polls were slow." not in again
    assert again.endswith(why)
    assert written({"polls": faster}, again, ORDER) == again


def test_a_page_of_another_form_is_written_anew():
    page = written({"polls": POLLS}, "# Benchmarks\n\n| old | table |\n|---|---|\n", ORDER)
    assert "old" not in page
    assert "`imports`:" not in page
