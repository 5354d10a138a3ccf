"""Who is behind a ticket, for the log."""

from __future__ import annotations

from daemon import callers
from daemon.callers import Caller, Callers, short
from shared import passwords


def test_whose_a_ticket_is_was_noted_or_is_nobodys():
    known = Callers()
    known.note("a", Caller("Larkspur Tile", 12))
    assert known.of("a") == Caller("Larkspur Tile", 12)
    assert known.of("b") == Caller()


def test_only_the_latest_are_kept(monkeypatch):
    monkeypatch.setattr(callers, "MOST_KNOWN", 2)
    known = Callers()
    for ticket in "abc":
        known.note(ticket, Caller(ticket))
    assert [known.of(ticket).connection for ticket in "abc"] == ["", "b", "c"]


def test_a_ticket_in_short_finds_it_but_opens_nothing():
    ticket = passwords.new_ticket()
    assert ticket.startswith(short(ticket))
    assert len(short(ticket)) == 8
    assert short("refused.wrong-password.S2..0a1b2c3d4e5f") == short("") == short(ticket[:20]) == ""
