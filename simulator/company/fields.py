"""Reading the fields of a write: texts as QuickBooks keeps them, amounts, dates, references."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from lxml import etree

from simulator.company import refusals
from simulator.company.answers import as_stored
from simulator.company.books import Books
from simulator.company.records import Account

ID_FORM = re.compile(r"[0-9A-Fa-f]{1,10}-\d{1,10}")
_FIRST_DAY, _LAST_DAY = "1970-01-01", "2038-12-31"
_YES = ("true", "1")


class Listed(NamedTuple):
    """What references and queries look at in any list entry."""

    list_id: str
    name: str
    active: bool
    modified: int


def value(element: etree._Element, name: str) -> str | None:
    """A field's text as QuickBooks stores it; None when the field is left out.

    What Windows-1252 does not have is lost: a question mark.
    """
    text = element.findtext(name)
    if text is None or text.isascii():
        return text
    return as_stored(text).encode("cp1252", "replace").decode("cp1252")


def flag(element: etree._Element, name: str) -> bool:
    """A yes or no; an empty or missing one is no."""
    return (element.findtext(name) or "").strip() in _YES


def amount(element: etree._Element, name: str) -> int | None:
    """An amount as hundredths; None when it is left out or empty."""
    text = element.findtext(name)
    return int(Decimal(text) * 100) if text else None


def a_date(element: etree._Element, name: str) -> str | None:
    """An ISO date, "" for an empty one, None when left out. Raises RequestFailed (3020)."""
    text = element.findtext(name)
    if text is None or not text.strip():
        return text and ""
    given = text.strip()
    try:
        day = date.fromisoformat(given).isoformat()
    except ValueError:
        raise refusals.bad_date(given) from None
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise refusals.bad_date(given)
    return day


def an_id(element: etree._Element, name: str, field: str = "txn id") -> str:
    """The id of an object. Raises RequestFailed when it has not the form of one (3000)."""
    given = element.findtext(name) or ""
    if not ID_FORM.fullmatch(given):
        raise refusals.bad_id(given, field)
    return given


def is_empty(reference: etree._Element) -> bool:
    """Whether a reference names nothing, which clears it in a Mod."""
    return not any(part.text for part in reference)


def entry_id(reference: etree._Element, kind: str, candidates: Iterable[Listed], where: str) -> str:
    """The ListID that a reference means, by its ListID or else, of active ones, by its full name.

    Raises RequestFailed: 3150 when it names nothing, 3140 when nothing answers to it.
    """
    if is_empty(reference):
        raise refusals.missing(reference.tag)
    if reference.findtext("ListID"):
        given = an_id(reference, "ListID", "list id")
        found = (one.list_id for one in candidates if one.list_id == given)
    else:
        given = value(reference, "FullName") or ""
        name = given.casefold()
        found = (one.list_id for one in candidates if one.active and one.name.casefold() == name)
    list_id = next(found, None)
    if list_id is None:
        raise refusals.bad_reference(kind, given, where)
    return list_id


def customers(books: Books) -> Iterable[Listed]:
    """The customers and jobs, by full name, in their order."""
    for one in books.customers_in_order():
        yield Listed(one.list_id, books.full_name(one.list_id), one.active, one.modified)


def accounts(books: Books) -> Iterable[Listed]:
    """The accounts."""
    return (Listed(one.list_id, one.name, True, one.created) for one in books.accounts.values())


def payment_methods(books: Books) -> Iterable[Listed]:
    """The payment methods."""
    for one in books.of_kind("PaymentMethod"):
        yield Listed(one.list_id, one.name, one.active, one.created)


def account(books: Books, reference: etree._Element, where: str) -> Account:
    """The account that a reference means. Raises RequestFailed."""
    return books.accounts[entry_id(reference, "Account", accounts(books), where)]
