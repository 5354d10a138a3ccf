"""A payment's terms as one line: what we sent beside what QuickBooks shows; pure.

Two lines that are equal mean the same money of the same customer for the same invoices. What
was left unused may since have been put against invoices: that is what a credit is for.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from shared import dates
from shared.qbxml.payment_responses import ReceivePaymentRet
from shared.rules.payments import tags
from shared.rules.payments.values import ZERO, Payment, Posting
from shared.structs import replace


def as_sent(payment: Payment, posting: Posting) -> str:
    """ "250.00 on 6/12/2024 for 1042 200.00, 1043 50.00"."""
    uses = ((use.invoice_txn_id, use.number, use.paid) for use in posting.uses if use.paid)
    return _line(posting.amount, dates.day(day_of(payment, posting)), uses)


def day_of(payment: Payment, posting: Posting) -> date:
    """The day under which a posting is in QuickBooks, or would be."""
    return posting.date or payment.date


def agree(payment: Payment, posting: Posting, ret: ReceivePaymentRet) -> bool:
    """Whether QuickBooks shows a payment as it was sent.

    Only what was left unused may have been applied since, to these invoices or to others.
    """
    if (ret.total_amount, ret.txn_date) != (posting.amount, day_of(payment, posting)):
        return False
    applied = {use.txn_id: use.amount or ZERO for use in ret.applied}
    in_place = all(applied.get(use.invoice_txn_id, ZERO) >= use.paid for use in posting.uses)
    return in_place and sum(applied.values(), ZERO) <= posting.amount


def as_told(payment: Payment, posting: Posting, ret: ReceivePaymentRet) -> Posting:
    """The posting with what the memo of a payment found says of its date and its credit."""
    if tags.dated(payment) in ret.memo and ret.txn_date is not None:
        posting = replace(posting, date=ret.txn_date)
    applied = {use.txn_id: use.amount or ZERO for use in ret.applied}
    fitted = tuple(
        replace(use, fitting=min(use.amount, applied.get(use.invoice_txn_id, ZERO)))
        for use in posting.uses
    )
    kept = replace(posting, uses=fitted)
    return kept if kept.credited and tags.credited(kept.credited) in ret.memo else posting


def as_shown(ret: ReceivePaymentRet) -> str:
    """The same of a payment that was read with its lines."""
    day = dates.day(ret.txn_date, "no date")
    uses = ((use.txn_id, use.ref_number, use.amount or ZERO) for use in ret.applied)
    return _line(ret.total_amount or ZERO, day, uses)


def _line(amount: Decimal, day: str, uses: Iterable[tuple[str, str, Decimal]]) -> str:
    paid = [f"{number or txn_id} {share:,.2f}" for txn_id, number, share in sorted(uses)]
    return f"{amount:,.2f} on {day} for {', '.join(paid) or 'nothing'}"
