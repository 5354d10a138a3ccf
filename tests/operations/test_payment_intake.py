"""Payments come in: new, corrected until they have left, unchanged, or refused row by row."""

from __future__ import annotations

from datetime import date

import pytest

from shared.models import audit, problems
from shared.models.payments import payment_pages
from shared.operations import payment_intake, payments
from shared.operations.deciding import PlanIsStale, carry_out
from shared.operations.payment_cells import FileRow
from shared.operations.payment_files import PaymentFile
from shared.operations.payment_intake import BadPayment, BadRows, Report, plan_add, plan_import
from shared.rules.payments import tags
from shared.rules.payments.values import (
    ChargeState,
    NewUse,
    PaymentSource,
    PaymentStatus,
    PostingState,
    UseKind,
)
from shared.rules.values import ProblemState, RecordKind
from shared.structs import replace
from tests.deciding import decide
from tests.models.builders import NOON, both_engines, later
from tests.models.payments.builders import Till, money, pays
from tests.taking_in import Clerk

SENT_BEFORE = "payment-changed-after-sending"
OTHER_TERMS = [
    ({"amount": money("100.01")}, "amount 100.00 -> 100.01"),
    ({"date": date(2024, 6, 4)}, "date 2024-06-03 -> 2024-06-04"),
    ({"uses": (NewUse("101", money("80.00")),)}, "applied 100=100.00 -> 101=80.00"),
    ({"customer": "Juniper Yoga"}, "customer nothing -> Juniper Yoga"),
    ({"currency": "USD"}, "currency nothing -> USD"),
    ({"method": "ach"}, "method credit_card -> ach"),
    ({"reference": "ch_1"}, "reference ch_9x -> ch_1"),
    ({"gateway": "square"}, "gateway stripe -> square"),
    ({"memo": "another"}, "memo nothing -> another"),
    ({"charged": False}, "offline no -> yes"),
    ({"from_quickbooks": True}, "from_quickbooks no -> yes"),
]


def counted(report: Report) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.unchanged, len(report.refused)


def rows(*payments):
    return [FileRow(line, one) for line, one in enumerate(payments, 1)]


def by(till, now=NOON):
    return Clerk(till.store, "ann", now)


def audited(till):
    return [(one.who, one.action, one.detail) for one in audit.entries()]


def messages(till, code=SENT_BEFORE):
    return [one.message for one in problems.list_problems(till.id) if one.code == code]


def test_a_payment_is_taken_in_with_all_its_terms(till):
    given = pays(
        "pay_1",
        "110.00",
        ("100", "100.00"),
        customer="larkspur tile",
        currency="usd",
        memo="for the lobby",
        refunded=money("5.00"),
    )
    credit = NewUse("CN-7", money("10.00"), UseKind.CREDIT_NOTE)
    given = replace(given, uses=(*given.uses, credit))
    assert counted(till.take_in(given)) == (1, 0, 0, 0)
    payment = till.payment()
    assert (payment.source, payment.external_id) == (PaymentSource.INVOICED, "pay_1")
    assert (payment.date, payment.amount) == (date(2024, 6, 3), money("110.00"))
    assert (payment.customer, payment.currency) == ("larkspur tile", "USD")
    assert (payment.method, payment.gateway, payment.reference) == (
        *("credit_card", "stripe"),
        "ch_9x",
    )
    assert (payment.memo, payment.refunded, payment.disputed) == (
        "for the lobby",
        money("5.00"),
        False,
    )
    assert (payment.charged, payment.charge_state) == (True, ChargeState.SUCCEEDED)
    assert [(use.document, use.kind, use.amount) for use in payment.uses] == [
        ("100", UseKind.INVOICE, money("100.00")),
        ("CN-7", UseKind.CREDIT_NOTE, money("10.00")),
    ]
    assert (payment.received_at, payment.txn_id) == (NOON, "")


def test_a_payment_of_a_customer_needs_no_invoice(till):
    till.take_in(pays(uses=(), customer="Larkspur Tile"))
    assert (till.payment().uses, till.payment().customer) == ((), "Larkspur Tile")


def test_the_same_payment_again_is_the_same_one(till):
    till.take_in(pays())
    assert counted(till.take_in(pays(), now=later(days=1))) == (0, 0, 1, 0)
    assert len(list(payment_pages.each(till.id))) == 1
    assert len(till.parts()) == 1


def test_one_given_twice_is_one(till):
    till.take_in(pays("pay_2"))
    assert counted(till.take_in(pays("pay_1"), pays("pay_2"), pays("pay_1"))) == (1, 0, 2, 0)


def test_an_empty_file_is_nothing(till):
    assert till.take_in() == Report(0, 0, 0)


def test_each_company_knows_its_own_payments(till):
    other = Till(till.store, "Bramble")
    till.take_in(pays())
    assert counted(other.take_in(pays(amount="1.00"))) == (1, 0, 0, 0)
    assert till.payment().amount == money("100.00")


def test_the_order_of_what_is_paid_is_no_difference(till):
    shares = [("100", "60.00"), ("101", "40.00")]
    till.take_in(pays("pay_1", "100.00", *shares))
    assert counted(till.take_in(pays("pay_1", "100.00", *reversed(shares)))) == (0, 0, 1, 0)


# Corrections, as long as no request has left.


@pytest.mark.parametrize(("changes", "told"), OTHER_TERMS)
def test_other_content_before_sending_is_a_correction(till, changes, told):
    till.take_in(pays())
    assert counted(till.take_in(replace(pays(), **changes))) == (0, 1, 0, 0)
    [name] = changes
    if name != "uses":
        assert getattr(till.payment(), name) == changes[name]
    assert audited(till)[1] == ("test", "payment.correct", f"pay_1: {told}")


def test_a_typo_in_the_invoice_is_corrected_and_the_payment_is_ready_at_once(till):
    till.take_in(pays("pay_1", "80.00", ("9999", "80.00")))
    assert till.stands() == (PaymentStatus.WAITING, "payment-invoice-waiting")
    till.take_in(pays("pay_1", "80.00", ("101", "80.00")))
    assert till.stands() == (PaymentStatus.READY, "")
    assert [use.number for use in till.part().uses] == ["101"]


def test_a_correction_plans_the_same_posting_anew_under_its_tags(till):
    till.take_in(pays())
    before = till.part()
    till.take_in(pays(amount="90.00"))
    after = till.part()
    assert (after.id, after.amount) == (before.id, money("90.00"))
    assert (after.ref_number, after.external_guid) == (before.ref_number, before.external_guid)
    assert after.ref_number == tags.ref_number(till.origin, "pay_1", 1, 1)


@both_engines
def test_a_correction_may_need_more_parts_or_fewer(till):
    till.take_in(pays())
    till.take_in(pays("pay_1", "140.00", ("100", "100.00"), ("200", "40.00")))
    assert [part.customer for part in till.parts()] == ["Larkspur Tile", "Juniper Yoga"]
    till.take_in(pays())
    assert [(part.part, part.amount) for part in till.parts()] == [(1, money("100.00"))]


def test_problems_that_a_correction_ends_are_closed(till):
    till.take_in(pays(customer="Juniper Yoga"))
    assert till.problems() == {"payment-customer-mismatch": ProblemState.OPEN}
    till.take_in(pays(customer="Larkspur Tile"))
    assert till.stands() == (PaymentStatus.READY, "")
    assert till.problems() == {"payment-customer-mismatch": ProblemState.RESOLVED}


def test_what_was_refused_without_being_sent_is_planned_again_by_a_correction(till):
    till.take_in(pays())
    till.move(PostingState.REFUSED, code="payment-overpays", reason="Too much.")
    assert till.stands() == (PaymentStatus.REFUSED, "payment-overpays")
    till.take_in(pays(amount="90.00"))
    assert till.stands() == (PaymentStatus.READY, "")
    assert (till.part().state, till.part().code) == (PostingState.PLANNED, "")


def test_a_skipped_payment_is_corrected_and_stays_skipped(till):
    till.take_in(pays())
    decide(till.store, payments.plan_skip, [till.payment().id], "twice")
    assert counted(till.take_in(pays(amount="90.00"))) == (0, 1, 0, 0)
    assert till.payment().status is PaymentStatus.SKIPPED
    decide(till.store, payments.plan_unskip, [till.payment().id])
    assert till.part().amount == money("90.00")


def test_corrections_come_one_by_one_beside_new_and_known_ones(till):
    till.take_in(pays("pay_1"), pays("pay_2"))
    report = till.take_in(pays("pay_1"), pays("pay_2", "7.00"), pays("pay_3", "1.00"))
    assert counted(report) == (1, 1, 1, 0)
    assert [till.payment(one).amount for one in ("pay_2", "pay_3")] == [money("7.00"), money("1")]


# Afterwards it is held against what was sent.


@pytest.mark.parametrize("state", [PostingState.SENT, PostingState.UNKNOWN, PostingState.PARKED])
@pytest.mark.parametrize(("changes", "told"), OTHER_TERMS)
def test_after_its_request_has_left_other_content_is_refused(till, state, changes, told):
    till.take_in(pays())
    till.move(PostingState.SENT)
    till.move(state)
    before = till.payment()
    report = till.take_in(replace(pays(), **changes), pays("pay_2", "1.00"))
    assert counted(report) == (1, 0, 0, 1)
    [refusal] = report.refused
    assert (refusal.line, refusal.external_id) == (1, "pay_1")
    assert told in refusal.reason
    assert refusal.remedy
    assert till.payment() == before
    assert till.problems()[SENT_BEFORE] is ProblemState.OPEN
    assert [told in message for message in messages(till)] == [True]


def test_what_quickbooks_refused_has_left_too(till):
    till.take_in(pays())
    till.close(till.write())
    till.move(PostingState.REFUSED, code="3120", reason="no such customer")
    assert counted(till.take_in(pays(amount="90.00"))) == (0, 0, 0, 1)
    decide(till.store, payments.plan_retry, [till.payment().id])
    assert till.part().state is PostingState.PLANNED
    assert counted(till.take_in(pays(amount="90.00"))) == (0, 0, 0, 1)


def test_the_problem_closes_when_the_content_on_file_comes_again(till):
    till.take_in(pays())
    till.post()
    till.take_in(pays(amount="90.00"))
    till.take_in(pays(), now=later(days=1))
    assert till.problems() == {SENT_BEFORE: ProblemState.RESOLVED}
    till.take_in(pays(amount="80.00"), now=later(days=2))
    assert till.problems() == {SENT_BEFORE: ProblemState.OPEN}
    assert "100.00 -> 80.00" in messages(till)[0]


def test_judging_again_does_not_close_it(till):
    till.take_in(pays())
    till.close(till.write())
    till.move(PostingState.REFUSED)
    till.take_in(pays(amount="90.00"))
    decide(till.store, payments.plan_retry, [till.payment().id])
    till.prepare()
    assert till.problems(states=[ProblemState.OPEN]) == {SENT_BEFORE: ProblemState.OPEN}


def test_a_refused_row_still_tells_what_became_of_the_charge(till):
    till.take_in(pays())
    till.post()
    report = till.take_in(pays(amount="90.00", refunded=money("20.00")))
    assert counted(report) == (0, 0, 0, 1)
    assert (till.payment().amount, till.payment().refunded) == (money("100.00"), money("20.00"))
    assert set(till.problems()) == {SENT_BEFORE, "payment-refunded"}


def test_a_refund_above_the_amount_on_file_is_not_taken_over(till):
    till.take_in(pays())
    till.post()
    till.take_in(pays(amount="900.00", refunded=money("500.00")))
    assert till.payment().refunded == money("0.00")


# Files.


def test_rows_that_contradict_each_other_are_all_refused(till):
    report = till.take_in(pays(), pays("pay_2"), pays(amount="90.00"))
    assert counted(report) == (1, 0, 0, 2)
    assert [(one.line, one.external_id) for one in report.refused] == [(1, "pay_1"), (3, "pay_1")]
    assert "lines 1, 3" in report.refused[0].reason
    assert [one.external_id for one in payment_pages.each(till.id)] == ["pay_2"]


def test_two_rows_may_tell_what_became_of_a_charge_the_last_one_counts(till):
    pending = pays(charge_state=ChargeState.PENDING)
    assert counted(till.take_in(pending, pays())) == (1, 0, 1, 0)
    assert till.payment().charge_state is ChargeState.SUCCEEDED


def test_rows_that_cannot_be_read_stop_the_file(till):
    given = [*rows(pays()), FileRow(2, None, ("amount: it is missing",), external_id="pay_2")]
    with pytest.raises(BadRows, match="line 2: amount: it is missing") as refusal:
        plan_import(till.store, "Larkspur", given, source="may.csv")
    assert [row.line for row in refusal.value.rows] == [2]
    assert "1 of 2 rows has errors" in refusal.value.sentence


def test_rows_that_cannot_be_read_may_be_skipped(till):
    given = [FileRow(1, None, ("amount: it is missing",), external_id="pay_2"), FileRow(2, pays())]
    plan = plan_import(till.store, "Larkspur", given, source="may.csv", skip_bad_rows=True)
    report = carry_out(by(till), plan).report
    assert counted(report) == (1, 0, 0, 1)
    [refusal] = report.refused
    assert (refusal.line, refusal.external_id) == (1, "pay_2")
    assert refusal.reason == "amount: it is missing"


def test_a_plan_says_exactly_what_then_happens_and_writes_nothing(till):
    till.take_in(pays("kept"), pays("gone"), pays("wrong", "5.00"), pays("charged"))
    till.post("gone")
    before = list(payment_pages.each(till.id))
    given = rows(
        pays("kept"),
        pays("gone", "99.00"),
        pays("wrong", "6.00"),
        pays("charged", disputed=True),
        pays("fresh", "1.00", currency="EUR"),
        pays("empty", "0.00", uses=()),
        pays("odd"),
        pays("odd", "2.00"),
    )
    plan = plan_import(till.store, "Larkspur", given, source="may.csv")
    assert list(payment_pages.each(till.id)) == before
    assert till.problems("gone") == {}
    assert counted(plan.report) == (2, 2, 1, 3)
    outcome = carry_out(by(till), plan)
    assert (outcome.report, outcome.report.notes) == (plan.report, plan.report.notes)
    again = plan_import(till.store, "Larkspur", given, source="may.csv")
    assert counted(again.report) == (0, 0, 5, 3)


def test_a_plan_is_stale_once_a_payment_has_left(till):
    till.take_in(pays())
    plan = plan_import(till.store, "Larkspur", rows(pays(amount="90.00")), source="may.csv")
    till.move(PostingState.SENT)
    with pytest.raises(PlanIsStale) as stale:
        carry_out(by(till), plan)
    assert counted(stale.value.fresh.report) == (0, 0, 0, 1)
    assert till.payment().amount == money("100.00")


def test_a_total_is_noted_with_its_line_and_never_a_payment(till):
    content = b"external_id,invoice,amount\npay_1,100,10.00\nTotal,,10.00\n"
    plan = plan_import(
        till.store,
        "Larkspur",
        PaymentFile(content.splitlines(keepends=True), "csv", date(2024, 6, 3)),
        source="may.csv",
    )
    report = carry_out(by(till), plan).report
    assert counted(report) == (1, 0, 0, 0)
    assert [note.line for note in report.notes] == [3]
    assert [one.external_id for one in payment_pages.each(till.id)] == ["pay_1"]


def test_what_will_never_go_out_as_it_is_is_noted(till):
    report = till.take_in(pays("pay_1", "0.00", uses=()), pays("pay_2", currency="XYZ"))
    assert [(note.line, "0.00" in note.sentence) for note in report.notes][:1] == [(1, True)]
    assert counted(report) == (2, 0, 0, 0)


def test_a_file_is_one_line_in_the_audit_trail_and_one_for_each_correction(till):
    till.take_in(pays("pay_1"), pays("pay_2"))
    plan = plan_import(
        till.store, "Larkspur", rows(pays("pay_1", "7.00"), pays("pay_2", "8.00")), source="may.csv"
    )
    carry_out(by(till), plan)
    assert audited(till)[:3] == [
        ("ann", "payment.import", "may.csv: 0 new, 2 changed, 0 unchanged, 0 refused"),
        (
            *("ann", "payment.correct"),
            "pay_2: amount 100.00 -> 8.00; applied 100=100.00 -> 100=8.00",
        ),
        (
            *("ann", "payment.correct"),
            "pay_1: amount 100.00 -> 7.00; applied 100=100.00 -> 100=7.00",
        ),
    ]


def test_thousands_of_rows_are_looked_up_in_batches(till, monkeypatch):
    asked: list[int] = []
    look = payment_intake.from_platform.on_file
    monkeypatch.setattr(
        payment_intake.from_platform,
        "on_file",
        lambda company, keys: asked.append(len(keys)) or look(company, keys),
    )
    many = rows(*(pays(f"pay_{number}") for number in range(1201)))
    plan_import(till.store, "Larkspur", many, source="may.csv")
    assert asked == [500, 500, 201]


# One payment.


def add(till, payment, **options):
    return carry_out(by(till), plan_add(till.store, "Larkspur", payment, **options))


def test_one_payment_is_added_corrected_and_known(till):
    hows = [add(till, one).how for one in (pays(), pays(amount="90.00"), pays(amount="90.00"))]
    assert hows == ["added", "updated", "unchanged"]
    assert till.payment().amount == money("90.00")


def test_one_payment_that_has_left_is_refused_and_is_a_problem(till):
    till.take_in(pays())
    till.post()
    added = add(till, pays(amount="90.00"))
    assert added.how == "refused"
    assert added.refusal is not None
    assert till.problems() == {SENT_BEFORE: ProblemState.OPEN}


def test_without_a_date_one_keeps_the_date_on_file(till):
    till.take_in(pays())
    assert add(till, pays(date=date(2025, 1, 1)), undated=True).how == "unchanged"


def test_a_payment_that_is_wrong_in_itself_is_not_planned(till):
    for payment, field in (
        (pays(amount="-1.00"), "amount"),
        (pays(""), "external_id"),
        (pays(uses=()), "customer"),
        (pays(memo="a\x00b"), "memo"),
        (pays(memo="a\ud800b"), "memo"),
        (pays(customer="a\x00b"), "customer"),
    ):
        with pytest.raises(BadPayment, match=f"^{field} ") as refused:
            plan_add(till.store, "Larkspur", payment)
        assert refused.value.remedy


# What became of the charge may change at any time.


def test_what_became_of_the_charge_is_taken_over(till):
    till.take_in(pays(charge_state=ChargeState.PENDING))
    assert till.stands() == (PaymentStatus.NOT_ELIGIBLE, "payment-pending")
    assert counted(till.take_in(pays(), now=later(days=1))) == (0, 1, 0, 0)
    assert till.stands() == (PaymentStatus.READY, "")
    assert till.payment().changed_at == later(days=1)


def test_a_refund_before_posting_keeps_the_payment_back(till):
    till.take_in(pays())
    till.take_in(pays(refunded=money("20.00")))
    assert till.stands() == (PaymentStatus.REFUSED, "payment-refunded-before")
    assert till.problems() == {"payment-refunded-before": ProblemState.OPEN}


def test_a_refund_after_posting_becomes_a_problem_and_the_payment_stays_posted(till):
    till.take_in(pays())
    till.post()
    assert counted(till.take_in(pays(refunded=money("20.00")))) == (0, 1, 0, 0)
    assert till.stands() == (PaymentStatus.POSTED, "")
    assert till.payment().refunded == money("20.00")
    assert till.problems() == {"payment-refunded": ProblemState.OPEN}


def test_a_dispute_after_posting_becomes_a_problem(till):
    till.take_in(pays())
    till.post()
    till.take_in(pays(disputed=True))
    assert till.problems() == {"payment-disputed": ProblemState.OPEN}


def test_a_charge_that_fails_after_posting_becomes_a_problem(till):
    till.take_in(pays())
    till.post()
    till.take_in(pays(charge_state=ChargeState.FAILED))
    till.take_in(pays(charge_state=ChargeState.FAILED))
    assert till.problems() == {"payment-returned": ProblemState.OPEN}


@pytest.mark.parametrize("state", [PostingState.SENT, PostingState.UNKNOWN, PostingState.PARKED])
def test_a_refund_of_what_quickbooks_may_have_is_told_as_well(till, state):
    till.take_in(pays())
    till.move(PostingState.SENT)
    till.move(state)
    till.take_in(pays(refunded=money("100.00")))
    assert "payment-refunded" in till.problems()


def test_the_same_refund_again_is_no_news(till):
    till.take_in(pays())
    till.post()
    till.take_in(pays(refunded=money("20.00")))
    assert counted(till.take_in(pays(refunded=money("20.00")))) == (0, 0, 1, 0)


def test_a_problem_of_a_payment_names_it(till):
    till.take_in(pays())
    till.post()
    till.take_in(pays(amount="90.00"))
    [problem] = problems.list_problems(till.id)
    assert (problem.kind, problem.object_id) == (RecordKind.PAYMENT, str(till.payment().id))
    assert problem.document == "Payment pay_1, 100.00"
