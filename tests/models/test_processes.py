"""Several real processes on one store: none is turned away, nothing acknowledged is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from shared.models import audit
from shared.models.store import Store, open_store

ROOT = Path(__file__).parents[2]


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    """Run a script in a process of its own, with our packages."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(*processes: subprocess.Popen[str]) -> list[str]:
    """Wait for processes that must end well; return what they printed."""
    ended = [(process, *process.communicate(timeout=60)) for process in processes]
    for process, _, errors in ended:
        assert process.returncode == 0, errors
    return [output for _, output, _ in ended]


def entries(store: Store) -> list[str]:
    with store.reading():
        return [entry.action for entry in reversed(audit.entries(limit=10_000))]


# Reads and then writes in one transaction: the pattern that a plain BEGIN turns away.
COUNTS_UP = """
    import sys
    from shared.clock import utc_now
    from shared.models import audit
    from shared.models.store import open_store
    with open_store(sys.argv[1]) as store:
        for _ in range(int(sys.argv[2])):
            with store.transaction():
                number = len(audit.entries(limit=10_000))
                audit.add(sys.argv[3], str(number), "", "", utc_now())
"""


def test_two_processes_write_at_once_and_neither_is_turned_away(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    open_store(url).close()
    finish(*(start(COUNTS_UP, url, "150", name) for name in ("daemon", "console")))
    with open_store(url) as store:
        assert entries(store) == [str(number) for number in range(300)]


def test_processes_may_find_the_store_missing_at_the_same_time(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    finish(*(start(COUNTS_UP, url, "3", str(number)) for number in range(4)))
    with open_store(url) as store:
        assert entries(store) == [str(number) for number in range(12)]


def test_daemons_may_find_an_empty_postgresql_at_the_same_time(new_postgres_url):
    url = new_postgres_url()
    finish(*(start(COUNTS_UP, url, "1", str(number)) for number in range(3)))
    with open_store(url) as store:
        assert len(entries(store)) == 3


# Prints each number only after its commit, then stops in the middle of a transaction.
WRITES_AND_HANGS = """
    import sys, time
    from shared.clock import utc_now
    from shared.models import audit
    from shared.models.store import open_store
    store = open_store(sys.argv[1])
    for number in range(int(sys.argv[2])):
        with store.transaction():
            audit.add("", str(number), "", "", utc_now())
        print(number, flush=True)
    with store.transaction():
        audit.add("", "torn", "", "", utc_now())
        print("in the middle", flush=True)
        time.sleep(60)
"""


@pytest.mark.parametrize("committed", [0, 1, 20])
def test_a_process_killed_in_a_transaction_leaves_what_it_committed(tmp_path, committed):
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    process = start(WRITES_AND_HANGS, url, str(committed))
    assert process.stdout is not None
    for line in process.stdout:
        if line == "in the middle\n":
            break
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    with open_store(url) as store:
        assert entries(store) == [str(number) for number in range(committed)]
        with store.transaction():
            audit.add("", "and on", "", "", store.now())
