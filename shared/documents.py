"""What a person calls a record: in problems, in Recent Syncs, on the status line."""

from __future__ import annotations


def invoice_document(number: str, customer: str) -> str:
    """Name an invoice: "Invoice 1042, Larkspur Tile"; the customer may not be known."""
    name = f"Invoice {number}" if number else "Invoice without number"
    return f"{name}, {customer}" if customer else name


def credit_memo_document(number: str, customer: str) -> str:
    """Name a credit memo: "Credit memo 2041, Larkspur Tile"; the customer may not be known."""
    name = f"Credit memo {number}" if number else "Credit memo without number"
    return f"{name}, {customer}" if customer else name


def customer_document(full_name: str) -> str:
    """Name a customer or job: "Customer Larkspur Tile:Lobby"."""
    return f"Customer {full_name}".rstrip()
