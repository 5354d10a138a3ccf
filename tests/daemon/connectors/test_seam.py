"""What goes out goes out once, in order, and goes on after a crash: on a platform of ten lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from daemon.connectors.platform import Answer, Capabilities, LeaveAlone, NotNow, Unknown
from shared.models import connections, outlets
from shared.models.platforms import accounts, outbox
from shared.rules.connectors import AccountState, SendState, Would
from shared.rules.outlets import Refused
from shared.rules.values import InvoiceStatus, JobMode, RecordKind
from shared.structs import replace
from tests.daemon.connectors.rig import Toy, World
from tests.models.builders import both_engines, customer, invoice, paid
from tests.models.payments.builders import applied, received

CUSTOMER, INVOICE, PAYMENT = RecordKind.CUSTOMER, RecordKind.INVOICE, RecordKind.PAYMENT


class Told(Toy):
    """A toy that answers as it is told, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, list[Answer | Exception]] = {}
        self.sent: list[tuple[str, str]] = []
        self.hangs: list[str] = []

    def send(self, body: bytes, key: str) -> Deferred[Answer]:
        name = body.decode().partition(" ")[0]
        self.sent.append((name, key))
        waiting = self.answers.get(name)
        if name in self.hangs:
            return Deferred()
        if not waiting:
            return super().send(body, key)
        answer = waiting.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return succeed(answer)

    def names(self) -> list[str]:
        return [name for name, _ in self.sent]


@pytest.fixture
def world(store_url: str) -> Iterator[World]:
    made = World(store_url, Told())
    yield made
    made.close()


def test_what_there_is_goes_out_in_order_and_once(world):
    world.quickbooks_has(invoice("1A-100"), invoice("1A-101"))
    world.quickbooks_received(received("7B-1", applied("1A-100", "50.00"), amount=applied().amount))
    world.connects()
    world.runs()
    world.goes_on(30)
    assert world.platform.names() == [
        "customer/80-1",
        *("invoice/1A-100", "invoice/1A-101", "payment/7B-1"),
    ]
    assert set(world.states().values()) == {SendState.SENT}
    assert world.mapped(INVOICE, "1A-100").their_id == "invoice/1A-100"


def test_what_changes_goes_out_again_and_what_does_not_stays(world):
    world.quickbooks_has(invoice("1A-100"), invoice("1A-101"))
    world.connects()
    world.runs()
    world.goes_on(10)
    world.platform.sent.clear()
    again = invoice("1A-100", memo="new", time_modified="2024-06-02T09:00:00")
    world.quickbooks_has(again, invoice("1A-101"))
    world.goes_on(10)
    assert world.platform.names() == ["invoice/1A-100"]


def test_an_invoice_waits_for_its_customer_and_goes_once_that_is_there(world):
    world.platform.answers["customer/80-1"] = [Refused("no such type")]
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on(10)
    assert world.states()["invoice/1A-100"] is SendState.WAITING
    assert world.stands("80-1").reason == "no such type"
    with world.store.transaction():
        one = outbox.get(world.id, "80-1")[0]
        outbox.decide(world.id, one, SendState.WAITING, "", "", world.store.now())
    world.goes_on(10)
    assert set(world.states().values()) == {SendState.SENT}


def test_a_refusal_holds_nothing_else_up(world):
    world.platform.answers["invoice/1A-100"] = [Refused("too long")]
    world.quickbooks_has(invoice("1A-100"), invoice("1A-101"))
    world.connects()
    world.runs()
    world.goes_on(10)
    states = world.states()
    assert states["invoice/1A-100"] is SendState.REFUSED
    assert states["invoice/1A-101"] is SendState.SENT


def test_bytes_of_unknown_end_are_repeated_under_their_key_whatever_happened_since(world):
    world.platform.answers["invoice/1A-100"] = [Unknown("cut")]
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on(4)
    world.quickbooks_has(invoice("1A-100", memo="new", time_modified="2024-06-02T09:00:00"))
    world.goes_on(60)
    sent = [key for name, key in world.platform.sent if name == "invoice/1A-100"]
    assert len(sent) == 3, "the same bytes first, then what it is now"
    assert sent[0] == sent[1] != sent[2]
    assert "memo='new'" in world.platform.has["invoice/1A-100"]


def test_what_was_not_done_is_tried_again_under_another_key(world, logged_failures):
    world.platform.answers["invoice/1A-100"] = [NotNow("locked"), RuntimeError("a bug of ours")]
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on(90)
    keys = [key for name, key in world.platform.sent if name == "invoice/1A-100"]
    assert len(keys) == 3
    assert keys[0] != keys[1] == keys[2], "what failed may have arrived"
    assert world.states()["invoice/1A-100"] is SendState.SENT
    assert [failure.type for failure in logged_failures] == [RuntimeError]
    logged_failures.clear()


def test_a_daemon_that_is_killed_leaves_bytes_that_another_one_repeats(world):
    world.platform.hangs.append("invoice/1A-100")
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs(clock=(its_own := Clock()))
    its_own.pump([1] * 4)
    assert world.platform.names() == ["customer/80-1", "invoice/1A-100"]
    other = Told()
    world.goes_on(150, by=5)
    world.runs("two", platform=other)
    world.goes_on(30)
    assert other.sent == [world.platform.sent[-1]]
    assert set(world.states().values()) == {SendState.SENT}


def test_one_daemon_at_a_time_works_for_an_account(world):
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs("one")
    world.runs("two", platform=(other := Told()))
    world.goes_on(120, by=5)
    assert other.sent == []


def test_a_platform_that_is_away_is_left_alone_longer_each_time(world):
    away = [NotNow("connection refused", whole=True)] * 3
    world.platform.answers["customer/80-1"] = list(away)
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on(4)
    with world.store.reading():
        standing = outlets.get(accounts.outlet_name(world.id))
    assert (standing.attempts, standing.reason) == (1, "connection refused")
    world.goes_on(300, by=5)
    assert set(world.states().values()) == {SendState.SENT}
    with world.store.reading():
        assert outlets.get(accounts.outlet_name(world.id)).reason == ""


def test_a_dry_run_tells_what_would_happen_and_sends_nothing(world):
    world.quickbooks_has(invoice("1A-100"))
    world.connects(state=AccountState.PAUSED, is_looking=True)
    world.runs()
    world.goes_on(10)
    assert world.platform.sent == []
    assert world.stands("1A-100").would is Would.CREATE
    with world.store.reading():
        assert not accounts.get(world.id, "Larkspur").is_looking, "it was made"
    world.sets(AccountState.LIVE)
    world.goes_on(10)
    assert world.platform.names() == ["customer/80-1", "invoice/1A-100"]


def test_nothing_goes_out_while_paused(world):
    world.quickbooks_has(invoice("1A-100"))
    world.connects(state=AccountState.PAUSED)
    world.runs()
    world.goes_on(30)
    assert world.platform.sent == []


def test_what_is_closed_before_it_was_sent_stays_here(world):
    world.quickbooks_has(invoice("1A-100"))
    world.connects(state=AccountState.PAUSED)
    world.runs()
    world.quickbooks_has(paid(invoice("1A-100")))
    world.sets(AccountState.LIVE)
    world.goes_on(10)
    assert world.states()["invoice/1A-100"] is SendState.NOT_NEEDED


def test_a_deleted_invoice_is_deleted_there_and_a_void_one_voided(world):
    world.quickbooks_has(invoice("1A-100"), invoice("1A-101"))
    world.connects()
    world.runs()
    world.goes_on(10)
    world.quickbooks_deleted("1A-100")
    gone = replace(
        paid(invoice("1A-101")), status=InvoiceStatus.VOID, time_modified="2024-06-02T09:00:00"
    )
    world.quickbooks_has(gone)
    world.goes_on(10)
    assert world.platform.has["invoice/1A-100"] == "deleted"
    assert world.platform.has["invoice/1A-101"] == "voided"
    assert world.mapped(INVOICE, "1A-100") is None
    assert world.mapped(INVOICE, "1A-101") is not None


def test_what_a_platform_cannot_do_is_left_alone(world):
    world.platform.capabilities = Capabilities(deletions=False)
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on(10)
    world.quickbooks_deleted("1A-100")
    world.goes_on(10)
    assert world.states()["invoice/1A-100"] is SendState.LEFT_ALONE


def test_two_invoices_of_one_number_never_meet_there(world):
    world.quickbooks_has(invoice("1A-100", number="77"), invoice("1A-101", number=" 77"))
    world.connects()
    world.runs()
    world.goes_on(10)
    states = world.states()
    assert states["invoice/1A-100"] is SendState.SENT
    assert states["invoice/1A-101"] is SendState.REFUSED
    assert "same number" in world.stands("1A-101").reason


def test_what_was_paid_before_is_told_once(world):
    """Of 100.00, 40.00 was paid by what nobody sends: an old payment that shows up is that."""
    part = invoice("1A-100", "60.00", total=invoice(owes="100.00").total)
    world.quickbooks_has(part)
    world.connects()
    world.runs()
    world.goes_on(10)
    baseline = world.mapped(INVOICE, "1A-100").baseline
    assert baseline == invoice(owes="40.00").total
    world.quickbooks_received(received("7B-1", applied("1A-100", "40.00")))
    world.goes_on(10)
    assert world.states()["payment/7B-1"] is SendState.NOT_NEEDED
    less = replace(part, balance=invoice(owes="10.00").total, time_modified="2024-06-02T09:00:00")
    world.quickbooks_has(less)
    world.quickbooks_received(received("7B-2", applied("1A-100", "50.00")))
    world.goes_on(10)
    assert "amount=Decimal('50.00')" in world.platform.has["payment/7B-2"]


def test_a_payment_is_taken_back_when_quickbooks_deletes_it(world):
    world.quickbooks_has(invoice("1A-100"))
    world.quickbooks_received(received("7B-1", applied("1A-100", "50.00")))
    world.connects()
    world.runs()
    world.goes_on(20)
    world.quickbooks_deleted(payments=["7B-1"])
    world.goes_on(10)
    assert world.platform.has["payment/7B-1"] == "deleted"


def test_another_currency_is_refused(world):
    world.quickbooks_has(invoice("1A-100", currency="EUR"))
    world.connects()
    world.runs()
    world.goes_on(10)
    assert world.states()["invoice/1A-100"] is SendState.REFUSED


def test_a_key_of_another_account_sends_nothing(world):
    world.quickbooks_has(invoice("1A-100"))
    world.connects(identity="toy:2")
    world.runs()
    world.goes_on(30)
    assert world.platform.sent == []
    with world.store.reading():
        assert "another one" in outlets.get(accounts.outlet_name(world.id)).reason


@both_engines
def test_jobs_that_are_kept_apart_follow_the_customer_above_them(world):
    job = customer("80-2", "Larkspur Tile:Roof", parent_list_id="80-1")
    with world.store.transaction():
        connections.edit(world.id, jobs=JobMode.SEPARATE)
    world.quickbooks_has(
        invoice("1A-100", customer_list_id="80-2", customer_full_name="Larkspur Tile:Roof"),
        customers=[customer(), job],
    )
    world.connects()
    world.runs()
    world.goes_on(20)
    assert world.platform.names() == ["customer/80-1", "customer/80-2", "invoice/1A-100"]


def test_what_stays_where_it_is_keeps_its_reason(world):
    world.platform.answers["invoice/1A-100"] = [LeaveAlone("It is paid there.", "9")]
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on(10)
    assert world.states()["invoice/1A-100"] is SendState.LEFT_ALONE
    assert world.mapped(INVOICE, "1A-100").their_id == "9"


def test_a_quiet_account_asks_nothing(world):
    asked: list[Any] = []
    world.platform.company = lambda: (asked.append(1), Toy.company(world.platform))[1]
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on(10)
    sent = len(world.platform.sent)
    world.goes_on(timedelta(hours=2).total_seconds(), by=30)
    assert len(world.platform.sent) == sent
    assert len(asked) <= 4
