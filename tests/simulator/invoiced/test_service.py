"""Keys, limits, idempotency and faults."""

from __future__ import annotations

import base64

import pytest

from simulator.invoiced.faults import Fault, FaultKind, FaultPlan, FaultUnreadable, parse_fault
from simulator.invoiced.service import ConnectionCut, Request
from tests.simulator.invoiced.builders import KEY, Fake, Refused

ACME = {"name": "Acme"}


def basic(user: str, password: str = "") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("given", [basic(KEY), basic("harborvale", KEY)])
def test_the_key_opens_the_account(given):
    answer = Fake().answer("GET", "/companies/current", authorization=given)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert b'"currency": "usd"' in answer.body


@pytest.mark.parametrize(
    ("given", "said"),
    [("", "Missing API key"), ("Bearer x", "Missing API key"), (basic("abcdefghij"), "abc****hij")],
)
def test_without_the_key_nothing_is_told(given, said):
    with pytest.raises(Refused, match=said.replace("*", r"\*")) as refused:
        Fake().ask("GET", "/customers", authorization=given)
    assert refused.value.status == 401
    assert refused.value.headers["WWW-Authenticate"] == 'Basic realm="Invoiced"'


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("GET", "/customers/77", 404), ("DELETE", "/customers", 405)],
)
def test_what_is_not_there_is_told(method, path, status):
    with pytest.raises(Refused) as refused:
        Fake().ask(method, path)
    assert (refused.value.status, refused.value.said["type"]) == (status, "invalid_request")


@pytest.mark.parametrize("body", [b"{", b"[1]", b'{"name": NaN}'])
def test_a_body_that_is_no_json_object_is_refused(body):
    fake = Fake()
    request = Request(
        "POST",
        "/customers",
        {"authorization": basic(KEY), "content-type": "application/json"},
        body,
    )
    got = []
    fake.service.receive(request).addCallback(got.append)
    assert got[0].status == 400


def test_a_method_may_be_named_in_a_header_and_a_form_is_read():
    fake = Fake()
    id_ = fake.customer()
    headers = {
        "x-http-method-override": "PATCH",
        "content-type": "application/x-www-form-urlencoded",
    }
    request = Request(
        "POST",
        f"/customers/{id_}",
        {"authorization": basic(KEY), **headers},
        b"phone=5&metadata[a]=1",
    )
    fake.service.receive(request)
    after = fake.get(f"/customers/{id_}")
    assert (after["phone"], after["metadata"]) == ("5", {"a": "1"})


# Idempotency


def test_a_repeated_key_repeats_the_answer_and_does_nothing():
    fake = Fake()
    first, second = (fake.ask("POST", "/customers", ACME, idempotency_key="key-001") for _ in "12")
    assert first == second
    assert len(fake.get("/customers")) == 1


def test_a_key_repeats_an_error_even_when_its_cause_is_gone():
    fake = Fake()
    taken = fake.customer("First", number="1")
    body = {**ACME, "number": "1"}
    for _ in range(2):
        with pytest.raises(Refused, match="already been taken"):
            fake.ask("POST", "/customers", body, idempotency_key="key-001")
        fake.patch(f"/customers/{taken}", number="2")
    assert fake.ask("POST", "/customers", body, idempotency_key="key-002")["number"] == "1"


def test_a_key_is_bound_to_neither_route_nor_body_and_lives_a_day():
    fake = Fake()
    first = fake.ask("POST", "/customers", ACME, idempotency_key="key-001")
    assert fake.ask("POST", "/invoices", {}, idempotency_key="key-001") == first
    fake.clock.advance(86_400)
    assert fake.ask("POST", "/customers", ACME, idempotency_key="key-001") != first


@pytest.mark.parametrize(
    ("method", "key", "said"),
    [
        ("POST", "short", "too short"),
        ("POST", "l" * 65, "too long"),
        ("GET", "key-001", "Unsupported method: GET"),
    ],
)
def test_a_key_that_cannot_be_is_refused(method, key, said):
    with pytest.raises(Refused, match=said):
        Fake().ask(method, "/customers", ACME if method == "POST" else None, idempotency_key=key)


# Limits


def test_more_than_20_requests_at_once_are_refused():
    fake = Fake(latency=1.0)
    running = [fake.send("GET", "/customers") for _ in range(20)]
    with pytest.raises(Refused, match="only make 20 concurrent requests") as refused:
        fake.ask("GET", "/customers")
    assert (refused.value.status, refused.value.said["type"]) == (429, "rate_limit_error")
    fake.clock.advance(1)
    assert all(one.called for one in running)
    last = fake.send("GET", "/customers")
    fake.clock.advance(1)
    assert last.result.status == 200


def test_a_client_that_hangs_up_takes_no_room():
    fake = Fake(latency=1.0)
    for _ in range(25):
        sent = fake.send("GET", "/customers")
        sent.addErrback(lambda _: None)
        sent.cancel()
    assert fake.clock.getDelayedCalls() == []


# Faults


def fails(fake: Fake, **headers: str) -> ConnectionCut:
    failed = []
    fake.send("POST", "/customers", ACME, headers).addErrback(failed.append)
    return failed[0].value


@pytest.mark.parametrize(
    ("kind", "done"),
    [(FaultKind.DROP_BEFORE, 0), (FaultKind.DROP_AFTER, 1), (FaultKind.CUT, 1)],
)
def test_a_lost_connection_tells_nothing_of_what_was_done(kind, done):
    fake = Fake(Fault(kind, "POST"))
    assert bool(fails(fake).half) == (kind is FaultKind.CUT)
    assert len(fake.get("/customers")) == done


@pytest.mark.parametrize(("kind", "made"), [(FaultKind.DROP_AFTER, 1), (FaultKind.FORGET, 2)])
def test_a_key_saves_from_doing_it_twice_unless_it_was_not_written_down(kind, made):
    fake = Fake(Fault(kind, "POST"))
    key = {"idempotency-key": "key-001"}
    fails(fake, **key)
    fake.ask("POST", "/customers", ACME, idempotency_key="key-001")
    assert len(fake.get("/customers")) == made


@pytest.mark.parametrize(
    ("kind", "status", "done"),
    [
        (FaultKind.ERROR, 500, 0),
        (FaultKind.HTML, 502, 0),
        (FaultKind.HTML_AFTER, 504, 1),
        (FaultKind.LOCK, 400, 0),
        (FaultKind.LIMIT, 429, 0),
    ],
)
def test_an_error_has_the_status_and_shape_of_its_kind(kind, status, done):
    fake = Fake(Fault(kind, "POST /customers", seconds=30))
    with pytest.raises(Refused) as refused:
        fake.ask("POST", "/customers", ACME)
    assert refused.value.status == status
    html = kind in (FaultKind.HTML, FaultKind.HTML_AFTER)
    assert refused.value.headers["Content-Type"] == ("text/html" if html else "application/json")
    assert refused.value.headers.get("Retry-After") == ("30" if status == 429 else None)
    assert len(fake.get("/customers")) == done


def test_a_lock_is_remembered_under_its_key():
    fake = Fake(Fault(FaultKind.LOCK, "POST"))
    for _ in range(2):
        with pytest.raises(Refused, match="currently being updated by another process"):
            fake.ask("POST", "/customers", ACME, idempotency_key="key-001")
    assert fake.ask("POST", "/customers", ACME, idempotency_key="key-002")


def test_an_answer_comes_late_or_never_but_the_work_is_done():
    fake = Fake(Fault(FaultKind.SLOW, turn=1, seconds=40), Fault(FaultKind.HANG, turn=2))
    slow, never = (fake.send("POST", "/customers", ACME) for _ in "12")
    fake.clock.advance(40)
    assert slow.called
    fake.clock.advance(10_000)
    assert not never.called
    assert len(fake.get("/customers")) == 2


def test_a_request_may_be_carried_out_after_its_repetition_under_the_same_key():
    fake = Fake(Fault(FaultKind.LATE, seconds=30))
    late = fake.send("POST", "/customers", ACME, {"idempotency-key": "key-001"})
    fake.clock.advance(29)
    fake.ask("POST", "/customers", ACME, idempotency_key="key-001")
    assert len(fake.get("/customers")) == 1
    fake.clock.advance(1)
    assert len(fake.get("/customers")) == 2
    assert not late.called


def test_a_fault_fits_a_method_a_path_and_a_turn():
    fault = parse_fault("limit:POST /payments:3:30")
    assert fault == Fault(FaultKind.LIMIT, "POST /payments", 3, 30.0)
    assert parse_fault("hang:*:*") == Fault(FaultKind.HANG, "*", None)
    assert parse_fault("cut") == Fault(FaultKind.CUT)
    plan = FaultPlan([fault])
    asked = [
        ("POST", "/payments"),
        ("GET", "/payments"),
        ("POST", "/payments/5"),
        ("POST", "/payments"),
    ]
    assert [bool(plan.strike(*one)) for one in asked] == [False, False, False, True]
    with pytest.raises(FaultUnreadable, match="kinds are drop-before"):
        parse_fault("limbo:POST")


def test_the_same_seed_brings_the_same_faults():
    def struck(seed: int) -> list[str]:
        plan = FaultPlan(seed=seed, rate=0.3)
        faults = [plan.strike("POST", "/payments") for _ in range(200)]
        return [fault.kind if fault else "" for fault in faults]

    assert struck(1) == struck(1) != struck(2)
    assert set(struck(1)) == {"", *FaultKind}
    stormy = "".join("L" if one is FaultKind.LIMIT else "." for one in struck(1))
    assert "LLLL" in stormy
