"""The story judges: what was doubled, lost or misdirected in the books is noticed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from shared.rules.payments.values import NewPayment, NewUse
from shared.structs import replace
from simulator.company import Company, acts
from tests.rehearsal.stage import Violation
from tests.rehearsal.story import Said, Story

OURS = "Deskbridge pay_1 [db:pay_1-AAAAAAAA]"


@pytest.fixture
def books():
    return Company.create(seed=7, customers=3, invoices=8, edition="us", all_open=True).books


@pytest.fixture
def invoice(books):
    return next(one for one in books.invoices.values() if one.owed > 100)


@pytest.fixture
def story(invoice) -> Story:
    """The platform said: pay_1 pays 1.00 on the invoice, which it calls by its number."""
    pays = NewPayment("pay_1", date(2024, 6, 3), Decimal(1), (NewUse(invoice.number, Decimal(1)),))
    story = Story()
    story.tell(Said(pays, {invoice.txn_id: 100}, {invoice.txn_id: invoice.number}))
    return story


def post(books, invoice, amount=100) -> str:
    """QuickBooks makes the payment, under our memo; its TxnID."""
    uses = [(invoice.txn_id, amount)]
    return acts.receive(books, invoice.customer, amount, invoices=uses, memo=OURS).object_id


def same_number(books, invoice):
    """Another invoice of the same customer with the same number."""
    made = acts.add_invoice(books, invoice.customer, 5000, number=invoice.number)
    return books.invoices[made.object_id]


def test_what_the_platform_said_is_right(books, invoice, story):
    post(books, invoice)
    story.settle(books, {})


def test_another_invoice_is_noticed_even_where_it_bears_the_number_too(books, invoice, story):
    post(books, same_number(books, invoice))
    with pytest.raises(Violation, match="misdirected"):
        story.look(books)


def test_a_number_means_another_invoice_once_the_first_bears_it_no_more(books, invoice, story):
    other = same_number(books, invoice)
    acts.renumber(books, invoice.txn_id, "R-1")
    post(books, other)
    story.settle(books, {})


def test_another_customer_is_noticed(books, invoice, story):
    others = [one for one in books.customers.values() if not one.parent]
    families = {invoice.customer, books.customers[invoice.customer].parent}
    other = next(one for one in others if one.list_id not in families)
    acts.receive(books, other.list_id, 100, memo=OURS)
    with pytest.raises(Violation, match="misdirected"):
        story.look(books)


def test_twice_is_noticed_and_once_more_after_a_deletion_is_not(books, invoice, story):
    first = post(books, invoice)
    story.look(books)
    acts.delete(books, first)
    post(books, invoice)
    story.settle(books, {})
    post(books, invoice)
    with pytest.raises(Violation, match="doubled"):
        story.look(books)


def test_what_is_not_there_is_lost_unless_a_person_is_told(books, story):
    story.settle(books, {"pay_1": "its invoice is paid"})
    with pytest.raises(Violation, match="lost"):
        story.settle(books, {"pay_1": ""})


def test_what_was_withdrawn_or_never_charged_must_not_be_there(books, invoice, story):
    post(books, invoice)
    withdrawn = replace(story, withdrawn={"pay_1"}, made={})
    with pytest.raises(Violation, match="was withdrawn"):
        withdrawn.look(books)
    said = story.said["pay_1"]
    story.tell(replace(said, payment=replace(said.payment, charged=False)))
    with pytest.raises(Violation, match="must never be posted"):
        story.look(books)
