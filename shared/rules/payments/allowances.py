"""What accountants allow or not: overpayments, payments on account, payments in a closed period.

A connection says it for all its payments, and a person may have decided otherwise for one.
"""

from __future__ import annotations

from datetime import date, timedelta

from shared.rules.payments.values import Payment
from shared.rules.values import ClosedPeriod, Connection, OnAccount, Overpayment
from shared.structs import Value


class Allowed(Value):
    """What is allowed for one payment.

    ``credit``: what its invoices no longer owe stays on it as the customer's unused credit.
    ``closed_too``: so even where an invoice owes nothing any more, which a person has to say:
    somebody may have recorded this very payment by hand. ``on_account``: it needs no invoice.
    ``next_open_day``: it is posted under a later date where its own is in a closed period.
    """

    credit: bool = False
    closed_too: bool = False
    on_account: bool = False
    next_open_day: bool = False


NOTHING = Allowed()


def allowed(connection: Connection, payment: Payment) -> Allowed:
    """What is allowed for a payment: as was decided for it, else as its connection has it."""
    own = payment.allowances
    return Allowed(
        credit=(own.overpayment or connection.overpayment) is Overpayment.CREDIT,
        closed_too=own.overpayment is Overpayment.CREDIT and own.closed_too,
        on_account=(own.on_account or connection.on_account) is OnAccount.POST,
        next_open_day=(own.closed_period or connection.closed_period) is ClosedPeriod.NEXT_OPEN_DAY,
    )


def open_day(day: date, closing: date | None) -> date:
    """The day itself, or the first one after the closing date."""
    return day if closing is None or day > closing else closing + timedelta(days=1)
