"""Sessions as the Web Connector lives them: repeats, losses, restarts, rivals, refusals."""

from __future__ import annotations

import re
from datetime import timedelta
from hashlib import sha256

import pytest

from daemon import callbacks
from daemon.stages import sequence
from shared import dates
from shared.models import connections, sessions, statements, syncs
from shared.rules.values import ApplicationKind, RecordKind, SyncState
from shared.structs import replace
from simulator.company.product import Product
from simulator.webconnector import Fault, FaultKind, Result, WebConnectorDied
from tests.whole.bookkeeping import failing
from tests.whole.conftest import small_company
from tests.whole.rig import PASSWORD, URL, InPlace

# The awkward questions


def test_a_request_asked_for_twice_is_the_same_bytes_again(rig):
    hand = rig.by_hand()
    hand.log_in()
    first = hand.ask()
    assert hand.ask(hcp="") == first
    assert hand.tell(hand.work(first)) >= 0
    assert hand.finish() == 100
    assert rig.is_equal()


def test_an_answer_delivered_twice_gets_the_same_percent_and_has_no_second_effect(rig):
    hand = rig.by_hand()
    hand.log_in()
    answer = hand.work(hand.ask())
    percent = hand.tell(answer)
    before = rig.syncs()[0]
    assert hand.tell(answer) == percent
    assert rig.syncs()[0] == before
    assert hand.finish() == 100


def test_an_answer_that_comes_again_after_the_next_request_went_out_changes_nothing(rig):
    hand = rig.by_hand()
    hand.log_in()
    answer = hand.work(hand.ask())
    percent = hand.tell(answer)
    request = hand.ask(hcp="")
    assert hand.tell(answer) == percent
    assert hand.ask(hcp="") == request
    assert hand.tell(hand.work(request)) > 0


def test_an_answer_overtaken_by_its_repeat_and_the_next_request_is_not_taken_for_that_one(
    small_rig, monkeypatch
):
    monkeypatch.setattr(callbacks, "SHORT_BYTES", 0)  # read beside, so that it can be overtaken
    rig = small_rig
    hand = rig.by_hand()
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
    assert rig.is_equal()


def test_a_vanished_web_connector_holds_the_company_until_its_lease_ends(rig):
    gone = rig.by_hand()
    gone.log_in()
    gone.ask()
    late = rig.by_hand()
    _, keyword, seconds = late.log_in()
    assert keyword == "busy"
    rig.later(seconds=int(seconds))
    assert late.log_in()[1] == ""
    assert late.tell(late.work(late.ask())) >= 0
    assert late.finish() == 100
    assert rig.is_equal()


def test_a_second_web_connector_is_told_to_wait_and_why(rig):
    first, second = rig.by_hand(), rig.by_hand()
    first.log_in()
    _, keyword, seconds = second.log_in()
    assert (keyword, int(seconds) > 0) == ("busy", True)
    assert "Another sync" in second.why()
    assert "(ref S1)" in second.close()
    first.tell(first.work(first.ask()))
    assert first.finish() == 100


def test_the_loser_of_a_takeover_ends_cleanly_and_changes_nothing(small_rig):
    rig = small_rig
    loser, winner = rig.by_hand(), rig.by_hand()
    loser.log_in()
    request = loser.ask()
    rig.later(minutes=11)
    winner.log_in()
    winner.tell(winner.work(winner.ask()))
    assert loser.tell(loser.work(request)) == -1
    assert "newer sync" in loser.why()
    assert "newer sync" in loser.close()
    assert winner.finish() == 100
    assert rig.is_equal()
    states = [sync.state for sync in rig.syncs()]
    assert states == [SyncState.FINISHED, SyncState.FAILED]


def test_quickbooks_may_take_long_over_a_page_as_long_as_nobody_else_comes(rig):
    hand = rig.by_hand()
    hand.log_in()
    answer = hand.work(hand.ask())
    rig.later(minutes=45)
    assert hand.tell(answer) >= 0
    assert hand.finish() == 100


def test_a_session_that_was_silent_for_an_hour_is_given_up(small_rig):
    rig = small_rig
    hand = rig.by_hand()
    hand.log_in()
    answer = hand.work(hand.ask())
    rig.later(minutes=61)
    with rig.store.transaction():
        assert rig.handlers.thd_reap() == 1
    (sync,) = rig.syncs()
    assert (sync.state, sync.error_code) == (SyncState.FAILED, "session-expired")
    assert hand.tell(answer) == -1
    assert "did not call for too long" in hand.why()


def test_an_unknown_ticket_is_harmless_everywhere(rig):
    hand = rig.by_hand()
    for ticket in ("", "not-a-ticket", "{5F0C2A7E-0000-0000-0000-000000000000}"):
        hand.ticket = ticket
        assert hand.ask() == ""
        assert hand.tell("<QBXML/>") == -1
        assert hand.call.connection_error(ticket, "0x80040408", "…") == "done"
        assert "does not know this session" in hand.why()
        assert "does not know this session" in hand.close()


def test_a_missing_close_costs_nothing(rig):
    assert rig.sync(faults=[Fault(FaultKind.SKIP, "closeConnection")]).ok
    assert rig.sync().ok
    assert [sync.state for sync in rig.syncs()] == [SyncState.FINISHED] * 2


def test_a_connection_closed_with_work_left_is_a_failed_sync_that_says_so(rig):
    hand = rig.by_hand()
    hand.log_in()
    hand.ask()
    assert "stopped calling" in hand.close()
    assert "stopped calling" in hand.close()
    (sync,) = rig.syncs()
    assert (sync.state, sync.error_code) == (SyncState.FAILED, "session-cut")
    assert rig.sync().ok
    assert rig.is_equal()


def test_two_applications_of_one_web_connector_run_one_after_the_other(rig):
    connector, invoice = rig.web_connector()
    payment = connector.add(rig.qwc(kind=ApplicationKind.PAYMENT), PASSWORD)
    summary = connector.update_selected([invoice, payment])
    assert [one.result for one in summary.outcomes] == [Result.DONE, Result.DONE]


def test_an_early_answer_is_out_of_turn_and_harmless(rig):
    hand = rig.by_hand()
    hand.log_in()
    assert hand.tell("<?xml version='1.0'?><QBXML><QBXMLMsgsRs/></QBXML>") == -1
    assert "called getLastError when it was not expected" in hand.why()
    hand.tell(hand.work(hand.ask()))
    assert hand.finish() == 100


def test_an_answer_to_somebody_elses_question_is_set_aside(rig):
    hand = rig.by_hand()
    hand.log_in()
    answer = hand.work(hand.ask()).replace('requestID="1-1"', 'requestID="99-1"')
    assert hand.tell(answer) == -1
    assert "belongs to a different request" in hand.why()
    assert rig.syncs()[0].error_code == "answer-foreign"


def test_an_answer_without_request_id_may_be_ours(rig):
    hand = rig.by_hand()
    hand.log_in()
    answer = hand.work(hand.ask()).replace(' requestID="1-1"', "")
    assert hand.tell(answer) >= 0


# Restarts and losses at every point


def boundaries_of(rig) -> list[str]:
    seen: list[str] = []
    rig.sync(on_boundary=lambda boundary: seen.append(str(boundary)))
    return seen


def test_the_daemon_may_be_restarted_between_any_two_calls(open_rig):
    rehearsal = open_rig()
    rehearsal.add_connection()
    for point in boundaries_of(rehearsal):
        rig = open_rig()
        rig.add_connection()

        def restart(boundary, point=point, rig=rig):
            if str(boundary) == point:
                rig.restart()

        outcome = rig.sync(on_boundary=restart)
        assert outcome.ok, (point, outcome.status)
        assert rig.is_equal(), point


@pytest.mark.parametrize(
    "kind", [FaultKind.DROP_BEFORE, FaultKind.DROP_REPLY, FaultKind.CUT_RESPONSE, FaultKind.REPEAT]
)
def test_a_sync_cut_at_any_call_is_repeated_without_loss_or_duplicates(open_rig, kind):
    rehearsal = open_rig()
    rehearsal.add_connection()
    calls = {tuple(point.split()[1:]) for point in boundaries_of(rehearsal)}
    for call, turn in sorted(calls):
        rig = open_rig()
        rig.add_connection()
        rig.sync(faults=[Fault(kind, call, int(turn))])
        rig.later(minutes=11)
        outcome = rig.sync()
        assert outcome.ok, (call, turn, outcome.status)
        assert rig.is_equal(), (call, turn)


def test_after_a_crash_of_the_daemon_the_same_pc_need_not_wait(rig):
    def crash(boundary):
        if str(boundary) == "after sendRequestXML 2":
            raise WebConnectorDied("its call failed")

    assert not rig.sync(on_boundary=crash).ok
    rig.restart()
    assert rig.sync().ok
    assert rig.is_equal()


def test_after_a_crash_of_the_daemon_another_pc_still_has_to_wait(rig):
    hand = rig.by_hand()
    hand.log_in()
    hand.ask()
    rig.restart()
    rig.peer = "203.0.113.9"
    assert rig.by_hand().log_in()[1] == "busy"


# Refusals: a sentence for the Web Connector, a row for the operator, a hint


def refused(rig, code: str):
    sync = rig.syncs()[0]
    assert (sync.state, sync.error_code) == (SyncState.FAILED, code)
    assert sync.error
    return sync


def test_a_wrong_password_is_refused_with_a_sentence_and_a_row(rig):
    hand = rig.by_hand(password="guessed")
    assert hand.log_in()[1] == "nvu"
    assert "password" in hand.why()
    assert "password" in hand.close()
    refused(rig, "wrong-password")


def test_the_password_of_the_file_before_is_named_as_such(rig):
    hand = rig.by_hand()
    rig.rotate("Larkspur", "a-fresh-one")
    assert hand.log_in()[1] == "nvu"
    assert "replaced by a newer one" in hand.why()
    refused(rig, "old-password")


def test_a_remembered_password_is_forgotten_when_it_is_rotated(rig):
    assert rig.sync().ok
    connector, row = rig.web_connector()
    rig.rotate("Larkspur", "a-fresh-one")
    assert connector.update(row).result is Result.INVALID_USER
    assert rig.sync(password="a-fresh-one").ok


def test_an_unknown_user_looks_like_a_wrong_password_from_outside(rig):
    hand = rig.by_hand()
    ticket, keyword = hand.call.authenticate("nobody-known", PASSWORD)
    assert keyword == "nvu"
    assert "nobody-known" not in hand.call.get_last_error(ticket)
    assert hand.call.get_last_error(ticket).startswith("The password")
    sync = refused(rig, "unknown-user")
    assert "nobody-known" in sync.error


def test_guessing_is_slowed_down_but_the_known_password_still_gets_in(rig):
    assert rig.sync().ok
    guesser = rig.by_hand(password="guess")
    for _ in range(6):
        guesser.log_in()
    refused(rig, "login-locked")
    assert rig.sync().ok


@pytest.mark.parametrize("restarted", [False, True], ids=["", "restarted"])
def test_whoever_guesses_a_user_name_cannot_lock_its_company_out(rig, restarted):
    guesser = rig.by_hand(password="guess")
    for _ in range(20):
        guesser.log_in()
    if restarted:
        rig.restart()
    assert rig.sync().ok


def test_a_lock_says_in_the_status_line_when_it_ends(rig):
    connector, row = rig.web_connector(password="guess")
    outcomes = [connector.update(row) for _ in range(6)]
    assert {one.result for one in outcomes[:5]} == {Result.INVALID_USER}
    ends = dates.time_of(rig.now + timedelta(seconds=60))
    assert f"Too many wrong passwords. Sign-in is locked until {ends}." in outcomes[5].status
    assert ends in refused(rig, "login-locked").error


def test_another_company_file_gets_no_request(rig):
    rig.sync()
    other = small_company(seed=8, name="Other Company Ltd")
    asked = len(rig.requests)
    outcome = rig.sync(company=other)
    assert outcome.result is Result.FAILED
    assert "Other Company Ltd" in outcome.status
    assert "Harbor" in outcome.status
    assert len(rig.requests) == asked
    refused(rig, "company-mismatch")
    assert rig.sync().ok


def test_a_copy_that_carries_another_stamp_is_another_company(rig):
    connector, row = rig.web_connector()
    connector.update(row)
    rig.company.set_data_ext(row.qwc.owner_id, "FileID", "{00000000-0000-0000-0000-000000000001}")
    outcome = connector.update(row)
    assert outcome.result is Result.FAILED
    refused(rig, "company-unmarked")


def test_a_qwc_file_whose_ids_were_edited_is_told_and_the_unedited_file_works(rig):
    edited = re.sub(rb"(OwnerID>\{|FileID>\{)\w", rb"\1f", rig.qwc())
    assert edited != rig.qwc()
    connector, _ = rig.web_connector()
    rig.company.books.data_exts.clear()
    row = connector.add(edited, PASSWORD)
    connector.update(row)
    asked = len(rig.requests)
    outcome = connector.update(row)
    assert outcome.result is Result.FAILED
    assert len(rig.requests) == asked
    assert "add the .qwc file again, unchanged" in refused(rig, "company-unmarked").error
    assert rig.sync().ok
    assert rig.problems() == []


@pytest.mark.parametrize(
    ("product", "code"),
    [
        (Product(year=2014), "quickbooks-too-old"),
        (Product(name="QuickBooks Point of Sale 18"), "quickbooks-unsupported"),
    ],
)
def test_an_unsupported_quickbooks_is_told_so(open_rig, product, code):
    company = small_company()
    company.books.profile = replace(company.books.profile, product=product)
    rig = open_rig(company)
    rig.add_connection()
    outcome = rig.sync()
    assert outcome.result is Result.FAILED
    assert "2015" in outcome.status
    refused(rig, code)
    assert rig.requests == []


@pytest.mark.parametrize(
    ("situation", "code"),
    [("closed", "0x80040408"), ("modal-dialog", "0x80040414"), ("no-company", "0x80040417")],
)
def test_a_quickbooks_that_cannot_be_opened_says_why(rig, situation, code):
    connector, row = rig.web_connector()
    rig.company.set_situation(situation)
    outcome = connector.update(row)
    assert outcome.result is Result.FAILED
    assert outcome.status
    sync = refused(rig, code)
    assert sync.error == outcome.status
    rig.company.set_situation("open")
    assert rig.sync().ok


def test_the_open_file_is_tried_once_when_another_one_was_named(rig):
    """The same file under another path: the identity check that follows tells."""
    assert rig.sync().ok
    with rig.store.transaction():
        larkspur = connections.get("Larkspur").id
        connections.edit(larkspur, company_file=r"\\server\books\ours.qbw")
    outcome = rig.sync()
    assert outcome.ok, outcome.status
    assert rig.is_equal()


# Stopping


def test_an_operator_stops_a_running_sync_and_the_next_one_goes_on(rig):
    hand = rig.by_hand()
    hand.log_in()
    request = hand.ask()
    with rig.store.transaction():
        syncs.request_stop(rig.syncs()[0].id, "ada")
    assert hand.tell(hand.work(request)) == -1
    assert hand.why().startswith("The sync was stopped by ada;")
    (sync,) = rig.syncs()
    assert sync.state is SyncState.CANCELED
    assert rig.sync().ok
    assert rig.is_equal()


# Bugs of ours


@pytest.mark.parametrize("call", ["thd_send", "thd_take"])
def test_a_bug_of_ours_ends_the_session_in_a_sentence(rig, monkeypatch, logged_failures, call):
    def broken(*_arguments):
        raise ZeroDivisionError("a bug")

    connector, row = rig.web_connector()
    monkeypatch.setattr(rig.handlers, call, broken)
    outcome = connector.update(row)
    assert outcome.result is Result.FAILED
    assert outcome.status.startswith("Deskbridge ran into an internal error")
    refused(rig, "internal-error")
    assert [failure.type for failure in logged_failures] == [ZeroDivisionError]
    logged_failures.clear()
    monkeypatch.undo()
    assert rig.sync().ok
    assert rig.is_equal()


# Debug


def test_with_debug_on_requests_and_answers_are_kept_word_for_word(open_rig):
    rig = open_rig()
    rig.add_connection(debug=True)
    hand = rig.by_hand()
    hand.log_in()
    request = hand.ask()
    answer = hand.work(request)
    hand.tell(answer)
    with rig.store.reading():
        (exchange,) = sessions.exchanges(rig.syncs()[0].id)
        assert exchange.request.decode() == request
        assert sessions.exchange_text(exchange.id) == answer


def test_with_debug_off_answers_are_not_kept(rig):
    rig.sync()
    asked = asked_by_the_last_sync(rig)
    with rig.store.reading():
        kept = [sessions.exchange_text(one.id) for one in asked]
    assert len(kept) > 2
    assert set(kept) == {None}


def asked_by_the_last_sync(rig):
    with rig.store.reading():
        return sessions.exchanges(rig.syncs()[0].id)


def test_what_a_sync_asked_that_went_well_is_kept_by_size_and_digest(rig):
    rig.sync()
    asked = asked_by_the_last_sync(rig)
    assert {one.request for one in asked} == {b""}
    first = next(one for one in asked if one.step == "read")
    sent = rig.requests[0].encode()
    assert (first.request_bytes, first.request_digest) == (len(sent), sha256(sent).hexdigest()[:16])


def test_what_a_sync_asked_that_failed_is_kept_word_for_word(rig):
    rig.alter_with_request = failing(9, 3260, "Insufficient permission.", only="<InvoiceQueryRq")
    assert not rig.sync().ok
    assert [one.request.decode() for one in asked_by_the_last_sync(rig)][-1] == rig.requests[-1]


def test_with_debug_on_what_was_asked_stays(open_rig):
    rig = open_rig()
    rig.add_connection(debug=True)
    assert rig.sync().ok
    assert [one.request.decode() for one in asked_by_the_last_sync(rig)] == rig.requests


def test_a_quiet_sync_leaves_two_kilobytes_behind(rig):
    rig.sync()

    def size() -> int:
        with rig.store.transaction():
            database = statements.current()[1]
            pages = database.execute_sql("PRAGMA page_count").fetchone()[0]
            free = database.execute_sql("PRAGMA freelist_count").fetchone()[0]
            return (pages - free) * database.execute_sql("PRAGMA page_size").fetchone()[0]

    before = size()
    for _ in range(50):
        rig.later(minutes=15)
        assert rig.sync().ok
    assert (size() - before) / 50 <= 2_000


# The wire


def test_the_minimum_interval_stands_behind_a_postponement_of_zero(open_rig):
    rig = open_rig()
    rig.add_connection(minimum_interval_seconds=300)
    _, company_file, postponed, interval = rig.by_hand().log_in()
    assert (company_file, postponed, interval) == ("", "0", "300")


def test_an_old_web_connector_is_told_which_version_is_needed(open_rig):
    rig = open_rig(settings={"minimum_webconnector": "2.3.0.215"})
    rig.add_connection()
    call = rig.by_hand().call
    assert call.client_version("2.2.0.71") == "O:2.3.0.215"
    assert call.client_version("2.3.0.215") == ""
    assert call.client_version("34.0.0.1") == ""
    assert call.client_version("unreadable") == ""


def test_interactive_mode_is_answered_though_never_asked_for(rig):
    call = rig.by_hand().call
    assert call.get_interactive_url("t", "s") == f"{URL}/support"
    assert call.interactive_done("t") == "Done"
    assert call.interactive_rejected("t", "no")


def test_no_secret_is_in_the_log(rig, logged_text):
    rig.sync()
    rig.by_hand(password="a-wrong-guess").log_in()
    hand = rig.by_hand()
    hand.log_in()
    assert hand.ticket
    for secret in (PASSWORD, "a-wrong-guess", hand.ticket):
        assert secret not in logged_text()
    assert "Login of" in logged_text()


def test_each_call_of_a_session_says_whose_it_is(rig, logged_text):
    rig.sync()
    [sync] = rig.syncs()
    calls = [line for line in logged_text().splitlines() if " bytes after " in line]
    calls = [line for line in calls if "Version from" not in line and "GET" not in line]
    assert len(calls) > 5
    assert all(f" of Larkspur (sync {sync.id}, ticket " in line for line in calls)


def test_a_refused_login_says_whose_it_is_and_why(rig, logged_text):
    rig.by_hand(password="a-wrong-guess").log_in()
    [sync] = rig.syncs()
    told = f"authenticate of Larkspur (sync {sync.id}) from 127.0.0.1: wrong-password, 200"
    assert told in logged_text()


def test_after_a_restart_the_next_call_says_whose_it_is_again(rig, logged_text):
    hand = rig.by_hand()
    hand.log_in()
    rig.restart()
    hand.ask()
    assert "sendRequestXML of Larkspur (sync 1, ticket " in logged_text()


def test_a_failed_sync_is_a_problem_until_one_goes_well(rig):
    connector, row = rig.web_connector()
    rig.company.set_situation("closed")
    for _ in range(2):
        connector.update(row)
        (problem,) = rig.problems()
        assert (problem.kind, problem.code) == (RecordKind.SYNC, "0x80040408")
    assert problem.document == "Invoice Sync"
    assert problem.remedy
    assert problem.said == "Could not start QuickBooks."
    rig.company.set_situation("modal-dialog")
    connector.update(row)
    assert [one.code for one in rig.problems()] == ["0x80040414"]
    rig.company.set_situation("open")
    assert connector.update(row).ok
    assert rig.problems() == []


def test_a_wrong_password_is_a_problem_until_the_right_one_was_typed(rig):
    rig.by_hand(password="guessed").log_in()
    assert [one.code for one in rig.problems()] == ["wrong-password"]
    assert rig.sync().ok
    assert rig.problems() == []


# Answers that are no answers


def test_a_request_that_quickbooks_cannot_parse_ends_the_sync_and_is_not_sent_again(rig):
    rig.company.fail_next("0x80040400")
    outcome = rig.sync()
    assert outcome.result is Result.FAILED
    sync = refused(rig, "0x80040400")
    assert sync.error == outcome.status
    assert len(rig.requests) == 1
    assert rig.sync().ok
    assert rig.is_equal()


def test_a_quickbooks_that_could_not_lock_is_asked_again_after_a_pause(rig):
    rig.company.fail_next("0x8004041B", times=2)
    before = rig.now
    assert rig.sync().ok
    assert (rig.now - before).total_seconds() > 3 * 5
    assert rig.is_equal()


def test_a_quickbooks_that_crashed_ends_the_sync_and_the_next_one_begins_anew(rig):
    rig.company.fail_next("0x80010105", request="InvoiceQueryRq")
    outcome = rig.sync()
    assert outcome.result is Result.FAILED
    refused(rig, "0x80010105")
    assert rig.sync().ok
    assert rig.is_equal()


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
def test_an_answer_that_cannot_be_read_is_asked_for_again_and_not_for_ever(rig, spoil):
    rig.alter = spoil
    outcome = rig.sync()
    assert outcome.result is Result.FAILED
    sync = refused(rig, "answer-unreadable")
    assert "no further detail" not in sync.error
    assert len(rig.requests) < 25
    rig.alter = None
    assert rig.sync().ok
    assert rig.is_equal()


# What a call costs


def test_a_plan_is_read_and_written_once_a_transaction(small_rig, monkeypatch):
    done = []

    def noted(what, function):
        def call(value, **options):
            done.append(what)
            return function(value, **options)

        return call

    hand = small_rig.by_hand()
    hand.log_in()
    request = hand.ask()
    monkeypatch.setattr(sequence, "decode", noted("read", sequence.decode))
    monkeypatch.setattr(sequence, "encode", noted("written", sequence.encode))
    percent = hand.tell(hand.work(request))
    assert done == ["read", "written"]
    while percent < 100:
        done.clear()
        request = hand.ask(hcp="")
        assert done == ["read", "written"]
        done.clear()
        percent = hand.tell(hand.work(request))
        assert done == ["read", "written"]
