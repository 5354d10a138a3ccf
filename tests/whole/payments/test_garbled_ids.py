"""IDs that QuickBooks never gave, or refuses: no question about one ends a sync for ever.

The answer to a write may show a garbled TxnID. What it then stands under in QuickBooks is found by
its tags and put right; the balance, and the books, stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from shared.models import tables as t
from shared.models.ledger import rereads
from shared.models.statements import Statement, slot
from shared.rules.payments.values import PaymentStatus
from shared.rules.values import ApplicationKind, RecordKind
from simulator.company import acts
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
from tests.whole.rig import Rig

NEVER_GIVEN, UNKNOWN_HERE = "0", "7F-1700000000"
"""QuickBooks refuses the first with 3000; of the second it has no record (3120)."""
WINDOW = {"seconds": 901}
BOTH = [ApplicationKind.INVOICE, ApplicationKind.PAYMENT]
TXN_ID = re.compile("<TxnID>[^<]*</TxnID>")
_FORGET = Statement(
    lambda: t.Posting.update({t.Posting.txn_id: slot("to")}).where(t.Posting.id == slot("posting"))
)


def told_as(rig: Rig, txn_id: str) -> None:
    """The answers to writes show this TxnID."""
    rig.alter_with_request = lambda answer, request: (
        TXN_ID.sub(f"<TxnID>{txn_id}</TxnID>", answer, count=1) if ADD in request else answer
    )


def filed_as(rig: Rig, txn_id: str, external_id: str = "pay_1") -> None:
    """The store holds this TxnID of a payment that was posted."""
    with rig.store.transaction():
        _FORGET.run(to=txn_id, posting=parts(rig, external_id)[0].id)


def id_in_quickbooks(rig: Rig, external_id: str = "pay_1") -> str:
    number = parts(rig, external_id)[0].ref_number
    (found,) = (one for one in in_quickbooks(rig) if one.ref_number == number)
    return found.txn_id


def is_right(rig: Rig, *external_ids: str) -> None:
    """Payments stand under QuickBooks' own TxnIDs, once, and nothing is a problem."""
    for external_id in external_ids or ("pay_1",):
        assert parts(rig, external_id)[0].txn_id == id_in_quickbooks(rig, external_id)
    posted_once(rig, *external_ids)


# The answer to a write


def test_an_id_that_lost_a_character_is_no_id(rig):
    receive(rig, payment())
    told_as(rig, "a\x01b")
    settles(rig)
    is_right(rig)
    assert "found in QuickBooks under another TxnID" not in life(rig)


@pytest.mark.parametrize("garbled", [NEVER_GIVEN, UNKNOWN_HERE, "NaN", "ab"])
def test_a_garbled_id_is_put_right_by_the_list_of_the_same_sync(rig, garbled):
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    told_as(rig, garbled)
    settles(rig)
    rig.alter_with_request = None
    is_right(rig, "pay_1", "pay_2")
    for kind in BOTH:
        rig.later(hours=1)
        assert rig.sync(kind=kind).ok
    is_right(rig, "pay_1", "pay_2")


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("garbled", [NEVER_GIVEN, UNKNOWN_HERE])
def test_a_garbled_id_that_no_list_put_right_is_put_right_before_anything_is_read(
    rig, garbled, kind
):
    receive(rig, payment())
    settles(rig)
    filed_as(rig, garbled)
    rig.requests.clear()
    rig.later(hours=1)
    assert rig.sync(kind=kind).ok
    is_right(rig)


@pytest.mark.parametrize("garbled", [NEVER_GIVEN, UNKNOWN_HERE])
def test_a_garbled_id_of_an_earlier_payment_stops_nothing(rig, garbled):
    receive(rig, payment("pay_1"))
    settles(rig)
    rig.later(minutes=5)
    receive(rig, payment("pay_2", pays={"1043": "20.00"}))
    settles(rig)
    filed_as(rig, garbled)
    for kind in BOTH:
        rig.later(hours=1)
        assert rig.sync(kind=kind).ok
    is_right(rig, "pay_1", "pay_2")


@pytest.mark.parametrize("garbled", [NEVER_GIVEN, UNKNOWN_HERE])
def test_an_older_copy_does_not_come_in_by_a_garbled_id(rig, garbled):
    backup = rig.company.backup()
    receive(rig, payment())
    settles(rig)
    filed_as(rig, garbled)
    rig.company.restore(backup)
    rig.later(hours=1)
    assert not rig.sync().ok
    assert codes(rig) == ["company-restored"]
    assert standing(rig)[0] is PaymentStatus.POSTED


def test_a_copy_that_a_person_made_in_the_same_second_is_still_told(rig):
    receive(rig, payment())
    settles(rig)
    first = parts(rig)[0]
    copy = acts.receive(
        rig.company.books, LARKSPUR, 5_000, invoices=[("1042", 5_000)], number=first.ref_number
    ).object_id
    held = rig.company.books.payments[first.txn_id]
    same = {"created": held.created, "modified": held.modified, "edit_sequence": held.edit_sequence}
    made = rig.company.books.payments[copy]
    rig.company.books.payments[copy] = made._replace(**same)
    settles(rig)
    assert payment_problem(rig).code == "payment-posted-twice"
    settles(rig)
    assert payment_problem(rig).code == "payment-posted-twice"


# Questions by ID that are refused


def refusing(rig: Rig, status: int, when: Callable[[str], bool], *, questions: int = 1) -> None:
    """QuickBooks answers the first questions of such requests with this status alone; 0: all."""

    def refused(answer: str, request: str) -> str:
        if not when(request):
            return answer
        head = re.compile(r"<(\w+QueryRs)( requestID=\"[^\"]*\").*?(?:</\1>|/>)", re.DOTALL)
        said = f'statusCode="{status}" statusSeverity="Error" statusMessage="Invalid object ID."'
        return head.sub(rf"<\1\2 {said} />", answer, count=questions)

    rig.alter_with_request = refused


@pytest.mark.parametrize("status", [3000, 3120, 3140])
def test_a_payment_that_is_compared_by_an_id_that_is_refused_is_gone_and_the_others_stay(
    rig, status
):
    for number in ("A", "B", "C"):
        acts.receive(rig.company.books, LARKSPUR, 1_000, number=number)
    settles(rig)
    bad = imported(rig)["B"].txn_id
    acts.delete(rig.company.books, bad)
    with rig.store.transaction():
        held = connection(rig).id
        rereads.queue_reread(
            held, RecordKind.PAYMENT, [one.txn_id for one in imported(rig).values()]
        )
    refusing(rig, status, lambda request: f"<TxnID>{bad}<" in request and LOOK not in request)
    settles(rig)
    settles(rig)
    assert {number: one.deleted for number, one in imported(rig).items()} == {
        "A": False,
        "B": True,
        "C": False,
    }


@pytest.mark.parametrize("status", [3000, 3120, 3140])
def test_a_doubt_is_settled_where_its_customer_is_refused_by_id(rig, status):
    receive(rig, payment())
    loses(rig, done)
    who = parts(rig)[0].customer_list_id

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

    rig.alter_with_request = by_customer
    rig.later(**WINDOW)
    settles(rig)
    rig.alter_with_request = None
    posted_once(settles(rig))


@pytest.mark.parametrize("status", [3000, 3120, 3140])
def test_a_look_whose_invoice_is_refused_by_id_keeps_its_own_payment_only(rig, status):
    receive(rig, payment("pay_1"), payment("pay_2", pays={"1043": "20.00"}))
    invoice = parts(rig)[0].uses[0].invoice_txn_id
    refusing(
        rig, status, lambda request: LOOK in request and f">{invoice}<" in request, questions=0
    )
    settles(rig)
    assert standing(rig)[0] is not PaymentStatus.POSTED
    assert on_file(rig).reason
    assert standing(rig, "pay_2")[0] is PaymentStatus.POSTED
    rig.later(hours=1)
    assert rig.sync().ok
    assert pays(rig).ok


@pytest.mark.parametrize("status", [3000, 3120, 3140])
@pytest.mark.parametrize("element", ["<InvoiceQueryRq", "<CustomerQueryRq"])
def test_invoices_and_customers_that_are_refused_by_id_end_no_sync(rig, status, element):
    by_id = re.compile(rf"{element}[^>]*>\s*<(TxnID|ListID)>")
    with rig.store.transaction():
        held = connection(rig).id
        rereads.queue_reread(held, RecordKind.INVOICE, sorted(rig.invoices()))
    refusing(rig, status, lambda request: bool(by_id.search(request)))
    for _ in range(2):
        rig.later(hours=1)
        assert rig.sync().ok
    rig.alter_with_request = None
    rig.later(hours=1)
    assert rig.sync().ok
