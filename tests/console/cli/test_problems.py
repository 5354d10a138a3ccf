from __future__ import annotations

import json

import pytest

from shared.models import audit, connections, problems
from shared.models.ledger import rereads
from shared.rules.values import RecordKind
from tests.console.cli.builders import customer, import_into, invoice, trouble

KEYS = ["id", "connection", "code", "kind", "document", "message", "remedy", "state"]


@pytest.fixture
def troubled(shell):
    """Two problems of Larkspur, one of Bramble."""
    for name in ("Larkspur", "Bramble"):
        shell.says("connection", "add", name)
    with shell.store.transaction():
        larkspur, bramble = connections.get("Larkspur").id, connections.get("Bramble").id
        now = shell.store.now()
        first = [trouble("A-1", "Invoice 1042, Larkspur Tile"), trouble("A-2", "Invoice 1043")]
        problems.report(larkspur, None, first, now)
        problems.report(bramble, None, [trouble("B-1", "Invoice 7, Fern", said="3120 bad")], now)
    return shell


def number(shell, document: str) -> str:
    listed = shell.json("problems", "list", "--state", "any")
    return next(str(row["id"]) for row in listed if row["document"].startswith(document))


def states(shell) -> dict[str, str]:
    listed = shell.json("problems", "list", "--state", "any")
    return {row["document"].split(",")[0]: row["state"] for row in listed}


def test_problems_have_the_promised_keys_in_order(troubled):
    [only] = troubled.json("problems", "list", "Bramble")
    assert list(only)[: len(KEYS)] == KEYS
    assert only["connection"] == "Bramble"
    assert only["code"] == "invoice-unreadable"
    assert only["kind"] == "invoice"
    assert only["document"] == "Invoice 7, Fern"
    assert only["remedy"] == "Open it in QuickBooks and save it again."
    assert only["state"] == "open"


def test_the_table_tells_document_reason_and_remedy(troubled):
    text = troubled.says("problems", "list")
    assert "Invoice 1042, Larkspur Tile" in text
    assert "    Its amount could not be read." in text.splitlines()
    assert "    Open it in QuickBooks and save it again." in text.splitlines()
    assert "3 problems" in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_show_tells_all(troubled):
    text = troubled.says("problems", "show", number(troubled, "Invoice 7"))
    assert "3120 bad" in text
    assert "deskbridge hints invoice-unreadable" in text
    assert troubled.json("problems", "show", number(troubled, "Invoice 7"))["said"] == "3120 bad"


def test_retry_queues_the_record_for_the_next_sync(troubled):
    troubled.says("problems", "retry", number(troubled, "Invoice 1042"))
    assert states(troubled)["Invoice 1042"] == "retry"
    with troubled.store.reading():
        larkspur = connections.get("Larkspur").id
        assert rereads.next_reread(larkspur, RecordKind.INVOICE, 10) == ["A-1"]


def test_all_open_ones_may_be_retried(troubled):
    assert "3 records" in troubled.says("problems", "retry", "--all")
    assert set(states(troubled).values()) == {"retry"}
    assert "no open problem" in troubled.refuses(3, "problems", "retry", "--all")


def test_all_of_one_connection_may_be_retried(troubled):
    troubled.says("problems", "retry", "--all", "--connection", "larkspur")
    assert states(troubled) == {
        "Invoice 1042": "retry",
        "Invoice 1043": "retry",
        "Invoice 7": "open",
    }


@pytest.mark.parametrize("words", [[], ["1", "--all"], ["1", "--connection", "Larkspur"], ["one"]])
def test_what_to_retry_must_be_said_one_way(troubled, words):
    troubled.refuses(2, "problems", "retry", *words, given="")
    assert set(states(troubled).values()) == {"open"}


def test_skip_needs_a_reason(troubled):
    assert "--because" in troubled.refuses(2, "problems", "skip", "1")
    assert "reason is empty" in troubled.refuses(2, "problems", "skip", "1", "--because", " ")


def test_skip_is_taken_back_by_unskip(troubled):
    id_ = number(troubled, "Invoice 1042")
    troubled.says("problems", "skip", id_, "--because", "reconciled by hand")
    assert states(troubled)["Invoice 1042"] == "skipped"
    assert troubled.json("problems", "show", id_)["note"] == "reconciled by hand"
    assert len(troubled.json("problems", "list", "Larkspur")) == 1
    assert len(troubled.json("problems", "list", "--state", "skipped")) == 1
    troubled.says("problems", "unskip", id_)
    assert states(troubled)["Invoice 1042"] == "retry"


def test_what_means_nothing_in_this_state_changes_nothing(troubled):
    skipped, open_ = number(troubled, "Invoice 1042"), number(troubled, "Invoice 1043")
    troubled.says("problems", "skip", skipped, "--because", "by hand")
    said = troubled.refuses(3, "problems", "retry", open_, skipped)
    assert "Nothing was changed" in " ".join(said.split())
    assert "What to do" in said
    assert states(troubled)["Invoice 1043"] == "open"
    troubled.refuses(3, "problems", "unskip", open_)


def test_an_unknown_number_changes_nothing(troubled):
    troubled.refuses(3, "problems", "retry", number(troubled, "Invoice 7"), "4711")
    assert set(states(troubled).values()) == {"open"}
    troubled.refuses(3, "problems", "show", "4711")


def test_numbers_may_be_piped_in(troubled):
    listed = troubled.json("problems", "list", "Larkspur")
    numbers = "".join(f"{json.dumps(row['id'])}\n" for row in listed)
    troubled.says("problems", "retry", "-", given=numbers)
    assert states(troubled)["Invoice 7"] == "open"
    assert states(troubled)["Invoice 1042"] == "retry"


def test_the_audit_trail_tells_who_decided_what_and_why(troubled):
    id_ = number(troubled, "Invoice 1042")
    troubled.says("problems", "skip", id_, "--because", "by hand", SUDO_USER="ada")
    with troubled.store.reading():
        [entry] = audit.entries(1)
    assert (entry.action, entry.connection) == ("problem.skip", "Larkspur")
    assert entry.detail == f"problem {id_}, Invoice 1042, Larkspur Tile: by hand"
    assert entry.who.endswith("(sudo by ada)")
    assert troubled.json("problems", "show", id_)["changed_by"] == entry.who


def test_a_decision_that_means_nothing_tells_where_the_problem_stands(troubled):
    seventh = number(troubled, "Invoice 7")
    troubled.says("problems", "retry", seventh)
    said = troubled.refuses(3, "problems", "unskip", seventh)
    assert f"Problem {seventh} waiting for the next sync to try again, so" in said
    troubled.says("problems", "skip", seventh, "--because", "paid")
    assert f"Problem {seventh} is skipped, so" in troubled.refuses(3, "problems", "retry", seventh)


def duplicate(shell) -> str:
    """The number of a problem that may be acknowledged."""
    with shell.store.transaction():
        bramble = connections.get("Bramble").id
        one = trouble("B-2", "Invoice 8, Fern", code="invoice-duplicate-number")
        problems.report(bramble, None, [one], shell.store.now())
    return number(shell, "Invoice 8")


def test_what_is_meant_to_be_so_is_acknowledged_with_the_reason(troubled):
    id_ = duplicate(troubled)
    assert "--because" in troubled.refuses(2, "problems", "acknowledge", id_)
    said = troubled.says("problems", "acknowledge", "-", "--because", "two shops", given=f"{id_}\n")
    assert "Invoice 8, Fern is acknowledged" in said
    [row] = troubled.json("problems", "list", "--state", "acknowledged")
    assert (row["connection"], row["note"]) == ("Bramble", "two shops")
    troubled.refuses(3, "problems", "acknowledge", id_, "--because", "again")
    troubled.says("problems", "retry", id_)
    assert states(troubled)["Invoice 8"] == "retry"


def test_what_has_to_be_put_right_cannot_be_acknowledged(troubled):
    id_ = number(troubled, "Invoice 7")
    said = troubled.refuses(3, "problems", "acknowledge", id_, "--because", "so what")
    assert "Open it in QuickBooks and save it again." in said
    assert states(troubled)["Invoice 7"] == "open"


def test_an_open_invoice_is_left_out_only_where_that_is_confirmed(troubled):
    owed = invoice("A-1", "1042", "58.18")
    import_into(troubled, "Larkspur", owed, customers=[customer("80000001-1", "Larkspur Tile")])
    skip = ("problems", "skip", number(troubled, "Invoice 1042"), "--because", "by hand")
    assert "58.18 USD" in troubled.refuses(2, *skip)
    assert states(troubled)["Invoice 1042"] == "open"
    troubled.says(*skip, "--yes")
    assert states(troubled)["Invoice 1042"] == "skipped"


def test_what_was_settled_by_hand_is_resolved(troubled):
    troubled.says("problems", "resolve", number(troubled, "Invoice 7"))
    assert states(troubled)["Invoice 7"] == "resolved"


def test_the_first_sync_and_the_last_are_told_apart(troubled):
    first = import_into(troubled, "Bramble", customers=[])
    last = import_into(troubled, "Bramble", customers=[])
    with troubled.store.transaction():
        bramble = connections.get("Bramble").id
        for sync in (first, last):
            problems.report(bramble, sync, [trouble("B-9", "Invoice 9")], troubled.store.now())
    told = troubled.json("problems", "show", number(troubled, "Invoice 9"))
    assert (told["first_sync_id"], told["sync_id"]) == (first, last)
    text = troubled.says("problems", "show", number(troubled, "Invoice 9")).splitlines()
    assert any(line.startswith("First seen") and f"in sync {first}" in line for line in text)
    assert any(line.startswith("Last seen") and f"in sync {last}" in line for line in text)
