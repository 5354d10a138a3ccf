"""Some days of bookkeeping at random, many times over."""

from __future__ import annotations

import pytest

from simulator.company import acts, state
from tests.simulator.company.builders import a_company, a_session, ask, ask_one


@pytest.mark.parametrize("seed", range(12))
def test_the_books_add_up_after_any_acts(seed: int) -> None:
    edition = ("us", "ca", "uk")[seed % 3]
    company = a_company(25, 60, seed=seed, edition=edition)
    changes = acts.random_acts(company.books, 150, seed)
    assert len(changes) == 150
    audit = company.audit()
    assert audit.ok, audit.problems[:5]
    lines = "<IncludeLineItems>true</IncludeLineItems>"
    links = f"{lines}<IncludeLinkedTxns>true</IncludeLinkedTxns>"
    session = a_session(company)
    ask(
        session,
        f"<InvoiceQueryRq>{links}</InvoiceQueryRq><CreditMemoQueryRq>{links}</CreditMemoQueryRq>"
        f"<ReceivePaymentQueryRq>{lines}</ReceivePaymentQueryRq><CustomerQueryRq/>"
        "<TxnDeletedQueryRq><TxnDelType>Invoice</TxnDelType></TxnDeletedQueryRq>",
    )


def test_the_same_seed_does_the_same() -> None:
    one, two, other = (a_company() for _ in range(3))
    acts.random_acts(one.books, 60, 3)
    acts.random_acts(two.books, 60, 3)
    acts.random_acts(other.books, 60, 4)
    assert state.dump(one.books) == state.dump(two.books) != state.dump(other.books)


def test_every_act_comes_about() -> None:
    company = a_company(40, 200)
    done = {change.action for change in acts.random_acts(company.books, 600, 3)}
    assert done == {
        "pay", "credit", "void", "delete", "edit", "renumber", "move", "pend", "post",
        "add-invoice", "add-customer", "deactivate", "reactivate", "rename", "merge",
        "receive", "edit-payment",
    }  # fmt: skip


def test_an_empty_company_gets_its_first_customer_and_invoice() -> None:
    company = a_company(0, 0)
    acts.random_acts(company.books, 30, 1)
    assert company.books.invoices
    assert company.audit().ok


def test_every_change_shows_in_a_query_by_modified_time_or_by_deletion() -> None:
    company = a_company(40, 200)
    books = company.books
    before = dict(books.invoices)
    start = books.stamp(books.now)[:19]
    acts.wait(books, 1)
    acts.random_acts(books, 80, 5)
    session = a_session(company)
    changed = ask_one(
        session,
        f"<InvoiceQueryRq><ModifiedDateRangeFilter><FromModifiedDate>{start}</FromModifiedDate>"
        "</ModifiedDateRangeFilter></InvoiceQueryRq>",
    )
    gone = ask_one(
        session, "<TxnDeletedQueryRq><TxnDelType>Invoice</TxnDelType></TxnDeletedQueryRq>"
    )
    told = {ret.findtext("TxnID") for answer in (changed, gone) for ret in answer}
    differing = {
        txn_id
        for txn_id in before.keys() | books.invoices.keys()
        if before.get(txn_id) != books.invoices.get(txn_id)
    }
    assert differing <= told
