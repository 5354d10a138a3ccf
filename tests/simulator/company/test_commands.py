"""``company`` at the command line: text, JSON, exit codes, help."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from shared.structs import asdict
from simulator.company import Company, QuickBooksError
from simulator.company.commands import company
from simulator.company.product import HABITS, Habits
from tests.simulator.company.builders import an_open_invoice, checked, document


def run(*args: object, given: str = "") -> Result:
    result = CliRunner().invoke(company, [str(arg) for arg in args], input=given)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def said(*args: object) -> Any:
    result = run(*args, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "company.json"
    assert run("new", path, "--customers", 20, "--invoices", 60).exit_code == 0
    return path


def open_number(path: Path) -> str:
    return an_open_invoice(Company.load(path).books).number


def test_a_company_is_made_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    summary = said(
        "new", path, "--seed", 3, "--customers", 12, "--invoices", 30, "--edition", "uk",
        "--currency", "EUR", "--name", "Quay & Söhne", "--today", "2024-03-01", "--year", 2019,
        "--tier", "premier", "--zone", "berlin", "--true-offsets", "--closing-date", "2023-12-31",
        "--sample", "--payments-leave-invoices",
    )  # fmt: skip
    assert isinstance(summary, dict)
    assert summary["company"] == "Quay & Söhne"
    assert summary["product"] == "QuickBooks Premier 2019"
    assert summary["currencies"] == "GBP, EUR"
    assert summary["now"] == "2024-03-01T09:00:00+01:00"
    assert (summary["customers"] + summary["jobs"], summary["invoices"]) == (12, 30)
    profile = Company.load(path).books.profile
    assert (profile.is_sample, profile.closing_date) == (True, "2023-12-31")
    assert not profile.payments_touch_invoices
    assert profile.offsets == "true"


def test_the_same_command_makes_the_same_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        run("new", tmp_path / name, "--customers", 9, "--invoices", 9, "--single-currency")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_an_existing_company_is_not_replaced_unasked(path: Path) -> None:
    before = path.read_bytes()
    refused = run("new", path, "--customers", 3)
    assert refused.exit_code == 1
    assert "--force" in refused.stderr
    assert path.read_bytes() == before
    assert run("new", path, "--customers", 3, "--invoices", 3, "--force").exit_code == 0
    assert path.read_bytes() != before


def test_an_audit_says_that_all_is_well(path: Path) -> None:
    result = run("audit", path)
    assert result.exit_code == 0
    assert "Everything adds up." in result.stdout
    audit = said("audit", path)
    assert isinstance(audit, dict)
    assert audit["ok"] is True
    assert audit["importable"]["count"] == len(audit["importable"]["invoices"])


def test_an_audit_fails_when_something_is_wrong(path: Path) -> None:
    shown = Company.load(path)
    for one in shown.books.customers.values():
        shown.books.customers[one.list_id] = one._replace(balance=one.balance + 1)
    shown.save(path)
    result = run("audit", path)
    assert result.exit_code == 1
    assert "documents come to" in result.stdout
    assert "do not add up" in result.stdout
    assert run("audit", path, "--json").exit_code == 1


def test_books_can_be_looked_into(path: Path) -> None:
    books = Company.load(path).books
    assert f"{len(books.invoices)}" in run("show", path).stdout
    for kind, count in (
        ("customers", 20),
        ("invoices", 60),
        ("payments", len(books.payments)),
        ("credits", len(books.credits)),
    ):
        rows = said("show", path, kind)
        assert isinstance(rows, list)
        assert len(rows) == count
        assert len(run("show", path, kind).stdout.splitlines()) == count
        assert len(run("show", path, kind, "--open").stdout.splitlines()) <= count
    rows = said("show", path, "invoices", "--open")
    assert isinstance(rows, list)
    assert {row["status"] for row in rows} == {"open", "pending"}


def test_an_empty_list_is_a_sentence(tmp_path: Path) -> None:
    run("new", tmp_path / "x", "--customers", 0, "--invoices", 0)
    assert run("show", tmp_path / "x", "invoices").stdout == "There are no invoices to show.\n"


def test_a_request_is_answered_from_a_file_or_a_pipe(path: Path, tmp_path: Path) -> None:
    request = document('<HostQueryRq requestID="9"/>')
    piped = run("ask", path, given=request)
    (tmp_path / "rq.xml").write_text(request)
    read = run("ask", path, tmp_path / "rq.xml")
    assert piped.stdout == read.stdout
    assert checked(piped.stdout)[0].get("requestID") == "9"


def test_a_refused_request_says_why(path: Path) -> None:
    result = run("ask", path, given=document("<InvoiceQueryRq><Color/></InvoiceQueryRq>"))
    assert result.exit_code == 1
    assert "0x80040400" in result.stderr
    assert "<Color>" in result.stderr


def test_bookkeeping_is_done_and_kept(path: Path) -> None:
    number = open_number(path)
    result = run("act", path, "pay", number, "--amount", "1.50", "--number", "CHK 7")
    assert result.exit_code == 0
    assert "1.50 received" in result.stdout
    change = said("act", path, "close", number)
    assert isinstance(change, dict)
    assert (change["action"], change["kind"]) == ("pay", "Invoice")
    assert Company.load(path).books.invoices[change["object_id"]].is_paid
    assert run("audit", path).exit_code == 0


def test_every_act_works_at_the_command_line(path: Path) -> None:
    books = Company.load(path).books
    invoice = an_open_invoice(books)
    txn = invoice.txn_id
    for command in (
        ("pend", txn),
        ("post", txn),
        ("edit", txn, "--add", "10.00", "--memo", "m", "--po-number", "p", "--due-date",
         "2026-01-01"),
        ("renumber", txn, ""),
        ("credit", txn, "--amount", "1", "--number", "CM"),
        ("add-customer", "New", "--currency", "USD"),
        ("add-customer", "Job", "--parent", "New"),
        ("add-customer", "Empty"),
        ("add-invoice", "New:Job", "99.95", "--number", "N1"),
        ("add-invoice", "New", "5", "--pending"),
        ("move", txn, "New"),
        ("pay", txn, "--discount", "0.50", "--method", "visa"),
        ("void", "N1"),
        ("delete", txn),
        ("rename", "New:Job", "Other"),
        ("deactivate", "New"),
        ("reactivate", "New"),
        ("merge", "Empty", "New"),
        ("add-account", "A/R 2", "AccountsReceivable", "--currency", "USD"),
        ("add-invoice", "New", "70", "--number", "N2", "--receivable", "A/R 2"),
        ("receive", "New", "50", "--invoice", "N2=30.00", "--method", "Visa", "--number", "P1",
         "--memo", "m", "--deposit-to", "Undeposited Funds"),
        ("edit-payment", "P1", "--amount", "60", "--number", "P2", "--memo", "", "--date",
         "2025-06-01"),
        ("edit-payment", "P2", "--unapply"),
        ("apply", "P2", "N2", "--amount", "20.00"),
        ("edit-payment", "P2", "--unapply"),
        ("deposit", "P2", "--to", "Savings"),
        ("add-customer", "Gone"),
        ("delete-customer", "Gone"),
        ("wait", "90"),
        ("random", "--count", "5", "--seed", "3"),
    ):  # fmt: skip
        result = run("act", path, *command)
        assert result.exit_code == 0, (command, result.output)
        assert result.stdout.strip()
    assert run("audit", path).exit_code == 0
    tried = {command.name for command in company.commands["act"].commands.values()}  # type: ignore[attr-defined]
    assert len(tried) == 24


def test_random_acts_are_listed(path: Path) -> None:
    changes = said("act", path, "random", "--count", "7")
    assert isinstance(changes, list)
    assert len(changes) == 7
    assert set(changes[0]) == {"action", "kind", "object_id", "document", "sentence"}


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (("audit", "nowhere.json"), 3, "company new"),
        (("show", "nowhere.json"), 3, "company new"),
        (("act", "nowhere.json", "close", "1"), 3, "company new"),
        (("ask", "nowhere.json"), 3, "company new"),
        (("audit",), 2, "Missing argument"),
        (("act", "{}", "pay", "no-such"), 3, "no-such"),
        (("act", "{}", "deactivate", "no-such"), 3, "no-such"),
        (("act", "{}", "pay", "1001", "--amount", "1.5"), 2, "12.50"),
        (("act", "{}", "pay", "1001", "--amount", "1,000.00"), 2, "12.50"),
        (("act", "{}", "dance"), 2, "dance"),
        (("act", "{}", "wait", "-5"), 2, "-5"),
        (("new", "{}/x/y.json"), 1, "y.json"),
        (("new", "x.json", "--edition", "au"), 2, "au"),
        (("new", "x.json", "--customers", "0"), 1, "customer"),
        (("quickbooks", "{}", "asleep"), 2, "asleep"),
        (("fault", "{}", "boom"), 2, "boom"),
        (("fault", "{}", "0x80"), 2, "0x80"),
        (("lock", "{}", "no-such"), 3, "no-such"),
        (("act", "{}", "receive", "no-such", "5"), 3, "no-such"),
        (("act", "{}", "edit-payment", "no-such"), 3, "no-such"),
        (("act", "{}", "receive", "x", "5", "--invoice", "7"), 2, "INVOICE=AMOUNT"),
    ],
)
def test_what_goes_wrong_is_a_sentence_and_an_exit_code(
    path: Path, command, code, words, monkeypatch
) -> None:
    monkeypatch.chdir(path.parent)
    result = run(*(part.format(path) for part in command))
    assert result.exit_code == code, result.output
    assert words in result.stderr
    assert "Traceback" not in result.output


def test_quickbooks_can_be_closed_and_made_old(path: Path) -> None:
    shown = said("quickbooks", path, "closed", "--year", 2012, "--tier", "pro")
    assert shown == {
        "situation": "closed",
        "hresult": "0x80040408",
        "product": "QuickBooks Pro 2012",
        "major_version": "22",
        "newest_qbxml": "11.0",
        "file_mode": "SingleUser",
        "habits": {name: values[0] for name, values in HABITS.items()},
    }
    refused = run("ask", path, given=document("<HostQueryRq/>"))
    assert (refused.exit_code, "0x80040408" in refused.stderr) == (1, True)
    run("quickbooks", path, "open", "--product", "QuickBooks Mini", "--file-mode", "MultiUser")
    assert "QuickBooks Mini" in run("quickbooks", path).stdout
    run("quickbooks", path, "--product", "")
    assert "QuickBooks Pro 2012" in run("quickbooks", path).stdout


def test_what_is_not_known_of_quickbooks_can_be_chosen(path: Path) -> None:
    habits = ("--habit", "sets-kept=one", "--habit", "parents_pay_jobs=yes")
    shown = said("quickbooks", path, *habits)
    assert isinstance(shown, dict)
    assert shown["habits"] == asdict(Habits(sets_kept="one", parents_pay_jobs=True))
    refused = run("quickbooks", path, "--habit", "sets-kept=two")
    assert (refused.exit_code, "sets_kept" in refused.stderr) == (1, True)
    for name, values in HABITS.items():
        assert name.replace("_", "-") in "".join(run("quickbooks", "--help").stdout.split())
        assert values[0] == getattr(Habits(), name)


def test_the_books_can_be_closed_with_a_password(path: Path) -> None:
    assert run("closing", path).stdout == "The books are not closed.\n"
    shown = said("closing", path, "2025-01-31", "--password")
    assert shown == {"closing_date": "2025-01-31", "password": True}
    assert "with a password" in run("closing", path).stdout
    assert said("closing", path, "--clear") == {"closing_date": "", "password": False}


def test_a_backup_is_made_and_restored(path: Path, tmp_path: Path) -> None:
    number, file = open_number(path), tmp_path / "backup.json"
    assert run("backup", path, file).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = said("audit", path)
    run("act", path, "pay", number)
    assert said("audit", path) != before
    kept = run("backup", path, file)
    assert (kept.exit_code, "--force" in kept.stderr) == (1, True)
    assert said("restore", path, file) == {"restored": str(file)}
    assert said("audit", path) == before
    assert run("backup", path, file, "--force").exit_code == 0
    assert run("restore", path, tmp_path / "nowhere").exit_code == 3


def test_what_was_given_up_on_can_be_done_later(path: Path) -> None:
    assert run("late", path).stdout == "No request is waiting to be finished.\n"
    run("fault", path, "0x80040402", "--late")
    shown = Company.load(path)
    with pytest.raises(QuickBooksError):
        shown.connect("x").process(document("<HostQueryRq/>"))
    shown.save(path)
    (answer,) = said("late", path)["answers"]
    checked(answer)
    assert said("late", path) == {"answers": []}


@pytest.mark.parametrize(
    "options", [("3175", "--done"), ("--late",), ("0x80040402", "--late", "--after", 1)]
)
def test_a_fault_is_planned_in_one_way(path: Path, options) -> None:
    refused = run("fault", path, *options)
    assert (refused.exit_code, "--done" in refused.stderr) == (2, True)


def test_faults_are_planned_shown_and_forgotten(path: Path) -> None:
    run("fault", path, "0x8004041c", "--done")
    run("fault", path, "3175", "--request", "InvoiceQueryRq", "--times", 2)
    rows = said("fault", path)
    assert isinstance(rows, list)
    assert [(row["code"], row["times"], row["done"]) for row in rows] == [
        ("0x8004041C", 1, True),
        ("3175", 2, False),
    ]
    assert all(row["message"] for row in rows)
    assert "2 x 3175 for InvoiceQueryRq" in run("fault", path).stdout
    assert run("fault", path, "--clear").stdout == "No fault is planned.\n"


def test_records_can_be_in_use(path: Path) -> None:
    number = open_number(path)
    customer = Company.load(path).books.full_name(next(iter(Company.load(path).books.customers)))
    run("lock", path, number)
    locked = said("lock", path, customer)
    assert isinstance(locked, dict)
    assert len(locked["locked"]) == 2
    run("unlock", path, number)
    assert "Nothing is in use" in run("unlock", path).stdout
    assert not Company.load(path).books.locks


def _every(group: click.Group, before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    commands = [before]
    for name, command in group.commands.items():
        here = (*before, name)
        commands += _every(command, here) if isinstance(command, click.Group) else [here]
    return commands


@pytest.mark.parametrize("command", _every(company), ids=" ".join)
def test_every_command_and_option_explains_itself(command: tuple[str, ...]) -> None:
    words = [part if part != "act" else ["act", "STATE"] for part in command]
    flat = [word for part in words for word in ([part] if isinstance(part, str) else part)]
    result = run(*flat, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout
