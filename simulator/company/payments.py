"""ReceivePaymentAdd and ReceivePaymentMod: checked to the end, and only then posted."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from lxml import etree

from simulator.company import applying, fields, ledger, refusals
from simulator.company.applying import KIND, Applied, Payer
from simulator.company.books import Books, money
from simulator.company.errors import OK, Status
from simulator.company.records import Account, Payment
from simulator.company.written import Written, recovery_of

_DEPOSITABLE = ("Bank", "OtherCurrentAsset")
_NO_GUID = "0"
_CLOSED = Status(
    570,
    "The object was saved, but it could not be linked to a transaction because that is already "
    "closed.",
)


def add(books: Books, request: etree._Element) -> Written:
    """A new payment. Raises RequestFailed; nothing has changed then."""
    element = request[0]
    customer = _customer(books, element)
    currency = books.customers[customer].currency
    payer = Payer(customer, _receivable(books, element, currency))
    date = _open_date(books, fields.a_date(element, "TxnDate") or books.today, "add")
    total = _total(element) or 0
    draft = Payment(
        txn_id="",
        txn_number=0,
        created=books.now,
        modified=books.now,
        edit_sequence=books.now,
        customer=customer,
        currency=currency,
        exchange_rate=_rate(books, element, currency),
        date=date,
        number=fields.value(element, "RefNumber") or "",
        total=total,
        unused=total,
        method=_method(books, element),
        deposit_to=_deposit(books, element, currency),
        applied=(),
        memo=fields.value(element, "Memo") or "",
        external_guid=_guid(books, element),
        receivable=payer.receivable,
    )
    applied = applying.check(books, _uses(books, element, total, payer), payer)
    _fits(total, applied)
    return _post_new(books, draft, applied)


def _post_new(books: Books, draft: Payment, applied: Applied) -> Written:
    """Post it. Where there is neither money nor discount, only credits move: no payment is made."""
    status = _CLOSED if applied.closed else OK
    if not (draft.total or applied.applications or applied.credits):
        raise refusals.bad_value("total amount", money(draft.total), "It must be positive.")
    books.now += 1
    if not draft.total and not applied.applications:
        _use_credits(books, applied)
        return Written(status=status, unmade=draft._replace(credits=_named(applied)))
    payment = draft._replace(
        txn_id=books.new_txn_id(),
        txn_number=books.new_txn_number(),
        created=books.now,
        modified=books.now,
        edit_sequence=books.now,
        unused=draft.total - applied.paid,
        applied=applied.applications,
        credits=_named(applied),
    )
    ledger.put_payment(books, payment)
    _use_credits(books, applied)
    return Written(payment.txn_id, status, recovery=recovery_of(payment))


def mod(books: Books, request: etree._Element) -> Written:
    """A changed payment. Raises RequestFailed; an EditSequence out of date shows the payment."""
    element = request[0]
    old = _existing(books, element)
    given = fields.value(element, "EditSequence") or ""
    if given != str(old.edit_sequence):
        return Written(old.txn_id, refusals.out_of_date(given).status)
    _open_date(books, old.date, "modify")
    becomes = _changed(books, element, old)
    if old.deposited and (becomes.total, becomes.customer) != (old.total, old.customer):
        raise refusals.not_modifiable(KIND, refusals.DEPOSITED)
    payer = Payer(becomes.customer, becomes.receivable, old)
    elements = element.findall("AppliedToTxnMod")
    if not elements:
        return _put_changed(books, _kept(books, becomes, old), Applied())
    applied = applying.check(books, applying.read(books, elements), payer)
    _fits(becomes.total, applied)
    named = (*becomes.credits, *_named(applied))
    becomes = becomes._replace(
        applied=applied.applications,
        unused=becomes.total - applied.paid,
        credits=tuple(dict.fromkeys(named)),
    )
    return _put_changed(books, becomes, applied)


def _put_changed(books: Books, becomes: Payment, applied: Applied) -> Written:
    books.now += 1
    changed = becomes._replace(modified=books.now, edit_sequence=books.now)
    ledger.put_payment(books, changed)
    _use_credits(books, applied)
    return Written(changed.txn_id, _CLOSED if applied.closed else OK, recovery=recovery_of(changed))


def _kept(books: Books, becomes: Payment, old: Payment) -> Payment:
    """The applications stay as they are, as far as the other changes allow."""
    if becomes.receivable != books.receivable_of(old):
        name = books.accounts[becomes.receivable].name
        why = "Changing the account needs the list of what is paid."
        raise refusals.bad_value("ARAccountRef", name, why)
    if becomes.customer != old.customer and old.applied:
        raise refusals.not_found(old.applied[0].txn_id)
    paid = sum(one.amount - one.discount for one in old.applied)
    if paid > becomes.total:
        why = "The payment is less than what is applied of it."
        raise refusals.bad_value("total amount", money(becomes.total), why)
    return becomes._replace(unused=becomes.total - paid)


def _existing(books: Books, element: etree._Element) -> Payment:
    txn_id = fields.an_id(element, "TxnID")
    payment = books.payments.get(txn_id)
    if payment is None:
        raise refusals.not_found(txn_id)
    if txn_id in books.locks:
        raise refusals.in_use(KIND)
    return payment


def _changed(books: Books, element: etree._Element, old: Payment) -> Payment:
    """The old payment with the fields that were given; an empty one is cleared where it can be."""
    becomes = old
    if element.find("CustomerRef") is not None:
        becomes = becomes._replace(customer=_customer(books, _filled(element, "CustomerRef")))
        if books.customers[becomes.customer].currency != old.currency:
            name = books.full_name(becomes.customer)
            raise refusals.bad_reference("Customer", name, KIND, "Its currency is another one.")
    elif old.customer in books.locks:
        raise refusals.in_use(KIND, related="record")
    account = books.receivable_of(old)
    if element.find("ARAccountRef") is not None:
        account = _receivable(books, _filled(element, "ARAccountRef"), old.currency)
    if (date := fields.a_date(element, "TxnDate")) is not None:
        _filled(element, "TxnDate")
        becomes = becomes._replace(date=_open_date(books, date, "modify"))
    if element.find("TotalAmount") is not None:
        becomes = becomes._replace(total=_total(_filled(element, "TotalAmount")) or 0)
    if element.find("ExchangeRate") is not None:
        becomes = becomes._replace(exchange_rate=_rate(books, element, old.currency))
    if element.find("PaymentMethodRef") is not None:
        becomes = becomes._replace(method=_method(books, element))
    if element.find("DepositToAccountRef") is not None:
        filled = _filled(element, "DepositToAccountRef")
        becomes = becomes._replace(deposit_to=_deposit(books, filled, old.currency))
    number, memo = fields.value(element, "RefNumber"), fields.value(element, "Memo")
    return becomes._replace(
        receivable=account,
        number=old.number if number is None else number,
        memo=old.memo if memo is None else memo,
    )


def _filled(element: etree._Element, name: str) -> etree._Element:
    """The same element, in which a field that must have a value has one."""
    part = element.find(name)
    if part is not None and fields.is_empty(part) and not (part.text or "").strip():
        raise refusals.not_clearable(name)
    return element


# Single fields.


def _customer(books: Books, element: etree._Element) -> str:
    reference = element.find("CustomerRef")
    if reference is None:
        raise refusals.missing("CustomerRef")
    list_id = fields.entry_id(reference, "Customer", fields.customers(books), KIND)
    if list_id in books.locks:
        raise refusals.in_use(KIND, related="record")
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


def _open_date(books: Books, date: str, verb: str) -> str:
    if books.profile.is_closed(date):
        raise refusals.closed_period(verb, KIND)
    return date


def _total(element: etree._Element) -> int | None:
    total = fields.amount(element, "TotalAmount")
    if total is not None and total < 0:
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
    if not _takes(account, (currency, books.profile.home_currency)):
        why = "Money of this currency cannot be deposited to an account of that kind."
        raise refusals.bad_reference("Account", account.name, KIND, why)
    return account.list_id


def _takes(account: Account, currencies: Sequence[str]) -> bool:
    return account.type in _DEPOSITABLE and account.currency in currencies


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


def _uses(
    books: Books, element: etree._Element, total: int, payer: Payer
) -> Sequence[applying.Use]:
    if element.find("IsAutoApply") is None:
        return applying.read(books, element.findall("AppliedToTxnAdd"))
    return applying.automatic(books, total, payer) if fields.flag(element, "IsAutoApply") else ()


def _fits(total: int, applied: Applied) -> None:
    """No more money can be applied than there is."""
    if applied.paid > total:
        why = "You cannot apply more than the amount of the payment."
        raise refusals.bad_value("AppliedToTxnAdd payment amount", money(applied.paid), why)


def _named(applied: Applied) -> tuple[str, ...]:
    return tuple(dict.fromkeys(credit for credit, _, _ in applied.credits))


def _use_credits(books: Books, applied: Applied) -> None:
    for credit, invoice, amount in applied.credits:
        ledger.put_against(books, credit, invoice, amount)
