"""Bookkeeping: each act changes what it should, and the books still add up."""

from __future__ import annotations

import pytest

from simulator.company import BookError, Company, NotInBooks, acts
from simulator.company.books import Books
from simulator.company.records import Customer, Invoice, Payment
from tests.simulator.company.builders import a_company, an_open_invoice


@pytest.fixture
def company() -> Company:
    return a_company()


@pytest.fixture
def books(company: Company) -> Books:
    return company.books


@pytest.fixture
def invoice(books: Books) -> Invoice:
    return an_open_invoice(books)


@pytest.fixture(autouse=True)
def _adds_up(company: Company):
    yield
    assert company.audit().ok, company.audit().problems


def again(books: Books, invoice: Invoice) -> Invoice:
    return books.invoices[invoice.txn_id]


def owed(books: Books, invoice: Invoice) -> int:
    return books.customers[invoice.customer].balance


def newest(books: Books) -> Payment:
    return list(books.payments.values())[-1]


def test_a_payment_takes_from_invoice_and_customer(books: Books, invoice: Invoice) -> None:
    before = owed(books, invoice)
    change = acts.pay(books, invoice.number, 250, method="Visa", number="CHK 1")
    assert again(books, invoice).balance == invoice.balance - 250
    assert owed(books, invoice) == before - 250
    assert newest(books).total == 250
    assert newest(books).number == "CHK 1"
    assert change.object_id == invoice.txn_id
    assert "2.50 received" in change.sentence


def test_closing_pays_all_that_is_left(books: Books, invoice: Invoice) -> None:
    acts.pay(books, invoice.txn_id, 100)
    acts.close(books, invoice.txn_id)
    assert again(books, invoice).is_paid


def test_what_is_paid_too_much_is_a_credit_of_the_customer(books, invoice: Invoice) -> None:
    before = owed(books, invoice)
    acts.pay(books, invoice.txn_id, invoice.balance + 500)
    assert newest(books).unused == 500
    assert owed(books, invoice) == before - invoice.balance - 500


def test_a_discount_closes_without_money(books: Books, invoice: Invoice) -> None:
    acts.pay(books, invoice.txn_id, discount=300)
    assert again(books, invoice).is_paid
    assert newest(books).total == invoice.balance - 300


def test_a_credit_memo_reduces_and_keeps_its_rest(books: Books, invoice: Invoice) -> None:
    acts.credit(books, invoice.txn_id, invoice.balance + 700, number="CM-1")
    credit = list(books.credits.values())[-1]
    assert again(books, invoice).is_paid
    assert (credit.total, credit.remaining) == (invoice.balance + 700, 700)


def test_a_void_invoice_stays_with_zero_amounts_and_frees_its_money(books, invoice) -> None:
    acts.pay(books, invoice.txn_id, 400)
    payment = newest(books)
    acts.credit(books, invoice.txn_id, 300)
    acts.void(books, invoice.txn_id)
    void = again(books, invoice)
    assert (void.total, void.balance, void.applied, void.is_paid) == (0, 0, 0, True)
    assert void.memo.startswith("VOID:")
    assert books.payments[payment.txn_id].unused == 400
    assert list(books.credits.values())[-1].remaining == 300
    assert not any(one.object_id == invoice.txn_id for one in books.deletions)


def test_a_deleted_invoice_is_gone_and_on_record(books: Books, invoice: Invoice) -> None:
    acts.pay(books, invoice.txn_id, 400)
    acts.delete(books, invoice.txn_id)
    assert invoice.txn_id not in books.invoices
    assert newest(books).applied == ()
    (deletion,) = books.deletions
    assert (deletion.kind, deletion.object_id, deletion.label, deletion.deleted) == (
        "Invoice", invoice.txn_id, invoice.number, books.now,
    )  # fmt: skip


def test_deleting_a_payment_or_credit_opens_its_invoice_again(books, invoice: Invoice) -> None:
    acts.pay(books, invoice.txn_id, 400)
    acts.credit(books, invoice.txn_id, 300)
    acts.delete(books, newest(books).txn_id)
    acts.delete(books, list(books.credits)[-1])
    assert again(books, invoice).applied == 0
    assert [one.kind for one in books.deletions] == ["ReceivePayment", "CreditMemo"]


def test_editing_changes_total_memo_and_edit_sequence(books: Books, invoice: Invoice) -> None:
    acts.edit(books, invoice.txn_id, add=1234, memo="new™", po_number="PO 9", due_date="2026-01-31")
    edited = again(books, invoice)
    assert edited.total == invoice.total + 1234
    assert (edited.memo, edited.po_number, edited.due_date) == ("new™", "PO 9", "2026-01-31")
    assert edited.edit_sequence == edited.modified == books.now > invoice.edit_sequence


def test_a_payment_moves_the_time_but_not_the_edit_sequence(books, invoice: Invoice) -> None:
    acts.pay(books, invoice.txn_id, 100)
    paid = again(books, invoice)
    customer = books.customers[invoice.customer]
    assert (paid.modified, paid.edit_sequence) == (books.now, invoice.edit_sequence)
    assert customer.modified == books.now > customer.edit_sequence


def test_a_company_may_leave_paid_invoices_untouched() -> None:
    from shared.structs import replace
    from simulator.company import make_profile

    company = a_company(profile=replace(make_profile(), payments_touch_invoices=False))
    invoice = an_open_invoice(company.books)
    acts.pay(company.books, invoice.txn_id, 100)
    assert again(company.books, invoice).modified == invoice.modified
    assert again(company.books, invoice).balance == invoice.balance - 100


def test_a_new_number_may_be_none(books: Books, invoice: Invoice) -> None:
    acts.renumber(books, invoice.number, "A-1")
    assert again(books, invoice).number == "A-1"
    acts.renumber(books, "A-1", "")
    assert again(books, invoice).number == ""


def other_customer(books: Books, invoice: Invoice, *, same: bool = True) -> Customer:
    return next(
        one
        for one in books.customers.values()
        if one.list_id != invoice.customer and (one.currency == invoice.currency) is same
    )


def test_a_moved_invoice_leaves_its_payments_behind(books: Books, invoice: Invoice) -> None:
    acts.pay(books, invoice.txn_id, 400)
    to = other_customer(books, invoice)
    before = to.balance
    acts.move(books, invoice.txn_id, books.full_name(to.list_id))
    moved = again(books, invoice)
    assert (moved.customer, moved.applied) == (to.list_id, 0)
    assert books.customers[to.list_id].balance == before + moved.total
    assert newest(books).unused == 400


def test_a_pending_invoice_is_not_owed(books: Books, invoice: Invoice) -> None:
    before = owed(books, invoice)
    acts.pend(books, invoice.txn_id)
    assert owed(books, invoice) == before - invoice.balance
    assert not again(books, invoice).is_paid
    acts.post(books, invoice.txn_id)
    assert owed(books, invoice) == before


def test_an_invoice_can_be_written_for_a_new_job(books: Books) -> None:
    acts.add_customer(books, "Café & Söhne™")
    acts.add_customer(books, "Roof", parent="Café & Söhne™")
    change = acts.add_invoice(books, "café & söhne™:ROOF", 12300, number="N-1")
    invoice = books.invoices[change.object_id]
    assert (invoice.total, invoice.number, invoice.date) == (12300, "N-1", books.today)
    assert owed(books, invoice) == 12300
    top = acts.finding.find_customer(books, "Café & Söhne™")
    assert books.total_balances()[top.list_id] == 12300


def test_a_pending_invoice_can_be_written(books: Books) -> None:
    owner = next(iter(books.customers.values()))
    acts.add_invoice(books, owner.list_id, 100, pending=True)
    assert books.customers[owner.list_id].balance == owner.balance


def test_renaming_a_parent_renames_its_jobs(books: Books) -> None:
    job = next(one for one in books.customers.values() if books.sublevel(one.list_id) > 1)
    top = list(books.ancestors(job.list_id))[-1]
    acts.rename(books, top.list_id, "Renamed")
    assert books.full_name(job.list_id).startswith("Renamed:")
    assert books.customers[top.list_id].edit_sequence == books.now
    assert books.customers[job.list_id].modified == job.modified


def test_customers_can_be_put_to_rest_and_woken(books: Books) -> None:
    one = next(one for one in books.customers.values() if one.active)
    acts.deactivate(books, one.list_id)
    assert not books.customers[one.list_id].active
    assert books.customers[one.list_id].modified == books.now
    acts.reactivate(books, one.list_id)
    assert books.customers[one.list_id].active


def test_a_merged_customers_documents_go_to_the_other(books: Books) -> None:
    for name in ("One", "Two"):
        acts.add_customer(books, name)
        change = acts.add_invoice(books, name, 1000)
        acts.pay(books, change.object_id, 1300)
        acts.add_invoice(books, name, 600)
        acts.credit(books, list(books.invoices)[-1], 700)
    one, two = (acts.finding.find_customer(books, name) for name in ("One", "Two"))
    acts.merge(books, "One", "Two")
    assert one.list_id not in books.customers
    assert books.customers[two.list_id].balance == one.balance + two.balance
    assert books.deletions[-1].label == "One"


def test_a_customer_without_anything_can_be_deleted(books: Books) -> None:
    change = acts.add_customer(books, "Nobody")
    acts.delete_customer(books, "Nobody")
    assert change.object_id not in books.customers
    assert books.deletions[-1].kind == "Customer"


def test_the_clock_moves_on_with_every_act(books: Books, invoice: Invoice) -> None:
    before = books.now
    acts.edit(books, invoice.txn_id, memo="x")
    acts.edit(books, invoice.txn_id, memo="y")
    assert books.now > before + 1
    acts.wait(books, 3600)
    assert books.now > before + 3600


def _parent_and_sibling(books: Books) -> tuple[str, str]:
    """A customer with jobs, and another that it could be merged into if it had none."""
    parents = {one.parent for one in books.customers.values()}
    for one in books.customers.values():
        for other in books.customers.values():
            alike = (one.parent, one.currency) == (other.parent, other.currency)
            if one.list_id in parents and alike and one != other:
                return one.list_id, other.list_id
    raise AssertionError("no two customers that fit")


def refusals(books: Books) -> list:
    invoice = an_open_invoice(books)
    txn = invoice.txn_id
    void = next(one.txn_id for one in books.invoices.values() if one.voided)
    pending = next(one.txn_id for one in books.invoices.values() if one.pending)
    paid = next(one for one in books.invoices.values() if one.applied)
    parent = next(one.parent for one in books.customers.values() if one.parent)
    foreign = other_customer(books, invoice, same=False)
    resting = next(one for one in books.customers.values() if not one.active)
    return [
        (lambda: acts.pay(books, pending), "pending"),
        (lambda: acts.pay(books, void), "already paid"),
        (lambda: acts.pay(books, txn, 0), "more than 0.00"),
        (lambda: acts.pay(books, txn, -5), "more than 0.00"),
        (lambda: acts.pay(books, txn, discount=invoice.balance + 1), "discount"),
        (lambda: acts.pay(books, txn, number="x" * 21), "20 characters"),
        (lambda: acts.credit(books, txn, 0), "more than 0.00"),
        (lambda: acts.void(books, void), "already void"),
        (lambda: acts.edit(books, void, memo="x"), "void"),
        (lambda: acts.edit(books, txn), "Nothing to change"),
        (lambda: acts.edit(books, txn, due_date="31.1.2026"), "YYYY-MM-DD"),
        (lambda: acts.edit(books, txn, memo="商"), "Windows-1252"),
        (lambda: acts.edit(books, paid.txn_id, add=-paid.total), "cannot become"),
        (lambda: acts.edit(books, txn, add=-invoice.total - 1), "cannot become"),
        (lambda: acts.renumber(books, txn, "x" * 12), "11 characters"),
        (lambda: acts.move(books, txn, invoice.customer), "already"),
        (lambda: acts.move(books, txn, foreign.list_id), "currency"),
        (lambda: acts.pend(books, pending), "already"),
        (lambda: acts.pend(books, paid.txn_id), "applied"),
        (lambda: acts.post(books, txn), "not pending"),
        (lambda: acts.add_invoice(books, invoice.customer, -1), "negative"),
        (lambda: acts.add_customer(books, "a:b"), "colon"),
        (lambda: acts.add_customer(books, "  "), "blank"),
        (lambda: acts.add_customer(books, "x" * 42), "41 characters"),
        (lambda: acts.add_customer(books, "LARKSPUR tile & stone"), "already used"),
        (lambda: acts.add_customer(books, "new", currency="CHF"), "does not use"),
        (lambda: acts.add_customer(books, "new", parent=parent, currency="CHF"), "parent's"),
        (lambda: acts.deactivate(books, resting.list_id), "already inactive"),
        (lambda: acts.merge(books, parent, parent), "itself"),
        (lambda: acts.merge(books, *_parent_and_sibling(books)), "has jobs"),
        (lambda: acts.merge(books, invoice.customer, foreign.list_id), "same parent and currency"),
        (lambda: acts.delete_customer(books, parent), "has jobs"),
        (lambda: acts.wait(books, -1), "backward"),
    ]


@pytest.mark.parametrize("n", range(33))
def test_what_quickbooks_would_not_allow_is_refused_and_changes_nothing(company, n: int) -> None:
    from simulator.company import state

    act, said = refusals(company.books)[n]
    before = state.dump(company.books)
    with pytest.raises(BookError, match=said):
        act()
    assert state.dump(company.books) == before


def test_every_refusal_is_looked_at(books: Books) -> None:
    assert len(refusals(books)) == 33


def test_jobs_go_down_five_levels_and_no_further(books: Books) -> None:
    acts.add_customer(books, "L0")
    for level in range(1, 5):
        acts.add_customer(books, f"L{level}", parent=":".join(f"L{n}" for n in range(level)))
    with pytest.raises(BookError, match="five levels"):
        acts.add_customer(books, "L5", parent="L0:L1:L2:L3:L4")


def test_a_number_that_several_have_must_be_told_apart(books: Books) -> None:
    owner = next(iter(books.customers))
    ids = [acts.add_invoice(books, owner, 100, number="TWICE").object_id for _ in range(2)]
    with pytest.raises(BookError, match=" ".join([f"TxnID: {ids[0]}, {ids[1]}"])):
        acts.close(books, "TWICE")


@pytest.mark.parametrize(
    "act", [acts.close, acts.void, acts.delete, acts.deactivate, acts.delete_customer]
)
def test_what_is_not_there_is_said_so(books: Books, act) -> None:
    with pytest.raises(NotInBooks, match="nowhere"):
        act(books, "nowhere")


def test_an_unknown_payment_method_names_the_known_ones(books: Books, invoice: Invoice) -> None:
    with pytest.raises(NotInBooks, match="Cash, Check, Visa"):
        acts.pay(books, invoice.txn_id, method="Gold")
