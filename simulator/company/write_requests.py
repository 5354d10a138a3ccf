"""The requests that write: their grammar and age, from qbXML 13.0 as in ``requests``.

Left out on purpose, and so refused: macros, card data of Intuit's merchant service
(CreditCardTxnInfo), and what only the old SDK of QuickBooks Online knew (TxnLineDetail).
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
    Particle,
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
_TXN_VOIDS = (
    "ARRefundCreditCard", "Bill", "BillPaymentCheck", "BillPaymentCreditCard", "Charge", "Check",
    "CreditCardCharge", "CreditCardCredit", "CreditMemo", "Deposit", "InventoryAdjustment",
    "Invoice", "ItemReceipt", "JournalEntry", "SalesReceipt", "VendorCredit",
)  # fmt: skip
METHOD_TYPES = (
    "AmericanExpress", "Cash", "Check", "DebitCard", "Discover", "ECheck", "GiftCard",
    "MasterCard", "Other", "OtherCreditCard", "Visa",
)  # fmt: skip

_INCLUDE = many("IncludeRetElement", text(50), (4, 0))
_NAME, _ACCOUNT = 209, 159


def _applied_to(name: str, *, many_needed: bool) -> Element:
    credit = (
        need("CreditTxnID", ID),
        maybe("TxnLineID", ID),
        need("AppliedAmount", AMOUNT),
        maybe("Override", BOOL, (10, 0)),
    )
    parts = (
        need("TxnID", ID),
        maybe("PaymentAmount", AMOUNT),
        Element("SetCredit", content=Sequence(credit), most=None),
        maybe("DiscountAmount", AMOUNT),
        reference("DiscountAccountRef", _ACCOUNT),
        reference("DiscountClassRef", _ACCOUNT, since=(11, 0)),
    )
    return Element(name, content=Sequence(parts), least=int(many_needed), most=None)


def _payment(*, customer_needed: bool) -> tuple[Particle, ...]:
    """What a new payment and a changed one have in common."""
    return (
        reference("CustomerRef", _NAME, needed=customer_needed),
        reference("ARAccountRef", _ACCOUNT),
        maybe("TxnDate", DATE),
        maybe("RefNumber", text(20)),
        maybe("TotalAmount", AMOUNT),
        maybe("ExchangeRate", RATE, (8, 0)),
        reference("PaymentMethodRef", 31),
        maybe("Memo", text(4095)),
        reference("DepositToAccountRef", _ACCOUNT),
    )


WRITE_REQUESTS = (
    RequestType(
        "ReceivePaymentAddRq",
        "ReceivePaymentRet",
        Sequence(
            (
                body(
                    "ReceivePaymentAdd",
                    *_payment(customer_needed=True),
                    maybe("ExternalGUID", GUID, (9, 0)),
                    Choice(
                        (
                            need("IsAutoApply", BOOL),
                            _applied_to("AppliedToTxnAdd", many_needed=True),
                        ),
                        needed=True,
                    ),
                ),
                _INCLUDE,
            )
        ),
        since=(1, 1),
    ),
    RequestType(
        "ReceivePaymentModRq",
        "ReceivePaymentRet",
        Sequence(
            (
                body(
                    "ReceivePaymentMod",
                    need("TxnID", ID),
                    need("EditSequence", text(16)),
                    *_payment(customer_needed=False),
                    _applied_to("AppliedToTxnMod", many_needed=False),
                ),
                _INCLUDE,
            )
        ),
        since=(6, 0),
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
    RequestType(
        "TxnDelRq",
        "",
        Sequence((need("TxnDelType", one_of(*TXN_DELETIONS)), need("TxnID", ID))),
    ),
    RequestType(
        "TxnVoidRq",
        "",
        Sequence((need("TxnVoidType", one_of(*_TXN_VOIDS)), need("TxnID", ID))),
        since=(2, 0),
    ),
)
