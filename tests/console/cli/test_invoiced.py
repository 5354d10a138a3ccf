"""Invoiced on the command line: connected with a key that nobody ever sees again."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

from shared import sealing
from shared.models.platforms import accounts, outbox, records
from shared.operations.contracts.connectors import CHECKED, MAPPED, PREVIEW, STANDING
from shared.rules.connectors import SendState, Would
from shared.rules.invoiced import authorization
from shared.rules.values import RecordKind
from shared.structs import replace
from tests.models.builders import NOON, Books, customer, invoice

KEY = "planted-key-0123456789abcdefghijk"


class Answers(BaseHTTPRequestHandler):
    """Whom the key opens the door to, and what invoices there are."""

    company: ClassVar[dict[str, Any]] = {"id": 7, "name": "Harbor & Vale", "currency": "usd"}
    invoices: ClassVar[list[dict[str, Any]]] = []

    def do_GET(self) -> None:
        good = self.headers["Authorization"] == authorization(KEY)
        told = self.invoices if self.path.startswith("/invoices?") else self.company
        body = json.dumps(told if good else {"type": "invalid_request"}).encode()
        self.send_response(200 if good else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    path = tmp_path / "key"
    path.write_text(KEY + "\n")
    return str(path)


@pytest.fixture
def books(shell) -> Books:
    made = Books(shell.store)
    made.hold(customer())
    made.read(invoice("1A-100"))
    made.settle()
    return made


@pytest.fixture
def connected(shell, books, url, key_file):
    shell.says("invoiced", "connect", "Larkspur", "--key-file", key_file, "--url", url)
    return shell


def outgoing(shell, books: Books):
    with shell.store.reading():
        return {one.name: one for one in outbox.listed(books.id, list(SendState))}


def test_what_is_open_waits_to_be_sent_once_an_account_is_connected(connected, books):
    assert set(outgoing(connected, books)) == {"customer/80-1", "invoice/1A-100"}
    status = connected.json("invoiced", "status", "Larkspur")
    assert list(status) == STANDING.names()
    assert (status["company"], status["currency"], status["waiting"]) == ("Harbor & Vale", "USD", 2)
    assert (status["state"], status["key_source"]) == ("paused", "store")
    assert "Harbor & Vale" in connected.says("invoiced", "status", "Larkspur")


def test_the_key_is_nowhere_but_sealed_in_the_store(connected, books, tmp_path):
    says = [
        connected.says("invoiced", "status", "Larkspur"),
        connected.says("audit", "list"),
        connected.says("events", "list"),
        json.dumps(connected.json("invoiced", "status", "Larkspur")),
        connected.run("doctor", "--no-network", "--settings").stdout,
        connected.says("syncs", "bundle", str(books.sync.id), "--out", str(tmp_path / "b.zip")),
    ]
    with zipfile.ZipFile(tmp_path / "b.zip") as bundle:
        says += [bundle.read(name).decode() for name in bundle.namelist()]
    assert KEY not in "".join(says)
    for file in tmp_path.iterdir():
        if file.name != "key":
            assert KEY.encode() not in file.read_bytes(), file.name
    with connected.store.reading():
        account = accounts.get(books.id, "Larkspur")
        sealed = accounts.sealed_key(books.id)
    assert KEY not in repr(account)
    assert sealing.find("store", sealed, connected.database, {}) == KEY
    [key_of_store] = tmp_path.glob("*.sqlite3.key")
    assert key_of_store.stat().st_mode & 0o777 == 0o600


def test_without_the_key_of_the_store_nothing_is_opened(connected, books, tmp_path):
    with connected.store.reading():
        sealed = accounts.sealed_key(books.id)
    with pytest.raises(sealing.CannotOpen, match="another store key"):
        sealing.unseal(sealed, connected.database, {sealing.VARIABLE: "x" * 40})
    next(tmp_path.glob("*.sqlite3.key")).unlink()
    with pytest.raises(sealing.CannotOpen, match="No such file"):
        sealing.unseal(sealed, connected.database, {})
    checks = json.loads(connected.run("doctor", "--no-network", "--json").stdout)["checks"]
    [check] = [one for one in checks if one["name"] == "invoiced Larkspur"]
    assert check["state"] == "fail"


def test_a_key_of_the_store_may_come_from_systemd_or_the_environment(tmp_path):
    (tmp_path / sealing.CREDENTIAL).write_text("s" * 40)
    environ = {sealing.CREDENTIALS: str(tmp_path)}
    sealed = sealing.seal(KEY, "postgresql://db/x", environ)
    assert KEY.encode() not in sealed
    assert sealing.unseal(sealed, "postgresql://db/x", environ) == KEY
    with pytest.raises(sealing.CannotOpen, match="no store key"):
        sealing.seal(KEY, "postgresql://db/x", {})
    with pytest.raises(sealing.CannotOpen, match="32 characters"):
        sealing.seal(KEY, "postgresql://db/x", {sealing.VARIABLE: "short"})
    (tmp_path / "api-key").write_text(KEY)
    assert sealing.find("credential:api-key", b"", "", environ) == KEY
    assert sealing.find("env:KEY", b"", "", {"KEY": f" {KEY}\n"}) == KEY
    for source in ("credential:../api-key", "credential:other", "env:OTHER"):
        with pytest.raises(sealing.CannotOpen):
            sealing.find(source, b"", "", environ)


def test_the_daemon_may_have_the_key_where_the_command_cannot_see_it(shell, books):
    shell.says("invoiced", "connect", "Larkspur", "--key-env", "NO_SUCH_KEY", "--sandbox")
    status = shell.json("invoiced", "status", "Larkspur")
    assert (status["key_source"], status["identity"]) == ("env:NO_SUCH_KEY", "")
    assert status["url"] == "https://api.sandbox.invoiced.com"


def test_a_key_that_opens_nothing_is_told_and_connects_nothing(shell, books, url, tmp_path):
    (tmp_path / "wrong").write_text("w" * 32)
    options = ("--key-file", str(tmp_path / "wrong"), "--url")
    assert "refuses the key" in shell.refuses(1, "invoiced", "connect", "Larkspur", *options, url)
    told = shell.refuses(1, "invoiced", "connect", "Larkspur", *options, "http://127.0.0.1:9")
    assert "cannot be reached" in told
    shell.refuses(2, "invoiced", "connect", "Larkspur", "--url", url)
    shell.refuses(3, "invoiced", "status", "Larkspur")


def test_another_key_is_taken_for_the_same_account_alone(connected, url, key_file, monkeypatch):
    again = ("invoiced", "connect", "Larkspur", "--key-file", key_file, "--url", url)
    assert "this key" in connected.says(*again)
    monkeypatch.setattr(Answers, "company", Answers.company | {"id": 8})
    assert "another account" in connected.refuses(3, *again)
    connected.says("invoiced", "disconnect", "Larkspur")
    connected.says(*again)


def test_an_account_of_another_currency_is_refused(shell, bound, url, key_file, monkeypatch):
    monkeypatch.setattr(Answers, "company", Answers.company | {"currency": "eur"})
    told = shell.refuses(3, "invoiced", "connect", "Larkspur", "--key-file", key_file, "--url", url)
    assert "EUR" in told


def test_nothing_is_sent_before_a_dry_run_showed_what_that_would_be(connected, books):
    assert connected.json("invoiced", "status", "Larkspur")["state"] == "paused"
    assert "preview" in connected.refuses(3, "invoiced", "resume", "Larkspur")
    looked_at_everything(connected, books)
    connected.says("invoiced", "resume", "Larkspur")
    assert connected.json("invoiced", "status", "Larkspur")["state"] == "live"


def test_pause_and_resume(connected, books):
    looked_at_everything(connected, books)
    connected.refuses(3, "invoiced", "pause", "Larkspur")
    connected.says("invoiced", "resume", "Larkspur")
    connected.says("invoiced", "pause", "Larkspur")
    assert connected.json("invoiced", "status", "Larkspur")["state"] == "paused"
    connected.says("invoiced", "resume", "Larkspur")
    assert connected.json("invoiced", "status", "Larkspur")["state"] == "live"


def looked_at_everything(shell, books: Books) -> None:
    """What the daemon does of a dry run."""
    with shell.store.transaction():
        for one in outbox.listed(books.id, list(SendState)):
            outbox.looked(books.id, one, Would.CREATE, "")
        accounts.set_looking(books.id, is_looking=False)


def test_a_dry_run_is_made_by_the_daemon(connected, books):
    alone = connected.run("invoiced", "preview", "Larkspur", "--wait", "0")
    assert alone.exit_code == 1
    assert "daemon" in alone.stderr
    looked_at_everything(connected, books)
    with connected.store.reading():
        assert PREVIEW.names()[0] == "is_through"
    assert {one.would for one in outgoing(connected, books).values()} == {Would.CREATE}


def test_balances_are_compared_and_the_exit_code_tells_a_difference(connected, books, monkeypatch):
    there = {"id": 31, "number": "100", "balance": 250.0, "status": "not_sent", "draft": False}
    missing = connected.run("invoiced", "check", "Larkspur", "--json")
    assert missing.exit_code == 1
    assert [one["document"] for one in json.loads(missing.stdout)["missing"]] == ["100"]
    with connected.store.transaction():
        identity = accounts.get(books.id, "Larkspur").identity
        where = (books.id, identity, RecordKind.INVOICE)
        records.put(*where, "1A-100", "31", "100", NOON)
    monkeypatch.setattr(Answers, "invoices", [there])
    equal = connected.json("invoiced", "check", "Larkspur")
    assert list(equal) == CHECKED.names()
    assert (equal["invoices"], equal["differing"], equal["missing"]) == (1, [], [])
    monkeypatch.setattr(Answers, "invoices", [{**there, "balance": 249.99}])
    told = connected.run("invoiced", "check", "Larkspur")
    assert told.exit_code == 1
    assert "-0.01" in told.stdout


def test_what_becomes_of_convenience_fees_is_chosen_when_connecting_and_later(
    shell, books, url, key_file
):
    way = ("--key-file", key_file, "--url", url)
    shell.says("invoiced", "connect", "Larkspur", *way, "--convenience-fees", "on-account")

    def now() -> str:
        return shell.json("invoiced", "status", "Larkspur")["convenience_fees"]

    assert now() == "on-account"
    shell.says("invoiced", "connect", "Larkspur", *way)
    assert now() == "on-account"
    shell.says("invoiced", "edit", "Larkspur", "--convenience-fees", "leave-out")
    assert now() == "leave-out"
    shell.refuses(3, "invoiced", "edit", "Larkspur", "--convenience-fees", "leave-out")


def test_what_is_refused_is_sent_again_or_left_out(connected, books):
    one = outgoing(connected, books)["invoice/1A-100"]
    with connected.store.transaction():
        outbox.stands(books.id, one, outbox.Standing(SendState.REFUSED, "too long"), NOON)
    assert connected.json("invoiced", "status", "Larkspur")["held_up"][0]["reason"] == "too long"
    connected.says("invoiced", "retry", "Larkspur")
    assert outgoing(connected, books)["invoice/1A-100"].state is SendState.WAITING
    connected.refuses(3, "invoiced", "retry", "Larkspur")
    connected.says("invoiced", "skip", "Larkspur", "100", "--note", "sent by hand")
    assert outgoing(connected, books)["invoice/1A-100"].reason == "sent by hand"
    connected.refuses(3, "invoiced", "skip", "Larkspur", "nothing")


def test_what_left_and_may_have_arrived_is_not_left_out(connected, books):
    one = outgoing(connected, books)["invoice/1A-100"]
    with connected.store.transaction():
        outbox.begin(books.id, replace(one, request=b"{}", request_key="k"))
    assert "already sent" in connected.refuses(3, "invoiced", "skip", "Larkspur", "100")


def test_a_person_chooses_whom_a_customer_is_there(connected, books):
    connected.says("invoiced", "choose", "Larkspur", "Larkspur Tile", "--as", "1001")
    assert outgoing(connected, books)["customer/80-1"].choice == "1001"
    connected.says("invoiced", "choose", "Larkspur", "80-1", "--create")
    assert outgoing(connected, books)["customer/80-1"].choice == "create"
    connected.refuses(2, "invoiced", "choose", "Larkspur", "80-1")
    connected.refuses(2, "invoiced", "choose", "Larkspur", "80-1", "--as", "Acme")
    connected.refuses(3, "invoiced", "choose", "Larkspur", "100", "--create")


def test_what_is_on_both_sides_is_listed_and_outlives_the_connection(
    connected, books, url, key_file, tmp_path
):
    with connected.store.transaction():
        identity = accounts.get(books.id, "Larkspur").identity
        put = (books.id, identity, RecordKind.CUSTOMER, "80-1", "1001", "Larkspur Tile", NOON)
        records.put(*put)
    [mapping] = connected.json("invoiced", "mappings", "Larkspur")
    assert list(mapping) == MAPPED.names()
    assert (mapping["our_id"], mapping["their_id"]) == ("80-1", "1001")
    connected.says("invoiced", "mappings", "Larkspur", "--csv", str(file := tmp_path / "all.csv"))
    header, line = file.read_text().splitlines()
    assert header.split(",") == MAPPED.names()
    assert "80-1,1001" in line
    connected.says("invoiced", "disconnect", "Larkspur")
    assert connected.json("invoiced", "mappings", "Larkspur") == []
    connected.says("invoiced", "connect", "Larkspur", "--key-file", key_file, "--url", url)
    assert "1001" in connected.says("invoiced", "mappings", "Larkspur")


def test_removing_a_connection_removes_its_account(connected):
    connected.says("connection", "remove", "Larkspur", "--yes")
    with connected.store.reading():
        assert accounts.every() == []
    assert os.environ.get(sealing.VARIABLE) is None


def test_a_key_that_only_the_daemon_has_is_no_failure_and_the_check_says_who_compares(
    shell, books, url, monkeypatch
):
    monkeypatch.setenv("INVOICED_KEY", KEY)
    shell.says("invoiced", "connect", "Larkspur", "--key-env", "INVOICED_KEY", "--url", url)
    monkeypatch.delenv("INVOICED_KEY")
    told = shell.refuses(1, "invoiced", "check", "Larkspur")
    assert "INVOICED_KEY" in told
    assert "problems list" in told
    checks = json.loads(shell.run("doctor", "--no-network", "--json").stdout)["checks"]
    (of_account,) = [one for one in checks if one["name"] == "invoiced Larkspur"]
    assert of_account["state"] == "ok"


def test_a_preview_lists_what_stays_as_it_is_only_when_asked(connected, books, monkeypatch):
    def looks(_seconds: float) -> None:
        with connected.store.transaction():
            for one in outbox.listed(books.id, list(SendState)):
                would = Would.NOTHING if one.kind is RecordKind.CUSTOMER else Would.CREATE
                outbox.looked(books.id, one, would, "")
            accounts.set_looking(books.id, is_looking=False)

    monkeypatch.setattr("console.cli.invoiced.time.sleep", looks)
    preview = ("invoiced", "preview", "Larkspur")
    shown = connected.says(*preview)
    assert "invoice " in shown
    assert "customer " not in shown
    assert "customer " in connected.says(*preview, "--all")
