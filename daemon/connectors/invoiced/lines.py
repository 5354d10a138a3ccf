"""The lines of an invoice as Invoiced has them: they come to the subtotal, to the cent.

QuickBooks' lines say more than amounts: a group stands above its lines and repeats their sum, a
subtotal repeats what stands above it, a discount is a line below zero. Invoiced adds all lines up,
each as quantity times price.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from daemon.connectors.invoiced.values import LONGEST_NAME, LONGEST_TEXT, Values, as_number, cut
from shared.rules.ledger import Invoice, InvoiceLine
from shared.rules.payments.values import ZERO

_CENT = Decimal("0.01")


def amounts(invoice: Invoice) -> Values:
    """Lines, discount and tax of an invoice. A discount of QuickBooks is one on the whole."""
    counted = _counted(invoice.lines)
    discounts = [one for one in counted if _is_discount(one)]
    discount = -sum((one.amount or ZERO for one in discounts), ZERO)
    items = [_item(one) for one in counted if not _is_discount(one)]
    if sum((one.amount or ZERO for one in counted), ZERO) != invoice.subtotal:
        # Lines that cannot be told apart: the amount is right all the same.
        items, discount = [_whole(invoice)], ZERO
    if not items:
        items = [_plain("Nothing", "", ZERO)]
    tax = invoice.tax
    if tax < ZERO:
        items, tax = [*items, _plain("Sales tax", "", tax)], ZERO
    return {"items": items, "discount": as_number(discount), "tax": as_number(tax)}


def _counted(lines: Sequence[InvoiceLine]) -> list[InvoiceLine]:
    """The lines that count: a group by its lines, and no subtotals."""
    groups = {one.group for one in lines if one.group}
    counted: list[InvoiceLine] = []
    above = since = ZERO
    for one in lines:
        if one.line_id in groups:
            counted.append(_words_only(one))
            continue
        amount = one.amount or ZERO
        if _may_be_subtotal(one) and amount in (above, since):
            since = ZERO
            continue
        counted.append(one)
        above, since = above + amount, since + amount
    return counted


def _words_only(one: InvoiceLine) -> InvoiceLine:
    return InvoiceLine(one.line_id, one.group, one.item, one.description, "", "", None, None, "")


def _may_be_subtotal(one: InvoiceLine) -> bool:
    return bool(one.amount) and not (one.quantity or one.rate)


def _is_discount(one: InvoiceLine) -> bool:
    """A line below zero that is no return: nothing is counted on it."""
    return one.amount is not None and one.amount < ZERO and not one.quantity


def _item(one: InvoiceLine) -> Values:
    amount = one.amount or ZERO
    quantity, rate = _number(one.quantity), _number(one.rate)
    if quantity and rate is not None and _product(quantity, rate) == amount:
        return _named(one.item, one.description, quantity, rate)
    counted = f" ({one.quantity} × {one.rate})" if one.quantity and one.rate else ""
    return _plain(one.item, f"{one.description}{counted}".strip(), amount)


def _product(quantity: Decimal, rate: Decimal) -> Decimal:
    return (quantity * rate).quantize(_CENT, ROUND_HALF_UP)


def _number(text: str) -> Decimal | None:
    """A quantity or a price; None for a percentage, or none at all."""
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


def _whole(invoice: Invoice) -> Values:
    said = ", ".join(dict.fromkeys(one.description for one in invoice.lines if one.description))
    return _plain("Total of the lines", said, invoice.subtotal)


def _plain(name: str, description: str, amount: Decimal) -> Values:
    return _named(name, description, Decimal(1), amount)


def _named(name: str, description: str, quantity: Decimal, unit_cost: Decimal) -> Values:
    return {
        "name": cut(name or description.partition("\n")[0] or "-", LONGEST_NAME),
        "description": cut(description, LONGEST_TEXT),
        "quantity": as_number(quantity),
        "unit_cost": as_number(unit_cost),
    }
