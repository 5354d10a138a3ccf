"""What each write does and which query's records it answers with: one row of a table each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from simulator.company import fields, payments, refusals
from simulator.company.answers import storable
from simulator.company.books import Books
from simulator.company.records import Entry
from simulator.company.written import Written, recovery_of


@dataclass(frozen=True, slots=True)
class Write:
    """A write; ``shown_by`` is the query that shows its record."""

    do: Callable[[Books, etree._Element], Written]
    shown_by: str


def _add_method(books: Books, request: etree._Element) -> Written:
    given = request[0]
    name = (fields.value(given, "Name") or "").strip()
    if not name:
        raise refusals.missing("Name")
    if ":" in name or not storable(name):
        raise refusals.bad_name(name)
    if any(one.name.casefold() == name.casefold() for one in books.of_kind("PaymentMethod")):
        raise refusals.name_taken(name)
    books.now += 1
    entry = Entry(
        "PaymentMethod",
        books.new_list_id(),
        name,
        given.findtext("PaymentMethodType") or "Other",
        books.now,
        given.find("IsActive") is None or fields.flag(given, "IsActive"),
    )
    books.entries[entry.list_id] = entry
    return Written(entry.list_id, recovery=recovery_of(entry))


WRITES: dict[str, Write] = {
    "ReceivePaymentAddRq": Write(payments.add, "ReceivePaymentQueryRq"),
    "PaymentMethodAddRq": Write(_add_method, "PaymentMethodQueryRq"),
}
