"""The link to a generated file: a page shows it, its button takes it, once; looking is free."""

from __future__ import annotations

from collections.abc import Callable

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

    def look(self, token: str) -> Deferred[str | None]:
        self.asked.append(token)
        if self.failure is not None:
            raise self.failure
        offered = self.offered.get(token)
        return succeed(None if offered is None else offered.file_name)

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
    return Rig(downloads=Downloads(offers.look, offers.take))


def look(rig: Rig, path: str = PATH, method: str = "GET") -> Answer:
    return rig.ask(head(method, path), method)


def take(rig: Rig, path: str = PATH) -> Answer:
    """Press the button of the page, as a browser does."""
    form = {"Content_Type": "application/x-www-form-urlencoded", "Content_Length": "0"}
    return rig.ask(head("POST", path, **form))


def test_the_page_of_a_link_has_a_button_that_says_what_it_does(rig: Rig) -> None:
    page = look(rig)
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert '<form method="post"><button type="submit">Download invoice.qwc</button>' in page.text
    assert "<script" not in page.text
    assert page.headers.items() >= SECURITY.items()
    assert "QBWCXML" not in page.text
    assert TOKEN not in page.text


def test_the_page_may_send_its_form_nowhere_else_and_stand_in_no_frame(rig: Rig) -> None:
    policy = look(rig).headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"} <= set(policy)


def test_the_button_brings_the_file_under_its_name_and_it_is_kept_nowhere(rig: Rig) -> None:
    got = take(rig)
    assert (got.status, got.body) == (200, FILE)
    assert got.headers["content-type"] == "application/x-qwc"
    assert got.headers["content-disposition"] == 'attachment; filename="invoice.qwc"'
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers.items() >= SECURITY.items()
    assert "server" not in got.headers


@pytest.mark.parametrize("ask", [look, take])
def test_the_second_time_a_page_says_in_words_why_there_is_nothing(
    rig: Rig, ask: Callable[[Rig], Answer]
) -> None:
    take(rig)
    again = ask(rig)
    assert again.status == 404
    assert again.headers["content-type"] == "text/html; charset=utf-8"
    assert "works once and for 15 minutes" in again.text
    assert "Ask the person who sent it" in again.text
    assert "<form" not in again.text
    assert again.headers.items() >= SECURITY.items()


@pytest.mark.parametrize("ask", [look, take])
def test_used_old_and_unknown_links_look_the_same(rig: Rig, ask: Callable[..., Answer]) -> None:
    take(rig)
    assert ask(rig).body == ask(rig, f"/download/{OTHER}").body


@pytest.mark.parametrize("ask", [look, take])
@pytest.mark.parametrize(
    "token", ["", "x", TOKEN[:-1], f"{TOKEN}0", TOKEN.upper(), f"{TOKEN}/..", "%30" * 32, "a" * 900]
)
def test_what_cannot_be_a_token_does_not_reach_the_store(
    rig: Rig, offers: FakeOffers, token: str, ask: Callable[..., Answer]
) -> None:
    assert ask(rig, f"/download/{token}").status == 404
    assert offers.asked == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_as_previews_and_scanners_do_uses_nothing_up(rig: Rig, method: str) -> None:
    for _ in range(3):
        assert look(rig, method=method).status == 200
    assert take(rig).body == FILE


@pytest.mark.parametrize("method", ["OPTIONS", "DELETE"])
def test_other_methods_are_refused_and_use_nothing_up(rig: Rig, method: str) -> None:
    refused = look(rig, method=method)
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, POST")
    assert take(rig).body == FILE


def test_a_proxy_may_put_a_path_in_front(offers: FakeOffers) -> None:
    downloads = Downloads(offers.look, offers.take)
    rig = Rig(downloads=downloads, public_url="https://books.example.com/desk")
    assert look(rig, f"/desk{PATH}").status == 200
    assert take(rig, f"/desk{PATH}").body == FILE


def test_an_odd_file_name_cannot_break_header_or_page(offers: FakeOffers, rig: Rig) -> None:
    offers.offered[TOKEN] = Offered('a"b\r\nSet-Cookie: x=ü<b>.qwc', FILE, "anna")
    assert "<b>" not in look(rig).text
    got = take(rig)
    name = "a_b__Set-Cookie__x___b_.qwc"
    assert got.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert "set-cookie" not in got.headers


def test_the_log_says_who_fetched_what_and_never_the_token(rig: Rig) -> None:
    with LogLines() as log:
        look(rig)
        take(rig)
        take(rig)
        look(rig)
        look(rig, method="HEAD")
        look(rig, f"/elsewhere{PATH}")
        rig.ask(head("GET", PATH, Content_Length="70000"), "GET")
        Rig().ask(head("GET", PATH), "GET")
    assert "invoice.qwc was fetched from 203.0.113.9 with the link that anna made" in log.text
    assert "GET /download/… from 203.0.113.9: 200" in log.text
    assert "POST /download/… from 203.0.113.9: 200" in log.text
    assert TOKEN not in log.text
    assert "QBWCXML" not in log.text
    assert TOKEN not in str(log.events)


@pytest.mark.parametrize("ask", [look, take])
def test_while_the_store_cannot_be_used_the_link_stays_good(
    rig: Rig, offers: FakeOffers, ask: Callable[[Rig], Answer]
) -> None:
    offers.failure = StoreUnavailable("The store is locked.", "Try again.")
    with LogLines() as log:
        later = ask(rig)
    assert (later.status, "The link is still valid" in later.text) == (503, True)
    assert "The store is locked." in log.text
    offers.failure = None
    assert take(rig).body == FILE


def test_a_bug_is_logged_and_tells_the_browser_nothing(
    rig: Rig, offers: FakeOffers, logged_failures: list
) -> None:
    offers.failure = ZeroDivisionError("secret details")
    got = take(rig)
    assert (got.status, "secret details" in got.text) == (503, False)
    assert logged_failures.pop().check(ZeroDivisionError)


def test_a_browser_that_hangs_up_meanwhile_gets_nothing_and_breaks_nothing(
    rig: Rig, offers: FakeOffers
) -> None:
    offers.waiting = Deferred()
    connection = rig.connect().send(head("POST", PATH, Content_Length="0"))
    connection.hang_up()
    with LogLines() as log:
        offers.waiting.callback(Offered("invoice.qwc", FILE, "anna"))
    assert connection.written == b""
    assert "hung up before its download" in log.text


def test_nothing_is_there_where_no_downloads_are_served() -> None:
    assert Rig().ask(head("GET", PATH), "GET").status == 404
