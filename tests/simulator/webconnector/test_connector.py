"""Update Selected over several files, and Auto-Run on a clock."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from simulator.webconnector import Outcome, Registry, Result, WebConnector
from tests.simulator.webconnector.builders import (
    FakeClock,
    FakeQuickBooks,
    ScriptedService,
    connector,
    other_qwc,
)


class Timetable:
    """A connector on a fake clock that notes when each update began, in seconds."""

    def __init__(
        self, service: ScriptedService, *, registry: Registry | None = None, both: bool = False
    ) -> None:
        self.clock = FakeClock()
        self.started: list[tuple[float, str]] = []
        service.on_call = self._note
        self.connector: WebConnector = connector(
            service, clock=self.clock, sleep=self.clock.sleep, registry=registry or Registry()
        )
        if both:
            self.connector.add(other_qwc(), "correct horse")
        self._origin = self.clock.now

    def run(self, every: int, runs: int) -> Sequence[Outcome]:
        return list(self.connector.auto_run(every, runs))

    @property
    def times(self) -> list[float]:
        return [seconds for seconds, _ in self.started]

    def _note(self, call) -> None:
        if call.operation == "authenticate":
            seconds = (self.clock.now - self._origin).total_seconds()
            self.started.append((seconds, call.parameters["strUserName"]))


def test_selected_applications_run_one_after_the_other_and_complete():
    service = ScriptedService()
    made = connector(service)
    made.add(other_qwc(), "correct horse")
    summary = made.update_selected()
    assert service.operations[:6] == service.operations[6:]
    users = [c.parameters["strUserName"] for c in service.calls if c.operation == "authenticate"]
    assert users == ["larkspur-invoice", "larkspur-payment"]
    assert (summary.failed, summary.code, summary.text) == ((), "", "")


def test_a_failure_does_not_stop_the_next_and_is_summed_up():
    service = ScriptedService(authenticate=[["", "nvu"], ["T", ""]])
    made = connector(service)
    made.add(other_qwc(), "correct horse")
    summary = made.update_selected()
    assert [outcome.result for outcome in summary.outcomes] == [Result.INVALID_USER, Result.DONE]
    assert summary.code == "QBWC1017"
    assert summary.text == "QBWC1017: these applications failed: Invoice Sync."
    assert [row.status for row in made.registry.rows][1] == "All is well."


def test_one_application_that_fails_keeps_its_own_code():
    summary = connector(ScriptedService(authenticate=[["", "nvu"]])).update_selected()
    assert (summary.code, summary.text) == ("QBWC1040", "")


def test_no_selection_is_qbwc1016():
    assert connector(ScriptedService()).update_selected([]).code == "QBWC1016"


def test_an_empty_password_is_qbwc1030_and_calls_nobody():
    service = ScriptedService()
    made = connector(service)
    made.registry.rows[0].password = ""
    assert made.update_selected().code == "QBWC1030"
    assert service.calls == []


def test_one_update_at_a_time_for_one_windows_user():
    service = ScriptedService()
    made = connector(service)
    inner: list[Outcome] = []
    service.on_call = lambda call: (
        inner.append(made.update(made.registry.rows[0])) if call.operation == "authenticate" else 0
    )
    assert made.update(made.registry.rows[0]).ok
    assert [(outcome.result, outcome.status) for outcome in inner] == [
        (Result.FAILED, "Another update is running for this Windows user.")
    ]
    assert made.update(made.registry.rows[0]).ok


def test_auto_run_starts_at_once_and_then_every_so_many_minutes():
    table = Timetable(ScriptedService())
    assert [outcome.ok for outcome in table.run(every=15, runs=3)] == [True] * 3
    assert table.times == [0, 900, 1800]


def test_auto_run_takes_the_rows_in_turn():
    table = Timetable(ScriptedService(), both=True)
    table.run(every=10, runs=2)
    assert table.started == [
        (0, "larkspur-invoice"),
        (0, "larkspur-payment"),
        (600, "larkspur-invoice"),
        (600, "larkspur-payment"),
    ]


def test_an_update_that_takes_longer_than_the_interval_is_followed_at_once():
    service = ScriptedService(sendRequestXML=["", "req"], getLastError=["NoOp"])
    service.script["sendRequestXML"] = [*[""] * 30, "req"]  # 30 pauses of 5 s
    table = Timetable(service)
    table.run(every=1, runs=2)
    assert table.times == [0, 150]


def test_a_postponement_moves_the_next_update():
    service = ScriptedService(authenticate=[["T", "", "90"], ["T", ""]])
    table = Timetable(service)
    outcomes = table.run(every=15, runs=3)
    assert [outcome.result for outcome in outcomes] == [
        Result.POSTPONED,
        Result.DONE,
        Result.DONE,
    ]
    assert table.times == [0, 90, 990]


def test_busy_with_a_postponement_comes_back_after_it():
    table = Timetable(ScriptedService(authenticate=[["", "busy", "60"], ["T", ""]]))
    table.run(every=15, runs=2)
    assert table.times == [0, 60]


def test_the_minimum_interval_of_the_service_wins_and_is_a_whole_minute():
    table = Timetable(ScriptedService(authenticate=[["T", "", "0", "130"]]))
    table.run(every=1, runs=3)
    assert table.times == [0, 180, 360]


def test_a_minimum_below_the_users_interval_changes_nothing():
    table = Timetable(ScriptedService(authenticate=[["T", "", "0", "60"]]))
    table.run(every=5, runs=2)
    assert table.times == [0, 300]


def test_the_minimum_is_remembered_by_the_pc(tmp_path):
    path = tmp_path / "registry.json"
    demanding = ScriptedService(authenticate=[["T", "", "0", "600"]])
    Timetable(demanding, registry=Registry(path)).run(every=1, runs=1)
    another_day = Timetable(ScriptedService(), registry=Registry(path))
    another_day.run(every=1, runs=2)
    assert another_day.times == [0, 600]


def test_a_failing_scheduled_update_does_not_end_auto_run():
    table = Timetable(ScriptedService(sendRequestXML=[""]))
    outcomes = table.run(every=2, runs=2)
    assert [outcome.code for outcome in outcomes] == ["QBWC1031", "QBWC1031"]
    assert table.times == [0, 120]


@pytest.mark.parametrize("operation", ["authenticate", "closeConnection"])
def test_a_second_connector_may_run_in_the_middle_of_the_first(operation):
    service = ScriptedService()
    quickbooks = FakeQuickBooks()
    second = connector(service, quickbooks=quickbooks)
    first = connector(service, quickbooks=quickbooks)
    done: list[str] = []

    def run_second(boundary: object) -> None:
        if str(boundary) == f"after {operation} 1":
            done.append(second.update_selected().outcomes[0].result)

    first.on_boundary = run_second
    assert first.update_selected().outcomes[0].ok
    assert done == [Result.DONE]
