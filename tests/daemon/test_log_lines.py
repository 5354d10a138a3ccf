"""How lines of the log are written: for people, for programs that collect them, for the journal."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from twisted.logger import LogLevel
from twisted.python.failure import Failure

from daemon.log_lines import LogLines, goes_to_journal

AT = 1_718_193_600.25  # 2024-06-12 12:00 UTC


def written(*, as_json: bool = False, with_priorities: bool = False, **event: Any) -> str:
    pieces: list[str] = []
    usual = {
        "log_format": "Sync {sync} of {connection} finished",
        "log_level": LogLevel.info,
        "log_namespace": "daemon.session.handlers",
        "log_time": AT,
        "sync": 12,
        "connection": "Larkspur Tile",
    }
    LogLines(pieces.append, as_json=as_json, with_priorities=with_priorities)(usual | event)
    return "".join(pieces)


def failure() -> Failure:
    return Failure(ValueError("a bug"))


def test_a_line_for_people_says_when_and_how_grave():
    assert written() == "2024-06-12T12:00:00+00:00 info: Sync 12 of Larkspur Tile finished\n"


@pytest.mark.parametrize(
    ("level", "priority"),
    [("debug", 7), ("info", 6), ("warn", 4), ("error", 3), ("critical", 2)],
)
def test_a_line_for_the_journal_begins_with_its_priority(level, priority):
    line = written(with_priorities=True, log_level=LogLevel.levelWithName(level))
    assert line == f"<{priority}>Sync 12 of Larkspur Tile finished\n"


def test_each_line_of_a_traceback_bears_the_priority():
    text = written(with_priorities=True, log_level=LogLevel.critical, log_failure=failure())
    assert len(text.splitlines()) > 1
    assert all(line.startswith("<2>") for line in text.splitlines())


def test_a_line_as_json_has_the_sentence_and_its_fields():
    assert json.loads(written(as_json=True, status=200, whose=" of X", odd=object())) == {
        "time": "2024-06-12T12:00:00.250+00:00",
        "level": "info",
        "logger": "daemon.session.handlers",
        "message": "Sync 12 of Larkspur Tile finished",
        "sync": 12,
        "connection": "Larkspur Tile",
        "status": 200,
    }


def test_a_failure_as_json_is_one_line_with_its_traceback():
    text = written(as_json=True, log_failure=failure(), log_level=LogLevel.critical)
    assert len(text.splitlines()) == 1
    assert "ValueError: a bug" in json.loads(text)["traceback"]


def test_a_field_cannot_pose_as_one_of_ours():
    line = json.loads(written(as_json=True, level="critical", message="forged"))
    assert (line["level"], line["message"]) == ("info", "Sync 12 of Larkspur Tile finished")


@pytest.mark.parametrize("namespace", ["twisted.internet.tcp", "log_legacy", "-"])
def test_what_a_library_says_is_left_out_unless_it_warns(namespace):
    assert written(log_namespace=namespace) == ""
    assert written(log_namespace=namespace, log_level=LogLevel.warn) != ""


def test_it_is_the_journal_that_listens_where_systemd_says_so(tmp_path):
    with (tmp_path / "log").open("w") as log:
        found = os.fstat(log.fileno())
        said = {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}
        assert goes_to_journal(log.fileno(), said)
        assert not goes_to_journal(log.fileno(), {})
        assert not goes_to_journal(log.fileno(), {"JOURNAL_STREAM": "1:2"})
