"""What the Web Connector and people fetch without asking anything."""

from __future__ import annotations

import pytest

from tests.edge.builders import Rig, head

PAGES = ["/qbwc/invoice", "/qbwc/payment", "/qbwc/combined", "/qbwc", "/support", "/"]


@pytest.mark.parametrize("path", PAGES)
def test_the_probes_of_the_web_connector_get_200_without_credentials(path: str) -> None:
    got = Rig().ask(head("GET", path), "GET")
    assert (got.status, got.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert got.text.startswith("<!DOCTYPE html>")
    assert got.text.isascii()


@pytest.mark.parametrize("path", [*PAGES, "/qbwc/invoice?wsdl"])
def test_head_is_get_without_its_body(path: str) -> None:
    rig = Rig()
    got = rig.ask(head("GET", path), "GET")
    connection = rig.connect().send(head("HEAD", path))
    asked = connection.answer("HEAD")
    assert asked.status == 200
    assert asked.headers == got.headers | {"date": asked.headers["date"]}
    assert connection.written == b""


def test_no_page_names_a_version() -> None:
    got = Rig().ask(head("GET", "/qbwc/invoice"), "GET")
    assert "server" not in got.headers
    assert "Twisted" not in got.text


def test_the_service_page_leads_to_the_support_page() -> None:
    assert 'href="https://books.example.com/support"' in Rig().ask(head("GET", "/"), "GET").text
    elsewhere = Rig(support_url="https://help.example.com/qb?a=1&b=2")
    assert (
        'href="https://help.example.com/qb?a=1&amp;b=2"'
        in elsewhere.ask(head("GET", "/"), "GET").text
    )


def test_the_support_page_can_be_the_operators_own() -> None:
    rig = Rig(support=b"<!DOCTYPE html><p>Call us.</p>")
    assert rig.ask(head("GET", "/support"), "GET").body == b"<!DOCTYPE html><p>Call us.</p>"


def test_a_page_may_not_be_given_a_large_body() -> None:
    assert Rig().ask(head("GET", "/", Content_Length="70000"), "GET").status == 413
