"""Whether a payment fits the books as they are, and what QuickBooks' refusal of one means: pure.

Status codes: Intuit, QuickBooks SDK Programmer's Guide. What passes by itself holds a
payment back until the next sync; what needs a person refuses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from daemon.stages.payments.intake import LookedCustomer, LookedInvoice
from shared import dates
from shared.qbxml import statuses
from shared.rules.payments import reasons
from shared.rules.payments.allowances import NOTHING, Allowed, open_day
from shared.rules.payments.deposits import (
    deposit_account,
    find_entry,
    lost_method,
    method_name,
    undeposited,
)
from shared.rules.payments.names import folded
from shared.rules.payments.values import (
    DepositRule,
    ListEntry,
    MethodRule,
    Payment,
    PaymentPart,
    Posting,
)
from shared.rules.values import MissingMethod
from shared.structs import Value, field, replace

OTHER_METHOD = "Other"
LINK_MISSING = 570
NOT_READY = frozenset({1010, 3162})
"""QuickBooks as a whole takes nothing for a while."""
NOT_PERMITTED = frozenset({1030, 3250, 3260, 3261, 3262, 3263})
"""Refusals of the application as a whole: the next payment would fare no better."""
INVOICE_GONE = 3120
RECEIVABLE = "AccountsReceivable"
BAD_VALUE = 3210


class Fits(Value):
    """The payment can be posted; ``expected`` are its invoices' balances right after that.

    ``paid`` is what it pays of invoices that owe less than it wants to pay, by TxnID; what is
    left of it stays unused. ``date`` is the day to post it under; None: its own.
    """

    customer_list_id: str
    customer: str
    ar_account_list_id: str
    expected: Mapping[str, Decimal]
    paid: Mapping[str, Decimal] = field(default_factory=dict)
    date: date | None = None


class Why(Value):
    """Why a payment is not posted: ``code`` is the hint, ``fields`` fill its sentence."""

    code: str
    fields: Mapping[str, str] = field(default_factory=dict)


class HeldBack(Why):
    """It cannot be posted now, and goes out by itself once the reason is gone."""


class Unfit(Why):
    """A person has to do something."""


class StopPosting(Why):
    """QuickBooks takes no payment at all from this application."""


def of_code(code: str, **fields: str) -> HeldBack | Unfit:
    """Held back or unfit: as the code says."""
    return HeldBack(code, fields) if reasons.passes(code) else Unfit(code, fields)


class Places(Value):
    """Where the money goes, and how it is called; an empty ID leaves the element out.

    ``missing_method`` is a payment method that has to be made first, ``lost_method`` its name as
    the payment has it, where QuickBooks cannot store that.
    """

    method_list_id: str
    method: str
    deposit_list_id: str
    deposit_account: str
    missing_method: str = ""
    lost_method: str = ""


class PlaceRules(Value):
    """What decides about places: the lists of QuickBooks, and the connection's own rules."""

    accounts: Sequence[ListEntry]
    methods: Sequence[ListEntry]
    deposit_rules: Sequence[DepositRule]
    method_rules: Sequence[MethodRule]
    missing: MissingMethod


def judge(
    payment: Payment,
    posting: Posting,
    invoices: Mapping[str, LookedInvoice],
    closing: str,
    may: Allowed = NOTHING,
) -> Fits | HeldBack | Unfit:
    """Hold a posting against its invoices as QuickBooks has them now.

    ``closing`` is the ISO day up to which the books are closed, empty for none: without a
    password QuickBooks would take an earlier payment without a word. ``may`` is what is allowed
    for this payment.
    """
    day = day_to_post(payment, closing, may)
    if day is None:
        return of_code("payment-closed-period", date=dates.day(date.fromisoformat(closing)))
    expected: dict[str, Decimal] = {}
    paid: dict[str, Decimal] = {}
    for use in posting.uses:
        invoice = invoices.get(use.invoice_txn_id)
        if invoice is None:
            return of_code("payment-invoice-gone", number=use.number)
        if invoice.pending:
            reason = "it is pending in QuickBooks"
            return of_code("payment-invoice-left-out", number=invoice.number, reason=reason)
        if not invoice.balance and not may.closed_too:
            return of_code("payment-invoice-closed", number=invoice.number)
        if use.amount > invoice.balance:
            if not may.credit:
                return of_code("payment-overpays", **_figures(invoice, use.amount))
            paid[use.invoice_txn_id] = invoice.balance
        share = min(use.amount, invoice.balance)
        expected[use.invoice_txn_id] = invoice.balance - share
    why = _fits(posting, [invoices[use.invoice_txn_id] for use in posting.uses], expected)
    if not isinstance(why, Fits):
        return why
    return replace(why, paid=paid, date=None if day == payment.date else day)


def numbers_named(payment: Payment, posting: Posting) -> tuple[str, ...]:
    """The numbers by which the platform named invoices of this posting, not by their TxnIDs."""
    paid = {use.invoice_txn_id for use in posting.uses}
    by_number = {
        use.number
        for use in payment.uses
        if use.invoice_txn_id in paid and use.document.casefold() != use.invoice_txn_id.casefold()
    }
    return tuple(sorted(by_number - {""}))


def others_of_number(
    payment: Payment, posting: Posting, found: Iterable[LookedInvoice]
) -> list[LookedInvoice]:
    """The invoices that bear a number under which another was named: which one is meant?

    ``payment`` is as it came in. A customer that it names tells its invoices from those of others,
    not from those of its jobs.
    """
    named = {folded(number) for number in numbers_named(payment, posting)}
    paid = {use.invoice_txn_id for use in posting.uses}
    top = _top(posting.customer)
    return [
        one
        for one in found
        if folded(one.number) in named and one.txn_id not in paid
        if not payment.customer or _top(one.customer) == top
    ]


def _top(full_name: str) -> str:
    return folded(full_name.partition(":")[0])


def others_of_name(
    name: str, posting: Posting, found: Iterable[LookedCustomer]
) -> list[LookedCustomer]:
    """The customers that bear a name now under which another was meant."""
    mine, wanted = posting.customer_list_id, folded(name)
    return [one for one in found if one.list_id != mine and folded(one.customer) == wanted]


def judge_on_account(
    payment: Payment,
    posting: Posting,
    customers: Mapping[str, LookedCustomer],
    receivables: Receivables,
    closing: str,
    may: Allowed,
) -> Fits | HeldBack | Unfit:
    """Hold a posting without an invoice against its customer as QuickBooks has it now."""
    if not may.on_account:
        return of_code("payment-no-invoice")
    day = day_to_post(payment, closing, may)
    if day is None:
        return of_code("payment-closed-period", date=dates.day(date.fromisoformat(closing)))
    customer = customers.get(posting.customer_list_id)
    if customer is None or not customer.active:
        return of_code("payment-customer-gone", customer=posting.customer)
    if payment.currency and folded(payment.currency) != folded(customer.currency):
        return of_code(
            "payment-currency-mismatch", expected=payment.currency, found=customer.currency
        )
    account = receivables.of(customer.currency)
    if account is None:
        return of_code("payment-receivable-unknown", customer=customer.customer)
    later = None if day == payment.date else day
    return Fits(customer.list_id, customer.customer, account.list_id, {}, date=later)


class Receivables(Value):
    """The accounts of a company, and those, by ListID, in which a customer has invoices."""

    accounts: Sequence[ListEntry]
    used: Sequence[str]

    def of(self, currency: str) -> ListEntry | None:
        """The A/R account for a payment on account: the customer's own, else the first one made.

        QuickBooks makes "Accounts Receivable" itself, before any other; ListIDs grow.
        """
        kept = [
            one
            for one in self.accounts
            if one.type == RECEIVABLE and one.active and folded(one.currency) == folded(currency)
        ]
        own = [one for one in kept if one.list_id in self.used]
        chosen = own if len(own) == 1 else kept
        return min(chosen, key=lambda one: one.list_id, default=None)


def day_to_post(payment: Payment, closing: str, may: Allowed) -> date | None:
    """The day under which a payment may be posted; None while its own is in a closed period."""
    closed_until = date.fromisoformat(closing) if closing else None
    day = open_day(payment.date, closed_until)
    return day if day == payment.date or may.next_open_day else None


def _figures(invoice: LookedInvoice, amount: Decimal) -> dict[str, str]:
    return {
        "number": invoice.number,
        "balance": f"{invoice.balance:,.2f}",
        "amount": f"{amount:,.2f}",
    }


def _fits(
    posting: Posting, invoices: Sequence[LookedInvoice], expected: Mapping[str, Decimal]
) -> Fits | HeldBack | Unfit:
    """One customer and one A/R account, and those that the payment was judged for.

    Somebody may have moved an invoice since: then it is read again, and the payment judged
    again, before any money goes to the other customer.
    """
    first = invoices[0]
    customers_and_accounts = {(one.customer_list_id, one.ar_account_list_id) for one in invoices}
    if customers_and_accounts != {(posting.customer_list_id, posting.ar_account_list_id)}:
        return of_code("payment-customers-changed")
    return Fits(first.customer_list_id, first.customer, first.ar_account_list_id, expected)


def places(part: PaymentPart, rules: PlaceRules) -> Places | HeldBack | Unfit:
    """The account and the payment method for a payment."""
    payment, currency = part.payment, part.posting.currency or part.payment.currency
    accounts, methods = rules.accounts, rules.methods
    rule = deposit_account(
        rules.deposit_rules, method=payment.method, currency=currency, gateway=payment.gateway
    )
    named = rule.account if rule else ""
    account = find_entry(accounts, named) if named else undeposited(accounts)
    if named and (account is None or not account.active):
        return of_code("payment-account-missing", account=named)
    wanted = method_name(rules.method_rules, payment.method)
    method = find_entry(methods, wanted) if wanted else None
    to_make = ""
    if wanted and method is None:
        if rules.missing is MissingMethod.CREATE:
            to_make = wanted
        else:
            method = find_entry(methods, OTHER_METHOD)
    return Places(
        method_list_id=method.list_id if method else "",
        method=method.full_name if method else "",
        deposit_list_id=account.list_id if account else "",
        deposit_account=account.full_name if account else "",
        missing_method=to_make,
        lost_method=lost_method(rules.method_rules, payment.method),
    )


def refusal(
    posting: Posting, code: int, said: str, may: Allowed = NOTHING
) -> HeldBack | Unfit | StopPosting:
    """What QuickBooks' refusal of a payment means; nothing was written.

    Where the books changed after the look, and ``may`` has a way out, it is looked at again.
    """
    if statuses.is_transient(code, said):
        return of_code("payment-busy" if code in NOT_READY else "payment-locked")
    if code in NOT_PERMITTED:
        return StopPosting("payment-not-permitted")
    if code == INVOICE_GONE:
        return of_code("payment-invoice-gone", number=_numbers(posting))
    if "closing date" in said.lower():
        return of_code("payment-books-moved" if may.next_open_day else "payment-closed-period")
    if code == BAD_VALUE and "amount due" in said:
        if may.credit:
            return of_code("payment-books-moved")
        fields = {
            "number": _numbers(posting),
            "balance": "less",
            "amount": f"{posting.amount:,.2f}",
        }
        return of_code("payment-overpays", **fields)
    return of_code(str(code))


def _numbers(posting: Posting) -> str:
    return ", ".join(use.number or use.invoice_txn_id for use in posting.uses)
