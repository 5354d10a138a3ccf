"""What a person decides about problems, what that demands, and what becomes of the records."""

from __future__ import annotations

import pytest

from shared import hints
from shared.errors import CannotBeMeant, NotFound, NotPossible
from shared.models import audit, problems
from shared.models.ledger import incoming_customers, rereads
from shared.models.payments.standing import ABOUT_POSTED
from shared.operations import problems as operations
from shared.operations.deciding import NotConfirmed, Operator, PlanIsStale, carry_out
from shared.operations.describe.problems import sections
from shared.operations.problems import Choice
from shared.rules.payments.values import PaymentStatus, PostingState
from shared.rules.values import ProblemState, RecordKind
from tests.deciding import decide
from tests.models.builders import Books, customer, invoice, trouble
from tests.models.payments.builders import Till, pays

S = ProblemState
DUPLICATE = "invoice-duplicate-number"


@pytest.fixture
def books(store):
    return Books(store)


def filed(books, code="invoice-unreadable", object_id="1A-100", **fields):
    """A problem on file."""
    with books.store.transaction():
        one = trouble(code, object_id, **fields)
        problems.report(books.id, None, [one], books.store.now())
        found = problems.about(books.id, [object_id])
    return next(problem for problem in found if problem.code == code)


def owes(books, amount="250.00"):
    """An open invoice that the ledger shows."""
    books.hold(customer())
    books.read(invoice("1A-100", amount))
    books.settle()


def now(books, problem):
    with books.store.reading():
        return problems.get(problem.id)


def plan(books, plan_of, *arguments):
    with books.store.reading():
        return plan_of(books.store, *arguments)


def waits_to_be_read(books, kind=RecordKind.INVOICE):
    with books.store.reading():
        return rereads.next_reread(books.id, kind, 10)


def audited(books):
    with books.store.reading():
        return [(entry.action, entry.detail) for entry in audit.entries()]


def needs_of(made):
    return [need.code for need in made.needs]


# Retry.


def test_a_retry_has_the_invoice_read_again_and_says_who_did_it(books):
    problem = filed(books)
    decide(books.store, operations.plan_retry, [problem.id], who="anna")
    assert (now(books, problem).state, now(books, problem).changed_by) == (S.RETRY, "anna")
    assert waits_to_be_read(books) == ["1A-100"]
    assert audited(books) == [
        ("problem.retry", f"problem {problem.id}, Invoice 100, Larkspur Tile")
    ]


def test_a_retry_has_a_customer_read_again(books):
    problem = filed(books, "customer-unreadable", "80-1", kind=RecordKind.CUSTOMER)
    decide(books.store, operations.plan_retry, [problem.id])
    assert books.wanted() == ["80-1"]


def test_a_retry_of_an_invoice_without_customer_asks_for_the_customer_too(books):
    books.read(invoice("1A-100"))
    with books.store.transaction():
        incoming_customers.mark_customers_missing(books.id, ["80-1"])
    problem = filed(books, "invoice-customer-missing")
    decide(books.store, operations.plan_retry, [problem.id])
    assert books.wanted() == ["80-1"]


def test_a_trouble_of_the_sync_is_retried_by_the_next_one_and_never_skipped(books):
    problem = filed(books, "company-mismatch", "", kind=RecordKind.SYNC)
    with pytest.raises(NotPossible, match="about the sync as a whole") as refused:
        plan(books, operations.plan_skip, [problem.id], "known")
    assert refused.value.remedy == problem.remedy
    decide(books.store, operations.plan_retry, [problem.id])
    assert now(books, problem).state is S.RETRY
    assert waits_to_be_read(books) == []


def test_all_are_retried_or_none_is(books):
    one, other = filed(books), filed(books, object_id="1A-2")
    decide(books.store, operations.plan_skip, [other.id], "known")
    with pytest.raises(NotPossible, match="is skipped, so it cannot be retried"):
        plan(books, operations.plan_retry, [one.id, other.id])
    with pytest.raises(NotFound, match="no problem 999"):
        plan(books, operations.plan_retry, [one.id, 999])
    assert now(books, one).state is S.OPEN


def test_a_retry_of_all_takes_the_open_ones_of_a_connection_or_of_every_one(books):
    other = Books(books.store, "Other")
    mine, theirs = filed(books), filed(other)
    decide(books.store, operations.plan_retry_all, "larkspur")
    assert (now(books, mine).state, now(books, theirs).state) == (S.RETRY, S.OPEN)
    decide(books.store, operations.plan_retry_all, None)
    assert now(books, theirs).state is S.RETRY
    with pytest.raises(NotPossible, match="no open problem"):
        plan(books, operations.plan_retry_all, None)


def test_a_kind_is_retried_as_the_words_narrow_it(books):
    tile = filed(books)
    fern = filed(books, object_id="1A-2", document="Invoice 2, Fern")
    other = filed(books, "record-refused", "1A-3")
    made = plan(books, operations.plan_retry_alike, "invoice-unreadable", ["fern"])
    assert made.problem_ids == (fern.id,)
    everything = plan(books, operations.plan_retry_alike, "invoice-unreadable", [])
    assert set(everything.problem_ids) == {tile.id, fern.id}
    assert other.id not in everything.problem_ids


# Skip and unskip.


def test_skipping_an_open_invoice_is_asked_with_its_amount(books):
    owes(books, "58.18")
    problem = filed(books, DUPLICATE)
    made = plan(books, operations.plan_skip, [problem.id], "the other counts")
    assert needs_of(made) == [operations.LEAVE_OUT]
    assert "58.18" in made.needs[0].sentence
    assert "acknowledge the problem instead" in made.needs[0].sentence
    with pytest.raises(NotConfirmed):
        carry_out(Operator(books.store, "anna"), made)
    assert now(books, problem).state is S.OPEN
    carry_out(Operator(books.store, "anna"), made, [operations.LEAVE_OUT])
    assert now(books, problem).state is S.SKIPPED


def test_skipping_what_the_ledger_does_not_show_asks_nothing(books):
    problem = filed(books)
    assert needs_of(plan(books, operations.plan_skip, [problem.id], "known")) == []


def test_a_skip_says_who_and_why_and_can_be_taken_back(books):
    problem = filed(books)
    decide(books.store, operations.plan_retry, [problem.id])
    decide(books.store, operations.plan_skip, [problem.id], " closed by hand ", who="ben")
    skipped = now(books, problem)
    assert (skipped.state, skipped.note, skipped.changed_by) == (
        S.SKIPPED,
        "closed by hand",
        "ben",
    )
    assert waits_to_be_read(books) == []
    decide(books.store, operations.plan_unskip, [problem.id], who="anna")
    back = now(books, problem)
    assert (back.state, back.note, back.changed_by) == (S.RETRY, "", "anna")
    assert waits_to_be_read(books) == ["1A-100"]
    assert [action for action, _ in audited(books)] == [
        "problem.unskip",
        "problem.skip",
        "problem.retry",
    ]


@pytest.mark.parametrize("plan_of", [operations.plan_skip, operations.plan_acknowledge])
def test_a_reason_must_be_given(books, plan_of):
    problem = filed(books, DUPLICATE)
    with pytest.raises(CannotBeMeant, match="reason is empty"):
        plan(books, plan_of, [problem.id], " ")


# Acknowledge and resolve.


def test_what_is_acknowledged_closes_and_is_neither_left_out_nor_read_again(books):
    owes(books)
    problem = filed(books, DUPLICATE)
    decide(books.store, operations.plan_acknowledge, [problem.id], "two shops", who="anna")
    held = now(books, problem)
    assert (held.state, held.note, held.changed_by) == (S.ACKNOWLEDGED, "two shops", "anna")
    assert waits_to_be_read(books) == []
    with books.store.reading():
        assert problems.list_problems(books.id) == []
        assert problems.skipped(books.id, RecordKind.INVOICE) == frozenset()
    assert audited(books)[0][0] == "problem.acknowledge"


def test_an_acknowledgment_is_taken_back_by_a_retry(books):
    problem = filed(books, DUPLICATE)
    decide(books.store, operations.plan_acknowledge, [problem.id], "two shops")
    decide(books.store, operations.plan_retry, [problem.id])
    assert (now(books, problem).state, now(books, problem).note) == (S.RETRY, "")
    assert waits_to_be_read(books) == ["1A-100"]


def test_what_has_to_be_put_right_is_not_acknowledged(books):
    problem = filed(books)
    with pytest.raises(NotPossible, match="has to be fixed") as refused:
        plan(books, operations.plan_acknowledge, [problem.id], "whatever")
    assert problem.remedy in refused.value.remedy
    assert Choice.ACKNOWLEDGE not in operations.choices(problem)


def test_all_that_is_said_of_posted_payments_may_be_acknowledged_and_is_never_left_out(books):
    for number, code in enumerate(sorted(ABOUT_POSTED)):
        problem = filed(books, code, str(number), kind=RecordKind.PAYMENT)
        assert Choice.ACKNOWLEDGE in operations.choices(problem)
        with pytest.raises(NotPossible, match="cannot be left out"):
            plan(books, operations.plan_skip, [problem.id], "whatever")
    known = {hint.code for hint in hints.all_hints() if hint.acknowledge}
    totals = {"invoice-total-mismatch", "payment-total-mismatch", "platform-differs"}
    arrivals = {"arrival-refused", "arrival-failed"}
    assert known == ABOUT_POSTED | {DUPLICATE} | totals | arrivals


def test_what_was_settled_by_hand_is_resolved(books):
    problem = filed(books, "payment-refunded", "7", kind=RecordKind.PAYMENT)
    decide(books.store, operations.plan_resolve, [problem.id])
    assert now(books, problem).state is S.RESOLVED
    with pytest.raises(NotPossible, match="is resolved, so it cannot be resolved"):
        plan(books, operations.plan_resolve, [problem.id])


def test_a_plan_is_refused_once_the_problem_was_decided_by_somebody_else(books):
    problem = filed(books, DUPLICATE)
    made = plan(books, operations.plan_acknowledge, [problem.id], "two shops")
    decide(books.store, operations.plan_skip, [problem.id], "gone")
    with pytest.raises(NotPossible):
        carry_out(Operator(books.store, "anna"), made)
    assert now(books, problem).note == "gone"


# Payments.


@pytest.fixture
def till(store):
    till = Till(store)
    till.owes(invoice("1A-100", "250.00"))
    till.take_in(pays("pay_1", "50.00"), pays("pay_2", "60.00"))
    return till


def park(till, text="pay_1"):
    """QuickBooks may have the payment: only a person can tell."""
    till.move(PostingState.SENT, text)
    till.move(PostingState.PARKED, text, code="payment-found-several")


def of_payment(till, text="pay_1", code="payment-overpays"):
    number = str(till.payment(text).id)
    return filed(till, code, number, kind=RecordKind.PAYMENT, document=f"Payment {text}")


def test_a_decision_about_the_problem_of_a_payment_is_one_about_the_payment(till):
    problem = of_payment(till)
    decide(till.store, operations.plan_skip, [problem.id], "by hand")
    assert till.payment("pay_1").status is PaymentStatus.SKIPPED
    assert now(till, problem).state is S.SKIPPED
    decide(till.store, operations.plan_unskip, [problem.id])
    assert till.payment("pay_1").status is not PaymentStatus.SKIPPED
    assert [action for action, _ in audited(till)[:2]] == ["payment.unskip", "payment.skip"]


def test_a_parked_payment_is_posted_anew_only_where_that_is_confirmed(till):
    park(till)
    problem = of_payment(till, code="payment-found-several")
    made = plan(till, operations.plan_retry, [problem.id])
    assert needs_of(made) == ["post-again"]
    with pytest.raises(NotConfirmed):
        carry_out(Operator(till.store, "anna"), made)
    assert till.payment("pay_1").status is PaymentStatus.PARKED
    carry_out(Operator(till.store, "anna"), made, ["post-again"])
    assert till.payment("pay_1").status is not PaymentStatus.PARKED


@pytest.mark.parametrize("plan_of", ["all", "alike"])
def test_parked_payments_are_left_out_when_many_are_retried_together(till, plan_of):
    park(till)
    parked = of_payment(till, "pay_1")
    other = of_payment(till, "pay_2")
    wanted = (None,) if plan_of == "all" else ("payment-overpays", [])
    chosen = getattr(operations, f"plan_retry_{plan_of}")
    made = plan(till, chosen, *wanted)
    assert needs_of(made) == []
    said = carry_out(Operator(till.store, "anna"), made).sentence
    assert f"1 parked payment was left out (problem {parked.id})" in said
    assert till.payment("pay_1").status is PaymentStatus.PARKED
    assert now(till, parked).state is S.OPEN
    assert now(till, other).state is not S.OPEN


def test_where_only_parked_payments_are_open_nothing_is_retried_together(till):
    park(till)
    problem = of_payment(till)
    with pytest.raises(NotPossible, match="1 parked payment was left out") as refused:
        plan(till, operations.plan_retry_all, None)
    assert "retry or skip its problem separately" in refused.value.remedy
    assert now(till, problem).state is S.OPEN


def test_a_payment_that_is_parked_after_the_question_is_not_posted(till):
    problem = of_payment(till)
    made = plan(till, operations.plan_retry, [problem.id])
    park(till)
    with pytest.raises(PlanIsStale) as stale:
        carry_out(Operator(till.store, "anna"), made)
    assert needs_of(stale.value.fresh) == ["post-again"]


def test_a_payment_that_was_not_posted_is_not_resolved(till):
    problem = of_payment(till)
    with pytest.raises(NotPossible, match="still needs a decision"):
        plan(till, operations.plan_resolve, [problem.id])


# What is on file.


def test_problems_are_grouped_by_what_is_to_be_done(books):
    filed(books)
    filed(books, object_id="1A-2")
    filed(books, DUPLICATE, "1A-3")
    page = plan(books, operations.view_groups, operations.WAITING, [])
    assert [(group.code, group.total) for group in page.groups] == [
        ("invoice-unreadable", 2),
        (DUPLICATE, 1),
    ]
    assert (page.total, page.listed) == (3, 3)


@pytest.mark.parametrize(
    ("kind", "object_id", "shown"),
    [
        (RecordKind.INVOICE, "1A-100", ("QuickBooks ID", "1A-100")),
        (RecordKind.PAYMENT, "104", ("Payment number", "104")),
        (RecordKind.PAYMENT, "2B-200", ("QuickBooks ID", "2B-200")),
        (RecordKind.SYNC, "company-file", None),
    ],
)
def test_an_id_is_shown_as_what_it_is(books, kind, object_id, shown):
    problem = filed(books, object_id=object_id, kind=kind)
    stands = sections(problem)[1]
    assert [one for one in stands.lines if one[1] == object_id] == ([shown] if shown else [])
