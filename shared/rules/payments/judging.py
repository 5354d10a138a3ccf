"""Whether a payment may go to QuickBooks, and which invoices it means.

Only what was charged through the platform goes out, and only to an invoice that is named
beyond doubt: a guess would put money on somebody else's account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from shared import dates
from shared.hints import hint
from shared.rules.payments import reasons
from shared.rules.payments.allowances import NOTHING, Allowed
from shared.rules.payments.names import folded
from shared.rules.payments.values import (
    ChargeState,
    CustomerMapping,
    NamedCustomer,
    NamedInvoice,
    Payment,
    PaymentStatus,
    PaymentUse,
    UseKind,
)
from shared.rules.values import InvoiceStatus
from shared.structs import Value, field

UNSETTLED = "unsettled"
"""``NamedInvoice.left_out`` until a sync has worked out whether the invoice is left out."""

NEAR_NUMBER = "payment-invoice-near"
ANOTHER_CUSTOMER = "payment-customer-mismatch"
SEVERAL_CUSTOMERS = "payment-customer-ambiguous"
ABOUT_THE_CHARGE = frozenset({"payment-refunded-before", "payment-disputed-before"})
"""Codes of refusals that stand whatever QuickBooks says."""
CUSTOMER_WAITING = "payment-customer-waiting"
ACCOUNT_AMBIGUOUS = "payment-account-ambiguous"
ABOUT_NAMES = frozenset({ANOTHER_CUSTOMER, SEVERAL_CUSTOMERS, ACCOUNT_AMBIGUOUS})
"""Codes of refusals that are over when a person says whom the payment's customer means."""


MOST_NAMED = 3
_NONE: Mapping[str, Sequence[NamedInvoice]] = {}


class Judgment(Value):
    """Where a payment stands, and why: a hint code with the fields of its sentence.

    ``status`` is READY (then ``code`` is empty), WAITING, NOT_ELIGIBLE or REFUSED. ``invoices``
    has an entry for each use, None where it is no invoice's or not known which one is meant.
    ``customer`` is whose account a payment without an invoice goes to.
    """

    status: PaymentStatus
    code: str
    fields: Mapping[str, str]
    invoices: tuple[NamedInvoice | None, ...]
    customer: NamedCustomer | None = None


class _Obstacle(Value):
    status: PaymentStatus
    code: str
    fields: Mapping[str, str] = field(default_factory=dict)


def judge(
    payment: Payment,
    found: Mapping[str, Sequence[NamedInvoice]],
    *,
    start_date: date | None,
    payments_out: bool,
    mapping: CustomerMapping | None = None,
    near: Mapping[str, Sequence[NamedInvoice]] = _NONE,
    may: Allowed = NOTHING,
    customers: Sequence[NamedCustomer] = (),
) -> Judgment:
    """Judge a payment of the platform by what is on file now.

    ``found`` has, for each document of its uses, the invoices held under that TxnID or number,
    ``near`` those of a close number: they are named to a person, and never paid.
    ``payments_out`` is the connection's switch for posting at all. ``mapping`` is whom a person
    said that the payment's customer means: that one alone counts then, and no name. ``may`` is
    what is allowed for this payment, ``customers`` whom its customer may mean where it names no
    invoice.
    """
    billed = Billed(payment.customer, mapping)
    answers: list[NamedInvoice | _Obstacle | None] = [
        _match(billed, use, found.get(use.document, ()), near.get(use.document, ()), may)
        for use in payment.uses
    ]
    invoices = tuple(answer if isinstance(answer, NamedInvoice) else None for answer in answers)
    customer = None if names_invoices(payment) else _whose(payment, billed, customers)
    if isinstance(customer, _Obstacle):
        answers.append(customer)
    obstacle = (
        next(_of_the_payment(payment, start_date, may, payments_out=payments_out), None)
        or next(_of_the_charge(payment), None)
        or _worst(
            [*(a for a in answers if isinstance(a, _Obstacle)), *_of_money(payment, invoices)]
        )
    )
    if obstacle is None:
        whose = customer if isinstance(customer, NamedCustomer) else None
        return Judgment(PaymentStatus.READY, "", {}, invoices, whose)
    return Judgment(obstacle.status, obstacle.code, obstacle.fields, invoices)


def names_invoices(payment: Payment) -> bool:
    """Whether a payment pays any invoice."""
    return any(use.kind is UseKind.INVOICE for use in payment.uses)


def _whose(
    payment: Payment, billed: Billed, customers: Sequence[NamedCustomer]
) -> NamedCustomer | _Obstacle:
    """The customer to whose account a payment without an invoice goes; never one of several.

    Jobs may bear the name of the customer above them: that one is meant then.
    """
    found = {one.list_id for one in customers}
    tops = [one for one in customers if found.isdisjoint(one.above)]
    if not tops:
        return _stopped(CUSTOMER_WAITING, customer=str(billed))
    if len(tops) > 1:
        listed = ", ".join(one.customer for one in tops)
        return _stopped(ACCOUNT_AMBIGUOUS, customer=billed.customer, found=listed)
    [top] = tops
    if payment.currency and top.currency and folded(payment.currency) != folded(top.currency):
        return _stopped("payment-currency-mismatch", expected=payment.currency, found=top.currency)
    return top


def _of_the_payment(
    payment: Payment, start_date: date | None, may: Allowed, *, payments_out: bool
) -> Iterator[_Obstacle]:
    """Why it does not go out as it is, though nothing is wrong with it."""
    if payment.from_quickbooks:
        yield _not_eligible("payment-from-quickbooks")
    if not payment.charged:
        yield _not_eligible("payment-offline")
    if payment.charge_state is ChargeState.PENDING:
        yield _not_eligible("payment-pending")
    if payment.charge_state is ChargeState.FAILED:
        yield _not_eligible("payment-failed")
    if not payment.amount:
        yield _not_eligible("payment-zero")
    if start_date is not None and payment.date < start_date:
        yield _not_eligible("payment-too-old", date=dates.day(start_date))
    if not payments_out:
        yield _not_eligible("payment-flow-off")
    if not names_invoices(payment) and not (may.on_account and payment.customer.strip()):
        yield _not_eligible("payment-no-invoice")


def _of_the_charge(payment: Payment) -> Iterator[_Obstacle]:
    """What happened to the charge before it was posted: QuickBooks would show it in full."""
    if payment.refunded:
        yield _stopped("payment-refunded-before", amount=_money(payment.refunded, payment.currency))
    if payment.disputed:
        yield _stopped("payment-disputed-before")


class Billed(Value):
    """Whose invoices a payment may pay: by its customer's name, or by ``mapping`` alone."""

    customer: str
    mapping: CustomerMapping | None = None

    def owns(self, invoice: NamedInvoice) -> bool:
        """Whether the invoice is the customer's or a job's below it; anybody's without a name.

        The platform may name the customer by its ListID.
        """
        billed = (invoice.customer_list_id, *invoice.above)
        if self.mapping is not None:
            return self.mapping.list_id in billed
        wanted = folded(self.customer)
        return not wanted or wanted in invoice.customer_names or wanted in map(folded, billed)

    def others(self, invoice: NamedInvoice) -> list[str]:
        """Who else has or had the name, so that it does not say whose the invoice is."""
        wanted = folded(self.customer) if self.mapping is None else ""
        return [customer for name, customer in invoice.namesakes if wanted and name == wanted]

    def __str__(self) -> str:
        if self.mapping is None:
            return self.customer
        return f"{self.customer} (mapped to {self.mapping.customer or self.mapping.list_id})"


def _match(
    billed: Billed,
    use: PaymentUse,
    candidates: Sequence[NamedInvoice],
    near: Sequence[NamedInvoice],
    may: Allowed,
) -> NamedInvoice | _Obstacle | None:
    """The invoice that a use means, or why that cannot be said; None for other documents."""
    if use.kind is not UseKind.INVOICE:
        return None
    if not candidates:
        return _not_held(billed, use.document, near)
    fitting = [invoice for invoice in candidates if billed.owns(invoice)]
    if not fitting:
        others = dict.fromkeys(invoice.customer for invoice in candidates)
        return _stopped(ANOTHER_CUSTOMER, customer=str(billed), found=", ".join(others))
    if namesakes := [one for invoice in fitting for one in billed.others(invoice)]:
        return _several_customers(
            billed, use.document, [*(invoice.customer for invoice in fitting), *namesakes]
        )
    return _only_one(billed, use.document, fitting, may)


def _not_held(billed: Billed, document: str, near: Sequence[NamedInvoice]) -> _Obstacle:
    """No invoice has the number: it may come yet, or one of a close number was meant."""
    if not near:
        return _stopped("payment-invoice-waiting", number=document)
    return _stopped(NEAR_NUMBER, number=document, near=_close(billed, near))


def _close(billed: Billed, near: Sequence[NamedInvoice]) -> str:
    """Invoices of close numbers in words: the customer's own, or else anybody's."""
    own = [invoice for invoice in near if billed.owns(invoice)] or near
    named = [f"{_number(one)} of {one.customer}" for one in own[:MOST_NAMED]]
    if len(own) > MOST_NAMED:
        named.append(f"{len(own) - MOST_NAMED} more")
    return ", ".join(named)


def _only_one(
    billed: Billed, document: str, candidates: Sequence[NamedInvoice], may: Allowed
) -> NamedInvoice | _Obstacle:
    """The one that was meant. Never one of several, and never while a sync is at work on one.

    An invoice that is closed, left out or skipped still bears its number: leaving one out does not
    make another the one that was paid. Only what QuickBooks deleted bears it no more.
    """
    bearing = [one for one in candidates if one.status is not InvoiceStatus.DELETED] or candidates
    is_open = (one for one in bearing if one.status is InvoiceStatus.OPEN)
    unsettled = [one for one in is_open if one.left_out == UNSETTLED]
    if unsettled:
        return _left_out(unsettled[0])
    if len(bearing) > 1:
        return _several(billed, document, bearing)
    [only] = bearing
    if only.status is InvoiceStatus.OPEN:
        return _left_out(only) if only.left_out else only
    if may.closed_too and only.status is InvoiceStatus.PAID:
        return only
    return _stopped("payment-invoice-closed", number=_number(only))


def _several(billed: Billed, document: str, invoices: Sequence[NamedInvoice]) -> _Obstacle:
    """Which of them is meant: a matter of the name where customers share that, else of the number.

    Jobs of one customer share no name: that one is named beyond doubt.
    """
    families = [{invoice.customer_list_id, *invoice.above} for invoice in invoices]
    by_name = billed.mapping is None and folded(billed.customer)
    if by_name and not set.intersection(*families):
        return _several_customers(billed, document, [invoice.customer for invoice in invoices])
    return _stopped("payment-invoice-ambiguous", number=document, count=str(len(invoices)))


def _several_customers(billed: Billed, document: str, customers: Sequence[str]) -> _Obstacle:
    found = ", ".join(dict.fromkeys(customers))
    return _stopped(SEVERAL_CUSTOMERS, customer=billed.customer, number=document, found=found)


def _left_out(invoice: NamedInvoice) -> _Obstacle:
    known = hint(invoice.left_out)
    reason = known.title if known else "not completely read yet"
    return _stopped("payment-invoice-left-out", number=_number(invoice), reason=reason.lower())


def _of_money(payment: Payment, invoices: Sequence[NamedInvoice | None]) -> Iterator[_Obstacle]:
    """QuickBooks takes one currency in a payment: that of its invoices."""
    expected = payment.currency
    for invoice in invoices:
        if invoice is None or not invoice.currency:
            continue  # an edition that keeps one currency may not have told which
        if expected and folded(invoice.currency) != folded(expected):
            yield _stopped("payment-currency-mismatch", expected=expected, found=invoice.currency)
        expected = expected or invoice.currency


def _worst(obstacles: Sequence[_Obstacle]) -> _Obstacle | None:
    """A refusal comes before any waiting, and a mistyped number before what passes by itself:
    a person can do something about them now.
    """
    refused = (one for one in obstacles if one.status is PaymentStatus.REFUSED)
    near = (one for one in obstacles if one.code == NEAR_NUMBER)
    return next(refused, None) or next(near, None) or next(iter(obstacles), None)


def _not_eligible(code: str, **fields: str) -> _Obstacle:
    return _Obstacle(PaymentStatus.NOT_ELIGIBLE, code, fields)


def _stopped(code: str, **fields: str) -> _Obstacle:
    """Waiting or refused: as the code says."""
    status = PaymentStatus.WAITING if reasons.passes(code) else PaymentStatus.REFUSED
    return _Obstacle(status, code, fields)


def _number(invoice: NamedInvoice) -> str:
    return invoice.number or invoice.txn_id


def _money(amount: Decimal, currency: str) -> str:
    return f"{amount:,.2f} {currency}".rstrip()
