"""Records of the ledger as they go out to the platform, or why one does not go now.

What an invoice had been paid before it was sent first is its baseline, but for the payments that
are sent themselves. Payments that QuickBooks shows later may be new, or part of the baseline; the
balance that QuickBooks shows tells which, once it was read after the payment. So nothing that was
paid is lost, and nothing is counted twice:

    balance there = total - baseline - what was sent of payments = balance in QuickBooks
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from peewee import fn

from shared.errors import NotFound
from shared.models import tables as t
from shared.models.ledger import customer_pages, incoming_invoices, invoice_pages
from shared.models.mapper import Mapper
from shared.models.platforms import outbox, paid, records
from shared.models.platforms.outbox import Named
from shared.models.platforms.paid import InQuickBooks
from shared.models.statements import AnyOf, Row, Statement, slot
from shared.rules.connectors import (
    AppliedCopy,
    Change,
    CustomerCopy,
    Ended,
    InvoiceCopy,
    Mapped,
    Next,
    Outgoing,
    Owner,
    PaymentCopy,
    PlatformAccount,
    SendState,
    Stays,
)
from shared.rules.ledger import CustomerState, InvoiceSides
from shared.rules.payments import numbers
from shared.rules.payments.names import folded
from shared.rules.payments.values import ZERO, PaymentUse
from shared.rules.values import Connection, InvoiceStatus, JobMode, RecordKind
from shared.structs import Value

_CUSTOMER, _INVOICE, _PAYMENT = RecordKind.CUSTOMER, RecordKind.INVOICE, RecordKind.PAYMENT
_AWAITED = {
    SendState.REFUSED: "was refused: see its problem",
    SendState.SKIPPED: "is skipped: retry that one to send both",
}
NOTHING_LEFT = (
    "None of its invoices is there, or the balance already included it when the invoice was sent."
)
"""Why nothing of a payment is sent."""
_ENDED = {InvoiceStatus.VOID: Ended.VOIDED, InvoiceStatus.DELETED: Ended.DELETED}


class _Held(Value):
    """A customer as the ledger holds it."""

    list_id: str
    name: str
    full_name: str
    parent_list_id: str
    state: str
    active: bool
    email: str
    phone: str
    bill_address: str
    account_number: str


class Side:
    """The ledger of a connection, beside what of it is on the platform.

    ``looking``: for a dry run, which takes what is on its way for sent.
    """

    def __init__(
        self, connection: Connection, account: PlatformAccount, *, looking: bool = False
    ) -> None:
        self._looking = looking
        self._connection = connection
        self._account = account
        self._id = connection.id
        self._home = connection.binding.home_currency if connection.binding else ""

    def next_of(self, one: Outgoing) -> Next:
        """Return what is to become of a record now."""
        read = {_CUSTOMER: self._customer, _INVOICE: self._invoice, _PAYMENT: self._payment}
        return read[one.kind](one)

    def _mapped(self, kind: RecordKind, our_id: str) -> Mapped | None:
        """What a record is on the platform."""
        return records.find(self._id, self._account.identity, kind, our_id)

    def _customer(self, one: Outgoing) -> Next:
        """What is to become of a customer."""
        row = _GET_CUSTOMER.one(connection=self._id, list_id=one.object_id)
        held = _Held(*row) if row else None
        if held is None or held.state == CustomerState.WANTED:
            return Stays(one, SendState.WAITING, "QuickBooks has not shown it yet.")
        if held.state != CustomerState.HELD:
            return Stays(one, SendState.LEFT_ALONE, "It is no longer in QuickBooks.")
        apart = self._connection.jobs is JobMode.SEPARATE and held.parent_list_id
        parent = self._mapped(_CUSTOMER, held.parent_list_id) if apart else None
        if apart and parent is None and not self._looking:
            return self._waits_for(one, _CUSTOMER, held.parent_list_id, self._name_above(held))
        same = _SAME_NAME.column(connection=self._id, name=held.full_name.lower())
        copy = CustomerCopy(
            held.list_id,
            held.full_name,
            held.email,
            held.phone,
            tuple(held.bill_address.splitlines()),
            bool(held.active),
            shares_name=len(same) > 1,
            parent_list_id=held.parent_list_id if apart else "",
            parent_name=self._name_above(held) if apart else "",
            parent_id=parent.their_id if parent else "",
            number=self._number_alone(held),
        )
        return Change(one, self._mapped(_CUSTOMER, one.object_id), copy)

    def _number_alone(self, held: _Held) -> str:
        """Its account number where no other customer bears that: QuickBooks lets several do."""
        number = held.account_number.strip()
        if not number or len(_SAME_NUMBER.column(connection=self._id, number=number.lower())) > 1:
            return ""
        return number

    def _name_above(self, held: _Held) -> str:
        return held.full_name.rpartition(":")[0]

    def _waits_for(self, one: Outgoing, kind: RecordKind, our_id: str, document: str) -> Stays:
        """Wait for a record that goes first, and have it sent if it is not on its way.

        So is one that was sent, and is not known to be there any more.
        """
        state = outbox.state_of(self._id, kind, our_id)
        told = _AWAITED.get(state, "goes first") if state else "goes first"
        reason = f"It waits for {kind.value} {document or our_id}, which {told}."
        wants = (kind, our_id, document) if state in (None, SendState.SENT) else None
        return Stays(one, SendState.WAITING, reason, f"{kind.value}/{our_id}", wants)

    def _invoice(self, one: Outgoing) -> Next:
        """What is to become of an invoice."""
        try:
            sides = invoice_pages.get(self._id, one.object_id)
        except NotFound:
            return Stays(one, SendState.NOT_NEEDED, "It is not in the ledger.")
        mapped = self._mapped(_INVOICE, one.object_id)
        stays = self._why_invoice_stays(one, sides, mapped)
        if stays:
            return stays
        if sides.status in _ENDED:
            return Change(one, mapped, None, _ENDED[sides.status])
        if mapped is None and _REREAD.all(connection=self._id, txn_id=one.object_id):
            return Stays(one, SendState.WAITING, "It is read again first.")
        customer = self._mapped(_CUSTOMER, sides.customer_list_id)
        if not (self._looking or customer):
            return self._waits_for(one, _CUSTOMER, sides.customer_list_id, sides.customer)
        copy = InvoiceCopy(
            incoming_invoices.invoice(self._id, one.object_id),
            (sides.currency or self._home).upper(),
            sides.customer_list_id,
            sides.customer,
            customer.their_id if customer else "",
            max(self._paid_by_others(sides), ZERO),
        )
        return Change(one, mapped, copy)

    def _why_invoice_stays(
        self, one: Outgoing, sides: InvoiceSides, mapped: Mapped | None
    ) -> Stays | None:
        if sides.left_out == t.UNSETTLED:
            return Stays(one, SendState.WAITING, "A sync has not settled it yet.")
        if sides.left_out:
            state = SendState.LEFT_ALONE if mapped else SendState.NOT_NEEDED
            return Stays(one, state, f"It is left out here: {sides.left_out}.")
        if sides.status in _ENDED and one.look_at is not None:
            return None
        if mapped is None and sides.status is not InvoiceStatus.OPEN:
            return Stays(
                one, SendState.NOT_NEEDED, f"It is {sides.status.value}, and was not sent."
            )
        if sides.status in _ENDED:
            return None
        return self._other_currency(one, sides.currency) or self._other_of_number(one, sides)

    def _other_currency(self, one: Outgoing, currency: str) -> Stays | None:
        own, theirs = (currency or self._home).upper(), self._account.currency.upper()
        if not own or not theirs or own == theirs:
            return None
        return Stays(one, SendState.REFUSED, f"It is in {own}, and the account there in {theirs}.")

    def _other_of_number(self, one: Outgoing, sides: InvoiceSides) -> Stays | None:
        """Another invoice that bears its number goes first, or is there: both under one cannot be.

        A document is never written over another one.
        """
        for row in _bearing(self._id, sides.number):
            id_, txn_id, number, customer, status, left_out = row
            if txn_id == sides.txn_id or folded(number) != folded(sides.number):
                continue
            goes_first = not left_out and status == InvoiceStatus.OPEN.value and id_ < sides.id
            is_there = self._mapped(_INVOICE, txn_id)
            if is_there and status == InvoiceStatus.DELETED.value and self._is_on_its_way(txn_id):
                return self._waits_for(one, _INVOICE, txn_id, f"{number} ({txn_id})")
            if goes_first or is_there:
                return Stays(
                    one,
                    SendState.REFUSED,
                    f"Invoice {number} of {customer} ({txn_id}) has the same number and was"
                    " imported first. Give one of them another number in QuickBooks.",
                )
        return None

    def _paid_by_others(self, sides: InvoiceSides) -> Decimal:
        """What an invoice was paid in QuickBooks, but for payments that are there or go there."""
        where = (self._id, self._account.identity, sides.txn_id)
        absorbed = records.absorbed(*where)
        sent = sum(
            (amount - absorbed.get(payment, ZERO) for payment, amount in paid.of_invoice(*where)),
            ZERO,
        )
        return sides.total - sides.balance - sent - paid.came_from_there(*where)

    def _payment(self, one: Outgoing) -> Next:
        """What is to become of a payment of QuickBooks."""
        mapped = self._mapped(_PAYMENT, one.object_id)
        if mapped and mapped.owner is Owner.PLATFORM:
            return Stays(one, SendState.NOT_NEEDED, "It came from there.")
        payment = paid.find(self._id, one.object_id)
        if payment is None:
            return self._payment_gone(one, mapped, "It is no longer in QuickBooks.")
        if payment.external_id and self._came_from_there(payment.external_id):
            return Stays(one, SendState.NOT_NEEDED, "It came from there.")
        if not payment.external_id and paid.may_be_posted_by_us(self._id, one.object_id):
            return Stays(one, SendState.WAITING, "It may be a payment that was posted from there.")
        other = self._other_currency(one, payment.currency)
        if other:  # so are its invoices, which a person is told of
            return Stays(one, SendState.NOT_NEEDED, other.reason)
        return self._applied(one, payment, mapped)

    def _came_from_there(self, external_id: str) -> bool:
        there = self._mapped(_PAYMENT, external_id)
        return there is not None and there.owner is Owner.PLATFORM

    def _payment_gone(self, one: Outgoing, mapped: Mapped | None, why: str) -> Next:
        if mapped is None and one.look_at is None:
            return Stays(one, SendState.NOT_NEEDED, why)
        return Change(one, mapped, None, Ended.DELETED)

    def _applied(self, one: Outgoing, payment: InQuickBooks, mapped: Mapped | None) -> Next:
        applied: list[AppliedCopy] = []
        absorbed: list[tuple[str, Decimal]] = []
        is_new = False
        for use in payment.uses:
            there = self._mapped(_INVOICE, use.invoice_txn_id)
            if there is None:
                if not self._is_on_its_way(use.invoice_txn_id):
                    continue
                if not self._looking:
                    return self._waits_for(one, _INVOICE, use.invoice_txn_id, use.number)
                applied += _rest(use, ZERO, "")
                continue
            if there.baseline and _REREAD.all(connection=self._id, txn_id=use.invoice_txn_id):
                return Stays(
                    one, SendState.WAITING, f"Invoice {use.number} has to be read again first."
                )
            known = records.absorbed(self._id, self._account.identity, use.invoice_txn_id)
            is_there = mapped is not None
            baseline_part = self._in_baseline(one, use, there, known, is_there=is_there)
            if baseline_part:
                absorbed.append((use.invoice_txn_id, baseline_part))
                is_new |= one.object_id not in known
            applied += _rest(use, baseline_part, there.their_id)
        if not applied and is_new:  # it may be there all the same, where the store is a backup
            return Change(one, mapped, self._copy(payment, ("", ""), applied, absorbed))
        if not applied:
            if mapped is None:
                return Stays(one, SendState.NOT_NEEDED, NOTHING_LEFT, absorbed=tuple(absorbed))
            return self._payment_gone(one, mapped, NOTHING_LEFT)
        return self._for_customer(one, payment, mapped, applied, absorbed)

    def _is_on_its_way(self, txn_id: str) -> bool:
        return bool(_ON_ITS_WAY.all(connection=self._id, txn_id=txn_id))

    def _in_baseline(
        self,
        one: Outgoing,
        use: PaymentUse,
        there: Mapped,
        absorbed: Mapping[str, Decimal],
        *,
        is_there: bool,
    ) -> Decimal:
        """How much of what a payment pays of an invoice was paid before that was sent first."""
        if one.object_id in absorbed or is_there or not there.baseline:
            return min(absorbed.get(one.object_id, ZERO), use.amount)
        sides = invoice_pages.get(self._id, use.invoice_txn_id)
        others = self._paid_by_others(sides)  # with what was found to be in the baseline before
        return min(max(there.baseline - others, ZERO), use.amount)

    def _for_customer(
        self,
        one: Outgoing,
        payment: InQuickBooks,
        mapped: Mapped | None,
        applied: list[AppliedCopy],
        absorbed: list[tuple[str, Decimal]],
    ) -> Next:
        """The payment goes to whom all its invoices are billed, or to the one above them."""
        billed = {self._billed(use.txn_id) for use in applied}
        payer = self._payer(billed)
        if payer is None:
            names = ", ".join(sorted(name for _, name in billed))
            return Stays(one, SendState.REFUSED, f"It pays invoices of several customers: {names}.")
        return Change(one, mapped, self._copy(payment, payer, applied, absorbed))

    def _copy(
        self,
        payment: InQuickBooks,
        payer: tuple[str, str],
        applied: Sequence[AppliedCopy],
        absorbed: Sequence[tuple[str, Decimal]],
    ) -> PaymentCopy:
        currency = (payment.currency or self._home).upper()
        return PaymentCopy(
            *(payment.txn_id, payment.external_id, payment.date, payment.method),
            *(payment.reference, payment.memo, currency, *payer),
            *(tuple(applied), tuple(absorbed)),
        )

    def _billed(self, txn_id: str) -> tuple[str, str]:
        sides = invoice_pages.get(self._id, txn_id)
        return sides.customer_list_id, sides.customer

    def _payer(self, billed: set[tuple[str, str]]) -> tuple[str, str] | None:
        if len(billed) == 1:
            return next(iter(billed))
        rows = _CUSTOMERS.all(connection=self._id, ids=[list_id for list_id, _ in billed])
        above = {held.parent_list_id or held.list_id for held in (_Held(*row) for row in rows)}
        if len(above) != 1:
            return None
        top = _Held(*_CUSTOMERS.all(connection=self._id, ids=list(above))[0])
        return top.list_id, top.full_name


def _rest(use: PaymentUse, absorbed: Decimal, their_id: str) -> list[AppliedCopy]:
    """What is left of a use, its discount last."""
    cash = use.amount - use.discount
    taken = min(absorbed, cash)
    discount = use.discount - (absorbed - taken)
    rest = AppliedCopy(use.invoice_txn_id, their_id, cash - taken, discount)
    return [rest] if rest.amount or rest.discount else []


_HELD = Mapper(_Held, t.Customer)
_GET_CUSTOMER = Statement(
    lambda: t.Customer.select(*_HELD.fields).where(t.Customer.has("connection", "list_id"))
)
_CUSTOMERS = Statement(
    lambda: t.Customer.select(*_HELD.fields).where(
        t.Customer.has("connection", list_id=AnyOf("ids"))
    )
)
_SAME_NAME = Statement(
    lambda: t.Customer.select("list_id").where(
        t.Customer.has("connection", state=CustomerState.HELD),
        t.Lowered(t.Customer.full_name) == slot("name"),
    )
)
_SAME_NUMBER = Statement(
    lambda: t.Customer.select("list_id").where(
        t.Customer.has("connection", state=CustomerState.HELD),
        t.Lowered(fn.TRIM(t.Customer.account_number)) == slot("number"),
    )
)
_OF_NUMBER = Statement(
    lambda: (
        t.Invoice.select("id", "txn_id", "number", "customer_full_name", "status", "left_out")
        .where(t.Invoice.has("connection", number_key=slot("key")))
        .order_by(t.Invoice.id)
    )
)


_REREAD = Statement(
    lambda: t.Reread.select("id").where(
        t.Reread.has("connection", object_id=slot("txn_id")), t.Reread.kind == _INVOICE.value
    )
)
_ON_ITS_WAY = Statement(
    lambda: t.Outgoing.select("object_id").where(
        t.Outgoing.has("connection", object_id=slot("txn_id")),
        t.Outgoing.kind == _INVOICE.value,
        t.Outgoing.state.in_([SendState.WAITING.value, SendState.REFUSED.value]),
    )
)


def at_first(connection: Connection, identity: str) -> Iterator[Named]:
    """Return what goes out first: open invoices, whom they are billed to, what was paid of them;
    and what of the account is there already, with what happened to that in the meantime.
    """
    for customer in customer_pages.customers(connection.id, connection.jobs):
        yield _CUSTOMER, customer.list_id, customer.full_name
    for sides in invoice_pages.invoices(connection.id, status=InvoiceStatus.OPEN):
        yield _INVOICE, sides.txn_id, sides.number
    for txn_id, document in paid.of_open_invoices(connection.id, identity):
        yield _PAYMENT, txn_id, document
    yield from there_before(connection.id, identity)


def there_before(connection_id: int, identity: str) -> Iterator[Named]:
    """Return the invoices and payments that are on an account since it was connected before."""
    for one in records.listed(connection_id, identity):
        if one.owner is Owner.QUICKBOOKS and one.kind is not _CUSTOMER:
            yield one.kind, one.our_id, one.document
        if one.kind is _INVOICE:
            for txn_id, document in paid.called_of_invoice(connection_id, identity, one.our_id):
                yield _PAYMENT, txn_id, document


def is_the_one_of_number(
    connection_id: int, identity: str, number: str, total: Decimal
) -> bool | None:
    """Whether the invoice of this number seems to be that of the platform, which is none of ours.

    It is not where it is linked with another one, or comes to another amount, unless a person left
    it out here since it is there already. None: no invoice bears the number.
    """
    where = (connection_id, identity, _INVOICE)
    found = [
        txn_id
        for _, txn_id, other, _, status, _ in _bearing(connection_id, number)
        if folded(other) == folded(number) and status != InvoiceStatus.DELETED.value
    ]
    if not found:
        return None
    return not any(
        records.find(*where, txn_id)
        or (
            outbox.state_of(connection_id, _INVOICE, txn_id) is not SendState.SKIPPED
            and invoice_pages.get(connection_id, txn_id).total != total
        )
        for txn_id in found
    )


def _bearing(connection_id: int, number: str) -> Sequence[Row]:
    """Invoices of a close number; none for an empty one."""
    if not folded(number):
        return ()
    return _OF_NUMBER.all(connection=connection_id, key=numbers.key(number))
