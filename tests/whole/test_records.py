"""What becomes of single records: odd ones, bad ones, changed ones."""

from __future__ import annotations

from datetime import date

import pytest

from shared.operations.problems import plan_retry, plan_skip, plan_unskip
from shared.rules.values import InvoiceStatus, JobMode, Outcome, ProblemState, RecordKind, SyncState
from simulator.company import Company, acts
from simulator.webconnector import Result
from tests.deciding import decide
from tests.whole.bookkeeping import changed, failing, left_out, owes, spoil, synced
from tests.whole.rig import Rig


def number_of(rig: Rig, txn_id: str) -> str:
    return rig.invoices()[txn_id].number


def outcome_of(rig: Rig, txn_id: str) -> Outcome:
    """What the latest sync did with an invoice."""
    found = {one.object_id: one.outcome for one in rig.records(rig.syncs()[0])}
    return found[txn_id]


# What is imported, and under which name


def test_an_invoice_is_imported_with_its_number_dates_and_amounts(books):
    txn_id = owes(books, "1042", 25_000)
    row = synced(books).invoices()[txn_id]
    assert (row.number, str(row.total), str(row.balance)) == ("1042", "250.00", "250.00")
    assert (row.customer, row.currency, row.status) == (
        "Larkspur Tile",
        "USD",
        InvoiceStatus.OPEN,
    )


def test_a_jobs_invoice_is_billed_to_the_top_customer_or_to_the_job(books):
    txn_id = owes(books, "1042", 25_000, "Larkspur Tile:Lobby")
    assert synced(books).invoices()[txn_id].customer == "Larkspur Tile"
    changed(books, jobs=JobMode.SEPARATE)
    assert synced(books).invoices()[txn_id].customer == "Larkspur Tile:Lobby"
    changed(books, jobs=JobMode.ROLL_UP)
    assert synced(books).invoices()[txn_id].customer == "Larkspur Tile"


def test_a_renamed_customer_has_its_new_name(books):
    txn_id = owes(books, "1042", 25_000)
    synced(books)
    acts.rename(books.company.books, "Larkspur Tile", "Larkspur & Sons")
    assert synced(books).invoices()[txn_id].customer == "Larkspur & Sons"


def test_typographic_characters_arrive_as_they_were_written(books):
    name = "Café “Zoë” — 50 % & <more>™"
    acts.add_customer(books.company.books, name)
    txn_id = owes(books, "7", 100, name)
    assert synced(books).invoices()[txn_id].customer == name


# What changes in QuickBooks


def test_a_partly_paid_invoice_shows_what_is_left(books):
    txn_id = owes(books, "1042", 25_000)
    synced(books)
    acts.pay(books.company.books, "1042", 10_000)
    row = synced(books).invoices()[txn_id]
    assert (str(row.total), str(row.balance)) == ("250.00", "150.00")
    assert outcome_of(books, txn_id) is Outcome.UPDATED


def test_a_credit_reduces_what_is_left(books):
    txn_id = owes(books, "1042", 25_000)
    synced(books)
    acts.credit(books.company.books, "1042", 4_000)
    assert str(synced(books).invoices()[txn_id].balance) == "210.00"


@pytest.mark.parametrize(
    ("act", "status", "outcome"),
    [
        (acts.close, InvoiceStatus.PAID, Outcome.CLOSED),
        (acts.void, InvoiceStatus.VOID, Outcome.VOIDED),
        (acts.delete, InvoiceStatus.DELETED, Outcome.DELETED),
    ],
)
def test_an_invoice_that_was_closed_voided_or_deleted_is_no_longer_open(
    books, act, status, outcome
):
    txn_id = owes(books, "1042", 25_000)
    owes(books, "1043", 1_000)
    synced(books)
    act(books.company.books, "1042")
    assert synced(books).invoices()[txn_id].status is status
    assert outcome_of(books, txn_id) is outcome


def test_a_renumbered_invoice_keeps_its_identity(books):
    txn_id = owes(books, "1042", 25_000)
    synced(books)
    acts.renumber(books.company.books, "1042", "1042-B")
    assert number_of(synced(books), txn_id) == "1042-B"
    assert len(books.invoices()) == 1


def test_an_invoice_moved_to_another_customer_is_billed_there(books):
    acts.add_customer(books.company.books, "Second Customer")
    txn_id = owes(books, "1042", 25_000)
    synced(books)
    acts.move(books.company.books, "1042", "Second Customer")
    assert synced(books).invoices()[txn_id].customer == "Second Customer"


def test_a_payment_that_does_not_touch_the_invoices_time_is_noticed_all_the_same(open_rig):
    from shared.structs import replace

    company = Company.create(seed=1, customers=3, invoices=12)
    company.books.profile = replace(company.books.profile, payments_touch_invoices=False)
    rig = open_rig(company)
    rig.add_connection()
    synced(rig)
    open_ones = [one for one in rig.invoices().values() if one.balance > 1]
    acts.pay(company.books, open_ones[0].txn_id, 1)
    acts.close(company.books, open_ones[1].txn_id)
    assert synced(rig).is_equal()


def test_merged_customers_become_the_one_that_is_left(books):
    acts.add_customer(books.company.books, "Larkspur Tiles")
    txn_id = owes(books, "1042", 25_000, "Larkspur Tiles")
    synced(books)
    acts.merge(books.company.books, "Larkspur Tiles", "Larkspur Tile")
    assert synced(books).invoices()[txn_id].customer == "Larkspur Tile"
    assert books.is_equal()


# What is left out, with the reason


def test_a_pending_invoice_is_left_out_until_it_is_final(books):
    txn_id = owes(books, "1042", 25_000)
    acts.pend(books.company.books, "1042")
    assert left_out(synced(books)) == {txn_id: "left-out-pending"}
    assert outcome_of(books, txn_id) is Outcome.LEFT_OUT
    acts.post(books.company.books, "1042")
    assert left_out(synced(books)) == {}
    assert number_of(books, txn_id) == "1042"


def test_an_inactive_customers_invoice_is_left_out_until_the_customer_is_active(books):
    txn_id = owes(books, "1042", 25_000)
    synced(books)
    acts.deactivate(books.company.books, "Larkspur Tile")
    assert left_out(synced(books)) == {txn_id: "left-out-inactive-customer"}
    acts.reactivate(books.company.books, "Larkspur Tile")
    assert left_out(synced(books)) == {}
    assert outcome_of(books, txn_id) is Outcome.IMPORTED


def test_the_start_date_leaves_older_invoices_alone(books):
    old = owes(books, "1", 100, day="2025-01-31")
    new = owes(books, "2", 100, day="2025-02-01")
    changed(books, start_date=date(2025, 2, 1))
    assert set(synced(books).invoices()) == {new}
    changed(books, start_date=None)
    assert set(synced(books).invoices()) == {old, new}
    changed(books, start_date=date(2025, 2, 1))
    assert set(synced(books).invoices()) == {new}
    assert left_out(books) == {old: "left-out-before-start-date"}


def test_an_invoice_left_out_by_date_is_not_read_at_every_run(books):
    owes(books, "1", 100, day="2025-01-31")
    owes(books, "2", 100, day="2025-02-01")
    synced(books)
    changed(books, start_date=date(2025, 2, 1))
    synced(books)
    asked = len(books.requests)
    synced(books)
    assert not any("<TxnID>" in request for request in books.requests[asked:])


# Numbers that clash, and numbers that are missing


def test_two_open_invoices_with_one_number_are_both_imported_and_shown(books):
    twins = {owes(books, "1042", 100), owes(books, "1042", 200)}
    assert set(synced(books).invoices()) == twins
    found = books.problems()
    assert {one.object_id for one in found} == twins
    assert {one.code for one in found} == {"invoice-duplicate-number"}
    assert "1042" in found[0].message


def test_the_clash_is_over_when_one_is_renumbered(books):
    first, _second = owes(books, "1042", 100), owes(books, "1042", 200)
    synced(books)
    acts.renumber(books.company.books, first, "1043")
    assert synced(books).problems() == []


def test_invoices_without_number_are_imported_and_clash_with_nothing(books):
    blank = {owes(books, "", 100), owes(books, "", 200)}
    assert set(synced(books).invoices()) == blank
    assert books.problems() == []
    assert "without number" in books.records(books.syncs()[0])[0].document


# Bad records


def test_one_bad_record_becomes_a_problem_and_never_stops_the_rest(books):
    good, bad = owes(books, "1", 100), owes(books, "2", 20_000)
    books.alter = spoil("<BalanceRemaining>200.00<", "<BalanceRemaining>2OO.00<")
    assert set(synced(books).invoices()) == {good}
    (problem,) = books.problems()
    assert (problem.code, problem.object_id) == ("invoice-unreadable", bad)
    assert problem.document == "Invoice 2, Larkspur Tile"
    assert "BalanceRemaining" in problem.message
    (sync,) = books.syncs()
    assert (sync.state, sync.position, sync.failed) == (SyncState.FINISHED, 2, 1)
    assert "1 record needs attention" in sync.message


def test_a_bad_record_that_was_mended_is_imported_and_its_problem_resolved(books):
    bad = owes(books, "2", 20_000)
    books.alter = spoil("<BalanceRemaining>200.00<", "<BalanceRemaining>2OO.00<")
    synced(books)
    books.alter = None
    assert set(synced(books).invoices()) == {bad}
    assert books.problems() == []


def test_an_invoice_whose_amounts_contradict_each_other_is_imported_and_shown(books):
    txn_id = owes(books, "2", 20_000)
    books.alter = spoil("<Subtotal>200.00<", "<Subtotal>190.00<")
    assert str(synced(books).invoices()[txn_id].total) == "200.00"
    (problem,) = books.problems()
    assert problem.code == "invoice-total-mismatch"
    assert "190.00" in problem.message
    assert "200.00" in problem.message
    books.alter = None
    acts.renumber(books.company.books, "2", "3")
    assert synced(books).problems() == []


def test_an_invoice_whose_customer_quickbooks_does_not_show_waits(books):
    txn_id = owes(books, "1", 100)
    books.alter = spoil("<CustomerRet>.*</CustomerRet>", "")
    assert synced(books).invoices() == {}
    (problem,) = books.problems()
    assert (problem.code, problem.object_id) == ("invoice-customer-missing", txn_id)


# Skip, unskip, retry


def problem_of(rig: Rig) -> int:
    (problem,) = rig.problems()
    return problem.id


def test_a_skipped_record_is_left_alone_until_it_is_taken_back(books):
    txn_id = owes(books, "2", 20_000)
    books.alter = spoil("<BalanceRemaining>200.00<", "<BalanceRemaining>2OO.00<")
    synced(books)
    number = problem_of(books)
    decide(books.store, plan_skip, [number], "settled by hand")
    books.alter = None
    assert synced(books).invoices() == {}
    asked = len(books.requests)
    synced(books)
    assert not any("<TxnID>" in request for request in books.requests[asked:])
    decide(books.store, plan_unskip, [number])
    assert set(synced(books).invoices()) == {txn_id}


def test_a_skipped_invoice_that_was_imported_is_no_longer_shown_as_right(books):
    first, second = owes(books, "1042", 100), owes(books, "1042", 200)
    synced(books)
    clash = next(one for one in books.problems() if one.object_id == second)
    decide(books.store, plan_skip, [clash.id], "the other one counts")
    assert set(synced(books).invoices()) == {first}
    assert left_out(books) == {second: "skipped"}
    assert [one.object_id for one in books.problems()] == [first]
    decide(books.store, plan_unskip, [clash.id])
    assert set(synced(books).invoices()) == {first, second}


def test_retry_reads_the_record_again_in_the_next_sync(books):
    txn_id = owes(books, "2", 20_000)
    books.alter = spoil("<BalanceRemaining>200.00<", "<BalanceRemaining>2OO.00<")
    synced(books)
    decide(books.store, plan_retry, [problem_of(books)])
    books.alter = None
    asked = len(books.requests)
    synced(books)
    assert any(f"<TxnID>{txn_id}</TxnID>" in request for request in books.requests[asked:])
    assert books.problems() == []


def test_a_record_that_stays_bad_is_one_problem_however_often_it_is_read(books):
    owes(books, "2", 20_000)
    books.alter = spoil("<BalanceRemaining>200.00<", "<BalanceRemaining>2OO.00<")
    for _ in range(3):
        synced(books)
    (problem,) = books.problems()
    assert problem.state is ProblemState.OPEN
    assert problem.first_seen_at < problem.last_seen_at


# QuickBooks being busy, or refusing


def test_a_busy_quickbooks_is_waited_for(books):
    txn_id = owes(books, "1", 100)
    books.alter_with_request = failing(2, 3175, "could not be locked")
    before = books.now
    assert set(synced(books).invoices()) == {txn_id}
    assert (books.now - before).total_seconds() > 3600 + 3 * 5


def test_a_quickbooks_that_stays_busy_ends_the_sync_with_advice(books):
    owes(books, "1", 100)
    books.alter_with_request = failing(99, 3175, "could not be locked")
    outcome = books.sync()
    assert outcome.result is Result.FAILED
    assert "close open windows" in outcome.status
    assert books.syncs()[0].error_code == "retries-exhausted"
    books.alter_with_request = None
    synced(books)
    assert books.is_equal()


def test_a_refusal_shows_quickbooks_own_words(books):
    outcome_text = "The user does not have permission."
    books.alter_with_request = failing(1, 3260, outcome_text)
    outcome = books.sync()
    assert outcome.result is Result.FAILED
    assert books.syncs()[0].error_code == "3260"
    assert outcome.status == books.syncs()[0].error


def test_a_lost_iterator_is_begun_again(open_rig):
    rig = open_rig(settings={"page_size": "10", "page_size_max": "10"})
    rig.add_connection()
    rig.alter_with_request = failing(1, 3391, "invalid iterator", only='iterator="Continue"')
    assert synced(rig).is_equal()


def test_a_page_that_was_lost_on_the_way_is_noticed(open_rig):
    """Asked again, a Continue turns the page: the rows between must not be missing."""
    rig = open_rig(settings={"page_size": "10", "page_size_max": "10"})
    rig.add_connection()
    hand = rig.by_hand()
    hand.log_in()
    hand.tell(hand.work(hand.ask()))
    hand.tell(hand.work(hand.ask(hcp="")))
    continued = hand.ask(hcp="")
    assert 'iterator="Continue"' in continued
    hand.work(continued)  # QuickBooks answered, and the answer was lost
    assert hand.ask(hcp="") == continued
    hand.tell(hand.work(continued))
    assert hand.finish() == 100
    assert rig.is_equal()


def test_records_of_one_connection_are_not_anothers(open_rig):
    rig = open_rig()
    rig.add_connection("First")
    rig.add_connection("Second")
    other = Company.create(seed=9, customers=20, invoices=60, name="Second Company")
    assert rig.sync("First").ok
    assert rig.sync("Second", company=other).ok
    assert rig.is_equal("First")
    assert rig.is_equal("Second", other)
    assert not set(rig.ledger_facts("First")) & set(rig.ledger_facts("Second"))
    assert {one.kind for one in rig.records(rig.syncs("First")[0])} == {
        RecordKind.INVOICE,
        RecordKind.CUSTOMER,
    }
