"""The pages that a person sees: at the service's address and at its support address.

The Web Connector fetches both when an application is added, without credentials, and
refuses the application unless the answer is 200. So they are short, public and static,
and tell nothing about companies, versions or errors.
"""

from __future__ import annotations

from html import escape

PAGE_HEADERS = {
    b"Content-Type": b"text/html; charset=utf-8",
    b"Content-Security-Policy": (
        b"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        b"base-uri 'none'; frame-ancestors 'none'"
    ),
    b"X-Content-Type-Options": b"nosniff",
    b"Referrer-Policy": b"no-referrer",
}

_STYLE = "body{font:1rem/1.5 sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}"


def page(title: str, *paragraphs: str, button: str = "") -> bytes:
    """Lay out a title and paragraphs of HTML.

    ``button`` says what a button below does: it sends a POST to the page's own address, and needs
    no script.
    """
    content = "".join(f"<p>{paragraph}</p>\n" for paragraph in paragraphs)
    if button:
        content += f'<form method="post"><button type="submit">{escape(button)}</button></form>\n'
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        f"</title>\n<style>{_STYLE}</style></head>\n<body><h1>{escape(title)}</h1>\n"
        f"{content}</body></html>\n"
    ).encode("ascii", "xmlcharrefreplace")


def service_page(support_url: str) -> bytes:
    """What a browser sees at the address of an application, and the Web Connector too."""
    return page(
        "The QuickBooks Web Connector calls here",
        "This address works. It is meant for the QuickBooks Web Connector, not for a browser: "
        "add the <code>.qwc</code> file that you were given to the Web Connector, and enter the "
        "password that came with it.",
        'Tools find the description of the service at <a href="?wsdl">?wsdl</a>. '
        f'Help is at <a href="{escape(support_url)}">the support page</a>.',
    )


def support_page() -> bytes:
    """What the support address shows unless the operator has a better page."""
    return page(
        "Help with the QuickBooks Web Connector",
        "<b>An update failed.</b> Select the application in the Web Connector and read its "
        "Status column: the sentence there says what happened and what to do. If it quotes a "
        "reference, pass that on with your question.",
        "<b>The password is refused.</b> Each new <code>.qwc</code> file brings a new password "
        "and ends the one before. Enter the newest, and let the Web Connector save it.",
        "<b>QuickBooks cannot be reached.</b> Open QuickBooks on the same PC with the company "
        "file that belongs to this connection, close any window that waits for an answer, and "
        "update again.",
        (
            "<b>Nothing happens by itself.</b> Auto-Run must be selected for the application, "
            "and the Web Connector must be running in a logged-in Windows session."
        ),
        "Anything else: ask the person who sent you the <code>.qwc</code> file.",
    )
