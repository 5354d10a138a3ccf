"""Lists: filters, order and pages, as query parameters of a GET request ask for them."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from shared.structs import Value
from simulator.invoiced.account import INDEXES, Account, Record, fold
from simulator.invoiced.errors import ApiError
from simulator.invoiced.fields import check_known
from simulator.invoiced.showing import applied_to, shown, status

PAGE_LIMIT, TOTAL_SECONDS, CURSOR_FROM = 100, 300, 10_000
SHAPING = ("expand", "include", "exclude")
PAGING = (*SHAPING, "page", "per_page", "sort", "paginate", "filter", "advanced_filter")
SPANS: Mapping[str, tuple[str, Callable[[int, int], bool]]] = {
    "start_date": ("date", operator.ge),
    "end_date": ("date", operator.le),
    "updated_after": ("updated_at", operator.gt),
    "updated_before": ("updated_at", operator.lt),
}
Test = Callable[[Record], bool]
_BASIC = ("created_at", "updated_at")
FILTERS: Mapping[str, tuple[str, ...]] = {
    "customers": (
        *_BASIC, "name", "number", "email", "active", "parent_customer", "currency", "type",
        "autopay", "payment_terms",
    ),
    "invoices": (
        *_BASIC, "number", "customer", "status", "paid", "closed", "draft", "voided", "balance",
        "date", "due_date", "total", "currency", "autopay", "payment_terms", "purchase_order",
    ),
    "credit_notes": (
        *_BASIC, "number", "customer", "paid", "closed", "draft", "voided", "balance", "date",
        "total", "currency",
    ),
    "payments": (
        *_BASIC, "date", "amount", "balance", "applied", "matched", "method", "reference",
        "source", "voided", "date_voided", "currency", "customer",
    ),
    "charges": (*_BASIC, "status", "amount", "currency", "customer", "gateway", "gateway_id"),
    "events": ("type", "timestamp"),
}  # fmt: skip
STRICT: Mapping[str, tuple[str, ...]] = {
    "payments": (*PAGING, *SPANS, "metadata", "balance", "amount", "automation"),
    "charges": PAGING,
}
_DAYS = ("date", "due_date", "created_at", "updated_at", "date_voided")


class Page(Value):
    """Records as JSON objects, and the headers that go with them."""

    records: list[Record]
    headers: dict[str, str]


@dataclass
class Pages:
    """What the server remembers between two pages: totals for 5 minutes, and where a page ended."""

    totals: dict[str, tuple[int, int]] = field(default_factory=dict)
    ends: dict[tuple[str, int], int] = field(default_factory=dict)

    def page(
        self, account: Account, kind: str, query: Record, url: str, among: Iterable[Record]
    ) -> Page:
        """One page of what the query asks for. Raises ApiError."""
        if kind in STRICT:
            check_known(query, STRICT[kind], "query")
        tests = list(_tests(account, kind, query))
        narrowed = _narrowed(account, kind, query, among)
        found = [one for one in narrowed if all(test(one) for test in tests)]
        by_id = _sort(found, query.get("sort") or "")
        page, size = max(1, _int(query, "page", 1)), _int(query, "per_page", PAGE_LIMIT)
        size = max(1, min(PAGE_LIMIT, size))
        asked = {name: value for name, value in query.items() if name != "page"}
        name = f"{url}?{json.dumps(asked, sort_keys=True, default=str)}"
        part = self._part(name, found, page, size, by_id=by_id)
        records = [shaped(account, kind, one, query) for one in part]
        if query.get("paginate") == "none":
            return Page(records, {})
        total = self._total(name, len(found), page, account.now)
        return Page(records, _headers(url, asked, page, size, total))

    def _part(
        self, name: str, found: list[Record], page: int, size: int, *, by_id: bool
    ) -> list[Record]:
        """By ID alone, a page goes on where the one before ended, whatever was deleted since."""
        start = (page - 1) * size
        if by_id and start:
            end = self.ends.get((name, start))
            if end is None and start >= CURSOR_FROM:
                raise ApiError(
                    "You must retrieve all preceding page numbers before retrieving this page."
                )
            if end is not None:
                down = found[0]["id"] > found[-1]["id"] if found else False
                start = sum(one["id"] >= end if down else one["id"] <= end for one in found)
        part = found[start : start + size]
        if by_id and part:
            self.ends[name, page * size] = part[-1]["id"]
        return part

    def _total(self, name: str, count: int, page: int, now: int) -> int:
        """The number of all; after page 1 it may be as old as 5 minutes."""
        at, known = self.totals.get(name, (0, 0))
        if page > 1 and now - at < TOTAL_SECONDS:
            return known
        self.totals[name] = (now, count)
        return count


def _headers(url: str, asked: Record, page: int, size: int, total: int) -> dict[str, str]:
    last = max(1, -(-total // size))
    pages = {"self": page, "first": 1}
    pages |= {"previous": page - 1} if page > 1 else {}
    pages |= {"next": page + 1} if page < last else {}
    links = (
        f'<{url}?{urlencode(flat({**asked, "page": number}))}>; rel="{name}"'
        for name, number in (*pages.items(), ("last", last))
    )
    return {"X-Total-Count": str(total), "Link": ", ".join(links)}


def nested(pairs: Iterable[tuple[str, str]]) -> Record:
    """Query parameters with ``filter[name]`` and ``list[]`` as objects and lists."""
    read: Record = {}
    for name, value in pairs:
        outer, bracket, inner = name.partition("[")
        if not bracket:
            read[outer] = value
        elif inner == "]" and isinstance(rows := read.setdefault(outer, []), list):
            rows.append(value)
        elif isinstance(there := read.setdefault(outer, {}), dict):
            there[inner.rstrip("]")] = value
    return read


def flat(query: Record) -> list[tuple[str, str]]:
    """The reverse of ``nested``."""
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        if isinstance(value, dict):
            pairs += [(f"{name}[{inner}]", one) for inner, one in value.items()]
        elif isinstance(value, list):
            pairs += [(f"{name}[]", one) for one in value]
        else:
            pairs.append((name, str(value)))
    return pairs


def _tests(account: Account, kind: str, query: Record) -> Iterable[Test]:
    """What a record must pass, of filters, spans of time and metadata."""
    yield from (
        _equals(account, kind, name, value) for name, value in _object(query, "filter").items()
    )
    for key, value in _object(query, "metadata").items():
        yield partial(_has, key, value)
    if query.get("advanced_filter"):
        raise ApiError("Invalid advanced filter: this fake has none")
    for name, (column, compare) in SPANS.items():
        if query.get(name) not in (None, ""):
            own = "timestamp" if (kind, column) == ("events", "date") else column
            yield partial(_within, own, compare, _int(query, name, 0))


def _narrowed(
    account: Account, kind: str, query: Record, among: Iterable[Record]
) -> Iterable[Record]:
    """Those that an index finds, in place of all: so a big account answers as quickly."""
    indexes = INDEXES.get(kind, {})
    wanted = _object(query, "filter").items()
    for index, key in ((name, value) for name, value in wanted if name in _TEXTS):
        if index in indexes and key:
            return account.find(kind, index, key)
    for key in _object(query, "metadata").items():
        if "metadata" in indexes:
            return account.find(kind, "metadata", key)
    return among


_TEXTS = ("name", "number", "reference")


def _has(key: str, value: str, record: Record) -> bool:
    return bool(record.get("metadata", {}).get(key) == value)


def _object(query: Record, name: str) -> Record:
    value = query.get(name) or {}
    if not isinstance(value, dict):
        raise ApiError(f"Invalid value for `{name}` parameter", name)
    return value


def _within(column: str, compare: Callable[[int, int], bool], bound: int, record: Record) -> bool:
    return column not in record or compare(record[column], bound)


def _equals(account: Account, kind: str, name: str, given: Any) -> Test:
    if name not in FILTERS.get(kind, ()):
        raise ApiError(f"Invalid filter parameter: {name}")
    if not isinstance(given, str):
        raise ApiError(f"Invalid value for `{name}` filter parameter")
    if name in _DAYS and "-" in given:
        day, zone = _day(name, given), ZoneInfo(account.profile.time_zone)
        return lambda one: (
            one[name] is not None and datetime.fromtimestamp(one[name], zone).date() == day
        )

    def equals(one: Record) -> bool:
        value = _value(account, kind, one, name)
        return bool(value == _like(value, name, given))

    return equals


def _day(name: str, given: str) -> Any:
    try:
        return datetime.fromisoformat(given).date()
    except ValueError:
        raise ApiError(f"Invalid value for `{name}` filter parameter: {given}") from None


def _value(account: Account, kind: str, one: Record, name: str) -> Any:
    if name == "status" and kind == "invoices":
        return status(account, one)
    if name == "applied":
        return one["balance"] == 0
    return fold(one[name])


def _like(value: Any, name: str, given: str) -> Any:
    """What was given, as the type of the value that it is compared with."""
    if isinstance(value, bool):
        if given not in ("0", "1", "true", "false"):
            raise ApiError(f"Invalid value for `{name}` filter parameter: {given}")
        return given in ("1", "true")
    if value is None:
        return None if given == "" else given
    if isinstance(value, int | Decimal):
        try:
            return Decimal(given)
        except InvalidOperation:
            return None
    return fold(given)


def _sort(found: list[Record], given: str) -> bool:
    """Sort in place; answers whether the order is by ID alone."""
    columns = [one.split() for one in given.split(",") if one.strip()] or [["id"]]
    for name, *direction in reversed([*columns, ["id"]]):
        if found and name not in found[0]:
            raise ApiError(f"Invalid sort field: {name}", "sort")
        descending = [one.lower() for one in direction] == ["desc"]
        found.sort(key=partial(_place, name), reverse=descending)
    return [one[0] for one in columns] == ["id"]


def _place(name: str, record: Record) -> tuple[bool, Any]:
    """Where a record stands by one column; null comes first."""
    return record[name] is not None, record[name]


def shaped(account: Account, kind: str, record: Record, query: Record) -> Record:
    """The JSON object with what ``expand``, ``include`` and ``exclude`` ask for."""
    if kind not in FILTERS:
        return shown(account, kind, record)
    shape = {name: _words(query.get(name)) for name in SHAPING}
    value = dict(record) if kind == "events" else shown(account, kind, record)
    if "applied_to" in shape["include"] and kind == "payments":
        value["applied_to"] = applied_to(record)
    if "customer" in shape["expand"] and value.get("customer") is not None:
        customer = account.the("customers", value["customer"])
        value["customer"] = shown(account, "customers", customer)
    return {name: one for name, one in value.items() if name not in shape["exclude"]}


def _words(given: Any) -> list[str]:
    return given if isinstance(given, list) else str(given or "").split(",")


def _int(query: Record, name: str, default: int) -> int:
    try:
        return int(query.get(name) or default)
    except (TypeError, ValueError):
        raise ApiError(f"Invalid value for `{name}` parameter", name) from None
