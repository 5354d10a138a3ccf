"""The last stage of Payment Sync: the invoices that payments touched are read again.

It is the end of Invoice Sync with another beginning; then what QuickBooks now shows of the
invoices that we paid is held against what we expected.
"""

from __future__ import annotations

from datetime import datetime

from daemon.stages.invoices import work as invoices
from daemon.stages.invoices.ending import Ending
from daemon.stages.invoices.plan import Step
from daemon.stages.payments import verifying
from shared.rules.values import Session
from shared.settings import Settings


class Balances(Ending):
    """Invoices that are queued, and the customers that they name."""

    def begin(self, session: Session, settings: Settings, now: datetime) -> str:
        """Only what is queued to be read again, and the customers that it names."""
        return invoices.begin_at(Step.REREAD, session, settings)

    def conclude(self, session: Session, settings: Settings, now: datetime) -> Session:
        """Check the balances that our payments should have left."""
        verifying.verify(session, now)
        return session
