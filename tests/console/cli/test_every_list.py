"""What every list command holds to, whatever it lists."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from pkgutil import iter_modules

import click
import pytest

import console.cli
from console.cli.json_option import JsonOption
from console.cli.listing import Table
from shared.models import alerts, connections, events, outlets, problems, syncs
from shared.models.events import Told
from shared.models.ledger import credit_memos
from shared.models.outlets import Progress
from shared.models.platforms import accounts, records
from shared.models.store import open_store
from shared.operations.describe.tables import Column
from shared.people import Person
from shared.rules.alerts import AlertKind, Changes, Condition
from shared.rules.events import EventKind
from shared.rules.ledger import CreditMemo
from shared.rules.outlets import Refused
from shared.rules.values import RecordKind
from shared.structs import replace
from tests.console.cli.builders import Shell, customer, import_into, invoice, trouble
from tests.console.cli.test_documented import PAGE, commands, whole_command_line
from tests.daemon.connectors.rig import ACCOUNT

STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
COLORS = re.compile(r"\x1b\[[0-9;]*m")
ASKED_WITH_A_WORD = {"find", "hints", "messages"}
LISTS = {
    path.removeprefix("deskbridge "): command
    for path, command in commands(whole_command_line())
    if any(isinstance(one, JsonOption) and one.many for one in command.params)
    and path.split()[-1] not in ASKED_WITH_A_WORD
}
OF_A_CONNECTION = [
    path for path in LISTS if path not in ("connection list", "operator list", "token list")
]
OF_ALL = ("token list",)
"""What is of no connection, or of several, is shown to those who see all."""
every_list = pytest.mark.parametrize("path", LISTS)


def option(path: str, name: str) -> click.Option | None:
    return next((one for one in LISTS[path].params if name in one.opts), None)


LIMITED = [path for path in LISTS if option(path, "--limit")]
WITH_STATES = [
    (path, flag) for path in LISTS for flag in ("--state", "--status") if option(path, flag)
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A store with some of everything, twice; names and words in it would steer a terminal."""
    shell = Shell(tmp_path_factory.mktemp("filled"))
    export = shell.folder / "payments.csv"
    export.write_text("Ref,Value,external_id,amount,invoice\n1,5.00,pay_1,5.00,1042\n")
    open_store(shell.database).close()
    for name in ("Bramble", "Larkspur"):
        shell.says("connection", "add", name)
        shell.says("token", "add", f"program of {name}")
        customers = [
            customer("80000001-1", f"{name} \x1b[2JTile\u202e" + " and Sons" * 9),
            customer("80000002-1", "Gone Ltd", active=False),
        ]
        import_into(
            shell,
            name,
            invoice("A-1", "1042", "1234567.50"),
            invoice("A-2", "1043\x07", "8.00"),
            invoice("A-3", "1044", "9.00", customer_list_id="80000002-1"),
            customers=customers,
        )
        for number in ("1", "2"):
            paid = ("--external-id", f"pay_{number}", "--amount", "5.00", "--invoice", "1042")
            shell.says("payments", "add", name, *paid, "--customer", f"Acme {number}")
            shell.says("customers", "map", name, f"Acme {number}", "80000001-1")
        given = ("payments", "import", name, str(export), "--map", "Ref=reference")
        shell.says(*given, "--save-profile", "ours")
        with shell.store.transaction():
            held = connections.get(name).id
            found = [trouble("A-1", "Invoice 1042, Larkspur \x1b[31mTile"), trouble("A-2", "1043")]
            problems.report(held, None, found, shell.store.now())
            syncs.start(held, "invoice", shell.store.now())
            credit_memos.store(held, 1, [memo("C-1"), memo("C-2")], of_all=True)
            map_records(held, name, shell.store.now())
            wrong = Condition(AlertKind.SYNC_LATE, held, "invoice", "a\x1b[2J", "b", "b", "c")
            alerts.change(Changes(opened=(wrong,)), shell.store.now())
    for name, user in (("Bramble", "daemon"), ("Larkspur", "nobody")):
        of = ("--user", user, "--role", "look", "--connection", name)
        shell.says("operator", "add", f"of {name}", *of)
    for name in ("Bramble", "Larkspur"):  # last, so that the newest events are of both
        shell.says("alerts", "add", f"{name}@example.com", "--connection", name)
        shell.says("webhook", "add", name, f"https://hooks.example.com/{name}")
        with shell.store.transaction():
            miss_events(connections.get(name).id, shell.store.now())
    shell.close()
    return shell.folder / "store.sqlite3"


@pytest.fixture
def full(tmp_path, filled):
    shutil.copy(filled, tmp_path)
    shell = Shell(tmp_path)
    yield shell
    shell.close()


def miss_events(connection_id: int, now: datetime) -> None:
    """The receiver of a connection's webhook refuses two events."""
    told = [Told(id_, f"{id_} \x1b[2J") for id_ in ("A-1", "A-2")]
    events.record(connection_id, EventKind.INVOICE_CHANGED, told)
    found = events.newest(connections=[connection_id], limit=2)
    progress = Progress(found[0].id, tuple((one, Refused("410 \x1b[2JGone")) for one in found))
    outlet = next(
        one
        for one in outlets.all_outlets()
        if one.connection_id == connection_id and one.name.startswith("webhook")
    )
    how = {"gives_up_after": timedelta(), "chance": lambda: 1.0, "now": now}
    outlets.note(outlet, progress, **how)


def map_records(connection_id: int, name: str, now: datetime) -> None:
    account = replace(ACCOUNT, connection_id=connection_id, connection=name, identity="toy:1")
    accounts.add(account, b"", 0)
    for number in ("1042", "1043\x07"):
        kept = (connection_id, "toy:1", RecordKind.INVOICE, number)
        records.put(*kept, f"9{connection_id}{number[:4]}", f"{number} \x1b[2J", now)


def memo(txn_id: str) -> CreditMemo:
    return CreditMemo(
        *(txn_id, "2041", "Larkspur \x1b[2JTile", "80000001-1", date(2026, 1, 5)),
        *(Decimal("60.00"), Decimal("40.00"), "USD", "2026-01-05T09:00:00"),
    )


def test_there_are_lists_of_everything():
    assert len(LISTS) >= 9


@every_list
def test_nothing_is_done_too_and_tells_the_next_step(shell, path):
    text = " ".join(shell.says(*path.split()).split())
    assert text.endswith(".") or "deskbridge " in text
    assert shell.json(*path.split()) == []


@every_list
def test_its_keys_are_those_of_the_page_an_object_to_a_line(full, path):
    [shape] = [one.shape for one in LISTS[path].params if isinstance(one, JsonOption)]
    lines = full.says(*path.split(), "--json").splitlines()
    found = [json.loads(line.rstrip(",")) for line in lines[1:-1]]
    assert (lines[0], lines[-1]) == ("[", "]")
    assert len(found) >= 2
    assert all(list(one) == shape.names() for one in found)
    assert all(f"| `{name}` |" in PAGE.read_text("utf-8") for name in shape.names())


@pytest.mark.parametrize("path", OF_A_CONNECTION)
def test_it_lists_one_connection_or_all(full, path):
    def of(*words: str) -> set[str]:
        of_none = {""}  # what is done and what happens may be about no connection
        return {one["connection"] for one in full.json(*path.split(), *words)} - of_none

    named = ["--connection"] if option(path, "--connection") else []
    assert of() == {"Bramble", "Larkspur"}
    assert of(*named, "larkspur") == {"Larkspur"}
    assert "Connection" in full.says(*path.split()).splitlines()[0]
    if not named:  # an entry of the audit trail may be about a connection that is gone
        assert "Larkspur" in full.refuses(3, *path.split(), "Larkspu")


@every_list
def test_an_operator_of_one_connection_sees_nothing_of_another(full, monkeypatch, path):
    person = Person("nobody", frozenset(), 65534)
    monkeypatch.setattr("console.cli.context.person_here", lambda _environ: person)
    if path == "operator list":
        full.refuses(1, *path.split())
        return
    shown = full.says(*path.split(), "--json")
    assert "Bramble" not in shown
    assert ("Larkspur" in shown) is (path not in OF_ALL)


@every_list
def test_who_is_no_operator_is_shown_nothing(full, monkeypatch, path):
    person = Person("games", frozenset(), 5)
    monkeypatch.setattr("console.cli.context.person_here", lambda _environ: person)
    assert "not an operator" in full.refuses(1, *path.split()) or path == "operator list"


@pytest.mark.parametrize("path", LIMITED)
def test_people_are_shown_the_newest_up_to_a_limit(full, path):
    numbers = [one["id"] for one in full.json(*path.split())]
    words = (*path.split(), "--limit")
    newest = max(numbers)
    assert [one["id"] for one in full.json(*words, "1")] == [newest]
    assert sorted(one["id"] for one in full.json(*words, "2")) == sorted(numbers)[-2:]
    assert [one["id"] for one in full.json(*words, "0")] == numbers
    assert "--limit" in full.says(*words, "1")
    assert "--limit" not in full.says(*words, "0")
    full.refuses(2, *words, "-1")


@pytest.mark.parametrize(("path", "flag"), WITH_STATES)
def test_only_what_stands_in_a_state_may_be_asked_for(full, path, flag):
    for word in option(path, flag).type.choices:
        key = flag.removeprefix("--")
        found = {one[key] for one in full.json(*path.split(), flag, word)}
        assert found <= {word} or word == "any"
        if not found:
            assert "No " in full.says(*path.split(), flag, word)
    full.refuses(2, *path.split(), flag, "nonsense")


@every_list
def test_it_is_in_order_every_time(full, path):
    assert full.says(*path.split()) == full.says(*path.split())
    found = full.json(*path.split())
    numbers = [one["id"] for one in found if "id" in one]
    assert numbers in (sorted(numbers), sorted(numbers, reverse=True))
    if not numbers:
        names = [one.get("connection", one.get("name", "")) for one in found]
        assert names == sorted(names)


@every_list
def test_every_size_is_survived(full, path):
    for columns in (2, 60, 80, 200):
        text = full.says(*path.split(), COLUMNS=str(columns))
        assert text
        assert columns < 80 or max(map(len, text.splitlines())) <= columns


@every_list
def test_no_name_steers_the_terminal(full, path):
    assert not STEERING.search(full.says(*path.split()))
    assert full.says(*path.split(), "--json").isascii()


@every_list
def test_without_color_it_says_the_same(full, path):
    words = path.split()
    colored = full.run(*words, color=True)
    assert COLORS.sub("", colored.stdout) == full.says(*words)
    assert "\x1b" not in full.run(*words, color=True, NO_COLOR="1").stdout
    assert "\x1b" not in full.run(*words, color=True, TERM="dumb").stdout


@every_list
def test_the_store_is_released_before_anything_is_printed(full, monkeypatch, path):
    """A reader that holds its lock while a pager waits would stop the daemon's commits."""
    free = []

    def look(lines):
        list(lines)
        with full.store.transaction():
            free.append(True)

    monkeypatch.setattr("console.cli.output.say_lines", look)
    monkeypatch.setattr("console.cli.output.say_json_lines", look)
    for more in ((), ("--json",)):
        full.says(*path.split(), *more)
        assert free == [True], more
        free.clear()


def test_no_id_is_ever_cut_in_a_table():
    cut = [column for column in _columns() if column.title in IDS and column.least]
    assert cut == []


IDS = {"ID", "TxnID", "ListID", "Number", "Invoice", "Payment", "Posted payment", "User name"}


def _columns() -> Iterator[Column]:
    """Every column of a table that a module of the command line declares."""
    for found in iter_modules(console.cli.__path__, "console.cli."):
        for value in vars(import_module(found.name)).values():
            columns = value.columns if isinstance(value, Table) else value
            if isinstance(columns, tuple):
                yield from (one for one in columns if isinstance(one, Column))
