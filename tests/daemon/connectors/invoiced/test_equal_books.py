"""What would make the books differ in silence is mended, or a person is told what to do."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from shared.errors import NotPossible
from shared.models.ledger import rereads
from shared.models.platforms import accounts, records
from shared.operations import connectors as operations
from shared.operations import platform_mappings, platform_records
from shared.operations import problems as decisions
from shared.operations.connectors import Door
from shared.operations.payment_intake import plan_add
from shared.operations.platform_check import view_differing
from shared.rules.connectors import CREATE, AccountState, Owner, SendState
from shared.rules.invoiced import InvoicedCompany
from shared.rules.ledger import Invoice
from shared.rules.payments.values import NewPayment, NewUse
from shared.rules.values import InvoiceStatus, RecordKind
from shared.structs import replace
from simulator.invoiced import acts
from tests.daemon.connectors.invoiced.receiving import Received
from tests.models.builders import Books, both_engines, customer, invoice, paid
from tests.models.payments.builders import applied, received

ALL = Decimal(250)


@pytest.fixture
def world(store_url: str) -> Iterator[Received]:
    made = Received(store_url)
    yield made
    made.close()


def edited(one: Invoice, **fields: Any) -> Invoice:
    """The invoice after somebody changed it in QuickBooks."""
    sequence = str(int(one.edit_sequence) + 1)
    return replace(
        one, edit_sequence=sequence, time_modified=f"2024-06-02T09:00:0{sequence[-1]}", **fields
    )


def comes_to(one: Invoice, total: int) -> Invoice:
    amount = Decimal(total)
    status = InvoiceStatus.OPEN if total else InvoiceStatus.PAID
    return edited(one, total=amount, subtotal=amount, balance=amount, status=status)


# What is paid on both sides.


def test_a_payment_that_was_made_there_and_recorded_by_hand_is_not_counted_twice(world):
    world.begins()
    world.pays("100")
    world.polls()
    world.quickbooks_received(received("7B-1", applied("1A-100", "250.00"), amount=ALL))
    world.goes_on(1800, by=10)
    assert world.paid_there() == {"100": 0, "101": 250}
    assert ("platform-refused", "Payment CHK 77") in world.told()
    world.decides(platform_records.plan_skip, "Larkspur", ["7B-1"], "it is the one of Invoiced")
    assert world.told() == []


def test_taken_off_there_the_payment_of_quickbooks_goes_when_it_is_retried(world):
    world.begins()
    there = world.pays("100")
    world.quickbooks_received(received("7B-1", applied("1A-100", "250.00"), amount=ALL))
    world.goes_on(1800, by=10)
    world.on_invoiced(acts.void_payment, world.the(there))
    world.decides(platform_records.plan_retry, "Larkspur", ["7B-1"])
    world.goes_on(20)
    assert world.paid_there() == {"100": 0, "101": 250}
    assert world.stands("7B-1").state is SendState.SENT


@both_engines
def test_a_payment_that_is_recorded_anew_goes_once_the_other_one_is_deleted(world):
    world.begins()
    world.quickbooks_received(received("7B-9", applied("1A-100", "250.00"), amount=ALL))
    world.goes_on(20)
    world.quickbooks_received(received("7B-1", applied("1A-100", "250.00"), amount=ALL))
    world.quickbooks_deleted(payments=["7B-9"])
    world.settles()
    assert world.paid_there() == {"100": 0, "101": 250}
    assert [one["amount"] for one in world.there("payments")] == [250]
    assert world.told() == []


# Which record there is which.


@both_engines
def test_mapped_to_another_invoice_the_old_one_gets_no_payment_and_a_person_is_told(world):
    world.begins()
    old = world.numbered("100")
    other = world.fake.invoice(old["customer"], 250, number="900")
    world.decides(platform_mappings.plan_map, "Larkspur", "100", str(other["id"]))
    world.quickbooks_received(received("7B-1", applied("1A-100", "250.00"), amount=ALL))
    world.goes_on(60)
    assert world.there("payments") == []
    assert ("platform-refused", "Invoice 100") in world.told()
    world.fake.ask("DELETE", f"/invoices/{old['id']}")
    world.decides(platform_records.plan_retry, "Larkspur", ["1A-100"])
    world.settles()
    assert (world.paid_there(), world.told()) == ({"100": 0, "101": 250}, [])
    assert world.numbered("100")["id"] == other["id"]


def test_an_invoice_that_was_forgotten_and_renumbered_there_is_not_sent_a_second_time(world):
    world.begins()
    there = world.numbered("100")
    world.fake.patch(f"/invoices/{there['id']}", number="100-X")
    world.decides(platform_mappings.plan_map, "Larkspur", "100", "")
    world.goes_on(20)
    assert sorted(world.paid_there()) == ["100", "101"]
    assert world.numbered("100")["id"] == there["id"]


def test_a_customer_of_other_books_is_linked_anew_when_a_person_chose_it(world):
    """Invoiced finds whom to bill by that link, or else takes the first of the name."""
    world.fake.customer("Larkspur Tile")
    chosen = world.fake.customer("Larkspur Tile", number="L-2")
    world.fake.imports("customers", "OLD-1", number="L-2", name="Larkspur Tile")
    world.begins(invoice("1A-100", number=""), invoice("1A-101"))
    world.decides(platform_records.plan_choose, "Larkspur", "80-1", str(chosen))
    world.goes_on(20)
    world.quickbooks_received(received("7B-1", applied("1A-101", "50.00"), amount=Decimal(50)))
    world.goes_on(20)
    assert {one["customer"] for one in world.there("invoices")} == {chosen}
    assert (world.paid_there()["101"], world.told()) == (200, [])


def test_a_customer_that_was_merged_there_is_told_with_the_one_it_is_now(world):
    world.begins()
    old, kept = world.numbered("100")["customer"], world.fake.customer("Larkspur Inc")
    world.fake.post(f"/customers/{kept}/merge", customer=old)
    world.quickbooks_has(edited(invoice("1A-100"), memo="Thank you"), invoice("1A-102"))
    world.goes_on(20)
    assert {("platform-refused", f"Invoice {one}") for one in (100, 102)} <= {*world.told()}
    assert f"map NAME 80-1 --as {kept}" in world.stands("1A-100").reason
    world.decides(platform_mappings.plan_map, "Larkspur", "80-1", str(kept))
    world.decides(platform_records.plan_retry, "Larkspur", [])
    world.settles()
    assert (sorted(world.paid_there()), world.told()) == (["100", "101", "102"], [])
    assert {one["customer"] for one in world.there("invoices")} == {kept}


# Numbers.


def test_two_invoices_that_swap_their_numbers_do_so_there(world):
    first, second = invoice("1A-100", "10.00"), invoice("1A-101", "20.00")
    world.begins(first, second)
    world.quickbooks_has(edited(first, number="101"), edited(second, number="100"))
    world.settles()
    assert (world.paid_there(), world.told()) == ({"101": 10, "100": 20}, [])


def test_an_invoice_gets_a_number_that_another_one_leaves(world):
    first, second = invoice("1A-100", "10.00"), invoice("1A-101", "20.00")
    world.begins(first, second)
    world.quickbooks_has(edited(first, number="101"), edited(second, number="102"))
    world.settles()
    assert (world.paid_there(), world.told()) == ({"101": 10, "102": 20}, [])


# What Invoiced changes no more.


def test_a_paid_invoice_that_comes_to_something_else_in_quickbooks_is_told(world):
    one = invoice("1A-100")
    world.begins(one)
    world.posts_to_quickbooks(world.pays("100"))
    world.quickbooks_has(edited(paid(one)))
    world.goes_on(20)
    assert world.told() == []
    less = {"total": Decimal(200), "subtotal": Decimal(200), "applied": Decimal(-200)}
    world.quickbooks_has(edited(edited(paid(one)), **less))
    world.goes_on(20)
    assert world.told() == [("platform-differs", "Invoice 100")]


def test_an_invoice_that_came_to_nothing_for_a_while_is_told(world):
    one = invoice("1A-100")
    world.begins(one)
    nothing = comes_to(one, 0)
    world.quickbooks_has(nothing)
    world.goes_on(20)
    assert (world.paid_there(), world.told()) == ({"100": 0}, [])
    world.quickbooks_has(comes_to(nothing, 100))
    world.goes_on(20)
    assert world.told() == [("platform-differs", "Invoice 100")]


# Numbers and ids that two records bear.


@both_engines
def test_an_invoice_waits_for_the_deleted_one_of_its_number_and_follows_it(world):
    world.begins()
    world.quickbooks_deleted("1A-100")
    world.quickbooks_has(invoice("1A-200", "70.00", number="100"))
    world.settles()
    assert (world.paid_there(), world.told()) == ({"100": 70, "101": 250}, [])


def test_a_payment_of_another_invoice_of_the_same_number_is_kept_out(world):
    theirs = world.fake.invoice(world.fake.customer("Larkspur Tile"), 77, number="100")
    world.begins()
    made = world.pays("100")
    world.polls()
    assert world.on_file(made) is None
    assert {*world.told()} >= {("arrival-refused", f"Invoiced payment {made}")}
    world.fake.patch(f"/invoices/{theirs['id']}", number="OLD-100", closed=False)
    world.decides(platform_records.plan_retry, "Larkspur", ["1A-100"])
    world.polls(12)
    assert [one.document for one in world.on_file(made).applied] == ["OLD-100 (Invoiced only)"]
    assert world.paid_there()["100"] == 250


def test_a_payment_whose_id_a_file_used_for_another_one_is_kept_out(world):
    """Both are real: taken for one, the second would never be posted."""
    world.begins()
    brought = comes_by_file(world, world.next_payment_id(), "90.00")
    made = world.pays("100")
    world.polls()
    assert (made, world.on_file(made).amount) == (brought, 90)
    assert world.told() == [("arrival-refused", f"Invoiced payment {made}")]
    world.decides(decisions.plan_skip, [world.opened()[0].id], "recorded by hand")
    world.fake.patch(f"/payments/{made}", notes="touched")
    world.polls(3)
    assert (world.told(), world.owner(made)) == ([], None)


def test_a_payment_whose_id_and_amount_a_file_used_for_another_invoice_is_kept_out(world):
    world.begins()
    made = comes_by_file(world, world.next_payment_id(), "250.00", "101")
    assert world.pays("100") == made
    world.polls()
    assert [one.document for one in world.on_file(made).applied] == ["101"]
    assert world.told() == [("arrival-refused", f"Invoiced payment {made}")]


@pytest.mark.parametrize("name", ["100", "1A-100"])
def test_for_the_same_invoice_it_is_that_payment(world, name):
    world.begins()
    made = comes_by_file(world, world.next_payment_id(), "250.00", name)
    assert world.pays("100") == made
    world.polls()
    assert (world.told(), world.owner(made)) == ([], Owner.PLATFORM)


def test_a_payment_that_was_kept_out_does_not_become_one_that_a_file_brings_later(world):
    world.begins()
    made = world.pays("100")
    world.shows(made, currency="dollars")
    world.polls()
    assert world.told() == [("arrival-refused", f"Invoiced payment {made}")]
    comes_by_file(world, made, "90.00", "101")
    world.shows(made)
    world.polls(3)
    payment = world.on_file(made)
    assert (payment.amount, [one.document for one in payment.applied]) == (90, ["101"])
    assert world.told() == [("arrival-refused", f"Invoiced payment {made}")]


def test_an_amount_of_three_decimals_is_not_rounded(world):
    world.begins()
    made = world.pays("100")
    world.shows(made, amount=Decimal("249.995"))
    world.polls()
    assert world.on_file(made) is None
    assert world.told() == [("arrival-failed", f"Invoiced payment {made}")]
    assert "more than two decimals" in world.opened()[0].message


@both_engines
def test_a_payment_of_quickbooks_whose_id_another_one_has_there_is_sent(world):
    world.begins()
    stranger = world.fake.invoice(world.fake.customer("Stranger"), 500, number="S-1")
    brought = comes_by_file(world, world.next_payment_id(), "90.00", "101")
    world.fake.paid(stranger, 500)
    world.posts_to_quickbooks(brought)
    world.goes_on(20)
    assert world.paid_there() == {"100": 250, "101": 160, "S-1": 0}


@pytest.mark.parametrize(("amount", "left"), [("90.00", 60), ("100.00", 150)])
def test_one_of_the_same_id_for_the_same_invoice_is_sent_unless_it_pays_as_much(
    world, amount, left
):
    """Invoiced took a payment before it was connected, which a file may have brought."""
    there = world.fake.invoice(world.fake.customer("Larkspur Tile"), 250, number="100")
    world.quickbooks_has(invoice("1A-100"))
    world.fake.charged(there, 100)
    world.connects(platform="invoiced")
    with world.store.transaction():
        records.put(
            *(world.id, world.fake_identity(), RecordKind.INVOICE, "1A-100", str(there["id"])),
            *("100", world.store.now()),
        )
    world.fake.imports("invoices", "1A-100", number="100", metadata={"quickbooks_id": "1A-100"})
    comes_by_file(world, "1001", amount)
    world.posts("1001", "9C-1")
    world.runs()
    world.settles()
    assert world.paid_there() == {"100": left}


def comes_by_file(world: Received, id_: str, amount: str, number: str = "100") -> str:
    used = (NewUse(number, Decimal(amount)),)
    row = NewPayment(id_, world.store.now().date(), Decimal(amount), used, charged=True)
    world.decides(plan_add, "Larkspur", row)
    return id_


# Accounts.


def test_an_account_is_that_of_one_company(world):
    """Two would take in each other's payments."""
    world.begins()
    Books(world.store, "Juniper")
    company = InvoicedCompany(world.identity(), "Harborvale", "USD", "UTC")
    with world.store.reading(), pytest.raises(NotPossible):
        operations.plan_connect(
            world.store, "Juniper", Door("https://x", True, "env:A", b"", company)
        )


def test_a_key_of_an_account_that_another_company_has_takes_nothing_in(world):
    world.begins()
    other = Books(world.store, "Juniper")
    with world.store.transaction():
        account = accounts.get(world.id, "Larkspur")
        accounts.add(replace(account, connection_id=other.id, connection="Juniper"), b"", 0)
        accounts.told(world.id, identity="", company="", currency="", time_zone="", warning="")
    world.workers[0].stopService()
    world.runs("two")
    made = world.pays("100")
    world.polls(4)
    assert world.on_file(made) is None
    assert [code for code, _ in world.told()] == ["platform-stopped"]


@both_engines
def test_what_happened_while_it_was_disconnected_goes_there_when_it_is_connected_again(world):
    one, two, three = (invoice(f"1A-{number}") for number in (100, 101, 102))
    world.begins(one, two, three)
    identity = world.identity()
    world.workers.pop().stopService()
    world.decides(operations.plan_disconnect, "Larkspur")
    world.quickbooks_deleted("1A-100")
    world.quickbooks_received(received("7B-1", applied("1A-101", "250.00"), amount=ALL))
    world.quickbooks_has(edited(paid(two)))
    company = InvoicedCompany(identity, "Harborvale", "USD", "UTC")
    world.decides(
        operations.plan_connect, "Larkspur", Door("https://x", True, "env:A", b"", company)
    )
    world.runs()
    world.goes_on(20)
    world.decides(operations.plan_state, "Larkspur", AccountState.LIVE)
    world.settles()
    assert (world.paid_there(), world.told()) == ({"101": 0, "102": 250}, [])


# What is due there by what happened there alone.


def test_a_check_that_staff_recorded_there_is_no_payment_on_its_way(world):
    """It is offline and does not go to QuickBooks: until somebody records it, the books differ."""
    world.begins()
    world.pays("100", by="check")
    world.polls()
    with world.store.reading():
        account = accounts.get(world.id, "Larkspur")
        due = {str(one["id"]): one["balance"] for one in world.there("invoices")}
        found = view_differing(world.store, account, due)
    assert [(one.document, one.coming_in, one.difference) for one in found] == [("100", 0, -250)]


def test_an_invoice_that_is_to_be_read_again_is_sent_after_that(world):
    """Its balance is older than its payment, so what was paid before cannot be told yet."""
    one = invoice("1A-102", "200.00", total=ALL, applied=Decimal(-50), subtotal=ALL)
    world.begins()
    world.quickbooks_received(received("7B-1", applied("1A-102", "100.00"), amount=Decimal(100)))
    with world.store.transaction():
        rereads.queue_reread(world.id, RecordKind.INVOICE, ["1A-102"])
    world.quickbooks_has(one)
    world.goes_on(20)
    assert "102" not in world.paid_there()
    with world.store.transaction():
        rereads.reread_done(world.id, RecordKind.INVOICE, ["1A-102"])
    world.quickbooks_has(edited(one, balance=Decimal(100), applied=Decimal(-150)))
    world.settles()
    assert world.paid_there()["102"] == 100


# What is on Invoiced besides.


def test_custom_fields_that_staff_keeps_there_stay(world):
    world.begins()
    there = world.numbered("100")
    world.fake.patch(f"/invoices/{there['id']}", metadata={**there["metadata"], "site": "west"})
    billed = world.fake.get(f"/customers/{there['customer']}")
    world.fake.patch(f"/customers/{billed['id']}", metadata={**billed["metadata"], "rep": "Ann"})
    world.quickbooks_has(
        edited(invoice("1A-100"), memo="Thank you"),
        customers=[customer(email="new@larkspur.example; old@larkspur.example", edit_sequence="2")],
    )
    world.settles()
    assert world.numbered("100")["metadata"]["site"] == "west"
    billed = world.fake.get(f"/customers/{billed['id']}")
    assert (billed["metadata"]["rep"], billed["email"]) == ("Ann", "new@larkspur.example")


@pytest.mark.parametrize("succeeds", [False, True])
def test_a_change_that_a_pending_charge_forbids_goes_by_itself_once_that_is_decided(
    world, succeeds
):
    one = invoice("1A-100")
    world.begins(one)
    made = world.pays("100", by="bank")
    world.quickbooks_has(comes_to(one, 300))
    world.goes_on(3600, by=60)
    assert (world.paid_there()["100"], world.told()) == (250, [])
    world.on_invoiced(acts.settle, world.the(made), succeeds=succeeds)
    world.goes_on(4 * 3600, by=60)
    if succeeds:
        assert world.told() == [("platform-differs", "Invoice 100")]
    else:
        assert (world.paid_there()["100"], world.told()) == (300, [])


def test_a_change_that_a_pending_charge_forbids_for_a_day_is_told_until_it_goes(world):
    one = invoice("1A-100")
    world.begins(one)
    made = world.pays("100", by="bank")
    world.quickbooks_has(comes_to(one, 300))
    world.goes_on(26 * 3600, by=600)
    assert world.told() == [("platform-waits-long", "Invoice 100")]
    assert "pending payment" in world.opened()[0].message
    world.on_invoiced(acts.settle, world.the(made), succeeds=False)
    world.goes_on(4 * 3600, by=600)
    assert (world.paid_there()["100"], world.told()) == (300, [])


def test_an_invoice_that_is_deleted_here_is_deleted_there_once_its_charge_has_failed(world):
    world.begins()
    made = world.pays("100", by="bank")
    world.quickbooks_deleted("1A-100")
    world.goes_on(3600, by=60)
    assert (sorted(world.paid_there()), world.told()) == (["100", "101"], [])
    world.on_invoiced(acts.settle, world.the(made), succeeds=False)
    world.goes_on(4 * 3600, by=60)
    assert (sorted(world.paid_there()), world.told()) == (["101"], [])


def test_two_customers_whose_names_are_one_there_stay_two(world):
    """Invoiced does not tell their names apart, and takes the second for the first."""
    first, second = customer(name="Straße"), customer("80-2", "STRASSE")
    world.quickbooks_has(
        invoice("1A-100", customer_full_name="Straße"),
        invoice("1A-101", customer_list_id="80-2", customer_full_name="STRASSE"),
        customers=[first, second],
    )
    world.connects(platform="invoiced")
    world.runs()
    world.goes_on(60)
    assert world.told() == [("platform-ambiguous", "Customer STRASSE")]
    world.decides(platform_records.plan_choose, "Larkspur", "80-2", CREATE)
    world.settles()
    billed = [world.numbered(one)["customer"] for one in ("100", "101")]
    names = [world.fake.get(f"/customers/{one}")["name"] for one in billed]
    assert (names, world.told()) == (["Straße", "STRASSE"], [])
