"""Which copy of the company file is open, where QuickBooks' answers about it cannot be read.

Each sync ends and says why: what tells which copy it is lets the sync go on, and where nothing
does, a person decides. An older copy never comes in by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest

from daemon.stages.payments.restored import LATER
from shared.operations.problems import plan_retry
from shared.rules.payments.values import PaymentStatus
from shared.rules.values import ApplicationKind
from simulator.company import acts
from simulator.webconnector import Result
from tests.deciding import decide
from tests.whole.house import House
from tests.whole.payments.builders import (
    ADD,
    LARKSPUR,
    LOOK,
    codes,
    in_quickbooks,
    parts,
    payment,
    pays,
    receive,
    settles,
    standing,
    writes,
)

UNKNOWN, OLDER = "company-copy-unknown", "company-restored"
BOTH = [ApplicationKind.INVOICE, ApplicationKind.PAYMENT]
DELETIONS = re.compile("<TxnDeletedQueryRs.*?</TxnDeletedQueryRs>|<TxnDeletedQueryRs[^>]*/>", re.S)


def asks_which_copy(request: str) -> bool:
    """Whether a request asks for payments that we know."""
    return (
        "<ReceivePaymentQueryRq" in request
        and "<IncludeRetElement>ExternalGUID<" in request
        and "<ModifiedDateRangeFilter>" not in request
        and LOOK not in request
    )


def with_deletions(request: str) -> bool:
    return asks_which_copy(request) and "<TxnDeletedQueryRq" in request


def cut_at_deletions(answer: str) -> str:
    return answer[: answer.index("<TxnDeletedQueryRs")]


def malformed_deletions(answer: str) -> str:
    return answer.replace("<TxnDeletedQueryRs", "&nobody;<TxnDeletedQueryRs")


def without_deletions(answer: str) -> str:
    return DELETIONS.sub("", answer)


def refused_deletions(answer: str) -> str:
    """QuickBooks answers with an error in place of what was deleted."""
    refusal = 'statusCode="1000" statusSeverity="Error" statusMessage="Internal error."'
    return re.sub(
        r"<TxnDeletedQueryRs (requestID=\S+).*?(</TxnDeletedQueryRs>|/>)",
        rf"<TxnDeletedQueryRs \1 {refusal} />",
        answer,
        flags=re.S,
    )


def nothing(answer: str) -> str:
    return ""


UNREADABLE = [cut_at_deletions, malformed_deletions, without_deletions, nothing]


def spoils(house: House, when: Callable[[str], bool], spoil: Callable[[str], str]) -> None:
    """QuickBooks' answers to such requests always come spoiled."""
    house.alter_with_request = lambda answer, request: spoil(answer) if when(request) else answer


def heals(house: House) -> None:
    house.alter_with_request = None


def questions(house: House) -> list[str]:
    return [request for request in house.requests if asks_which_copy(request)]


def owed(house: House, number: str) -> Decimal:
    return next(row.balance for row in house.invoices().values() if row.number == number)


def goes_on(house: House, code: str = UNKNOWN) -> None:
    """An operator says that this copy is the one to go on with."""
    (asked,) = (one for one in house.problems() if one.code == code)
    decide(house.store, plan_retry, [asked.id])


def stops(house: House, code: str = UNKNOWN) -> None:
    """Neither sync takes anything in, nor posts; both tell a person once what to do."""
    house.requests.clear()
    house.later(hours=1)
    assert house.sync().result is Result.FAILED
    assert house.syncs()[0].error_code == code
    assert codes(house) == [code]
    assert not any("<InvoiceQueryRq" in request for request in house.requests)
    assert pays(house).ok
    assert writes(house) == []
    assert codes(house) == [code]


def runs(house: House) -> None:
    """Both syncs go on, and nothing is a problem."""
    house.later(hours=1)
    assert house.sync().ok
    assert pays(house).ok
    assert codes(house) == []


@pytest.fixture
def house(house: House) -> House:
    """A house that posted pay_0 and pay_1."""
    receive(house, payment("pay_0", pays={"1044": "10.00"}))
    settles(house)
    house.later(minutes=5)
    receive(house, payment("pay_1"))
    settles(house)
    house.requests.clear()
    return house


@pytest.fixture
def older(house: House) -> House:
    """The same house, but a copy from before pay_2 is open, and pay_3 is to be posted."""
    backup = house.company.backup()
    receive(house, payment("pay_2", pays={"1043": "20.00"}))
    settles(house)
    house.company.restore(backup)
    receive(house, payment("pay_3", pays={"1044": "30.00"}))
    house.requests.clear()
    return house


# What was deleted can never be read


@pytest.mark.parametrize("spoil", [*UNREADABLE, refused_deletions])
@pytest.mark.parametrize("kind", BOTH)
def test_a_payment_that_is_there_is_proof_where_deletions_cannot_be_read(house, spoil, kind):
    spoils(house, with_deletions, spoil)
    house.later(hours=1)
    assert house.sync(kind=kind).ok
    assert codes(house) == []
    assert "<TxnDeletedQueryRq" not in questions(house)[-1]
    assert len(questions(house)) == 3  # the latest payments, the latest one, and that alone


def test_posting_goes_on_where_deletions_cannot_be_read(house):
    spoils(house, with_deletions, cut_at_deletions)
    receive(house, payment("pay_2", pays={"1043": "20.00"}))
    runs(house)
    assert standing(house, "pay_2") == (PaymentStatus.POSTED, "")


@pytest.mark.parametrize("spoil", [*UNREADABLE, refused_deletions])
def test_an_older_copy_does_not_come_in_where_deletions_cannot_be_read(older, spoil):
    before = owed(older, "1043")
    spoils(older, with_deletions, spoil)
    stops(older)
    stops(older)
    assert owed(older, "1043") == before == Decimal("80.00")
    assert standing(older, "pay_2")[0] is PaymentStatus.POSTED
    assert standing(older, "pay_3")[0] is PaymentStatus.READY


def test_it_is_told_which_copy_it_is_as_soon_as_deletions_can_be_read(older):
    spoils(older, with_deletions, nothing)
    stops(older)
    heals(older)
    stops(older, OLDER)


def test_a_payment_that_somebody_deleted_is_a_question_until_deletions_were_read(house):
    acts.delete(house.company.books, parts(house, "pay_1")[0].txn_id)
    spoils(house, with_deletions, nothing)
    house.later(hours=1)
    assert not house.sync().ok
    assert codes(house) == [UNKNOWN]
    assert pays(house).ok  # this lists what was deleted lately, and can read it
    house.later(hours=1)
    assert house.sync().ok
    assert codes(house) == ["payment-deleted"]


def test_a_payment_that_changed_on_a_later_day_is_proof_that_the_latest_was_deleted(house):
    house.later(days=1)
    acts.receive(house.company.books, LARKSPUR, 500, number="BY-HAND")
    settles(house)
    acts.delete(house.company.books, parts(house, "pay_1")[0].txn_id)
    spoils(house, with_deletions, nothing)
    house.later(hours=1)
    assert house.sync().ok
    assert codes(house) == []


def test_a_payment_that_changed_later_on_the_same_day_is_no_proof(house):
    house.later(minutes=5)
    acts.receive(house.company.books, LARKSPUR, 500, number="BY-HAND")
    settles(house)
    acts.delete(house.company.books, parts(house, "pay_1")[0].txn_id)
    spoils(house, with_deletions, nothing)
    house.later(hours=1)
    assert not house.sync().ok
    assert codes(house) == [UNKNOWN]


def test_a_later_payment_as_it_was_before_a_change_is_no_proof(house):
    house.later(days=1)
    by_hand = acts.receive(house.company.books, LARKSPUR, 500, number="BY-HAND").object_id
    settles(house)
    backup = house.company.backup()
    receive(house, payment("pay_2", pays={"1043": "20.00"}))
    settles(house)
    house.later(days=1)
    acts.edit_payment(house.company.books, by_hand, memo="changed")
    settles(house)
    house.company.restore(backup)
    spoils(house, with_deletions, nothing)
    stops(house)


def test_the_remedy_lets_both_syncs_go_on_while_deletions_still_cannot_be_read(older):
    spoils(older, with_deletions, nothing)
    stops(older)
    assert "problems retry" in older.problems()[0].remedy
    goes_on(older)
    older.later(hours=1)
    assert older.sync().ok
    assert owed(older, "1043") == Decimal("100.00")
    assert pays(older).ok
    assert standing(older, "pay_2") == (PaymentStatus.PARKED, "payment-lost")
    assert standing(older, "pay_3") == (PaymentStatus.POSTED, "")
    assert codes(older) == ["payment-lost"]
    older.later(hours=1)
    assert older.sync().ok
    assert pays(older).ok
    assert codes(older) == ["payment-lost"]


def test_the_remedy_works_from_payment_sync_alone(older):
    spoils(older, with_deletions, nothing)
    assert pays(older).ok
    goes_on(older)
    assert pays(older).ok
    assert standing(older, "pay_3") == (PaymentStatus.POSTED, "")


# Payments can never be read


def with_a_bad_value(*txn_ids: str) -> Callable[[str], str]:
    """These payments are shown with a value that cannot be read; without any given, all are."""
    these = "|".join(map(re.escape, txn_ids)) or "[^<]*"
    value = re.compile(f"(<TxnID>(?:{these})</TxnID>.*?<TimeModified>)[^<]*<", re.S)
    return lambda answer: value.sub(r"\1yesterday<", answer)


@pytest.mark.parametrize("kind", BOTH)
def test_a_bad_value_in_an_earlier_payment_is_no_sign_of_an_older_copy(house, kind):
    spoils(house, asks_which_copy, with_a_bad_value(parts(house, "pay_0")[0].txn_id))
    house.later(hours=1)
    assert house.sync(kind=kind).ok
    assert codes(house) == []
    assert len(questions(house)) == 1


def test_a_bad_value_in_a_payment_of_quickbooks_is_no_sign_of_an_older_copy(house):
    by_hand = acts.receive(house.company.books, LARKSPUR, 500, number="BY-HAND").object_id
    settles(house)
    spoils(house, asks_which_copy, with_a_bad_value(by_hand))
    runs(house)


def test_an_older_copy_is_noticed_beside_a_payment_with_a_bad_value(older):
    spoils(older, asks_which_copy, with_a_bad_value(parts(older, "pay_0")[0].txn_id))
    stops(older, OLDER)


def test_a_latest_payment_with_a_bad_value_is_no_proof(house):
    spoils(house, asks_which_copy, with_a_bad_value())
    stops(house)


def test_where_no_answer_can_be_read_a_person_is_asked_and_both_syncs_end(house):
    spoils(house, asks_which_copy, nothing)
    receive(house, payment("pay_2", pays={"1043": "20.00"}))
    stops(house)
    assert all(ADD not in request for request in house.requests)
    heals(house)
    runs(house)
    assert standing(house, "pay_2") == (PaymentStatus.POSTED, "")


@pytest.mark.parametrize("kind", BOTH)
def test_where_no_answer_can_be_read_the_remedy_lets_the_next_sync_go_on(house, kind):
    spoils(house, asks_which_copy, nothing)
    receive(house, payment("pay_2", pays={"1043": "20.00"}))
    stops(house)
    goes_on(house)
    house.later(hours=1)
    assert house.sync(kind=kind).ok
    assert (standing(house, "pay_2")[0] is PaymentStatus.POSTED) == (kind is BOTH[1])


def unreadable(*txn_ids: str) -> Callable[[str], bool]:
    """Requests that name one of these payments."""
    return lambda request: (
        asks_which_copy(request) and any(f">{one}<" in request for one in txn_ids)
    )


def test_where_the_latest_cannot_be_read_one_that_changed_on_a_later_day_is_proof(house):
    house.later(days=1)
    for number in range(LATER):
        acts.receive(house.company.books, LARKSPUR, 500, number=f"BY-HAND {number}")
    settles(house)
    spoils(house, unreadable(parts(house, "pay_1")[0].txn_id), nothing)
    runs(house)


def test_what_garbles_answers_for_a_while_stops_nothing(house):
    garbled = 4  # the latest payments, the latest one, that alone, and the latest one once more
    spoils(house, lambda request: len(questions(house)) <= garbled, nothing)
    house.requests.clear()
    house.later(hours=1)
    assert house.sync().ok
    assert codes(house) == []
    assert len(questions(house)) == garbled + 1


def test_where_the_latest_cannot_be_read_one_from_before_it_is_no_proof(older):
    assert len(in_quickbooks(older)) == 2
    spoils(older, unreadable(parts(older, "pay_2")[0].txn_id), nothing)
    stops(older)
