"""A record that stops has a problem, which closes by what a person decides or puts right."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from daemon.connectors.platform import Capabilities
from shared.models import events, problems
from shared.operations import platform_mappings, platform_records
from shared.operations import problems as decisions
from shared.operations.deciding import Operator, carry_out
from shared.rules.connectors import SendState
from shared.rules.events import EventKind
from shared.rules.values import Problem, ProblemState, RecordKind
from tests.daemon.connectors.invoiced.rig import OnInvoiced
from tests.models.builders import both_engines, customer, invoice
from tests.models.payments.builders import applied, received
from tests.simulator.invoiced.builders import line

INVOICE = RecordKind.INVOICE


@pytest.fixture
def world(store_url: str) -> Iterator[OnInvoiced]:
    made = OnInvoiced(store_url)
    yield made
    made.close()


def opened(world: OnInvoiced) -> list[Problem]:
    with world.store.reading():
        return problems.list_problems(world.id, [ProblemState.OPEN])


def decides(world: OnInvoiced, plan: Any, *args: Any, **named: Any) -> None:
    with world.store.reading():
        made = plan(world.store, *args, **named)
    carry_out(Operator(world.store, "olga"), made, {need.code for need in made.needs})


def with_a_taken_number(world: OnInvoiced) -> Any:
    """The customer is there, and so is another invoice of number 100."""
    theirs = world.fake.invoice(world.fake.customer("Somebody Else"), 77, number="100")
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on()
    return theirs


def test_a_refused_record_opens_a_problem_and_an_event(world):
    with_a_taken_number(world)
    (problem,) = opened(world)
    assert (problem.code, problem.object_id) == ("platform-refused", "invoice/1A-100")
    assert "100" in problem.document
    told = events.after(world.store, 0, connections=[world.id], limit=100).events
    assert [one.code for one in told if one.kind is EventKind.PROBLEM_OPENED] == [problem.code]


def test_put_right_and_retried_it_goes_and_the_problem_is_closed(world):
    theirs = with_a_taken_number(world)
    world.fake.patch(f"/invoices/{theirs['id']}", number="100-B")
    decides(world, decisions.plan_retry, [opened(world)[0].id])
    world.goes_on()
    assert opened(world) == []
    assert world.numbered("100")["total"] == 250


def test_retried_in_vain_it_opens_again(world):
    with_a_taken_number(world)
    decides(world, platform_records.plan_retry, "Larkspur", [])
    assert opened(world) == []
    world.goes_on()
    assert [one.code for one in opened(world)] == ["platform-refused"]


def test_a_change_in_quickbooks_that_puts_it_right_closes_the_problem(world):
    with_a_taken_number(world)
    world.quickbooks_has(
        invoice("1A-100", number="100-A", time_modified="2024-06-02", edit_sequence="2")
    )
    world.goes_on()
    assert opened(world) == []
    assert world.numbered("100-A")["total"] == 250


@pytest.mark.parametrize("by_problem", [True, False])
def test_a_skipped_record_stays_out_and_the_ledger_keeps_it(world, by_problem):
    with_a_taken_number(world)
    if by_problem:
        decides(world, decisions.plan_skip, [opened(world)[0].id], "keyed by hand")
    else:
        decides(world, platform_records.plan_skip, "Larkspur", ["1A-100"], "keyed by hand")
    world.goes_on()
    assert opened(world) == []
    assert world.stands("1A-100").state is SendState.SKIPPED
    with world.store.reading():
        assert world.books_show("1A-100").left_out == ""


def test_an_invoice_mapped_to_another_one_of_ours_is_not_written_over_it(world):
    world.quickbooks_has(invoice("1A-100"), invoice("1A-101", "90.00"))
    world.connects()
    world.runs()
    world.goes_on()
    second = world.numbered("101")
    world.quickbooks_deleted("1A-101")
    world.platform.capabilities = Capabilities(deletions=False)
    decides(world, platform_mappings.plan_map, "Larkspur", "101", "")
    decides(world, platform_mappings.plan_map, "Larkspur", "100", str(second["id"]))
    world.goes_on()
    assert world.numbered("101")["total"] == 90
    assert world.stands("1A-100").state is SendState.REFUSED


def test_a_mapping_that_was_forgotten_is_found_again_by_what_the_record_says(world):
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on()
    there = world.numbered("100")
    decides(world, platform_mappings.plan_map, "Larkspur", "1A-100", "")
    world.goes_on()
    assert world.there("invoices") == [there]
    assert world.mapped(INVOICE, "1A-100").their_id == str(there["id"])


def test_an_ambiguous_customer_has_a_problem_that_choosing_closes(world):
    first = world.fake.customer("Larkspur Tile")
    world.fake.customer("Larkspur Tile")
    world.quickbooks_has(invoice("1A-100"), customers=[customer()])
    world.connects()
    world.runs()
    world.goes_on()
    (problem,) = opened(world)
    assert problem.code == "platform-ambiguous"
    decides(world, platform_records.plan_choose, "Larkspur", "80-1", str(first))
    world.goes_on()
    assert opened(world) == []
    assert world.numbered("100")["customer"] == first


def test_another_total_there_is_told_and_can_be_acknowledged(world):
    world.quickbooks_has(invoice("1A-100"))
    write = world.platform._api.write

    def other_total(method, path, values, key):
        if path == "/invoices":
            values = {**values, "tax": 1}
        return write(method, path, values, key)

    world.platform._api.write = other_total
    world.connects()
    world.runs()
    world.goes_on()
    (problem,) = opened(world)
    assert problem.code == "platform-differs"
    assert "251" in problem.message
    decides(world, decisions.plan_acknowledge, [problem.id], "we know")
    assert opened(world) == []


def gives_credit(world: OnInvoiced, there: Any, amount: int) -> None:
    """Staff gives a credit on Invoiced and applies it to an invoice."""
    made = world.fake.post("/credit_notes", customer=there["customer"], items=[line(amount)])
    row = {
        "type": "credit_note",
        "document_type": "invoice",
        "credit_note": made["id"],
        "invoice": there["id"],
        "amount": amount,
    }
    world.fake.post("/payments", customer=there["customer"], amount=0, applied_to=[row])


@pytest.mark.parametrize("as_payment", [True, False])
def test_a_credit_given_later_in_quickbooks_is_told_when_it_lasts(world, as_payment):
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on()
    credited = invoice(
        "1A-100",
        "150.00",
        total=Decimal("250.00"),
        subtotal=Decimal("250.00"),
        applied=Decimal("-100.00"),
        time_modified="2024-06-02",
        edit_sequence="2",
    )
    world.quickbooks_has(credited)
    world.goes_on()
    assert opened(world) == [], "it may be a payment that the next Payment Sync reads"
    world.goes_on(7 * 3600, by=60)
    (problem,) = opened(world)
    assert problem.code == "platform-differs"
    there = world.numbered("100")
    if as_payment:
        world.fake.paid(there, 100)
    else:
        gives_credit(world, there, 100)
    decides(world, decisions.plan_retry, [problem.id])
    world.goes_on()
    assert opened(world) == []


def partly_paid(open_: str, **told: Any) -> Any:
    """Invoice 100 of 250.00, of which this is open."""
    total = Decimal("250.00")
    return invoice(
        "1A-100", open_, total=total, subtotal=total, applied=Decimal(open_) - total, **told
    )


@pytest.mark.parametrize(
    ("open_", "says"),
    [("190.00", "so that it pays 40.00 less"), ("250.00", "so that it no longer pays it")],
)
def test_what_is_taken_back_of_what_had_been_paid_before_is_told_when_it_lasts(world, open_, says):
    world.quickbooks_has(partly_paid("150.00"))
    world.connects()
    world.runs()
    world.goes_on()
    later = {"time_modified": "2024-06-02", "edit_sequence": "2"}
    world.quickbooks_has(partly_paid(open_, **later))
    world.goes_on()
    assert opened(world) == [], "it may be a payment that the next Payment Sync reads"
    world.goes_on(7 * 3600, by=60)
    (problem,) = opened(world)
    assert says in problem.message
    (payment,) = world.there("payments")
    (row,) = payment["applied_to"]
    assert payment["amount"] == 0
    rest = float(250 - Decimal(open_))
    applied_to = [{**row, "amount": rest}] if rest else []
    world.fake.patch(f"/payments/{payment['id']}", applied_to=applied_to)
    decides(world, decisions.plan_retry, [problem.id])
    world.goes_on()
    assert (opened(world), money_due(world)) == ([], Decimal(open_))


def money_due(world: OnInvoiced) -> Decimal:
    return Decimal(str(world.numbered("100")["balance"]))


def test_a_credit_that_comes_with_a_change_is_told_when_it_lasts(world):
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on()
    later = {"time_modified": "2024-06-02", "edit_sequence": "2"}
    world.quickbooks_has(partly_paid("150.00", memo="Thank you", **later))
    world.goes_on()
    assert (world.numbered("100")["notes"], opened(world)) == ("Thank you", [])
    world.goes_on(7 * 3600, by=60)
    (problem,) = opened(world)
    assert (problem.code, money_due(world)) == ("platform-differs", 250)


@both_engines
def test_a_payment_that_is_read_after_its_invoice_is_no_difference(world):
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on()
    paid_in_part = {"total": Decimal("250.00"), "subtotal": Decimal("250.00")}
    world.quickbooks_has(
        invoice("1A-100", "150.00", applied=Decimal("-100.00"), **paid_in_part,
                time_modified="2024-06-02", edit_sequence="2")
    )  # fmt: skip
    world.goes_on()
    world.quickbooks_received(received("7B-1", applied("1A-100", "100.00"), amount=Decimal(100)))
    world.goes_on(7 * 3600, by=60)
    assert opened(world) == []
    assert world.paid_there() == {"100": 150}


@pytest.mark.parametrize(
    ("number", "name"), [("CHK 77", "CHK 77"), ("", "of 300.00 on 2024-06-04")]
)
def test_a_payment_is_called_by_what_a_person_finds_it_by_in_quickbooks(world, number, name):
    world.quickbooks_has(invoice("1A-100"))
    world.connects()
    world.runs()
    world.goes_on()
    more = applied("1A-100", "300.00")
    amount = Decimal("300.00")
    world.quickbooks_received(received("7B-1", more, ref_number=number, amount=amount))
    world.goes_on(1800, by=10)
    assert [one.document for one in opened(world)] == [f"Payment {name}"]
    decides(world, platform_records.plan_skip, "Larkspur", [name], "keyed by hand")
    assert world.stands("7B-1").state is SendState.SKIPPED
