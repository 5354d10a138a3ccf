"""Sessions as the Web Connector lives them: repeats, losses, restarts, rivals, refusals."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from shared.clock import clock_time
from shared.models import connections, sessions, statements, syncs
from shared.rules.values import ApplicationKind, RecordKind, SyncState
from simulator.company.product import Product
from simulator.webconnector import Fault, FaultKind, Result, WebConnectorDied
from tests.whole.bookkeeping import failing
from tests.whole.conftest import small_company
from tests.whole.house import PASSWORD, URL, InPlace

# The awkward questions


def test_a_request_asked_for_twice_is_the_same_bytes_again(house):
    hand = house.by_hand()
    hand.log_in()
    first = hand.ask()
    assert hand.ask(hcp="") == first
    assert hand.tell(hand.work(first)) >= 0
    assert hand.finish() == 100
    assert house.is_equal()


def test_an_answer_delivered_twice_gets_the_same_percent_and_has_no_second_effect(house):
    hand = house.by_hand()
    hand.log_in()
    answer = hand.work(hand.ask())
    percent = hand.tell(answer)
    before = house.syncs()[0]
    assert hand.tell(answer) == percent
    assert house.syncs()[0] == before
    assert hand.finish() == 100


def test_an_answer_that_comes_again_after_the_next_request_went_out_changes_nothing(house):
    hand = house.by_hand()
    hand.log_in()
    answer = hand.work(hand.ask())
    percent = hand.tell(answer)
    request = hand.ask(hcp="")
    assert hand.tell(answer) == percent
    assert hand.ask(hcp="") == request
    assert hand.tell(hand.work(request)) > 0


def test_an_answer_overtaken_by_its_repeat_and_the_next_request_is_not_taken_for_that_one(
    small_house, monkeypatch
):
    house = small_house
    hand = house.by_hand()
    hand.log_in()
    answer = hand.work(hand.ask())
    overtaking = []
    store = InPlace.store

    def overtaken(place, thd, *args, **kwargs):
        if thd.__name__ == "thd_take" and not overtaking:
            overtaking.append("begun")
            overtaking[:] = [hand.tell(answer), hand.ask(hcp="")]
        return store(place, thd, *args, **kwargs)

    monkeypatch.setattr(InPlace, "store", overtaken)
    slow = hand.tell(answer)
    percent, request = overtaking
    assert slow == percent
    assert hand.ask(hcp="") == request
    assert hand.tell(hand.work(request)) == 100
    assert house.is_equal()


def test_a_vanished_web_connector_holds_the_company_until_its_lease_ends(house):
    gone = house.by_hand()
    gone.log_in()
    gone.ask()
    late = house.by_hand()
    _, keyword, seconds = late.log_in()
    assert keyword == "busy"
    house.later(seconds=int(seconds))
    assert late.log_in()[1] == ""
    assert late.tell(late.work(late.ask())) >= 0
    assert late.finish() == 100
    assert house.is_equal()


def test_a_second_web_connector_is_told_to_wait_and_why(house):
    first, second = house.by_hand(), house.by_hand()
    first.log_in()
    _, keyword, seconds = second.log_in()
    assert (keyword, int(seconds) > 0) == ("busy", True)
    assert "Another sync" in second.why()
    assert "(ref S1)" in second.close()
    first.tell(first.work(first.ask()))
    assert first.finish() == 100


def test_the_loser_of_a_takeover_ends_cleanly_and_changes_nothing(small_house):
    house = small_house
    loser, winner = house.by_hand(), house.by_hand()
    loser.log_in()
    request = loser.ask()
    house.later(minutes=11)
    winner.log_in()
    winner.tell(winner.work(winner.ask()))
    assert loser.tell(loser.work(request)) == -1
    assert "newer sync" in loser.why()
    assert "newer sync" in loser.close()
    assert winner.finish() == 100
    assert house.is_equal()
    states = [sync.state for sync in house.syncs()]
    assert states == [SyncState.FINISHED, SyncState.FAILED]


def test_quickbooks_may_take_long_over_a_page_as_long_as_nobody_else_comes(house):
    hand = house.by_hand()
    hand.log_in()
    answer = hand.work(hand.ask())
    house.later(minutes=45)
    assert hand.tell(answer) >= 0
    assert hand.finish() == 100


def test_a_session_that_was_silent_for_an_hour_is_given_up(small_house):
    house = small_house
    hand = house.by_hand()
    hand.log_in()
    answer = hand.work(hand.ask())
    house.later(minutes=61)
    with house.store.transaction():
        assert house.desk.thd_reap() == 1
    (sync,) = house.syncs()
    assert (sync.state, sync.error_code) == (SyncState.FAILED, "session-expired")
    assert hand.tell(answer) == -1
    assert "silent for too long" in hand.why()


def test_an_unknown_ticket_is_harmless_everywhere(house):
    hand = house.by_hand()
    for ticket in ("", "not-a-ticket", "{5F0C2A7E-0000-0000-0000-000000000000}"):
        hand.ticket = ticket
        assert hand.ask() == ""
        assert hand.tell("<QBXML/>") == -1
        assert hand.call.connection_error(ticket, "0x80040408", "…") == "done"
        assert "does not know this session" in hand.why()
        assert "does not know this session" in hand.close()


def test_a_missing_close_costs_nothing(house):
    assert house.sync(faults=[Fault(FaultKind.SKIP, "closeConnection")]).ok
    assert house.sync().ok
    assert [sync.state for sync in house.syncs()] == [SyncState.FINISHED] * 2


def test_a_connection_closed_with_work_left_is_a_failed_sync_that_says_so(house):
    hand = house.by_hand()
    hand.log_in()
    hand.ask()
    assert "stopped calling" in hand.close()
    assert "stopped calling" in hand.close()
    (sync,) = house.syncs()
    assert (sync.state, sync.error_code) == (SyncState.FAILED, "session-cut")
    assert house.sync().ok
    assert house.is_equal()


def test_two_applications_of_one_web_connector_run_one_after_the_other(house):
    connector, invoice = house.web_connector()
    payment = connector.add(house.qwc(kind=ApplicationKind.PAYMENT), PASSWORD)
    summary = connector.update_selected([invoice, payment])
    assert [one.result for one in summary.outcomes] == [Result.DONE, Result.DONE]


def test_an_early_answer_is_out_of_turn_and_harmless(house):
    hand = house.by_hand()
    hand.log_in()
    assert hand.tell("<?xml version='1.0'?><QBXML><QBXMLMsgsRs/></QBXML>") == -1
    assert "called getLastError out of turn" in hand.why()
    hand.tell(hand.work(hand.ask()))
    assert hand.finish() == 100


def test_an_answer_to_somebody_elses_question_is_set_aside(house):
    hand = house.by_hand()
    hand.log_in()
    answer = hand.work(hand.ask()).replace('requestID="1-1"', 'requestID="99-1"')
    assert hand.tell(answer) == -1
    assert "belongs to another question" in hand.why()
    assert house.syncs()[0].error_code == "answer-foreign"


def test_an_answer_without_request_id_may_be_ours(house):
    hand = house.by_hand()
    hand.log_in()
    answer = hand.work(hand.ask()).replace(' requestID="1-1"', "")
    assert hand.tell(answer) >= 0


# Restarts and losses at every point


def boundaries_of(house) -> list[str]:
    seen: list[str] = []
    house.sync(on_boundary=lambda boundary: seen.append(str(boundary)))
    return seen


def test_the_daemon_may_be_restarted_between_any_two_calls(open_house):
    rehearsal = open_house()
    rehearsal.add_connection()
    for point in boundaries_of(rehearsal):
        house = open_house()
        house.add_connection()

        def restart(boundary, point=point, house=house):
            if str(boundary) == point:
                house.restart()

        outcome = house.sync(on_boundary=restart)
        assert outcome.ok, (point, outcome.status)
        assert house.is_equal(), point


@pytest.mark.parametrize(
    "kind", [FaultKind.DROP_BEFORE, FaultKind.DROP_REPLY, FaultKind.CUT_RESPONSE, FaultKind.REPEAT]
)
def test_a_sync_cut_at_any_call_is_repeated_without_loss_or_duplicates(open_house, kind):
    rehearsal = open_house()
    rehearsal.add_connection()
    calls = {tuple(point.split()[1:]) for point in boundaries_of(rehearsal)}
    for call, turn in sorted(calls):
        house = open_house()
        house.add_connection()
        house.sync(faults=[Fault(kind, call, int(turn))])
        house.later(minutes=11)
        outcome = house.sync()
        assert outcome.ok, (call, turn, outcome.status)
        assert house.is_equal(), (call, turn)


def test_after_a_crash_of_the_daemon_the_same_pc_need_not_wait(house):
    def crash(boundary):
        if str(boundary) == "after sendRequestXML 2":
            raise WebConnectorDied("its call failed")

    assert not house.sync(on_boundary=crash).ok
    house.restart()
    assert house.sync().ok
    assert house.is_equal()


def test_after_a_crash_of_the_daemon_another_pc_still_has_to_wait(house):
    hand = house.by_hand()
    hand.log_in()
    hand.ask()
    house.restart()
    house.peer = "203.0.113.9"
    assert house.by_hand().log_in()[1] == "busy"


# Refusals: a sentence for the Web Connector, a row for the operator, a hint


def refused(house, code: str):
    sync = house.syncs()[0]
    assert (sync.state, sync.error_code) == (SyncState.FAILED, code)
    assert sync.error
    return sync


def test_a_wrong_password_is_refused_with_a_sentence_and_a_row(house):
    hand = house.by_hand(password="guessed")
    assert hand.log_in()[1] == "nvu"
    assert "password" in hand.why()
    assert "password" in hand.close()
    refused(house, "wrong-password")


def test_the_password_of_the_file_before_is_named_as_such(house):
    hand = house.by_hand()
    house.rotate("Larkspur", "a-fresh-one")
    assert hand.log_in()[1] == "nvu"
    assert "replaced by a newer one" in hand.why()
    refused(house, "old-password")


def test_a_remembered_password_is_forgotten_when_it_is_rotated(house):
    assert house.sync().ok
    connector, row = house.web_connector()
    house.rotate("Larkspur", "a-fresh-one")
    assert connector.update(row).result is Result.INVALID_USER
    assert house.sync(password="a-fresh-one").ok


def test_an_unknown_user_looks_like_a_wrong_password_from_outside(house):
    hand = house.by_hand()
    ticket, keyword = hand.call.authenticate("nobody-known", PASSWORD)
    assert keyword == "nvu"
    assert "nobody-known" not in hand.call.get_last_error(ticket)
    assert hand.call.get_last_error(ticket).startswith("The password")
    sync = refused(house, "unknown-user")
    assert "nobody-known" in sync.error


def test_guessing_is_slowed_down_but_the_known_password_still_gets_in(house):
    assert house.sync().ok
    guesser = house.by_hand(password="guess")
    for _ in range(6):
        guesser.log_in()
    refused(house, "login-locked")
    assert house.sync().ok


@pytest.mark.parametrize("restarted", [False, True], ids=["", "restarted"])
def test_whoever_guesses_a_user_name_cannot_lock_its_company_out(house, restarted):
    guesser = house.by_hand(password="guess")
    for _ in range(20):
        guesser.log_in()
    if restarted:
        house.restart()
    assert house.sync().ok


def test_a_lock_says_in_the_status_line_when_it_ends(house):
    connector, row = house.web_connector(password="guess")
    outcomes = [connector.update(row) for _ in range(6)]
    assert {one.result for one in outcomes[:5]} == {Result.INVALID_USER}
    ends = clock_time(house.now + timedelta(seconds=60))
    assert f"Too many wrong passwords. Sign-in is locked until {ends}." in outcomes[5].status
    assert ends in refused(house, "login-locked").error


def test_another_company_file_gets_no_request(house):
    house.sync()
    other = small_company(seed=8, name="Other Company Ltd")
    asked = len(house.requests)
    outcome = house.sync(company=other)
    assert outcome.result is Result.FAILED
    assert "Other Company Ltd" in outcome.status
    assert "Harbor" in outcome.status
    assert len(house.requests) == asked
    refused(house, "company-mismatch")
    assert house.sync().ok


def test_a_copy_that_carries_another_stamp_is_another_company(house):
    connector, row = house.web_connector()
    connector.update(row)
    house.company.set_data_ext(row.qwc.owner_id, "FileID", "{00000000-0000-0000-0000-000000000001}")
    outcome = connector.update(row)
    assert outcome.result is Result.FAILED
    refused(house, "company-unmarked")


def test_a_qwc_file_whose_ids_were_edited_is_told_and_the_unedited_file_works(house):
    edited = re.sub(rb"(OwnerID>\{|FileID>\{)\w", rb"\1f", house.qwc())
    assert edited != house.qwc()
    connector, _ = house.web_connector()
    house.company.books.data_exts.clear()
    row = connector.add(edited, PASSWORD)
    connector.update(row)
    asked = len(house.requests)
    outcome = connector.update(row)
    assert outcome.result is Result.FAILED
    assert len(house.requests) == asked
    assert "add the .qwc file again, unchanged" in refused(house, "company-unmarked").error
    assert house.sync().ok
    assert house.problems() == []


@pytest.mark.parametrize(
    ("product", "code"),
    [
        (Product(year=2014), "quickbooks-too-old"),
        (Product(name="QuickBooks Point of Sale 18"), "quickbooks-unsupported"),
    ],
)
def test_an_unsupported_quickbooks_is_told_so(open_house, product, code):
    company = small_company()
    company.books.profile = replace(company.books.profile, product=product)
    house = open_house(company)
    house.add_connection()
    outcome = house.sync()
    assert outcome.result is Result.FAILED
    assert "2015" in outcome.status
    refused(house, code)
    assert house.requests == []


@pytest.mark.parametrize(
    ("situation", "code"),
    [("closed", "0x80040408"), ("modal-dialog", "0x80040414"), ("no-company", "0x80040417")],
)
def test_a_quickbooks_that_cannot_be_opened_says_why(house, situation, code):
    connector, row = house.web_connector()
    house.company.set_situation(situation)
    outcome = connector.update(row)
    assert outcome.result is Result.FAILED
    assert outcome.status
    sync = refused(house, code)
    assert sync.error == outcome.status
    house.company.set_situation("open")
    assert house.sync().ok


def test_the_open_file_is_tried_once_when_another_one_was_named(house):
    """The same file under another path: the identity check that follows tells."""
    assert house.sync().ok
    with house.store.transaction():
        larkspur = connections.get("Larkspur").id
        connections.edit(larkspur, company_file=r"\\server\books\ours.qbw")
    outcome = house.sync()
    assert outcome.ok, outcome.status
    assert house.is_equal()


# Stopping


def test_an_operator_stops_a_running_sync_and_the_next_one_goes_on(house):
    hand = house.by_hand()
    hand.log_in()
    request = hand.ask()
    with house.store.transaction():
        syncs.request_stop(house.syncs()[0].id, "ada", house.now)
    assert hand.tell(hand.work(request)) == -1
    assert hand.why().startswith("The sync was stopped by ada;")
    (sync,) = house.syncs()
    assert sync.state is SyncState.CANCELED
    assert house.sync().ok
    assert house.is_equal()


# Bugs of ours


@pytest.mark.parametrize("call", ["thd_send", "thd_take"])
def test_a_bug_of_ours_ends_the_session_in_a_sentence(house, monkeypatch, logged_failures, call):
    def broken(*_arguments):
        raise ZeroDivisionError("a bug")

    connector, row = house.web_connector()
    monkeypatch.setattr(house.desk, call, broken)
    outcome = connector.update(row)
    assert outcome.result is Result.FAILED
    assert outcome.status.startswith("Deskbridge met an error of its own")
    refused(house, "internal-error")
    assert [failure.type for failure in logged_failures] == [ZeroDivisionError]
    logged_failures.clear()
    monkeypatch.undo()
    assert house.sync().ok
    assert house.is_equal()


# Debug


def test_with_debug_on_requests_and_answers_are_kept_word_for_word(open_house):
    house = open_house()
    house.add_connection(debug=True)
    hand = house.by_hand()
    hand.log_in()
    request = hand.ask()
    answer = hand.work(request)
    hand.tell(answer)
    with house.store.reading():
        (exchange,) = sessions.exchanges(house.syncs()[0].id)
        assert exchange.request.decode() == request
        assert sessions.exchange_text(exchange.id) == answer


def test_with_debug_off_answers_are_not_kept(house):
    house.sync()
    asked = asked_by_the_last_sync(house)
    with house.store.reading():
        kept = [sessions.exchange_text(one.id) for one in asked]
    assert len(kept) > 2
    assert set(kept) == {None}


def asked_by_the_last_sync(house):
    with house.store.reading():
        return sessions.exchanges(house.syncs()[0].id)


def test_what_a_sync_asked_that_went_well_is_kept_by_size_and_digest(house):
    house.sync()
    asked = asked_by_the_last_sync(house)
    assert {one.request for one in asked} == {b""}
    first = next(one for one in asked if one.step == "read")
    sent = house.requests[0].encode()
    assert (first.request_bytes, first.request_digest) == (len(sent), sha256(sent).hexdigest()[:16])


def test_what_a_sync_asked_that_failed_is_kept_word_for_word(house):
    house.alter_with_request = failing(9, 3260, "Insufficient permission.", only="<InvoiceQueryRq")
    assert not house.sync().ok
    assert [one.request.decode() for one in asked_by_the_last_sync(house)][-1] == house.requests[-1]


def test_with_debug_on_what_was_asked_stays(open_house):
    house = open_house()
    house.add_connection(debug=True)
    assert house.sync().ok
    assert [one.request.decode() for one in asked_by_the_last_sync(house)] == house.requests


def test_a_quiet_sync_leaves_two_kilobytes_behind(house):
    house.sync()

    def size() -> int:
        with house.store.transaction():
            database = statements.current()[1]
            pages = database.execute_sql("PRAGMA page_count").fetchone()[0]
            free = database.execute_sql("PRAGMA freelist_count").fetchone()[0]
            return (pages - free) * database.execute_sql("PRAGMA page_size").fetchone()[0]

    before = size()
    for _ in range(100):
        house.later(minutes=15)
        assert house.sync().ok
    assert (size() - before) / 100 <= 2_000


# The wire


def test_the_minimum_interval_stands_behind_a_postponement_of_zero(open_house):
    house = open_house()
    house.add_connection(minimum_interval_seconds=300)
    _, company_file, postponed, interval = house.by_hand().log_in()
    assert (company_file, postponed, interval) == ("", "0", "300")


def test_an_old_web_connector_is_told_which_version_is_needed(open_house):
    house = open_house(settings={"minimum_webconnector": "2.3.0.215"})
    house.add_connection()
    call = house.by_hand().call
    assert call.client_version("2.2.0.71") == "O:2.3.0.215"
    assert call.client_version("2.3.0.215") == ""
    assert call.client_version("34.0.0.1") == ""
    assert call.client_version("unreadable") == ""


def test_interactive_mode_is_answered_though_never_asked_for(house):
    call = house.by_hand().call
    assert call.get_interactive_url("t", "s") == f"{URL}/support"
    assert call.interactive_done("t") == "Done"
    assert call.interactive_rejected("t", "no")


def test_no_secret_is_in_the_log(house, logged_text):
    house.sync()
    house.by_hand(password="a-wrong-guess").log_in()
    hand = house.by_hand()
    hand.log_in()
    assert hand.ticket
    for secret in (PASSWORD, "a-wrong-guess", hand.ticket):
        assert secret not in logged_text()
    assert "Login of" in logged_text()


def test_a_failed_sync_is_a_problem_until_one_goes_well(house):
    connector, row = house.web_connector()
    house.company.set_situation("closed")
    for _ in range(2):
        connector.update(row)
        (problem,) = house.problems()
        assert (problem.kind, problem.code) == (RecordKind.SYNC, "0x80040408")
    assert problem.document == "Invoice Sync"
    assert problem.remedy
    assert problem.said == "Could not start QuickBooks."
    house.company.set_situation("modal-dialog")
    connector.update(row)
    assert [one.code for one in house.problems()] == ["0x80040414"]
    house.company.set_situation("open")
    assert connector.update(row).ok
    assert house.problems() == []


def test_a_wrong_password_is_a_problem_until_the_right_one_was_typed(house):
    house.by_hand(password="guessed").log_in()
    assert [one.code for one in house.problems()] == ["wrong-password"]
    assert house.sync().ok
    assert house.problems() == []


# Answers that are no answers


def test_a_request_that_quickbooks_cannot_parse_ends_the_sync_and_is_not_sent_again(house):
    house.company.fail_next("0x80040400")
    outcome = house.sync()
    assert outcome.result is Result.FAILED
    sync = refused(house, "0x80040400")
    assert sync.error == outcome.status
    assert len(house.requests) == 1
    assert house.sync().ok
    assert house.is_equal()


def test_a_quickbooks_that_could_not_lock_is_asked_again_after_a_pause(house):
    house.company.fail_next("0x8004041B", times=2)
    before = house.now
    assert house.sync().ok
    assert (house.now - before).total_seconds() > 3 * 5
    assert house.is_equal()


def test_a_quickbooks_that_crashed_ends_the_sync_and_the_next_one_begins_anew(house):
    house.company.fail_next("0x80010105", request="InvoiceQueryRq")
    outcome = house.sync()
    assert outcome.result is Result.FAILED
    refused(house, "0x80010105")
    assert house.sync().ok
    assert house.is_equal()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda answer: answer[: len(answer) // 2],
        lambda answer: answer.replace("<QBXML>", "<!DOCTYPE QBXML [<!ENTITY a 'b'>]><QBXML>", 1),
        lambda answer: answer.replace("</InvoiceRet>", "</InvoiceRat>", 1),
        lambda _answer: "",
        lambda _answer: "<html>502 Bad Gateway</html>",
        lambda _answer: "<?xml version='1.0'?><QBXML><QBXMLMsgsRs></QBXMLMsgsRs></QBXML>",
    ],
    ids=["cut short", "DOCTYPE", "not well-formed", "empty", "a proxy's page", "no response"],
)
def test_an_answer_that_cannot_be_read_is_asked_for_again_and_not_for_ever(house, spoil):
    house.alter = spoil
    outcome = house.sync()
    assert outcome.result is Result.FAILED
    sync = refused(house, "answer-unreadable")
    assert "no further detail" not in sync.error
    assert len(house.requests) < 25
    house.alter = None
    assert house.sync().ok
    assert house.is_equal()
