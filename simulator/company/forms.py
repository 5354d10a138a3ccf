"""Filling in a form: the lines of an invoice or credit memo, with their amounts and taxes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from simulator.company import ledger
from simulator.company.books import Books, money, round_half_up
from simulator.company.product import Edition
from simulator.company.records import Entry, Line


def item_line(
    books: Books,
    item: Entry,
    price: int,
    tax_code: str,
    *,
    quantity: str = "1",
    desc: str = "",
    service_date: str = "",
) -> Line:
    """A line of an item: quantity times price, in hundredths rounded half up."""
    amount = round_half_up(Decimal(quantity) * price)
    return Line(
        line_id=books.new_txn_id(),
        item=item.list_id,
        desc=desc,
        quantity=quantity,
        rate=money(price),
        amount=amount,
        tax_code=tax_code,
        tax=tax_on(books, amount, tax_code),
        service_date=service_date,
    )


def percent_line(books: Books, item: Entry, rate: str, base: int, tax_code: str) -> Line:
    """A line that is a percentage of what stands above, such as a discount of ``-10.0``."""
    amount = ledger.percent(base, rate)
    return Line(
        line_id=books.new_txn_id(),
        item=item.list_id,
        desc=item.name,
        rate=f"{rate}%",
        amount=amount,
        tax_code=tax_code,
        tax=tax_on(books, amount, tax_code),
    )


def subtotal_line(books: Books, above: Sequence[Line]) -> Line:
    """A subtotal: it repeats what stands above and is not counted again."""
    item, amount = books.entry("Item", "Subtotal"), ledger.subtotal(books, above)
    return Line(books.new_txn_id(), item=item.list_id, desc=item.name, amount=amount)


def group_line(books: Books, item: Entry, desc: str, parts: Sequence[Line]) -> Line:
    """A group: its amount is the sum of its parts."""
    return Line(
        line_id=books.new_txn_id(),
        item=item.list_id,
        desc=desc,
        quantity="1",
        amount=sum(part.amount or 0 for part in parts),
        parts=tuple(parts),
    )


def words_line(books: Books, desc: str = "") -> Line:
    """A line without item and amount: words only, or nothing at all."""
    return Line(line_id=books.new_txn_id(), desc=desc)


def with_tax_inside(books: Books, line: Line) -> Line:
    """The same line on a form whose amounts include tax: the tax is taken out of the amount."""
    parts = tuple(with_tax_inside(books, part) for part in line.parts)
    if not line.tax:
        return line._replace(parts=parts)
    rate = Decimal(books.entries[line.tax_code].detail)
    return line._replace(tax=round_half_up((line.amount or 0) * rate / (100 + rate)), parts=parts)


def tax_on(books: Books, amount: int, tax_code: str) -> int:
    """The tax that stands on a line itself: none in the US, where an item taxes the whole form."""
    if not tax_code or books.profile.edition is Edition.US:
        return 0
    return ledger.percent(amount, books.entries[tax_code].detail)
