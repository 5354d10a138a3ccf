"""The last stage of Payment Sync: the invoices that payments touched are read again.

It is the end of Invoice Sync with another beginning; then what QuickBooks now shows of the
invoices that we paid is held against what we expected.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from daemon.stages.invoices.plan import InvoiceSync, Step
from daemon.stages.invoices.stage import InvoiceStage
from daemon.stages.payments import describe, outcomes
from shared.models.ledger import incoming_invoices
from shared.models.payments import postings, sets
from shared.rules.payments.values import Posting
from shared.rules.values import Session

DIFFERS = "payment-balance-differs"


class BalancesStage(InvoiceStage):
    """Invoices that are queued, and the customers that they name."""

    def begin(self) -> InvoiceSync:
        return self.begin_at(Step.REREAD)

    def conclude(self) -> None:
        verify(self.session, self.now)


def verify(session: Session, now: datetime) -> None:
    """Hold the balance of each invoice against what its latest payment of ours should leave.

    Of several payments of one invoice only the last tells what is owed in the end. What was
    not looked at just before, in this session, has nothing to be held against.
    """
    unverified = postings.unverified(session.connection.id)
    begun = sets.last_begun([one.id for one in unverified])
    expected: dict[str, tuple[Posting, Decimal | None]] = {}
    for posting in unverified:
        # Whether its invoices were looked at in this session, right before it was sent.
        looked_at = posting.id in begun and begun[posting.id] >= session.opened_at
        for use in posting.uses:
            expected[use.invoice_txn_id] = (posting, use.expected if looked_at else None)
    owed = incoming_invoices.balances(session.connection.id, expected)
    wrong: set[int] = set()
    for txn_id, (posting, balance) in expected.items():
        found = owed.get(txn_id)
        if balance is not None and found is not None and found != balance:
            outcomes.report_difference(session, posting, txn_id, balance, found, now)
            wrong.add(posting.id)
    postings.verified({one.id: one.id not in wrong for one in unverified}, now)
    right = [one.payment_id for one in unverified if one.id not in wrong]
    describe.close_problem(session, right, DIFFERS, now)
