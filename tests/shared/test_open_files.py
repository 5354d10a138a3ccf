"""Who has a file open, also where this user may not look at another one's open files."""

from __future__ import annotations

import fcntl
import os

import pytest

from shared import open_files
from shared.open_files import lacks, programs_that_hold


@pytest.fixture
def hidden_daemon(tmp_path, monkeypatch):
    """A daemon that has ``store`` open and locked; which files it has open nobody may see."""
    store = tmp_path / "store"
    store.touch()
    ready, child = os.pipe(), os.pipe()
    number = os.fork()
    if number == 0:
        with store.open("r+") as opened:
            fcntl.lockf(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
            os.write(ready[1], b".")
            os.read(child[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    seen = tmp_path / "proc" / str(number)
    seen.mkdir(parents=True)
    (seen / "cmdline").write_bytes(b"/opt/deskbridge/bin/deskbridge\0daemon\0")
    monkeypatch.setattr(open_files, "_PROCESSES", seen.parent)
    yield number, store
    os.write(child[1], b".")
    os.waitpid(number, 0)
    for one in (*ready, *child):
        os.close(one)


def test_a_daemon_whose_files_are_hidden_is_named_by_its_lock(hidden_daemon):
    number, store = hidden_daemon
    assert programs_that_hold([store]) == [f"deskbridge daemon (process {number})"]
    assert programs_that_hold([store.with_name("other")]) == []


def test_of_a_daemon_whose_files_are_hidden_nobody_says_that_it_lacks_one(hidden_daemon, tmp_path):
    number, _ = hidden_daemon
    (tmp_path / "another").touch()
    assert not lacks(number, tmp_path / "another")
