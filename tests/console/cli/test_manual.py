"""The manual pages: one for each command, as troff reads it."""

from __future__ import annotations

import re

import click
import pytest

from console.cli.manual import pages
from console.cli.reference import whole_command_line

REQUESTS = {"TH", "SH", "TP", "PP", "nf", "fi", "nh"}


@pytest.fixture(scope="module")
def manual() -> dict[str, str]:
    return dict(pages(whole_command_line()))


def test_there_is_a_page_for_the_whole_and_one_for_each_command(manual):
    root = whole_command_line()
    names = [f"deskbridge-{name}.1" for name in root.list_commands(click.Context(root))]
    assert sorted(manual) == sorted(["deskbridge.1", *names])
    for name in names:
        assert name.removesuffix(".1").replace("-", "\\-") in manual["deskbridge.1"]


def test_commands_below_a_command_are_on_its_page_with_their_options(manual):
    assert '.SH "DESKBRIDGE DB RESTORE"' in manual["deskbridge-db.1"]
    assert "\\fB\\-\\-yes\\fR" in manual["deskbridge-db.1"]


def test_no_line_of_text_is_read_as_a_request(manual):
    for name, text in manual.items():
        found = set(re.findall(r"^[.']\s*(\w*)", text, re.MULTILINE))
        assert found <= REQUESTS, name


def test_signs_of_troff_in_a_text_come_through():
    @click.command(help=".dotted\n\nback\\slash and a-b, `bold`\n\n\b\n.kept\n  as it is")
    def act() -> None: ...

    text = dict(pages(click.Group("deskbridge", commands={"act": act})))["deskbridge-act.1"]
    assert "\\&.dotted" in text
    assert "back\\eslash and a\\-b, \\fBbold\\fR" in text
    assert ".nf\n\\&.kept\n  as it is\n.fi" in text
