"""Faults for rehearsal: each happens at its call, and does what its name says."""

from __future__ import annotations

import pytest

from simulator.webconnector import Boundary, Fault, FaultKind, HttpTransport, Moment, parse_fault
from simulator.webconnector.faults import FaultUnreadable
from tests.simulator.webconnector.builders import (
    FakeClock,
    ScriptedService,
    connector,
    over_http,
    qwc,
)


def update(service: ScriptedService, *faults: str, **changes: object):
    made = connector(service, faults=[parse_fault(text) for text in faults], **changes)
    return made.update_selected().outcomes[0]


def test_a_fault_is_written_as_kind_call_turn_and_seconds():
    assert parse_fault("die-after:sendRequestXML") == Fault(
        FaultKind.DIE_AFTER, "sendRequestXML", 1
    )
    assert parse_fault("repeat:receiveresponsexml:*").turn is None
    assert parse_fault("delay:authenticate:2:1.5") == Fault(FaultKind.DELAY, "authenticate", 2, 1.5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("drop-befor:authenticate", "Did you mean drop-before?"),
        ("drop-before:authentcate", "Did you mean authenticate?"),
        ("nonsense:authenticate", "Known: drop-before"),
        ("drop-before", "KIND:CALL"),
        ("drop-before:authenticate:1:2:3", "KIND:CALL"),
        ("drop-before:authenticate:0", "number from 1"),
        ("drop-before:authenticate:x", "number from 1"),
        ("delay:authenticate:1:soon", "number from 0"),
        ("delay:authenticate:1:inf", "number from 0"),
        ("delay:authenticate", "needs SECONDS"),
        ("drop-before:authenticate:1:3", "others take none"),
        ("skip:sendRequestXML", "can be skipped"),
        ("cut-response:sendRequestXML", "belongs to receiveResponseXML"),
    ],
)
def test_a_fault_written_wrongly_says_how_to_write_it(text, words):
    with pytest.raises(FaultUnreadable) as caught:
        parse_fault(text)
    assert words.removeprefix("others") in str(caught.value)


def test_every_kind_is_explained():
    assert all(kind.meaning for kind in FaultKind)


@pytest.mark.parametrize("kind", ["drop-before", "half-sent"])
def test_what_was_not_sent_whole_does_not_reach_the_service(kind):
    service = ScriptedService()
    outcome = update(service, f"{kind}:receiveResponseXML")
    assert outcome.code == "QBWC1042"
    assert service.operations[-1] == "sendRequestXML"


@pytest.mark.parametrize("kind", ["drop-sent", "drop-reply", "cut-reply"])
def test_what_was_sent_reaches_the_service_though_the_reply_is_lost(kind):
    service = ScriptedService()
    outcome = update(service, f"{kind}:receiveResponseXML")
    assert outcome.code == "QBWC1042"
    assert service.operations[-1] == "receiveResponseXML"


def test_half_of_the_answer_of_quickbooks_is_passed_on():
    whole, cut = ScriptedService(), ScriptedService()
    update(whole)
    update(cut, "cut-response:receiveResponseXML")
    response = whole.last("receiveResponseXML")["response"]
    assert cut.last("receiveResponseXML")["response"] == response[: len(response) // 2]


def test_a_repeated_call_is_made_twice_and_the_second_reply_counts():
    service = ScriptedService(receiveResponseXML=[50, 100])
    outcome = update(service, "repeat:receiveResponseXML")
    assert service.operations[3:6] == ["sendRequestXML", *["receiveResponseXML"] * 2]
    assert outcome.requests == 1
    assert outcome.ok


def test_close_connection_may_be_left_out():
    service = ScriptedService()
    assert update(service, "skip:closeConnection").ok
    assert service.operations[-1] == "receiveResponseXML"


def test_a_delay_waits():
    clock = FakeClock()
    update(ScriptedService(), "delay:sendRequestXML:1:30", clock=clock, sleep=clock.sleep)
    assert clock.slept == [30.0]


def test_a_turn_counts_the_calls_of_one_name():
    service = ScriptedService(receiveResponseXML=[10, 20, 100])
    assert update(service, "drop-before:sendRequestXML:3").code == "QBWC1041"
    assert service.operations.count("sendRequestXML") == 2


def test_a_star_means_every_call_of_that_name():
    service = ScriptedService(receiveResponseXML=[10, 20, 30, 100])
    assert update(service, "repeat:receiveResponseXML:*").requests == 2
    assert service.operations.count("receiveResponseXML") == 4


@pytest.mark.parametrize(
    ("fault", "last"),
    [
        ("die-before:receiveResponseXML", "sendRequestXML"),
        ("die-after:receiveResponseXML", "receiveResponseXML"),
    ],
)
def test_a_dead_pc_makes_no_further_call(fault, last):
    service = ScriptedService()
    assert update(service, fault).result == "died"
    assert service.operations[-1] == last


def test_a_second_connector_runs_before_the_call():
    service = ScriptedService()
    seconds: list[str] = []
    update(
        service,
        "second-connector:sendRequestXML",
        second_connector=lambda application: seconds.append(
            f"{application.username} after {service.operations[-1]}"
        ),
    )
    assert seconds == ["larkspur-invoice after authenticate"]


def test_boundaries_are_told_before_and_after_each_call():
    reached: list[Boundary] = []
    update(ScriptedService(), on_boundary=reached.append)
    assert [str(boundary) for boundary in reached[4:8]] == [
        "before authenticate 1",
        "after authenticate 1",
        "before sendRequestXML 1",
        "after sendRequestXML 1",
    ]
    assert reached[-1] == Boundary(Moment.AFTER, "closeConnection", 1)


def test_the_line_faults_work_over_real_http():
    service = ScriptedService()
    with over_http(service) as url:
        transport = HttpTransport(timeout_seconds=5, continue_wait_seconds=0.2)
        made = connector(
            service,
            qwc(AppURL=f"{url}/qbwc", AppSupport=f"{url}/support"),
            transport=transport,
            faults=[parse_fault("drop-reply:closeConnection")],
        )
        outcome = made.update_selected().outcomes[0]
        transport.close()
    assert outcome.code == "QBWC1044"
    assert service.operations[-1] == "closeConnection"
    assert service.calls[-1].headers["SOAPAction"] == (
        '"http://developer.intuit.com/closeConnection"'
    )
