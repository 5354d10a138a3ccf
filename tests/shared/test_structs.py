from __future__ import annotations

from typing import ClassVar

import pytest

from shared.structs import PartlyCompared, Value, defaults, field, field_names, replace


class Login(Value):
    HIDDEN: ClassVar = ("password",)

    user: str
    password: str
    attempts: int = 0


class Seen(PartlyCompared):
    NOT_COMPARED: ClassVar = ("at",)

    what: str
    at: int


class Tagged(Value, kw_only=True):
    name: str
    tags: list[str] = field(default_factory=list)


def test_what_is_hidden_is_in_no_repr_and_is_compared_all_the_same():
    one = Login("ann", "secret")
    assert repr(one) == "Login(user='ann', attempts=0)"
    assert dict(one.__rich_repr__()) == {"user": "ann", "attempts": 0}
    assert one != replace(one, password="other")


def test_a_value_cannot_be_changed_and_a_changed_copy_has_its_fields_alone():
    one = Login("ann", "secret")
    with pytest.raises(AttributeError):
        one.attempts = 1
    assert replace(one, attempts=1) == Login("ann", "secret", 1)
    with pytest.raises(TypeError):
        replace(one, tries=1)


def test_what_is_not_compared_makes_no_difference_and_all_else_does():
    assert (Seen("a", 1) == Seen("a", 2), len({Seen("a", 1), Seen("a", 2)})) == (True, 1)
    assert Seen("a", 1) != Seen("b", 1)


def test_fields_are_told_by_name_with_what_they_hold_where_nothing_is_given():
    assert (field_names(Login), defaults(Login)) == (
        ("user", "password", "attempts"),
        {"attempts": 0},
    )
    assert (defaults(Seen), field_names(Tagged)) == ({}, ("name", "tags"))
