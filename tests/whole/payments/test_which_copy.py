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
from tests.whole.rig import Rig

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


def spoils(rig: Rig, when: Callable[[str], bool], spoil: Callable[[str], str]) -> None:
    """QuickBooks' answers to such requests always come spoiled."""
    rig.alter_with_request = lambda answer, request: spoil(answer) if when(request) else answer


def heals(rig: Rig) -> None:
    rig.alter_with_request = None


def questions(rig: Rig) -> list[str]:
    return [request for request in rig.requests if asks_which_copy(request)]


def owed(rig: Rig, number: str) -> Decimal:
    return next(row.balance for row in rig.invoices().values() if row.number == number)


def goes_on(rig: Rig, code: str = UNKNOWN) -> None:
    """An operator says that this copy is the one to go on with."""
    (asked,) = (one for one in rig.problems() if one.code == code)
    decide(rig.store, plan_retry, [asked.id])


def stops(rig: Rig, code: str = UNKNOWN) -> None:
    """Neither sync takes anything in, nor posts; both tell a person once what to do."""
    rig.requests.clear()
    rig.later(hours=1)
    assert rig.sync().result is Result.FAILED
    assert rig.syncs()[0].error_code == code
    assert codes(rig) == [code]
    assert not any("<InvoiceQueryRq" in request for request in rig.requests)
    assert pays(rig).ok
    assert writes(rig) == []
    assert codes(rig) == [code]


def runs(rig: Rig) -> None:
    """Both syncs go on, and nothing is a problem."""
    rig.later(hours=1)
    assert rig.sync().ok
    assert pays(rig).ok
    assert codes(rig) == []


@pytest.fixture(scope="module")
def posted(first_till: Rig) -> Rig:
    receive(first_till, payment("pay_0", pays={"1044": "10.00"}))
    settles(first_till)
    first_till.later(minutes=5)
    receive(first_till, payment("pay_1"))
    return settles(first_till)


@pytest.fixture
def rig(open_till: Callable[..., Rig], posted: Rig) -> Rig:
    """A rig that posted pay_0 and pay_1."""
    return open_till(like=posted)


@pytest.fixture
def older(rig: Rig) -> Rig:
    """The same rig, but a copy from before pay_2 is open, and pay_3 is to be posted."""
    backup = rig.company.backup()
    receive(rig, payment("pay_2", pays={"1043": "20.00"}))
    settles(rig)
    rig.company.restore(backup)
    receive(rig, payment("pay_3", pays={"1044": "30.00"}))
    rig.requests.clear()
    return rig


# What was deleted can never be read


@pytest.mark.parametrize("spoil", [*UNREADABLE, refused_deletions])
@pytest.mark.parametrize("kind", BOTH)
def test_a_payment_that_is_there_is_proof_where_deletions_cannot_be_read(rig, spoil, kind):
    spoils(rig, with_deletions, spoil)
    rig.later(hours=1)
    assert rig.sync(kind=kind).ok
    assert codes(rig) == []
    assert "<TxnDeletedQueryRq" not in questions(rig)[-1]
    assert len(questions(rig)) == 3  # the latest payments, the latest one, and that alone


def test_posting_goes_on_where_deletions_cannot_be_read(rig):
    spoils(rig, with_deletions, cut_at_deletions)
    receive(rig, payment("pay_2", pays={"1043": "20.00"}))
    runs(rig)
    assert standing(rig, "pay_2") == (PaymentStatus.POSTED, "")


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


def test_a_payment_that_somebody_deleted_is_a_question_until_deletions_were_read(rig):
    acts.delete(rig.company.books, parts(rig, "pay_1")[0].txn_id)
    spoils(rig, with_deletions, nothing)
    rig.later(hours=1)
    assert not rig.sync().ok
    assert codes(rig) == [UNKNOWN]
    assert pays(rig).ok  # this lists what was deleted lately, and can read it
    rig.later(hours=1)
    assert rig.sync().ok
    assert codes(rig) == ["payment-deleted"]


def test_a_payment_that_changed_on_a_later_day_is_proof_that_the_latest_was_deleted(rig):
    rig.later(days=1)
    acts.receive(rig.company.books, LARKSPUR, 500, number="BY-HAND")
    settles(rig)
    acts.delete(rig.company.books, parts(rig, "pay_1")[0].txn_id)
    spoils(rig, with_deletions, nothing)
    rig.later(hours=1)
    assert rig.sync().ok
    assert codes(rig) == []


def test_a_payment_that_changed_later_on_the_same_day_is_no_proof(rig):
    rig.later(minutes=5)
    acts.receive(rig.company.books, LARKSPUR, 500, number="BY-HAND")
    settles(rig)
    acts.delete(rig.company.books, parts(rig, "pay_1")[0].txn_id)
    spoils(rig, with_deletions, nothing)
    rig.later(hours=1)
    assert not rig.sync().ok
    assert codes(rig) == [UNKNOWN]


def test_a_later_payment_as_it_was_before_a_change_is_no_proof(rig):
    rig.later(days=1)
    by_hand = acts.receive(rig.company.books, LARKSPUR, 500, number="BY-HAND").object_id
    settles(rig)
    backup = rig.company.backup()
    receive(rig, payment("pay_2", pays={"1043": "20.00"}))
    settles(rig)
    rig.later(days=1)
    acts.edit_payment(rig.company.books, by_hand, memo="changed")
    settles(rig)
    rig.company.restore(backup)
    spoils(rig, with_deletions, nothing)
    stops(rig)


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
def test_a_bad_value_in_an_earlier_payment_is_no_sign_of_an_older_copy(rig, kind):
    spoils(rig, asks_which_copy, with_a_bad_value(parts(rig, "pay_0")[0].txn_id))
    rig.later(hours=1)
    assert rig.sync(kind=kind).ok
    assert codes(rig) == []
    assert len(questions(rig)) == 1


def test_a_bad_value_in_a_payment_of_quickbooks_is_no_sign_of_an_older_copy(rig):
    by_hand = acts.receive(rig.company.books, LARKSPUR, 500, number="BY-HAND").object_id
    settles(rig)
    spoils(rig, asks_which_copy, with_a_bad_value(by_hand))
    runs(rig)


def test_an_older_copy_is_noticed_beside_a_payment_with_a_bad_value(older):
    spoils(older, asks_which_copy, with_a_bad_value(parts(older, "pay_0")[0].txn_id))
    stops(older, OLDER)


def test_a_latest_payment_with_a_bad_value_is_no_proof(rig):
    spoils(rig, asks_which_copy, with_a_bad_value())
    stops(rig)


def test_where_no_answer_can_be_read_a_person_is_asked_and_both_syncs_end(rig):
    spoils(rig, asks_which_copy, nothing)
    receive(rig, payment("pay_2", pays={"1043": "20.00"}))
    stops(rig)
    assert all(ADD not in request for request in rig.requests)
    heals(rig)
    runs(rig)
    assert standing(rig, "pay_2") == (PaymentStatus.POSTED, "")


@pytest.mark.parametrize("kind", BOTH)
def test_where_no_answer_can_be_read_the_remedy_lets_the_next_sync_go_on(rig, kind):
    spoils(rig, asks_which_copy, nothing)
    receive(rig, payment("pay_2", pays={"1043": "20.00"}))
    stops(rig)
    goes_on(rig)
    rig.later(hours=1)
    assert rig.sync(kind=kind).ok
    assert (standing(rig, "pay_2")[0] is PaymentStatus.POSTED) == (kind is BOTH[1])


def unreadable(*txn_ids: str) -> Callable[[str], bool]:
    """Requests that name one of these payments."""
    return lambda request: (
        asks_which_copy(request) and any(f">{one}<" in request for one in txn_ids)
    )


def test_where_the_latest_cannot_be_read_one_that_changed_on_a_later_day_is_proof(rig):
    rig.later(days=1)
    for number in range(LATER):
        acts.receive(rig.company.books, LARKSPUR, 500, number=f"BY-HAND {number}")
    settles(rig)
    spoils(rig, unreadable(parts(rig, "pay_1")[0].txn_id), nothing)
    runs(rig)


def test_what_garbles_answers_for_a_while_stops_nothing(rig):
    garbled = 4  # the latest payments, the latest one, that alone, and the latest one once more
    spoils(rig, lambda request: len(questions(rig)) <= garbled, nothing)
    rig.requests.clear()
    rig.later(hours=1)
    assert rig.sync().ok
    assert codes(rig) == []
    assert len(questions(rig)) == garbled + 1


def test_where_the_latest_cannot_be_read_one_from_before_it_is_no_proof(older):
    assert len(in_quickbooks(older)) == 2
    spoils(older, unreadable(parts(older, "pay_2")[0].txn_id), nothing)
    stops(older)
