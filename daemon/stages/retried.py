"""The stage before payments are judged: what they name, as QuickBooks has it now.

It is the end of Invoice Sync with another beginning. The invoices of retried payments are read by
TxnID and by number, then the customers that they name, and the customers that payments without
an invoice wait for. So nothing is refused by what we hold alone once a person has said retry, and
what fits now is posted in the same sync.
"""

from __future__ import annotations

from datetime import datetime

from daemon.stages.invoices import work as invoices
from daemon.stages.invoices.ending import Ending
from daemon.stages.invoices.plan import Step
from shared.models.payments import asking
from shared.rules.values import Session
from shared.settings import Settings


class Retried(Ending):
    """Invoices and customers that retried payments name."""

    def begin(self, session: Session, settings: Settings, now: datetime) -> str:
        """Only what retried payments name."""
        asking.begin(session.connection.id)
        return invoices.begin_at(Step.NAMED_CUSTOMERS, session, settings)

    def conclude(self, session: Session, settings: Settings, now: datetime) -> Session:
        """What was read is known by now."""
        return session
