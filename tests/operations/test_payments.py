"""What a person decides about payments: again, never, after all, or anew, once it is confirmed."""

from __future__ import annotations

import pytest

from shared.errors import CannotBeMeant, NotFound, NotPossible
from shared.models import audit, connections, problems
from shared.models.payments import from_quickbooks, postings, sets
from shared.operations import payments
from shared.operations.deciding import NotConfirmed, Operator, PlanIsStale, carry_out
from shared.operations.payment_cells import FileRow
from shared.operations.payment_intake import plan_add, plan_import
from shared.rules.payments import tags
from shared.rules.payments.values import PaymentStatus, PostingState
from shared.rules.payments.views import PaymentFilter
from shared.rules.values import ProblemState, RecordKind
from tests.deciding import decide
from tests.models.builders import NOON, both_engines, invoice, paid, trouble
from tests.models.payments.builders import JUNIPER, Till, money, pays, received

S, P = PaymentStatus, PostingState


@pytest.fixture
def till(store):
    """Invoices 100 and 101 of Larkspur Tile and 200 of Juniper Yoga."""
    till = Till(store)
    till.owes(
        invoice("1A-100", "250.00"),
        invoice("1A-101", "80.00"),
        invoice("1A-200", "40.00", **JUNIPER),
    )
    return till


def retry(till, *texts):
    numbers = [till.payment(text).id for text in texts or ["pay_1"]]
    said = decide(till.store, payments.plan_retry, numbers, who="anna")
    return till.payment(texts[0] if texts else "pay_1"), said


def skip(till, note="by hand", text="pay_1"):
    decide(till.store, payments.plan_skip, [till.payment(text).id], note, who="anna")
    return till.payment(text)


def unskip(till, text="pay_1"):
    decide(till.store, payments.plan_unskip, [till.payment(text).id], who="berta")
    return till.payment(text)


def plan(till, plan_of, *arguments):
    with till.store.reading():
        return plan_of(till.store, *arguments)


def audited(till):
    """What was decided, without how the payments came in."""
    with till.store.reading():
        entries = [(entry.action, entry.detail) for entry in audit.entries()]
    return [(action, detail) for action, detail in entries if action != "payment.import"]


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
    with till.store.transaction():
        problems.report(till.id, None, [found], NOON)


def ready(till):
    with till.store.reading():
        return postings.ready(till.id, 10)


def last_event(till):
    number = till.payment().id
    with till.store.reading():
        step = postings.life(number)[-1]
    return step.event, step.detail, step.who


@both_engines
def test_a_refused_payment_goes_out_again_under_the_same_tags(refused):
    before = refused.part()
    payment, said = retry(refused)
    assert said == "Payment pay_1, 100.00 USD is ready: the next Payment Sync posts it."
    assert (payment.status, payment.code, payment.changed_by) == (S.READY, "", "anna")
    after = refused.part()
    assert (after.state, after.code, after.said, after.attempts) == (P.PLANNED, "", "", 0)
    assert (after.ref_number, after.generation) == (before.ref_number, 1)
    assert refused.problems() == {"3120": ProblemState.RESOLVED}
    assert last_event(refused) == ("retried", "", "anna")


def test_a_payment_that_we_refused_is_judged_again(till):
    till.owes(paid(invoice("1A-100", "250.00")))
    till.take_in(pays())
    retried, said = retry(till)
    assert (retried.status, retried.code) == (S.WAITING, "payment-retried")
    assert said.startswith("Payment pay_1, 100.00 is waiting: ")
    assert till.problems() == {"payment-invoice-closed": ProblemState.RESOLVED}
    till.owes(invoice("1A-100", "250.00", edit_sequence="3"))
    assert retry(till)[0].status is S.READY
    assert till.problems() == {"payment-invoice-closed": ProblemState.RESOLVED}


def test_a_waiting_payment_may_be_looked_at_at_once(till):
    till.take_in(pays("pay_1", "10.00", ("300", "10.00")))
    till.owes(invoice("1A-300", "10.00"))
    assert retry(till)[0].status is S.READY


def test_a_parked_payment_goes_out_as_a_new_one(parked):
    before = parked.part()
    with parked.store.transaction():
        postings.expect(before.id, {"1A-100": money("150.00")})
    assert retry(parked)[0].status is S.READY
    after = parked.part()
    assert (after.id, after.state, after.generation) == (before.id, P.PLANNED, 2)
    assert after.ref_number == tags.ref_number(parked.origin, "pay_1", 1, 2) != before.ref_number
    assert after.external_guid == tags.external_guid(parked.origin, "pay_1", 1, 2)
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
    assert parked.part().ref_number == tags.ref_number(parked.origin, "pay_1", 1, 3)


def test_only_the_parked_part_of_a_payment_is_planned_anew(till):
    till.take_in(pays("pay_1", "140.00", ("100", "100.00"), ("200", "40.00")))
    till.post(number=1)
    till.move(P.SENT, number=2)
    till.move(P.PARKED, number=2)
    assert retry(till)[0].status is S.READY
    first, second = till.parts()
    assert (first.state, first.generation, first.txn_id) == (P.POSTED, 1, "9A-1")
    assert (second.state, second.generation) == (P.PLANNED, 2)


@pytest.mark.parametrize(
    ("states", "why"),
    [
        ([P.SENT], "may already be in QuickBooks"),
        ([P.SENT, P.UNKNOWN], "may already be in QuickBooks"),
        ([P.SENT, P.POSTED], "is already in QuickBooks"),
    ],
)
def test_what_quickbooks_may_have_is_neither_retried_nor_skipped(till, states, why):
    till.take_in(pays())
    for state in states:
        till.move(state)
    before = (till.payment(), till.part())
    with pytest.raises(NotPossible, match=f"pay_1, 100.00 USD cannot be retried: .*{why}"):
        retry(till)
    with pytest.raises(NotPossible, match=f"cannot be skipped.*{why}"):
        skip(till)
    assert (till.payment(), till.part()) == before


def test_a_payment_of_quickbooks_cannot_be_decided_about(till):
    with till.store.transaction():
        from_quickbooks.store(till.id, 1, [received()], NOON)
    with pytest.raises(NotPossible, match="comes from QuickBooks"):
        retry(till, "7B-1")
    with pytest.raises(NotPossible, match="comes from QuickBooks"):
        skip(till, text="7B-1")
    with pytest.raises(NotPossible, match="is not skipped"):
        unskip(till, "7B-1")


@pytest.mark.parametrize(
    ("plan_of", "more"),
    [(payments.plan_retry, ()), (payments.plan_unskip, ()), (payments.plan_skip, ("why",))],
)
def test_a_payment_that_is_not_there_is_said_so(till, plan_of, more):
    with pytest.raises(NotFound, match="no payment 99"):
        decide(till.store, plan_of, [99], *more)


def test_a_skip_without_a_reason_is_refused(till):
    till.take_in(pays())
    with pytest.raises(CannotBeMeant, match="reason is empty"):
        skip(till, " ")


@both_engines
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
    assert ready(till) == []


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
    assert ready(parked) == []


def test_a_skipped_payment_must_be_taken_back_before_it_is_retried(till):
    till.take_in(pays())
    skip(till)
    with pytest.raises(NotPossible, match="unskip it first"):
        retry(till)
    with pytest.raises(NotPossible, match="already skipped"):
        skip(till)
    unskip(till)
    with pytest.raises(NotPossible, match="it is not skipped"):
        unskip(till)


def test_problems_with_what_quickbooks_has_are_not_decided_along(parked):
    report(parked, "payment-posted-twice")
    skip(parked)
    assert parked.problems() == {
        "payment-found-several": ProblemState.SKIPPED,
        "payment-posted-twice": ProblemState.OPEN,
    }


# What must be confirmed.


def test_posting_a_parked_payment_anew_must_be_confirmed(parked):
    number = parked.payment().id
    made = plan(parked, payments.plan_retry, [number])
    assert [need.code for need in made.needs] == ["post-again"]
    with pytest.raises(NotConfirmed, match=r"pay_1, 100.00 USD: QuickBooks may already have it"):
        carry_out(Operator(parked.store, "anna"), made)
    assert (parked.stands()[0], parked.part().generation) == (S.PARKED, 1)
    assert audited(parked) == []


def test_among_several_the_parked_ones_are_named(parked):
    parked.take_in(pays("pay_2", "5.00", disputed=True))
    numbers = [parked.payment(text).id for text in ("pay_1", "pay_2")]
    made = plan(parked, payments.plan_retry, numbers)
    [need] = made.needs
    assert "pay_1" in need.sentence
    assert "pay_2" not in need.sentence
    assert [(one.document, one.becomes) for one in made.effects] == [
        ("Payment pay_2, 5.00 USD", "checked again"),
        ("Payment pay_1, 100.00 USD", "posted as a new payment"),
    ]


def test_what_is_parked_after_the_plan_was_made_is_not_posted_anew(till):
    till.take_in(pays(disputed=True))
    made = plan(till, payments.plan_retry, [till.payment().id])
    till.take_in(pays())
    retry(till)
    till.move(P.SENT)
    till.move(P.PARKED, code="payment-found-several", reason="Two were found.")
    with pytest.raises(PlanIsStale) as stale:
        carry_out(Operator(till.store, "anna"), made, ["post-again"])
    assert [need.code for need in stale.value.fresh.needs] == ["post-again"]
    assert (till.stands()[0], till.part().generation) == (S.PARKED, 1)


def test_parked_payments_are_never_retried_together(parked):
    wanted = PaymentFilter(statuses=(S.PARKED,), code="payment-found-several")
    with pytest.raises(NotPossible, match="cannot be retried together"):
        plan(parked, payments.plan_retry_alike, wanted)
    with pytest.raises(NotPossible, match="cannot be retried together"):
        plan(parked, payments.plan_retry_alike, PaymentFilter())


@both_engines
def test_all_alike_are_retried_and_told_by_where_they_stand(till):
    till.take_in(*(pays(f"pay_{n}", "10.00", disputed=True) for n in range(3)))
    till.take_in(pays("pay_0", "10.00"))  # one dispute was won
    wanted = PaymentFilter(till.id, statuses=(S.REFUSED,), code="payment-disputed-before")
    made = plan(till, payments.plan_retry_alike, wanted)
    assert made.told[0].startswith("3 payments of 30.00 USD together: the next Payment Sync checks")
    done = carry_out(Operator(till.store, "anna"), made)
    assert done.sentence == "3 payments retried: 1 ready, 2 refused."
    assert [action for action, _ in audited(till)] == ["payment.retry"] * 3


def test_a_decision_is_carried_out_for_all_or_for_none(till):
    till.take_in(pays("pay_1"), pays("pay_2"))
    till.move(P.SENT, "pay_2")
    numbers = [till.payment(text).id for text in ("pay_1", "pay_2")]
    with pytest.raises(NotPossible, match=r"pay_2.*Nothing was changed"):
        decide(till.store, payments.plan_skip, numbers, "by hand")
    assert till.stands()[0] is S.READY
    assert audited(till) == []


# A doubt that is settled now.


@pytest.fixture
def doubtful(till):
    """The request of the payment got no answer."""
    till.take_in(pays())
    one = till.write("SET1")
    till.move(P.SENT, set_id="SET1")
    till.save(one, phase="doubt", doubted=True)
    till.move(P.UNKNOWN, code="payment-unknown", set_id="SET1")
    return till


def vouched(till):
    with till.store.reading():
        return sets.open_set(till.id).settle_now_by


@both_engines
def test_settling_must_be_confirmed_and_is_no_negated_question(doubtful):
    made = plan(doubtful, payments.plan_settle_of, doubtful.id)
    [need] = made.needs
    assert need.code == "no-copy-left"
    assert need.sentence.startswith(
        "Confirm that no PC is still running the request for Payment pay_1, 100.00 USD"
    )
    assert made.title == "Settle the request for Payment pay_1, 100.00 USD now?"
    with pytest.raises(NotConfirmed):
        carry_out(Operator(doubtful.store, "anna"), made)
    assert vouched(doubtful) == ""
    carry_out(Operator(doubtful.store, "anna"), made, ["no-copy-left"])
    assert vouched(doubtful) == "anna"
    assert audited(doubtful) == [("payment.settle", "Payment pay_1, 100.00 USD")]


def test_another_doubt_than_the_one_that_was_shown_is_not_settled(doubtful):
    made = plan(doubtful, payments.plan_settle, doubtful.payment().id)
    with doubtful.store.reading():
        held = sets.open_set(doubtful.id)
    doubtful.save(held, sends=2)
    with pytest.raises(PlanIsStale):
        carry_out(Operator(doubtful.store, "anna"), made, ["no-copy-left"])
    assert vouched(doubtful) == ""


def test_without_a_doubt_there_is_nothing_to_settle(till):
    till.take_in(pays())
    with pytest.raises(NotPossible, match="No payment of Larkspur has an unknown outcome"):
        plan(till, payments.plan_settle_of, till.id)
    with pytest.raises(NotPossible, match="is not unknown"):
        plan(till, payments.plan_settle, till.payment().id)


def test_a_request_that_is_out_is_not_in_doubt_yet(till):
    till.take_in(pays())
    till.write("SET1")
    till.move(P.SENT, set_id="SET1")
    with pytest.raises(NotPossible, match="is being posted now"):
        plan(till, payments.plan_settle_of, till.id)


# Withdrawn before it left.


def withdraw(till, *more, text="pay_1"):
    return decide(till.store, payments.plan_withdraw, [till.payment(text).id], *more, who="anna")


def test_what_has_not_left_is_withdrawn_and_never_goes_out(till):
    till.take_in(pays(customer="Larkspur Tile"))
    assert (
        withdraw(till, "typed twice")
        == "Payment pay_1, 100.00 USD is withdrawn and will not be posted."
    )
    payment = till.payment()
    assert (payment.status, payment.note, payment.changed_by) == (
        S.WITHDRAWN,
        "typed twice",
        "anna",
    )
    till.prepare()
    assert ready(till) == []
    assert audited(till)[0] == (
        "payment.withdraw",
        f"Payment pay_1, 100.00 USD ({payment.id}): 2024-06-03, Larkspur Tile, 100=100.00,"
        " credit_card, ch_9x because: typed twice",
    )


@pytest.mark.parametrize(
    "wrong", [{"disputed": True}, {"charged": False}, {"customer": "Nobody of that name"}]
)
def test_what_was_refused_before_sending_is_withdrawn_with_its_problems(till, wrong):
    till.take_in(pays(**wrong))
    withdraw(till)
    assert till.stands() == (S.WITHDRAWN, "")
    assert set(till.problems().values()) <= {ProblemState.RESOLVED}


def test_a_skipped_payment_is_withdrawn_with_its_problem(till):
    till.take_in(pays(disputed=True))
    skip(till)
    withdraw(till)
    assert till.stands()[0] is S.WITHDRAWN
    assert till.problems() == {"payment-disputed-before": ProblemState.RESOLVED}


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ([P.SENT], "On file: sent; 2024-06-03, Larkspur Tile, 100=100.00"),
        ([P.SENT, P.REFUSED], "On file: refused"),
        ([P.SENT, P.PARKED], "On file: parked"),
        ([P.SENT, P.POSTED], "On file: posted"),
    ],
)
def test_what_has_left_is_not_withdrawn_and_what_is_on_file_is_told(till, states, told):
    till.take_in(pays())
    till.write("SET1")
    for state in states:
        till.move(state)
    before = till.payment()
    with pytest.raises(NotPossible, match="was sent to QuickBooks") as refused:
        withdraw(till)
    assert told in refused.value.sentence
    assert till.payment() == before
    assert audited(till) == []


def test_what_leaves_after_the_plan_was_made_is_not_withdrawn(till):
    till.take_in(pays())
    made = plan(till, payments.plan_withdraw, [till.payment().id])
    till.write("SET1")
    till.move(P.SENT)
    with pytest.raises(NotPossible, match="was sent to QuickBooks"):
        carry_out(Operator(till.store, "anna"), made)
    assert till.stands()[0] is S.SENT


def test_a_withdrawn_payment_is_neither_retried_skipped_nor_withdrawn_again(till):
    till.take_in(pays())
    withdraw(till)
    for decision in (retry, skip, withdraw):
        with pytest.raises(NotPossible, match=r"it is (already )?withdrawn"):
            decision(till)


def test_an_import_leaves_a_withdrawn_payment_as_it_is(till):
    till.take_in(pays())
    withdraw(till)
    same = till.take_in(pays())
    assert (same.unchanged, same.changed, same.refused) == (1, 0, ())
    other = till.take_in(pays(amount="70.00"))
    assert other.changed == 0
    assert "is withdrawn, so it was not changed: amount 100.00 -> 70.00" in other.refused[0].reason
    assert (till.payment().status, till.payment().amount) == (S.WITHDRAWN, money("100.00"))


def test_an_import_tells_a_change_that_a_withdrawn_payment_does_not_get_as_refused_alone(till):
    till.take_in(pays())
    withdraw(till)
    with till.store.reading():
        name = connections.by_id(till.id).name
        rows = [FileRow(1, pays(amount="70.00"))]
        plan = plan_import(till.store, name, rows, source="may.csv")
    assert (plan.told, len(plan.report.refused)) == ((), 1)


@pytest.mark.parametrize("amount", ["100.00", "70.00"])
def test_a_withdrawn_payment_that_is_added_again_is_back_with_what_is_said_now(till, amount):
    till.take_in(pays())
    withdraw(till)
    again = pays(amount=amount)
    said = decide(till.store, plan_add, "Larkspur", again)
    payment = till.payment()
    assert (payment.status, payment.amount, payment.note) == (S.READY, money(amount), "")
    assert "is changed as number" in said
    action, detail = audited(till)[0]
    assert (action, "added again after it was withdrawn" in detail) == ("payment.correct", True)
    assert ready(till)[0].amount == money(amount)


def test_a_withdrawn_payment_that_quickbooks_shows_after_all_is_told_so(till):
    till.take_in(pays())
    withdraw(till)
    till.move(P.POSTED, txn_id="9A-1")
    assert till.stands()[0] is S.POSTED
