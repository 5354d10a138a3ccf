"""Which records a query asks for: by id, by number or name, or by filters."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from lxml import etree

from simulator.company.answers import as_stored
from simulator.company.books import Books
from simulator.company.clock import BadTime, read_filter
from simulator.company.errors import STATUS_MESSAGES, RequestFailed
from simulator.company.records import Credit, Invoice, Payment

Txn = Invoice | Payment | Credit
_ID_FORM = re.compile(r"[0-9A-Fa-f]{1,10}-\d{1,10}")
_OPERATORS: dict[str, Callable[[int, int], bool]] = {
    "LessThan": operator.lt,
    "LessThanEqual": operator.le,
    "Equal": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanEqual": operator.ge,
}
_PAID = {"PaidOnly": True, "NotPaidOnly": False}
_ACTIVE = {"": True, "ActiveOnly": True, "InactiveOnly": False}


@dataclass(frozen=True, slots=True)
class Selection:
    """The ids that a query found, in the order of the answer; ``missing`` is one it did not."""

    ids: tuple[str, ...]
    missing: str = ""


class Listed(NamedTuple):
    """What filters look at in any list entry; ``type`` is the account's or method's."""

    list_id: str
    name: str
    full_name: str
    active: bool
    modified: int
    currency: str
    type: str = ""


def transactions(books: Books, query: etree._Element, records: Mapping[str, Txn]) -> Selection:
    """The invoices, payments or credit memos that a query asks for. Raises RequestFailed."""
    if ids := _values(query, "TxnID"):
        return _by_id(books, ids, records, "txn id")
    if numbers := _values(query, "RefNumber"):
        return _by_text(numbers, ((one.number.casefold(), key) for key, one in records.items()))
    if numbers := _values(query, "RefNumberCaseSensitive"):
        return _by_text(numbers, ((one.number, key) for key, one in records.items()), exact=True)
    tests = _txn_tests(books, query)
    return Selection(tuple(key for key, one in records.items() if all(t(one) for t in tests)))


def customers(books: Books, query: etree._Element) -> Selection:
    """The customers and jobs that a query asks for. Raises RequestFailed."""
    listed = [
        Listed(one.list_id, one.name, books.full_name(one.list_id), one.active, one.modified,
               one.currency)
        for one in books.customers_in_order()
    ]  # fmt: skip
    tests: list[Callable[[Listed], bool]] = []
    if (balance := query.find("TotalBalanceFilter")) is not None:
        totals = books.total_balances()
        compare = _OPERATORS[_value(balance, "Operator")]
        amount = int(Decimal(_value(balance, "Amount") or "0") * 100)
        tests.append(lambda one: compare(totals[one.list_id], amount))
    return _from_list(books, query, listed, tests)


def accounts(books: Books, query: etree._Element) -> Selection:
    """The accounts that a query asks for. Raises RequestFailed."""
    listed = [
        Listed(one.list_id, one.name, one.name, True, one.created, one.currency, one.type)
        for one in books.accounts.values()
    ]
    return _from_list(books, query, listed, _of_type(query, "AccountType"))


def payment_methods(books: Books, query: etree._Element) -> Selection:
    """The payment methods that a query asks for. Raises RequestFailed."""
    listed = [
        Listed(one.list_id, one.name, one.name, one.active, one.created, "", one.detail)
        for one in books.of_kind("PaymentMethod")
    ]
    return _from_list(books, query, listed, _of_type(query, "PaymentMethodType"))


def deletions(books: Books, query: etree._Element, kind_element: str) -> Selection:
    """The deletions that a query asks for: by kind in the order named, oldest first."""
    inside = _modified(books, query.find("DeletedDateRangeFilter"), "DeletedDate")
    kinds = dict.fromkeys(_values(query, kind_element))
    gone = (one for kind in kinds for one in books.recent_deletions(kind))
    return Selection(tuple(one.object_id for one in gone if inside(one.deleted)))


def _by_id(books: Books, ids: list[str], known: Iterable[str], field: str) -> Selection:
    """By id. Somebody who has a named record open keeps the query out, as the product warns."""
    for given in ids:
        if not _ID_FORM.fullmatch(given):
            message = f'The given object ID "{given}" in the field "{field}" is invalid.'
            raise RequestFailed(3000, message)
        if given in books.locks:
            raise RequestFailed(3176, STATUS_MESSAGES[3176])
    wanted, there = dict.fromkeys(ids), set(known)
    found = tuple(given for given in wanted if given in there)
    return Selection(found, next((given for given in wanted if given not in there), ""))


def _by_text(
    wanted: list[str], known: Iterable[tuple[str, str]], *, exact: bool = False
) -> Selection:
    """By number or name; one number may have several records."""
    keys: dict[str, list[str]] = {}
    for text, key in known:
        keys.setdefault(text, []).append(key)
    found: dict[str, None] = {}
    missing = ""
    for text in wanted:
        there = keys.get(text if exact else text.casefold(), [])
        found.update(dict.fromkeys(there))
        missing = missing or ("" if there else text)
    return Selection(tuple(found), missing)


def _from_list(
    books: Books,
    query: etree._Element,
    listed: list[Listed],
    tests: list[Callable[[Listed], bool]],
) -> Selection:
    if ids := _values(query, "ListID"):
        return _by_id(books, ids, (one.list_id for one in listed), "list id")
    if names := _values(query, "FullName"):
        return _by_text(names, ((one.full_name.casefold(), one.list_id) for one in listed))
    tests = [*tests, *_list_tests(books, query)]
    return Selection(tuple(one.list_id for one in listed if all(test(one) for test in tests)))


def _list_tests(books: Books, query: etree._Element) -> list[Callable[[Listed], bool]]:
    tests: list[Callable[[Listed], bool]] = []
    active = _ACTIVE.get(_value(query, "ActiveStatus"))
    if active is not None:
        tests.append(lambda one: one.active is active)
    inside = _modified(books, query, "ModifiedDate")
    tests.append(lambda one: inside(one.modified))
    if (named := query.find("NameFilter")) is not None:
        matches = _matcher(named, "Name")
        tests.append(lambda one: matches(one.name))
    if (ranged := query.find("NameRangeFilter")) is not None:
        spans = _span(ranged, "Name")
        tests.append(lambda one: spans(one.name))
    if (currency := query.find("CurrencyFilter")) is not None:
        codes = _currencies(books, currency, query.tag)
        tests.append(lambda one: one.currency in codes)
    return tests


def _of_type(query: etree._Element, name: str) -> list[Callable[[Listed], bool]]:
    types = _values(query, name)
    return [lambda one: one.type in types] if types else []


def _txn_tests(books: Books, query: etree._Element) -> list[Callable[[Txn], bool]]:
    tests: list[Callable[[Txn], bool]] = []
    if (modified := query.find("ModifiedDateRangeFilter")) is not None:
        inside = _modified(books, modified, "ModifiedDate")
        tests.append(lambda one: inside(one.modified))
    if (dated := query.find("TxnDateRangeFilter")) is not None:
        spans_dates = _span(dated, "TxnDate")
        tests.append(lambda one: spans_dates(one.date))
    if (entities := query.find("EntityFilter")) is not None:
        wanted = _entities(books, entities, query.tag)
        tests.append(lambda one: one.customer in wanted)
    if (ledgers := query.find("AccountFilter")) is not None:
        wanted_accounts = _accounts(books, ledgers, query.tag)
        tests.append(lambda one: not wanted_accounts.isdisjoint(_accounts_of(books, one)))
    if (named := query.find("RefNumberFilter")) is not None:
        matches = _matcher(named, "RefNumber")
        tests.append(lambda one: matches(one.number))
    if (ranged := query.find("RefNumberRangeFilter")) is not None:
        spans = _span(ranged, "RefNumber")
        tests.append(lambda one: spans(one.number))
    if (currency := query.find("CurrencyFilter")) is not None:
        codes = _currencies(books, currency, query.tag)
        tests.append(lambda one: one.currency in codes)
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
        message = f'There was an error when converting the date value "{bad.text}".'
        raise RequestFailed(3020, message) from None
    if low is not None and high is not None and low > high:
        raise RequestFailed(3030, _bad_range(low_text, high_text))

    def inside(epoch: int) -> bool:
        wall = zone.wall(epoch)
        return (low is None or low <= wall) and (high is None or wall <= high)

    return inside


def _span(within: etree._Element, field: str) -> Callable[[str], bool]:
    """Whether a text lies in a range, both ends included; a bound left out is no bound."""
    low = _value(within, f"From{field}").strip().casefold()
    high = _value(within, f"To{field}").strip().casefold()
    if low and high and low > high:
        code = 3030 if field == "TxnDate" else 3031
        raise RequestFailed(code, _bad_range(low, high))
    return lambda text: low <= text.casefold() and (not high or text.casefold() <= high)


def _bad_range(low: str, high: str) -> str:
    return f'The range from "{low}" to "{high}" is invalid: it ends before it begins.'


def _matcher(named: etree._Element, field: str) -> Callable[[str], bool]:
    wanted, how = _value(named, field).casefold(), _value(named, "MatchCriterion")
    if how == "StartsWith":
        return lambda text: text.casefold().startswith(wanted)
    if how == "EndsWith":
        return lambda text: text.casefold().endswith(wanted)
    return lambda text: wanted in text.casefold()


def _entities(books: Books, entities: etree._Element, query_name: str) -> set[str]:
    """The customers named, exactly, or one with all its jobs."""
    by_name = {books.full_name(list_id).casefold(): list_id for list_id in books.customers}
    named = _named(entities, by_name, set(books.customers), "Customer", query_name)
    if entities[0].tag.endswith("WithChildren"):
        return set(books.family(named[0]))
    return set(named)


def _accounts(books: Books, ledgers: etree._Element, query_name: str) -> set[str]:
    """The accounts named."""
    by_name = {one.name.casefold(): one.list_id for one in books.accounts.values()}
    return set(_named(ledgers, by_name, set(books.accounts), "Account", query_name))


def _accounts_of(books: Books, one: Txn) -> set[str]:
    """The accounts that a transaction stands in, as far as these books tell."""
    deposit = (one.deposit_to,) if isinstance(one, Payment) else ()
    return {books.receivable_of(one), *deposit}


def _currencies(books: Books, within: etree._Element, query_name: str) -> set[str]:
    """The codes of the currencies named."""
    if not books.profile.multicurrency:
        raise RequestFailed(3250, "This feature is not enabled or not available in this version.")
    entries = books.of_kind("Currency")
    by_name = {one.name.casefold(): one.list_id for one in entries}
    known = {one.list_id for one in entries}
    named = _named(within, by_name, known, "Currency", query_name)
    return {books.entries[list_id].detail for list_id in named}


def _named(
    within: etree._Element, by_name: Mapping[str, str], known: set[str], kind: str, query: str
) -> list[str]:
    """The list entries that a filter names. One that is not there is an invalid reference."""
    found = []
    for element in within:
        given = as_stored(element.text or "")
        list_id = given if element.tag.startswith("ListID") else by_name.get(given.casefold(), "")
        if list_id not in known:
            raise RequestFailed(
                3140,
                f'There is an invalid reference to QuickBooks {kind} "{given}" in the '
                f"{query.removesuffix('Rq')}.  QuickBooks error message: Invalid argument.  The "
                "specified record does not exist in the list.",
            )
        found.append(list_id)
    return found


def _values(query: etree._Element, name: str) -> list[str]:
    return [as_stored(element.text or "") for element in query.findall(name)]


def _value(query: etree._Element, name: str) -> str:
    return as_stored(query.findtext(name) or "")
