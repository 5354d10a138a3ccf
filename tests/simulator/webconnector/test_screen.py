"""What a person sees while an update runs, and what a pipe does not."""

from __future__ import annotations

import pytest

from simulator.webconnector import Outcome, Result, Status
from simulator.webconnector.screen import Screen

RUNNING = Status("Invoice Sync", "Updating", 55)
DONE = Outcome("Invoice Sync", Result.DONE, "3 invoices imported.", percent=100)


@pytest.fixture(autouse=True)
def sixty_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")


def test_a_terminal_sees_a_bar_that_the_end_wipes_away(capsys):
    screen = Screen(as_json=False, terminal=True)
    screen.progress(RUNNING)
    drawn = capsys.readouterr().out
    assert drawn.strip("\r ") == "[###########         ]  55 % Invoice Sync: Updating"
    screen.ended(DONE)
    wiped = capsys.readouterr().out
    assert wiped == f"\r{' ' * 59}\rInvoice Sync: 3 invoices imported.\n"


def test_the_bar_fits_the_terminal(capsys):
    Screen(as_json=False, terminal=True).progress(Status("Invoice Sync", "x" * 200, 100))
    assert len(capsys.readouterr().out.strip("\r")) == 59


def test_a_pipe_sees_no_bar(capsys):
    screen = Screen(as_json=False, terminal=False)
    screen.progress(RUNNING)
    screen.ended(DONE)
    assert capsys.readouterr().out == "Invoice Sync: 3 invoices imported.\n"


def test_json_is_not_disturbed_by_a_bar(capsys):
    Screen(as_json=True, terminal=True).progress(RUNNING)
    assert capsys.readouterr().out == ""
