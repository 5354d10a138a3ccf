"""The requests that write: their grammar and age, from qbXML 13.0 as in ``requests``.

Left out on purpose, and so refused: what Deskbridge never sends (changed, deleted and voided
transactions, credits and discounts of a payment, applications that QuickBooks chooses), macros,
card data of Intuit's merchant service (CreditCardTxnInfo), and what only the old SDK of QuickBooks
Online knew (TxnLineDetail).
"""

from __future__ import annotations

from simulator.company.grammar import (
    AMOUNT,
    BOOL,
    DATE,
    GUID,
    ID,
    RATE,
    Choice,
    Element,
    RequestType,
    Sequence,
    body,
    many,
    maybe,
    need,
    one_of,
    reference,
    text,
)

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
_NAME, _ACCOUNT = 209, 159


_APPLIED_TO = Element(
    "AppliedToTxnAdd",
    content=Sequence((need("TxnID", ID), maybe("PaymentAmount", AMOUNT))),
    least=1,
    most=None,
)

WRITE_REQUESTS = (
    RequestType(
        "ReceivePaymentAddRq",
        "ReceivePaymentRet",
        Sequence(
            (
                body(
                    "ReceivePaymentAdd",
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
                ),
                _INCLUDE,
            )
        ),
        since=(1, 1),
    ),
    RequestType(
        "PaymentMethodAddRq",
        "PaymentMethodRet",
        Sequence(
            (
                body(
                    "PaymentMethodAdd",
                    need("Name", text(31)),
                    maybe("IsActive", BOOL),
                    maybe("PaymentMethodType", one_of(*METHOD_TYPES), (7, 0)),
                ),
                _INCLUDE,
            )
        ),
    ),
)
