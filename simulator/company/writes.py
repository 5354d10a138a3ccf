"""What each write does and which query's records it answers with: one row of a table each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from simulator.company import fields, ledger, payments, refusals
from simulator.company.answers import element as text_element
from simulator.company.answers import storable
from simulator.company.books import Books
from simulator.company.records import Credit, Entry, Invoice, Payment
from simulator.company.written import Written, recovery_of

Txn = Invoice | Payment | Credit
_KINDS: dict[str, Callable[[Books], dict[str, Invoice] | dict[str, Payment] | dict[str, Credit]]]
_KINDS = {
    "Invoice": lambda books: books.invoices,
    "ReceivePayment": lambda books: books.payments,
    "CreditMemo": lambda books: books.credits,
}


@dataclass(frozen=True, slots=True)
class Write:
    """A write; ``shown_by`` is the query that shows its record, if it has one."""

    do: Callable[[Books, etree._Element], Written]
    shown_by: str = ""


def _add_method(books: Books, request: etree._Element) -> Written:
    given = request[0]
    name = (fields.value(given, "Name") or "").strip()
    if not name:
        raise refusals.missing("Name")
    if ":" in name or not storable(name):
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
    return Written(entry.list_id, recovery=recovery_of(entry))


def _delete(books: Books, request: etree._Element) -> Written:
    kind = request.findtext("TxnDelType") or ""
    found = _named(books, request, kind)
    if books.profile.is_closed(found.date):
        raise refusals.closed_period("delete", kind)
    if isinstance(found, Payment) and found.deposited:
        raise refusals.not_deletable(kind, found.txn_id, refusals.DEPOSITED)
    books.now += 1
    if isinstance(found, Payment):
        ledger.drop_payment(books, found)
    elif isinstance(found, Credit):
        ledger.drop_credit(books, found)
    else:
        ledger.drop_invoice(books, ledger.release(books, found.txn_id))
    return Written(
        data=f"<TxnDelType>{kind}</TxnDelType>\n<TxnID>{found.txn_id}</TxnID>\n"
        f"<TimeDeleted>{books.stamp(books.now)}</TimeDeleted>\n"
        f"{text_element('RefNumber', found.number)}",
        recovery=text_element("TxnID", found.txn_id),
    )


def _void(books: Books, request: etree._Element) -> Written:
    """These books can void invoices; anything else there is none of, or it cannot be done."""
    kind = request.findtext("TxnVoidType") or ""
    found = _named(books, request, kind)
    if not isinstance(found, Invoice):
        raise refusals.not_enabled()
    if books.profile.is_closed(found.date):
        raise refusals.closed_period("void", kind)
    books.now += 1
    voided = found if found.voided else ledger.void(books, found.txn_id)
    return Written(
        data=f"<TxnVoidType>{kind}</TxnVoidType>\n<TxnID>{voided.txn_id}</TxnID>\n"
        f"<TimeCreated>{books.stamp(voided.created)}</TimeCreated>\n"
        f"<TimeModified>{books.stamp(voided.modified)}</TimeModified>\n"
        f"{text_element('RefNumber', voided.number)}",
        recovery=text_element("TxnID", voided.txn_id),
    )


def _named(books: Books, request: etree._Element, kind: str) -> Txn:
    """The transaction that is named by kind and id. Raises RequestFailed (3000, 3120, 3175)."""
    txn_id = fields.an_id(request, "TxnID")
    known = _KINDS[kind](books) if kind in _KINDS else {}
    found = known.get(txn_id)
    if found is None:
        raise refusals.not_found(txn_id)
    if txn_id in books.locks:
        raise refusals.in_use(kind)
    if any(one.txn_id in books.locks for one in _neighbors(books, found)):
        raise refusals.in_use(kind, related="transaction")
    return found


def _neighbors(books: Books, found: Txn) -> list[Txn]:
    """The transactions that change together with one that goes."""
    if isinstance(found, Invoice):
        return list(books.appliers(found.txn_id))
    return [books.invoices[one.txn_id] for one in found.applied]


WRITES: dict[str, Write] = {
    "ReceivePaymentAddRq": Write(payments.add, "ReceivePaymentQueryRq"),
    "ReceivePaymentModRq": Write(payments.mod, "ReceivePaymentQueryRq"),
    "PaymentMethodAddRq": Write(_add_method, "PaymentMethodQueryRq"),
    "TxnDelRq": Write(_delete),
    "TxnVoidRq": Write(_void),
}
