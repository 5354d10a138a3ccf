"""The import endpoints ``/:objects/accounting_sync``: create or update by an accounting ID.

Sharp edges on purpose: a document without a mapping is found by its number and overwritten, a
customer by its name, the first one counts; a paid invoice is not changed; a list of contacts
replaces all; what cannot be applied is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from simulator.invoiced import customers, documents, payments
from simulator.invoiced.account import Account, Record
from simulator.invoiced.documents import CREDIT_NOTES, INVOICES, KINDS, DocumentKind
from simulator.invoiced.errors import ApiError
from simulator.invoiced.fields import number_of
from simulator.invoiced.money import cents, total

SYSTEMS = (
    "quickbooks_desktop", "quickbooks_online", "xero", "netsuite", "intacct", "custom",
)  # fmt: skip
NESTED = ("customer", "parent_customer", "invoice", "credit_note")
LISTS = ("contacts", "applied_to", "payments")
Result = tuple[str | None, Record | None]  # what was done, and to which record


def import_record(account: Account, table: str, given: Record) -> Result:
    """Carry out one import. Raises ApiError."""
    system = given.get("accounting_system")
    if system not in SYSTEMS:
        raise ApiError(f"Unrecognized integration: {system}")
    _check_types(given)
    return _IMPORTS[table](account, str(system), _with_days(account, given))


def map_record(account: Account, name: str, record: Record, given: Record) -> None:
    """Remember the accounting ID that an ordinary call names; one on file is never changed."""
    system, accounting_id = given.get("accounting_system"), given.get("accounting_id")
    if not system or not accounting_id:
        return
    if system not in SYSTEMS:
        raise ApiError(f"Unrecognized integration: {system}")
    if not account.find("mappings", "record", (name, record["id"])):
        source = given.get("accounting_source") or "accounting_system"
        _map(account, name, record, system, str(accounting_id), source)


def sync_status(account: Account, name: str, record: Record) -> Record:
    """The answer of ``/:objects/:id/accounting_sync_status``."""
    mapping = account.first("mappings", "record", (name, record["id"]))
    if mapping is None:
        return {"synced": False, "error": None}
    return {
        "synced": True,
        "error": None,
        "accounting_system": mapping["system"],
        "accounting_id": mapping["accounting_id"],
        "source": mapping["source"],
        "first_synced": mapping["created_at"],
        "last_synced": mapping["updated_at"],
    }


def _check_types(given: Any) -> None:
    """Refuse what could not even be looked up. Raises ApiError."""
    words: tuple[type, ...] = (str, int)
    types = {"name": words, "number": words, "accounting_id": words, "emails": (list,)}
    types |= dict.fromkeys((*NESTED, "metadata"), (dict,)) | dict.fromkeys(LISTS, (list,))
    if not isinstance(given, dict):
        raise ApiError("An object was expected.")
    for name, allowed in types.items():
        if given.get(name) is not None and not isinstance(given[name], allowed):
            raise ApiError(f"The `{name}` parameter is of the wrong type.", name)
    for inner in [given[name] for name in NESTED if given.get(name) is not None]:
        _check_types(inner)
    for inner in [one for name in LISTS for one in given.get(name) or ()]:
        _check_types(inner)


def _with_days(account: Account, given: Record) -> Record:
    """ISO dates become midnight in the company's time zone."""
    values = dict(given)
    zone = ZoneInfo(account.profile.time_zone)
    for name in ("date", "due_date"):
        if isinstance(values.get(name), str):
            try:
                day = datetime.fromisoformat(values[name])
            except ValueError:
                raise ApiError("Invalid date", name) from None
            values[name] = int(day.replace(tzinfo=zone).timestamp())
    return values


def _mapped(account: Account, name: str, system: str, given: Record) -> Record | None:
    accounting_id = given.get("accounting_id")
    key = (name, system, str(accounting_id))
    return account.first("mappings", "accounting", key) if accounting_id else None


def _map(
    account: Account, name: str, record: Record, system: str, accounting_id: str, source: str
) -> None:
    """Keep the accounting ID of a record; a mapping on file keeps its source."""
    values: Record = {"system": system, "accounting_id": accounting_id}
    known = account.first("mappings", "record", (name, record["id"]))
    if known:
        account.alter("mappings", known, **values)
    else:
        made = {"object": name, "object_id": record["id"], "source": source}
        account.add("mappings", {**made, **values})


def _remap(account: Account, name: str, record: Record, system: str, given: Record) -> None:
    """Name the record by this import's accounting ID; where it has none, by nothing."""
    accounting_id = str(given.get("accounting_id") or "")
    _map(account, name, record, system, accounting_id, "accounting_system")


@contextmanager
def _attempt(what: str) -> Iterator[None]:
    try:
        yield
    except ApiError as wrong:
        raise ApiError(f"{what}: {wrong.message}") from wrong


def _merged(before: Record | None, given: Record) -> Record:
    """The values with metadata added to what is on file; an empty value removes its key."""
    if before is None or "metadata" not in given:
        return given
    return {**given, "metadata": {**before["metadata"], **(given["metadata"] or {})}}


# Customers


def _found_customer(
    account: Account, system: str, given: Record
) -> tuple[Record | None, Record | None]:
    mapping = _mapped(account, "customer", system, given)
    if mapping:
        return account.the("customers", mapping["object_id"]), mapping
    if given.get("number"):
        return account.first("customers", "number", given["number"]), None
    return account.first("customers", "name", given.get("name") or ""), None


def _customer(account: Account, system: str, given: Record) -> Result:
    customer, mapping = _found_customer(account, system, given)
    if mapping and mapping["source"] == "invoiced":
        return None, customer
    if given.get("deleted"):
        if customer is None:
            return None, None
        with _attempt("Could not delete customer"):
            customers.delete(account, customer)
        return "delete", customer
    emails = list(given.get("emails") or ())
    values = _merged(customer, _customer_values(account, system, given))
    if emails and not values.get("email"):
        values["email"] = emails.pop(0)
    action = "update" if customer else "create"
    with _attempt(f"Could not {action} customer"):
        saved = (
            customers.edit(account, customer, values)
            if customer
            else customers.create(account, values)
        )
    with _attempt("Could not create contact"):
        _add_emails(account, saved, emails)
        _replace_contacts(account, saved, given.get("contacts"))
    _remap(account, "customer", saved, system, given)
    return action, saved


def _customer_values(account: Account, system: str, given: Record) -> Record:
    special = ("emails", "contacts", "deleted", "accounting_id", "accounting_system")
    values = {name: value for name, value in given.items() if name not in special}
    if values.get("parent_customer") is not None:
        values["parent_customer"] = _parent(account, system, values["parent_customer"])
    return values


def _parent(account: Account, system: str, given: Record) -> int | None:
    """The parent, found or made; one that cannot be made is silently none."""
    parent, _ = _found_customer(account, system, given)
    if parent is None:
        try:
            parent = customers.create(account, _customer_values(account, system, given))
        except ApiError:
            return None
        _remap(account, "customer", parent, system, given)
    return int(parent["id"])


def _add_emails(account: Account, customer: Record, emails: list[str]) -> None:
    known = {one["email"] for one in account.find("contacts", "customer", customer["id"])}
    for email in emails:
        if email not in known:
            given = {"name": customer["name"], "email": email}
            customers.save_contact(account, customer, given)


def _replace_contacts(account: Account, customer: Record, given: Any) -> None:
    """The list is all contacts from now on: others are deleted, whoever added them."""
    if given is None:
        return
    kept = []
    for values in given:
        by = "name" if "name" in values else "email"
        there = account.find("contacts", "customer", customer["id"])
        same = next((one for one in there if by in values and one[by] == values[by]), None)
        kept.append(customers.save_contact(account, customer, values, same)["id"])
    for contact in account.find("contacts", "customer", customer["id"]):
        if contact["id"] not in kept:
            customers.delete_contact(account, contact)


# Invoices and credit notes


def _found_document(
    account: Account, system: str, kind: DocumentKind, given: Record
) -> tuple[Record | None, Record | None]:
    mapping = _mapped(account, kind.name, system, given)
    if mapping:
        return account.the(kind.table, mapping["object_id"]), mapping
    number = given.get("number")
    return (account.first(kind.table, "number", number) if number else None), None


def _document(kind: DocumentKind, account: Account, system: str, given: Record) -> Result:
    document, mapping = _found_document(account, system, kind, given)
    if mapping and mapping["source"] == "invoiced":
        return None, document
    if given.get("voided") or given.get("deleted"):
        return _end_document(account, kind, document, given)
    if document and (document["voided"] or (kind is INVOICES and document["paid"])):
        _remap(account, kind.name, document, system, given)
        return None, document
    saved = _save_document(kind, account, system, document, given)
    _remap(account, kind.name, saved, system, given)
    if given.get("balance") is not None:
        _adjust_balance(account, kind, saved, cents(number_of(given, "balance")))
    if kind is CREDIT_NOTES and given.get("payments") is not None:
        _apply_credit(account, system, saved, given["payments"])
    return "update" if document else "create", account.the(kind.table, saved["id"])


def _save_document(
    kind: DocumentKind, account: Account, system: str, document: Record | None, given: Record
) -> Record:
    """Write the document; the customer of a known one is not read at all."""
    special = ("customer", "voided", "deleted", "balance", "payments")
    values = {name: value for name, value in given.items() if name not in special}
    if document:
        values = _merged(document, _updates(document, values))
        with _attempt(f"Could not update {kind.model}"):
            return documents.edit(account, kind, document, values, synced=True)
    with _attempt(f"Could not create {kind.model}"):
        if given.get("customer") is not None:
            values["customer"] = _id(_customer(account, system, given["customer"]))
        return documents.create(account, kind, values)


def _id(result: Result) -> int | None:
    return int(result[1]["id"]) if result[1] else None


def _end_document(
    account: Account, kind: DocumentKind, document: Record | None, given: Record
) -> Result:
    if document is None or (given.get("voided") and document["voided"]):
        return None, document
    if given.get("voided"):
        return "void", documents.void(account, kind, document)
    with _attempt(f"Could not delete {kind.model}"):
        documents.delete(account, kind, document)
    return "delete", document


def _updates(document: Record, values: Record) -> Record:
    """What an import may change: not back to a draft, and not the terms of AutoPay."""
    left_out = set()
    if values.get("draft") and not document["draft"]:
        left_out.add("draft")
    if document.get("autopay"):
        left_out.add("payment_terms")
    return {name: value for name, value in values.items() if name not in left_out}


def _adjust_balance(
    account: Account, kind: DocumentKind, document: Record, desired: Decimal
) -> None:
    """A payment of 0 that makes up for what was paid before, unless something real was applied."""
    if desired == document["balance"]:
        return
    if desired > document["total"] or desired < 0:
        wrong = "negative" if desired < 0 else f"greater than the total ({document['total']})"
        raise ApiError(f"The desired balance ({desired}) cannot be {wrong}")
    used = documents.applications(account, kind, document["id"])
    if any(row["type"] != "document_adjustment" for _, row in used):
        return
    row = {"type": "document_adjustment", "document_type": kind.name, kind.name: document["id"]}
    rows = [{**row, "amount": document["total"] - desired}] if desired < document["total"] else []
    values: Record = {"applied_to": rows, "customer": document["customer"]}
    if used:
        payments.edit(account, used[0][0], values)
    else:
        values |= {"amount": 0, "currency": document["currency"], "date": document["date"] + 1}
        payments.create(account, values)


def _apply_credit(account: Account, system: str, note: Record, given: list[Record]) -> None:
    """The list is all that the note is applied to: other payments that use it are voided."""
    kept = [_payment(account, system, {**one, "accounting_system": system}) for one in given]
    ids = {record["id"] for _, record in kept if record}
    for payment, row in documents.applications(account, CREDIT_NOTES, note["id"]):
        if payment["id"] not in ids and row["type"] == "credit_note":
            payments.void(account, payment)


# Payments


def _payment(account: Account, system: str, given: Record) -> Result:
    mapping = _mapped(account, "payment", system, given)
    payment = account.get("payments", mapping["object_id"]) if mapping else None
    if payment and mapping and mapping["source"] == "invoiced":
        return None, payment
    if given.get("voided") or given.get("deleted"):
        return _end_payment(account, payment, given)
    if payment and payment["voided"]:
        return None, payment
    rows, known = _rows(account, system, given.get("applied_to") or ())
    if not rows:
        return None, payment
    special = ("customer", "applied_to", "amount", "accounting_id", "accounting_system")
    values = {name: value for name, value in given.items() if name not in special}
    values |= {"source": "accounting_system", "applied_to": rows, "amount": known}
    values["currency"] = given.get("currency") or account.profile.currency
    if given.get("customer") is not None:
        values["customer"] = _id(_customer(account, system, given["customer"]))
    action = "update" if payment else "create"
    with _attempt(f"Could not {action} payment"):
        saved = (
            payments.edit(account, payment, _merged(payment, values))
            if payment
            else payments.create(account, values)
        )
    _remap(account, "payment", saved, system, given)
    return action, saved


def _end_payment(account: Account, payment: Record | None, given: Record) -> Result:
    if payment is None or (given.get("voided") and payment["voided"]):
        return None, payment
    if given.get("voided"):
        return "void", payments.void(account, payment)
    payments.delete(account, payment)
    return "delete", payment


def _rows(account: Account, system: str, given: Any) -> tuple[list[Record], Decimal]:
    """The applications to known documents, and what of them is cash."""
    rows = [_row(account, system, one) for one in given]
    known = [one for one in rows if one is not None]
    cash = total(one["amount"] for one in known if one["type"] not in payments.NON_CASH)
    return known, cash


def _row(account: Account, system: str, given: Mapping[str, Any]) -> Record | None:
    amount = cents(number_of(given, "amount"))
    row: Record = {"type": given.get("type") or "invoice", "amount": amount}
    for name, kind in KINDS.items():
        if given.get(name) is not None:
            document, _ = _found_document(account, system, kind, given[name])
            if document is None:
                return None
            row[name] = document["id"]
    return row | ({"document_type": given["document_type"]} if given.get("document_type") else {})


_IMPORTS: Mapping[str, Callable[[Account, str, Record], Result]] = {
    "customers": _customer,
    "invoices": partial(_document, INVOICES),
    "credit_notes": partial(_document, CREDIT_NOTES),
    "payments": _payment,
}
