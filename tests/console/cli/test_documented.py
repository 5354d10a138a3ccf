from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import click
import pytest

from console.cli.json_option import JsonOption
from console.cli.reference import reference, whole_command_line
from shared.operations import contracts
from shared.operations.contracts.shapes import Shape

PAGE = Path(__file__).parents[3] / "docs" / "cli.md"
PROMISED = {
    "INVOICE": "txn_id number customer customer_list_id date due_date total balance currency "
    "status",
    "CUSTOMER": "list_id name full_name parent_list_id active",
    "SYNC": "id connection application state started_at ended_at position total failed message "
    "error",
    "RECORD": "kind id document outcome reason remedy",
    "PROBLEM": "id connection code kind document message remedy state",
    "ISSUED_FILES": "password files",
    "ISSUED_FILE": "application path username",
    "PAYMENT": "id external_id source status reason amount currency date txn_id ref_number applied",
    "TAKEN": "id status reason",
    "TAKEN_FILE": "new changed unchanged refused",
    "RECONCILIATION": "differences customers posted waiting unknown parked refused totals "
    "last_invoice_sync last_payment_sync",
}
CHANGES_ONLY = {"export"}
SHAPES = {
    name: value
    for module in pkgutil.iter_modules(contracts.__path__, f"{contracts.__name__}.")
    for name, value in vars(importlib.import_module(module.name)).items()
    if isinstance(value, Shape)
}


def commands(command: click.Command, above: click.Context | None = None, name="deskbridge"):
    """Every command below, with the words that call it."""
    context = click.Context(command, parent=above, info_name=name)
    yield context.command_path, command
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            yield from commands(command.get_command(context, inner), context, inner)


def ours(command: click.Command) -> bool:
    return getattr(command.callback, "__module__", "").startswith("console.cli")


@pytest.fixture(scope="module")
def command_line() -> click.Command:
    return whole_command_line()


def test_the_page_is_current(command_line):
    written = PAGE.read_text("utf-8")
    assert written == reference(command_line), (
        "docs/cli.md is not current: python -m console.cli.reference > docs/cli.md"
    )


def test_every_command_and_option_is_on_the_page(command_line):
    page = PAGE.read_text("utf-8")
    for path, command in commands(command_line):
        assert f" {path}\n" in page
        assert command.help, path
        for option in command.params:
            if isinstance(option, click.Option):
                assert all(name in page for name in (*option.opts, *option.secondary_opts)), path


def test_every_option_of_ours_is_explained(command_line):
    for path, command in commands(command_line):
        for option in command.params if ours(command) else ():
            assert not isinstance(option, click.Option) or option.help, f"{path} {option.opts}"


def test_every_exit_code_is_on_the_page():
    page = PAGE.read_text("utf-8")
    assert all(f"| {code} |" in page for code in (0, 1, 2, 3))


@pytest.mark.parametrize("name", PROMISED)
def test_the_promised_keys_come_first_and_in_order(name):
    promised = PROMISED[name].split()
    assert SHAPES[name].names()[: len(promised)] == promised


def test_every_key_says_what_it_holds():
    assert all(key.meaning for shape in SHAPES.values() for key in shape.keys)


def test_whatever_shows_something_has_json(command_line):
    showing = [
        (path, command)
        for path, command in commands(command_line)
        if ours(command) and not isinstance(command, click.Group)
    ]
    assert len(showing) > 15
    for path, command in showing:
        if path.split()[-1] not in CHANGES_ONLY:
            assert any(isinstance(option, JsonOption) for option in command.params), path
