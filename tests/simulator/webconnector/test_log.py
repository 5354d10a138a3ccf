"""The log: UTC stamps, levels, and never a password or a whole ticket."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from simulator.webconnector import Level, Log
from tests.simulator.webconnector.builders import ANSWER, ScriptedService, answers, connector, texts

PASSWORD = "correct horse"


def lines_of(level: Level, service: ScriptedService | None = None) -> list[str]:
    lines: list[str] = []
    connector(service or ScriptedService(), log=Log(lines.append, level=level)).update_selected()
    return lines


def test_a_line_has_a_utc_stamp_like_qwclog():
    lines: list[str] = []
    east = timezone(timedelta(hours=2))
    log = Log(lines.append, clock=lambda: datetime(2024, 6, 12, 11, 46, 40, tzinfo=east))
    log.say("authenticate()", "*** Calling")
    assert lines == ["20240612.09:46:40 UTC\t: WebConnector.authenticate() : *** Calling"]


def test_none_writes_nothing():
    assert lines_of(Level.NONE) == []


def test_debug_cuts_payloads_to_fifty_characters():
    text = "\n".join(lines_of(Level.DEBUG))
    assert ANSWER not in text
    assert f"response = <{ANSWER[:50]}…> ({len(ANSWER)} characters)" in text


def test_verbose_writes_payloads_whole():
    assert any(ANSWER in line for line in lines_of(Level.VERBOSE))


def test_no_level_writes_the_password_even_when_the_service_echoes_it():
    for level in (Level.DEBUG, Level.VERBOSE):
        echo = answers("authenticate", texts("T", f"{'x' * 40}{PASSWORD}"))
        lines = lines_of(level, ScriptedService(authenticate=[echo]))
        text = "\n".join(lines)
        assert PASSWORD not in text
        assert PASSWORD[:4] not in text
        assert "strPassword = <********>" in text


def test_no_level_writes_a_whole_ticket():
    ticket = "0123456789ABCDEF0123456789ABCDEF"
    text = "\n".join(lines_of(Level.VERBOSE, ScriptedService(authenticate=[[ticket, ""]])))
    assert ticket not in text
    assert "ticket = <01234567" in text


def test_errors_stand_in_the_log_with_their_code():
    service = ScriptedService(sendRequestXML=[(503, {}, b"")])
    assert any(re.search("QBWC1041: .*503", line) for line in lines_of(Level.DEBUG, service))
