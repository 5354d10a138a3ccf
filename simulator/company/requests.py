"""The requests that this QuickBooks knows: their grammar, attributes and age.

Written from the element order, lengths and types of qbXML 13.0, and kept apart from
Deskbridge's own tables on purpose: each checks the other. Left out, and so refused, is what
Deskbridge never asks for or sends: filters by name, amount, currency or account, deleted list
entries, changed, deleted and voided transactions, credits and discounts of a payment, applications
that QuickBooks chooses, macros, card data of Intuit's merchant service (CreditCardTxnInfo), and
what only the old SDK of QuickBooks Online knew (TxnLineDetail).
"""

from __future__ import annotations

from simulator.company.grammar import (
    AMOUNT,
    BOOL,
    COUNT,
    DATE,
    DATETIME,
    FIRST,
    GUID,
    ID,
    RATE,
    Choice,
    Element,
    Particle,
    RequestType,
    Sequence,
    Version,
    body,
    many,
    maybe,
    need,
    one_of,
    reference,
    some,
    text,
    within,
)

METADATA = ("NoMetaData", "MetaDataOnly", "MetaDataAndResponseData")
ITERATOR = ("Start", "Continue")
TXN_DELETIONS = (
    "ARRefundCreditCard", "Bill", "BillPaymentCheck", "BillPaymentCreditCard", "BuildAssembly",
    "Charge", "Check", "CreditCardCharge", "CreditCardCredit", "CreditMemo", "Deposit", "Estimate",
    "InventoryAdjustment", "Invoice", "ItemReceipt", "JournalEntry", "PurchaseOrder",
    "ReceivePayment", "SalesOrder", "SalesReceipt", "SalesTaxPaymentCheck", "TimeTracking",
    "TransferInventory", "VehicleMileage", "VendorCredit",
)  # fmt: skip
METHOD_TYPES = (
    "AmericanExpress", "Cash", "Check", "DebitCard", "Discover", "ECheck", "GiftCard",
    "MasterCard", "Other", "OtherCreditCard", "Visa",
)  # fmt: skip

_INCLUDE = many("IncludeRetElement", text(50), (4, 0))
_OWNER = many("OwnerID", GUID, (2, 0))
_MOST = maybe("MaxReturned", COUNT)
_MODIFIED = (maybe("FromModifiedDate", DATETIME), maybe("ToModifiedDate", DATETIME))
_TXN_FILTER = (
    _MOST,
    Choice(
        (
            within("ModifiedDateRangeFilter", *_MODIFIED),
            within("TxnDateRangeFilter", maybe("FromTxnDate", DATE), maybe("ToTxnDate", DATE)),
        )
    ),
    within("EntityFilter", some("ListID", ID)),
)
_LINES = maybe("IncludeLineItems", BOOL, (2, 0))
_LINKS = maybe("IncludeLinkedTxns", BOOL, (2, 0))
_PAID = maybe("PaidStatus", one_of("All", "PaidOnly", "NotPaidOnly", default=True))
_ACTIVE = maybe("ActiveStatus", one_of("ActiveOnly", "InactiveOnly", "All", default=True))
_DELETED = within(
    "DeletedDateRangeFilter", maybe("FromDeletedDate", DATETIME), maybe("ToDeletedDate", DATETIME)
)
_NAME, _ACCOUNT = 209, 159  # the lengths of their full names
_APPLIED_TO = Element(
    "AppliedToTxnAdd",
    content=Sequence((need("TxnID", ID), maybe("PaymentAmount", AMOUNT))),
    least=1,
    most=None,
)


def _txn(*filters: Particle) -> Choice:
    return Choice((some("TxnID", ID), some("RefNumber", text()), Sequence(_TXN_FILTER + filters)))


def _list(*filters: Particle) -> Choice:
    return Choice((some("ListID", ID), some("FullName", text()), Sequence(filters)))


def _query(
    about: str,
    *parts: Particle,
    metadata: bool = True,
    iterator: bool = False,
    since: Version = FIRST,
) -> RequestType:
    return RequestType(f"{about}QueryRq", Sequence(parts), metadata, iterator, since)


def _add(about: str, *fields: Particle, since: Version = FIRST) -> RequestType:
    return RequestType(
        f"{about}AddRq", Sequence((body(f"{about}Add", *fields), _INCLUDE)), since=since
    )


REQUESTS = {
    request.name: request
    for request in (
        _query("Host", _INCLUDE, metadata=False),
        _query("Company", _INCLUDE, _OWNER, metadata=False),
        _query("Preferences", _INCLUDE, metadata=False),
        _query("Customer", _list(_MOST, _ACTIVE, *_MODIFIED), _INCLUDE, _OWNER, iterator=True),
        _query("Invoice", _txn(_PAID), _LINES, _LINKS, _INCLUDE, _OWNER, iterator=True),
        _query("CreditMemo", _txn(), _LINES, _LINKS, _INCLUDE, _OWNER, iterator=True),
        _query("ReceivePayment", _txn(), _LINES, _INCLUDE, _OWNER, iterator=True),
        _query("Account", _list(_ACTIVE), _INCLUDE, _OWNER),
        _query("PaymentMethod", _list(_ACTIVE), _INCLUDE),
        _query(
            "TxnDeleted",
            some("TxnDelType", one_of(*TXN_DELETIONS)),
            _DELETED,
            _INCLUDE,
            since=(2, 0),
        ),
        _add(
            "ReceivePayment",
            reference("CustomerRef", _NAME, needed=True),
            reference("ARAccountRef", _ACCOUNT),
            maybe("TxnDate", DATE),
            maybe("RefNumber", text(20)),
            maybe("TotalAmount", AMOUNT),
            maybe("ExchangeRate", RATE, (8, 0)),
            reference("PaymentMethodRef", 31),
            maybe("Memo", text(4095)),
            reference("DepositToAccountRef", _ACCOUNT),
            maybe("ExternalGUID", GUID, (9, 0)),
            Choice((need("IsAutoApply", BOOL), _APPLIED_TO), needed=True),
            since=(1, 1),
        ),
        _add(
            "PaymentMethod",
            need("Name", text(31)),
            maybe("IsActive", BOOL),
            maybe("PaymentMethodType", one_of(*METHOD_TYPES), (7, 0)),
        ),
    )
}
