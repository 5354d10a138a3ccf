"""The elements of each request, in the order that QuickBooks wants them.

The order is the one of qbxmlops130.xsd; ``schema/requests.rng`` checks it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, TypeAlias

from shared.qbxml.requests import (
    CompanyQuery,
    Continue,
    CustomerQuery,
    EntityFilter,
    HostQuery,
    InvoiceQuery,
    Iterator,
    ListDeletedQuery,
    Metadata,
    PreferencesQuery,
    Request,
    Start,
    Stop,
    TxnDeletedQuery,
)

# An element: its name, and its text or its children.
Node: TypeAlias = "tuple[str, str | list[Node]]"


def body(request: Request) -> list[Node]:
    """The children of the request's element."""
    return _BODIES[type(request)](request)


def attributes(request: Request) -> dict[str, str]:
    """The attributes of the request's element."""
    found = {"requestID": request.request_id}
    metadata = getattr(request, "metadata", Metadata.NONE)
    if metadata is not Metadata.NONE:
        found["metaData"] = metadata.value
    return found | _iterator(getattr(request, "iterator", None))


def _iterator(step: Iterator | None) -> dict[str, str]:
    match step:
        case None:
            return {}
        case Start():
            return {"iterator": "Start"}
        case Continue(iterator_id):
            return {"iterator": "Continue", "iteratorID": iterator_id}
        case Stop(iterator_id):
            return {"iterator": "Stop", "iteratorID": iterator_id}


def _nothing(_: HostQuery | PreferencesQuery) -> list[Node]:
    return []


def _company(query: CompanyQuery) -> list[Node]:
    return _one("OwnerID", query.owner_id)


def _customer(query: CustomerQuery) -> list[Node]:
    return [
        *_each("ListID", query.list_ids),
        *_each("FullName", query.full_names),
        *_one("MaxReturned", query.max_returned),
        *_one("ActiveStatus", query.active_status),
        *_one("FromModifiedDate", query.from_modified),
        *_one("ToModifiedDate", query.to_modified),
        *_each("IncludeRetElement", query.include),
        *_each("OwnerID", query.owner_ids),
    ]


def _invoice(query: InvoiceQuery) -> list[Node]:
    return [
        *_each("TxnID", query.txn_ids),
        *_each("RefNumber", query.ref_numbers),
        *_one("MaxReturned", query.max_returned),
        *_range("ModifiedDateRangeFilter", "ModifiedDate", query.from_modified, query.to_modified),
        *_range("TxnDateRangeFilter", "TxnDate", query.from_date, query.to_date),
        *_entity(query.entity),
        *_one("PaidStatus", query.paid_status),
        *_one("IncludeLineItems", "true" if query.include_lines else ""),
        *_one("IncludeLinkedTxns", "true" if query.include_links else ""),
        *_each("IncludeRetElement", query.include),
        *_each("OwnerID", query.owner_ids),
    ]


def _entity(entity: EntityFilter | None) -> list[Node]:
    if entity is None:
        return []
    below = _one("ListIDWithChildren", entity.list_id_with_children)
    return [("EntityFilter", [*_each("ListID", entity.list_ids), *below])]


def _txn_deleted(query: TxnDeletedQuery) -> list[Node]:
    return [
        *_each("TxnDelType", query.types),
        *_range("DeletedDateRangeFilter", "DeletedDate", query.from_deleted, query.to_deleted),
    ]


def _list_deleted(query: ListDeletedQuery) -> list[Node]:
    return [
        *_each("ListDelType", query.types),
        *_range("DeletedDateRangeFilter", "DeletedDate", query.from_deleted, query.to_deleted),
    ]


def _one(name: str, value: str | int | None) -> list[Node]:
    return [] if value is None or value == "" else [(name, str(value))]


def _each(name: str, values: Iterable[str]) -> list[Node]:
    return [(name, value) for value in values]


def _range(
    wrapper: str, name: str, first: str | date | None, last: str | date | None
) -> list[Node]:
    ends = [*_one(f"From{name}", str(first or "")), *_one(f"To{name}", str(last or ""))]
    return [(wrapper, ends)] if ends else []


_BODIES: Mapping[type[Request], Callable[[Any], list[Node]]] = {
    HostQuery: _nothing,
    CompanyQuery: _company,
    PreferencesQuery: _nothing,
    CustomerQuery: _customer,
    InvoiceQuery: _invoice,
    TxnDeletedQuery: _txn_deleted,
    ListDeletedQuery: _list_deleted,
}
