"""Records that stay bad, customers that hide, clocks and refusals that mislead: nothing wrong
is shown as right, nothing is asked for without end, and what was mended is noticed."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from shared.models import connections, syncs
from shared.models.ledger import incoming_invoices, settlement
from shared.operations.problems import plan_retry
from shared.rules.values import InvoiceStatus, JobMode, ProblemState, RecordKind, SyncState
from shared.structs import replace
from simulator.company import Company, acts
from simulator.webconnector import Result
from tests.deciding import decide
from tests.whole.bookkeeping import changed, failing, left_out, owes, spoil, synced


def codes(rig) -> list[str]:
    return sorted(one.code for one in rig.problems())


# Nothing is asked for without end


def test_a_customer_that_cannot_be_read_is_asked_for_once_a_sync(books):
    owes(books, "1", 100)
    books.alter = spoil("<IsActive>true<", "<IsActive>maybe<")
    synced(books)
    assert len(books.requests) < 6
    assert books.invoices() == {}
    assert codes(books) == ["customer-unreadable", "invoice-customer-missing"]
    books.alter = None
    synced(books)
    assert books.is_equal()
    assert codes(books) == []


@pytest.mark.parametrize("fault", ["busy", "cut"])
def test_a_list_that_breaks_off_at_its_second_page_is_given_up(open_rig, fault):
    rig = open_rig(settings={"page_size": "10", "page_size_max": "10"})
    rig.add_connection()
    if fault == "busy":
        rig.alter_with_request = failing(999, 3175, "in use", only='iterator="Continue"')
    else:
        rig.alter_with_request = lambda answer, request: (
            answer[: len(answer) // 2] if 'iterator="Continue"' in request else answer
        )
    assert rig.sync().result is Result.FAILED
    assert len(rig.requests) < 40


# One odd field loses the field


def test_a_line_of_three_decimals_loses_its_amount_and_not_the_invoice(books):
    txn_id = owes(books, "1", 148_000)
    books.alter = spoil("<Amount>1480.00<", "<Amount>1479.933<")
    synced(books)
    assert str(books.invoices()[txn_id].balance) == "1480.00"
    assert codes(books) == []
    with books.store.reading():
        held = incoming_invoices.invoice(connections.get("Larkspur").id, txn_id)
    assert held.note == "Amount is '1479.933' (line 1)"
    assert [line.amount for line in held.lines] == [None]


# What cannot be read is not shown as right


def test_an_invoice_that_can_no_longer_be_read_is_not_shown_with_its_old_balance(books):
    txn_id = owes(books, "2", 20_000)
    other = owes(books, "3", 100)
    synced(books)
    acts.pay(books.company.books, "2", 5_000)
    books.alter = spoil("<BalanceRemaining>150.00<", "<BalanceRemaining>15O.00<")
    synced(books)
    assert set(books.invoices()) == {other}
    assert left_out(books) == {txn_id: "invoice-unreadable"}
    (problem,) = books.problems()
    assert problem.document == "Invoice 2, Larkspur Tile"
    assert books.syncs()[0].failed == 1
    books.alter = None
    assert str(synced(books).invoices()[txn_id].balance) == "150.00"
    assert codes(books) == []


def test_a_bad_new_invoice_is_named_and_counted_once(books):
    owes(books, "1", 100)
    synced(books)
    owes(books, "2", 20_000)
    books.alter = spoil("<BalanceRemaining>200.00<", "<BalanceRemaining>2OO.00<")
    synced(books)
    (problem,) = books.problems()
    assert problem.document == "Invoice 2, Larkspur Tile"
    assert books.syncs()[0].failed == 1


def test_an_invoice_that_quickbooks_cannot_find_is_deleted(books):
    txn_id = owes(books, "1", 100)
    owes(books, "2", 200)
    synced(books)
    acts.delete(books.company.books, "1")
    books.alter_with_request = hide_deletions_and_refuse(txn_id)
    assert synced(books).invoices()[txn_id].status is InvoiceStatus.DELETED


def hide_deletions_and_refuse(txn_id: str):
    refuse = failing(99, 3120, "cannot be found", only=txn_id)

    def alter(answer: str, request: str) -> str:
        answer = re.sub(r"<TxnDeletedRet>.*?</TxnDeletedRet>", "", answer, flags=re.DOTALL)
        return refuse(answer, request)

    return alter


def test_an_unreadable_invoice_that_is_deleted_is_no_problem_any_more(books):
    owes(books, "1", 100)
    owes(books, "2", 20_000)
    books.alter = spoil("<BalanceRemaining>200.00<", "<BalanceRemaining>2OO.00<")
    synced(books)
    decide(books.store, plan_retry, [books.problems()[0].id])
    books.alter = None
    acts.delete(books.company.books, "2")
    assert codes(synced(books)) == []


def test_contradicting_amounts_that_were_mended_are_noticed_on_retry(books):
    owes(books, "2", 20_000)
    books.alter = spoil("<Subtotal>200.00<", "<Subtotal>190.00<")
    synced(books)
    decide(books.store, plan_retry, [books.problems()[0].id])
    books.alter = None
    assert codes(synced(books)) == []


def test_a_sync_that_fails_half_way_shows_nothing_that_is_not_settled(books):
    txn_id = owes(books, "1", 100)
    synced(books)
    acts.pend(books.company.books, "1")
    books.later(hours=1)
    books.alter_with_request = failing(1, 3260, "no permission", only="NotPaidOnly")
    assert books.sync().result is Result.FAILED
    assert txn_id not in books.invoices()
    books.alter_with_request = None
    assert left_out(synced(books)) == {txn_id: "left-out-pending"}


def test_widening_the_start_date_shows_no_balance_of_before(books):
    books.company.books.profile = replace(
        books.company.books.profile, payments_touch_invoices=False
    )
    owes(books, "1", 10_000, day="2025-01-31")
    owes(books, "2", 100)
    synced(books)
    changed(books, start_date=date(2025, 2, 1))
    synced(books)
    acts.close(books.company.books, "1")
    synced(books)
    changed(books, start_date=None)
    assert synced(books).is_equal()


def test_forgetting_old_syncs_never_hides_a_change(books):
    books.company.books.profile = replace(
        books.company.books.profile, payments_touch_invoices=False
    )
    owes(books, "1", 10_000)
    owes(books, "2", 100)
    synced(books)
    acts.close(books.company.books, "1")
    books.later(days=200)
    with books.store.transaction():
        while books.handlers.thd_prune():
            pass
    first = books.syncs()
    assert synced(books).is_equal()
    assert books.syncs()[0].id not in {sync.id for sync in first}


# Customers


def test_a_parent_that_quickbooks_does_not_show_keeps_the_jobs_invoices_out(books):
    txn_id = owes(books, "1", 100, "Larkspur Tile:Lobby")
    hidden = spoil(
        r"<CustomerRet>\s*<ListID>[^<]*</ListID>(?:(?!</CustomerRet>).)*"
        r"<FullName>Larkspur Tile</FullName>.*?</CustomerRet>",
        "",
    )
    books.alter = hidden
    synced(books)
    assert books.invoices() == {}
    assert left_out(books) == {txn_id: "invoice-customer-missing"}
    books.alter = None
    assert synced(books).is_equal()
    assert codes(books) == []


def test_a_renamed_parent_renames_its_jobs(books):
    changed(books, jobs=JobMode.SEPARATE)
    txn_id = owes(books, "1", 100, "Larkspur Tile:Lobby")
    synced(books)
    acts.rename(books.company.books, "Larkspur Tile", "Renamed")
    assert synced(books).invoices()[txn_id].customer == "Renamed:Lobby"


def test_a_customer_change_is_noticed_whatever_the_clocks_say(books):
    """The file comes back from a backup: an older state, with older times."""
    txn_id = owes(books, "1", 100)
    backup = books.company.books.now
    synced(books)
    acts.deactivate(books.company.books, "Larkspur Tile")
    assert left_out(synced(books)) == {txn_id: "left-out-inactive-customer"}
    customer = next(one for one in books.company.books.customers.values() if not one.parent)
    books.company.books.customers[customer.list_id] = customer._replace(
        active=True, modified=backup, edit_sequence=backup
    )
    assert synced(books).is_equal()
    assert set(books.invoices()) == {txn_id}


def test_a_merge_that_moves_only_the_customer_is_noticed(books):
    acts.add_customer(books.company.books, "Larkspur Tiles")
    txn_id = owes(books, "1", 100, "Larkspur Tiles")
    synced(books)
    before = books.company.books.invoices[txn_id]
    acts.merge(books.company.books, "Larkspur Tiles", "Larkspur Tile")
    after = books.company.books.invoices[txn_id]
    books.company.books.invoices[txn_id] = after._replace(
        modified=before.modified, edit_sequence=before.edit_sequence
    )
    assert synced(books).invoices()[txn_id].customer == "Larkspur Tile"
    assert books.is_equal()


def test_missing_permission_is_one_failure_not_one_problem_for_each_record(books):
    owes(books, "1", 100)
    books.alter_with_request = failing(9, 3260, "no permission", only="CustomerQueryRq")
    outcome = books.sync()
    assert outcome.result is Result.FAILED
    assert books.syncs()[0].error_code == "3260"
    (problem,) = books.problems()
    assert (problem.code, problem.kind) == ("3260", RecordKind.SYNC)
    books.alter_with_request = None
    assert synced(books).is_equal()
    assert codes(books) == []


# Counts, sentences and locks


def test_a_sync_that_only_left_something_out_says_so(books):
    owes(books, "1", 100, day="2025-01-31")
    owes(books, "2", 100)
    synced(books)
    changed(books, start_date=date(2025, 2, 1))
    outcome = synced(books).syncs()[0]
    assert (outcome.position, outcome.total) == (1, 1)
    assert outcome.message == "Finished: 1 record up to date"


def test_a_quiet_company_is_settled_only_when_something_moved(books, monkeypatch):

    owes(books, "1", 100)
    synced(books)
    settlements: list[settlement.Part] = []
    settle = settlement.settle

    def counted(terms, part, *slice_of):
        settlements.append(part)
        return settle(terms, part, *slice_of)

    monkeypatch.setattr(settlement, "settle", counted)
    synced(books)
    assert settlements == []
    changed(books, jobs=JobMode.SEPARATE)
    synced(books)
    assert settlements == list(settlement.Part)


def test_a_cut_sync_is_settled_by_the_next_one_even_if_that_brings_no_news(books):
    txn_id = owes(books, "1", 100)
    books.alter_with_request = failing(9, 3260, "no permission", only="CustomerQueryRq")
    books.sync()
    books.alter_with_request = None
    assert set(synced(books).invoices()) == {txn_id}


def test_an_old_row_with_the_password_before_does_not_lock_the_new_one_out(rig):
    old = rig.by_hand()
    rig.rotate("Larkspur", "a-fresh-one")
    for _ in range(20):
        assert old.log_in()[1] == "nvu"
    assert rig.sync(password="a-fresh-one").ok


def test_a_large_answer_may_take_as_long_as_a_small_one(open_rig):
    rig = open_rig(Company.create(seed=7, customers=20, invoices=150))
    rig.add_connection()
    hand = rig.by_hand()
    hand.log_in()
    answer = hand.work(hand.ask())
    assert len(answer) > 65_536
    rig.later(minutes=11)
    assert hand.tell(answer) > 0


def test_an_unbound_connection_never_falls_back_to_whatever_file_is_open(open_rig):
    rig = open_rig()
    rig.add_connection(company_file=r"D:\Books\ours.qbw")
    outcome = rig.sync()
    assert outcome.result is Result.FAILED
    assert rig.requests == []
    assert rig.syncs()[0].error_code == "0x8004040A"


def test_a_session_from_the_future_holds_nothing(rig):
    rig.later(hours=5)
    rig.by_hand().log_in()
    rig.now -= timedelta(hours=5)
    assert rig.by_hand().log_in()[1] == ""


def test_stopping_a_sync_whose_web_connector_is_gone_frees_the_company(rig):
    rig.by_hand().log_in()
    late = rig.by_hand()
    assert late.log_in()[1] == "busy"
    with rig.store.transaction():
        syncs.request_stop(rig.syncs()[0].id, "ada")
    assert late.log_in()[1] == ""
    assert rig.syncs()[1].state is SyncState.CANCELED


def test_guesses_at_names_that_do_not_exist_are_slowed_down_alike(rig):
    call = rig.by_hand().call
    told = []
    for _ in range(7):
        ticket, _ = call.authenticate("nobody-known", "guess")
        told.append(call.get_last_error(ticket))
    known = rig.by_hand(password="guess")
    heard = []
    for _ in range(7):
        known.log_in()
        heard.append(known.why())
    assert [text.split(" (ref ")[0] for text in told] == [text.split(" (ref ")[0] for text in heard]


def test_while_the_store_cannot_be_used_the_web_connector_is_told_in_words(small_rig, monkeypatch):
    rig = small_rig
    from contextlib import contextmanager

    from shared.errors import StoreUnavailable

    connector, row = rig.web_connector()

    @contextmanager
    def broken():
        raise StoreUnavailable("The disk is full.", "Make room.")
        yield

    hand = rig.by_hand()
    hand.log_in()
    request = hand.ask()
    monkeypatch.setattr(rig.store, "transaction", broken)
    assert hand.ask(hcp="") == ""
    assert hand.tell(hand.work(request)) == -1
    assert "cannot reach its database" in hand.why()
    assert "cannot reach its database" in hand.close()
    assert connector.update(row).result is Result.BUSY
    monkeypatch.undo()
    with rig.store.transaction():
        assert connections.get("Larkspur")


@pytest.mark.parametrize("times", [1, 9])
def test_a_customer_that_is_said_to_be_gone_though_an_open_invoice_names_it_is_asked_for(
    rig, times
):
    assert rig.sync().ok
    rig.later(hours=1)
    rig.alter_with_request = failing(times, 3120, "No such record.", only="<CustomerQueryRq")
    assert rig.sync().ok
    assert rig.is_equal()


def test_a_customer_that_stays_gone_is_told_until_it_is_there_again(rig):
    assert rig.sync().ok
    rig.alter_with_request = failing(999, 3120, "No such record.", only="<CustomerQueryRq")
    for _ in range(2):
        rig.later(hours=1)
        assert rig.sync().ok
        assert {one.code for one in rig.problems()} == {"invoice-customer-missing"}
    rig.alter_with_request = None
    rig.later(hours=1)
    assert rig.sync().ok
    assert rig.is_equal()
    assert {one.state for one in rig.problems()} <= {ProblemState.RESOLVED}


def test_a_store_file_that_is_deleted_under_the_daemon_is_told_and_not_made_again(rig):
    assert rig.sync().ok
    connector, row = rig.web_connector()
    store = Path(rig.store_url.removeprefix("sqlite:///"))
    kept = store.rename(store.with_name("moved.sqlite3"))
    rig.later(seconds=10)
    assert connector.update(row).result is Result.BUSY
    assert not store.exists()
    kept.rename(store)
    rig.restart()
    assert rig.sync().ok
    assert rig.is_equal()
