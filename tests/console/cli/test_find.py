"""``deskbridge find``: a table for people, groups for scripts, and code 3 for nothing."""

from __future__ import annotations

import pytest

from tests.console.cli.builders import customer, import_into, invoice


@pytest.fixture
def two(shell):
    for name in ("Bramble", "Larkspur"):
        shell.says("connection", "add", name)
        held = [customer("80000001-1", f"{name} Tile")]
        import_into(shell, name, invoice(f"{name[0]}-1", "77042", "1234.50"), customers=held)
    return shell


def test_it_finds_over_all_connections_and_tells_where(two):
    lines = two.says("find", "77042", COLUMNS="120").splitlines()
    assert [line.split()[0] for line in lines] == ["What", "Invoice", "Invoice"]
    assert all("1,234.50" in line for line in lines[1:])
    assert lines[1].endswith("Bramble")


def test_words_are_one_text(two):
    assert "Larkspur Tile" in two.says("find", "larkspur", "tile")


def test_what_is_left_off_is_told_and_listed_with_a_higher_limit(two):
    assert "1 more invoice" in two.says("find", "77042", "--limit", "1")
    assert "more" not in two.says("find", "77042", "--limit", "2")


def test_scripts_get_groups_with_their_hits(two):
    [group] = two.json("find", "77042", "--limit", "1")
    assert (group["kind"], group["more"], group["counted"]) == ("invoice", 1, True)
    [hit] = group["hits"]
    assert (hit["id"], hit["amount"], hit["connection"]) == ("B-1", "1234.50", "Bramble")
    assert two.json("find", "zzzz") == []


def test_nothing_found_is_its_own_exit_code(two):
    assert "zzzz" in two.refuses(3, "find", "zzzz")
    two.refuses(2, "find")
