from __future__ import annotations

import socket
import subprocess
import sys

from daemon.systemd import notify, watchdog_interval


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
