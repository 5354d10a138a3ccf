"""The demo's payments: what the billing platform took, and what the bookkeeper recorded.

They are chosen out of the imported invoices, so that a Payment Sync meets each case once.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from shared.structs import Value

Record = Mapping[str, Any]
CENT = Decimal("0.01")
COLUMNS = (
    "external_id", "date", "amount", "currency", "applied", "method", "gateway", "offline",
    "charge_state",
)  # fmt: skip


class Case(Value):
    """A kind of payment. ``name`` is its id on the platform, or its number in QuickBooks.

    ``foreign``: of invoices in another currency than most are. ``goes_out``: it has to be
    posted to QuickBooks.
    """

    name: str
    method: str
    gateway: str = ""
    invoices: int = 1
    in_part: bool = False
    foreign: bool = False
    offline: bool = False
    charge_state: str = "succeeded"

    @property
    def goes_out(self) -> bool:
        """Whether a charge that succeeded stands behind it."""
        return not self.offline and self.charge_state == "succeeded"


PLATFORM = (
    Case("pay_1", "credit_card", "stripe"),
    Case("pay_2", "ach", "gocardless", in_part=True),
    Case("pay_3", "credit_card", "stripe", invoices=2),
    Case("pay_4", "paypal", "paypal", foreign=True),
    Case("pay_5", "check", offline=True),
    Case("pay_6", "direct_debit", "gocardless", charge_state="pending"),
)
BY_HAND = Case("4711", "Check", in_part=True)


class Share(Value):
    """What one invoice gets of a payment."""

    txn_id: str
    number: str
    amount: Decimal


class Payment(Value):
    """A payment of a case, with what it pays."""

    case: Case
    currency: str
    shares: tuple[Share, ...]

    @property
    def amount(self) -> Decimal:
        """All that was paid."""
        return sum((share.amount for share in self.shares), Decimal(0))

    @property
    def what(self) -> str:
        """What it pays, in words."""
        named = " and ".join(share.number or share.txn_id for share in self.shares)
        if len(self.shares) > 1:
            return f"invoices {named}"
        return f"part of invoice {named}" if self.case.in_part else f"invoice {named}"


class Story(Value):
    """The payments of the platform, and the one recorded in QuickBooks by hand, if any."""

    platform: tuple[Payment, ...]
    by_hand: Payment | None


def choose(invoices: Iterable[Record]) -> Story:
    """Give each case invoices of its own, out of ``invoices list``.

    What a small company has no invoices for is left out.
    """
    left = [one for one in invoices if one["status"] == "open" and _owed(one) > CENT]
    home = _home(left)
    by_hand = _deal(BY_HAND, left, home)
    dealt = (_deal(case, left, home) for case in PLATFORM)
    return Story(tuple(payment for payment in dealt if payment), by_hand)


def as_csv(payments: Iterable[Payment], day: str) -> str:
    """The file that ``payments import`` takes, all payments of one ISO day."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in payments:
        applied = ";".join(f"{share.txn_id}={share.amount}" for share in one.shares)
        case = one.case
        offline = "yes" if case.offline else "no"
        row = (case.name, day, one.amount, one.currency, applied)
        writer.writerow((*row, case.method, case.gateway, offline, case.charge_state))
    return file.getvalue()


def _owed(invoice: Record) -> Decimal:
    return Decimal(invoice["balance"])


def _home(invoices: Sequence[Record]) -> str:
    """The currency of most invoices."""
    counted = Counter(one["currency"] for one in invoices)
    return max(counted, key=lambda currency: counted[currency], default="")


def _deal(case: Case, left: list[Record], home: str) -> Payment | None:
    """Take the first invoices that fit out of ``left``; None where there are none."""
    paid = _fitting(case, [one for one in left if (one["currency"] != home) == case.foreign])
    if not paid:
        return None
    for one in paid:
        left.remove(one)
    shares = (Share(one["txn_id"], one["number"], _share(case, _owed(one))) for one in paid)
    return Payment(case, paid[0]["currency"], tuple(shares))


def _share(case: Case, owed: Decimal) -> Decimal:
    return (owed / 2).quantize(CENT) if case.in_part else owed


def _fitting(case: Case, invoices: Sequence[Record]) -> Sequence[Record]:
    """The first invoices that one customer can pay together."""
    for first in invoices:
        same = [one for one in invoices if _payer(one) == _payer(first)]
        if len(same) >= case.invoices:
            return same[: case.invoices]
    return ()


def _payer(invoice: Record) -> tuple[str, str]:
    return invoice["customer_list_id"], invoice["currency"]
