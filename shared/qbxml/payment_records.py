"""The records of an answer about payments: which child is which field. See ``records``."""

from __future__ import annotations

from shared.qbxml import payment_responses as responses
from shared.qbxml.refs import Ref, read_full_name, read_ref, read_spare_ref
from shared.qbxml.shape import Element, Leaf, Node, Shape
from shared.qbxml.text import read_amount, read_date, read_flag, read_id, wall_clock

_APPLIED_TO_TXN = Shape(
    responses.AppliedToTxnRet,
    {
        "TxnID": Leaf("txn_id", read_id),
        "TxnType": Leaf("txn_type", str.strip),
        "TxnDate": Leaf("txn_date", read_date, spare=True),
        "RefNumber": Leaf("ref_number"),
        "BalanceRemaining": Leaf("balance_remaining", read_amount, spare=True),
        "Amount": Leaf("amount", read_amount),
        "DiscountAmount": Leaf("discount_amount", read_amount),
    },
)

RECEIVE_PAYMENT = Shape(
    responses.ReceivePaymentRet,
    {
        "TxnID": Leaf("txn_id", read_id),
        "TimeCreated": Leaf("time_created", wall_clock, spare=True),
        "TimeModified": Leaf("time_modified", wall_clock),
        "EditSequence": Leaf("edit_sequence", str.strip),
        "CustomerRef": Node("customer", read_ref),
        "ARAccountRef": Node("ar_account", read_spare_ref),
        "TxnDate": Leaf("txn_date", read_date),
        "RefNumber": Leaf("ref_number"),
        "TotalAmount": Leaf("total_amount", read_amount),
        "CurrencyRef": Node("currency", read_full_name),
        "PaymentMethodRef": Node("payment_method", read_full_name),
        "Memo": Leaf("memo"),
        "DepositToAccountRef": Node("deposit_to_account", read_spare_ref),
        "UnusedPayment": Leaf("unused_payment", read_amount),
        "UnusedCredits": Leaf("unused_credits", read_amount),
        "ExternalGUID": Leaf("external_guid", str.strip),
        "AppliedToTxnRet": Node("applied", _APPLIED_TO_TXN, repeats=True),
    },
)

ACCOUNT = Shape(
    responses.AccountRet,
    {
        "ListID": Leaf("list_id", read_id),
        "FullName": Leaf("full_name"),
        "IsActive": Leaf("is_active", read_flag),
        "AccountType": Leaf("account_type", str.strip),
        "SpecialAccountType": Leaf("special_account_type", str.strip),
        "CurrencyRef": Node("currency", read_full_name),
    },
)

PAYMENT_METHOD = Shape(
    responses.PaymentMethodRet,
    {
        "ListID": Leaf("list_id", read_id),
        "Name": Leaf("name"),
        "IsActive": Leaf("is_active", read_flag),
        "PaymentMethodType": Leaf("type", str.strip),
    },
)

ERROR_RECOVERY = Shape(
    responses.ErrorRecovery,
    {
        "TxnID": Leaf("txn_id", read_id),
        "ListID": Leaf("list_id", read_id),
        "TxnNumber": Leaf("txn_number", str.strip),
        "EditSequence": Leaf("edit_sequence", str.strip),
        "ExternalGUID": Leaf("external_guid", str.strip),
    },
)


def payment_document(element: Element) -> str:
    """What a person calls a payment that cannot be read."""
    customer = Ref(full_name=element.findtext("CustomerRef/FullName", ""))
    number = element.findtext("RefNumber", "")
    return responses.ReceivePaymentRet(ref_number=number, customer=customer).document


def account_document(element: Element) -> str:
    """What a person calls an account that cannot be read."""
    return f"Account {element.findtext('FullName', '')}".rstrip()


def payment_method_document(element: Element) -> str:
    """What a person calls a payment method that cannot be read."""
    return f"Payment method {element.findtext('Name', '')}".rstrip()
