"""``demo`` as a person runs it: real processes, a real port, and nothing left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from shared.settings import load_settings
from simulator import demo as demonstration
from simulator.comparison import Comparison
from simulator.demo import demo
from simulator.report import Ending
from simulator.story import Story

SMALL = ("--headless", "--customers", "10", "--invoices", "30")
PATIENCE_SECONDS = 60


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    """A demo in a process of its own, whose temporary folders are made in ``folder``."""
    return subprocess.Popen(
        [sys.executable, "-m", "deskbridge", "demo", *SMALL, *words],
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_both_sides_are_equal_and_kept_when_asked(tmp_path):
    kept = tmp_path / "kept"
    with start(tmp_path, "--keep", str(kept)) as running:
        output, _ = running.communicate(timeout=PATIENCE_SECONDS)
    assert running.returncode == 0, output
    assert "Its status column shows: " in output
    assert "\ndeskbridge reconcile: No difference in Demo.\n\nEQUAL: all totals match\n" in output
    assert max(map(len, output.splitlines()[:-1])) <= 80
    assert f"DESKBRIDGE_CONFIG={kept}/deskbridge.toml" in output
    assert daemons_in(tmp_path) == []
    mine, usual = load_settings(kept / "deskbridge.toml", {}), load_settings(None, {})
    assert mine.api_listen != usual.api_listen, "a daemon may run on this machine already"
    assert mine.admin_listen != usual.admin_listen

    names = {path.name for path in kept.iterdir()}
    assert {"company.json", "deskbridge.sqlite3", "QWCLog.txt", "payments.csv"} <= names
    assert {"invoice.qwc", "payment.qwc"} <= names
    for name in ("password", "daemon.log"):
        assert (kept / name).stat().st_mode & 0o777 == 0o600
    password = (kept / "password").read_text().strip()
    assert password not in output + (kept / "QWCLog.txt").read_text()


NOTHING_ENDED = Ending(Story((), None), (), Comparison((), ()), "", True)


def offered(monkeypatch, *words: str) -> tuple[str, list[list[str]]]:
    """What is printed by a demo at a terminal whose answer is yes, and what was run after it."""
    ran: list[list[str]] = []
    monkeypatch.setattr(demonstration, "_at_terminal", lambda: True)
    monkeypatch.setattr(demonstration, "play", lambda *_, **__: NOTHING_ENDED)
    monkeypatch.setattr(demonstration, "_daemon", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(subprocess, "run", lambda command, **_: ran.append(command))
    return CliRunner().invoke(demo, list(words), input="y\n").output, ran


def test_at_a_terminal_the_console_is_offered_and_headless_asks_nothing(monkeypatch):
    shown, ran = offered(monkeypatch)
    assert "Open the console to look around?" in shown
    assert [command[-1] for command in ran] == ["console"]
    shown, ran = offered(monkeypatch, "--headless")
    assert ("?" in shown, ran) == (False, [])


def test_a_folder_that_is_not_empty_is_refused(tmp_path):
    (tmp_path / "something").touch()
    result = CliRunner().invoke(demo, ["--keep", str(tmp_path)])
    assert (result.exit_code, "is not empty" in result.output) == (2, True)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_taken_port_is_refused_before_anything_is_made(tmp_path, monkeypatch, address):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with _listening(address) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(demo, [*SMALL, "--port", str(port)])
    assert result.exit_code == 1
    assert f"Port {port} is in use" in result.output
    assert list(tmp_path.iterdir()) == []


def _listening(address: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, 0), family=family)
    except OSError:
        pytest.skip("this machine has no IPv6")


def test_an_answer_of_somebody_else_is_not_taken_for_the_daemons(tmp_path, monkeypatch):
    monkeypatch.setattr(demonstration, "HttpTransport", AnswersAtOnce)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.poll = iter([None, 0]).__next__  # it ends while somebody else answers
    ended.wait()
    with pytest.raises(demonstration.StepFailed, match="ended with exit code 0"):
        demonstration._wait_until_up(demonstration.Stage(tmp_path, 1), ended)


class AnswersAtOnce:
    def __init__(self, timeout_seconds: float) -> None:
        pass

    def __call__(self, *request: object) -> None:
        pass

    def close(self) -> None:
        pass


def test_a_demo_that_is_terminated_stops_its_daemon(tmp_path):
    with start(tmp_path) as running:
        while "Adding the connection" not in (line := running.stdout.readline()):
            assert line, "the demo ended early"
        running.terminate()
        running.communicate(timeout=PATIENCE_SECONDS)
    assert running.returncode == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []
    assert daemons_in(tmp_path) == []


def test_a_step_that_fails_is_told_with_its_words(tmp_path, monkeypatch):
    monkeypatch.setattr(demonstration, "CONNECTION", "")
    monkeypatch.setattr(demonstration, "_daemon", lambda *_: contextlib.nullcontext())
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    result = CliRunner().invoke(demo, [*SMALL])
    assert result.exit_code == 1
    assert "`deskbridge connection add ''` failed with" in result.output


def test_a_demo_whose_sides_differ_ends_with_1(monkeypatch):
    different = Ending(Story((), None), (), Comparison((), ("invoice 1A-1 is not here",)), "", True)
    monkeypatch.setattr(demonstration, "play", lambda *_, **__: different)
    result = CliRunner().invoke(demo, [*SMALL])
    assert (result.exit_code, "invoice 1A-1 is not here" in result.output) == (1, True)


def test_a_reconcile_that_fails_is_no_proof(tmp_path):
    stage = demonstration.Stage(tmp_path, 1)
    stage.set()
    verdict, reconciled = demonstration._reconciled(stage)
    assert (bool(verdict), reconciled) == (True, False)


def daemons_in(folder: Path) -> list[str]:
    """The command lines of daemons whose working folder is below ``folder``."""
    deadline = time.monotonic() + 5
    while (found := _processes_below(folder)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def _processes_below(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder) in str((process / "cwd").readlink()):
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found
