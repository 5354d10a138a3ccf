from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time

import pytest

from daemon.systemd import notify, watchdog_interval
from tests.whole.processes import DaemonProcess


def test_nobody_is_told_where_nobody_listens():
    assert notify("READY=1", {}) is False


def test_systemd_is_told_in_one_datagram(tmp_path):
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        listener.settimeout(5)
        assert notify("READY=1", {"NOTIFY_SOCKET": str(path)}) is True
        assert listener.recv(100) == b"READY=1"


def test_an_abstract_socket_is_reached_as_well():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0deskbridge-test-notify")
        listener.settimeout(5)
        assert notify("STOPPING=1", {"NOTIFY_SOCKET": "@deskbridge-test-notify"}) is True
        assert listener.recv(100) == b"STOPPING=1"


def test_a_sign_of_life_is_given_three_times_as_often_as_asked_for():
    assert watchdog_interval({"WATCHDOG_USEC": "30000000"}) == 10.0
    assert watchdog_interval({}) is None
    assert watchdog_interval({"WATCHDOG_USEC": "0"}) is None


def test_keeping_small_works_on_this_machine():
    # In a process of its own: it freezes what the garbage collector knows.
    call = "from daemon.memory import keep_small; keep_small()"
    done = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def watched(tmp_path):
    """A daemon whose systemd we are: it has 0.9 s between two signs of life."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(20)
        daemon = DaemonProcess(tmp_path)
        daemon.environment |= {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "900000",
        }
        yield daemon, lambda: systemd.recv(1000).decode()
        daemon.stop()


def test_a_daemon_tells_systemd_that_it_is_up_alive_reloading_and_leaving(watched):
    daemon, heard = watched
    daemon.start()
    while (first := heard()) == "WATCHDOG=1":
        pass
    assert first == "READY=1"
    assert heard() == "WATCHDOG=1"
    before = time.monotonic_ns() // 1000
    daemon.signal(signal.SIGHUP)
    while (reloading := heard()) == "WATCHDOG=1":
        pass
    told = re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=(\d+)", reloading)
    assert told
    assert before <= int(told[1]) <= time.monotonic_ns() // 1000
    assert heard() == "READY=1"
    daemon.signal(signal.SIGTERM)
    while (last := heard()) == "WATCHDOG=1":
        pass
    assert last == "STOPPING=1"
    assert daemon.stop() == 0
