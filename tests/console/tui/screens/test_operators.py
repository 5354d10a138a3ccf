"""Operators in the console: listed with their roles, added in a form, removed after a question."""

from __future__ import annotations

from functools import partial

import pytest

from shared.operations.operators import plan_add, view_all
from shared.rules.operators import Role
from tests.console.tui.screens.driver import SMALL, Driver, sit_down
from tests.deciding import decide


@pytest.fixture
def staffed(office):
    """Root may look at Larkspur as ben; there is also Fern."""
    office.connect("Larkspur")
    office.connect("Fern")
    ben = partial(plan_add, role=Role.LOOK, names=("Larkspur",), user="root")
    decide(office.store, ben, "ben")
    return office


def on_file(office):
    with office.store.reading():
        return view_all(office.store)


def test_without_operators_it_says_what_follows_from_the_first_one(office):
    async def scenario(at: Driver) -> None:
        await at.press("O")
        assert "+ adds one" in at.text
        assert "only operators, root and the store's owner" in at.text

    sit_down(office.url, scenario)


def test_each_is_listed_with_role_and_companies(staffed):
    async def scenario(at: Driver) -> None:
        await at.press("O")
        assert "user root" in at.text
        assert "Role: look: see everything, change nothing" in at.text
        assert "Companies: Larkspur" in at.text
        assert all(len(line) <= SMALL[0] for line in at.lines)

    sit_down(staffed.url, scenario)


def test_a_group_is_added_for_one_company_after_a_question(staffed):
    async def scenario(at: Driver) -> None:
        await at.press("O", "plus")
        await at.type("accountants")
        await at.press("enter")
        await at.type("root")
        await at.press("enter", "down", "enter")
        await at.type("fern")
        await at.press("enter")
        assert "Make accountants an operator?" in at.text
        await at.press("right", "enter")

    sit_down(staffed.url, scenario)
    [made] = [one for one in on_file(staffed) if one.name == "accountants"]
    assert (made.role, made.group, made.connections) == (Role.RUN, "root", ("Fern",))


@pytest.mark.parametrize(("typed", "place"), [(("", "", "", ""), 0), (("ann", "", "", "Oak"), 3)])
def test_what_cannot_be_added_is_said_beside_its_field(staffed, typed, place):
    async def scenario(at: Driver) -> None:
        await at.press("O", "plus")
        for text in typed:
            await at.type(text)
            await at.press("enter")
        wrong = [bool(one.display) for one in at.screen.query(".wrong")]
        assert wrong.index(True) == place

    sit_down(staffed.url, scenario)


def test_a_user_that_the_machine_has_not_is_refused_in_words(staffed):
    async def scenario(at: Driver) -> None:
        await at.press("O", "plus")
        await at.type("nobody-of-that-name")
        await at.press(*["enter"] * 4)
        assert "has no user" in at.text

    sit_down(staffed.url, scenario)
    assert len(on_file(staffed)) == 1


def test_one_is_removed_after_a_question(staffed):
    async def scenario(at: Driver) -> None:
        await at.press("O", "x", "escape")
        assert len(on_file(staffed)) == 1
        await at.press("x", "right", "enter")

    sit_down(staffed.url, scenario)
    assert on_file(staffed) == []


def test_who_only_looks_changes_nothing(staffed):
    async def scenario(at: Driver) -> None:
        await at.press("O", "plus", "x")
        assert "user root" in at.text

    sit_down(staffed.url, scenario, read_only=True)
