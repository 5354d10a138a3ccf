"""Filters, order and pages."""

from __future__ import annotations

import re

import pytest

from simulator.invoiced import lists
from tests.simulator.invoiced.builders import NOON, Fake, Refused


@pytest.fixture
def fake() -> Fake:
    return Fake()


def links(answer) -> dict[str, str]:
    return {rel: url for url, rel in re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers["Link"])}


def test_pages_have_links_and_a_total(fake):
    for n in range(5):
        fake.customer(f"C{n}")
    answer = fake.answer("GET", "/customers?per_page=2&page=2&filter%5Bactive%5D=1")
    assert answer.headers["X-Total-Count"] == "5"
    found = links(answer)
    assert list(found) == ["self", "first", "previous", "next", "last"]
    assert found["next"].startswith("http://127.0.0.1/customers?")
    path = found["last"].removeprefix("http://127.0.0.1")
    last = fake.answer("GET", path)
    assert "next" not in links(last)
    assert [one["name"] for one in fake.ask("GET", path)] == ["C4"]


def test_at_most_100_records_make_a_page_and_none_has_no_headers(fake):
    with fake.account.change():
        for n in range(101):
            fake.account.add("refunds", {"charge": n})
    assert len(fake.get("/refunds", per_page=500)) == 100
    answer = fake.answer("GET", "/refunds?paginate=none")
    assert "Link" not in answer.headers
    assert "X-Total-Count" not in answer.headers


def test_pages_by_id_go_on_where_the_last_one_ended(fake):
    ids = [fake.customer(f"C{n}") for n in range(5)]
    fake.get("/customers", per_page=2)
    fake.ask("DELETE", f"/customers/{ids[0]}")
    assert [one["id"] for one in fake.get("/customers", per_page=2, page=2)] == ids[2:4]


def test_a_far_page_needs_those_before_it(fake, monkeypatch):
    monkeypatch.setattr(lists, "CURSOR_FROM", 4)
    for n in range(6):
        fake.customer(f"C{n}")
    with pytest.raises(Refused, match="retrieve all preceding page numbers"):
        fake.get("/customers", per_page=2, page=3)
    for page in (1, 2):
        fake.get("/customers", per_page=2, page=page)
    assert len(fake.get("/customers", per_page=2, page=3)) == 2


def test_a_total_after_page_1_may_be_five_minutes_old(fake):
    for n in range(4):
        fake.customer(f"C{n}")
    fake.get("/customers", per_page=2)
    fake.customer("Late")
    path = "/customers?per_page=2&page=2"
    assert fake.answer("GET", path).headers["X-Total-Count"] == "4"
    fake.clock.advance(301)
    assert fake.answer("GET", path).headers["X-Total-Count"] == "5"


def test_updated_after_leaves_its_own_second_out(fake):
    fake.paid(fake.invoice(fake.customer()), 5)
    assert fake.get("/payments", updated_after=NOON) == []
    assert len(fake.get("/payments", updated_after=NOON - 1)) == 1
    assert fake.get("/payments", updated_before=NOON) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"filter": {"number": "a1"}}, 1),
        ({"filter": {"number": "A"}}, 0),
        ({"filter": {"paid": "1"}}, 1),
        ({"filter": {"paid": "0"}}, 1),
        ({"filter": {"status": "past_due"}}, 1),
        ({"filter": {"balance": "100.00"}}, 1),
        ({"filter": {"date": "2023-11-15"}}, 2),
        ({"filter": {"date": "2023-11-16"}}, 0),
        ({"metadata": {"po": "7"}}, 1),
        ({"metadata": {"po": "7", "x": "1"}}, 0),
        ({"start_date": NOON + 1}, 0),
        ({"end_date": NOON}, 2),
    ],
)
def test_invoices_are_found_by_filters(fake, query, found):
    acme = fake.customer()
    fake.paid(fake.invoice(acme, number="A1", metadata={"po": "7"}), 100)
    fake.invoice(acme, number="B2", due_date=5)
    assert len(fake.get("/invoices", **query)) == found


@pytest.mark.parametrize(
    ("path", "query", "said"),
    [
        ("/payments", {"payment_status": "x"}, "The option 'payment_status' does not exist"),
        ("/payments", {"filter": {"status": "x"}}, "Invalid filter parameter: status"),
        ("/charges", {"updated_after": 5}, "The option 'updated_after' does not exist"),
        ("/invoices", {"filter": {"paid": "True"}}, "Invalid value for `paid` filter"),
        ("/invoices", {"filter": {"date": "x-y"}}, "Invalid value for `date` filter"),
        ("/invoices", {"updated_after": "x"}, "Invalid value for `updated_after`"),
        ("/invoices", {"sort": "color asc"}, "Invalid sort field: color"),
        ("/invoices", {"advanced_filter": "[]"}, "Invalid advanced filter"),
    ],
)
def test_a_question_that_is_wrong_is_refused(fake, path, query, said):
    fake.paid(fake.invoice(fake.customer()), 5)
    with pytest.raises(Refused, match=said):
        fake.get(path, **query)


def test_sorted_by_time_and_then_by_id(fake):
    one, two, three = (fake.customer(name) for name in "abc")
    fake.clock.advance(5)
    fake.patch(f"/customers/{one}", phone="1")
    up = [one["id"] for one in fake.get("/customers", sort="updated_at asc")]
    down = [one["id"] for one in fake.get("/customers", sort="updated_at desc")]
    assert (up, down) == ([two, three, one], [one, two, three])


def test_what_is_shown_can_be_expanded_included_and_excluded(fake):
    fake.paid(fake.invoice(fake.customer("Acme")), 5)
    shown = fake.get("/payments", expand="customer", include="applied_to", exclude="metadata,notes")
    assert shown[0]["customer"]["name"] == "Acme"
    assert shown[0]["applied_to"][0]["amount"] == 5
    assert not {"metadata", "notes"} & shown[0].keys()


def test_events_are_newest_first_and_can_be_narrowed(fake):
    acme = fake.customer()
    invoice = fake.invoice(acme)
    fake.clock.advance(60)
    fake.paid(invoice, 100)
    told = fake.get("/events")
    assert [one["type"] for one in told][:2] == ["payment.created", "invoice.paid"]
    assert fake.events(type="customer") == ["customer.created"]
    assert fake.events(related_to=f"invoice,{invoice['id']}") == ["invoice.created", "invoice.paid"]
    assert fake.events(start_date=NOON + 1) == ["invoice.paid", "payment.created"]
    assert fake.get(f"/events/{told[0]['id']}") == told[0]
