"""A file behind a link: fetched once, within a quarter of an hour, by whoever has the link."""

from __future__ import annotations

import threading
from datetime import timedelta

from shared.models import downloads
from shared.models.downloads import LIFETIME, Offered
from tests.models.builders import NOON, later

FILE = b"<QBWCXML/>"


def offered(store, now=NOON, **options) -> str:
    with store.transaction():
        return downloads.offer(FILE, "invoice.qwc", "anna", now, **options)


def taken(store, token, now) -> Offered | None:
    with store.transaction():
        return downloads.take(token, now)


def waiting(store, token, now) -> str | None:
    with store.reading():
        return downloads.waiting(token, now)


def rows(store) -> list[str]:
    """Everything that the table holds, as text."""
    from shared.models import tables
    from shared.models.statements import Statement

    with store.reading():
        return [str(row) for row in Statement(lambda: tables.Download.select()).all()]


def test_a_file_is_handed_over_exactly_once(store):
    token = offered(store)
    assert taken(store, token, later(minutes=1)) == Offered("invoice.qwc", FILE, "anna")
    assert taken(store, token, later(minutes=1)) is None


def test_looking_at_a_link_names_its_file_and_leaves_it_there(store):
    token = offered(store)
    assert [waiting(store, token, NOON) for _ in range(2)] == ["invoice.qwc"] * 2
    assert taken(store, token, NOON) is not None
    assert waiting(store, token, NOON) is None


def test_what_would_not_be_handed_over_is_not_named_either(store):
    token = offered(store)
    assert waiting(store, "0" * 32, NOON) is None
    assert waiting(store, token, NOON + LIFETIME) is None
    assert waiting(store, token, later(days=-1)) is None


def test_a_link_ends_after_a_quarter_of_an_hour(store):
    assert timedelta(minutes=15) == LIFETIME
    in_time, late = offered(store), offered(store)
    assert taken(store, in_time, NOON + LIFETIME - timedelta(milliseconds=1)) is not None
    assert taken(store, late, NOON + LIFETIME) is None


def test_a_clock_that_was_set_back_makes_no_link_last_longer(store):
    token = offered(store)
    assert taken(store, token, later(days=-1)) is None
    assert taken(store, token, later(seconds=-1)) is not None


def test_an_unknown_token_opens_nothing(store):
    token = offered(store)
    for guess in ("", token[:-1], token.upper(), "\udcff", "x" * 10_000):
        assert taken(store, guess, NOON) is None
    assert taken(store, token, NOON) is not None


def test_the_store_keeps_a_hash_and_never_the_token(store):
    token = offered(store, random=lambda size: bytes(range(size)))
    assert token == "000102030405060708090a0b0c0d0e0f"
    [row] = rows(store)
    assert "invoice.qwc" in row
    assert token not in row
    assert bytes.fromhex(token).decode("latin-1") not in row


def test_tokens_are_random_unless_told_otherwise(store):
    tokens = {offered(store) for _ in range(20)}
    assert len(tokens) == 20
    assert {len(token) for token in tokens} == {32}


def test_what_was_offered_shows_in_no_repr(store):
    found = taken(store, offered(store), NOON)
    assert "QBWCXML" not in repr(found)


def test_files_whose_time_is_over_are_forgotten_fetched_or_not(store):
    fetched = offered(store)
    offered(store)
    kept = offered(store, later(minutes=10))
    taken(store, fetched, NOON)
    with store.transaction():
        assert downloads.prune(NOON + LIFETIME) == 2
    assert taken(store, kept, later(minutes=20)) is not None


def test_an_offer_clears_away_what_is_over(store):
    offered(store)
    offered(store, NOON + LIFETIME)
    assert len(rows(store)) == 1


def test_of_many_that_ask_at_once_one_gets_the_file(store):
    token, got = offered(store), []
    start = threading.Barrier(4)

    def ask() -> None:
        start.wait()
        got.append(taken(store, token, NOON))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one for one in got if one] == [Offered("invoice.qwc", FILE, "anna")]
    assert len(got) == 4


def test_the_link_stands_below_the_public_address():
    assert downloads.link("https://books.example.com/desk/", "ab12") == (
        "https://books.example.com/desk/download/ab12"
    )
