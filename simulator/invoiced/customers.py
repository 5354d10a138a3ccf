"""Customers and their contacts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simulator.invoiced.account import FIRST_ID, Account, Record
from simulator.invoiced.errors import ApiError
from simulator.invoiced.fields import CONTACT, CUSTOMER, read_fields
from simulator.invoiced.money import total
from simulator.invoiced.showing import tell

MOST_LEVELS, MOST_CONTACTS = 5, 100


def create(account: Account, given: Record) -> Record:
    """A new customer; without a number it gets the next one."""
    values = read_fields(CUSTOMER, given, new=True)
    values["country"] = values["country"] or account.profile.country
    values["number"] = values["number"] or free_number(account, "customers", "CUST")
    _check(account, values, None)
    made = account.add("customers", values)
    tell(account, "customer.created", "customers", made)
    return made


def edit(account: Account, customer: Record, given: Record) -> Record:
    """Change what is given."""
    values = read_fields(CUSTOMER, given, new=False)
    _check(account, values, customer["id"])
    if all(customer[name] == value for name, value in values.items()):
        return customer
    changed = account.alter("customers", customer, **values)
    tell(account, "customer.updated", "customers", changed, customer)
    return changed


def delete(account: Account, customer: Record) -> None:
    """Delete one that has no documents and no payments."""
    id_ = customer["id"]
    if any(
        account.find(kind, "customer", id_) for kind in ("invoices", "credit_notes", "payments")
    ):
        raise ApiError("Customers with transactions cannot be deleted")
    for contact in account.find("contacts", "customer", id_):
        account.remove("contacts", contact)
    for mapping in account.find("mappings", "record", ("customer", id_)):
        account.remove("mappings", mapping)
    account.remove("customers", customer)
    tell(account, "customer.deleted", "customers", customer)


def merge(account: Account, customer: Record, other_id: int | None) -> Record:
    """Have a customer take over all that another one has, which is gone then."""
    other = the_customer(account, other_id)
    if other["id"] == customer["id"]:
        raise ApiError("A customer cannot be merged with itself.", "customer")
    if not (customer["active"] and other["active"]):
        raise ApiError("Only active customers can be merged.", "customer")
    for kind in ("invoices", "credit_notes", "payments", "contacts"):
        for one in account.find(kind, "customer", other["id"]):
            account.alter(kind, one, customer=customer["id"])
    for mapping in account.find("mappings", "record", ("customer", other["id"])):
        account.remove("mappings", mapping)
    account.remove("customers", other)
    tell(account, "customer.merged", "customers", other)
    return customer


def the_customer(account: Account, id_: int | None) -> Record:
    """The customer that a document or payment names. Raises ApiError."""
    if (customer := account.get("customers", id_)) is None:
        raise ApiError(f"No such customer: {id_}", "customer")
    return customer


def credit_balance(account: Account, customer_id: int) -> Decimal:
    """What the customer has to spend: credits received, less credits applied."""
    paid = [
        one
        for one in account.find("payments", "credited", customer_id)
        if not one["voided"] and not is_pending(account, one)
    ]
    rows = [row for one in paid for row in one["applied_to"] if row.get("credited") == customer_id]
    return total(
        -row["amount"] if row["type"] == "applied_credit" else row["amount"] for row in rows
    )


def is_pending(account: Account, payment: Record) -> bool:
    """Whether its charge has not been decided: then it is applied, but nothing is paid yet."""
    charge = account.get("charges", payment["charge"])
    return charge is not None and charge["status"] == "pending"


def balance(account: Account, customer: Record) -> Record:
    """The answer of ``/customers/:id/balance``."""
    owed = [
        one
        for one in account.find("invoices", "customer", customer["id"])
        if not (one["draft"] or one["voided"] or one["closed"])
    ]
    late = [one for one in owed if one["due_date"] and one["due_date"] < account.now]
    return {
        "available_credits": credit_balance(account, customer["id"]),
        "currency": customer["currency"] or account.profile.currency,
        "history": [],
        "past_due": bool(late),
        "total_outstanding": total(one["balance"] for one in owed),
        "due_now": total(one["balance"] for one in late),
    }


def save_contact(
    account: Account, customer: Record, given: Record, contact: Record | None = None
) -> Record:
    """A new contact, or one with other values."""
    if contact is not None:
        changed = account.alter("contacts", contact, **read_fields(CONTACT, given, new=False))
        tell(account, "contact.updated", "contacts", changed, contact)
        return changed
    values = read_fields(CONTACT, given, new=True)
    if len(account.find("contacts", "customer", customer["id"])) >= MOST_CONTACTS:
        raise ApiError(
            f"The maximum number of contacts ({MOST_CONTACTS}) per customer has been reached."
        )
    made = account.add("contacts", {**values, "customer": customer["id"]})
    tell(account, "contact.created", "contacts", made)
    return made


def delete_contact(account: Account, contact: Record) -> None:
    """Delete a contact."""
    account.remove("contacts", contact)
    tell(account, "contact.deleted", "contacts", contact)


def free_number(account: Account, kind: str, prefix: str) -> str:
    """The next automatic number that nobody has."""
    count = account.next_id(kind) - FIRST_ID + 1
    while account.find(kind, "number", f"{prefix}-{count:05}"):
        count += 1
    return f"{prefix}-{count:05}"


def check_number(account: Account, kind: str, name: str, number: Any, own_id: int | None) -> None:
    """Refuse a number that another record has."""
    if any(one["id"] != own_id for one in account.find(kind, "number", number) if number):
        raise ApiError(f"The given {name} number has already been taken: {number}", "number")


def _check(account: Account, values: Record, own_id: int | None) -> None:
    check_number(account, "customers", "customer", values.get("number"), own_id)
    above, levels = values.get("parent_customer"), 1
    if above is not None and above == own_id:
        raise ApiError("Cannot set parent customer as self.", "parent_customer")
    while above is not None:
        parent = account.get("customers", above)
        if parent is None:
            raise ApiError(f"No such customer: {above}", "parent_customer")
        above, levels = parent["parent_customer"], levels + 1
        if above is not None and above == own_id:
            raise ApiError("Cannot set sub-customer as a parent.", "parent_customer")
        if levels > MOST_LEVELS:
            said = "A customer cannot have more than five levels of sub-customers."
            raise ApiError(said, "parent_customer")
