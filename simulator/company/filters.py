"""Which records a query asks for: by id, by number or name, or by time, date and customer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from lxml import etree

from shared.structs import Value
from simulator.company import refusals
from simulator.company.answers import as_stored
from simulator.company.books import Books
from simulator.company.clock import BadTime, read_filter
from simulator.company.errors import STATUS_MESSAGES, RequestFailed
from simulator.company.fields import ID_FORM, Listed
from simulator.company.records import Document, Invoice

_PAID = {"PaidOnly": True, "NotPaidOnly": False}
_ACTIVE = {"": True, "ActiveOnly": True, "InactiveOnly": False}


class Selection(Value):
    """The ids that a query found, in the order of the answer; ``missing`` is one it did not."""

    ids: tuple[str, ...]
    missing: str = ""


def transactions(books: Books, query: etree._Element, records: Mapping[str, Document]) -> Selection:
    """The invoices, payments or credit memos that a query asks for. Raises RequestFailed."""
    if ids := _values(query, "TxnID"):
        return _by_id(books, ids, records, "txn id")
    if numbers := _values(query, "RefNumber"):
        return _by_text(numbers, ((one.number.casefold(), key) for key, one in records.items()))
    tests = _txn_tests(books, query)
    return Selection(tuple(key for key, one in records.items() if all(t(one) for t in tests)))


def in_list(
    listed: Callable[[Books], Iterable[Listed]], books: Books, query: etree._Element
) -> Selection:
    """The list entries that a query asks for. Raises RequestFailed."""
    if ids := _values(query, "ListID"):
        return _by_id(books, ids, (one.list_id for one in listed(books)), "list id")
    if names := _values(query, "FullName"):
        return _by_text(names, ((one.name.casefold(), one.list_id) for one in listed(books)))
    active = _ACTIVE.get(_value(query, "ActiveStatus"))
    inside = _modified(books, query, "ModifiedDate")
    found = (one for one in listed(books) if active in (None, one.active) and inside(one.modified))
    return Selection(tuple(one.list_id for one in found))


def deletions(books: Books, query: etree._Element) -> Selection:
    """The deletions that a query asks for: by kind in the order named, oldest first."""
    inside = _modified(books, query.find("DeletedDateRangeFilter"), "DeletedDate")
    kinds = dict.fromkeys(_values(query, "TxnDelType"))
    gone = (one for kind in kinds for one in books.recent_deletions(kind))
    return Selection(tuple(one.object_id for one in gone if inside(one.deleted)))


def _by_id(books: Books, ids: list[str], known: Iterable[str], field: str) -> Selection:
    """By id. Somebody who has a named record open keeps the query out, as the product warns."""
    for given in ids:
        if not ID_FORM.fullmatch(given):
            raise refusals.bad_id(given, field)
        if given in books.locks:
            raise RequestFailed(3176, STATUS_MESSAGES[3176])
    wanted, there = dict.fromkeys(ids), set(known)
    found = tuple(given for given in wanted if given in there)
    return Selection(found, next((given for given in wanted if given not in there), ""))


def _by_text(wanted: list[str], known: Iterable[tuple[str, str]]) -> Selection:
    """By number or name, in any case of letters; one number may have several records."""
    keys: dict[str, list[str]] = {}
    for text, key in known:
        keys.setdefault(text, []).append(key)
    found: dict[str, None] = {}
    missing = ""
    for text in wanted:
        there = keys.get(text.casefold(), [])
        found.update(dict.fromkeys(there))
        missing = missing or ("" if there else text)
    return Selection(tuple(found), missing)


def _txn_tests(books: Books, query: etree._Element) -> list[Callable[[Document], bool]]:
    tests: list[Callable[[Document], bool]] = []
    if (modified := query.find("ModifiedDateRangeFilter")) is not None:
        inside = _modified(books, modified, "ModifiedDate")
        tests.append(lambda one: inside(one.modified))
    if (dated := query.find("TxnDateRangeFilter")) is not None:
        spans_dates = _span(dated, "TxnDate")
        tests.append(lambda one: spans_dates(one.date))
    if (entities := query.find("EntityFilter")) is not None:
        wanted = _entities(books, entities, query.tag)
        tests.append(lambda one: one.customer in wanted)
    paid = _PAID.get(_value(query, "PaidStatus"))
    if paid is not None:
        tests.append(lambda one: isinstance(one, Invoice) and one.is_paid is paid)
    return tests


# What single filters mean.


def _modified(books: Books, within: etree._Element | None, field: str) -> Callable[[int], bool]:
    """Whether a moment lies in a range of wall-clock times, both ends included."""
    if within is None:
        return lambda _: True
    zone, offsets = books.zone, books.profile.offsets
    low_text, high_text = _value(within, f"From{field}"), _value(within, f"To{field}")
    try:
        low = read_filter(low_text, zone, offsets, end=False)
        high = read_filter(high_text, zone, offsets, end=True)
    except BadTime as bad:
        raise refusals.bad_date(bad.text) from None
    if low is not None and high is not None and low > high:
        raise refusals.bad_range(low_text, high_text)

    def inside(epoch: int) -> bool:
        wall = zone.wall(epoch)
        return (low is None or low <= wall) and (high is None or wall <= high)

    return inside


def _span(within: etree._Element, field: str) -> Callable[[str], bool]:
    """Whether a date lies in a range, both ends included; a bound left out is no bound."""
    low, high = _value(within, f"From{field}").strip(), _value(within, f"To{field}").strip()
    if low and high and low > high:
        raise refusals.bad_range(low, high)
    return lambda day: low <= day and (not high or day <= high)


def _entities(books: Books, entities: etree._Element, query_name: str) -> set[str]:
    """The customers named, exactly. One that is not there is an invalid reference."""
    named = _values(entities, "ListID")
    for given in named:
        if given not in books.customers:
            raise refusals.bad_reference("Customer", given, query_name.removesuffix("Rq"))
    return set(named)


def _values(query: etree._Element, name: str) -> list[str]:
    return [as_stored(element.text or "") for element in query.findall(name)]


def _value(query: etree._Element, name: str) -> str:
    return as_stored(query.findtext(name) or "")
