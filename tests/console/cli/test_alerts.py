"""``deskbridge alerts``: whom it takes, what it shows, what a test says."""

from __future__ import annotations

import pytest

from shared.models import alerts, connections
from shared.operations.contracts.alerts import RECIPIENT
from shared.rules.alerts import AlertKind, Changes, Condition, settle

URL = "https://pager.example.com/in?key=hunter2"


@pytest.fixture
def added(shell):
    shell.says("connection", "add", "Larkspur")
    return shell


def test_a_mail_address_needs_no_secret(added):
    made = added.json("alerts", "add", "ada@example.com")
    assert made == {"id": made["id"], "secret": ""}
    [listed] = added.json("alerts", "list")
    assert list(listed) == RECIPIENT.names()
    assert (listed["address"], listed["connection"], listed["amounts"]) == (
        "ada@example.com",
        None,
        True,
    )


def test_the_secret_of_a_url_is_shown_once_and_its_query_never(added):
    made = added.json("alerts", "add", URL)
    assert made["secret"].startswith("whsec_")
    everything = added.says("alerts", "list") + added.says("audit", "list")
    assert "pager.example.com" in everything
    for secret in (made["secret"], "hunter2"):
        assert secret not in everything


def test_a_bookkeeper_gets_a_weekly_digest_without_amounts(added):
    words = ("--connection", "larkspur", "--bookkeeper", "--digest", "weekly")
    added.says("alerts", "add", "bo@example.com", *words, "--at", "08:30 America/Chicago")
    [listed] = added.json("alerts", "list")
    kept = (listed["audience"], listed["digest"], listed["digest_time"], listed["amounts"])
    assert kept == ("bookkeeper", "weekly", "08:30 America/Chicago", False)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (2, ("nobody",)),
        (2, ("ftp://example.com",)),
        (2, ("ada@example.com", "--quiet-hours", "all night")),
        (2, ("ada@example.com", "--at", "07:00")),
        (2, ("ada@example.com", "--digest", "daily", "--at", "25:00")),
        (2, ("ada@example.com", "--digest", "daily", "--at", "07:00 Nowhere/City")),
        (2, ("ada@example.com", "--bookkeeper")),
        (3, ("ada@example.com", "--connection", "Nobody")),
    ],
)
def test_what_cannot_be_meant_is_refused(added, code, words):
    added.refuses(code, "alerts", "add", *words)
    assert added.json("alerts", "list") == []


def test_the_same_address_is_added_once_for_each_connection(added):
    added.says("alerts", "add", "ada@example.com")
    added.refuses(3, "alerts", "add", "ada@example.com")
    added.says("alerts", "add", "ada@example.com", "--connection", "Larkspur")


def test_a_recipient_is_removed_by_its_number(added):
    number = str(added.json("alerts", "add", "ada@example.com")["id"])
    assert "removed" in added.says("alerts", "remove", number)
    added.refuses(3, "alerts", "remove", number)


def test_what_is_wrong_is_shown_and_on_request_what_was(added):
    with added.store.transaction():
        now = added.store.now()
        of = connections.get("Larkspur").id
        wrong = [
            Condition(AlertKind.SYNC_LATE, of, "invoice", "Late", "It is late.", "", "Look."),
            Condition(AlertKind.DISK, 0, "/var", "Full", "It is full.", "", "Free it."),
        ]
        alerts.change(settle([], wrong, now), now)
        alerts.change(Changes(closed=(alerts.on_file()[1],)), now)
    assert [one["kind"] for one in added.json("alerts", "show")] == ["sync-late"]
    assert len(added.json("alerts", "show", "--closed")) == 2
    assert len(added.json("alerts", "show", "--closed", "--connection", "Larkspur")) == 1
    assert "It is late." in " ".join(added.says("alerts", "show").split())


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("console.cli.alerts.TEST_SECONDS", 0.0)


@pytest.mark.usefixtures("impatient")
def test_without_a_daemon_a_test_says_where_to_look(added):
    added.refuses(3, "alerts", "test")
    added.says("alerts", "add", "ada@example.com")
    assert "deskbridge doctor" in " ".join(added.refuses(1, "alerts", "test").split())


@pytest.mark.usefixtures("impatient")
def test_a_test_that_failed_ends_with_1_and_tells_why(added, monkeypatch):
    number = added.json("alerts", "add", "ada@example.com")["id"]

    def daemon(recipient_id, now):
        alerts.test_made(recipient_id, "No such mailbox.", now)

    monkeypatch.setattr(alerts, "ask_for_test", daemon)
    result = added.run("alerts", "test", str(number), "--json")
    assert result.exit_code == 1
    assert "No such mailbox." in result.stderr
    assert '"delivered": false' in result.stdout
