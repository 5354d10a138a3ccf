"""``deskbridge invoiced-server``: make, serve, play people, audit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from simulator.invoiced.commands import invoiced_server
from tests.simulator.invoiced.builders import AUTHORIZED, KEY, Fake


def run(*args: object) -> Result:
    return CliRunner().invoke(invoiced_server, [str(one) for one in args])


def said(*args: object) -> Any:
    result = run(*args, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    said("new", tmp_path / "state", "--key", KEY)
    return tmp_path / "state"


@pytest.fixture
def fake(path: Path) -> Fake:
    return Fake(path=path)


def test_a_new_account_has_a_key_of_its_own_and_is_not_replaced_unasked(tmp_path):
    first, second = (said("new", tmp_path / name)["key"] for name in "ab")
    assert len(first) == 32
    assert first != second
    again = run("new", tmp_path / "a")
    assert (again.exit_code, "--force" in again.stderr) == (1, True)
    assert said("new", tmp_path / "a", "--force", "--currency", "cad", "--key", KEY)
    assert Fake(path=tmp_path / "a").get("/companies/current")["currency"] == "cad"


def test_people_act_and_the_audit_agrees(path, fake):
    acme = fake.customer("Acme")
    for number in ("1", "2", "3", "4"):
        fake.invoice(acme, 100, number=number)
    card = said("act", path, "pay", "1", "--amount", "40.50", "--fee", "1.20")["id"]
    bank = said("act", path, "pay", "2", "--by", "bank")["id"]
    check = said("act", path, "pay", "3", "1", "--by", "check", "--amount", "10")["id"]
    said("act", path, "settle", bank)
    said("act", path, "refund", card, "--amount", "5")
    said("act", path, "dispute", card)
    said("act", path, "void-payment", check)
    said("act", path, "edit", "4", "--add", "7.50", "--notes", "More")
    said("act", path, "renumber", "4", "44")
    said("act", path, "void", "44")
    said("act", path, "delete", "3")
    said("act", path, "add-customer", "Acme", "--contact", "Nancy Talty")
    said("act", path, "delete-customer", "CUST-00002")
    told = said("audit", path)
    balances = {one["number"]: one["balance"] for one in told["invoices"]}
    assert balances == {"1": "59.50", "2": "0.00", "44": "0.00"}
    assert [one["voided"] for one in told["payments"]] == [False, False, True]
    assert [one["refunded"] for one in told["payments"]] == ["5.00", "0.00", "0.00"]
    assert [one["contacts"] for one in told["customers"]] == [[]]
    assert said("act", path, "random", "--count", "20", "--seed", "1")
    assert "Everything adds up." in run("audit", path).stdout


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("act", "{}", "pay", "77"), 3),
        (("act", "{}", "refund", "77"), 3),
        (("act", "{}", "delete-customer", "77"), 3),
        (("act", "{}", "delete-customer", "CUST-00001"), 1),
        (("act", "{}", "pay", "1", "--amount", "ten"), 2),
        (("act", "{}", "renumber", "1", "x" * 33), 1),
        (("audit", "{}.not"), 1),
        (("serve", "{}", "--fault", "limbo"), 1),
    ],
)
def test_what_goes_wrong_is_a_sentence_and_an_exit_code(path, fake, args, code):
    fake.invoice(fake.customer(), number="1")
    result = run(*(one.format(path) for one in args))
    assert result.exit_code == code
    assert "Traceback" not in result.output
    assert result.stderr


def _every(group: click.Group) -> list[click.Command]:
    inside = group.commands.values()
    return [one for sub in inside if isinstance(sub, click.Group) for one in _every(sub)] + [
        *inside
    ]


@pytest.mark.parametrize("command", _every(invoiced_server), ids=lambda one: one.name)
def test_every_command_and_option_explains_itself(command):
    assert command.help
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert all(one.help for one in options), [one.name for one in options if not one.help]


def test_an_audit_that_finds_something_fails(path, fake):
    invoice = fake.invoice(fake.customer(), 100)
    for _ in range(2):
        fake.paid(invoice, 60)
    result = run("audit", path)
    assert result.exit_code == 1
    assert "below 0" in result.stdout


def get(url: str) -> Any:
    asked = urllib.request.Request(
        f"{url}/customers", headers={"Authorization": AUTHORIZED["authorization"]}
    )
    with urllib.request.urlopen(asked, timeout=5) as answer:
        return json.loads(answer.read())


def test_an_account_is_served_while_people_act_and_after_kill_9(path):
    root = Path(__file__).parents[3]
    command = [
        sys.executable,
        root / "deskbridge.py",
        "invoiced-server",
        "serve",
        path,
        "--port",
        "0",
    ]
    for names in (["Acme"], ["Acme", "Acme"]):
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        ) as served:
            url = served.stdout.readline().decode().split()[-1]
            said("act", path, "add-customer", "Acme")
            assert [one["name"] for one in get(url)] == names
            served.send_signal(signal.SIGKILL)
