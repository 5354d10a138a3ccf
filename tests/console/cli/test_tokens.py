"""Tokens and events on the command line."""

from __future__ import annotations

import pytest

from shared.operations.contracts.records import EVENT
from shared.operations.contracts.tokens import TOKEN

KEYS_OF_AN_EVENT = [
    *("id", "at", "connection", "kind", "object_id", "document", "amount", "before"),
    *("currency", "state", "code"),
]


@pytest.fixture
def added(shell):
    for name in ("Larkspur", "Fern"):
        shell.says("connection", "add", name)
    return shell


def test_a_token_is_shown_once_and_never_again(added):
    made = added.json("token", "add", "billing", "--connection", "Larkspur", "--expires", "90")
    assert list(made) == ["id", "token"]
    assert made["token"].startswith("dbt_")
    [listed] = added.json("token", "list")
    assert list(listed) == TOKEN.names()
    assert (listed["access"], listed["connections"]) == ("read", ["Larkspur"])
    everything = added.says("token", "list") + added.says("audit", "list")
    assert "billing" in everything
    assert made["token"] not in everything


def test_for_people_the_secret_stands_on_a_line_of_its_own(added):
    lines = added.says("token", "add", "billing", "--access", "write").splitlines()
    assert [line for line in lines if line.startswith("dbt_") and " " not in line]


def test_a_token_is_revoked_by_its_label_or_number(added):
    added.says("token", "add", "billing")
    assert "revoked" in added.says("token", "revoke", "billing")
    assert added.json("token", "list")[0]["revoked_at"] is not None
    added.refuses(3, "token", "revoke", "billing")
    number = added.json("token", "add", "billing")["id"]
    added.says("token", "revoke", str(number))


def test_a_token_for_nobody_is_refused(added):
    added.refuses(3, "token", "add", "billing", "--connection", "Nobody")
    added.refuses(2, "token", "add", " ")
    added.refuses(2, "token", "add", "billing", "--expires", "0")
    added.says("token", "add", "billing")
    added.refuses(3, "token", "add", "Billing")


def test_events_have_the_promised_keys_and_are_newest_first(added):
    found = added.json("events", "list")
    assert KEYS_OF_AN_EVENT == EVENT.names() == list(found[0])
    assert [one["document"] for one in found] == ["Fern", "Larkspur"]
    assert added.says("events", "list", "--limit", "1").count("connection.added") == 1


def test_a_script_goes_on_after_the_event_that_it_saw_last(added):
    first = added.json("events", "list", "--after", "0")
    assert [one["document"] for one in first] == ["Larkspur", "Fern"]
    last = str(first[-1]["id"])
    assert added.json("events", "list", "--after", last) == []
    added.says("connection", "edit", "Fern", "--every", "30")
    added.says("connection", "edit", "Larkspur", "--every", "30")
    kinds = ("--kind", "settings", "--connection", "Fern")
    [changed] = added.json("events", "list", "--after", last, *kinds)
    assert (changed["kind"], changed["document"]) == ("settings.changed", "Fern")
    assert f"--after {changed['id'] + 1}" in added.says("events", "list", "--after", last)


def test_what_is_no_kind_of_event_is_told(added):
    assert "nonsense" in added.refuses(3, "events", "list", "--kind", "nonsense")
    added.refuses(3, "events", "list", "--connection", "Nobody")
