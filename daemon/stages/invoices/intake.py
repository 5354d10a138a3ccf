"""From what QuickBooks sent to what the ledger keeps: pure, one record at a time.

A record that cannot be trusted becomes a Trouble with its document number; it never stops
the others. Runs where answers are read, beside the reactor and outside of any transaction.
Meaning of the fields: Intuit, Onscreen Reference for Intuit Software Development Kits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from daemon.stages.troubles import trouble
from shared.models.convert import money
from shared.models.ledger.incoming_invoices import IncomingInvoice
from shared.qbxml.invoice_lines import InvoiceLineGroupRet, InvoiceLineRet
from shared.qbxml.responses import BadRecord, CustomerRet, InvoiceRet, Ret, TxnDeletedRet
from shared.rules.currencies import currency_code
from shared.rules.values import (
    CheckedCustomer,
    Customer,
    InvoiceStatus,
    OpenInvoice,
    RecordKind,
    Trouble,
)

TOTAL_MISMATCH = "invoice-total-mismatch"
"""The one trouble that comes beside its invoice, not in place of it."""

Taken = IncomingInvoice | OpenInvoice | Customer | CheckedCustomer | TxnDeletedRet | Trouble
"""What a record of an answer becomes."""


def take(
    ret: Ret | BadRecord, *, home_currency: str, compared: Collection[str] = ()
) -> tuple[Taken, ...]:
    """Read one record; of those ``compared`` a few elements were asked for."""
    match ret:
        case BadRecord():
            return _to_read_again(ret) if ret.kind in compared else (unreadable(ret),)
        case InvoiceRet() if "InvoiceRet" in compared:
            return (to_open(ret),)
        case InvoiceRet():
            mismatch = total_mismatch(ret)
            invoice = to_invoice(ret, home_currency)
            return (invoice,) if mismatch is None else (invoice, mismatch)
        case CustomerRet() if "CustomerRet" in compared:
            return (to_checked(ret),)
        case CustomerRet():
            return (to_customer(ret, home_currency),)
        case TxnDeletedRet():
            return (ret,)
        case _:
            return ()


def _to_read_again(bad: BadRecord) -> tuple[Taken, ...]:
    """What cannot be compared counts as different: read whole, it tells what is wrong."""
    if not bad.object_id:
        return ()
    if bad.kind == "CustomerRet":
        return (CheckedCustomer(bad.object_id, "", "", "", active=False),)
    return (OpenInvoice(bad.object_id, "", "", 0, ""),)


def unreadable(bad: BadRecord) -> Trouble:
    """A record with a malformed value."""
    kind = RecordKind.CUSTOMER if bad.kind == "CustomerRet" else RecordKind.INVOICE
    return trouble(f"{kind.value}-unreadable", kind, bad.object_id, bad.document, reason=bad.told)


def to_invoice(ret: InvoiceRet, home_currency: str) -> IncomingInvoice | Trouble:
    """Read an invoice; a Trouble when it lacks what a ledger cannot do without."""
    balance = ret.balance_cents
    if not ret.txn_date or balance is None or _missing(ret):
        return trouble(
            "invoice-unreadable",
            RecordKind.INVOICE,
            ret.txn_id,
            ret.document,
            reason=f"QuickBooks left out {_missing(ret)}",
        )
    applied = ret.applied_cents or 0
    return IncomingInvoice(
        txn_id=ret.txn_id,
        number=ret.ref_number,
        customer_list_id=ret.customer.list_id,
        customer_full_name=ret.customer.full_name,
        date=ret.txn_date,
        due_date=ret.due_date,
        subtotal_cents=ret.subtotal_cents or 0,
        tax_cents=ret.tax_cents or 0,
        applied_cents=applied,
        balance_cents=balance,
        total_cents=balance - applied,
        currency=_currency(ret.currency, home_currency),
        exchange_rate=ret.exchange_rate,
        status=_status(ret, balance, applied).value,
        pending=bool(ret.is_pending),
        ar_account_list_id=ret.ar_account.list_id,
        ar_account=ret.ar_account.full_name,
        terms=ret.terms,
        po_number=ret.po_number,
        memo=ret.memo,
        note="; ".join(_odd(ret)),
        edit_sequence=ret.edit_sequence,
        time_created=ret.time_created,
        time_modified=ret.time_modified,
        lines=tuple(_lines(ret)),
    )


def _odd(ret: InvoiceRet) -> Iterator[str]:
    """What stood in fields that could not be read: "Amount is '1479.933' (line 2)"."""
    yield from ret.odd
    for number, line in enumerate(ret.lines, 1):
        parts = line.lines if isinstance(line, InvoiceLineGroupRet) else ()
        for part in (line, *parts):
            for text in part.odd:
                yield f"{text} (line {number})"


def total_mismatch(ret: InvoiceRet) -> Trouble | None:
    """A problem when subtotal and tax do not add up to balance and applied amount.

    Both sums agree in every real answer that we have seen.
    """
    if ret.adds_up:
        return None
    return trouble(
        TOTAL_MISMATCH,
        RecordKind.INVOICE,
        ret.txn_id,
        ret.document,
        sum=money((ret.subtotal_cents or 0) + (ret.tax_cents or 0)),
        total=money(ret.total_cents or 0),
    )


def to_open(ret: InvoiceRet) -> OpenInvoice:
    """Read a row of the sweep."""
    return OpenInvoice(
        ret.txn_id,
        ret.edit_sequence,
        ret.time_modified,
        ret.balance_cents or 0,
        ret.customer.list_id,
    )


def to_checked(ret: CustomerRet) -> CheckedCustomer:
    """Read a row of the customer check."""
    return CheckedCustomer(
        ret.list_id,
        ret.edit_sequence,
        ret.full_name,
        ret.parent.list_id,
        ret.is_active is not False,
    )


def to_customer(ret: CustomerRet, home_currency: str) -> Customer | Trouble:
    """Read a customer or job; a Trouble when it has no ListID or name."""
    if not ret.list_id or not ret.full_name:
        return trouble(
            "customer-unreadable",
            RecordKind.CUSTOMER,
            ret.list_id,
            ret.document,
            reason="QuickBooks left out its ListID or name",
        )
    return Customer(
        list_id=ret.list_id,
        name=ret.name or ret.full_name.rpartition(":")[2],
        full_name=ret.full_name,
        parent_list_id=ret.parent.list_id,
        active=ret.is_active is not False,
        company_name=ret.company_name,
        email=ret.email,
        phone=ret.phone,
        bill_address="\n".join(ret.billing_lines),
        currency=_currency(ret.currency, home_currency),
        edit_sequence=ret.edit_sequence,
        time_created=ret.time_created,
        time_modified=ret.time_modified,
        account_number=ret.account_number,
    )


def _missing(ret: InvoiceRet) -> str:
    """The elements without which an invoice cannot be kept and that are not there, by name."""
    held = (
        *(ret.txn_id, ret.customer.list_id, ret.txn_date, ret.balance_cents is not None),
        *(ret.time_modified, ret.edit_sequence),
    )
    if all(held):
        return ""
    return ", ".join(name for name, is_there in zip(_NEEDED, held, strict=True) if not is_there)


_NEEDED = ("TxnID", "CustomerRef", "TxnDate", "BalanceRemaining", "TimeModified", "EditSequence")


def _currency(name: str, home_currency: str) -> str:
    return currency_code(name) if name else home_currency


def _status(ret: InvoiceRet, balance: int, applied: int) -> InvoiceStatus:
    """Open, paid or void. A voided invoice is all zero, and QuickBooks marks its memo."""
    if not ret.is_paid and (balance or ret.is_paid is False):
        return InvoiceStatus.OPEN
    if not balance and not applied and ret.memo.lstrip().upper().startswith("VOID"):
        return InvoiceStatus.VOID
    return InvoiceStatus.PAID


def _lines(ret: InvoiceRet) -> Iterator[InvoiceLineRet]:
    for line in ret.lines:
        if isinstance(line, InvoiceLineGroupRet):
            yield from line.unfolded
        else:
            yield line
