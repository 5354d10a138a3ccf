from __future__ import annotations

from datetime import timedelta

import pytest

from shared.models import audit, connections, sessions, syncs
from shared.rules.values import Outcome, Record, RecordKind, SyncState
from shared.structs import replace

KEYS = [
    *("id", "connection", "application", "state", "started_at", "ended_at"),
    *("position", "total", "failed", "message", "error"),
]
RECORDS = [
    Record(RecordKind.INVOICE, "A-1", "Invoice 1042, Larkspur Tile", Outcome.IMPORTED),
    Record(
        *(RecordKind.INVOICE, "A-2", "Invoice 1043, Larkspur Tile", Outcome.FAILED),
        *("Its lines do not add up.", "Open it in QuickBooks and save it."),
    ),
]


@pytest.fixture
def ran(shell):
    """One sync that failed, then one that runs."""
    shell.says("connection", "add", "Larkspur")
    store = shell.store
    with store.transaction():
        held, now = connections.get("Larkspur"), store.now()
        failed = syncs.start(held.id, "Invoice Sync", now)
        syncs.add_records(failed.id, RECORDS)
        syncs.save(
            failed.id,
            state=SyncState.FAILED,
            ended_at=now + timedelta(seconds=125),
            position=1,
            total=2,
            failed=1,
            error="QuickBooks was closed.",
            error_code="0x80040408",
        )
        running = syncs.start(held.id, "Payment Sync", now)
        syncs.save(
            running.id, state=SyncState.STARTED, position=1200, total=2000, message="Reading"
        )
    shell.failed, shell.running = str(failed.id), str(running.id)
    return shell


def test_syncs_have_the_promised_keys_in_order(ran):
    [running, failed] = ran.json("syncs", "list")
    assert list(failed)[: len(KEYS)] == KEYS
    assert failed["state"] == "failed"
    assert failed["error"] == "QuickBooks was closed."
    assert (failed["position"], failed["total"], failed["failed"]) == (1, 2, 1)
    assert failed["ended_at"].endswith("Z")
    assert running["ended_at"] is None
    assert running["connection"] == "Larkspur"


def test_a_login_with_an_unknown_user_name_is_listed_too(ran):
    with ran.store.transaction():
        syncs.refused_login(
            None, "nobody", "nobody", "unknown-user", "No such user.", ran.store.now()
        )
    assert ran.json("syncs", "list")[0]["connection"] == ""
    assert "(unknown)" in ran.says("syncs", "list")
    assert len(ran.json("syncs", "list", "Larkspur")) == 2


def test_the_table_tells_progress_and_the_reason(ran):
    text = ran.says("syncs", "list")
    assert "1,200 / 2,000" in text
    assert "    QuickBooks was closed." in text.splitlines()
    assert max(len(line) for line in text.splitlines()) <= 80


def test_show_adds_the_records(ran):
    shown = ran.json("syncs", "show", ran.failed)
    assert list(shown)[: len(KEYS)] == KEYS
    assert shown["records"] == [
        {
            "kind": "invoice",
            "id": "A-1",
            "document": "Invoice 1042, Larkspur Tile",
            "outcome": "imported",
            "reason": "",
            "remedy": "",
        },
        {
            "kind": "invoice",
            "id": "A-2",
            "document": "Invoice 1043, Larkspur Tile",
            "outcome": "failed",
            "reason": "Its lines do not add up.",
            "remedy": "Open it in QuickBooks and save it.",
        },
    ]


def test_people_are_shown_what_failed_first(ran):
    text = ran.says("syncs", "show", ran.failed)
    assert text.index("Invoice 1043") < text.index("Invoice 1042")


def test_syncs_may_be_listed_by_state(ran):
    [failed] = ran.json("syncs", "list", "--state", "failed")
    assert str(failed["id"]) == ran.failed
    both = ran.json("syncs", "list", "--state", "failed", "--state", "started")
    assert [str(sync["id"]) for sync in both] == [ran.running, ran.failed]
    told = ran.says("syncs", "list", "--state", "canceled")
    assert told.startswith("No sync that is canceled. All:")


def test_syncs_of_a_state_are_found_behind_others(ran):
    [failed] = ran.json("syncs", "list", "--state", "failed", "--limit", "1")
    assert str(failed["id"]) == ran.failed


@pytest.mark.parametrize(
    ("word", "row"),
    [("invoice", "Invoice Sync"), ("payment", "Payment Sync"), ("combined", "Invoiced")],
)
def test_people_read_the_application_as_the_web_connector_lists_it(ran, word, row):
    with ran.store.transaction():
        sync = syncs.start(connections.get("Larkspur").id, word, ran.store.now())
    assert ran.json("syncs", "show", str(sync.id))["application"] == word
    assert f"running, {row}, " in ran.says("syncs", "show", str(sync.id))
    listed = ran.says("syncs", "list", "--limit", "1").splitlines()
    assert row in listed[1]
    assert max(map(len, listed)) <= 80


def test_only_what_failed_may_be_asked_for(ran):
    shown = ran.json("syncs", "show", ran.failed, "--failed-only")
    assert [record["id"] for record in shown["records"]] == ["A-2"]


def test_show_is_readable(ran):
    text = ran.says("syncs", "show", ran.failed)
    for told in (
        "ran for 2 min 5 s",
        "1 / 2 (1 failed, 1 imported)",
        "What to do (bookkeeper)",
        "0x80040408",
        "2 records",
    ):
        assert told in text
    assert "running, " in ran.says("syncs", "show", ran.running)


def test_an_unknown_sync_is_not_found(ran):
    assert "777" in ran.refuses(3, "syncs", "show", "777")
    ran.refuses(3, "syncs", "stop", "777")
    ran.refuses(3, "syncs", "list", "Nobody")


def test_a_word_instead_of_a_number_is_wrong_usage(ran):
    assert "deskbridge syncs list" in ran.refuses(2, "syncs", "show", "last")


def test_stopping_leaves_a_mark_for_the_daemon_and_in_the_audit_trail(ran):
    ran.says("syncs", "stop", ran.running)
    with ran.store.reading():
        assert syncs.get(int(ran.running)).stop_requested_by
        [entry] = audit.entries(1)
    assert (entry.action, entry.connection) == ("sync.stop", "Larkspur")
    assert entry.who == syncs_stopper(ran)
    assert "stopping" in ran.says("syncs", "list")


def syncs_stopper(shell) -> str:
    [running, _failed] = shell.json("syncs", "list")
    return running["stop_requested_by"]


def test_a_sync_that_ended_cannot_be_stopped_and_none_is(ran):
    said = ran.refuses(3, "syncs", "stop", ran.running, ran.failed)
    assert "Nothing was stopped" in " ".join(said.split())
    assert syncs_stopper(ran) == ""


def test_numbers_may_come_from_standard_input(ran):
    ran.says("syncs", "stop", "-", given=f"{ran.running}\n")
    assert syncs_stopper(ran) != ""
    assert "nothing to do" in ran.refuses(3, "syncs", "stop", "-", given="")


@pytest.fixture
def asked(shell):
    """A sync that asked one question, with the answer kept."""
    shell.says("connection", "add", "Larkspur")
    store = shell.store
    with store.transaction():
        held, now = connections.get("Larkspur"), store.now()
        sync = syncs.start(held.id, "invoice", now)
        session = sessions.open_session(
            application=connections.applications(held.id)[0],
            connection=held,
            sync_id=sync.id,
            ticket_hash="hash",
            phase="awaiting",
            plan="{}",
            lease_expires_at=now,
            now=now,
            peer="",
        )
        exchange = sessions.add_exchange(
            session, step="count", request_id="1-1", request=b"<QBXML>asked</QBXML>", now=now
        )
        answered = replace(
            exchange, answered_at=now + timedelta(seconds=2), status_code=0, response_bytes=1234
        )
        sessions.save_exchange(answered)
    shell.sync, shell.exchange = str(sync.id), exchange.id
    return shell


def test_messages_show_the_question_and_say_how_to_keep_answers(asked):
    said = asked.says("syncs", "messages", asked.sync)
    assert "<QBXML>asked</QBXML>" in said
    assert "answered after 2 s, status 0, 20 bytes out, 1,234 in" in said
    assert "--debug" in said


def test_messages_show_an_answer_that_was_kept(asked):
    with asked.store.transaction():
        sessions.keep_response(asked.exchange, "<QBXML>told</QBXML>")
    assert "<QBXML>told</QBXML>" in asked.says("syncs", "messages", asked.sync)
    [message] = asked.json("syncs", "messages", asked.sync)
    assert (message["request"], message["answer"]) == (
        "<QBXML>asked</QBXML>",
        "<QBXML>told</QBXML>",
    )


def test_messages_of_a_sync_that_is_not_there_are_not_found(shell):
    assert "99" in shell.refuses(3, "syncs", "messages", "99")
