"""Message sets that QuickBooks remembers: the table of error recovery, line by line."""

from __future__ import annotations

import pytest
from lxml import etree

from simulator.company import Company, QuickBooksError, acts
from simulator.company.records import Invoice
from tests.simulator.company.builders import (
    a_debtor,
    a_payment,
    a_session,
    ask,
    checked,
    document,
    in_set,
    status,
    texts,
)

TXN_ID = "ReceivePaymentAddRs/ReceivePaymentRet/TxnID"


class Payer:
    """An application that sends payments of 10.00 to a company, in sets with ids."""

    def __init__(self, company: Company, invoice: Invoice, name: str = "Payment Sync") -> None:
        self.company, self.invoice, self.name = company, invoice, name

    def sends(
        self,
        new: str | None = None,
        old: str | None = None,
        amount: str | None = "10.00",
        **options: str,
    ) -> etree._Element:
        body = a_payment(self.invoice, amount) if amount else ""
        session = self.company.connect(self.name)
        options = {"attributes": in_set(new, old)} | options
        return checked(session.process(document(body, **options)))

    def asks(self, set_id: str, **options: str) -> etree._Element:
        """A status check."""
        return self.sends(set_id, set_id, amount=None, **options)

    def clears(self, old: str) -> etree._Element:
        return self.sends(old=old, amount=None)

    @property
    def paid(self) -> int:
        return len(self.company.books.payments)


@pytest.fixture
def payer() -> Payer:
    return Payer(*a_debtor())


def code(answer: etree._Element) -> str | None:
    return answer.get("messageSetStatusCode")


def test_without_an_id_nothing_is_remembered(payer: Payer) -> None:
    assert code(payer.sends()) is None
    assert code(payer.sends()) is None
    assert payer.paid == 2
    assert not payer.company.books.message_sets


def test_the_same_set_again_is_not_done_again(payer: Payer) -> None:
    first, again = payer.sends("S1"), payer.sends("S1")
    assert code(first) == code(again) == "0"
    assert etree.tostring(first) == etree.tostring(again)
    assert again.get("newMessageSetID") == "S1"
    assert payer.paid == 1


def test_the_same_id_with_other_content_is_not_done(payer: Payer) -> None:
    payer.sends("S1")
    other = payer.sends("S1", amount="11.00")
    assert (code(other), len(other)) == ("9001", 0)
    assert payer.paid == 1
    assert code(payer.sends("S1", amount=None)) == "9001"
    assert code(payer.sends("S1", "S1", amount="11.00")) == "9001"


def test_a_status_check_brings_the_stored_answer_and_keeps_it(payer: Payer) -> None:
    first = payer.sends("S1")
    for _ in range(2):
        answer = payer.asks("S1")
        assert code(answer) == "0"
        assert texts(answer, TXN_ID) == texts(first, TXN_ID)
    assert code(payer.sends("S1", "S1")) == "0"
    assert payer.paid == 1


@pytest.mark.parametrize("body", [None, "10.00"])
def test_a_status_check_of_what_never_ran_finds_nothing_and_does_nothing(
    payer: Payer, body: str | None
) -> None:
    answer = payer.sends("S1", "S1", amount=body)
    assert (code(answer), len(answer)) == ("600", 0)
    assert payer.paid == 0
    assert code(payer.sends("S1", amount=None)) == "600"


def test_a_chained_set_clears_the_one_before(payer: Payer) -> None:
    payer.sends("S1")
    assert code(payer.sends("S2", "S1")) == "0"
    assert code(payer.asks("S1")) == "600"
    assert code(payer.asks("S2")) == "0"
    assert payer.paid == 2


def test_the_same_bytes_are_recognized_though_the_old_set_is_gone(payer: Payer) -> None:
    payer.sends("S1")
    payer.sends("S2", "S1")
    assert code(payer.sends("S2", "S1")) == "0"
    assert payer.paid == 2


def test_asking_with_the_old_id_alone_destroys_the_evidence(payer: Payer) -> None:
    payer.sends("S1")
    answer = payer.clears("S1")
    assert (code(answer), len(answer)) == ("0", 0)
    assert code(payer.clears("S1")) == "600"
    assert code(payer.asks("S1")) == "600"
    payer.sends("S1")
    assert payer.paid == 2


def test_all_sets_can_be_cleared_at_once(payer: Payer) -> None:
    payer.sends("S1")
    payer.sends("S2")
    assert code(payer.clears("ClearAllMessageSets")) == "0"
    assert not payer.company.books.message_sets
    assert code(payer.clears("ClearAllMessageSets")) == "600"


@pytest.mark.parametrize(("habit", "paid"), [("runs", 1), ("refused", 0)])
def test_an_unknown_old_set_is_told_of(payer: Payer, habit: str, paid: int) -> None:
    payer.company.set_habits(unknown_old_set=habit)
    answer = payer.sends("S2", "S1")
    assert code(answer) == "600"
    assert len(answer) == payer.paid == paid
    assert code(payer.asks("S2")) == ("0" if paid else "600")


def test_a_set_without_a_new_id_can_clear_the_old_one(payer: Payer) -> None:
    payer.sends("S1")
    assert code(payer.sends(old="S1")) == "0"
    assert payer.paid == 2
    assert not payer.company.books.message_sets


@pytest.mark.parametrize("ids", [("x" * 24, None), ("S1", "x" * 24)])
def test_an_id_has_23_characters_at_most(payer: Payer, ids) -> None:
    answer = payer.sends(*ids)
    assert (code(answer), len(answer), payer.paid) == ("9004", 0, 0)
    assert code(payer.sends("x" * 23)) == "0"


def test_applications_do_not_know_each_others_sets(payer: Payer) -> None:
    other = Payer(payer.company, payer.invoice, "Another")
    payer.sends("S1")
    assert code(other.asks("S1")) == "600"
    assert code(other.clears("ClearAllMessageSets")) == "600"
    other.sends("S1")
    assert payer.paid == 2
    assert code(payer.asks("S1")) == "0"


def test_a_failed_set_is_remembered_as_well(payer: Payer) -> None:
    assert status(payer.sends("S1", amount="500.00")[0]) == (3210, "Error")
    acts.edit(payer.company.books, payer.invoice.txn_id, add=90000)
    again = payer.sends("S1", amount="500.00")
    assert (code(again), status(again[0])) == ("0", (3210, "Error"))
    assert payer.paid == 0


def test_a_set_that_cannot_be_read_is_not_remembered(payer: Payer) -> None:
    with pytest.raises(QuickBooksError):
        payer.sends("S1", amount="1.5")
    assert code(payer.asks("S1")) == "600"


def test_a_changed_attribute_is_no_other_content(payer: Payer) -> None:
    payer.sends("S1")
    again = payer.sends("S1", attributes=in_set("S1", on_error="continueOnError"))
    assert (code(again), payer.paid) == ("0", 1)


def test_quickbooks_may_keep_the_last_set_only(payer: Payer) -> None:
    other = Payer(payer.company, payer.invoice, "Another")
    other.sends("S0")
    payer.sends("S1")
    payer.sends("S2")
    assert code(payer.asks("S1")) == "0"
    payer.company.set_habits(sets_kept="one")
    payer.sends("S3")
    assert [code(payer.asks(one)) for one in ("S1", "S2", "S3")] == ["600", "600", "0"]
    assert code(other.asks("S0")) == "0"


def test_a_status_check_may_bring_the_status_alone(payer: Payer) -> None:
    first = payer.sends("S1")
    assert texts(first, TXN_ID)
    payer.company.set_habits(status_check="status")
    (answer,) = payer.asks("S1")
    assert (answer.get("requestID"), status(answer), len(answer)) == ("1", (0, "Info"), 0)


def test_a_status_check_may_bring_error_recovery_only(payer: Payer) -> None:
    payer.company.set_habits(status_check="recovery")
    first = payer.sends("S1")
    assert not texts(first, "ReceivePaymentAddRs/ErrorRecovery")
    (answer,) = payer.asks("S1")
    assert [part.tag for part in answer] == ["ErrorRecovery"]
    (payment,) = payer.company.books.payments.values()
    assert [part.text for part in answer[0]] == [
        payment.txn_id, str(payment.txn_number), str(payment.edit_sequence),
    ]  # fmt: skip
    payer.sends("S2", amount="500.00")
    (failed,) = payer.asks("S2")
    assert (status(failed), len(failed)) == ((3210, "Error"), 0)


def test_an_old_version_has_no_error_recovery(payer: Payer) -> None:
    payer.company.set_habits(status_check="recovery")
    payer.sends("S1", version="10.0")
    assert len(payer.asks("S1")[0]) == 0


def test_data_is_stored_even_if_it_was_not_wanted_at_first(payer: Payer) -> None:
    wanted = in_set("S1")
    first = payer.sends("S1", attributes=f'{wanted} responseData="includeNone"')
    assert not texts(first, TXN_ID)
    assert texts(payer.asks("S1"), TXN_ID)
    check = in_set("S1", "S1") + ' responseData="includeNone"'
    assert not texts(payer.asks("S1", attributes=check), TXN_ID)


def test_the_state_is_in_the_company_file(payer: Payer, tmp_path) -> None:
    first = payer.sends("S1")
    payer.company.save(tmp_path / "state")
    payer.company = Company.load(tmp_path / "state")
    assert etree.tostring(payer.asks("S1")) == etree.tostring(first)


def test_a_backup_takes_it_back_in_time(payer: Payer) -> None:
    payer.sends("S1")
    backup = payer.company.backup()
    payer.sends("S2")
    payer.company.restore(backup)
    assert code(payer.asks("S1")) == "0"
    assert code(payer.asks("S2")) == "600"
    assert payer.paid == 1


def test_the_rest_after_an_error_is_answered_or_missing(payer: Payer) -> None:
    body = "".join(a_payment(payer.invoice, amount) for amount in ("10.00", "500.00", "20.00"))
    session = a_session(payer.company)
    answers = ask(session, body, attributes=in_set("S1"))
    assert [status(one)[0] for one in answers] == [0, 3210, 3231]
    payer.company.set_habits(unprocessed="missing")
    answers = ask(session, body, attributes=in_set("S2"))
    assert [status(one)[0] for one in answers] == [0, 3210]
    assert payer.paid == 2


# What can be rehearsed.


def test_an_answer_that_cannot_be_stored_is_told_of(payer: Payer) -> None:
    payer.company.fail_next("9005")
    answer = payer.sends("S1")
    assert (code(answer), texts(answer, TXN_ID)) == ("9005", list(payer.company.books.payments))
    assert code(payer.asks("S1")) == "9002"
    assert code(payer.sends("S1")) == "9002"
    assert payer.paid == 1


def test_a_stored_answer_can_get_lost(payer: Payer) -> None:
    payer.company.fail_next("9002")
    assert code(payer.sends("S1")) == "0"
    assert code(payer.asks("S1")) == "9002"
    assert payer.paid == 1


@pytest.mark.parametrize("planned", ["600", "9001", "9002", "9004"])
def test_a_status_check_can_be_given_any_code(payer: Payer, planned: str) -> None:
    payer.sends("S1")
    payer.company.fail_next(planned)
    answer = payer.asks("S1")
    assert (code(answer), len(answer)) == (planned, 0)
    assert code(payer.asks("S1")) == "0"


def test_a_planned_code_waits_for_a_set_with_an_id(payer: Payer) -> None:
    payer.company.fail_next("9001")
    payer.sends()
    assert code(payer.sends("S1")) == "9001"
    assert payer.paid == 1
