"""Operators on the command line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.models import applications
from shared.operations.contracts.records import OPERATOR
from shared.people import Person

STRANGER = Person("games", frozenset(), 5)
NOBODY = Person("nobody", frozenset({"nogroup"}), 65534)


def line(text):
    """A text that was wrapped."""
    return " ".join(text.split())


@pytest.fixture
def added(shell):
    for name in ("Larkspur", "Fern"):
        shell.says("connection", "add", name)
    return shell


@pytest.fixture
def sits(monkeypatch):
    """Say who types."""

    def at(person):
        monkeypatch.setattr("console.cli.context.person_here", lambda _environ: person)

    return at


def test_an_operator_is_added_listed_and_removed(added):
    told = added.says("operator", "add", "nobody", "--connection", "Fern", "--role", "look")
    assert "only operators, root and the store's owner" in line(told)
    [listed] = added.json("operator", "list")
    assert list(listed) == OPERATOR.names()
    assert (listed["user"], listed["role"], listed["connections"]) == ("nobody", "look", ["Fern"])
    assert not listed["every_connection"]
    assert "anyone who can open the store" in line(added.says("operator", "remove", "nobody"))
    assert added.json("operator", "list") == []
    actions = [one["action"] for one in added.json("audit", "list")]
    assert {"operator.add", "operator.remove"} <= set(actions)


def test_a_group_of_users_is_one_operator(added, sits):
    added.says("operator", "add", "night shift", "--group", "nogroup", "--role", "run")
    sits(NOBODY)
    assert len(added.json("connection", "list")) == 2
    sits(STRANGER)
    assert "games is not an operator" in line(added.refuses(1, "connection", "list"))


@pytest.mark.parametrize(
    "words",
    [
        ("add", "ada", "--role", "look"),
        ("add", "ada", "--role", "look", "--group", "no such group"),
        ("add", "ada", "--role", "look", "--group", "root", "--user", "root"),
        ("add", " ", "--role", "look", "--user", "root"),
        ("add", "ada", "--user", "root"),
        ("add", "ada", "--user", "root", "--role", "king"),
    ],
)
def test_what_makes_no_sense_is_refused(added, words):
    added.refuses(2, "operator", *words)
    assert added.json("operator", "list") == []


def test_a_name_is_taken_once_and_an_unknown_one_is_not_removed(added):
    added.says("operator", "add", "root", "--role", "manage")
    added.refuses(3, "operator", "add", "Root", "--role", "look", "--user", "root")
    added.refuses(3, "operator", "remove", "ada")
    added.refuses(3, "operator", "add", "nobody", "--connection", "Moss", "--role", "look")


def test_nobody_shuts_themselves_out(added, sits):
    """As long as there is no operator, whoever can open the store may add one."""
    sits(NOBODY)
    refused = added.refuses(3, "operator", "add", "daemon", "--role", "manage")
    assert "could no longer manage this" in line(refused)
    added.refuses(3, "operator", "add", "nobody", "--role", "manage", "--connection", "Fern")
    added.says("operator", "add", "nobody", "--role", "manage")
    added.says("operator", "add", "daemon", "--role", "manage")
    added.refuses(3, "operator", "remove", "nobody")
    assert len(added.json("operator", "list")) == 2


def test_only_who_manages_all_makes_operators_sees_them_and_copies_the_store(added, sits):
    added.says("operator", "add", "nobody", "--role", "manage", "--connection", "Fern")
    sits(NOBODY)
    for words in (
        ("operator", "list"),
        ("operator", "add", "daemon", "--role", "look"),
        ("operator", "remove", "nobody"),
        ("token", "add", "billing", "--connection", "Fern"),
        ("connection", "add", "Moss"),
        ("db", "backup", str(added.folder / "copy")),
        ("db", "check"),
        ("db", "copy", f"sqlite:///{added.folder}/copy"),
        ("db", "restore", str(added.folder / "copy"), "--yes"),
    ):
        assert "role manage" in line(added.refuses(1, *words)), words
    assert not (added.folder / "copy").exists()
    added.says("connection", "edit", "Fern", "--every", "30")


def test_the_doctor_of_an_operator_tells_of_the_own_connections(added, sits):
    with added.store.transaction():
        ends = added.store.now() + timedelta(minutes=5)
        for one in (1, 3):  # Invoice Sync of each
            applications.login_failed(one, locked_until=ends)
    added.says("operator", "add", "nobody", "--role", "look", "--connection", "Fern")
    sits(NOBODY)
    told = added.run("doctor", "--no-network").stdout
    assert "Fern" in told
    assert "Larkspur" not in told
