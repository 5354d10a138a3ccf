"""Parts that records have in common: references, addresses, custom fields."""

from __future__ import annotations

from functools import lru_cache

from simulator.company.answers import Shape, data_ext, element, ref, wrap
from simulator.company.books import Books
from simulator.company.records import Address

CUSTOM_FIELDS = "0"


class References:
    """References to list entries, written once and kept: small lists do not change."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._known: dict[tuple[str, str], str] = {}
        self._currencies = {one.detail: one.list_id for one in books.of_kind("Currency")}

    def entry(self, name: str, list_id: str) -> str:
        """A reference to an account or an entry of a small list; nothing for an empty id."""
        return self._known.get((name, list_id)) or self._new(name, list_id)

    def customer(self, name: str, list_id: str) -> str:
        """A reference to a customer by its full name, which can change."""
        return ref(name, list_id, self._books.full_name(list_id))

    def currency(self, code: str) -> str:
        """A CurrencyRef; nothing in a company of one currency."""
        return self.entry("CurrencyRef", self._currencies.get(code, ""))

    def _new(self, name: str, list_id: str) -> str:
        if not list_id:
            return ""
        found = self._books.entries.get(list_id) or self._books.accounts[list_id]
        written = self._known[name, list_id] = ref(name, list_id, found.name)
        return written


@lru_cache(maxsize=4096)
def address(name: str, where: Address | None) -> tuple[str, ...]:
    """An address field by field, and as the block of lines that is printed."""
    if where is None:
        return ()
    fields = [element(f"Addr{n}", line) for n, line in enumerate(where.lines, 1)]
    fields.append(element("City", where.city))
    fields.append(element("State", where.state))
    fields.append(element("PostalCode", where.postal_code))
    fields.append(element("Country", where.country))
    printed = (*where.lines, f"{where.city}, {where.state} {where.postal_code}")
    block = [element(f"Addr{n}", line) for n, line in enumerate(printed, 1)]
    return wrap(name, fields), wrap(f"{name}Block", block)


def custom_fields(fields: tuple[tuple[str, str], ...], shape: Shape) -> list[str]:
    """An entry's or document's own fields, when their owner is asked for."""
    if CUSTOM_FIELDS not in shape.owners:
        return []
    return [data_ext(CUSTOM_FIELDS, name, value) for name, value in fields]
