"""IDs that QuickBooks never gave, or refuses: no question about one ends a sync for ever.

The answer to a write may show a garbled TxnID. What it then stands under in QuickBooks is found by
its tags and put right; the balance, and the books, stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from shared.models import ledger
from shared.models import tables as t
from shared.models.statements import Statement, slot
from shared.rules.payments.values import PaymentStatus
from shared.rules.values import ApplicationKind, RecordKind
from simulator.company import acts
from tests.whole.house import House
from tests.whole.payments.builders import (
    ADD,
    LARKSPUR,
    LOOK,
    codes,
    connection,
    imported,
    in_quickbooks,
    life,
    loses,
    on_file,
    parts,
    payment,
    payment_problem,
    pays,
    posted_once,
    receive,
    settles,
    standing,
)
from tests.whole.payments.builders import after_quickbooks_did_it as done

NEVER_GIVEN, UNKNOWN_HERE = "0", "7F-1700000000"
"""QuickBooks refuses the first with 3000; of the second it has no record (3120)."""
WINDOW = {"seconds": 901}
BOTH = [ApplicationKind.INVOICE, ApplicationKind.PAYMENT]
TXN_ID = re.compile("<TxnID>[^<]*</TxnID>")
_FORGET = Statement(
    lambda: t.Posting.update({t.Posting.txn_id: slot("to")}).where(t.Posting.id == slot("posting"))
)


def told_as(house: House, txn_id: str) -> None:
    """The answers to writes show this TxnID."""
    house.alter_with_request = lambda answer, request: (
        TXN_ID.sub(f"<TxnID>{txn_id}</TxnID>", answer, count=1) if ADD in request else answer
    )


def filed_as(house: House, txn_id: str, external_id: str = "pay_1") -> None:
    """The store holds this TxnID of a payment that was posted."""
    with house.store.transaction():
        _FORGET.run(to=txn_id, posting=parts(house, external_id)[0].id)


def id_in_quickbooks(house: House, external_id: str = "pay_1") -> str:
    number = parts(house, external_id)[0].ref_number
    (found,) = (one for one in in_quickbooks(house) if one.ref_number == number)
    return found.txn_id


def is_right(house: House, *external_ids: str) -> None:
    """Payments stand under QuickBooks' own TxnIDs, once, and nothing is a problem."""
    for external_id in external_ids or ("pay_1",):
        assert parts(house, external_id)[0].txn_id == id_in_quickbooks(house, external_id)
    posted_once(house, *external_ids)


# The answer to a write


def test_an_id_that_lost_a_character_is_no_id(house):
    receive(house, payment())
    told_as(house, "a\x01b")
    settles(house)
    is_right(house)
    assert "found in QuickBooks under another TxnID" not in life(house)


@pytest.mark.parametrize("garbled", [NEVER_GIVEN, UNKNOWN_HERE, "NaN", "ab"])
def test_a_garbled_id_is_put_right_by_the_list_of_the_same_sync(house, garbled):
    receive(house, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    told_as(house, garbled)
    settles(house)
    house.alter_with_request = None
    is_right(house, "pay_1", "pay_2")
    for kind in BOTH:
        house.later(hours=1)
        assert house.sync(kind=kind).ok
    is_right(house, "pay_1", "pay_2")


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("garbled", [NEVER_GIVEN, UNKNOWN_HERE])
def test_a_garbled_id_that_no_list_put_right_is_put_right_before_anything_is_read(
    house, garbled, kind
):
    receive(house, payment())
    settles(house)
    filed_as(house, garbled)
    house.requests.clear()
    house.later(hours=1)
    assert house.sync(kind=kind).ok
    is_right(house)


@pytest.mark.parametrize("garbled", [NEVER_GIVEN, UNKNOWN_HERE])
def test_a_garbled_id_of_an_earlier_payment_stops_nothing(house, garbled):
    receive(house, payment("pay_1"))
    settles(house)
    house.later(minutes=5)
    receive(house, payment("pay_2", pays={"1043": "20.00"}))
    settles(house)
    filed_as(house, garbled)
    for kind in BOTH:
        house.later(hours=1)
        assert house.sync(kind=kind).ok
    is_right(house, "pay_1", "pay_2")


@pytest.mark.parametrize("garbled", [NEVER_GIVEN, UNKNOWN_HERE])
def test_an_older_copy_does_not_come_in_by_a_garbled_id(house, garbled):
    backup = house.company.backup()
    receive(house, payment())
    settles(house)
    filed_as(house, garbled)
    house.company.restore(backup)
    house.later(hours=1)
    assert not house.sync().ok
    assert codes(house) == ["company-restored"]
    assert standing(house)[0] is PaymentStatus.POSTED


def test_a_copy_that_a_person_made_in_the_same_second_is_still_told(house):
    receive(house, payment())
    settles(house)
    first = parts(house)[0]
    copy = acts.receive(
        house.company.books, LARKSPUR, 5_000, invoices=[("1042", 5_000)], number=first.ref_number
    ).object_id
    held = house.company.books.payments[first.txn_id]
    same = {"created": held.created, "modified": held.modified, "edit_sequence": held.edit_sequence}
    made = house.company.books.payments[copy]
    house.company.books.payments[copy] = made._replace(**same)
    settles(house)
    assert payment_problem(house).code == "payment-posted-twice"
    settles(house)
    assert payment_problem(house).code == "payment-posted-twice"


# Questions by ID that are refused


def refusing(house: House, status: int, when: Callable[[str], bool], *, questions: int = 1) -> None:
    """QuickBooks answers the first questions of such requests with this status alone; 0: all."""

    def refused(answer: str, request: str) -> str:
        if not when(request):
            return answer
        head = re.compile(r"<(\w+QueryRs)( requestID=\"[^\"]*\").*?(?:</\1>|/>)", re.DOTALL)
        said = f'statusCode="{status}" statusSeverity="Error" statusMessage="Invalid object ID."'
        return head.sub(rf"<\1\2 {said} />", answer, count=questions)

    house.alter_with_request = refused


@pytest.mark.parametrize("status", [3000, 3120, 3140])
def test_a_payment_that_is_compared_by_an_id_that_is_refused_is_gone_and_the_others_stay(
    house, status
):
    for number in ("A", "B", "C"):
        acts.receive(house.company.books, LARKSPUR, 1_000, number=number)
    settles(house)
    bad = imported(house)["B"].txn_id
    acts.delete(house.company.books, bad)
    with house.store.transaction():
        held = connection(house).id
        ledger.queue_reread(
            held, RecordKind.PAYMENT, [one.txn_id for one in imported(house).values()]
        )
    refusing(house, status, lambda request: f"<TxnID>{bad}<" in request and LOOK not in request)
    settles(house)
    settles(house)
    assert {number: one.deleted for number, one in imported(house).items()} == {
        "A": False,
        "B": True,
        "C": False,
    }


@pytest.mark.parametrize("status", [3000, 3120, 3140])
def test_a_doubt_is_settled_where_its_customer_is_refused_by_id(house, status):
    receive(house, payment())
    loses(house, done)
    who = parts(house)[0].customer_list_id

    def by_customer(answer: str, request: str) -> str:
        if "<ToTxnDate>" not in request or f"<ListID>{who}<" not in request:
            return answer
        said = f'statusCode="{status}" statusSeverity="Error" statusMessage="Invalid object ID."'
        return re.sub(
            r'<ReceivePaymentQueryRs (requestID="[^"]*-2").*?(</ReceivePaymentQueryRs>|/>)',
            rf"<ReceivePaymentQueryRs \1 {said} />",
            answer,
            flags=re.DOTALL,
        )

    house.alter_with_request = by_customer
    house.later(**WINDOW)
    settles(house)
    house.alter_with_request = None
    posted_once(settles(house))


@pytest.mark.parametrize("status", [3000, 3120, 3140])
def test_a_look_whose_invoice_is_refused_by_id_keeps_its_own_payment_only(house, status):
    receive(house, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    invoice = parts(house)[0].uses[0].invoice_txn_id
    refusing(
        house, status, lambda request: LOOK in request and f">{invoice}<" in request, questions=0
    )
    settles(house)
    assert standing(house)[0] is not PaymentStatus.POSTED
    assert on_file(house).reason
    assert standing(house, "pay_2")[0] is PaymentStatus.POSTED
    house.later(hours=1)
    assert house.sync().ok
    assert pays(house).ok


@pytest.mark.parametrize("status", [3000, 3120, 3140])
@pytest.mark.parametrize("element", ["<InvoiceQueryRq", "<CustomerQueryRq"])
def test_invoices_and_customers_that_are_refused_by_id_end_no_sync(house, status, element):
    by_id = re.compile(rf"{element}[^>]*>\s*<(TxnID|ListID)>")
    with house.store.transaction():
        held = connection(house).id
        ledger.queue_reread(held, RecordKind.INVOICE, sorted(house.invoices()))
    refusing(house, status, lambda request: bool(by_id.search(request)))
    for _ in range(2):
        house.later(hours=1)
        assert house.sync().ok
    house.alter_with_request = None
    house.later(hours=1)
    assert house.sync().ok
