"""What programs change: payments taken in, corrected, withdrawn; problems decided."""

from __future__ import annotations

from shared.errors import StoreUnavailable
from shared.models import problems
from shared.models.statements import current
from shared.operations import programs
from shared.rules.payments.values import PostingState
from shared.rules.values import RecordKind
from tests.models.builders import both_engines, trouble

PAYMENT = {
    "external_id": "pay_9",
    "amount": "30.00",
    "currency": "USD",
    "date": "2024-06-03",
    "method": "credit_card",
    "reference": "ch_1",
    "gateway": "stripe",
    "processed": True,
    "charge_state": "succeeded",
    "customer": "",
    "applied": [{"invoice": "103", "amount": "30.00"}],
}


def post(api, body=None, **more):
    return api.ask("POST", api.at("payments"), PAYMENT if body is None else body, **more)


def payments(api) -> list[str]:
    return [one["external_id"] for one in api.get("payments", limit=1000).json["data"]]


def test_a_payment_is_taken_in_and_ready_to_go_out(stocked):
    reply = post(stocked)
    assert reply.status == 201
    told = reply.json
    assert (told["external_id"], told["status"], told["amount"]) == ("pay_9", "ready", "30.00")
    assert told["applied"][0]["invoice_txn_id"] == "1A-103"
    assert stocked.get("payments/pay_9").json == told


def test_the_same_again_changes_nothing_and_other_terms_correct_it(stocked):
    post(stocked)
    assert post(stocked).status == 200
    corrected = post(stocked, PAYMENT | {"reference": "ch_2"})
    assert (corrected.status, corrected.json["reference"]) == (200, "ch_2")
    assert payments(stocked).count("pay_9") == 1


def test_some_terms_can_be_changed_alone(stocked):
    post(stocked)
    reply = stocked.ask("PATCH", stocked.at("payments/pay_9"), {"memo": "corrected"})
    assert (reply.status, reply.json["memo"], reply.json["amount"]) == (200, "corrected", "30.00")
    assert stocked.ask("PATCH", stocked.at("payments/none"), {"memo": "x"}).status == 404


def test_what_has_left_is_refused_and_a_problem_says_so(stocked):
    stocked.larkspur.post("pay_1")
    before = len(stocked.get("problems").json["data"])
    terms = {"amount": "41.00", "applied": [{"invoice": "100", "amount": "41.00"}]}
    reply = stocked.ask("PATCH", stocked.at("payments/pay_1"), terms)
    assert (reply.status, reply.code) == (409, "payment-changed-after-sending")
    assert reply.json["remedy"]
    assert len(stocked.get("problems").json["data"]) == before + 1
    refused = stocked.ask("DELETE", stocked.at("payments/pay_1"))
    assert (refused.status, refused.code) == (409, "not-possible")


def test_what_became_of_a_charge_is_taken_over_at_any_time(stocked):
    stocked.larkspur.post("pay_1")
    reply = stocked.ask("PATCH", stocked.at("payments/pay_1"), {"refunded": "40.00"})
    assert (reply.status, reply.json["refunded"]) == (200, "40.00")


def test_a_payment_is_withdrawn_and_stays_so_until_it_is_added_again(stocked):
    post(stocked)
    place = stocked.at("payments/pay_9")
    assert stocked.ask("DELETE", place, because="test").json["count"] == 1
    assert stocked.get("payments/pay_9").json["status"] == "withdrawn"
    assert stocked.ask("PATCH", place, {"memo": "x"}).code == "not-possible"
    assert post(stocked).json["status"] == "ready"


def test_who_decides_is_in_the_audit_trail(stocked):
    post(stocked)
    stocked.ask("DELETE", stocked.at("payments/pay_9"))
    with stocked.store.reading():
        _, database = current()
        who = database.execute_sql(
            "SELECT DISTINCT who FROM audit WHERE action = 'payment.withdraw'"
        )
        assert who.fetchall() == [("token 1 (writer)",)]


WRONG = (
    ({"amount": 30}, "amount"),
    ({"amount": "30.001"}, "amount"),
    ({"amount": "-1.00"}, "amount"),
    ({"amount": "1e3"}, "amount"),
    ({"amount": "0.00", "applied": [{"invoice": "103", "amount": "9.00"}]}, "applied"),
    ({"date": "2024-02-30"}, "date"),
    ({"date": "03/06/2024"}, "date"),
    ({"processed": "yes"}, "processed"),
    ({"charge_state": "maybe"}, "charge_state"),
    ({"applied": {}}, "applied"),
    ({"applied": [{"invoice": "103"}]}, "applied[0].amount"),
    ({"applied": [{"invoice": "103", "amount": "1.00", "x": 1}]}, "applied[0].x"),
    ({"external_id": ""}, "external_id"),
    ({"external_id": "a\x00b"}, "external_id"),
    ({"external_id": "\ud800"}, "external_id"),
    ({"currency": "dollars"}, "currency"),
    ({"memo": None}, "memo"),
    ({"unknown": 1}, "unknown"),
)
"""What is wrong with a payment, and where the refusal says that it is."""


def test_a_payment_that_cannot_be_meant_is_422_and_says_where(stocked):
    before = payments(stocked)
    for change, where in WRONG:
        reply = post(stocked, PAYMENT | change)
        assert reply.status == 422, reply.content
        assert where in reply.json["detail"]
    assert payments(stocked) == before


def test_what_has_to_be_said_is_asked_for(stocked):
    for name in ("external_id", "amount", "date"):
        reply = post(stocked, {key: value for key, value in PAYMENT.items() if key != name})
        assert (reply.status, reply.json["detail"]) == (422, f"{name} is missing.")


def test_a_body_that_is_no_object_is_refused(stocked):
    for content in (b"", b"{", b"[]", b"nul", b'{"a": NaN}', b"[" * 60_000, b"\xff"):
        reply = stocked.ask("POST", stocked.at("payments"), content=content)
        assert (reply.status, reply.code) in ((400, "bad-body"), (422, "cannot-be-meant"))


def test_a_body_has_to_say_that_it_is_json(stocked):
    reply = post(stocked, headers={"Content-Type": "text/plain"})
    assert (reply.status, reply.code) == (415, "not-json")


@both_engines
def test_a_store_that_cannot_be_used_is_503_without_a_word_about_where_it_is(stocked, monkeypatch):
    def locked(*_said):
        raise StoreUnavailable("The store /srv/books.sqlite3 is locked.", "Close that program.")

    with monkeypatch.context() as patched:
        patched.setattr(programs, "plan_payment", locked)
        reply = keyed(stocked)
    assert (reply.status, reply.code) == (503, "store-unavailable")
    assert int(reply.headers["retry-after"]) > 0
    assert b"/srv" not in reply.content
    assert reply.json["remedy"]
    assert keyed(stocked).status == 201, "nothing was kept under the key"


# Asking again.


def keyed(api, body=None, key="key-1", **more):
    return post(api, body, headers={"Idempotency-Key": key}, **more)


def test_a_request_that_is_sent_again_under_its_key_is_answered_alike(stocked):
    first = keyed(stocked)
    stocked.ask("PATCH", stocked.at("payments/pay_9"), {"memo": "changed since"})
    again = keyed(stocked)
    assert (again.status, again.content) == (first.status, first.content) != (200, b"")
    assert stocked.get("payments/pay_9").json["memo"] == "changed since"


def test_a_refusal_is_answered_alike_as_well(stocked):
    bad = PAYMENT | {"currency": "dollars"}
    first, again = keyed(stocked, bad), keyed(stocked, bad)
    assert (again.status, again.content) == (first.status, first.content)
    assert again.headers["content-type"] == "application/problem+json"


def test_what_was_refused_is_put_right_under_the_same_key(stocked):
    assert keyed(stocked, PAYMENT | {"currency": "dollars"}).status == 422
    assert keyed(stocked).status == 201
    assert keyed(stocked, PAYMENT | {"memo": "x"}).code == "key-reused"


def test_a_refusal_does_not_outlast_its_cause(stocked):
    """Nothing was done, so the same request is decided anew."""
    headers = {"Idempotency-Key": "key-2", "If-None-Match": "*"}
    post(stocked)
    assert post(stocked, headers=headers).status == 412
    other = PAYMENT | {"external_id": "pay_10"}
    assert post(stocked, other, headers=headers).status == 201


def test_a_key_is_for_one_request_of_one_token(stocked):
    keyed(stocked)
    assert keyed(stocked, PAYMENT | {"memo": "x"}).code == "key-reused"
    place = stocked.at("payments/pay_9")
    other = stocked.ask("PATCH", place, {"memo": "y"}, headers={"Idempotency-Key": "key-1"})
    assert other.code == "key-reused"
    from shared.rules.tokens import Access

    second = stocked.token("second", Access.WRITE)
    assert keyed(stocked, PAYMENT | {"memo": "x"}, token=second).status == 200


def test_a_key_that_cannot_be_one_is_refused(stocked):
    for key in ("", "a b", "\u00e9", "x" * 256):
        reply = keyed(stocked, key=key)
        assert (reply.status, reply.code) == (400, "bad-parameter")
    assert "pay_9" not in payments(stocked)


def test_answers_are_kept_for_a_day(stocked):
    keyed(stocked)
    stocked.clock.advance(23 * 3600)
    assert keyed(stocked).status == 201
    stocked.clock.advance(2 * 3600)
    assert keyed(stocked).status == 200, "it is taken in anew, and nothing changed"


# Two at once.


def test_what_changed_since_it_was_seen_is_not_changed_blindly(stocked):
    post(stocked)
    place = stocked.at("payments/pay_9")
    seen = {"If-Match": stocked.get("payments/pay_9").headers["etag"]}
    assert stocked.ask("PATCH", place, {"memo": "first"}, headers=seen).status == 200
    late = stocked.ask("PATCH", place, {"memo": "second"}, headers=seen)
    assert (late.status, late.code) == (412, "etag-differs")
    assert stocked.ask("DELETE", place, headers=seen).status == 412
    assert stocked.get("payments/pay_9").json["memo"] == "first"
    assert stocked.ask("DELETE", place, headers={"If-Match": "*"}).status == 200


# Problems.


def test_a_problem_is_retried_and_may_be_looked_at_before(stocked):
    preview = stocked.ask("POST", stocked.at("problems/1/retry"), {}, preview="true").json
    assert preview["title"].startswith("Retry")
    assert stocked.get("problems/1").json["state"] == "open"
    assert stocked.ask("POST", stocked.at("problems/1/retry"), {}).json["count"] == 1
    assert stocked.get("problems/1").json["state"] == "retry"


def test_what_a_person_must_confirm_is_told_and_then_done(stocked):
    place, body = stocked.at("problems/1/skip"), {"because": "not ours"}
    reply = stocked.ask("POST", place, body)
    assert (reply.status, reply.code) == (409, "needs-confirmation")
    codes = [need["code"] for need in reply.json["needs"]]
    assert codes == ["leave-out"]
    assert stocked.get("problems/1").json["state"] == "open"
    assert stocked.ask("POST", place, body | {"confirm": codes}).status == 200
    assert stocked.get("problems", state="skipped").json["data"][0]["note"] == "not ours"


def test_a_parked_payment_is_posted_as_a_new_one_only_if_that_is_confirmed(stocked):
    till = stocked.larkspur
    till.move(PostingState.PARKED, code="payment-lost")
    with stocked.store.transaction():
        lost = trouble("payment-lost", str(till.payment().id), kind=RecordKind.PAYMENT)
        problems.report(till.id, None, [lost], till.store.now())
    number = next(
        one["id"] for one in stocked.get("problems").json["data"] if one["code"] == "payment-lost"
    )
    place = stocked.at(f"problems/{number}/retry")
    assert stocked.ask("POST", place, {}).json["needs"][0]["code"] == "post-again"
    assert stocked.get("payments/pay_1").json["status"] == "parked"
    assert stocked.ask("POST", place, {"confirm": ["post-again"]}).status == 200


def test_a_body_that_says_a_thing_twice_is_refused(stocked):
    twice = b'{"external_id": "pay_9", "amount": "1.00", "amount": "100.00"}'
    reply = stocked.ask("POST", stocked.at("payments"), content=twice)
    assert (reply.status, reply.code) == (400, "bad-body")
    assert "'amount' twice" in reply.json["detail"]


def test_a_payment_may_be_added_only_if_there_is_none(stocked):
    absent = {"If-None-Match": "*"}
    for number in (1, 2, 3):  # numbers of payments on file are no IDs of the platform
        body = PAYMENT | {"external_id": str(number)}
        assert post(stocked, body, headers=absent).status == 201
        again = post(stocked, body | {"memo": "other"}, headers=absent)
        assert (again.status, again.code) == (412, "etag-differs")
        assert stocked.get(f"payments/{number}").json["memo"] == ""
    known = {"If-Match": "*"}
    assert post(stocked, PAYMENT, headers=known).status == 412
    assert post(stocked, body, headers=known).status == 200


def test_what_is_refused_says_what_to_do(stocked):
    for change, _ in WRONG:
        assert post(stocked, PAYMENT | change).json["remedy"]
    post(stocked)
    stocked.ask("DELETE", stocked.at("payments/pay_9"))
    again = stocked.ask("DELETE", stocked.at("payments/pay_9"))
    assert (again.status, again.code) == (409, "not-possible")
    assert again.json["remedy"]


def test_a_long_name_is_not_given_back_whole(stocked):
    reply = stocked.get("payments/" + "x" * 5000)
    assert reply.code == "not-found"
    assert len(reply.content) < 1000


def test_an_amount_may_have_ten_digits_before_the_point(stocked):
    applied = {"amount": "9999999999.99", "applied": [], "customer": "Larkspur Tile"}
    assert post(stocked, PAYMENT | applied).status == 201
    assert post(stocked, PAYMENT | applied | {"amount": "10000000000.00"}).status == 422
