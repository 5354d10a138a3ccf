"""The state file: whole or not at all, private, and read back as it was."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from simulator.company import BadState, BookError, Company, acts, state
from simulator.company.records import Fault, LateCall, StoredAnswer, StoredSet
from simulator.company.state import NoState
from tests.simulator.company.builders import a_company, an_open_invoice


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "company.json"


@pytest.mark.parametrize("edition", ["us", "ca", "uk"])
def test_what_was_saved_is_read_back(path: Path, edition: str) -> None:
    company = a_company(edition=edition)
    books = company.books
    acts.random_acts(books, 40, 1)
    company.set_data_ext("{87EDAAF8-637E-4203-867F-4BA79C2F8998}", "FileID", "{X}")
    company.set_situation("modal-dialog")
    books.faults.append(Fault("3175", "InvoiceQueryRq", 2, message="later"))
    books.faults.append(Fault("0x80010105", after=2))
    company.set_habits(sets_kept="one", guids_are_unique=False)
    company.set_closing_date("2024-12-31", password=True)
    books.late.append(LateCall("Payment Sync", "<QBXML/>"))
    stored = StoredAnswer("HostQueryRs", 'statusCode="0"', "<HostRet/>", "")
    for one in (
        StoredSet("Payment Sync", "S1", "abc", (stored,)), StoredSet("Other", "S1", "d", None),
    ):  # fmt: skip
        books.message_sets[one.application, one.set_id] = one
    books.locks.add(next(iter(books.invoices)))
    company.save(path)
    again = Company.load(path)
    assert state.dump(again.books) == state.dump(books) == path.read_text()
    assert again.books.invoices == books.invoices
    assert again.books.payments == books.payments
    assert again.books.faults == books.faults
    assert again.books.late == books.late
    assert again.books.message_sets == books.message_sets
    assert again.books.profile == books.profile
    assert again.audit().ok
    assert acts.random_acts(again.books, 20, 2) == acts.random_acts(books, 20, 2)


def test_only_its_owner_may_read_it(path: Path) -> None:
    old = os.umask(0)
    try:
        a_company().save(path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_failed_save_leaves_the_old_state_and_nothing_else(path: Path, monkeypatch) -> None:
    company = a_company()
    company.save(path)
    before = path.read_text()

    def full(*_) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    acts.random_acts(company.books, 3, 1)
    with pytest.raises(OSError, match="No space"):
        company.save(path)
    assert path.read_text() == before
    assert list(path.parent.iterdir()) == [path]


def test_it_says_what_it_is(path: Path) -> None:
    a_company().save(path)
    stored = json.loads(path.read_text())
    assert (stored["format"], stored["version"]) == ("deskbridge-company", 1)
    assert stored["tables"]["invoices"]["columns"][0] == "txn_id"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "not a simulated company"),
        ('{"format": "other"}', "not a simulated company"),
        ('{"format": "deskbridge-company", "version": 99}', "another version"),
        ('{"format": "deskbridge-company", "version": 1}', "damaged"),
    ],
)
def test_a_file_that_is_no_state_is_refused(path: Path, text: str, said: str) -> None:
    path.write_text(text)
    with pytest.raises(BadState, match=said) as refused:
        Company.load(path)
    assert refused.value.path == path
    assert "company new" in str(refused.value)


def test_a_state_from_before_payments_were_written_is_still_read(path: Path) -> None:
    company = a_company()
    old = json.loads(company.backup())
    for table, last in (("payments", "external_guid"), ("invoices", "custom"), ("credits", "memo")):
        rows = old["tables"][table]
        width = rows["columns"].index(last) + 1
        rows["columns"] = rows["columns"][:width]
        rows["rows"] = [row[:width] for row in rows["rows"]]
    del old["message_sets"], old["rehearsal"]["late"]
    del old["profile"]["habits"], old["profile"]["closing_password"]
    path.write_text(json.dumps(old))
    assert Company.load(path).backup() == company.backup()


def test_columns_that_do_not_fit_are_damage(path: Path) -> None:
    a_company().save(path)
    path.write_text(path.read_text().replace('"po_number"', '"color"'))
    with pytest.raises(BadState, match="damaged"):
        Company.load(path)


def test_a_missing_file_is_told_apart(path: Path) -> None:
    with pytest.raises(NoState, match="no such file"):
        Company.load(path)
    with pytest.raises(NoState), Company.changing(path):
        pass
    assert not list(path.parent.iterdir())


def _txn_and_customer(company: Company) -> tuple[str, str]:
    invoice = an_open_invoice(company.books)
    return invoice.txn_id, invoice.customer


def test_a_change_is_saved_unless_it_failed(path: Path) -> None:
    a_company().save(path)
    with Company.changing(path) as company:
        number, customer = _txn_and_customer(company)
        acts.close(company.books, number)
    after = path.read_text()
    assert Company.load(path).books.invoices[number].is_paid
    with pytest.raises(BookError), Company.changing(path) as company:
        acts.void(company.books, acts.add_invoice(company.books, customer, 5).object_id + "?")
    assert path.read_text() == after


def _act(path: Path) -> None:
    with Company.changing(path) as company:
        acts.add_invoice(company.books, next(iter(company.books.customers)), 100)


def test_changes_of_several_processes_do_not_get_lost(path: Path) -> None:
    a_company(5, 0).save(path)
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_act, args=(path,)) for _ in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    company = Company.load(path)
    assert len(company.books.invoices) == 6
    assert company.audit().ok


def _act_after_waiting(path: Path, told: Event) -> None:
    with Company.changing(path, waiting=told.set) as company:
        acts.add_invoice(company.books, next(iter(company.books.customers)), 100)


def test_who_has_to_wait_is_told(path: Path) -> None:
    a_company(3, 0).save(path)
    context = multiprocessing.get_context("fork")
    told = context.Event()
    process = context.Process(target=_act_after_waiting, args=(path, told))
    with state.locked(path):
        process.start()
        assert told.wait(30)
        assert not Company.load(path).books.invoices
    process.join(30)
    assert len(Company.load(path).books.invoices) == 1


def test_a_large_company_is_saved_and_read_quickly(path: Path) -> None:
    company = a_company(300, 2000)
    began = time.process_time()
    company.save(path)
    Company.load(path)
    assert time.process_time() - began < 3.0  # 0.1 s on the slowest machine seen
