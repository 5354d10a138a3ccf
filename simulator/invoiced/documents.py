"""Invoices and credit notes: lines, totals, what is left, and what may be changed when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from shared.structs import Value
from simulator.invoiced.account import Account, Record
from simulator.invoiced.customers import check_number, free_number, is_pending, the_customer
from simulator.invoiced.errors import ApiError
from simulator.invoiced.fields import CREDIT_NOTE, INVOICE, Field, number_of, read_fields
from simulator.invoiced.money import ZERO, cents, total
from simulator.invoiced.showing import tell

VOIDED = "Your changes cannot be saved because this document is voided."
CLOSED = (
    "Your changes cannot be saved because this document is closed. "
    "Please re-open the document to make any changes."
)
PENDING = (
    "The invoice total cannot be modified when there is a pending payment. "
    "Please wait for the payment to clear before modifying the invoice."
)


class DocumentKind(Value):
    """What differs between the two: their table, name, model, numbers and fields."""

    table: str
    name: str
    model: str
    prefix: str
    shape: Mapping[str, Field]

    @property
    def words(self) -> str:
        """The name as a sentence has it."""
        return self.name.replace("_", " ")


INVOICES = DocumentKind("invoices", "invoice", "Invoice", "INV", INVOICE)
CREDIT_NOTES = DocumentKind("credit_notes", "credit_note", "CreditNote", "CN", CREDIT_NOTE)
KINDS = {one.name: one for one in (INVOICES, CREDIT_NOTES)}


def create(account: Account, kind: DocumentKind, given: Record) -> Record:
    """A new document; what is not given of its amounts is computed."""
    values = read_fields(kind.shape, given, new=True)
    customer = _billable(account, kind, values["customer"])
    values["number"] = values["number"] or free_number(account, kind.table, kind.prefix)
    check_number(account, kind.table, kind.words, values["number"], None)
    currency = values["currency"] or customer["currency"] or account.profile.currency
    values["currency"] = str(currency).lower()
    values["date"] = account.now if values["date"] is None else values["date"]
    values |= {"voided": False, "paid": False, "pending": False, "amount_paid": ZERO}
    made = account.add(kind.table, _computed(values, account.next_id(kind.table)))
    made = account.put(kind.table, _standing(account, kind, made))
    tell(account, f"{kind.name}.created", kind.table, made)
    return made


def edit(
    account: Account, kind: DocumentKind, document: Record, given: Record, *, synced: bool = False
) -> Record:
    """Change what is given; ``synced`` may change a closed document."""
    values = read_fields(kind.shape, given, new=False)
    _check_edit(document, values, synced=synced)
    if "currency" in values:
        values["currency"] = values["currency"].lower()
    changed = _computed({**document, **values}, document["id"])
    check_number(account, kind.table, kind.words, changed["number"], document["id"])
    if changed["total"] != document["total"] and document["pending"]:
        raise ApiError(PENDING, "total")
    return _keep(account, kind, document, _standing(account, kind, changed))


def void(account: Account, kind: DocumentKind, document: Record) -> Record:
    """Void one that nothing was applied to; its balance is 0 then."""
    if document["voided"]:
        raise ApiError("This document has already been voided.")
    _check_unused(account, kind, document, "voided")
    gone = {**document, "voided": True}
    return _keep(account, kind, document, _standing(account, kind, gone))


def delete(account: Account, kind: DocumentKind, document: Record) -> None:
    """Delete one that nothing was applied to; only an event is left of it."""
    _check_unused(account, kind, document, "deleted")
    for mapping in account.find("mappings", "record", (kind.name, document["id"])):
        account.remove("mappings", mapping)
    account.remove(kind.table, document)
    tell(account, f"{kind.name}.deleted", kind.table, document)


def recount(account: Account, kind: DocumentKind, id_: int) -> None:
    """Write down what the applications make of a document."""
    document = account.the(kind.table, id_)
    standing = _standing(account, kind, document)
    if standing != document:
        _keep(account, kind, document, standing)


def applications(account: Account, kind: DocumentKind, id_: int) -> list[tuple[Record, Record]]:
    """Each (payment, row) that uses a document, of payments that are not voided."""
    payments = account.find("payments", kind.name, id_)
    live = [one for one in payments if not one["voided"]]
    return [(one, row) for one in live for row in one["applied_to"] if _uses(row, kind, id_)]


def _uses(row: Record, kind: DocumentKind, id_: int) -> bool:
    if row.get(kind.name) != id_:
        return False
    # An adjustment is of one document; a credit note's row uses the note and perhaps an invoice.
    return bool(row["type"] != "document_adjustment" or row["document_type"] == kind.name)


def _standing(account: Account, kind: DocumentKind, document: Record) -> Record:
    """The document with its balance and flags; only what is not pending counts as paid."""
    used = applications(account, kind, document["id"])
    cleared = [row for payment, row in used if not is_pending(account, payment)]
    paid_amount = total(row["amount"] for row in cleared)
    voided = document["voided"]
    left = ZERO if voided else document["total"] - paid_amount
    paid = left <= 0 and not (document["draft"] or voided)
    return {
        **document,
        "amount_paid": paid_amount,
        "balance": left,
        "paid": paid,
        "closed": paid or (document["closed"] and not document["paid"]),
        "pending": len(cleared) < len(used),
    }


def _keep(account: Account, kind: DocumentKind, before: Record, after: Record) -> Record:
    kept = account.alter(kind.table, after)
    became_paid = kind is INVOICES and after["paid"] and not before["paid"] and after["total"] > 0
    what = "invoice.paid" if became_paid else f"{kind.name}.updated"
    tell(account, what, kind.table, kept, before)
    return kept


def _check_edit(document: Record, values: Record, *, synced: bool) -> None:
    if document["voided"]:
        raise ApiError(VOIDED, "voided")
    if document["closed"] and not synced and values.get("closed", True):
        raise ApiError(CLOSED, "closed")
    if values.get("customer", document["customer"]) != document["customer"]:
        said = "Invalid request parameter `customer`. The customer cannot be modified."
        raise ApiError(said, "customer")
    if values.get("draft") and not document["draft"]:
        said = "Cannot save as a draft because the document has already been issued."
        raise ApiError(said, "draft")


def _billable(account: Account, kind: DocumentKind, id_: int | None) -> Record:
    if id_ is None:
        raise ApiError("Customer missing", "customer")
    customer = the_customer(account, id_)
    if not customer["active"]:
        said = "This cannot be created because the customer is inactive"
        raise ApiError(said, "customer")
    if kind is INVOICES and customer["credit_hold"]:
        said = "New invoices cannot be created for this account because it has a credit hold."
        raise ApiError(said, "total")
    return customer


def _check_unused(account: Account, kind: DocumentKind, document: Record, what: str) -> None:
    used = applications(account, kind, document["id"])
    if not used:
        return
    if kind is CREDIT_NOTES:
        to_balance = not any("invoice" in row for _, row in used)
        how = "added to the customer's credit balance" if to_balance else "applied to an invoice"
        raise ApiError(f"This credit note cannot be {what} because it has been {how}.")
    if any(row["type"] == "credit_note" for _, row in used):
        raise ApiError(f"This invoice cannot be {what} because it has a credit note applied.")
    has = "a payment applied" if document["amount_paid"] else "a pending payment"
    raise ApiError(f"This invoice cannot be {what} because it has {has}.")


def _computed(document: Record, id_: int) -> Record:
    """The document with whole lines, rates as rows, subtotal and total. Shorthands are gone."""
    values = dict(document)
    for short, rows in (("discount", "discounts"), ("tax", "taxes")):
        amount = values.pop(short, None)
        if amount is not None:
            values[rows] = [{"amount": amount}]
    lines = [_line(line, id_, n) for n, line in enumerate(values["items"] or (), 1)]
    discounts = _rates(values["discounts"], "discount", {"coupon": None, "expires": None}, id_)
    taxes = _rates(values["taxes"], "tax", {"tax_rate": None}, id_)
    inside = [_signed(line["discounts"], line["taxes"]) for line in lines]
    subtotal = total(line["amount"] for line in lines)
    return {
        **values,
        "items": lines,
        "discounts": discounts,
        "taxes": taxes,
        "subtotal": subtotal,
        "total": subtotal + total(inside) + _signed(discounts, taxes),
    }


def _signed(discounts: Iterable[Record], taxes: Iterable[Record]) -> Decimal:
    return total(one["amount"] for one in taxes) - total(one["amount"] for one in discounts)


def _line(given: Any, document_id: int, place: int) -> Record:
    if not isinstance(given, dict):
        raise ApiError("The `items` parameter is invalid: each line is an object.", "items")
    line_id = document_id * 1000 + place
    quantity, unit_cost = number_of(given, "quantity", 1), number_of(given, "unit_cost", 0)
    return {
        "id": line_id,
        "object": "line_item",
        "catalog_item": given.get("catalog_item"),
        "type": given.get("type"),
        "name": given.get("name"),
        "description": given.get("description"),
        "quantity": quantity,
        "unit_cost": unit_cost,
        "amount": cents(quantity * unit_cost),
        "discountable": bool(given.get("discountable", True)),
        "taxable": bool(given.get("taxable", True)),
        "discounts": _rates(given.get("discounts"), "discount", {"coupon": None}, line_id),
        "taxes": _rates(given.get("taxes"), "tax", {"tax_rate": None}, line_id),
        "metadata": given.get("metadata") or {},
    }


def _rates(given: Any, name: str, more: Record, owner: int) -> list[Record]:
    rows = [one for one in given or () if isinstance(one, dict) and one.get("amount") is not None]
    return [
        {
            "id": one.get("id") or owner * 10 + place,
            "object": name,
            **more,
            "amount": cents(number_of(one, "amount", 0)),
        }
        for place, one in enumerate(rows, 1)
    ]
