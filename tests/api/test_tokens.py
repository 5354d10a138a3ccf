"""Who is let in: a token, once shown; to its companies; to read, or to change."""

from __future__ import annotations

import pytest

from daemon.api.table import ROUTES
from shared.masking import masked
from shared.models import events, tokens
from shared.models.statements import current
from shared.operations import tokens as operations
from shared.operations.deciding import Operator, carry_out
from shared.rules.tokens import Access
from tests.api.conftest import BASE
from tests.models.builders import on_both_engines

pytest_generate_tests = on_both_engines

PAYMENT = {
    "external_id": "pay_9",
    "amount": "5.00",
    "date": "2024-06-01",
    "applied": [{"invoice": "104", "amount": "5.00"}],
}
BODIES = {
    "take_payment": PAYMENT,
    "change_payment": {"memo": "x"},
    "retry_problem": {},
    "skip_problem": {"because": "x", "confirm": ["leave-out"]},
}
PLACES = {
    "invoice": "1A-100",
    "list_id": "80-1",
    "external_id": "pay_1",
}


def address(route, name: str, number: int) -> str:
    return route.path.format(name=name, number=number, **PLACES)


def everything(store) -> list[object]:
    """All rows of all tables, but for the note that a token was used."""
    from shared.models.tables import TABLES, ApiToken

    with store.reading():
        _, database = current()
        return [
            sorted(map(repr, database.execute_sql(f"SELECT * FROM {table}").fetchall()))
            for table in (f'"{one._meta.table_name}"' for one in TABLES if one is not ApiToken)
        ]


def number_of(api, till) -> int:
    """The number of a problem or sync of a company, as they were made in turn."""
    return 1 if till is api.larkspur else 2


OF_A_COMPANY = [route for route in ROUTES if "{name}" in route.path]


def ask(api, route, name="Larkspur", number=1, **more):
    return api.ask(route.method, address(route, name, number), BODIES.get(route.name), **more)


def test_nobody_is_let_in_without_a_good_token(stocked):
    before = everything(stocked.store)
    for number, route in enumerate(ROUTES):
        for token in ("", "dbt_guess", "x" * 5000, "caf\u00e9"):
            reply = ask(stocked, route, token=token, peer=f"192.0.2.{number}")
            assert (reply.status, reply.code) == (401, "token-wrong"), route.name
            assert reply.headers["www-authenticate"].startswith("Bearer")
    assert everything(stocked.store) == before


def test_two_tokens_in_one_request_are_none(stocked):
    reply = stocked.get("payments", headers={"Authorization": f"Bearer x, Bearer {stocked.secret}"})
    assert (reply.status, reply.code) == (401, "token-wrong")
    twice = f"Bearer x\r\nAuthorization: Bearer {stocked.secret}"
    assert stocked.get("payments", headers={"Authorization": twice}).status == 401


def test_a_token_of_one_company_sees_and_changes_nothing_of_another(stocked):
    fern = stocked.token("fern", Access.WRITE, "Fern")
    before = everything(stocked.store)
    for route in OF_A_COMPANY:
        reply = ask(stocked, route, token=fern)
        unknown = ask(stocked, route, "Nobody", token=fern)
        assert (reply.status, reply.code) == (unknown.status, unknown.code) == (404, "not-found")
        assert reply.json["detail"].replace("Larkspur", "Nobody") == unknown.json["detail"]
    assert everything(stocked.store) == before


def test_nor_by_the_number_of_a_record_of_the_other_company(stocked):
    before = everything(stocked.store)
    for route in OF_A_COMPANY:
        if "{number}" in route.path:
            reply = ask(stocked, route, number=number_of(stocked, stocked.fern))
            assert reply.status == 404, route.name
    assert everything(stocked.store) == before


def test_a_token_that_reads_reads_everything_and_changes_nothing(stocked):
    reader = stocked.token("reader")
    before = everything(stocked.store)
    for route in ROUTES:
        reply = ask(stocked, route, token=reader)
        if route.writes:
            assert (reply.status, reply.code) == (403, "token-reads-only"), route.name
        else:
            assert reply.status == 200, reply.content
    assert everything(stocked.store) == before


def test_a_token_that_writes_is_let_in_everywhere(stocked):
    for route in ROUTES:
        reply = ask(stocked, route)
        assert reply.status in (200, 201), (route.name, reply.content)


def test_a_list_of_connections_has_those_that_the_token_opens(stocked):
    fern = stocked.token("fern", Access.READ, "Fern")
    found = stocked.get(f"{BASE}/connections", token=fern).json["data"]
    assert [one["name"] for one in found] == ["Fern"]


def test_a_token_ends_with_its_days_and_when_it_is_revoked(stocked):
    short, long = stocked.token("short", days=1), stocked.token("long")
    stocked.clock.advance(86_399)
    assert stocked.get("payments", token=short).status == 200
    stocked.clock.advance(1)
    assert stocked.get("payments", token=short).status == 401
    with stocked.store.reading():
        plan = operations.plan_revoke(stocked.store, "long")
    carry_out(Operator(stocked.store, "ada"), plan)
    assert stocked.get("payments", token=long).status == 401


def test_a_token_of_a_removed_connection_opens_nothing(stocked):
    from shared.models import connections

    fern = stocked.token("fern", Access.WRITE, "Fern")
    with stocked.store.transaction():
        connections.remove(stocked.fern.id)
    assert stocked.get(f"{BASE}/connections", token=fern).json["data"] == []
    assert stocked.get("payments", token=fern).status == 404


def test_who_guesses_at_tokens_has_to_wait_and_a_good_one_is_let_in_all_the_same(stocked):
    statuses = [stocked.get("payments", token=f"dbt_{number}").status for number in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    slowed = stocked.get("payments", token="dbt_x")
    assert int(slowed.headers["retry-after"]) > 50
    assert stocked.get("payments").status == 200
    assert stocked.get("payments", token="dbt_x", peer="192.0.2.9").status == 401
    stocked.clock.advance(3600)
    assert stocked.get("payments", token="dbt_x").status == 401


def test_the_use_of_a_token_is_noted_now_and_then(stocked):
    def last_used():
        with stocked.store.reading():
            return tokens.all_tokens()[0].last_used_at

    stocked.get("payments")
    first = last_used()
    assert first is not None
    stocked.clock.advance(60)
    stocked.get("payments")
    assert last_used() == first, "a write for each request would be too much"
    stocked.clock.advance(600)
    stocked.get("payments")
    assert last_used() > first


def test_a_secret_is_kept_nowhere(stocked, caplog):
    secret = stocked.secret
    stocked.ask("POST", stocked.at("payments"), PAYMENT, headers={"Idempotency-Key": "k"})
    assert secret not in repr(everything(stocked.store))
    with stocked.store.reading():
        _, database = current()
        assert secret not in repr(database.execute_sql("SELECT * FROM api_token").fetchall())
    assert secret not in repr(events.after(stocked.store, 0, limit=1000))
    assert secret not in masked(f"it said {secret} there")


def test_a_label_names_one_token(stocked):
    from shared.errors import CannotBeMeant, NotPossible

    with stocked.store.reading():
        with pytest.raises(NotPossible):
            operations.plan_add(stocked.store, "Writer", [])
        with pytest.raises(CannotBeMeant):
            operations.plan_add(stocked.store, " ", [])
        with pytest.raises(CannotBeMeant):
            operations.plan_add(stocked.store, "x", [], Access.READ, 0)
