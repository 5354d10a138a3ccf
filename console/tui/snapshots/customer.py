"""What the detail of a customer shows: both sides and the open invoices."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.models import mappings
from shared.models.ledger import customer_pages, invoice_pages
from shared.models.ledger.customer_pages import CustomerSides
from shared.models.ledger.invoice_pages import InvoiceFilter, InvoiceSides, Kept
from shared.models.store import Store
from shared.rules.payments.values import CustomerMapping
from shared.rules.values import InvoiceStatus


@dataclass(frozen=True, slots=True)
class CustomerDetail:
    """A customer with the open invoices billed to it, the last read first.

    ``more``: there are more than these, imported or left out. ``mapped`` are all names of the
    connection that were mapped by hand.
    """

    sides: CustomerSides
    invoices: tuple[InvoiceSides, ...]
    left_out: tuple[InvoiceSides, ...]
    mapped: tuple[CustomerMapping, ...]
    more: bool


def read(_store: Store, connection_id: int, list_id: str, most: int) -> CustomerDetail:
    """Read a customer with at most ``most`` invoices of either kind; raises NotFound."""
    wanted = InvoiceFilter(
        connection_id=connection_id, bill_to=list_id, statuses=(InvoiceStatus.OPEN,)
    )
    invoices = invoice_pages.page(wanted, most + 1)
    left_out = invoice_pages.page(replace(wanted, kept=Kept.LEFT_OUT), most + 1)
    return CustomerDetail(
        sides=customer_pages.get(connection_id, list_id),
        invoices=tuple(invoices[:most]),
        left_out=tuple(left_out[:most]),
        mapped=tuple(mappings.listed(connection_id)),
        more=max(len(invoices), len(left_out)) > most,
    )
