"""The command line as a process: pipes, terminals, encodings, start-up."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from shared.models import connections, problems
from tests.console.cli.builders import trouble

PROGRAM = [sys.executable, "-c", "from console.cli.app import cli; cli(prog_name='deskbridge')"]
FULL = Path("/dev/full")
NO_COMMAND_NEEDS = ("twisted", "lxml", "psycopg", "textual")
HEAVY = (*NO_COMMAND_NEEDS, "peewee", "passlib", "shared.models", "shared.rules")


@pytest.fixture
def environ(shell):
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    own = {name: value for name, value in shell.environ.items() if value is not None}
    return kept | own | {"PYTHONPATH": str(Path.cwd()), "TERM": "xterm", "LANG": "C.UTF-8"}


def run(environ, *words, **options):
    return subprocess.run([*PROGRAM, *words], env=environ, capture_output=True, **options)


def on_a_terminal(environ, *words) -> str:
    """Everything that a person at a terminal of 80 columns sees."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*PROGRAM, *words], env=environ, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:  # Linux says EIO when the other end is closed
        pass
    os.close(ours)
    assert process.wait() == 0
    return shown.decode()


@pytest.fixture
def troubled(shell, environ):
    shell.says("connection", "add", "Larkspur")
    with shell.store.transaction():
        held = connections.get("Larkspur")
        problems.report(held.id, None, [trouble("A-1", "Invoice 1042")], shell.store.now())
    return environ


def test_states_are_colored_on_a_terminal(troubled):
    assert "\x1b[31mopen" in on_a_terminal(troubled, "problems", "list")


@pytest.mark.parametrize("more", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_color_can_be_forbidden(troubled, more):
    shown = on_a_terminal(troubled | more, "problems", "list")
    assert "\x1b" not in shown
    assert "open" in shown


def test_a_pipe_gets_no_color(troubled):
    done = run(troubled, "problems", "list")
    assert b"open" in done.stdout
    assert b"\x1b" not in done.stdout


def test_numbers_flow_from_one_command_into_the_next(troubled):
    listed = json.loads(run(troubled, "problems", "list", "--json").stdout)
    numbers = "\n".join(str(problem["id"]) for problem in listed)
    done = run(troubled, "problems", "retry", "-", input=numbers.encode())
    assert done.returncode == 0
    assert b"1 record" in done.stdout


def test_a_reader_that_goes_away_is_no_reason_to_complain(environ):
    process = subprocess.Popen(
        [*PROGRAM, "hints", "--json"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 1


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [["connection", "list"], ["hints", "--json"]])
def test_output_that_cannot_be_written_is_a_failure_with_a_sentence(environ, words):
    with FULL.open("wb") as full:
        done = subprocess.run([*PROGRAM, *words], env=environ, stdout=full, stderr=-1)
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == [
        "Error: Standard output: No space left on device.",
        "What to do: Free space on that disk, then repeat the command",
    ]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_of_the_terminal_is_survived(environ, shell, encoding):
    shell.says("connection", "add", "Zoë Ωmega…")
    done = run(environ | {"PYTHONIOENCODING": encoding}, "connection", "list")
    assert done.returncode == 0
    assert b"mega" in done.stdout


def test_bytes_that_are_no_text_in_an_argument_are_survived(environ):
    done = run(environ, "connection", "show", b"Lark\xff\x1bspur")
    assert done.returncode == 2
    assert b"encoding" in done.stderr


@pytest.mark.parametrize("words", [["--help"], ["--version"]])
def test_help_imports_nothing_heavy(environ, words):
    assert imported(environ, HEAVY, *words) == b""


@pytest.mark.parametrize("words", ["invoices export --help", "payments --help", "qwc --help"])
def test_a_command_imports_what_it_needs_alone(environ, words):
    assert imported(environ, NO_COMMAND_NEEDS, *words.split()) == b""


def test_a_list_command_imports_no_screen_no_parser_and_no_reactor(environ, shell):
    shell.says("connection", "add", "Larkspur")
    for kind in ("customers", "invoices", "payments", "problems", "syncs", "audit"):
        assert imported(environ, (*NO_COMMAND_NEEDS, "passlib"), kind, "list") == b""


def test_a_list_of_syncs_imports_no_payments_and_nothing_that_masks(environ, shell):
    shell.says("connection", "add", "Larkspur")
    others = ("shared.rules.payments.values", "shared.masking")
    assert imported(environ, others, "syncs", "list") == b""


def imported(environ, names, *words):
    """Which of these modules a command imports."""
    probe = (
        "import sys\n"
        "from console.cli.app import cli\n"
        f"cli({list(words)!r}, standalone_mode=False)\n"
        f"sys.stderr.write(' '.join(name for name in {names!r} if name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], env=environ, capture_output=True)
    assert done.returncode == 0
    assert done.stdout
    return done.stderr


def test_nothing_is_asked_where_nobody_answers(environ, shell):
    shell.says("connection", "add", "Larkspur")
    done = run(environ, "connection", "remove", "Larkspur", stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert b"--yes" in done.stderr


def test_the_version_is_told(environ):
    assert run(environ, "--version").stdout.startswith(b"deskbridge, version ")


def closed(environ, *words):
    """Run with standard output closed, as the shell's ``>&-`` does."""
    command = ["sh", "-c", 'exec "$@" >&-', "sh", *PROGRAM, *words]
    return subprocess.run(command, env=environ, stdin=subprocess.DEVNULL, stderr=-1)


def test_a_closed_standard_output_is_survived(environ):
    done = closed(environ, "syncs", "list")
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("words", [["qwc"], ["password", "rotate"], ["qwc", "--json"]])
def test_a_password_that_nobody_would_see_is_not_made(environ, shell, words):
    shell.says("connection", "add", "Larkspur")
    done = closed(environ, *words)
    assert done.returncode == 1
    assert b"Nothing was changed" in done.stderr
    [invoice, _payment] = shell.json("connection", "show")["applications"]
    assert invoice["password_generation"] == 0


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [["qwc"], ["password", "rotate"], ["qwc", "--json"]])
def test_a_password_that_nobody_saw_is_told(environ, shell, tmp_path, words):
    shell.says("connection", "add", "Larkspur")
    with FULL.open("wb") as full:
        done = subprocess.run([*PROGRAM, *words], env=environ, stdout=full, stderr=-1, cwd=tmp_path)
    said = done.stderr.decode()
    assert done.returncode == 1
    assert "the old password no longer works" in said
    assert "Run the command again" in said
    assert "Traceback" not in said


def test_a_tls_key_that_is_missing_is_told_with_its_setting(environ, tmp_path):
    listen = f"ssl:0:privateKey={tmp_path}/key.pem:certKey={tmp_path}/cert.pem"
    done = subprocess.run(
        [sys.executable, "-m", "deskbridge", "daemon"],
        env=environ
        | {
            "DESKBRIDGE_LISTEN": listen,
            "DESKBRIDGE_API_LISTEN": "off",
            "DESKBRIDGE_ADMIN_LISTEN": "off",
        },
        capture_output=True,
        timeout=30,
    )
    said = done.stderr.decode()
    assert done.returncode == 1
    assert f"The setting listen names {tmp_path}/cert.pem: No such file" in said
    assert "Choose a folder" not in said
