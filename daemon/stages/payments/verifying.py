"""After the invoices were read again: do they owe what our payments should have left?"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from daemon.stages.payments import describe, outcomes
from shared.models import ledger
from shared.models.payments import postings, sets
from shared.rules.payments.values import Posting, PostingState
from shared.rules.values import Session

DIFFERS = "payment-balance-differs"


def verify(session: Session, now: datetime) -> None:
    """Hold the balance of each invoice against what its latest payment of ours should leave.

    Of several payments of one invoice only the last tells what is owed in the end. What was
    not looked at just before, in this session, has nothing to be held against.
    """
    unverified = postings.unverified(session.connection.id)
    expected: dict[str, tuple[Posting, Decimal | None]] = {}
    for posting in unverified:
        looked_at = _looked_at(session, posting)
        for use in posting.uses:
            expected[use.invoice_txn_id] = (posting, use.expected if looked_at else None)
    owed = ledger.balances(session.connection.id, expected)
    wrong: set[int] = set()
    for txn_id, (posting, balance) in expected.items():
        found = owed.get(txn_id)
        if balance is not None and found is not None and found != balance:
            outcomes.differs(session, posting, txn_id, balance, found, now)
            wrong.add(posting.id)
    for posting in unverified:
        _verified(session, posting, now, right=posting.id not in wrong)


def _looked_at(session: Session, posting: Posting) -> bool:
    """Whether its invoices were looked at in this session, right before it was sent."""
    written = sets.by_posting(posting.id)
    return bool(written) and written[-1].first_sent_at >= session.opened_at


def _verified(session: Session, posting: Posting, now: datetime, *, right: bool) -> None:
    event = "balances are as expected" if right else "a balance is not as expected"
    postings.move(
        posting.id,
        PostingState.POSTED,
        now,
        event=event,
        code=posting.code,
        said=posting.said,
        verified_at=now,
    )
    if right:
        describe.put_right(session, posting.payment_id, DIFFERS, now)
