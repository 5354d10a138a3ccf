"""What a shell completes, as its own function of click's asks for it."""

from __future__ import annotations

import subprocess

import click
import pytest
from click.shell_completion import BashComplete, ShellComplete

from console.cli.completing import connection_names
from console.cli.reference import whole_command_line
from deskbridge import cli
from tests.console.cli.test_documented import commands

OTHER_NAMES = {"connection add", "operator add", "operator remove"}
"""Commands whose NAME is that of something else, or of something that they make."""


class Completion(ShellComplete):
    """What click finds, whatever the shell."""

    name = "test"


@pytest.fixture
def completes(shell, monkeypatch):
    monkeypatch.setenv("DESKBRIDGE_DATABASE", shell.database)
    for name in ("Larkspur Tile", "Lark & Sons", "Bramble"):
        shell.says("connection", "add", name)

    def completed(*words: str) -> list[str]:
        *before, begun = words
        found = Completion(cli, {}, "deskbridge", "_X").get_completions(before, begun)
        return [one.value for one in found]

    return completed


def test_names_of_connections_are_completed_whatever_the_case(completes):
    assert completes("qwc", "lark") == ["Lark & Sons", "Larkspur Tile"]
    assert completes("connection", "remove", "B") == ["Bramble"]
    assert completes("alerts", "list", "--connection", "B") == ["Bramble"]
    assert completes("token", "add", "x", "--connection", "") != []


def test_commands_and_options_are_completed(completes):
    assert completes("con") == ["connection", "console"]
    assert "--dry-run" in completes("service", "install", "--")


@pytest.mark.parametrize("database", ["sqlite:////nowhere/at/all", "postgresql://u@[bad", "what"])
def test_without_a_store_there_is_nothing_and_not_a_word(completes, monkeypatch, capfd, database):
    monkeypatch.setenv("DESKBRIDGE_DATABASE", database)
    assert completes("qwc", "lark") == []
    assert capfd.readouterr() == ("", "")


def test_a_store_that_is_missing_is_not_made_by_asking(completes, monkeypatch, tmp_path):
    missing = tmp_path / "missing.sqlite3"
    monkeypatch.setenv("DESKBRIDGE_DATABASE", f"sqlite:///{missing}")
    assert completes("qwc", "") == []
    assert not missing.exists()


@pytest.fixture
def bash(tmp_path, completes, monkeypatch):
    """bash with click's function, and what it would put on the line."""
    monkeypatch.setattr(BashComplete, "_check_version", staticmethod(lambda: None))
    source = BashComplete(cli, {}, "deskbridge", "_DESKBRIDGE_COMPLETE").source()

    def put(*words: str) -> list[str]:
        monkeypatch.setenv("_DESKBRIDGE_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", "\n".join(["deskbridge", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        answer = tmp_path / "answer"
        answer.write_text(BashComplete(cli, {}, "deskbridge", "_DESKBRIDGE_COMPLETE").complete())
        program = f"complete() {{ :; }}\n{source}\nenv() {{ cat {answer}; }}\n"
        asked = "_deskbridge_completion deskbridge; printf '%s\\n' \"${COMPREPLY[@]}\""
        done = subprocess.run(
            ["bash", "-c", program + asked], capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()

    return put


def test_bash_gets_a_name_as_one_word(bash):
    assert bash("qwc", "Lark") == [r"Lark\ \&\ Sons", r"Larkspur\ Tile"]
    assert bash("qwc", r"Larkspur\ T") == [r"Larkspur\ Tile"]
    assert bash("qwc", '"Larkspur T') == ["Larkspur Tile"]


def test_every_name_of_a_connection_is_completed():
    for path, command in commands(whole_command_line()):
        if path.removeprefix("deskbridge ") in OTHER_NAMES or not _ours(command):
            continue
        for one in command.params:
            if "--connection" in one.opts or (
                isinstance(one, click.Argument) and one.name == "name"
            ):
                assert one._custom_shell_complete is connection_names, (path, one.name)


def _ours(command: click.Command) -> bool:
    return getattr(command.callback, "__module__", "").startswith("console.cli")
