"""A payment's terms as one line: what we sent beside what QuickBooks shows; pure.

Two lines that are equal mean the same money of the same customer for the same invoices.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from shared.qbxml.responses import ReceivePaymentRet
from shared.rules.payments.values import ZERO, Payment, Posting


def sent(payment: Payment, posting: Posting) -> str:
    """ "250.00 on 2024-06-12 for 1042 200.00, 1043 50.00"."""
    uses = ((use.invoice_txn_id, use.number, use.amount) for use in posting.uses)
    return _line(posting.amount, day_of(payment, posting).isoformat(), uses)


def day_of(payment: Payment, posting: Posting) -> date:
    """The day under which a posting is in QuickBooks, or would be."""
    return posting.date or payment.date


def shown(ret: ReceivePaymentRet) -> str:
    """The same of a payment that was read with its lines."""
    day = ret.txn_date.isoformat() if ret.txn_date else "no date"
    uses = ((use.txn_id, use.ref_number, use.amount or ZERO) for use in ret.applied)
    return _line(ret.total_amount or ZERO, day, uses)


def _line(amount: Decimal, day: str, uses: Iterable[tuple[str, str, Decimal]]) -> str:
    paid = [f"{number or txn_id} {share:,.2f}" for txn_id, number, share in sorted(uses)]
    return f"{amount:,.2f} on {day} for {', '.join(paid) or 'nothing'}"
