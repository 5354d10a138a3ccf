"""The writes: what each does, what it leaves behind, and which query shows its record.

A write is checked to the end, and only then posted.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from lxml import etree

from shared.structs import Value
from simulator.company import answers, applying, fields, ledger, refusals
from simulator.company.applying import KIND, Payer
from simulator.company.books import Books, money
from simulator.company.errors import OK, Status
from simulator.company.records import Entry, Payment

_DEPOSITABLE = ("Bank", "OtherCurrentAsset")
_NO_GUID = "0"
_CLOSED = Status(
    570,
    "The object was saved, but it could not be linked to a transaction because that is already "
    "closed.",
)


class Written(Value):
    """The outcome of a write: ``key`` is the record to show.

    ``recovery`` are the parts of the ErrorRecovery element.
    """

    key: str
    status: Status
    recovery: str


class Write(Value):
    """A write; ``shown_by`` is the query that shows its record."""

    do: Callable[[Books, etree._Element], Written]
    shown_by: str


def _add_payment(books: Books, request: etree._Element) -> Written:
    """A new payment. Raises RequestFailed; nothing has changed then."""
    element = request[0]
    customer = _customer(books, element)
    currency = books.customers[customer].currency
    payer = Payer(customer, _receivable(books, element, currency))
    date = _open_date(books, element)
    total = _total(element)
    rate = _rate(books, element, currency)
    method = _method(books, element)
    deposit_to = _deposit(books, element, currency)
    guid = _guid(books, element)
    if fields.flag(element, "IsAutoApply"):  # nobody asks for invoices of QuickBooks' choice
        raise refusals.not_enabled()
    applied = applying.check(books, applying.read(element.findall("AppliedToTxnAdd")), payer)
    if applied.paid > total:
        why = "You cannot apply more than the amount of the payment."
        raise refusals.bad_value("AppliedToTxnAdd payment amount", money(applied.paid), why)
    if not total:
        raise refusals.bad_value("total amount", money(total), "It must be positive.")
    books.now += 1
    payment = Payment(
        **books.new_head(customer, currency),
        exchange_rate=rate,
        date=date,
        number=fields.value(element, "RefNumber") or "",
        total=total,
        unused=total - applied.paid,
        method=method,
        deposit_to=deposit_to,
        applied=applied.applications,
        memo=fields.value(element, "Memo") or "",
        external_guid=guid,
        receivable=payer.receivable,
    )
    ledger.put(books, payment)
    recovery = (
        f"<TxnID>{payment.txn_id}</TxnID>\n<TxnNumber>{payment.txn_number}</TxnNumber>\n"
        f"<EditSequence>{payment.edit_sequence}</EditSequence>\n"
        f"{answers.element('ExternalGUID', payment.external_guid)}"
    )
    return Written(payment.txn_id, _CLOSED if applied.closed else OK, recovery)


# Single fields of a payment.


def _customer(books: Books, element: etree._Element) -> str:
    reference = element.find("CustomerRef")
    if reference is None:
        raise refusals.missing("CustomerRef")
    list_id = fields.entry_id(reference, "Customer", fields.customers(books), KIND)
    if list_id in books.locks:
        raise refusals.in_use(KIND, "record")
    return list_id


def _receivable(books: Books, element: etree._Element, currency: str) -> str:
    """The A/R account that is named, or the usual one of the currency."""
    reference = element.find("ARAccountRef")
    if reference is None:
        return books.receivable(currency).list_id
    account = fields.account(books, reference, KIND)
    if account.type != "AccountsReceivable" or account.currency != currency:
        why = "It is not an Accounts Receivable account of the customer's currency."
        raise refusals.bad_reference("Account", account.name, KIND, why)
    return account.list_id


def _open_date(books: Books, element: etree._Element) -> str:
    date = fields.a_date(element, "TxnDate") or books.today
    if books.profile.is_closed(date):
        raise refusals.closed_period(KIND)
    return date


def _total(element: etree._Element) -> int:
    total = fields.amount(element, "TotalAmount") or 0
    if total < 0:
        raise refusals.bad_value("total amount", money(total), "It cannot be negative.")
    return total


def _rate(books: Books, element: etree._Element, currency: str) -> str:
    """The exchange rate that is given, or that of QuickBooks' own list."""
    given = (element.findtext("ExchangeRate") or "").strip()
    if not given:
        return books.exchange_rate(currency)
    if not books.profile.multicurrency:
        raise refusals.not_enabled()
    rate = Decimal(given)
    if rate <= 0 or (currency == books.profile.home_currency and rate != 1):
        why = "The home currency has the rate 1, another one a positive rate."
        raise refusals.bad_value("exchange rate", given, why)
    return format(rate.normalize(), "f")


def _method(books: Books, element: etree._Element) -> str:
    reference = element.find("PaymentMethodRef")
    if reference is None or fields.is_empty(reference):
        return ""
    return fields.entry_id(reference, "PaymentMethod", fields.payment_methods(books), KIND)


def _deposit(books: Books, element: etree._Element, currency: str) -> str:
    """Where the money goes: Undeposited Funds, or an account of its currency or the home one."""
    reference = element.find("DepositToAccountRef")
    if reference is None or fields.is_empty(reference):
        if not books.profile.habits.undeposited_by_default:
            raise refusals.no_account("name the account that the payment is deposited to.")
        return books.undeposited_funds().list_id
    account = fields.account(books, reference, KIND)
    home = books.profile.home_currency
    if account.type not in _DEPOSITABLE or account.currency not in (currency, home):
        why = "Money of this currency cannot be deposited to an account of that kind."
        raise refusals.bad_reference("Account", account.name, KIND, why)
    return account.list_id


def _guid(books: Books, element: etree._Element) -> str:
    """An ExternalGUID belongs to one object of the file, where that is enforced."""
    guid = element.findtext("ExternalGUID") or ""
    if guid == _NO_GUID:
        raise refusals.bad_guid(guid, "It must be a GUID in braces.")
    if guid and books.profile.habits.guids_are_unique:
        used = {one.external_guid.casefold() for one in books.payments.values()}
        used |= {one.external_guid.casefold() for one in books.invoices.values()}
        if guid.casefold() in used:
            raise refusals.bad_guid(guid, "Another object has this GUID already.")
    return guid


def _add_method(books: Books, request: etree._Element) -> Written:
    given = request[0]
    name = (fields.value(given, "Name") or "").strip()
    if not name:
        raise refusals.missing("Name")
    if ":" in name or not answers.storable(name):
        raise refusals.bad_name(name)
    if any(one.name.casefold() == name.casefold() for one in books.of_kind("PaymentMethod")):
        raise refusals.name_taken(name)
    books.now += 1
    entry = Entry(
        "PaymentMethod",
        books.new_list_id(),
        name,
        given.findtext("PaymentMethodType") or "Other",
        books.now,
        given.find("IsActive") is None or fields.flag(given, "IsActive"),
    )
    books.entries[entry.list_id] = entry
    recovery = answers.element("ListID", entry.list_id)
    recovery += answers.element("EditSequence", str(entry.created))
    return Written(entry.list_id, OK, recovery)


WRITES: dict[str, Write] = {
    "ReceivePaymentAddRq": Write(_add_payment, "ReceivePaymentQueryRq"),
    "PaymentMethodAddRq": Write(_add_method, "PaymentMethodQueryRq"),
}
