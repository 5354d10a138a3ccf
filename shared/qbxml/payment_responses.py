"""What QuickBooks answers about payments, as frozen values; ``responses`` says how to take them.

Source of names and of their order: qbxmlops130.xsd.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, NamedTuple

from shared.qbxml.fields import (
    amount,
    day,
    each,
    flag,
    full_name,
    moment,
    object_id,
    ref,
    text,
    word,
)
from shared.qbxml.refs import NO_REF, Ref
from shared.qbxml.text import ZERO


class AppliedToTxnRet(NamedTuple):
    """What a payment is applied to: mostly an invoice, else a journal entry, charge or check.

    ``amount`` is positive. ``balance_remaining`` is what that transaction has left now, after
    everything that was ever applied to it. Its other links are passed over: they are other
    payments' money.
    """

    txn_id: Annotated[str, object_id("TxnID")] = ""
    txn_type: Annotated[str, word("TxnType")] = ""
    ref_number: Annotated[str, text("RefNumber")] = ""
    balance_remaining: Annotated[Decimal | None, amount("BalanceRemaining", spare=True)] = None
    amount: Annotated[Decimal | None, amount("Amount")] = None
    discount_amount: Annotated[Decimal | None, amount("DiscountAmount")] = None
    odd: tuple[str, ...] = ()


class ReceivePaymentRet(NamedTuple):
    """A payment; ``applied`` is there only when lines were asked for, or after an Add.

    ``unused_payment`` is what is not applied to anything. Credits that were set with it are not
    told. ``payment_method`` and ``currency`` are full names. ``external_guid`` is as it was sent.
    """

    txn_id: Annotated[str, object_id("TxnID", needed=True)] = ""
    time_created: Annotated[str, moment("TimeCreated", spare=True)] = ""
    time_modified: Annotated[str, moment("TimeModified")] = ""
    edit_sequence: Annotated[str, word("EditSequence")] = ""
    customer: Annotated[Ref, ref("CustomerRef")] = NO_REF
    ar_account: Annotated[Ref, ref("ARAccountRef", spare=True)] = NO_REF
    txn_date: Annotated[date | None, day("TxnDate")] = None
    ref_number: Annotated[str, text("RefNumber")] = ""
    total_amount: Annotated[Decimal | None, amount("TotalAmount")] = None
    currency: Annotated[str, full_name("CurrencyRef")] = ""
    payment_method: Annotated[str, full_name("PaymentMethodRef")] = ""
    memo: Annotated[str, text("Memo")] = ""
    deposit_to_account: Annotated[Ref, ref("DepositToAccountRef", spare=True)] = NO_REF
    unused_payment: Annotated[Decimal | None, amount("UnusedPayment")] = None
    external_guid: Annotated[str, word("ExternalGUID")] = ""
    applied: Annotated[tuple[AppliedToTxnRet, ...], each("AppliedToTxnRet", AppliedToTxnRet)] = ()
    odd: tuple[str, ...] = ()

    @property
    def adds_up(self) -> bool:
        """Whether what is applied and what is unused make the total, as far as told.

        QuickBooks may count discounts into the amounts that are applied. Where it counts credits
        in as well, the payment does not add up, and ``credits`` says by how much. Only for
        payments that were read with their lines.
        """
        return self._beyond in {None, ZERO, self._discounts}

    @property
    def credits(self) -> Decimal:
        """What is applied beyond money and discounts: credits that were set with the payment.

        QuickBooks never tells them apart. A check of 25.00 and a credit memo of 25.00 in one
        Receive Payments window may show as 25.00, of which 50.00 are applied.
        """
        if self._beyond is None or self.adds_up:
            return ZERO
        over = self._beyond
        return max(over - self._discounts if over > self._discounts else over, ZERO)

    @property
    def _discounts(self) -> Decimal:
        return sum((use.discount_amount or ZERO for use in self.applied), ZERO)

    @property
    def _beyond(self) -> Decimal | None:
        """How much more is applied or unused than was received; None where it is not all told."""
        parts = [self.unused_payment, *(use.amount for use in self.applied)]
        told = [amount for amount in parts if amount is not None]
        if self.total_amount is None or len(told) < len(parts):
            return None
        return sum(told, ZERO) - self.total_amount

    @property
    def document(self) -> str:
        """What a person calls it: "Payment CHK 5512, Larkspur Tile"."""
        name = f"Payment {self.ref_number}" if self.ref_number else "Payment without number"
        return f"{name}, {self.customer.full_name}" if self.customer.full_name else name


class AccountRet(NamedTuple):
    """An account. ``special_account_type`` "UndepositedFunds" stays, whatever it is renamed to."""

    list_id: Annotated[str, object_id("ListID", needed=True)] = ""
    full_name: Annotated[str, text("FullName")] = ""
    is_active: Annotated[bool | None, flag("IsActive")] = None
    account_type: Annotated[str, word("AccountType")] = ""
    special_account_type: Annotated[str, word("SpecialAccountType")] = ""
    currency: Annotated[str, full_name("CurrencyRef")] = ""

    @property
    def document(self) -> str:
        """What a person calls it: "Account Checking"."""
        return f"Account {self.full_name}".rstrip()


class PaymentMethodRet(NamedTuple):
    """A payment method; ``type`` such as "ECheck"."""

    list_id: Annotated[str, object_id("ListID", needed=True)] = ""
    name: Annotated[str, text("Name")] = ""
    is_active: Annotated[bool | None, flag("IsActive")] = None
    type: Annotated[str, word("PaymentMethodType")] = ""

    @property
    def document(self) -> str:
        """What a person calls it: "Payment method Check"."""
        return f"Payment method {self.name}".rstrip()


class ErrorRecovery(NamedTuple):
    """The record that a write touched although it failed: read it again before anything else.

    It stands in the answer to a write.
    """

    txn_id: Annotated[str, object_id("TxnID")] = ""
    edit_sequence: Annotated[str, word("EditSequence")] = ""
