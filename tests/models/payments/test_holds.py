"""What holds all payments of a connection: what counts, and at what cost it is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.models import connections, problems, syncs
from shared.models.payments import holds
from shared.models.statements import Statement
from shared.operations import payment_views
from shared.rules.payments.views import PaymentFilter
from shared.rules.values import Outcome, ProblemState, Record, RecordKind, Trouble
from tests.models.builders import NOON, invoice
from tests.models.payments.builders import Till, pays
from tests.models.plans import plans, sqlite_alone


def meets(till: Till, about: str, code: str = "anything", sync_id: int | None = None, **later: int):
    """A problem of the sync as a whole is put on file."""
    trouble = Trouble(code, RecordKind.SYNC, about, "Payment Sync", f"{code} it is.", "Mend it.")
    with till.store.transaction():
        problems.report(till.id, sync_id, [trouble], NOON + timedelta(**later))


def code(till: Till) -> str:
    """The code of what holds all payments; empty where nothing does."""
    with till.store.reading():
        found = holds.holds([till.id])
    return found[till.id].code if found else ""


@pytest.mark.parametrize("about", [holds.POSTING, holds.COMPANY_FILE, "payment", "combined"])
def test_a_problem_with_posting_as_a_whole_holds_whatever_its_code(till, about):
    meets(till, about, "of-a-kind-yet-to-come")
    assert code(till) == "of-a-kind-yet-to-come"


@pytest.mark.parametrize("about", ["invoice", "deleted-payments"])
def test_what_does_not_touch_posting_holds_nothing(till, about):
    meets(till, about)
    assert code(till) == ""


@pytest.mark.parametrize("state", [one for one in ProblemState if one is not ProblemState.OPEN])
def test_what_was_decided_or_is_over_holds_nothing(till, state):
    meets(till, holds.COMPANY_FILE)
    with till.store.transaction():
        (found,) = problems.about(till.id, [holds.COMPANY_FILE])
        problems.change(found.id, state, "", "mara", NOON)
    assert code(till) == ""


def test_of_several_the_one_that_was_met_last_is_told(till):
    meets(till, holds.POSTING, "later", minutes=5)
    meets(till, "payment", "earlier")
    assert code(till) == "later"


def test_a_switch_that_is_off_comes_before_anything_else(till):
    meets(till, holds.POSTING)
    with till.store.transaction():
        connections.edit(till.id, payments_out=False)
    assert code(till) == "payment-flow-off"


@pytest.mark.parametrize(
    ("outcome", "held"),
    [(Outcome.POSTED, True), (Outcome.FAILED, True), (Outcome.UPDATED, False)],
)
def test_a_sync_that_failed_while_it_read_payments_had_posted_what_it_could(till, outcome, held):
    with till.store.transaction():
        sync = syncs.start(till.id, "payment", NOON)
        syncs.add_records(sync.id, [Record(RecordKind.PAYMENT, "7", "Payment 7", outcome, "", "")])
    meets(till, "payment", sync_id=sync.id)
    assert bool(code(till)) is held


def test_one_connection_is_not_held_by_what_another_one_met(till):
    other = Till(till.store, "Juniper")
    meets(other, holds.POSTING)
    assert (code(till), code(other)) == ("", "anything")


def test_what_is_ready_tells_it_and_what_has_a_reason_of_its_own_keeps_that(till):
    till.owes(invoice("1A-100"))
    till.take_in(pays("pay_1"), pays("pay_2", disputed=True), pays("pay_3", charged=False))
    meets(till, holds.POSTING)
    with till.store.reading():
        found = payment_views.newest(till.store, PaymentFilter(), 0)
    told = {one.payment.external_id: (one.payment.code, one.remedy) for one in found}
    assert told["pay_1"] == ("anything", "Mend it.")
    assert [one.payment.external_id for one in found if one.is_held] == ["pay_1"]
    assert "anything" not in (told["pay_2"][0], told["pay_3"][0])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Statement]:
    """Every statement that is run, in order."""
    run: list[Statement] = []
    text = Statement._text

    def counted(self: Statement, *arguments):
        run.append(self)
        return text(self, *arguments)

    monkeypatch.setattr(Statement, "_text", counted)
    return run


def test_each_kind_of_cause_is_asked_for_once_however_many_payments_and_connections(till, asked):
    other = Till(till.store, "Juniper")
    for one in (till, other):
        one.owes(invoice("1A-100"))
        one.take_in(*(pays(f"pay_{number}", "1.00") for number in range(20)))
        meets(one, holds.POSTING)
    asked.clear()
    with till.store.reading():
        found = list(payment_views.each(till.store, PaymentFilter()))
    assert len(found) == 40
    assert all(one.is_held for one in found)
    causes = (holds._DOUBTS, holds._troubles, holds._SWITCHED_OFF)
    assert [asked.count(one) for one in causes] == [1, 1, 1]
    assert len(asked) < 20


def test_payments_are_told_one_after_the_other(till):
    till.owes(invoice("1A-100"))
    till.take_in(*(pays(f"pay_{number}", "1.00") for number in range(3)))
    with till.store.reading():
        lines = payment_views.each(till.store, PaymentFilter())
        assert iter(lines) is lines
        assert next(lines).payment.external_id == "pay_0"


@sqlite_alone
def test_no_question_goes_through_all_payments(till, monkeypatch):
    till.owes(invoice("1A-100"))
    till.take_in(pays("pay_1"))
    seen = plans(monkeypatch)
    with till.store.reading():
        holds.of_waiting()
    assert any("payment" in line.lower() for line in seen)
    # Small lists of parameters, and the connections themselves.
    through = [line for line in seen if line.startswith("SCAN") and "json_each" not in line]
    assert through == ["SCAN t1 USING COVERING INDEX connection_platform_account"]
