"""Credit memos: their remaining amount in QuickBooks is what we show, where that is wanted."""

from __future__ import annotations

from datetime import date

import pytest

from shared.models import connections
from shared.models.ledger import credit_memos
from shared.operations.problems import plan_retry, plan_skip
from shared.rules.values import Outcome, RecordKind
from simulator.company import acts
from tests.console.cli.builders import Shell
from tests.deciding import decide
from tests.whole.bookkeeping import changed, failing, owes, spoil, synced
from tests.whole.rig import Rig


@pytest.fixture
def credited(books: Rig) -> Rig:
    """A rig where credit memos are read; one of 130.00 has 30.00 left."""
    changed(books, credit_memos=True)
    owes(books, "open", 10_000)
    credit(books, 3_000, "C1")
    return books


def credit(rig: Rig, cents: int, number: str) -> str:
    """Credit an invoice of 100.00 and so much more; the TxnID of the credit memo."""
    txn_id = owes(rig, f"of {number}", 10_000)
    acts.credit(rig.company.books, txn_id, 10_000 + cents, number=number)
    return next(one.txn_id for one in rig.company.books.credits.values() if one.number == number)


def left(rig: Rig) -> dict[str, str]:
    """What is left of each credit memo, by number."""
    with rig.store.reading():
        held = credit_memos.all_of(connections.get("Larkspur").id)
    return {one.number: str(one.remaining) for one in held}


def asked(rig: Rig) -> list[str]:
    return [one for one in rig.requests if "CreditMemoQueryRq" in one]


def test_an_open_credit_memo_is_shown_with_what_it_is_applied_to(credited):
    synced(credited)
    with credited.store.reading():
        (memo,) = credit_memos.all_of(connections.get("Larkspur").id)
    assert (memo.number, memo.customer, memo.currency) == ("C1", "Larkspur Tile", "USD")
    assert (str(memo.total), str(memo.remaining)) == ("130.00", "30.00")
    (use,) = memo.uses
    assert (use.type, use.number, str(use.amount)) == ("Invoice", "of C1", "100.00")


def test_nothing_is_asked_where_they_are_not_wanted_and_what_was_held_goes(credited):
    synced(credited)
    changed(credited, credit_memos=False)
    before = len(asked(credited))
    assert left(synced(credited)) == {}
    assert len(asked(credited)) == before


def test_a_deleted_or_used_up_credit_memo_is_no_longer_held(credited):
    gone = credit(credited, 500, "C2")
    books = credited.company.books
    assert left(synced(credited)) == {"C1": "30.00", "C2": "5.00"}
    acts.delete(books, gone)
    assert left(synced(credited)) == {"C1": "30.00"}
    found = {one.object_id: one.outcome for one in credited.records(credited.syncs()[0])}
    assert found[gone] is Outcome.CLOSED
    one = next(iter(books.credits.values()))
    books.credits[one.txn_id] = one._replace(remaining=0, modified=books.now)
    assert left(synced(credited)) == {}


def test_between_two_comparisons_only_changes_are_read(credited):
    credited.settings = {"sweep_minutes": "1440"}
    credited.restart()
    synced(credited)
    credit(credited, 700, "C2")
    assert left(synced(credited)) == {"C1": "30.00", "C2": "7.00"}
    assert "FromModifiedDate" not in asked(credited)[0]
    assert "FromModifiedDate" in asked(credited)[-1]


def test_credit_memos_dated_before_the_start_date_are_left_out(credited):
    changed(credited, start_date=date(2037, 1, 1))
    assert left(synced(credited)) == {}


def test_pages_are_turned_to_the_end(credited):
    credited.settings = {"page_size": "10", "page_size_max": "10", "sweep_minutes": "0"}
    credited.restart()
    for number in range(25):
        credit(credited, 100, f"P{number}")
    assert len(left(synced(credited))) == 26
    assert len(asked(credited)) == 3


def test_one_bad_credit_memo_becomes_a_problem_and_the_others_are_read(credited):
    bad = credit(credited, 500, "C2")
    credited.alter = spoil("<CreditRemaining>5.00<", "<CreditRemaining>five<")
    assert left(synced(credited)) == {"C1": "30.00"}
    (problem,) = credited.problems()
    assert (problem.code, problem.object_id) == ("credit-memo-unreadable", bad)
    assert problem.document == "Credit memo C2, Larkspur Tile"
    credited.alter = None
    decide(credited.store, plan_retry, [problem.id])
    assert left(synced(credited)) == {"C1": "30.00", "C2": "5.00"}
    assert credited.problems() == []


def test_a_skipped_credit_memo_is_left_out(credited):
    credited.alter = spoil("<CreditRemaining>30.00<", "<CreditRemaining>thirty<")
    (problem,) = synced(credited).problems()
    decide(credited.store, plan_skip, [problem.id], "settled by hand")
    credited.alter = None
    assert left(synced(credited)) == {}


@pytest.mark.parametrize("answer", ["refused", "cut off"])
def test_a_list_that_never_comes_stops_nothing_else(credited, answer):
    if answer == "refused":
        credited.alter_with_request = failing(99, 3260, "no permission", only="CreditMemoQueryRq")
    else:
        credited.alter = spoil("<CreditMemoRet>.*", "<CreditMemoRet>")
    assert set(synced(credited).invoices())
    (problem,) = credited.problems()
    assert (problem.code, problem.kind) == ("credit-memos-not-read", RecordKind.CREDIT_MEMO)
    credited.alter = credited.alter_with_request = None
    assert left(synced(credited)) == {"C1": "30.00"}
    assert credited.problems() == []


def test_a_list_that_comes_again_is_no_problem_though_only_changes_are_read(credited):
    credited.settings = {"sweep_minutes": "1440"}
    credited.restart()
    synced(credited)
    credited.alter_with_request = failing(1, 3260, "no permission", only="CreditMemoQueryRq")
    assert len(synced(credited).problems()) == 1
    assert synced(credited).problems() == []
    assert left(credited) == {"C1": "30.00"}


def test_the_command_line_shows_them_alone_and_beside_the_invoices(credited, tmp_path):
    synced(credited)
    shell = Shell(tmp_path)
    shell.database = credited.store_url
    (told,) = shell.json("credits", "list", "Larkspur")
    assert (told["number"], told["remaining"], told["connection"]) == ("C1", "30.00", "Larkspur")
    assert [(one["number"], one["amount"]) for one in told["applied_to"]] == [("of C1", "100.00")]
    assert "100.00 applied to Invoice of C1" in shell.says("credits", "list")
    (held,) = shell.json("reconcile", "Larkspur")["credits"]
    assert held == {
        "customer": "Larkspur Tile",
        "currency": "USD",
        "credit_memos": 1,
        "remaining": "30.00",
    }
    assert "Open credit of" in shell.says("reconcile", "Larkspur")
    assert "removes" in shell.says("connection", "edit", "Larkspur", "--credit-memos", "off")
    synced(credited)
    assert "--credit-memos on" in shell.says("credits", "list")
