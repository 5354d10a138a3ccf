"""Payments made on the fake Invoiced come in once, and what happened to them since."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from daemon.connectors.invoiced.api import ApiRefusal
from daemon.connectors.invoiced.arriving import Cursor, read_cursor
from daemon.connectors.receiving import TAKEN_AT_ONCE
from shared.operations import connectors as operations
from shared.operations import platform_intake
from shared.operations.deciding import Operator, carry_out
from shared.operations.payment_intake import plan_add
from shared.operations.payments import plan_withdraw
from shared.rules.connectors import AccountState, ConvenienceFees, Owner
from shared.rules.payments.values import ChargeState, NewPayment, NewUse, PaymentStatus
from simulator.invoiced import acts
from simulator.invoiced.faults import Fault, FaultKind, FaultPlan
from tests.daemon.connectors.invoiced.receiving import Received
from tests.models.builders import both_engines, invoice


@pytest.fixture
def world(store_url: str) -> Iterator[Received]:
    made = Received(store_url)
    yield made
    made.close()


def test_a_payment_by_card_comes_in_for_the_invoice_that_was_sent(world):
    world.begins()
    made = world.pays("100", by="card")
    world.polls()
    payment = world.on_file(made)
    assert (payment.amount, payment.charged, payment.status) == (250, True, PaymentStatus.READY)
    assert [(use.document, use.amount) for use in payment.applied] == [("1A-100", 250)]
    assert (payment.method, payment.gateway, payment.currency) == ("Credit Card", "test", "USD")
    assert payment.reference == world.the(made)["reference"]
    assert world.owner(made) is Owner.PLATFORM


def test_a_check_that_staff_recorded_there_is_offline(world):
    world.begins()
    made = world.pays("100", by="check")
    world.polls()
    assert world.on_file(made).status is PaymentStatus.NOT_ELIGIBLE


def test_what_was_paid_before_the_account_was_connected_stays_there(world):
    world.quickbooks_has(invoice("1A-100"))
    made = world.fake.charged(world.fake.invoice(world.fake.customer("Before")), 40)
    world.connects()
    world.runs()
    world.polls()
    world.fake.patch(f"/payments/{made['id']}", notes="touched")
    world.polls()
    assert world.on_file(str(made["id"])) is None


def test_nothing_comes_in_while_paused_and_all_of_it_afterwards(world):
    world.begins()
    world.sets(AccountState.PAUSED)
    made = world.pays("100")
    world.polls()
    assert world.on_file(made) is None
    world.sets(AccountState.LIVE)
    world.polls()
    assert world.on_file(made).status is PaymentStatus.READY


def test_a_bank_debit_waits_and_is_looked_at_until_it_succeeds(world):
    """Nothing in the list of payments tells that a pending charge succeeded."""
    world.begins()
    made = world.pays("100", by="bank")
    world.polls()
    assert world.on_file(made).charge_state is ChargeState.PENDING
    assert world.watched() == [made]
    world.on_invoiced(acts.settle, world.the(made), succeeds=True)
    world.polls(3)
    assert world.on_file(made).status is PaymentStatus.READY
    assert world.watched() == []


@both_engines
def test_what_is_paid_there_after_the_dry_run_comes_in_however_long_that_takes(world):
    world.quickbooks_has(invoice("1A-100"))
    on_invoiced = world.fake.customer("Larkspur Tile")
    world.fake.invoice(on_invoiced, 250, number="100")
    world.connects(state=AccountState.PAUSED, is_looking=True)
    world.runs()
    world.goes_on(20)
    paid = world.pays("100")
    world.fake.service.faults = FaultPlan([Fault(FaultKind.ERROR, "GET /payments", None)])
    world.sets(AccountState.LIVE)
    world.polls()
    assert world.on_file(paid) is None
    world.fake.service.faults = FaultPlan()
    world.polls()
    assert world.on_file(paid) is not None


def test_a_dry_run_is_not_through_before_payments_can_be_read(world):
    world.quickbooks_has(invoice("1A-100"))
    world.fake.service.faults = FaultPlan([Fault(FaultKind.ERROR, "GET /payments", None)])
    world.connects(state=AccountState.PAUSED, is_looking=True)
    world.runs()
    world.goes_on(20)
    assert world.is_looking()
    world.fake.service.faults = FaultPlan()
    world.goes_on(60)
    assert not world.is_looking()


def test_a_bank_debit_that_fails_is_never_posted(world):
    world.begins()
    made = world.pays("100", by="bank")
    world.polls()
    world.on_invoiced(acts.settle, world.the(made), succeeds=False)
    world.polls(3)
    assert world.on_file(made).status is PaymentStatus.NOT_ELIGIBLE
    assert world.watched() == []


@pytest.mark.parametrize("act", [acts.void_payment, acts.delete_payment])
def test_a_payment_that_is_taken_back_there_is_not_posted(world, act):
    world.begins()
    made = world.pays("100")
    world.polls()
    world.on_invoiced(act, world.the(made))
    world.polls(6)
    payment = world.on_file(made)
    assert (payment.status, payment.charge_state) == (
        PaymentStatus.NOT_ELIGIBLE,
        ChargeState.FAILED,
    )
    assert [use.document for use in payment.applied] == ["1A-100"]


def test_a_refund_and_a_dispute_are_heard_of_though_the_payment_did_not_move(world):
    world.begins()
    refunded, disputed = world.pays("100"), world.pays("101")
    world.polls()
    world.on_invoiced(acts.refund, world.the(refunded), Decimal(50))
    world.on_invoiced(acts.dispute, world.the(disputed))
    world.polls(6)
    assert world.on_file(refunded).refunded == 50
    assert world.on_file(disputed).disputed


def test_a_convenience_fee_stays_out_and_is_told(world):
    world.begins()
    made = world.pays("100", fee=Decimal("7.50"))
    world.polls()
    payment = world.on_file(made)
    assert (payment.amount, payment.status) == (250, PaymentStatus.READY)
    assert "7.50" in payment.memo


def with_fees_on_account(world: Received) -> None:
    world.decides(operations.plan_edit, "Larkspur", ConvenienceFees.ON_ACCOUNT)


@both_engines
def test_a_convenience_fee_may_be_posted_as_credit_of_the_customer(world):
    world.begins()
    with_fees_on_account(world)
    made = world.pays("100", fee=Decimal("7.50"))
    world.polls()
    payment = world.on_file(made)
    assert (payment.amount, payment.status) == (Decimal("257.50"), PaymentStatus.READY)
    assert [use.amount for use in payment.applied] == [250]


@both_engines
def test_a_payment_keeps_the_choice_about_its_fee_with_which_it_came_in(world):
    world.begins()
    before = world.pays("100", fee=Decimal("7.50"))
    world.polls()
    with_fees_on_account(world)
    after = world.pays("101", fee=Decimal("7.50"))
    world.polls()
    world.on_invoiced(acts.refund, world.the(before), Decimal(10))
    world.polls(6)
    world.decides(operations.plan_edit, "Larkspur", ConvenienceFees.LEAVE_OUT)
    world.on_invoiced(acts.refund, world.the(after), Decimal(10))
    world.polls(6)
    assert [world.on_file(one).amount for one in (before, after)] == [250, Decimal("257.50")]
    assert [world.on_file(one).refunded for one in (before, after)] == [10, 10]


def test_what_a_file_brought_under_the_same_id_is_not_doubled(world):
    world.begins()
    made = world.pays("100")
    by = Operator(world.store, "olga")
    row = NewPayment(made, world.store.now().date(), Decimal(250), (NewUse("100", Decimal(250)),))
    with world.store.reading():
        plan = plan_add(world.store, "Larkspur", row)
    carry_out(by, plan)
    world.polls()
    payment = world.on_file(made)
    assert [use.document for use in payment.applied] == ["100"]
    assert world.owner(made) is Owner.PLATFORM


def test_what_a_person_withdrew_stays_withdrawn(world):
    world.begins()
    made = world.pays("100")
    world.polls()
    number = world.on_file(made).id
    with world.store.reading():
        plan = plan_withdraw(world.store, [number], "by hand")
    carry_out(Operator(world.store, "olga"), plan)
    world.fake.patch(f"/payments/{made}", notes="touched")
    world.polls()
    assert world.on_file(made).status is PaymentStatus.WITHDRAWN


def burst(world, many: int) -> list[str]:
    """So many payments of one second."""
    account = world.fake.account
    world.fake.clock.advance(200)
    with account.change():
        owed = acts.invoice_named(account, "100")
        return [str(acts.pay(account, [owed], amount=Decimal(1)).id) for _ in range(many)]


def missing(world, made: list[str]) -> list[str]:
    return [one for one in made if world.on_file(one) is None]


def test_many_at_the_same_second_come_in_page_by_page_and_are_left_alone_soon(world):
    world.begins(invoice("1A-100", "1000.00"))
    made = burst(world, 230)
    world.polls(5)  # with a turn for each kind of events
    assert not missing(world, made)
    before = world.asked()
    world.polls(20)
    assert world.asked() - before <= 2 * 20


def test_a_payment_of_a_burst_that_shows_later_than_the_others_comes_in(world):
    world.begins(invoice("1A-100", "1000.00"))
    made = burst(world, 230)
    account = world.fake.account
    late = world.the(made[7])
    with account.change():
        account.remove("payments", late)
    world.polls(4)
    with account.change():
        account.put("payments", late)
    world.polls(1)
    assert not missing(world, made)


@pytest.mark.parametrize("changed", [0, 229])
def test_a_payment_that_is_voided_while_a_burst_is_read_is_not_posted(world, changed):
    world.begins(invoice("1A-100", "1000.00"))
    made = burst(world, 230)
    ask, voided = world.client.page, []

    def voids_amid_pages(path: str, query: Any) -> Any:
        if query.get("page") == "2" and path == "/payments" and not voided:
            voided.append(world.on_invoiced(acts.void_payment, world.the(made[changed])))
        return ask(path, query)

    world.client.page = voids_amid_pages
    world.polls(1)
    assert voided == [made[changed]]
    assert missing(world, made) == ([made[229]] if changed == 229 else [])
    world.polls(1)
    found = world.on_file(made[changed])
    assert found is None if changed == 229 else found.charge_state is ChargeState.FAILED


def test_what_happens_in_the_second_of_a_burst_after_it_was_read_is_heard_of(world):
    world.begins(invoice("1A-100", "1000.00"))
    made = burst(world, 230)
    while missing(world, made):  # on Invoiced it is the same second
        world.clock.advance(5)
    with world.fake.account.change():
        acts.void_payment(world.fake.account, world.the(made[3]))
    world.polls(3)
    assert world.on_file(made[3]).charge_state is ChargeState.FAILED


def test_pages_that_invoiced_forgot_are_read_anew(world):
    world.begins(invoice("1A-100", "1000.00"))
    made = burst(world, 230)
    ask, refused = world.client.page, []

    def forgets_once(path: str, query: Any) -> Any:
        if query.get("page") == "3" and path == "/payments" and not refused:
            refused.append(query)
            raise ApiRefusal(400, "You must retrieve all preceding page numbers.")
        return ask(path, query)

    world.client.page = forgets_once
    world.polls(1)
    assert refused
    assert not missing(world, made)


def test_a_cursor_that_an_early_version_kept_amid_pages_is_read(world):
    told = json.loads(Cursor(top=900).as_text())
    del told["query"]
    assert read_cursor(json.dumps({**told, "going": 500})) == Cursor(top=500)


def test_what_was_not_on_file_when_a_daemon_failed_amid_a_page_comes_in_later(
    world, monkeypatch, logged_failures
):
    world.begins(invoice("1A-100", "1000.00"))
    account = world.fake.account
    world.fake.clock.advance(200)
    with account.change():
        owed = acts.invoice_named(account, "100")
        made = [acts.pay(account, [owed], amount=Decimal(1)).id for _ in range(TAKEN_AT_ONCE + 5)]
    taken = platform_intake.take_in
    units = count(1)

    def fails_at_the_second_unit(*args: Any) -> list[str]:
        if next(units) == 2:
            raise ZeroDivisionError
        return taken(*args)

    monkeypatch.setattr(platform_intake, "take_in", fails_at_the_second_unit)
    world.polls(3)
    assert logged_failures.pop().check(ZeroDivisionError)
    assert all(world.on_file(str(one)) is not None for one in made)


def test_a_quiet_day_costs_less_than_two_requests_a_minute(world):
    world.begins()
    world.pays("100")
    world.polls(20)
    before = world.asked()
    world.goes_on(3600, by=5)
    assert world.asked() - before <= 120


def test_an_event_that_shows_after_a_later_one_is_heard_of(world):
    world.begins()
    first, second = world.pays("100"), world.pays("101")
    world.polls()
    account = world.fake.account
    world.on_invoiced(acts.refund, world.the(first), Decimal(50))
    late = account.all("events")[-1]
    with account.change():
        account.remove("events", late)
    world.on_invoiced(acts.refund, world.the(second), Decimal(60))
    world.polls(5)
    with account.change():
        account.put("events", late)
    world.polls(5)
    assert [world.on_file(one).refunded for one in (first, second)] == [50, 60]


def test_a_refund_is_heard_of_though_somebody_edited_the_reference_of_the_payment(world):
    world.begins()
    made = world.pays("100")
    world.fake.patch(f"/payments/{made}", reference="for the lobby")
    world.polls()
    world.on_invoiced(acts.refund, world.the(made), Decimal(50))
    world.polls(6)
    assert world.on_file(made).refunded == 50


def test_what_happens_in_the_second_in_which_a_payment_was_read_is_heard_of(world):
    world.begins()
    made = world.pays("100")
    while world.on_file(made) is None:
        world.clock.advance(5)
    assert world.on_file(made).status is PaymentStatus.READY
    with world.fake.account.change():
        acts.void_payment(world.fake.account, world.the(made))
    world.polls()
    assert world.on_file(made).charge_state is ChargeState.FAILED


def test_what_is_paid_in_the_second_in_which_the_account_is_connected_comes_in(world):
    world.quickbooks_has(invoice("1A-100"))
    before = world.fake.charged(world.fake.invoice(world.fake.customer("Before")), 40)
    world.connects()
    world.runs()
    for _ in range(25):  # on Invoiced it is the same second
        world.clock.advance(5)
    after = world.fake.charged(world.numbered("100"), 250)
    world.polls()
    assert world.on_file(str(after["id"])) is not None
    assert world.on_file(str(before["id"])) is None


def test_a_bank_debit_that_takes_months_comes_in(world):
    world.begins()
    made = world.pays("100", by="bank")
    world.goes_on(40 * 86_400, by=43_200)
    world.on_invoiced(acts.settle, world.the(made), succeeds=True)
    world.goes_on(2 * 86_400, by=43_200)
    assert world.on_file(made).status is PaymentStatus.READY
