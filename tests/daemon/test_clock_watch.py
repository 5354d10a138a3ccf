"""What a daemon takes for its machine's uptime."""

from __future__ import annotations

from datetime import timedelta

from daemon.clock_watch import this_machine


def test_a_restarted_daemon_knows_its_machine_again_and_uptime_goes_on():
    before, after = this_machine(), this_machine()
    assert before.boot == after.boot != ""
    assert timedelta() < before.uptime() <= after.uptime()
