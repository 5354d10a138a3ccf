"""Sessions and exchanges: what a daemon needs to go on where another stopped."""

from __future__ import annotations

import threading

import pytest

from shared.models import connections, sessions, syncs
from shared.models.store import open_store
from shared.rules.values import SyncState
from shared.structs import replace
from tests.models.builders import NOON, Books, later


@pytest.fixture
def books(store):
    return Books(store)


def open_session(books, ticket_hash="hash", **changes):
    usual = {
        "application": connections.applications(books.id)[0],
        "connection": connections.by_id(books.id),
        "sync_id": books.sync.id,
        "ticket_hash": ticket_hash,
        "phase": "ready",
        "plan": '{"step": "read"}',
        "lease_expires_at": later(minutes=10),
        "now": NOON,
        "peer": "203.0.113.7",
    }
    return sessions.open_session(**{**usual, **changes})


def ask(session, request_id="1", request=b"<QBXML/>"):
    return sessions.add_exchange(
        session, step="read", request_id=request_id, request=request, now=NOON
    )


def test_a_session_is_found_by_its_ticket_as_it_was_opened(books):
    with books.store.transaction():
        opened = open_session(books)
        assert sessions.by_ticket("hash") == sessions.by_id(opened.id) == opened
        assert sessions.by_ticket("other") is None
    assert (opened.phase, opened.plan) == ("ready", '{"step": "read"}')
    assert (opened.opened_at, opened.last_call_at) == (NOON, NOON)
    assert (opened.exchange, opened.identified, opened.ended_at) == (None, False, None)
    assert opened.application.username.startswith("larkspur-invoice-")


def test_everything_that_may_change_is_saved(books):
    with books.store.transaction():
        opened = open_session(books)
        changed = replace(
            opened,
            phase="awaiting",
            plan="{}",
            last_call_at=later(minutes=1),
            lease_expires_at=later(minutes=11),
            ended_at=later(minutes=2),
            identified=True,
            waits=3,
            fallback_used=True,
            error_code="session-cut",
            error="Cut off.",
            closing="Finished.",
        )
        sessions.save(changed)
        assert sessions.by_ticket("hash") == replace(changed, plan="")


def test_a_session_carries_its_latest_exchange(books):
    with books.store.transaction():
        opened = open_session(books)
        ask(opened, "1")
        second = ask(opened, "2", request=b"\x00exact bytes\xff")
        found = sessions.by_ticket("hash")
        assert found is not None
        assert found.exchange == second
    assert (second.sequence, second.request) == (2, b"\x00exact bytes\xff")
    assert (second.handed_out, second.answered_at, second.digest) == (1, None, "")


def test_saving_an_older_copy_of_a_session_does_not_lose_an_exchange(books):
    with books.store.transaction():
        opened = open_session(books)
        asked = ask(opened)
        sessions.save(opened)
        found = sessions.by_ticket("hash")
        assert found is not None
        assert found.exchange == asked


def test_what_came_of_a_request_is_saved(books):
    with books.store.transaction():
        asked = ask(open_session(books))
        answered = replace(
            asked,
            handed_out=2,
            answered_at=later(seconds=3),
            digest="sha",
            answer=55,
            hresult="0x80040400",
            status_code=500,
            response_bytes=3_000_000_000,
        )
        sessions.save_exchange(answered)
        assert sessions.exchange_by_id(asked.id) == answered
        assert sessions.exchanges(books.sync.id) == [answered]


def test_an_exchange_is_found_by_the_request_id_it_carried(books):
    with books.store.transaction():
        first, second = open_session(books, "a"), open_session(books, "b")
        asked, other = ask(first, "7"), ask(second, "7")
        assert sessions.exchange_by_request_id(first.id, "7") == asked
        assert sessions.exchange_by_request_id(second.id, "7") == other
        assert sessions.exchange_by_request_id(first.id, "8") is None
        assert sessions.exchange_by_id(999) is None


def test_a_session_without_a_sync_has_nothing_to_ask(books):
    with books.store.transaction():
        idle = open_session(books, sync_id=None)
        with pytest.raises(ValueError, match="has no sync"):
            ask(idle)


def test_an_answer_may_be_kept_word_for_word(books):
    text = "<QBXML>Café & Söhne ™</QBXML>" * 100
    with books.store.transaction():
        asked = ask(open_session(books))
        assert sessions.exchange_text(asked.id) is None
        sessions.keep_response(asked.id, "first")
        sessions.keep_response(asked.id, text.encode())
        assert sessions.exchange_text(asked.id) == text


def test_unended_and_silent_sessions_are_told_apart(books):
    with books.store.transaction():
        live = open_session(books, "live")
        expired = open_session(books, "expired", lease_expires_at=later(minutes=1))
        ended = replace(open_session(books, "ended"), ended_at=later(minutes=1))
        sessions.save(ended)
        talking = replace(live, last_call_at=later(hours=2), lease_expires_at=later(hours=3))
        sessions.save(talking)
        assert sessions.unended(books.id) == [talking, expired]
        assert sessions.silent_since(later(hours=1)) == [expired]
        assert sessions.unended(books.id + 1) == []


def test_only_a_live_ticket_opens_the_gate_for_large_bodies(books):
    with books.store.transaction():
        opened = open_session(books)
    with books.store.reading():
        assert sessions.is_live_ticket("hash"), "whatever the lease"
        assert not sessions.is_live_ticket("other")
    with books.store.transaction():
        sessions.save(replace(opened, ended_at=later(minutes=1)))
        assert not sessions.is_live_ticket("hash")


def test_two_daemons_serve_one_ticket_one_after_the_other(postgres_store_url):
    with open_store(postgres_store_url) as one, open_store(postgres_store_url) as other:
        books = Books(one, "Two daemons")
        with one.transaction():
            open_session(books, "shared")
        served: list[str] = []

        def serve() -> None:
            with other.transaction():
                found = sessions.by_ticket("shared")
                assert found is not None
                served.append(found.phase)

        second = threading.Thread(target=serve)
        with one.transaction():
            session = sessions.by_ticket("shared")
            assert session is not None
            second.start()
            second.join(0.2)
            assert served == [], "the other daemon waits for the row"
            sessions.save(replace(session, phase="awaiting"))
        second.join()
        assert served == ["awaiting"]


def test_pruning_a_sync_takes_its_sessions_along(books):
    with books.store.transaction():
        ask(open_session(books))
        syncs.save(books.sync.id, state=SyncState.FINISHED, ended_at=NOON)
        syncs.start(books.id, "Invoice Sync", NOON)
        assert syncs.prune(later(days=1)) == 1
        assert sessions.by_ticket("hash") is None


def test_the_newest_sync_keeps_its_session_and_sessions_without_a_sync_go(books):
    with books.store.transaction():
        syncs.save(books.sync.id, state=SyncState.FINISHED, ended_at=NOON)
        sessions.save(replace(open_session(books), ended_at=NOON))
        sessions.save(replace(open_session(books, "no sync", sync_id=None), ended_at=NOON))
        assert syncs.prune(later(days=1)) == 0
        assert sessions.by_ticket("hash")
        assert sessions.by_ticket("no sync") is None
