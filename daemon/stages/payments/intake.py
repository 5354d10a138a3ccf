"""From what QuickBooks sent to what Payment Sync works with: pure, one record at a time.

A payment that is to be kept is read whole, or it becomes a Trouble with its number; where the
question is only whether a payment of ours is there, its record is taken as it came. Runs where
answers are read, outside of any transaction. Meaning of the
fields: Intuit, Onscreen Reference for Intuit Software Development Kits.
"""

from __future__ import annotations

from decimal import Decimal

from daemon.stages.payments.plan import Step
from daemon.stages.troubles import trouble
from shared.models.convert import money
from shared.qbxml.payment_responses import (
    AccountRet,
    AppliedToTxnRet,
    ErrorRecovery,
    PaymentMethodRet,
    ReceivePaymentRet,
)
from shared.qbxml.responses import BadRecord, CustomerRet, InvoiceRet, Ret, TxnDeletedRet
from shared.rules.currencies import currency_code
from shared.rules.payments.values import ZERO, ListEntry, ListKind, ReceivedPayment, ReceivedUse
from shared.rules.values import RecordKind, Trouble
from shared.structs import Value

TOTAL_MISMATCH = "payment-total-mismatch"
"""The one trouble that comes beside its payment, not in place of it."""
UNREADABLE = "payment-unreadable"
WHOLE = frozenset({Step.READ, Step.COMPARE})
"""Steps whose payments are kept as they are read."""


class LookedInvoice(Value):
    """An invoice as it is just before it is paid; ``balance`` is what is still owed."""

    txn_id: str
    number: str
    customer_list_id: str
    customer: str
    ar_account_list_id: str
    balance: Decimal
    pending: bool


class LookedCustomer(Value):
    """The customer of a payment on account, as it is just before; ``currency`` is a code."""

    list_id: str
    customer: str
    currency: str
    active: bool


Taken = (
    ReceivedPayment
    | ReceivePaymentRet
    | LookedInvoice
    | LookedCustomer
    | ListEntry
    | TxnDeletedRet
    | ErrorRecovery
    | BadRecord
    | Trouble
)
"""What a record of an answer becomes."""


def take(ret: Ret | BadRecord, *, step: Step, home_currency: str) -> tuple[Taken, ...]:
    """Read one record of an answer to ``step``."""
    match ret:
        case ReceivePaymentRet() if step in WHOLE:
            return to_received(ret, home_currency)
        case BadRecord() if step in WHOLE and ret.kind != "TxnDeletedRet":
            return (unreadable(ret.object_id, ret.document, ret.told),)
        case InvoiceRet():
            return (to_looked(ret),)
        case CustomerRet():
            return (to_looked_customer(ret, home_currency),)
        case AccountRet():
            return (to_account(ret, home_currency),)
        case PaymentMethodRet():
            return (to_method(ret),)
        case ReceivePaymentRet() | TxnDeletedRet() | ErrorRecovery() | BadRecord():
            return (ret,)
        case _:
            return ()


def to_received(ret: ReceivePaymentRet, home_currency: str) -> tuple[Taken, ...]:
    """Read a payment whole, with a Trouble beside it when less is told of than was received."""
    missing = _missing(ret)
    if missing:
        return (unreadable(ret.txn_id, ret.document, f"QuickBooks left out {missing}"),)
    assert ret.txn_date is not None
    assert ret.total_amount is not None
    payment = ReceivedPayment(
        txn_id=ret.txn_id,
        ref_number=ret.ref_number,
        customer=ret.customer.full_name,
        customer_list_id=ret.customer.list_id,
        date=ret.txn_date,
        amount=ret.total_amount,
        currency=currency_code(ret.currency) if ret.currency else home_currency,
        method=ret.payment_method,
        memo=ret.memo,
        external_guid=ret.external_guid,
        ar_account=ret.ar_account.full_name,
        deposit_account=ret.deposit_to_account.full_name,
        unused=ret.unused_payment or ZERO,
        edit_sequence=ret.edit_sequence,
        time_created=ret.time_created,
        time_modified=ret.time_modified,
        uses=uses_of(ret),
    )
    # Credits set with the payment are applied as well; only what is lost on the way is wrong.
    return (payment,) if ret.adds_up or ret.credits else (payment, _mismatch(ret))


def uses_of(ret: ReceivePaymentRet) -> tuple[ReceivedUse, ...]:
    """What a payment is applied to, in its order; amounts include discounts."""
    discounts_apart = _money_in(ret) == ret.total_amount
    return tuple(
        _use(one, one.discount_amount or ZERO, apart=discounts_apart) for one in ret.applied
    )


def _money_in(ret: ReceivePaymentRet) -> Decimal:
    """What is applied and what is not; more than the total where it includes discounts."""
    return sum((one.amount or ZERO for one in ret.applied), ret.unused_payment or ZERO)


def _use(one: AppliedToTxnRet, discount: Decimal, *, apart: bool) -> ReceivedUse:
    return ReceivedUse(
        txn_id=one.txn_id,
        txn_type=one.txn_type,
        number=one.ref_number,
        amount=(one.amount or ZERO) + (discount if apart else ZERO),
        discount=discount,
        balance=one.balance_remaining,
    )


def unreadable(txn_id: str, document: str, reason: str) -> Trouble:
    """A payment that cannot be kept as it came."""
    return trouble(UNREADABLE, RecordKind.PAYMENT, txn_id, document, reason=reason)


def to_looked(ret: InvoiceRet) -> LookedInvoice:
    """Read an invoice that is about to be paid."""
    return LookedInvoice(
        txn_id=ret.txn_id,
        number=ret.ref_number,
        customer_list_id=ret.customer.list_id,
        customer=ret.customer.full_name,
        ar_account_list_id=ret.ar_account.list_id,
        balance=money(ret.balance_cents or 0),
        pending=bool(ret.is_pending),
    )


def to_looked_customer(ret: CustomerRet, home_currency: str) -> LookedCustomer:
    """Read the customer of a payment on account."""
    return LookedCustomer(
        list_id=ret.list_id,
        customer=ret.full_name,
        currency=currency_code(ret.currency) if ret.currency else home_currency,
        active=ret.is_active is not False,
    )


def to_account(ret: AccountRet, home_currency: str) -> ListEntry:
    """Read an account."""
    return ListEntry(
        kind=ListKind.ACCOUNT,
        list_id=ret.list_id,
        full_name=ret.full_name,
        type=ret.account_type,
        special=ret.special_account_type,
        currency=currency_code(ret.currency) if ret.currency else home_currency,
        active=ret.is_active is not False,
    )


def to_method(ret: PaymentMethodRet) -> ListEntry:
    """Read a payment method."""
    return ListEntry(
        kind=ListKind.PAYMENT_METHOD,
        list_id=ret.list_id,
        full_name=ret.name,
        type=ret.type,
        special="",
        currency="",
        active=ret.is_active is not False,
    )


def _missing(ret: ReceivePaymentRet) -> str:
    needed = {
        "TxnID": ret.txn_id,
        "CustomerRef": ret.customer.list_id,
        "TxnDate": ret.txn_date,
        "TotalAmount": ret.total_amount is not None,
        "TimeModified": ret.time_modified,
        "EditSequence": ret.edit_sequence,
    }
    return ", ".join(name for name, value in needed.items() if not value)


def _mismatch(ret: ReceivePaymentRet) -> Trouble:
    about = (RecordKind.PAYMENT, ret.txn_id, ret.document)
    return trouble(TOTAL_MISMATCH, *about, sum=_money_in(ret), total=ret.total_amount)
