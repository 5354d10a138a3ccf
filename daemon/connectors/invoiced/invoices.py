"""Invoices: what of ours goes to Invoiced, and which one there it may be written to.

A new one is created with its number by the ordinary call, which refuses a number that somebody has:
the import would overwrite whoever has it, also when it was taken a moment ago. One without a number
is imported by its TxnID, since nothing but that tells it from others. One that is there is changed
by its own id. So no invoice is ever written over another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from daemon.connectors.invoiced.lines import amounts
from daemon.connectors.invoiced.values import (
    LONGEST_NAME,
    LONGEST_NUMBER,
    LONGEST_TEXT,
    Values,
    as_number,
    cut,
    day,
    due_day,
    linked,
    linked_otherwise,
    money,
    our_id_of,
    tied,
    unpay,
)
from daemon.connectors.invoiced.writes import Call, Write
from daemon.connectors.platform import Done, LeaveAlone
from shared.rules.connectors import Ended, InvoiceCopy
from shared.rules.outlets import Refused
from shared.rules.payments.names import folded
from shared.rules.payments.values import ZERO
from shared.rules.values import RecordKind
from shared.structs import replace

Record = Mapping[str, Any]
IMPORT = "/invoices/accounting_sync"
_WAITS_FOR_NUMBER = 3
_HELD_BY_PLAN = ("due_date", "payment_terms")


def create(copy: InvoiceCopy, zone: str) -> Write:
    """Create an invoice, with what it had been paid before as its balance."""
    invoice = copy.invoice
    values = {**linked(invoice.txn_id), **fields(copy, zone)}
    if not invoice.number:
        return _write(copy, _imported(copy, values))
    made = {**values, "customer": int(copy.customer_id), "calculate_taxes": False}
    if not copy.baseline:
        return _write(copy, Call("POST", "/invoices", made))
    # Nobody is asked for more than is owed: it is a draft until its balance is right.
    made["draft"] = True
    issued = {**values, "draft": False}
    return _write(copy, Call("POST", "/invoices", made), _imported(copy, issued))


def _imported(copy: InvoiceCopy, values: Values) -> Call:
    customer = {"accounting_id": copy.customer_list_id, "name": copy.customer}
    balance: Values = {}
    if copy.baseline:
        balance["balance"] = as_number(copy.invoice.total - copy.baseline)
    return Call("POST", IMPORT, {**values, **balance, "customer": customer})


def change(copy: InvoiceCopy, there: Record, zone: str, holder: Record | None = None) -> Write:
    """Change an invoice that is there, but for what Invoiced manages by itself.

    ``holder`` has its number and gives it up: it gets its own when its turn comes.
    """
    values = {**_changes(copy, there, zone), **({"draft": False} if there["draft"] else {})}
    call = Call("PATCH", f"/invoices/{there['id']}", values)
    given_up = {"number": f"was-{holder['id']}"} if holder else {}
    first = [Call("PATCH", f"/invoices/{holder['id']}", given_up)] if holder else []
    return replace(_write(copy, *first, call), due=str(copy.invoice.balance))


def gives_way(copy: InvoiceCopy, holder: Record, attempts: int) -> bool:
    """Whether the invoice that has the number of ours is to give it up, for a while.

    It may get another one by itself in a minute. Of two that swap their numbers, one gives way.
    """
    return attempts >= _WAITS_FOR_NUMBER and copy.invoice.txn_id < our_id_of(holder)


def _changes(copy: InvoiceCopy, there: Record, zone: str) -> Values:
    held: tuple[str, ...] = ()
    if there.get("payment_plan"):
        held = _HELD_BY_PLAN
    elif there.get("autopay"):
        held = ("payment_terms",)
    values = {name: value for name, value in fields(copy, zone).items() if name not in held}
    return {**tied(copy.invoice.txn_id, there), **values, "calculate_taxes": False}


def take(copy: InvoiceCopy, there: Record, zone: str) -> Write:
    """Take an invoice that is there for ours, with what ours had been paid before."""
    if not lacks_baseline(copy, there):
        return change(copy, there, zone)
    tied = Call("PATCH", f"/invoices/{there['id']}", _changes(copy, there, zone))
    values = {**linked(copy.invoice.txn_id), **fields(copy, zone), "draft": False}
    return _write(copy, tied, _imported(copy, values))


def lacks_baseline(copy: InvoiceCopy, there: Record) -> bool:
    """Whether nothing is paid of it there, although ours had been."""
    return bool(copy.baseline) and money(there["balance"]) == money(there["total"])


def end(our_id: str, there: Record, ended: Ended) -> Write:
    """Void or delete an invoice. What it had been paid before Invoiced had it is taken back first:
    that counts as paid, and a paid invoice can be neither voided nor deleted.
    """
    calls = [
        Call("POST", IMPORT, {**linked(our_id), "balance": as_number(money(there["total"]))}),
        Call("POST", f"/invoices/{there['id']}/void")
        if ended is Ended.VOIDED
        else Call("DELETE", f"/invoices/{there['id']}"),
    ]
    if money(there["balance"]) == money(there["total"]):
        calls = calls[1:]
    return Write(RecordKind.INVOICE, our_id, tuple(calls))


def _write(copy: InvoiceCopy, *calls: Call) -> Write:
    return Write(RecordKind.INVOICE, copy.invoice.txn_id, calls, str(copy.invoice.total))


def fields(copy: InvoiceCopy, zone: str) -> Values:
    """What of an invoice goes there, but for its customer, which Invoiced never changes."""
    invoice = copy.invoice
    number = {"number": invoice.number} if invoice.number else {}
    return {
        **number,
        "currency": copy.currency.lower(),
        "date": day(invoice.date, zone),
        "due_date": due_day(invoice.due_date, zone) if invoice.due_date else None,
        "payment_terms": cut(invoice.terms, LONGEST_NAME) or None,
        "purchase_order": cut(invoice.po_number, LONGEST_NUMBER) or None,
        "notes": cut(invoice.memo, LONGEST_TEXT) or None,
        **amounts(invoice),
    }


def why_not(copy: InvoiceCopy) -> Refused | None:
    """Why an invoice cannot be there as it is, whatever is there."""
    number = copy.invoice.number
    if len(number) > LONGEST_NUMBER:
        return Refused(
            f"Its number has {len(number)} characters, and Invoiced accepts at most"
            f" {LONGEST_NUMBER}. Give it a shorter one in QuickBooks."
        )
    if copy.invoice.total < ZERO:
        return Refused(
            f"Its total is {copy.invoice.total}, and Invoiced does not accept an invoice below 0."
        )
    return None


def may_be_ours(copy: InvoiceCopy, there: Record, accounting_id: str) -> bool:
    """Whether an invoice of the same number is this one: it says so, or all of it agrees."""
    txn_id = copy.invoice.txn_id
    if txn_id in (our_id_of(there), accounting_id):
        return True
    return (
        not (our_id_of(there) or accounting_id)
        and str(there["customer"]) == copy.customer_id
        and money(there["total"]) == copy.invoice.total == money(there["balance"])
        and str(there["currency"]).upper() == copy.currency.upper()
    )


def is_another(copy: InvoiceCopy, there: Record) -> Refused:
    """Another invoice bears the number: it is left as it is."""
    return Refused(
        f"Invoiced has another invoice {there['number']}, of {money(there['total'])}. Give one of"
        " them another number, then retry this one."
    )


def was_ours(copy: InvoiceCopy, there: Record) -> bool:
    """Whether an invoice was sent before and something is paid of it."""
    is_paid = money(there["balance"]) != money(there["total"])
    return is_paid and our_id_of(there) == copy.invoice.txn_id


def of_another(copy: InvoiceCopy, there: Record) -> Refused | None:
    """An invoice that names another TxnID is not written over, whatever it is mapped to."""
    named = our_id_of(there)
    if named in ("", copy.invoice.txn_id):
        return None
    return Refused(linked_otherwise(there, named))


def moved(copy: InvoiceCopy, there: Record) -> Refused:
    """Invoiced keeps an invoice with the customer that it was made for."""
    return Refused(
        f"QuickBooks now bills it to {copy.customer}, and Invoiced cannot move an invoice."
        f" {unpay(there)}Delete it there, then retry this one: it is created again. If the two"
        " customers were merged in QuickBooks, merge them on Invoiced instead."
    )


def merged(copy: InvoiceCopy, there: Record) -> Refused:
    """The customer is not there any more, and the invoice is billed to somebody."""
    return Refused(
        f"{copy.customer} was customer {copy.customer_id} on Invoiced, which no longer exists,"
        f" maybe since a merge. This invoice is billed to customer {there['customer']} there. If"
        f" that is right, map {copy.customer} to it (deskbridge invoiced map NAME"
        f" {copy.customer_list_id} --as {there['customer']}), then retry this one."
    )


def is_kept(there: Record) -> bool:
    """Whether Invoiced keeps an invoice as it is."""
    return bool(there.get("status") == "voided" or there.get("paid") or there.get("closed"))


def left_alone(copy: InvoiceCopy, there: Record) -> LeaveAlone | Done | None:
    """Why Invoiced keeps an invoice as it is, whatever QuickBooks says.

    Where QuickBooks has another total by now, a person is told.
    """
    if not is_kept(there):
        return None
    their_id = str(there["id"])
    if there.get("status") == "voided":
        return LeaveAlone("It is void on Invoiced and cannot be changed there.", their_id)
    how = "paid" if there.get("paid") else "closed"
    total = money(there["total"])
    if total != copy.invoice.total:
        differs = f"It is {how} on Invoiced with {total}, and QuickBooks has {copy.invoice.total}"
        return Done(their_id, f"{differs} by now: Invoiced changes it no more")
    if how == "paid":
        return LeaveAlone("It is paid on Invoiced and cannot be changed there.", their_id)
    return LeaveAlone("It is closed on Invoiced. Reopen it there, then retry it.", their_id)


def is_as_wanted(copy: InvoiceCopy, there: Record, zone: str) -> bool:
    """Whether Invoiced has what would be sent."""
    wanted = _changes(copy, there, zone)
    same_items = [_told(one) for one in wanted["items"]] == [_told(one) for one in there["items"]]
    return (
        not there["draft"]
        and same_items
        and _sum(there["discounts"]) == money(wanted["discount"])
        and _sum(there["taxes"]) == money(wanted["tax"])
        and money(there["total"]) == copy.invoice.total
        and our_id_of(there) == copy.invoice.txn_id
        and folded(str(there["number"])) == folded(copy.invoice.number or str(there["number"]))
        and all((there.get(name) or None) == wanted[name] for name in _PLAIN if name in wanted)
    )


def differs(copy: InvoiceCopy, there: Record, baseline: Decimal | None) -> str:
    """What a person has to put right on Invoiced; empty: nothing.

    Payments are sent by themselves. What else lowers an invoice in QuickBooks once it is there,
    such as a credit memo that is applied to it, has no counterpart there. Likewise what is taken
    back of its ``baseline``, that is of what had been paid before it was sent.
    """
    open_there, owed = money(there["balance"]), copy.invoice.balance
    both = f"QuickBooks has {owed} open and Invoiced {open_there}"
    if open_there > owed:
        return (
            f"{both}: a credit or a discount was given in QuickBooks. Enter it on Invoiced as well,"
            " for example as a credit note, then retry this one"
        )
    taken_back = min((baseline or ZERO) - copy.baseline, owed - open_there)
    if taken_back <= 0:
        return ""
    pays = "no longer pays it" if taken_back == baseline else f"pays {taken_back} less"
    return (
        f"{both}: in QuickBooks, a payment or a credit from before this invoice was sent was"
        " deleted or changed. On Invoiced, edit the payment of 0 on this invoice so that it"
        f" {pays}, then retry this one"
    )


_PLAIN = ("currency", "date", "due_date", "payment_terms", "purchase_order", "notes")


def _told(one: Record) -> tuple[str, str, Decimal, Decimal]:
    return (
        str(one.get("name") or ""),
        str(one.get("description") or ""),
        Decimal(str(one["quantity"])),
        Decimal(str(one["unit_cost"])),
    )


def _sum(rows: Any) -> Decimal:
    return sum((money(one["amount"]) for one in rows or ()), ZERO)
