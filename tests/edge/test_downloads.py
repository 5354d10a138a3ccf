"""The link to a generated file: it works once, for GET, and nothing else uses it up."""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred, succeed

from daemon.edge.downloads import Downloads
from shared.errors import StoreUnavailable
from shared.models.downloads import Offered
from tests.edge.builders import Answer, LogLines, Rig, head

TOKEN = "00112233445566778899aabbccddeeff"
OTHER = "ffeeddccbbaa99887766554433221100"
PATH = f"/download/{TOKEN}"
FILE = b'<?xml version="1.0"?><QBWCXML/>'
SECURITY = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


class FakeOffers:
    """What waits, by token; remembers what it was asked for."""

    def __init__(self, **offered: Offered) -> None:
        self.offered = offered or {TOKEN: Offered("invoice.qwc", FILE, "anna")}
        self.asked: list[str] = []
        self.failure: Exception | None = None
        self.waiting: Deferred[Offered | None] | None = None

    def take(self, token: str) -> Deferred[Offered | None]:
        self.asked.append(token)
        if self.failure is not None:
            raise self.failure
        return self.waiting or succeed(self.offered.pop(token, None))


@pytest.fixture
def offers() -> FakeOffers:
    return FakeOffers()


@pytest.fixture
def rig(offers: FakeOffers) -> Rig:
    return Rig(downloads=Downloads(offers.take))


def get(rig: Rig, path: str = PATH, method: str = "GET") -> Answer:
    return rig.ask(head(method, path), method)


def test_the_file_comes_under_its_name_and_is_kept_nowhere(rig: Rig) -> None:
    got = get(rig)
    assert (got.status, got.body) == (200, FILE)
    assert got.headers["content-type"] == "application/x-qwc"
    assert got.headers["content-disposition"] == 'attachment; filename="invoice.qwc"'
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers.items() >= SECURITY.items()
    assert "server" not in got.headers


def test_the_second_time_a_page_says_in_words_why_there_is_nothing(rig: Rig) -> None:
    get(rig)
    again = get(rig)
    assert again.status == 404
    assert again.headers["content-type"] == "text/html; charset=utf-8"
    assert "works once and for 15 minutes" in again.text
    assert "Ask the person who sent it" in again.text
    assert again.headers.items() >= SECURITY.items()


def test_used_old_and_unknown_links_look_the_same(rig: Rig) -> None:
    get(rig)
    assert get(rig).body == get(rig, f"/download/{OTHER}").body


@pytest.mark.parametrize(
    "token", ["", "x", TOKEN[:-1], f"{TOKEN}0", TOKEN.upper(), f"{TOKEN}/..", "%30" * 32, "a" * 900]
)
def test_what_cannot_be_a_token_does_not_reach_the_store(
    rig: Rig, offers: FakeOffers, token: str
) -> None:
    assert get(rig, f"/download/{token}").status == 404
    assert offers.asked == []


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "DELETE"])
def test_no_other_method_uses_the_link_up(rig: Rig, method: str) -> None:
    refused = get(rig, method=method)
    assert (refused.status, refused.headers["allow"]) == (405, "GET")
    assert get(rig).body == FILE


def test_a_post_does_not_use_the_link_up(rig: Rig) -> None:
    refused = rig.ask(head("POST", PATH, Content_Length="0"))
    assert refused.status == 405
    assert get(rig).body == FILE


def test_a_proxy_may_put_a_path_in_front(offers: FakeOffers) -> None:
    rig = Rig(downloads=Downloads(offers.take), public_url="https://books.example.com/desk")
    assert get(rig, f"/desk{PATH}").body == FILE


def test_an_odd_file_name_cannot_break_the_header(offers: FakeOffers, rig: Rig) -> None:
    offers.offered[TOKEN] = Offered('a"b\r\nSet-Cookie: x=ü.qwc', FILE, "anna")
    got = get(rig)
    assert got.headers["content-disposition"] == ('attachment; filename="a_b__Set-Cookie__x__.qwc"')
    assert "set-cookie" not in got.headers


def test_the_log_says_who_fetched_what_and_never_the_token(rig: Rig) -> None:
    with LogLines() as log:
        get(rig)
        get(rig)
        get(rig, method="HEAD")
        get(rig, f"/elsewhere{PATH}")
        rig.ask(head("GET", PATH, Content_Length="70000"), "GET")
        Rig().ask(head("GET", PATH), "GET")
    assert "invoice.qwc was fetched from 203.0.113.9 with the link that anna made" in log.text
    assert "GET /download/… from 203.0.113.9: 200" in log.text
    assert TOKEN not in log.text
    assert "QBWCXML" not in log.text
    assert TOKEN not in str(log.events)


def test_while_the_store_cannot_be_used_the_link_stays_good(rig: Rig, offers: FakeOffers) -> None:
    offers.failure = StoreUnavailable("The store is locked.", "Try again.")
    with LogLines() as log:
        later = get(rig)
    assert (later.status, "The link is still valid" in later.text) == (503, True)
    assert "The store is locked." in log.text
    offers.failure = None
    assert get(rig).body == FILE


def test_a_bug_is_logged_and_tells_the_browser_nothing(
    rig: Rig, offers: FakeOffers, logged_failures: list
) -> None:
    offers.failure = ZeroDivisionError("secret details")
    got = get(rig)
    assert (got.status, "secret details" in got.text) == (503, False)
    assert logged_failures.pop().check(ZeroDivisionError)


def test_a_browser_that_hangs_up_meanwhile_gets_nothing_and_breaks_nothing(
    rig: Rig, offers: FakeOffers
) -> None:
    offers.waiting = Deferred()
    connection = rig.connect().send(head("GET", PATH))
    connection.hang_up()
    with LogLines() as log:
        offers.waiting.callback(Offered("invoice.qwc", FILE, "anna"))
    assert connection.written == b""
    assert "hung up before its download" in log.text


def test_nothing_is_there_where_no_downloads_are_served() -> None:
    assert Rig().ask(head("GET", PATH), "GET").status == 404
