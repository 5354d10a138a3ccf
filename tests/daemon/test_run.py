"""What is done before the daemon listens."""

from __future__ import annotations

import subprocess
import sys

WARMED = """
import sys
from daemon.run import warm_up
from shared.models import statements
from shared.models.store import open_store

store = open_store(sys.argv[1])
warm_up(store)
known = len(statements._statements)
cold = [one for one in statements._statements if store.engine not in one._compiled]
print(known > 50, len(cold))
store.close()
"""


def test_nothing_is_left_to_be_compiled_when_the_daemon_listens(tmp_path):
    # In a process of its own: what other tests compiled must not count.
    url = f"sqlite:///{tmp_path}/store.sqlite3"
    done = subprocess.run(
        [sys.executable, "-c", WARMED, url], capture_output=True, text=True, check=False
    )
    assert (done.stdout.split(), done.stderr) == (["True", "0"], "")
