"""The lines of an invoice: read, stored and shown as this one value, without a copy on the way."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, NamedTuple

from shared.qbxml import fields


class InvoiceLine(NamedTuple):
    """A line as on the form: maybe nothing but its ID, or only a description.

    ``group`` is the line_id of the group it stands in, or empty. ``rate`` is a percentage for
    discounts and surcharges by percentage. ``odd`` is only there until it is stored.
    """

    line_id: Annotated[str, fields.word("TxnLineID")] = ""
    group: str = ""
    item: Annotated[str, fields.full_name("ItemRef"), "the item in QuickBooks"] = ""
    description: Annotated[str, fields.text("Desc"), "what it says"] = ""
    quantity: Annotated[str, fields.word("Quantity"), "as QuickBooks wrote it; may be empty"] = ""
    rate: Annotated[str, fields.word("Rate", "RatePercent"), "price of one, likewise"] = ""
    amount: Annotated[
        Decimal | None,
        fields.amount("Amount", spare=True),
        "amount with two decimals, as text; null: none",
    ] = None
    service_date: Annotated[date | None, fields.day("ServiceDate", spare=True)] = None
    tax_code: Annotated[str, fields.full_name("SalesTaxCodeRef")] = ""
    odd: tuple[str, ...] = ()


class InvoiceLineGroup(NamedTuple):
    """A group item with the lines it stands for: count ``amount`` or them, never both."""

    line_id: Annotated[str, fields.word("TxnLineID")] = ""
    item: Annotated[str, fields.full_name("ItemGroupRef")] = ""
    description: Annotated[str, fields.text("Desc")] = ""
    quantity: Annotated[str, fields.word("Quantity")] = ""
    amount: Annotated[Decimal | None, fields.amount("TotalAmount", spare=True)] = None
    lines: Annotated[tuple[InvoiceLine, ...], fields.each("InvoiceLineRet", InvoiceLine)] = ()
    odd: tuple[str, ...] = ()

    @property
    def unfolded(self) -> tuple[InvoiceLine, ...]:
        """The group as a line of its own, followed by its lines."""
        first = InvoiceLine(
            line_id=self.line_id,
            item=self.item,
            description=self.description,
            quantity=self.quantity,
            amount=self.amount,
        )
        return (first, *(line._replace(group=self.line_id) for line in self.lines))
