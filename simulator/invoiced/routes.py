"""The endpoints: which method and path does what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any
from zlib import crc32

from shared.structs import Value
from simulator.invoiced import customers, documents, payments
from simulator.invoiced.account import Account, Record
from simulator.invoiced.documents import CREDIT_NOTES, INVOICES, DocumentKind
from simulator.invoiced.errors import ApiError, not_found
from simulator.invoiced.fields import MAPPING_PARAMETERS, PAYMENT, check_known
from simulator.invoiced.importing import import_record, map_record, sync_status
from simulator.invoiced.lists import Page, Pages, shaped
from simulator.invoiced.showing import SINGULAR, shown

NAMES = {name: name.replace("_", " ").title() for name in SINGULAR.values()}
PAYMENT_PARAMETERS = (*PAYMENT, "attachments", "accounting_system", "accounting_id")


class Call(Value):
    """A request that was understood: what is in its path, query and body."""

    account: Account
    url: str
    query: Record
    body: Record
    pages: Pages
    ids: tuple[int, ...] = ()

    def record(self, kind: str, place: int = 0) -> Record:
        """The record that the path names. Raises ApiError 404."""
        found = self.account.get(kind, self.ids[place])
        if found is None:
            raise not_found(NAMES[SINGULAR[kind]], self.ids[place])
        return found

    def show(self, kind: str, record: Record) -> Record:
        """The record as this request wants it."""
        return shaped(self.account, kind, record, self.query)

    def page(self, kind: str, among: Iterable[Record]) -> Page:
        """The page of records that this request wants."""
        return self.pages.page(self.account, kind, self.query, self.url, among)


Answered = tuple[int, Any]  # a status, and what is its body: JSON, a Page, or None
Handle = Callable[[Call], Answered]
Handles = Mapping[str, Handle]  # by method
Create = Callable[[Account, Record], Record]
Edit = Callable[[Account, Record, Record], Record]


def find_route(method: str, path: str) -> tuple[Handle, tuple[int, ...]]:
    """What answers a request, and the IDs in its path. Raises ApiError 404 or 405."""
    known = False
    for pattern, methods in _PATHS:
        if match := pattern.fullmatch(path):
            known = True
            if method in methods:
                return methods[method], tuple(int(one) for one in match.groups())
    if known:
        raise ApiError(f"Method not allowed: {method} {path}", status=405)
    raise ApiError(f"Request was not recognized: {method} {path}", status=404)


def _list(kind: str, call: Call) -> Answered:
    return 200, call.page(kind, call.account.all(kind))


def _retrieve(kind: str, call: Call) -> Answered:
    return 200, call.show(kind, call.record(kind))


def _create(create: Create, kind: str, call: Call) -> Answered:
    if kind == "payments":
        check_known(call.body, PAYMENT_PARAMETERS)
    made = create(call.account, call.body)
    map_record(call.account, SINGULAR[kind], made, call.body)
    return 201, call.show(kind, made)


def _edit(edit: Edit, kind: str, call: Call) -> Answered:
    """Change a record; an accounting ID alone changes nothing else, but for a payment."""
    if kind == "payments":
        check_known(call.body, PAYMENT_PARAMETERS)
    record = call.record(kind)
    if kind == "payments" or call.body.keys() - set(MAPPING_PARAMETERS):
        record = edit(call.account, record, call.body)
    map_record(call.account, SINGULAR[kind], record, call.body)
    return 200, call.show(kind, record)


def _void_document(kind: DocumentKind, call: Call) -> Answered:
    voided = documents.void(call.account, kind, call.record(kind.table))
    return 200, call.show(kind.table, voided)


def _delete_document(kind: DocumentKind, call: Call) -> Answered:
    documents.delete(call.account, kind, call.record(kind.table))
    return 204, None


def _list_lines(kind: DocumentKind, call: Call) -> Answered:
    return 200, call.record(kind.table)["items"]


def _import(kind: str, call: Call) -> Answered:
    action, record = import_record(call.account, kind, call.body)
    known = shown(call.account, kind, record) if record else None
    return 200, {"action": action, "object": known}


def _tell_sync_status(kind: str, call: Call) -> Answered:
    return 200, sync_status(call.account, SINGULAR[kind], call.record(kind))


def _company(call: Call) -> Answered:
    profile = call.account.profile
    return 200, {
        "id": crc32(profile.key.encode()),  # each account has one of its own
        "name": profile.name,
        "username": "harborvale",
        "currency": profile.currency,
        "country": profile.country,
        "time_zone": profile.time_zone,
        "test_mode": True,
    }


def _settings(_call: Call) -> Answered:
    return 200, {
        "auto_apply_credits": False,
        "payment_terms": None,
        "default_customer_type": "company",
        "default_collection_mode": "manual",
    }


def _delete_customer(call: Call) -> Answered:
    customers.delete(call.account, call.record("customers"))
    return 204, None


def _merge_customers(call: Call) -> Answered:
    merged = customers.merge(call.account, call.record("customers"), call.body.get("customer"))
    return 200, call.show("customers", merged)


def _contacts(call: Call) -> Answered:
    customer = call.record("customers")
    there = call.account.find("contacts", "customer", customer["id"])
    return 200, call.page("contacts", there)


def _contact(call: Call) -> Record:
    contact = call.record("contacts", 1)
    if contact["customer"] != call.record("customers")["id"]:
        raise not_found("Contact", contact["id"])
    return contact


def _create_contact(call: Call) -> Answered:
    made = customers.save_contact(call.account, call.record("customers"), call.body)
    return 201, call.show("contacts", made)


def _edit_contact(call: Call) -> Answered:
    customer, contact = call.record("customers"), _contact(call)
    kept = customers.save_contact(call.account, customer, call.body, contact)
    return 200, call.show("contacts", kept)


def _delete_contact(call: Call) -> Answered:
    customers.delete_contact(call.account, _contact(call))
    return 204, None


def _void_payment(call: Call) -> Answered:
    return 200, call.show("payments", payments.void(call.account, call.record("payments")))


def _charge(call: Call) -> Answered:
    return 201, call.show("payments", payments.charge(call.account, call.body))


def _refund(call: Call) -> Answered:
    made = payments.refund(call.account, call.record("charges"), call.body)
    return 201, call.show("refunds", made)


def _events(call: Call) -> Answered:
    """Newest first; ``type`` is a kind of object, ``related_to`` such as ``invoice,1001``."""
    found = call.account.all("events")
    if kind := call.query.get("type"):
        found = [one for one in found if one["type"].partition(".")[0] == kind]
    name, _, id_ = str(call.query.get("related_to") or "").partition(",")
    if id_:
        found = [one for one in found if _is_about(one["data"]["object"], name, id_)]
    query = {"sort": "id desc", **call.query}
    return 200, call.pages.page(call.account, "events", query, call.url, found)


def _event(call: Call) -> Answered:
    found = call.account.get("events", call.ids[0])
    if found is None:
        raise not_found("Event", call.ids[0])
    return 200, found


def _is_about(value: Record, name: str, id_: str) -> bool:
    own = value["object"] == name and str(value["id"]) == id_
    return own or str(value.get(name)) == id_


def _routes_of(kind: str, create: Create, edit: Edit, delete: Handle) -> dict[str, Handles]:
    """The endpoints that customers, documents and payments have."""
    return {
        f"/{kind}": {"GET": partial(_list, kind), "POST": partial(_create, create, kind)},
        f"/{kind}/#": {
            "GET": partial(_retrieve, kind),
            "PATCH": partial(_edit, edit, kind),
            "DELETE": delete,
        },
        f"/{kind}/accounting_sync": {"POST": partial(_import, kind)},
        f"/{kind}/#/accounting_sync_status": {"GET": partial(_tell_sync_status, kind)},
    }


def _routes_of_documents(kind: DocumentKind) -> dict[str, Handles]:
    """The endpoints of invoices, or of credit notes."""

    def create(account: Account, given: Record) -> Record:
        return documents.create(account, kind, given)

    def edit(account: Account, document: Record, given: Record) -> Record:
        return documents.edit(account, kind, document, given)

    return {
        **_routes_of(kind.table, create, edit, partial(_delete_document, kind)),
        f"/{kind.table}/#/void": {"POST": partial(_void_document, kind)},
        f"/{kind.table}/#/line_items": {"GET": partial(_list_lines, kind)},
    }


_ROUTES: Mapping[str, Handles] = {
    "/companies/current": {"GET": _company},
    "/settings/accounts_receivable": {"GET": _settings},
    **_routes_of("customers", customers.create, customers.edit, _delete_customer),
    "/customers/#/balance": {
        "GET": lambda call: (200, customers.balance(call.account, call.record("customers")))
    },
    "/customers/#/merge": {"POST": _merge_customers},
    "/customers/#/contacts": {"GET": _contacts, "POST": _create_contact},
    "/customers/#/contacts/#": {
        "GET": lambda call: (200, call.show("contacts", _contact(call))),
        "PATCH": _edit_contact,
        "DELETE": _delete_contact,
    },
    **_routes_of_documents(INVOICES),
    **_routes_of_documents(CREDIT_NOTES),
    **_routes_of("payments", payments.create, payments.edit, _void_payment),
    "/charges": {"GET": partial(_list, "charges"), "POST": _charge},
    "/charges/#": {"GET": partial(_retrieve, "charges")},
    "/charges/#/refunds": {"POST": _refund},
    "/refunds": {"GET": partial(_list, "refunds")},
    "/events": {"GET": _events},
    "/events/#": {"GET": _event},
}
_PATHS = [(re.compile(path.replace("#", r"(\d+)")), handles) for path, handles in _ROUTES.items()]
