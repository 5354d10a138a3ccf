"""Page after page, every list shows each of its records once, in one order."""

from __future__ import annotations

from functools import partial

import pytest

from shared.models import audit, problems, syncs
from shared.operations import audit as audit_trail
from shared.operations import customers, invoices, payment_views
from shared.operations import problems as problems_seen
from shared.operations import syncs as syncs_run
from shared.operations.audit import AuditFilter
from shared.rules.ledger import CustomerFilter, InvoiceFilter
from shared.rules.payments.views import PaymentFilter
from tests.models.builders import NOON, customer, invoice, trouble
from tests.models.payments.builders import Till, pays

LISTS = {
    "customers": partial(customers.view_page, wanted=CustomerFilter()),
    "invoices": partial(invoices.view_page, wanted=InvoiceFilter()),
    "payments": partial(payment_views.view_page, wanted=PaymentFilter()),
    "problems": partial(problems_seen.view_page, connection=None),
    "syncs": partial(syncs_run.view_page, connection=None),
    "audit": partial(audit_trail.view_page, wanted=AuditFilter()),
}
every_list = pytest.mark.parametrize("view", LISTS.values(), ids=LISTS)


@pytest.fixture
def till(store) -> Till:
    """Five of everything or more; all problems were seen in one moment."""
    till = Till(store)
    names = [f"80-{number}" for number in range(11, 16)]
    till.hold(*(customer(list_id, f"Fern {list_id}") for list_id in names))
    till.owes(*(invoice(f"1B-{one}", customer_list_id=one) for one in names))
    till.take_in(*(pays(f"pay_{one}", "5.00", (f"1B-{one}", "5.00")) for one in names))
    with store.transaction():
        problems.report(till.id, None, [trouble(object_id=one) for one in names], NOON)
        for one in names:
            syncs.start(till.id, one, NOON)
            audit.add("anna", "qwc", one, "", NOON)
    return till


def turned(till, view, limit):
    """The pages, each with what is new since the one before."""
    after = None
    while True:
        with till.store.reading():
            page = view(till.store, after=after, limit=limit)
        assert len(page.rows) <= limit
        yield page.rows
        after = page.next
        if after is None:
            return


@every_list
def test_each_record_is_on_one_page_and_a_last_page_that_is_full_is_the_last(till, view):
    [whole] = turned(till, view, 1000)
    assert len(whole) >= 5
    for limit in (1, 2, 5):
        pages = list(turned(till, view, limit))
        assert [one for page in pages for one in page] == list(whole), limit
        assert all(len(page) == limit for page in pages[:-1])
        assert pages[-1]
    assert len(list(turned(till, view, len(whole)))) == 1
