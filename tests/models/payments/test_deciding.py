"""What a person decides about a payment: again, never, after all, or anew."""

from __future__ import annotations

import pytest

from shared.errors import NotFound, NotPossible
from shared.models import problems
from shared.models.payments import deciding, incoming, postings
from shared.rules.payments import tags
from shared.rules.payments.values import PaymentStatus, PostingState
from shared.rules.values import ProblemState, RecordKind
from tests.models.builders import NOON, invoice, later, paid, trouble
from tests.models.payments.builders import money, pays, received

S, P = PaymentStatus, PostingState


def retry(till, text="pay_1"):
    return deciding.retry(till.payment(text).id, "anna", later(hours=1))


def skip(till, note="by hand", text="pay_1"):
    return deciding.skip(till.payment(text).id, note, "anna", later(hours=1))


def unskip(till, text="pay_1"):
    return deciding.unskip(till.payment(text).id, "berta", later(hours=2))


@pytest.fixture
def refused(till):
    """QuickBooks refused the payment, and that is a problem."""
    till.take_in(pays())
    till.move(P.SENT)
    till.move(P.REFUSED, code="3120", said="no such customer", attempts=2)
    report(till, "3120")
    return till


@pytest.fixture
def parked(till):
    """Only a person can tell what became of the payment."""
    till.take_in(pays())
    till.move(P.SENT)
    till.move(P.PARKED, code="payment-found-several", reason="Two were found.", txn_id="9A-1")
    report(till, "payment-found-several")
    return till


def report(till, code):
    found = trouble(code, str(till.payment().id), kind=RecordKind.PAYMENT)
    problems.report(till.id, None, [found], NOON)


def last_event(till):
    step = postings.life(till.payment().id)[-1]
    return step.event, step.detail, step.who


def test_a_refused_payment_goes_out_again_under_the_same_tags(refused):
    before = refused.part()
    payment = retry(refused)
    assert (payment.status, payment.code, payment.changed_by) == (S.READY, "", "anna")
    after = refused.part()
    assert (after.state, after.code, after.said, after.attempts) == (P.PLANNED, "", "", 0)
    assert (after.ref_number, after.generation) == (before.ref_number, 1)
    assert refused.problems() == {"3120": ProblemState.RESOLVED}
    assert last_event(refused) == ("retried", "", "anna")


def test_a_payment_that_we_refused_is_judged_again(till):
    till.owes(paid(invoice("1A-100", "250.00")))
    till.take_in(pays())
    retried = retry(till)
    assert (retried.status, retried.code) == (S.WAITING, "payment-retried")
    assert till.problems() == {"payment-invoice-closed": ProblemState.RESOLVED}
    till.owes(invoice("1A-100", "250.00", edit_sequence="3"))
    assert retry(till).status is S.READY
    assert till.problems() == {"payment-invoice-closed": ProblemState.RESOLVED}


def test_a_waiting_payment_may_be_looked_at_at_once(till):
    till.take_in(pays("pay_1", "10.00", ("300", "10.00")))
    till.owes(invoice("1A-300", "10.00"))
    assert retry(till).status is S.READY


def test_a_parked_payment_goes_out_as_a_new_one(parked):
    before = parked.part()
    postings.expect(before.id, {"1A-100": money("150.00")})
    assert retry(parked).status is S.READY
    after = parked.part()
    assert (after.id, after.state, after.generation) == (before.id, P.PLANNED, 2)
    assert after.ref_number == tags.ref_number("pay_1", 1, 2) != before.ref_number
    assert after.external_guid == tags.external_guid("pay_1", 1, 2)
    assert (after.txn_id, after.edit_sequence, after.code, after.posted_at) == ("", "", "", None)
    assert [use.expected for use in after.uses] == [None]
    event, detail, who = last_event(parked)
    assert (event, who) == ("retried", "anna")
    assert before.ref_number in detail
    assert after.ref_number in detail
    assert "9A-1" in detail


def test_a_second_retry_of_a_parked_payment_has_new_tags_again(parked):
    retry(parked)
    parked.move(P.SENT)
    parked.move(P.PARKED)
    retry(parked)
    assert parked.part().ref_number == tags.ref_number("pay_1", 1, 3)


def test_only_the_parked_part_of_a_payment_is_planned_anew(till):
    till.take_in(pays("pay_1", "140.00", ("100", "100.00"), ("200", "40.00")))
    till.post(number=1)
    till.move(P.SENT, number=2)
    till.move(P.PARKED, number=2)
    assert retry(till).status is S.READY
    first, second = till.parts()
    assert (first.state, first.generation, first.txn_id) == (P.POSTED, 1, "9A-1")
    assert (second.state, second.generation) == (P.PLANNED, 2)


@pytest.mark.parametrize(
    ("states", "why"),
    [
        ([P.SENT], "may be in QuickBooks already"),
        ([P.SENT, P.UNKNOWN], "may be in QuickBooks already"),
        ([P.SENT, P.POSTED], "is in QuickBooks already"),
    ],
)
def test_what_quickbooks_may_have_is_neither_retried_nor_skipped(till, states, why):
    till.take_in(pays())
    for state in states:
        till.move(state)
    before = (till.payment(), till.part())
    with pytest.raises(NotPossible, match=f"pay_1, 100.00 cannot be retried: .*{why}"):
        retry(till)
    with pytest.raises(NotPossible, match=f"cannot be skipped.*{why}"):
        skip(till)
    assert (till.payment(), till.part()) == before


def test_a_payment_of_quickbooks_cannot_be_decided_about(till):
    incoming.store(till.id, 1, [received()], NOON)
    with pytest.raises(NotPossible, match="comes from QuickBooks"):
        retry(till, "7B-1")
    with pytest.raises(NotPossible, match="comes from QuickBooks"):
        skip(till, text="7B-1")
    with pytest.raises(NotPossible, match="is not skipped"):
        unskip(till, "7B-1")


@pytest.mark.parametrize("decide", [deciding.retry, deciding.unskip])
def test_a_payment_that_is_not_there_is_said_so(till, decide):
    with pytest.raises(NotFound, match="no payment 99"):
        decide(99, "anna", NOON)
    with pytest.raises(NotFound, match="no payment 99"):
        deciding.skip(99, "why", "anna", NOON)


def test_a_skipped_payment_stays_here_with_its_reason(refused):
    payment = skip(refused, "recorded by hand")
    assert (payment.status, payment.code) == (S.SKIPPED, "3120")
    assert (payment.note, payment.changed_by) == ("recorded by hand", "anna")
    assert refused.problems() == {"3120": ProblemState.SKIPPED}
    assert last_event(refused) == ("skipped", "recorded by hand", "anna")
    assert refused.prepare() == []
    assert refused.stands() == (S.SKIPPED, "3120")


def test_a_ready_payment_that_is_skipped_does_not_go_out(till):
    till.take_in(pays())
    skip(till)
    till.prepare()
    assert postings.ready(till.id, 10) == []


def test_a_skip_is_taken_back_and_the_payment_judged_again(refused):
    skip(refused)
    payment = unskip(refused)
    assert (payment.status, payment.note, payment.changed_by) == (S.READY, "", "berta")
    assert refused.part().state is P.PLANNED
    assert refused.problems() == {"3120": ProblemState.RESOLVED}


def test_taking_back_the_skip_of_a_parked_payment_does_not_post_it(parked):
    skip(parked)
    payment = unskip(parked)
    assert (payment.status, payment.code) == (S.PARKED, "payment-found-several")
    assert payment.reason == "Two were found."
    assert (parked.part().state, parked.part().generation) == (P.PARKED, 1)
    assert postings.ready(parked.id, 10) == []


def test_a_skipped_payment_must_be_taken_back_before_it_is_retried(till):
    till.take_in(pays())
    skip(till)
    with pytest.raises(NotPossible, match="take the skip back first"):
        retry(till)
    with pytest.raises(NotPossible, match="skipped already"):
        skip(till)
    unskip(till)
    with pytest.raises(NotPossible, match="nothing to take back"):
        unskip(till)


def test_problems_with_what_quickbooks_has_are_not_decided_along(parked):
    report(parked, "payment-posted-twice")
    skip(parked)
    assert parked.problems() == {
        "payment-found-several": ProblemState.SKIPPED,
        "payment-posted-twice": ProblemState.OPEN,
    }


def test_a_decision_about_the_problem_is_one_about_the_payment(refused):
    [problem] = problems.list_problems(refused.id)
    problems.skip(problem.id, "by hand", "anna", NOON)
    assert refused.stands() == (S.SKIPPED, "3120")
    problems.unskip(problem.id, "anna", NOON)
    assert refused.stands()[0] is S.WAITING
    refused.prepare()
    assert refused.stands() == (S.READY, "")
