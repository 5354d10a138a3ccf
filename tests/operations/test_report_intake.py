"""Reports of other programs come into a store: each payment once, whatever report names it."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

from shared.models import audit, problems
from shared.operations.deciding import carry_out
from shared.operations.file_profiles import HowToRead, Profile, read_map, shipped
from shared.operations.payment_files import PaymentFile
from shared.operations.payment_intake import Imported, Report, plan_import
from shared.operations.payment_profiles import how_to_read, plan_remove, plan_save
from shared.rules.payments.values import ChargeState, PaymentStatus, PostingState
from tests.models.builders import NOON, both_engines
from tests.models.payments.builders import pays
from tests.operations.reports import (
    PAYPAL,
    STRIPE_BALANCE,
    STRIPE_PAYMENTS,
    activity,
    charge,
    entry,
    written,
)
from tests.taking_in import Clerk

TODAY = date(2026, 11, 28)
INVOICE = "invoice_number (metadata)"
USUAL = (f"{INVOICE}=invoice",)


def imported(till, text: str, *maps: str, how: HowToRead | None = None) -> Report:
    how = how or HowToRead(maps=tuple(map(read_map, maps)), time_zone="America/Chicago")
    rows = PaymentFile(io.BytesIO(text.encode()), "csv", TODAY, how)
    plan = plan_import(till.store, "Larkspur", rows, source="may.csv")
    done: Imported = carry_out(Clerk(till.store, "ann", NOON), plan)
    return done.report


def counted(report: Report) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.unchanged, len(report.refused)


PAYMENTS = written(
    STRIPE_PAYMENTS,
    charge("ch_1", "100.00", **{INVOICE: "100", "Customer Description": "Mirror"}),
)
BALANCE = written(
    STRIPE_BALANCE,
    entry("charge", "ch_1", "100.00", **{"Created (UTC)": "2026-07-14 01:00", "Net": "92.45"}),
)


def test_the_payments_and_the_balance_of_stripe_are_one_payment(till):
    assert counted(imported(till, PAYMENTS, *USUAL)) == (1, 0, 0, 0)
    before = till.payment("ch_1")
    assert counted(imported(till, BALANCE)) == (0, 0, 1, 0)
    assert till.payment("ch_1") == before
    assert before.date == date(2026, 7, 10)


def test_so_they_are_after_it_was_sent(till):
    imported(till, PAYMENTS, *USUAL)
    till.move(PostingState.SENT, text="ch_1")
    assert counted(imported(till, BALANCE)) == (0, 0, 1, 0)
    with till.store.reading():
        assert problems.list_problems(till.id) == []


def test_the_report_that_names_the_invoice_may_come_second(till):
    balance = written(STRIPE_BALANCE, entry("charge", "ch_1", "100.00", **{INVOICE: "100"}))
    imported(till, balance, *USUAL)
    assert counted(imported(till, PAYMENTS)) == (0, 0, 1, 0)
    assert [use.document for use in till.payment("ch_1").uses] == ["100"]


def test_the_fee_is_kept_beside_the_gross_amount_that_is_posted(till):
    imported(till, PAYMENTS, *USUAL)
    assert (till.payment("ch_1").amount, till.payment("ch_1").fee) == (
        Decimal("100.00"),
        Decimal("7.55"),
    )


def test_a_file_that_says_no_fee_leaves_the_one_on_file(till):
    imported(till, PAYMENTS, *USUAL)
    without = [name for name in STRIPE_PAYMENTS if name != "Fee"]
    row = charge("ch_1", "100.00", **{INVOICE: "100"})
    del row["Fee"]
    assert counted(imported(till, written(without, row), *USUAL)) == (0, 0, 1, 0)
    assert till.payment("ch_1").fee == Decimal("7.55")


def test_a_new_payment_that_names_nobody_is_refused_with_the_column_to_map(till):
    text = written(STRIPE_PAYMENTS, charge(), charge("ch_2", **{INVOICE: "100"}))
    report = imported(till, text, *USUAL)
    assert counted(report) == (1, 0, 0, 1)
    [refusal] = report.refused
    assert (refusal.line, refusal.external_id) == (2, "ch_1")
    assert '"HEADER=invoice"' in refusal.remedy


def test_a_charge_that_failed_is_left_out_unless_it_is_on_file(till):
    failed = written(STRIPE_PAYMENTS, charge("ch_1", "100.00", Status="Failed"))
    report = imported(till, failed)
    assert counted(report) == (0, 0, 0, 0)
    [left_out] = report.left_out
    assert (left_out.kind, left_out.count, left_out.lines) == ("failed", 1, (2,))
    imported(till, PAYMENTS, *USUAL)
    assert counted(imported(till, failed)) == (0, 1, 0, 0)
    assert till.payment("ch_1").charge_state is ChargeState.FAILED
    assert till.payment("ch_1").status is PaymentStatus.NOT_ELIGIBLE


def test_a_charge_that_was_pending_has_succeeded_when_a_report_says_so(till):
    till.take_in(pays("ch_1", charge_state=ChargeState.PENDING, currency="USD"))
    assert till.payment("ch_1").charge_state is ChargeState.PENDING
    assert counted(imported(till, PAYMENTS, *USUAL)) == (0, 1, 0, 0)
    assert till.payment("ch_1").charge_state is ChargeState.SUCCEEDED


def test_a_balance_that_still_has_a_failed_charge_does_not_make_it_good(till):
    imported(till, PAYMENTS, *USUAL)
    imported(till, written(STRIPE_PAYMENTS, charge("ch_1", "100.00", Status="Failed")))
    assert counted(imported(till, BALANCE)) == (0, 0, 1, 0)
    assert till.payment("ch_1").charge_state is ChargeState.FAILED


def test_a_refund_that_a_report_tells_of_a_payment_is_taken_over(till):
    imported(till, PAYMENTS, *USUAL)
    row = charge("ch_1", "100.00", Status="Refunded", **{INVOICE: "100", "Amount Refunded": "40"})
    assert counted(imported(till, written(STRIPE_PAYMENTS, row), *USUAL)) == (0, 1, 0, 0)
    assert till.payment("ch_1").refunded == Decimal("40.00")


def test_another_amount_of_a_report_corrects_what_the_invoice_gets(till):
    imported(till, PAYMENTS, *USUAL)
    again = written(STRIPE_PAYMENTS, charge("ch_1", "90.00"))
    assert counted(imported(till, again)) == (0, 1, 0, 0)
    [use] = till.payment("ch_1").uses
    assert (use.document, use.amount) == ("100", Decimal("90.00"))


def test_rows_of_another_kind_are_counted_with_their_reason_and_lines(till):
    text = written(
        STRIPE_BALANCE,
        entry("payout", "po_1"),
        entry("charge", "ch_1", "100.00", **{INVOICE: "100"}),
        entry("payout", "po_2"),
        entry("refund", "re_1", "-12.00"),
    )
    report = imported(till, text, *USUAL)
    assert counted(report) == (1, 0, 0, 0)
    assert [(one.kind, one.count, one.lines) for one in report.left_out] == [
        ("payout", 2, (2, 4)),
        ("refund", 1, (5,)),
    ]
    assert [note.line for note in report.notes] == [5]


def test_a_row_that_is_pending_now_and_paid_later_comes_in_then(till):
    pending = activity("5TX1", "100.00", Status="Pending")
    assert counted(imported(till, written(PAYPAL, pending))) == (0, 0, 0, 0)
    paid = activity("5TX1", "100.00")
    assert counted(imported(till, written(PAYPAL, pending, paid))) == (1, 0, 0, 0)


# Saved profiles.


def saved(till, label: str = "our-stripe", **how) -> Profile:
    maps = how.pop("maps", USUAL)
    asked = HowToRead(profile="stripe-payments", maps=tuple(map(read_map, maps)), **how)
    profile = asked.wanted(asked.chosen())
    plan = plan_save(till.store, "Larkspur", label, profile)
    carry_out(Clerk(till.store, "ann", NOON), plan)
    return profile


def asked(till, **said) -> HowToRead:
    with till.store.reading():
        return how_to_read(till.store, "Larkspur", **said)


@both_engines
def test_a_saved_profile_is_recognized_before_the_shipped_one(till):
    with till.store.transaction():
        saved(till, time_zone="America/Chicago")
    report = imported(till, PAYMENTS, how=asked(till))
    assert counted(report) == (1, 0, 0, 0)
    assert any("our-stripe" in sentence for sentence in report.told)
    with till.store.reading():
        assert (
            "profile.save",
            "our-stripe: stripe-payments; invoice_number (metadata)=invoice; America/Chicago",
        ) in [(one.action, one.detail) for one in audit.entries()]


def test_what_is_said_now_counts_more_than_what_was_saved(till):
    with till.store.transaction():
        saved(till, maps=("Description=invoice:INV-#",))
    row = charge("ch_1", "100.00", **{INVOICE: "100"})
    how = asked(till, profile="our-stripe", maps=USUAL)
    imported(till, written(STRIPE_PAYMENTS, row), how=how)
    assert [use.document for use in till.payment("ch_1").uses] == ["100"]


@both_engines
def test_a_removed_profile_is_gone(till):
    with till.store.transaction():
        saved(till)
        carry_out(Clerk(till.store, "ann", NOON), plan_remove(till.store, "Larkspur", "our-stripe"))
    assert asked(till).saved == {}


def test_a_profile_on_top_of_a_saved_one_keeps_its_shipped_base(till):
    with till.store.transaction():
        saved(till)
        [profile] = how_to_read(till.store, "Larkspur").saved.values()
        again = plan_save(till.store, "Larkspur", "another", profile)
    assert again.profile.base == "stripe-payments"
    assert again.profile.rows == shipped()["stripe-payments"].rows
