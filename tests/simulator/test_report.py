"""The demo's last words: what was posted, brought back and not posted, and the verdict."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from shared.structs import replace
from simulator.comparison import Comparison, Line
from simulator.report import WIDTH, Ending, show
from simulator.story import BY_HAND, PLATFORM, Case, Payment, Share, Story

CARD, _, BOTH, _, OFFLINE, _ = PLATFORM
WHY = "The payment was taken offline, so it is not posted, which takes more than a line to say."


def paid(case: Case, *numbers: str) -> Payment:
    shares = (Share(f"{number}-1", number, Decimal("1234.50")) for number in numbers)
    return Payment(case, "USD", tuple(shares))


def record(name: str, status: str, txn_id: str = "", reason: str = "") -> dict[str, Any]:
    return {
        "external_id": name,
        "ref_number": "",
        "status": status,
        "reason": reason,
        "txn_id": txn_id,
    }


def ending(**changes: Any) -> Ending:
    """A demo in which all went well."""
    story = Story(
        (paid(CARD, "1001"), paid(BOTH, "1002", "1003"), paid(OFFLINE, "1004")),
        paid(BY_HAND, "1005"),
    )
    payments = (
        record("pay_1", "posted", "A-1"),
        record("pay_3", "posted", "B-1 C-1"),
        record("pay_5", "not_eligible", reason=WHY),
        {**record("", "imported", "D-1"), "ref_number": "4711"},
        {**record("", "imported", "E-1"), "ref_number": "4712"},
    )
    sides = Comparison((Line("payments", "5", "5"),), ())
    return replace(Ending(story, payments, sides, "No difference in Demo.", True), **changes)


def with_status(name: str, status: str, reason: str = "") -> Ending:
    """The same with one payment that stands otherwise."""
    changed = record(name, status, "A-1", reason)
    others = [one for one in ending().payments if one["external_id"] != name]
    return ending(payments=(changed, *others))


def printed(capsys: pytest.CaptureFixture[str], shown: Ending) -> str:
    show(shown)
    return capsys.readouterr().out


def test_what_was_posted_is_shown_with_its_txn_ids(capsys):
    shown = printed(capsys, ending())
    assert "  pay_1      1,234.50 USD  invoice 1001                      A-1\n" in shown
    assert "  pay_3      2,469.00 USD  invoices 1002 and 1003            B-1\n" in shown
    assert "                           part 2: other customer or account C-1\n" in shown


def test_what_was_brought_back_is_counted_and_the_new_one_shown(capsys):
    shown = printed(capsys, ending())
    assert "Imported from QuickBooks: 2 payments, including" in shown
    assert "  4711       1,234.50 USD  part of invoice 1005              D-1\n" in shown
    assert "E-1" not in shown


def test_without_a_payment_by_hand_the_others_are_counted(capsys):
    shown = printed(capsys, ending(story=Story((), None), payments=ending().payments[-1:]))
    assert "\nImported from QuickBooks: 1 payment\n" in shown


def test_what_was_not_posted_is_shown_with_the_reason(capsys):
    shown = printed(capsys, ending())
    assert "  pay_5      1,234.50 USD  The payment was taken offline" in shown
    assert " ".join(shown.split()).count(WHY) == 1


def test_everything_fits_80_columns(capsys):
    lines = printed(capsys, ending()).splitlines()
    assert max(map(len, lines)) <= WIDTH


def test_both_sides_and_reconcile_come_before_the_verdict(capsys):
    shown = printed(capsys, ending())
    sides = shown.index("payments                         5               5\n")
    verdict = shown.index("deskbridge reconcile: No difference in Demo.\n")
    assert sides < verdict < shown.index("\nEQUAL: all totals match\n")


def test_nothing_but_the_sides_is_shown_of_a_company_without_open_invoices(capsys):
    shown = printed(capsys, ending(story=Story((), None), payments=()))
    assert not any(word in shown for word in ("Posted", "Imported", "Not posted"))
    assert "\nEQUAL: all totals match\n" in shown


@pytest.mark.parametrize(
    ("shown", "difference"),
    [
        (
            with_status("pay_1", "refused", "It is closed."),
            "pay_1 is refused, but should be posted: It",
        ),
        (with_status("pay_5", "posted"), "payment pay_5 is posted, but should be not eligible"),
        (
            ending(payments=ending().payments[1:]),
            "payment pay_1 is not on file, but should be posted",
        ),
        (ending(verdict="2 differences", reconciled=False), "reconcile: 2 differences"),
        (ending(comparison=Comparison((), ("invoice 1A-1 …",))), "invoice 1A-1 …"),
    ],
)
def test_what_is_not_as_it_has_to_be_is_a_difference(shown, difference, capsys):
    (found,) = shown.differences
    assert difference in found
    assert f"DIFFERENT: 1 difference\n  {found}\n" in printed(capsys, shown)


def test_a_payment_that_is_not_on_file_is_shown_as_not_posted(capsys):
    shown = printed(capsys, ending(payments=ending().payments[1:]))
    assert "  pay_1      1,234.50 USD  It is not on file.\n" in shown


def test_a_payment_that_was_refused_is_shown_with_its_status_where_no_reason_is_told(capsys):
    assert "  pay_1      1,234.50 USD  refused\n" in printed(
        capsys, with_status("pay_1", "refused")
    )


def test_differences_are_shown_up_to_ten(capsys):
    many = Comparison((), tuple(f"difference {n}" for n in range(12)))
    shown = printed(capsys, ending(comparison=many))
    assert "DIFFERENT: 12 differences" in shown
    assert "difference 9\n" in shown
    assert "difference 10" not in shown
    assert "… and 2 more" in shown
