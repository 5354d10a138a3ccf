"""The daemon as a process: killed at every call, stopped in the middle, asked by others."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

import pytest

from simulator.company import Company, acts
from simulator.comparison import compare_invoices, compare_payments
from simulator.webconnector import HttpTransport, WebConnector
from simulator.webconnector.desktop import Desktop
from tests.whole.processes import DaemonProcess


@pytest.fixture
def daemon(tmp_path):
    process = DaemonProcess(tmp_path)
    process.start()
    yield process
    process.stop()


@pytest.fixture
def line():
    transport = HttpTransport()
    yield transport
    transport.close()


@pytest.fixture
def company():
    return Company.create(seed=11, customers=8, invoices=24)


def add(
    daemon: DaemonProcess, folder: Path, name: str, application: str = "invoice"
) -> tuple[bytes, str]:
    """Add a connection; the .qwc file of one of its applications, and the password."""
    layout = "combined" if application == "combined" else "two"
    daemon.json("connection", "add", name, "--layout", layout)
    issued = daemon.json("qwc", name, "--out", str(folder / name))
    path = next(one["path"] for one in issued["files"] if one["application"] == application)
    return Path(path).read_bytes(), issued["password"]


def differences(daemon: DaemonProcess, company: Company, name: str) -> tuple[str, ...]:
    return compare_invoices(
        company.audit().as_json(),
        daemon.json("invoices", "list", name),
        daemon.json("customers", "list", name),
    ).differences


def test_kill_minus_nine_at_every_call_leaves_the_next_sync_equal(daemon, line, tmp_path, company):
    """At each boundary of a sync that has something to import, killed and started again."""
    qwc, password = add(daemon, tmp_path, "Larkspur")
    points: list[str] = []
    first = WebConnector(
        Desktop(company), transport=line, on_boundary=lambda at: points.append(str(at))
    )
    assert first.update(first.add(qwc, password)).ok
    assert differences(daemon, company, "Larkspur") == ()
    points.clear()
    assert first.update(first.registry.rows[0]).ok
    # "after" one call is "before" the next one.
    for seed, point in enumerate(one for one in points if one.startswith("before")):
        acts.random_acts(company.books, 10, seed)
        killed = WebConnector(
            Desktop(company),
            transport=line,
            on_boundary=lambda at, point=point: daemon.restart() if str(at) == point else None,
        )
        outcome = killed.update(killed.add(qwc, password))
        assert outcome.ok, (point, outcome.status)
    assert differences(daemon, company, "Larkspur") == ()


def test_kill_minus_nine_at_every_answer_posts_each_payment_once(daemon, line, tmp_path, company):
    """The daemon dies before each answer of QuickBooks reaches it, writes and queries alike."""
    qwc, password = add(daemon, tmp_path, "Larkspur", "combined")
    connector = WebConnector(Desktop(company), transport=line)
    row = connector.add(qwc, password)
    assert connector.update(row).ok
    owed = [one for one in daemon.json("invoices", "list", "Larkspur") if one["status"] == "open"]
    for number, invoice in enumerate(owed[:3]):
        terms = ("--invoice", invoice["txn_id"], "--amount", invoice["balance"])
        daemon.json("payments", "add", "Larkspur", "--external-id", f"pay_{number}", *terms)
    connector.on_boundary = lambda at: (
        daemon.restart() if str(at).startswith("before receiveResponseXML") else None
    )
    assert connector.update(row).ok
    connector.on_boundary = None
    assert connector.update(row).ok
    held = daemon.json("payments", "list", "Larkspur")
    posted = [one for one in held if one["status"] == "posted"]
    assert [one["external_id"] for one in posted] == ["pay_0", "pay_1", "pay_2"]
    assert compare_payments(company.audit().as_json(), held).differences == ()
    assert differences(daemon, company, "Larkspur") == ()


def test_kill_minus_nine_while_a_call_is_under_way(daemon, line, tmp_path, company):
    qwc, password = add(daemon, tmp_path, "Larkspur")
    for victim in ("sendRequestXML", "receiveResponseXML", "closeConnection"):

        def deadly(url, headers, body, victim=victim):
            if body is not None and f"<{victim} ".encode() in body:
                timer = threading.Timer(0.002, daemon.kill)
                timer.start()
                try:
                    return line(url, headers, body)
                finally:
                    timer.join()
            return line(url, headers, body)

        connector = WebConnector(Desktop(company), transport=deadly)
        connector.update(connector.add(qwc, password))
        daemon.start()
        again = WebConnector(Desktop(company), transport=line)
        outcome = again.update(again.add(qwc, password))
        assert outcome.ok, (victim, outcome.status)
    assert differences(daemon, company, "Larkspur") == ()


def test_sigterm_answers_what_was_asked_and_exits_cleanly(daemon, line, tmp_path, company):
    qwc, password = add(daemon, tmp_path, "Larkspur")

    def interrupted(url, headers, body):
        if body is not None and b"<receiveResponseXML " in body:
            daemon.signal(signal.SIGTERM)
        return line(url, headers, body)

    connector = WebConnector(Desktop(company), transport=interrupted)
    connector.update(connector.add(qwc, password))
    assert daemon.stop() == 0
    assert "Traceback" not in daemon.log.read_text()


def test_a_port_that_is_taken_ends_the_daemon_with_a_sentence(daemon, tmp_path):
    second = DaemonProcess(tmp_path)
    second.environment |= {"DESKBRIDGE_LISTEN": f"tcp:{daemon.port}:interface=127.0.0.1"}
    done = second.run("daemon")
    assert done.returncode == 1
    assert "cannot start" in done.stderr
    assert ".." not in done.stderr
    assert "Traceback" not in done.stderr


def test_zeep_reads_the_wsdl_and_completes_a_session(daemon, tmp_path, company):
    import zeep

    password = add(daemon, tmp_path, "Larkspur")[1]
    username = daemon.json("connection", "show", "Larkspur")["applications"][0]["username"]
    service = zeep.Client(f"{daemon.url}/qbwc/invoice?wsdl").service
    assert service.serverVersion().startswith("Deskbridge")
    assert not service.clientVersion("2.3.0.215")
    ticket, company_file = service.authenticate(username, password)
    assert not company_file
    session = company.connect("Invoice Sync")
    percent, hcp = 0, session.host_company_preferences()
    while percent < 100:
        request = service.sendRequestXML(ticket, hcp, "", "US", 13, 0)
        percent = service.receiveResponseXML(ticket, session.process(request), "", "")
        assert percent >= 0
    assert service.closeConnection(ticket).startswith("Finished: ")
    assert differences(daemon, company, "Larkspur") == ()


def test_the_daemon_and_the_command_line_share_the_store_without_a_lock(
    daemon, line, tmp_path, company
):
    qwc, password = add(daemon, tmp_path, "Larkspur")
    stop = threading.Event()
    results: list[tuple[int, str]] = []

    def keep_asking():
        while not stop.is_set():
            done = daemon.run("connection", "edit", "Larkspur", "--every", "15", "--json")
            results.append((done.returncode, done.stderr))

    asker = threading.Thread(target=keep_asking)
    asker.start()
    connector = WebConnector(Desktop(company), transport=line)
    row = connector.add(qwc, password)
    outcomes = [connector.update(row) for _ in range(6)]
    stop.set()
    asker.join()
    assert all(one.ok for one in outcomes), [one.status for one in outcomes]
    assert results
    assert {code for code, _ in results} <= {0, 3}, results
    assert json.dumps(results).count("locked") == 0
