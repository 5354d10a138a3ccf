"""One update: the order of calls, and what each answer leads to."""

from __future__ import annotations

import pytest

from simulator.company import QuickBooksError
from simulator.webconnector import Behavior, Outcome, Result, WebConnectorDied
from tests.simulator.webconnector.builders import (
    ANSWER,
    HCP,
    OWNER_ID,
    REQUEST,
    FakeClock,
    FakeQuickBooks,
    ScriptedService,
    answers,
    connector,
)

CLOSED = QuickBooksError("0x80040408", "QuickBooks could not be started.")


def run(service: ScriptedService, *, scheduled: bool = False, **changes: object) -> Outcome:
    made = connector(service, **changes)
    return made.update(made.registry.rows[0], scheduled=scheduled)


def test_a_whole_update_calls_in_the_documented_order():
    service = ScriptedService(receiveResponseXML=[99, 100])
    quickbooks = FakeQuickBooks()

    outcome = run(service, quickbooks=quickbooks)

    assert service.operations == [
        "serverVersion",
        "clientVersion",
        "authenticate",
        "sendRequestXML",
        "receiveResponseXML",
        "sendRequestXML",
        "receiveResponseXML",
        "closeConnection",
    ]
    assert outcome == Outcome("Invoice Sync", Result.DONE, "All is well.", percent=100, requests=2)
    assert outcome.ok


def test_quickbooks_is_opened_after_authenticate_and_released_before_close_connection():
    service = ScriptedService()
    quickbooks = FakeQuickBooks()
    service.on_call = lambda call: quickbooks.events.append(call.operation)

    made = connector(service, quickbooks=quickbooks)
    quickbooks.events.clear()  # adding opened QuickBooks too
    made.update_selected()

    assert quickbooks.events == [
        "serverVersion",
        "clientVersion",
        "authenticate",
        "open",
        "AppLock=LOCKED",
        "sendRequestXML",
        "process",
        "receiveResponseXML",
        "AppLock=",
        "close",
        "closeConnection",
    ]


def test_the_host_answer_goes_with_the_first_request_only():
    service = ScriptedService(receiveResponseXML=[10, 100])
    run(service)
    sent = [call.parameters for call in service.calls if call.operation == "sendRequestXML"]
    assert [parameters["strHCPResponse"] for parameters in sent] == [HCP, ""]
    assert sent[0]["strCompanyFileName"] == r"C:\Books\Larkspur.qbw"
    assert (sent[0]["qbXMLCountry"], sent[0]["qbXMLMajorVers"], sent[0]["qbXMLMinorVers"]) == (
        "CA",
        "13",
        "0",
    )


def test_an_answer_travels_whole_with_empty_hresult():
    service = ScriptedService()
    run(service)
    assert service.last("receiveResponseXML") == {
        "ticket": "TICKET-1",
        "response": ANSWER,
        "hresult": "",
        "message": "",
    }


def test_a_refusal_of_quickbooks_travels_as_hresult_and_message():
    service = ScriptedService(receiveResponseXML=[-1])
    failure = QuickBooksError("0x80040400", "QuickBooks found an error when parsing.")
    outcome = run(service, quickbooks=FakeQuickBooks(answer=failure))
    assert service.last("receiveResponseXML") == {
        "ticket": "TICKET-1",
        "response": "",
        "hresult": "0x80040400",
        "message": "QuickBooks found an error when parsing.",
    }
    assert service.operations[-2:] == ["getLastError", "closeConnection"]
    assert (outcome.result, outcome.status) == (Result.FAILED, "Something is wrong.")


@pytest.mark.parametrize(
    ("verdict", "result", "code"),
    [
        ("none", Result.NOTHING, ""),
        ("NONE", Result.NOTHING, ""),
        ("nvu", Result.INVALID_USER, "QBWC1040"),
        ("busy", Result.BUSY, ""),
    ],
)
def test_keywords_of_authenticate_end_the_update_without_quickbooks(verdict, result, code):
    service = ScriptedService(authenticate=[["", verdict]])
    quickbooks = FakeQuickBooks()
    made = connector(service, quickbooks=quickbooks)
    quickbooks.opened.clear()
    outcome = made.update(made.registry.rows[0])
    assert (outcome.result, outcome.code) == (result, code)
    assert quickbooks.opened == []
    assert service.operations == ["serverVersion", "clientVersion", "authenticate"]


def test_close_connection_may_follow_a_refusal():
    service = ScriptedService(authenticate=[["THROW-AWAY", "none"]])
    run(service, behavior=Behavior(close_after_refusal=True))
    assert service.last("closeConnection") == {"ticket": "THROW-AWAY"}


def test_a_path_is_the_company_file_that_is_opened():
    quickbooks = FakeQuickBooks()
    service = ScriptedService(authenticate=[["T", r"C:\Books\Other.qbw"]])
    run(service, quickbooks=quickbooks)
    assert quickbooks.opened[-1] == r"C:\Books\Other.qbw"
    assert service.last("sendRequestXML")["strCompanyFileName"] == r"C:\Books\Other.qbw"


def test_positions_two_and_three_are_postponement_and_minimum_interval():
    service = ScriptedService(authenticate=[["T", "", "0", "300"]])
    outcome = run(service)
    assert (outcome.postpone_seconds, outcome.minimum_seconds) == (0, 300)


def test_a_scheduled_update_is_postponed():
    service = ScriptedService(authenticate=[["T", "", "90"]])
    outcome = run(service, scheduled=True)
    assert (outcome.result, outcome.postpone_seconds) == (Result.POSTPONED, 90)
    assert "sendRequestXML" not in service.operations


def test_an_update_by_hand_takes_no_notice_of_a_postponement():
    service = ScriptedService(authenticate=[["T", "", "90"]])
    assert run(service).result is Result.DONE


def test_busy_with_a_postponement_is_busy():
    outcome = run(ScriptedService(authenticate=[["", "busy", "60"]]), scheduled=True)
    assert (outcome.result, outcome.postpone_seconds) == (Result.BUSY, 60)


def test_a_postponement_that_is_no_number_is_an_authentication_error():
    assert run(ScriptedService(authenticate=[["T", "", "soon"]])).code == "QBWC1012"


def test_noop_waits_five_seconds_and_asks_again():
    clock = FakeClock()
    service = ScriptedService(sendRequestXML=["", "", REQUEST], getLastError=["NoOp"])
    outcome = run(service, clock=clock, sleep=clock.sleep)
    assert clock.slept == [5.0, 5.0]
    assert outcome.result is Result.DONE
    assert service.operations[3:7] == [
        "sendRequestXML",
        "getLastError",
        "sendRequestXML",
        "getLastError",
    ]


def test_noop_without_an_end_is_given_up():
    service = ScriptedService(sendRequestXML=[""], getLastError=["NoOp"])
    assert run(service).result is Result.FAILED
    assert service.operations[-1] == "closeConnection"


def test_noop_after_a_negative_answer_is_only_text():
    service = ScriptedService(receiveResponseXML=[-1], getLastError=["NoOp"])
    outcome = run(service)
    assert (outcome.result, outcome.status) == (Result.FAILED, "NoOp")


def test_an_empty_request_shows_the_last_error_and_closes():
    service = ScriptedService(sendRequestXML=[""], getLastError=["Wrong company. (R-17)"])
    outcome = run(service)
    assert outcome.status == "Wrong company. (R-17)"
    assert service.operations[-2:] == ["getLastError", "closeConnection"]
    assert outcome.code == ""


def test_an_error_in_a_scheduled_update_is_qbwc1031():
    assert run(ScriptedService(sendRequestXML=[""]), scheduled=True).code == "QBWC1031"


@pytest.mark.parametrize("word", ["done", "DONE"])
def test_connection_error_done_gives_up_and_closes(word):
    service = ScriptedService(connectionError=[word], closeConnection=["Open QuickBooks first."])
    quickbooks = FakeQuickBooks()
    made = connector(service, quickbooks=quickbooks)
    quickbooks.refusals.append(CLOSED)
    outcome = made.update(made.registry.rows[0])
    assert service.last("connectionError") == {
        "ticket": "TICKET-1",
        "hresult": "0x80040408",
        "message": "QuickBooks could not be started.",
    }
    assert service.operations[-2:] == ["connectionError", "closeConnection"]
    assert (outcome.result, outcome.code) == (Result.FAILED, "QBWC1013")
    assert outcome.status == "Open QuickBooks first."


@pytest.mark.parametrize("answer", ["", r"D:\Spare.qbw"])
def test_connection_error_may_name_the_file_to_try_next(answer):
    service = ScriptedService(authenticate=[["T", r"C:\A.qbw"]], connectionError=[answer])
    quickbooks = FakeQuickBooks()
    made = connector(service, quickbooks=quickbooks)
    quickbooks.refusals.append(CLOSED)
    quickbooks.opened.clear()
    assert made.update(made.registry.rows[0]).result is Result.DONE
    assert quickbooks.opened == [r"C:\A.qbw", answer]


def test_connection_error_that_never_says_done_is_given_up():
    service = ScriptedService(connectionError=[""])
    quickbooks = FakeQuickBooks()
    made = connector(service, quickbooks=quickbooks)
    quickbooks.refusals.extend([CLOSED] * 50)
    assert made.update(made.registry.rows[0]).code == "QBWC1013"
    assert service.operations.count("connectionError") == 10


def test_a_failing_host_query_is_qbwc1014_and_closes():
    service = ScriptedService()
    outcome = run(service, quickbooks=FakeQuickBooks(hcp=None))
    assert outcome.code == "QBWC1014"
    assert service.operations[-1] == "closeConnection"
    assert "sendRequestXML" not in service.operations


def test_quickbooks_that_cannot_be_closed_is_qbwc1015():
    service = ScriptedService()
    quickbooks = FakeQuickBooks()
    made = connector(service, quickbooks=quickbooks)
    quickbooks.close_failure = QuickBooksError("0x800706BA", "The RPC server is unavailable.")
    outcome = made.update(made.registry.rows[0])
    assert (outcome.result, outcome.code) == (Result.FAILED, "QBWC1015")
    assert service.operations[-1] == "closeConnection"


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("authenticate", "QBWC1012"),
        ("sendRequestXML", "QBWC1041"),
        ("receiveResponseXML", "QBWC1042"),
        ("getLastError", "QBWC1043"),
        ("closeConnection", "QBWC1044"),
        ("connectionError", "QBWC1045"),
    ],
)
def test_a_call_that_fails_ends_the_update_with_its_code_and_no_further_call(operation, code):
    script = {operation: [(503, {}, b"")]}
    if operation == "getLastError":
        script["sendRequestXML"] = [""]
    service = ScriptedService(**script)
    quickbooks = FakeQuickBooks()
    made = connector(service, quickbooks=quickbooks)
    if operation == "connectionError":
        quickbooks.refusals.append(CLOSED)
    outcome = made.update(made.registry.rows[0])
    assert (outcome.result, outcome.code) == (Result.FAILED, code)
    assert outcome.status.startswith(f"{code}: ")
    assert "503" in outcome.status
    assert service.operations[-1] == operation


def test_quickbooks_is_unlocked_when_a_call_fails():
    quickbooks = FakeQuickBooks()
    run(ScriptedService(receiveResponseXML=[(500, {}, b"")]), quickbooks=quickbooks)
    assert quickbooks.events[-2:] == ["AppLock=", "close"]


def test_failing_server_and_client_version_do_not_stop_the_update():
    service = ScriptedService(serverVersion=[(404, {}, b"")], clientVersion=[(404, {}, b"")])
    assert run(service).result is Result.DONE


@pytest.mark.parametrize("missing", ["clientVersion", "serverVersion"])
def test_a_missing_version_result_is_as_good_as_empty(missing):
    nothing = answers("other", "")
    assert run(ScriptedService(**{missing: [nothing]})).result is Result.DONE


@pytest.mark.parametrize(
    ("opinion", "code", "status"),
    [
        ("E:Too old.", "QBWC1037", "QBWC1037: Too old."),
        ("O:34.0", "", "The application expects Web Connector version 34.0."),
        (
            "e:Too old.",
            "QBWC1046",
            "QBWC1046: clientVersion answered with bad syntax: 'e:Too old.'.",
        ),
        ("hello", "QBWC1046", "QBWC1046: clientVersion answered with bad syntax: 'hello'."),
    ],
)
def test_client_version_may_refuse(opinion, code, status):
    service = ScriptedService(clientVersion=[opinion])
    outcome = run(service)
    assert (outcome.result, outcome.code, outcome.status) == (Result.FAILED, code, status)
    assert service.operations[-1] == "clientVersion"


def test_a_version_warning_is_the_users_to_accept():
    script = {"clientVersion": ["W:An update is there."]}
    assert run(ScriptedService(**script)).result is Result.DONE
    refuses = Behavior(accept_warnings=False)
    assert run(ScriptedService(**script), behavior=refuses).code == "QBWC1037"


def test_interactive_mode_visits_the_page_and_goes_on():
    pages: list[str] = []
    clock = FakeClock()
    service = ScriptedService(
        sendRequestXML=["", REQUEST],
        getLastError=["Interactive mode"],
        interactiveDone=["not yet", "Done"],
    )
    outcome = run(
        service,
        clock=clock,
        sleep=clock.sleep,
        behavior=Behavior(accept_interactive=True),
        open_page=pages.append,
    )
    assert pages == ["http://localhost/page"]
    assert outcome.result is Result.DONE
    assert service.last("getInteractiveURL")["wcTicket"] == "TICKET-1"
    assert service.operations.count("interactiveDone") == 2


def test_interactive_mode_is_refused_when_nobody_answers():
    service = ScriptedService(sendRequestXML=[""], getLastError=["Interactive mode"])
    outcome = run(service)
    assert outcome.status == "Refused."
    assert service.operations[-2:] == ["interactiveRejected", "closeConnection"]


def test_a_power_cut_leaves_the_lock_and_makes_no_further_call():
    service = ScriptedService()
    quickbooks = FakeQuickBooks()

    def cut(boundary: object) -> None:
        if str(boundary) == "before receiveResponseXML 1":
            raise WebConnectorDied("switched off")

    outcome = run(service, quickbooks=quickbooks, on_boundary=cut)
    assert outcome.result is Result.DIED
    assert service.operations[-1] == "sendRequestXML"
    assert quickbooks.events[-1] == "close"
    assert quickbooks.stamps[OWNER_ID, "AppLock"].startswith("LOCKED:QB-PC:6385")


def test_progress_is_shown_while_it_runs():
    shown: list[tuple[str, int]] = []
    run(
        ScriptedService(receiveResponseXML=[0, 55, 100]),
        on_status=lambda status: shown.append((status.text, status.percent)),
    )
    assert shown == [
        ("Connecting", 0),
        ("Updating", 0),
        ("Updating", 55),
        ("Updating", 100),
        ("All is well.", 100),
    ]


def test_the_password_is_not_in_the_repr():
    made = connector(ScriptedService())
    assert "correct horse" not in repr(made.registry.rows[0])
    assert "correct horse" not in repr(made)
