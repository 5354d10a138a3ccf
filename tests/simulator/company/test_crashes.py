"""QuickBooks goes down, calls that were given up on run later, and backups are restored."""

from __future__ import annotations

import pytest

from shared.structs import replace
from simulator.company import BadState, BookError, Company, QuickBooksError, QuickBooksSession, acts
from simulator.company.product import Product
from simulator.company.records import Invoice
from tests.simulator.company.builders import (
    a_debtor,
    a_payment,
    a_session,
    another_invoice,
    ask,
    ask_one,
    checked,
    document,
    in_set,
    status,
)

CRASH = "0x80010105"


def three(invoice: Invoice) -> str:
    """A set of three payments."""
    return "".join(
        a_payment(invoice, amount, request_id=amount) for amount in ("1.00", "2.00", "3.00")
    )


def crashes(session: QuickBooksSession, body: str, attributes: str = in_set("S1")) -> None:
    with pytest.raises(QuickBooksError) as crash:
        session.process(document(body, attributes=attributes))
    assert crash.value.hresult == CRASH


def amounts(company: Company) -> list[int]:
    return [one.total for one in company.books.payments.values()]


def code(company: Company, set_id: str) -> str | None:
    answer = ask(a_session(company), "", attributes=in_set(set_id, set_id))
    return answer.get("messageSetStatusCode")


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_a_crash_tears_a_set_and_leaves_no_record(after: int) -> None:
    company, invoice = a_debtor()
    company.fail_next(CRASH, after=after)
    session = a_session(company)
    crashes(session, three(invoice))
    assert amounts(company) == [100, 200, 300][:after]
    assert code(company, "S1") == "600"
    with pytest.raises(QuickBooksError):
        session.process(document("<HostQueryRq/>"))
    assert company.audit().ok


def test_a_torn_set_is_done_again_when_it_is_sent_again() -> None:
    company, invoice = a_debtor()
    company.fail_next(CRASH, "ReceivePaymentAddRq", after=1)
    crashes(a_session(company), three(invoice))
    ask(a_session(company), three(invoice), attributes=in_set("S1"))
    assert amounts(company) == [100, 100, 200, 300]


def test_a_crash_after_the_work_leaves_the_record() -> None:
    company, invoice = a_debtor()
    company.fail_next(CRASH, done=True)
    crashes(a_session(company), three(invoice))
    assert amounts(company) == [100, 200, 300]
    answer = ask(a_session(company), three(invoice), attributes=in_set("S1"))
    assert [status(one)[0] for one in answer] == [0, 0, 0]
    assert amounts(company) == [100, 200, 300]


def test_a_crash_does_not_clear_the_set_before() -> None:
    company, invoice = a_debtor()
    ask(a_session(company), three(invoice), attributes=in_set("S0"))
    company.fail_next(CRASH, after=1)
    crashes(a_session(company), three(invoice), in_set("S1", "S0"))
    assert (code(company, "S0"), code(company, "S1")) == ("0", "600")


def test_a_crash_does_not_do_what_is_remembered() -> None:
    company, invoice = a_debtor()
    ask(a_session(company), three(invoice), attributes=in_set("S1"))
    company.fail_next(CRASH, after=3)
    crashes(a_session(company), three(invoice))
    assert amounts(company) == [100, 200, 300]


# Late.


def test_what_was_given_up_on_runs_later() -> None:
    company, invoice = a_debtor()
    company.fail_next("0x80040402", "ReceivePaymentAddRq", late=True)
    with pytest.raises(QuickBooksError):
        a_session(company).process(document(three(invoice), attributes=in_set("S1")))
    assert (amounts(company), code(company, "S1")) == ([], "600")
    company.fail_next("3175")  # planned faults are for the sessions that come
    (answer,) = company.run_late()
    company.books.faults.clear()
    assert [status(one)[0] for one in checked(answer)] == [0, 0, 0]
    assert (amounts(company), code(company, "S1")) == ([100, 200, 300], "0")
    assert company.run_late() == []


def test_a_late_set_that_was_sent_again_meanwhile_is_not_done_twice() -> None:
    company, invoice = a_debtor()
    company.fail_next("0x80040402", late=True)
    request = document(a_payment(invoice), attributes=in_set("S1"))
    with pytest.raises(QuickBooksError):
        a_session(company).process(request.encode())
    a_session(company).process(request)
    company.run_late()
    assert amounts(company) == [4000]


def test_a_late_set_whose_record_is_gone_is_done_twice() -> None:
    company, invoice = a_debtor()
    company.set_habits(sets_kept="one", guids_are_unique=False)
    company.fail_next("0x80040402", late=True)
    request = document(a_payment(invoice), attributes=in_set("S1"))
    with pytest.raises(QuickBooksError):
        a_session(company).process(request)
    a_session(company).process(request)
    ask_one(a_session(company), a_payment(invoice, "1.00"), attributes=in_set("S2"))
    company.run_late()
    assert amounts(company) == [4000, 100, 4000]


def test_a_late_call_can_be_refused() -> None:
    company, _ = a_debtor()
    company.fail_next("0x80040402", late=True)
    with pytest.raises(QuickBooksError):
        a_session(company).process(document("<HostQueryRq/>", version="16.0"))
    company.books.profile = replace(company.books.profile, product=Product(year=2014))
    (answer,) = company.run_late()
    assert "0x80040423" in answer


def test_late_calls_are_kept_with_the_state(tmp_path) -> None:
    company, invoice = a_debtor()
    company.fail_next("0x80040402", late=True)
    with pytest.raises(QuickBooksError):
        a_session(company).process(document(a_payment(invoice)))
    company.save(tmp_path / "state")
    again = Company.load(tmp_path / "state")
    assert len(again.run_late()) == 1
    assert amounts(again) == [4000]


# Backups.


def test_a_restored_company_has_forgotten_what_was_done_since() -> None:
    company, invoice = a_debtor()
    company.set_data_ext("{X}", "FileID", "{Y}")
    backup = company.backup()
    before = company.books.now
    (ret,) = ask_one(a_session(company), a_payment(invoice))
    lost = ret.findtext("TxnID")
    company.fail_next("3175")
    company.lock(invoice.txn_id)
    company.set_habits(sets_kept="one")
    now = company.books.now
    company.restore(backup)
    books = company.books
    assert not books.payments
    assert books.invoices[invoice.txn_id].balance == 10000
    assert company.data_ext("{X}", "FileID") == "{Y}"  # a copy carries the same stamps
    assert books.now == now > before
    assert [fault.code for fault in books.faults] == ["3175"]
    assert not books.locks
    assert books.profile.habits.sets_kept == "one"
    books.faults.clear()
    (ret,) = ask_one(a_session(company), a_payment(invoice))
    assert ret.findtext("TxnID") != lost
    assert company.audit().ok


def test_all_sessions_end_when_a_backup_is_restored() -> None:
    company, _ = a_debtor()
    session = a_session(company)
    company.restore(company.backup())
    with pytest.raises(QuickBooksError) as ended:
        session.process(document("<HostQueryRq/>"))
    assert ended.value.hresult == "0x8004040D"
    ask(a_session(company), "<HostQueryRq/>")


def test_what_is_no_backup_is_refused_and_changes_nothing() -> None:
    company, _ = a_debtor()
    session = a_session(company)
    with pytest.raises(BadState, match="the backup"):
        company.restore("{}")
    ask(session, "<HostQueryRq/>")


# Habits and the closing date.


@pytest.mark.parametrize("given", [{"sets_kept": "two"}, {"color": "red"}, {"sets_kept": True}])
def test_an_unknown_habit_names_the_known_ones(given) -> None:
    company, _ = a_debtor()
    with pytest.raises(BookError, match=r"sets_kept: \('all', 'one'\)"):
        company.set_habits(**given)


def test_a_closing_date_is_a_date_or_none() -> None:
    company, _ = a_debtor()
    with pytest.raises(BookError, match="YYYY-MM-DD"):
        company.set_closing_date("soon")
    company.set_closing_date("2025-01-31", password=True)
    assert company.books.profile.is_closed("2025-01-31")
    company.set_closing_date("", password=True)
    assert not company.books.profile.is_closed("2025-01-31")
    assert not company.books.profile.closing_password


def test_the_same_seed_and_requests_give_the_same_bytes() -> None:
    def story() -> str:
        company, invoice = a_debtor()
        company.fail_next(CRASH, after=1)
        crashes(a_session(company), three(invoice))
        ask(a_session(company), three(invoice), attributes=in_set("S1"))
        acts.delete(company.books, next(iter(company.books.payments)))
        another_invoice(company, invoice, 100)
        return company.backup()

    assert story() == story()
