"""The elements of each request, in the order that QuickBooks wants them.

The order is the one of qbxmlops130.xsd; ``schema/requests.rng`` checks it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from shared.qbxml.requests import (
    AccountQuery,
    AppliedToTxn,
    CompanyQuery,
    Continue,
    CustomerQuery,
    EntityFilter,
    HostQuery,
    InvoiceQuery,
    Iterator,
    ListDeletedQuery,
    Metadata,
    PaymentMethodAdd,
    PaymentMethodQuery,
    PreferencesQuery,
    ReceivePaymentAdd,
    ReceivePaymentQuery,
    Request,
    Start,
    Stop,
    TxnDeletedQuery,
)
from shared.qbxml.text import write_amount

# An element: its name, and its text or its children.
Node: TypeAlias = "tuple[str, str | list[Node]]"


def body(request: Request) -> list[Node]:
    """The children of the request's element; its amounts are those that ``rules`` let pass."""
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


def _receive_payment_query(query: ReceivePaymentQuery) -> list[Node]:
    return [
        *_each("TxnID", query.txn_ids),
        *_each("RefNumber", query.ref_numbers),
        *_one("MaxReturned", query.max_returned),
        *_range("ModifiedDateRangeFilter", "ModifiedDate", query.from_modified, query.to_modified),
        *_range("TxnDateRangeFilter", "TxnDate", query.from_date, query.to_date),
        *_entity(query.entity),
        *_one("IncludeLineItems", "true" if query.include_lines else ""),
        *_each("IncludeRetElement", query.include),
    ]


def _account(query: AccountQuery) -> list[Node]:
    return [
        *_one("ActiveStatus", query.active_status),
        *_each("AccountType", query.types),
        *_each("IncludeRetElement", query.include),
    ]


def _payment_method(query: PaymentMethodQuery) -> list[Node]:
    return [
        *_one("ActiveStatus", query.active_status),
        *_each("IncludeRetElement", query.include),
    ]


def _receive_payment_add(payment: ReceivePaymentAdd) -> list[Node]:
    return [
        (
            "ReceivePaymentAdd",
            [
                # Written even when empty, so that the schema misses its text and names it.
                ("CustomerRef", [("ListID", payment.customer_list_id)]),
                *_ref("ARAccountRef", payment.ar_account_list_id),
                *_one("TxnDate", str(payment.txn_date or "")),
                *_one("RefNumber", payment.ref_number),
                _amount("TotalAmount", payment.total_amount),
                *_ref("PaymentMethodRef", payment.payment_method_list_id),
                *_one("Memo", payment.memo),
                *_ref("DepositToAccountRef", payment.deposit_to_account_list_id),
                *_one("ExternalGUID", payment.external_guid),
                *_one("IsAutoApply", "false" if payment.unapplied else ""),
                *map(_applied, payment.applied),
            ],
        )
    ]


def _applied(use: AppliedToTxn) -> Node:
    return (
        "AppliedToTxnAdd",
        [("TxnID", use.txn_id), _amount("PaymentAmount", use.payment_amount)],
    )


def _payment_method_add(entry: PaymentMethodAdd) -> list[Node]:
    return [
        ("PaymentMethodAdd", [("Name", entry.method), *_one("PaymentMethodType", entry.type)]),
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


def _ref(name: str, list_id: str) -> list[Node]:
    return [(name, [("ListID", list_id)])] if list_id else []


def _amount(name: str, amount: Decimal) -> Node:
    return (name, write_amount(amount))


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
    ReceivePaymentQuery: _receive_payment_query,
    AccountQuery: _account,
    PaymentMethodQuery: _payment_method,
    TxnDeletedQuery: _txn_deleted,
    ListDeletedQuery: _list_deleted,
    ReceivePaymentAdd: _receive_payment_add,
    PaymentMethodAdd: _payment_method_add,
}
