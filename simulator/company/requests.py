"""The requests that this QuickBooks knows: their grammar, attributes and age.

Written from the element order, lengths and types of qbXML 13.0, and kept apart from
Deskbridge's own tables on purpose: each checks the other. Left out, and so refused, is what
Deskbridge never asks for: filters by name, amount, currency or account, and deleted list entries.
"""

from __future__ import annotations

from simulator.company.grammar import (
    BOOL,
    COUNT,
    DATE,
    DATETIME,
    GUID,
    ID,
    Choice,
    Particle,
    RequestType,
    Sequence,
    many,
    maybe,
    one_of,
    some,
    text,
    within,
)
from simulator.company.write_requests import TXN_DELETIONS, WRITE_REQUESTS

METADATA = ("NoMetaData", "MetaDataOnly", "MetaDataAndResponseData")
ITERATOR = ("Start", "Continue")


_INCLUDE = many("IncludeRetElement", text(50), (4, 0))
_OWNER = many("OwnerID", GUID, (2, 0))
_TXN_FILTER = (
    maybe("MaxReturned", COUNT),
    Choice(
        (
            within(
                "ModifiedDateRangeFilter",
                maybe("FromModifiedDate", DATETIME),
                maybe("ToModifiedDate", DATETIME),
            ),
            within("TxnDateRangeFilter", maybe("FromTxnDate", DATE), maybe("ToTxnDate", DATE)),
        )
    ),
    within("EntityFilter", some("ListID", ID)),
)


def _txn(*filters: Particle) -> Choice:
    return Choice((some("TxnID", ID), some("RefNumber", text()), Sequence(_TXN_FILTER + filters)))


def _list(first: tuple[Particle, ...] = (), last: tuple[Particle, ...] = ()) -> Choice:
    active = maybe("ActiveStatus", one_of("ActiveOnly", "InactiveOnly", "All", default=True))
    return Choice((some("ListID", ID), some("FullName", text()), Sequence((*first, active, *last))))


def _changed_in_list() -> Choice:
    return _list(
        (maybe("MaxReturned", COUNT),),
        (maybe("FromModifiedDate", DATETIME), maybe("ToModifiedDate", DATETIME)),
    )


_LINES = maybe("IncludeLineItems", BOOL, (2, 0))
_LINKS = maybe("IncludeLinkedTxns", BOOL, (2, 0))
_PAID = maybe("PaidStatus", one_of("All", "PaidOnly", "NotPaidOnly", default=True))
_DELETED = within(
    "DeletedDateRangeFilter", maybe("FromDeletedDate", DATETIME), maybe("ToDeletedDate", DATETIME)
)

REQUESTS = {
    request.name: request
    for request in (
        RequestType("HostQueryRq", "HostRet", Sequence((_INCLUDE,))),
        RequestType("CompanyQueryRq", "CompanyRet", Sequence((_INCLUDE, _OWNER))),
        RequestType("PreferencesQueryRq", "PreferencesRet", Sequence((_INCLUDE,))),
        RequestType(
            "CustomerQueryRq",
            "CustomerRet",
            Sequence((_changed_in_list(), _INCLUDE, _OWNER)),
            metadata=True,
            iterator=True,
        ),
        RequestType(
            "InvoiceQueryRq",
            "InvoiceRet",
            Sequence((_txn(_PAID), _LINES, _LINKS, _INCLUDE, _OWNER)),
            metadata=True,
            iterator=True,
        ),
        RequestType(
            "CreditMemoQueryRq",
            "CreditMemoRet",
            Sequence((_txn(), _LINES, _LINKS, _INCLUDE, _OWNER)),
            metadata=True,
            iterator=True,
        ),
        RequestType(
            "ReceivePaymentQueryRq",
            "ReceivePaymentRet",
            Sequence((_txn(), _LINES, _INCLUDE, _OWNER)),
            metadata=True,
            iterator=True,
        ),
        RequestType(
            "AccountQueryRq", "AccountRet", Sequence((_list(), _INCLUDE, _OWNER)), metadata=True
        ),
        RequestType(
            "PaymentMethodQueryRq", "PaymentMethodRet", Sequence((_list(), _INCLUDE)), metadata=True
        ),
        RequestType(
            "TxnDeletedQueryRq",
            "TxnDeletedRet",
            Sequence((some("TxnDelType", one_of(*TXN_DELETIONS)), _DELETED, _INCLUDE)),
            metadata=True,
            since=(2, 0),
        ),
        *WRITE_REQUESTS,
    )
}
