"""The lines of an invoice, in the form in which they are stored: no copy on the way."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from shared.qbxml import fields


class InvoiceLineRet(NamedTuple):
    """A line as on the form: maybe nothing but its ID, or only a description.

    ``group_line_id`` is the line_id of the group it stands in, or empty. ``rate`` is a percentage
    for discounts and surcharges by percentage.
    """

    line_id: Annotated[str, fields.word("TxnLineID")] = ""
    group_line_id: str = ""
    item: Annotated[str, fields.full_name("ItemRef")] = ""
    description: Annotated[str, fields.text("Desc")] = ""
    quantity: Annotated[str, fields.word("Quantity")] = ""
    rate: Annotated[str, fields.word("Rate", "RatePercent")] = ""
    amount_cents: Annotated[int | None, fields.cents("Amount", spare=True)] = None
    service_date: Annotated[str | None, fields.stored_day("ServiceDate", spare=True)] = None
    tax_code: Annotated[str, fields.full_name("SalesTaxCodeRef")] = ""
    odd: tuple[str, ...] = ()


class InvoiceLineGroupRet(NamedTuple):
    """A group item with the lines it stands for: count ``amount_cents`` or them, never both."""

    line_id: Annotated[str, fields.word("TxnLineID")] = ""
    item: Annotated[str, fields.full_name("ItemGroupRef")] = ""
    description: Annotated[str, fields.text("Desc")] = ""
    quantity: Annotated[str, fields.word("Quantity")] = ""
    amount_cents: Annotated[int | None, fields.cents("TotalAmount", spare=True)] = None
    lines: Annotated[tuple[InvoiceLineRet, ...], fields.each("InvoiceLineRet", InvoiceLineRet)] = ()
    odd: tuple[str, ...] = ()

    @property
    def unfolded(self) -> tuple[InvoiceLineRet, ...]:
        """The group as a line of its own, followed by its lines."""
        first = InvoiceLineRet(
            line_id=self.line_id,
            item=self.item,
            description=self.description,
            quantity=self.quantity,
            amount_cents=self.amount_cents,
        )
        return (first, *(line._replace(group_line_id=self.line_id) for line in self.lines))
