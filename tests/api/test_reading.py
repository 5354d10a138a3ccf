"""What programs read: lists page by page, one record, what changed, what happened."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import product
from urllib.parse import urlsplit

import pytest

from daemon.api.openapi import DOCUMENT_PATH
from shared.models import events
from shared.models.ledger import incoming_customers
from shared.operations.contracts.ledger import LISTED_INVOICE
from shared.operations.contracts.payments import PAYMENT_DETAIL, PAYMENT_LINE
from shared.structs import replace
from tests.models.builders import both_engines, customer, invoice, paid


def test_the_connections_are_listed_with_the_keys_of_the_command(stocked):
    found = stocked.get("/api/v1/connections").json["data"]
    assert [one["name"] for one in found] == ["Fern", "Larkspur"]
    assert stocked.get("/api/v1/connections/larkspur").json["name"] == "Larkspur"


def test_invoices_have_the_keys_of_the_command_and_amounts_as_text(stocked):
    [first, *_] = stocked.get("invoices").json["data"]
    assert list(first) == LISTED_INVOICE.names()
    assert (first["balance"], first["currency"]) == ("100.00", "USD")


LISTS = ("invoices", "customers", "payments", "problems", "syncs")


def test_pages_follow_each_other_until_all_was_shown_once(stocked):
    for what in LISTS:
        whole = stocked.get(what, limit=1000).json["data"]
        assert whole
        for limit in (1, 2, 1000):
            assert pages(stocked, what, limit) == whole, (what, limit)


def pages(stocked, what, limit):
    seen, path = [], f"/api/v1/connections/Larkspur/{what}?limit={limit}"
    while path:
        reply = stocked.get(path)
        assert reply.status == 200, reply.content
        seen += reply.json["data"]
        link = reply.headers.get("link", "")
        assert link.endswith('>; rel="next"') or not link
        assert bool(link) == (reply.json["next"] is not None)
        path = link.partition(">")[0].removeprefix("<")
        assert not urlsplit(path).netloc
    return seen


def test_a_place_is_of_one_list_of_one_company_and_cannot_be_changed(stocked):
    ends = {what: stocked.get(what, limit=1).json["next"] for what in LISTS}
    ends |= {"fern": stocked.get("/api/v1/connections/Fern/invoices?limit=1").json["next"]}
    some = {what: end for what, end in ends.items() if end}
    assert {"invoices", "payments", "fern"} <= some.keys()
    for what in LISTS:
        for other, end in some.items():
            for after in {end, end[:-1], f"{end[:-1]}A", end.swapcase()}:
                reply = stocked.get(what, after=after)
                if other == what and after == end:
                    assert reply.status == 200
                else:
                    assert (reply.status, reply.code) == (400, "bad-parameter"), (what, other)


def test_a_filter_goes_along_to_the_next_page(stocked):
    first = stocked.get("invoices", status=["open", "paid"], limit=2)
    link = first.headers["link"].partition(">")[0].removeprefix("<")
    assert "status=open&status=paid" in link
    assert len(stocked.get(link).json["data"]) == 2
    assert stocked.get("invoices", status="paid").json["data"] == []


RECORDS = {
    "invoices/1A-100": ("txn_id", "1A-100"),
    "invoices/100": ("txn_id", "1A-100"),
    "customers/80-1": ("full_name", "Larkspur Tile"),
    "payments/pay_1": ("external_id", "pay_1"),
    "payments/7B-1": ("txn_id", "7B-1"),
    "problems/1": ("code", "invoice-unreadable"),
    "syncs/1": ("application", "Invoice Sync"),
}


@both_engines
def test_one_record_is_shown(stocked):
    for path, (key, value) in RECORDS.items():
        assert stocked.get(path).json[key] == value, path


def test_a_payment_is_shown_with_its_whole_life(stocked):
    found = stocked.get("payments/pay_1").json
    assert list(found) == PAYMENT_DETAIL.names()
    assert found["events"][0]["event"] == "received"
    [*_, listed] = stocked.get("payments", status="ready").json["data"]
    assert list(listed) == PAYMENT_LINE.names()


@both_engines
def test_what_is_not_there_is_404_with_words(stocked):
    records = ("invoices/9", "customers/9", "payments/nobody", "problems/999", "syncs/x")
    for path in (*records, "nothing"):
        reply = stocked.get(path)
        assert (reply.status, reply.code) == (404, "not-found"), path
        assert reply.json["detail"]


def test_both_sides_are_beside_each_other(stocked):
    found = stocked.get("reconcile").json
    assert found["connection"] == "Larkspur"
    assert found["totals"][0]["ours"] == "500.00"


# What changed.


@both_engines
def test_a_program_that_goes_on_from_the_cursor_sees_each_change(stocked):
    first = stocked.get("invoices").json
    later = stocked.get("invoices", since=first["cursor"]).json
    assert later == {"data": [], "next": None, "cursor": first["cursor"]}
    one = invoice("1A-100", "100.00")
    stocked.larkspur.owes(replace(one, balance=Decimal("60.00"), edit_sequence="2"))
    stocked.larkspur.owes(paid(invoice("1A-101", "100.00")))
    stocked.fern.owes(paid(invoice("1A-102", "100.00")))
    changed = stocked.get("invoices", since=first["cursor"]).json
    assert [(one["txn_id"], one["balance"], one["status"]) for one in changed["data"]] == [
        ("1A-100", "60.00", "open"),
        ("1A-101", "0.00", "paid"),
    ]
    assert stocked.get("invoices", since=changed["cursor"]).json["data"] == []


@pytest.mark.parametrize("what", ["invoices", "customers"])
def test_what_changes_while_pages_are_read_is_not_missed(stocked, what):
    """Whichever page's cursor a program keeps: each is that of the first one."""
    stocked.larkspur.owes(invoice("1A-109", "10.00", customer_list_id="80-9"))
    till = stocked.larkspur
    with stocked.store.transaction():
        incoming_customers.store_customers(
            till.id, [customer("80-9", "Aster")], stocked.store.now()
        )
    first = stocked.get(what, limit=1).json
    stocked.larkspur.owes(paid(invoice("1A-100", "100.00")))
    second = stocked.get(what, limit=1, after=first["next"]).json
    assert second["cursor"] == first["cursor"]
    changed = stocked.get("invoices", since=second["cursor"]).json["data"]
    assert "1A-100" in [one["txn_id"] for one in changed]


def test_a_cursor_that_is_not_known_any_more_is_told(stocked):
    cursor = stocked.get("invoices").json["cursor"]
    for query in ({"since": cursor + 1000}, {"since": 2**62}):
        reply = stocked.get("invoices", **query)
        assert (reply.status, reply.code) == (410, "cursor-lost")
        assert stocked.get("events", after=query["since"]).code == "cursor-lost"
    with stocked.store.transaction():
        events.prune(stocked.store.now() + timedelta(days=1), cursor - 1, 10_000)
    assert stocked.get("invoices", since=cursor - 1).status == 200
    assert stocked.get("invoices", since=cursor - 2).code == "cursor-lost"
    assert stocked.get("invoices", since=0).code == "cursor-lost"
    assert stocked.get("events", after=0).status == 200, "all that is kept"


def test_what_changed_is_no_page_of_a_list(stocked):
    assert stocked.get("invoices", since=0, status="open").code == "bad-parameter"
    for what in ("invoices", "customers"):
        end = stocked.get(what, limit=1).json["next"] or "x"
        assert stocked.get(what, since=0, after=end).code == "bad-parameter"


@both_engines
def test_a_program_sees_each_change_of_a_customer_too(stocked):
    till = stocked.larkspur
    with stocked.store.transaction():
        incoming_customers.store_customers(
            till.id, [customer("80-7", "Fern & Co")], stocked.store.now()
        )
    cursor = stocked.get("customers").json["cursor"]
    with stocked.store.transaction():
        renamed = customer("80-7", "Fern and Co", edit_sequence="2")
        incoming_customers.store_customers(till.id, [renamed], stocked.store.now())
    changed = stocked.get("customers", since=cursor).json
    assert [(one["list_id"], one["full_name"], one["state"]) for one in changed["data"]] == [
        ("80-7", "Fern and Co", "held")
    ]
    with stocked.store.transaction():
        incoming_customers.mark_customers_deleted(till.id, ["80-7"])
    gone = stocked.get("customers", since=changed["cursor"]).json
    assert [(one["list_id"], one["state"]) for one in gone["data"]] == [("80-7", "deleted")]
    assert stocked.get("customers", since=gone["cursor"]).json["data"] == []
    elsewhere = stocked.get(f"/api/v1/connections/Fern/customers?since={cursor}").json
    assert "80-7" not in [one["list_id"] for one in elsewhere["data"]]


# Events.


def test_events_follow_a_cursor(stocked):
    first = stocked.get("events", limit=3).json
    assert len(first["data"]) == 3
    rest = stocked.get("events", after=first["cursor"], limit=1000).json
    ids = [one["id"] for one in (*first["data"], *rest["data"])]
    assert ids == sorted(set(ids))
    assert {one["connection"] for one in rest["data"]} == {"Larkspur"}
    kinds = stocked.get("events", kind="payment", limit=1000).json["data"]
    assert {one["kind"].partition(".")[0] for one in kinds} == {"payment"}
    assert stocked.get("events", kind="nonsense").code == "bad-parameter"


def test_a_program_may_wait_for_the_next_event(stocked):
    cursor = stocked.get("events", limit=1000).json["cursor"]
    line = stocked.send("GET", stocked.at("events"), after=cursor, wait=30)
    stocked.clock.advance(5)
    assert line.reply is None
    stocked.fern.owes(invoice("1A-200"))
    stocked.clock.advance(1)
    assert line.reply is None, "that is another company"
    stocked.larkspur.owes(invoice("1A-201"))
    stocked.clock.advance(1)
    assert [one["document"] for one in line.reply.json["data"]] == ["201"]
    line.hang_up()


def test_after_the_time_that_it_wanted_to_wait_it_is_told_that_nothing_happened(stocked):
    cursor = stocked.get("events", limit=1000).json["cursor"]
    line = stocked.send("GET", stocked.at("events"), after=cursor, wait=10)
    stocked.clock.pump([1] * 11)
    assert line.reply.json == {"data": [], "cursor": cursor}
    line.hang_up()


def test_a_program_that_hangs_up_while_it_waits_leaves_nothing_behind(stocked):
    cursor = stocked.get("events", limit=1000).json["cursor"]
    line = stocked.send("GET", stocked.at("events"), after=cursor, wait=60)
    line.hang_up()
    stocked.clock.advance(2)
    assert [call for call in stocked.clock.getDelayedCalls() if call.active()] == []


# HTTP.


def test_nothing_is_sent_again_that_did_not_change(stocked):
    first = stocked.get("payments")
    same = stocked.get("payments", headers={"If-None-Match": first.headers["etag"]})
    assert (same.status, same.content) == (304, b"")
    assert stocked.get("payments", headers={"If-None-Match": '"other"'}).status == 200


def test_the_document_has_an_etag_too(stocked):
    first = stocked.ask("GET", DOCUMENT_PATH, token="")
    known = {"If-None-Match": f'"other", {first.headers["etag"]}'}
    same = stocked.ask("GET", DOCUMENT_PATH, token="", headers=known)
    assert (same.status, same.content) == (304, b"")


def test_an_address_may_be_sent_whole_as_to_a_proxy(stocked):
    reply = stocked.ask("GET", f"http://localhost:8086{stocked.at('invoices')}", limit=1)
    assert reply.status == 200
    assert reply.headers["link"].startswith("</api/v1/")


def test_head_answers_like_get_without_a_body(stocked):
    got, head = stocked.get("payments"), stocked.ask("HEAD", stocked.at("payments"))
    assert (head.status, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


def test_a_parameter_that_cannot_be_read_is_400(stocked):
    queries = (
        *({"limit": limit} for limit in ("0", "1001", "x", "-1", "١", "")),
        {"limit": ["1", "2"]},
        *({"after": after} for after in ("!", "x", "bnVsbA", "W10", "WzEsMl0", "IngiIA")),
        {"status": "lost"},
        {"unknown": "1"},
    )
    for query, what in product(queries, LISTS):
        reply = stocked.get(what, **query)
        assert (reply.status, reply.code) == (400, "bad-parameter"), (what, query)


def test_an_address_takes_its_own_methods_alone(stocked):
    reply = stocked.ask("PUT", stocked.at("payments"), content=b"")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, POST, HEAD")
    assert stocked.ask("OPTIONS", stocked.at("invoices")).status == 405


def test_no_page_of_a_browser_may_read_it(stocked):
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    for method in ("GET", "OPTIONS"):
        found = stocked.ask(method, stocked.at("invoices"), headers=headers).headers
        assert not [name for name in found if name.startswith("access-control")]


def test_a_body_that_is_too_large_is_refused(stocked):
    line = stocked.send("POST", stocked.at("payments"), content=b" " * 70_000)
    assert line.reply.status == 413
    line.hang_up()
    stocked.clock.advance(10)
