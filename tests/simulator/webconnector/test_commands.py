"""``webconnector`` on the command line, against a service over real HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simulator.company import Company
from simulator.webconnector.commands import webconnector
from tests.simulator.webconnector.builders import (
    FILE_ID,
    OWNER_ID,
    ScriptedService,
    other_qwc,
    over_http,
    qwc,
)


class Desk:
    """A folder with a company, .qwc files and a password, and a service that listens."""

    def __init__(self, folder: Path, url: str, service: ScriptedService) -> None:
        self.folder = folder
        self.service = service
        self.company = folder / "company"
        Company.create(customers=3, invoices=5).save(self.company)
        addresses = {"AppURL": f"{url}/qbwc", "AppSupport": f"{url}/support"}
        self.invoice, self.payment = folder / "invoice.qwc", folder / "payment.qwc"
        self.invoice.write_bytes(qwc(**addresses))
        self.payment.write_bytes(other_qwc(**addresses))
        self.password = folder / "password"
        self.password.write_text("correct horse\n")

    def run(self, *words: str, both: bool = False, stdin: str | None = None) -> Result:
        files = [self.invoice, self.payment] if both else [self.invoice]
        given = [word for file in files for word in ("--qwc", str(file))]
        if stdin is None:
            given += ["--password-file", str(self.password)]
        given += ["--company", str(self.company), *words]
        return CliRunner().invoke(webconnector, given, input=stdin)


@pytest.fixture
def desk(tmp_path) -> Iterator[Desk]:
    service = ScriptedService()
    with over_http(service) as url:
        yield Desk(tmp_path, url, service)


def test_an_update_shows_what_the_status_column_shows(desk):
    result = desk.run()
    assert (result.exit_code, result.output) == (0, "Invoice Sync: All is well.\n")
    assert len(desk.service.gets) == 2
    assert Company.load(desk.company).data_ext(OWNER_ID, "FileID") == FILE_ID


def test_json_is_one_document(desk):
    result = desk.run("--json")
    assert json.loads(result.stdout) == {
        "updates": [
            {
                "application": "Invoice Sync",
                "result": "done",
                "status": "All is well.",
                "code": "",
                "percent": 100,
                "requests": 1,
                "postpone_seconds": 0,
                "minimum_seconds": 0,
            }
        ],
        "refused": [],
        "code": "",
        "text": "",
    }


def test_nothing_to_do_is_fine(desk):
    desk.service.script["authenticate"] = [["", "none"]]
    result = desk.run()
    assert (result.exit_code, result.output) == (0, "Invoice Sync: No data exchange required.\n")


@pytest.mark.parametrize("verdict", ["nvu", "busy"])
def test_a_refused_login_fails(desk, verdict):
    desk.service.script["authenticate"] = [["", verdict]]
    assert desk.run().exit_code == 1


def test_several_files_run_in_turn_and_a_failure_is_summed_up(desk):
    desk.service.script["authenticate"] = [["", "nvu"], ["T", ""]]
    result = desk.run(both=True)
    assert result.exit_code == 1
    assert "Payment Sync: All is well." in result.stdout
    assert result.stderr == "QBWC1017: these applications failed: Invoice Sync.\n"


def test_a_file_that_is_refused_is_told_and_the_others_run(desk):
    desk.invoice.write_bytes(qwc(AppURL="http://127.0.0.1/qbwc"))
    result = desk.run(both=True)
    assert result.exit_code == 1
    assert "invoice.qwc: QBWC1001" in result.stderr
    assert result.stdout == "Payment Sync: All is well.\n"


def test_the_password_may_come_from_standard_input(desk):
    result = desk.run("--password-file", "-", stdin="from a pipe\n")
    assert result.exit_code == 0
    assert desk.service.last("authenticate")["strPassword"] == "from a pipe"


def test_each_application_may_have_its_own_password(desk):
    other = desk.folder / "other"
    other.write_text("battery staple")
    assert desk.run("--password-file", str(other), both=True).exit_code == 0
    assert desk.service.last("authenticate")["strPassword"] == "battery staple"


def test_three_passwords_for_two_files_is_wrong_usage(desk):
    extra = ["--password-file", str(desk.password)] * 2
    assert desk.run(*extra, both=True).exit_code == 2


def test_an_empty_password_is_qbwc1030(desk):
    desk.password.write_text("")
    result = desk.run()
    assert (result.exit_code, "QBWC1030" in result.output) == (1, True)


def test_auto_run_stops_after_its_runs_and_prints_a_line_each(desk, monkeypatch):
    monkeypatch.setattr("simulator.webconnector.commands.time.sleep", lambda _: None)
    desk.service.script["authenticate"] = [["T", "", "1"], ["T", ""]]
    result = desk.run("--every", "1", "--runs", "2", "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["result"] for line in lines] == ["postponed", "done"]
    assert result.exit_code == 0


def test_auto_run_that_was_only_postponed_did_nothing(desk):
    desk.service.script["authenticate"] = [["T", "", "60"]]
    assert desk.run("--every", "1", "--runs", "1").exit_code == 3


def test_the_log_is_appended_and_keeps_the_password_out(desk):
    log = desk.folder / "QWCLog.txt"
    for _ in range(2):
        assert desk.run("--log", str(log), "--log-level", "verbose").exit_code == 0
    text = log.read_text()
    assert text.count("*** Calling with") == 2 * 6
    assert "correct horse" not in text
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_log_that_cannot_be_written_is_qbwc1033(desk):
    result = desk.run("--log", str(desk.folder / "no" / "such" / "folder"))
    assert (result.exit_code, "QBWC1033" in result.output) == (1, True)


def test_faults_happen(desk):
    result = desk.run("--fault", "drop-reply:receiveResponseXML")
    assert (result.exit_code, "QBWC1042" in result.output) == (1, True)


def test_an_unreadable_fault_is_wrong_usage(desk):
    result = desk.run("--fault", "drop-reply:receiveRespnseXML")
    assert (result.exit_code, "Did you mean receiveResponseXML?" in result.output) == (2, True)


def test_a_second_connector_is_heard_too(desk):
    result = desk.run("--fault", "second-connector:sendRequestXML")
    assert result.stderr == "Invoice Sync (SECOND-PC): All is well.\n"
    assert result.stdout == "Invoice Sync: All is well.\n"
    assert desk.service.operations.count("authenticate") == 2


def test_quickbooks_closed_ends_with_the_services_words(desk):
    desk.run()
    with Company.changing(desk.company) as company:
        company.set_situation("closed")
    desk.service.script["closeConnection"] = ["Open QuickBooks and try again."]
    result = desk.run("--json")
    (update,) = json.loads(result.stdout)["updates"]
    assert (update["status"], update["code"]) == ("Open QuickBooks and try again.", "QBWC1013")
    assert desk.service.last("connectionError")["hresult"] == "0x80040408"
    assert result.exit_code == 1


def test_a_missing_company_is_not_found(desk):
    desk.company.unlink()
    result = desk.run()
    assert (result.exit_code, "company new" in result.stderr) == (3, True)


def test_a_damaged_company_is_a_failure(desk):
    desk.company.write_text("{}")
    assert desk.run().exit_code == 1


def test_a_missing_qwc_file_is_wrong_usage(desk):
    desk.invoice.unlink()
    assert desk.run().exit_code == 2


def test_runs_needs_every(desk):
    assert desk.run("--runs", "2").exit_code == 2


def test_another_company_is_not_stamped_by_an_application_added_before(desk):
    assert desk.run().exit_code == 0
    Company.create(customers=1, invoices=1).save(desk.company)
    assert desk.run().exit_code == 0
    assert Company.load(desk.company).data_ext(OWNER_ID, "FileID") is None


def test_another_pc_may_be_refused(desk):
    assert desk.run().exit_code == 0
    other_pc = ("--registry", str(desk.folder / "other.json"))
    assert desk.run(*other_pc, "--refuse-stamped").exit_code == 1
    assert desk.run(*other_pc).exit_code == 0


def test_a_service_that_never_answers_times_out(desk):
    hold = threading.Event()
    desk.service.on_call = lambda call: call.operation == "authenticate" and hold.wait(5)
    result = desk.run("--timeout", "0.5")
    hold.set()
    assert result.exit_code == 1
    assert "QBWC1012: The operation has timed out." in result.output
