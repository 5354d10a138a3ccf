"""The requests that this QuickBooks knows: their grammar, attributes and age.

Written from the element order, lengths and types of qbXML 13.0, and kept apart from
Deskbridge's own tables on purpose: each checks the other.
"""

from __future__ import annotations

from simulator.company.grammar import (
    AMOUNT,
    BOOL,
    COUNT,
    DATE,
    DATETIME,
    GUID,
    ID,
    Choice,
    Element,
    Particle,
    RequestType,
    Sequence,
    many,
    maybe,
    need,
    one_of,
    some,
    text,
    within,
)
from simulator.company.write_requests import METHOD_TYPES, TXN_DELETIONS, WRITE_REQUESTS

_LIST_DELETIONS = (
    "Account", "BillingRate", "Class", "Currency", "Customer", "CustomerMsg", "CustomerType",
    "DateDrivenTerms", "Employee", "InventorySite", "ItemDiscount", "ItemFixedAsset", "ItemGroup",
    "ItemInventory", "ItemInventoryAssembly", "ItemNonInventory", "ItemOtherCharge", "ItemPayment",
    "ItemSalesTax", "ItemSalesTaxGroup", "ItemService", "ItemSubtotal", "JobType", "OtherName",
    "PaymentMethod", "PayrollItemNonWage", "PayrollItemWage", "PriceLevel", "SalesRep",
    "SalesTaxCode", "ShipMethod", "StandardTerms", "ToDo", "UnitOfMeasureSet", "Vehicle", "Vendor",
    "VendorType", "WorkersCompCode",
)  # fmt: skip
_ACCOUNT_TYPES = (
    "AccountsPayable", "AccountsReceivable", "Bank", "CostOfGoodsSold", "CreditCard", "Equity",
    "Expense", "FixedAsset", "Income", "LongTermLiability", "NonPosting", "OtherAsset",
    "OtherCurrentAsset", "OtherCurrentLiability", "OtherExpense", "OtherIncome",
)  # fmt: skip
METADATA = ("NoMetaData", "MetaDataOnly", "MetaDataAndResponseData")
ITERATOR = ("Start", "Continue", "Stop")


_INCLUDE = many("IncludeRetElement", text(50), (4, 0))
_OWNER = many("OwnerID", GUID, (2, 0))
_MATCH = need("MatchCriterion", one_of("StartsWith", "Contains", "EndsWith"))
_BY_LIST = Choice(
    (
        some("ListID", ID),
        some("FullName", text()),
        Element("ListIDWithChildren", ID, least=1, since=(2, 0)),
        Element("FullNameWithChildren", text(), least=1, since=(2, 0)),
    ),
    needed=True,
)
_CURRENCY = within(
    "CurrencyFilter",
    Choice((some("ListID", ID), some("FullName", text(64))), needed=True),
    since=(8, 0),
)
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
    within("EntityFilter", _BY_LIST),
    within("AccountFilter", _BY_LIST),
    Choice(
        (
            within("RefNumberFilter", _MATCH, need("RefNumber", text())),
            within(
                "RefNumberRangeFilter",
                maybe("FromRefNumber", text()),
                maybe("ToRefNumber", text()),
            ),
        )
    ),
    _CURRENCY,
)
_LIST_FILTER = (
    maybe("MaxReturned", COUNT),
    maybe("ActiveStatus", one_of("ActiveOnly", "InactiveOnly", "All", default=True)),
    maybe("FromModifiedDate", DATETIME),
    maybe("ToModifiedDate", DATETIME),
    Choice(
        (
            within("NameFilter", _MATCH, need("Name", text())),
            within("NameRangeFilter", maybe("FromName", text()), maybe("ToName", text())),
        )
    ),
)


def _txn(*filters: Particle) -> Choice:
    return Choice(
        (
            some("TxnID", ID),
            some("RefNumber", text()),
            some("RefNumberCaseSensitive", text(), (4, 0)),
            Sequence(_TXN_FILTER + filters),
        )
    )


def _list(*filters: Particle) -> Choice:
    options = (some("ListID", ID), some("FullName", text()), Sequence(_LIST_FILTER + filters))
    return Choice(options)


def _deleted(kind: str, kinds: tuple[str, ...]) -> Sequence:
    dates = within(
        "DeletedDateRangeFilter",
        maybe("FromDeletedDate", DATETIME),
        maybe("ToDeletedDate", DATETIME),
    )
    return Sequence((some(kind, one_of(*kinds)), dates, _INCLUDE))


_LINES = maybe("IncludeLineItems", BOOL, (2, 0))
_LINKS = maybe("IncludeLinkedTxns", BOOL, (2, 0))
_PAID = maybe("PaidStatus", one_of("All", "PaidOnly", "NotPaidOnly", default=True))
_BALANCE = within(
    "TotalBalanceFilter",
    need(
        "Operator",
        one_of("LessThan", "LessThanEqual", "Equal", "GreaterThan", "GreaterThanEqual"),
    ),
    need("Amount", AMOUNT),
)

REQUESTS = {
    request.name: request
    for request in (
        RequestType(
            "HostQueryRq",
            "HostRet",
            Sequence((within("IncludeListMetaData", need("IncludeMaxCapacity", BOOL)), _INCLUDE)),
        ),
        RequestType("CompanyQueryRq", "CompanyRet", Sequence((_INCLUDE, _OWNER))),
        RequestType("PreferencesQueryRq", "PreferencesRet", Sequence((_INCLUDE,))),
        RequestType(
            "CustomerQueryRq",
            "CustomerRet",
            Sequence((_list(_BALANCE, _CURRENCY), _INCLUDE, _OWNER)),
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
            "AccountQueryRq",
            "AccountRet",
            Sequence(
                (_list(many("AccountType", one_of(*_ACCOUNT_TYPES)), _CURRENCY), _INCLUDE, _OWNER)
            ),
            metadata=True,
        ),
        RequestType(
            "PaymentMethodQueryRq",
            "PaymentMethodRet",
            Sequence((_list(many("PaymentMethodType", one_of(*METHOD_TYPES), (7, 0))), _INCLUDE)),
            metadata=True,
        ),
        RequestType(
            "TxnDeletedQueryRq",
            "TxnDeletedRet",
            _deleted("TxnDelType", TXN_DELETIONS),
            metadata=True,
            since=(2, 0),
        ),
        RequestType(
            "ListDeletedQueryRq",
            "ListDeletedRet",
            _deleted("ListDelType", _LIST_DELETIONS),
            metadata=True,
            since=(2, 0),
        ),
        *WRITE_REQUESTS,
    )
}
