from __future__ import annotations

import pytest
from twisted.logger import Logger, LogLevel
from twisted.python.failure import Failure

from daemon.failures import tell
from shared.errors import StoreUnavailable


@pytest.mark.parametrize(
    ("why", "level", "has_traceback"),
    [
        (StoreUnavailable("The disk is full.", "Free space."), LogLevel.error, False),
        (KeyError("ours"), LogLevel.critical, True),
    ],
    ids=["the store", "a bug of ours"],
)
def test_only_a_bug_of_ours_leaves_a_traceback(why, level, has_traceback):
    lines = []
    tell(Logger(observer=lines.append), "{what} failed", Failure(why), what="A look")
    [line] = lines
    assert line["log_level"] is level
    assert line["what"] == "A look"
    assert ("log_failure" in line) is has_traceback
