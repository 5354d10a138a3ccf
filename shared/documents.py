"""What a person calls a record: in problems, in Recent Syncs, on the status line."""

from __future__ import annotations


def invoice_document(number: str, customer: str) -> str:
    """Name an invoice: "Invoice 1042, Larkspur Tile"; the customer may not be known."""
    return _document("Invoice", number, customer)


def credit_memo_document(number: str, customer: str) -> str:
    """Name a credit memo: "Credit memo 2041, Larkspur Tile"; the customer may not be known."""
    return _document("Credit memo", number, customer)


def _document(kind: str, number: str, customer: str) -> str:
    return f"{kind} {number or 'without number'}" + (f", {customer}" if customer else "")


def customer_document(full_name: str) -> str:
    """Name a customer or job: "Customer Larkspur Tile:Lobby"."""
    return f"Customer {full_name}".rstrip()
