"""The last stage of Payment Sync: the invoices that payments touched are read again.

It is the end of Invoice Sync with another beginning; then what QuickBooks now shows of the
invoices that we paid is held against what we expected.
"""

from __future__ import annotations

from daemon.stages.invoices.plan import InvoiceSync, Step
from daemon.stages.invoices.stage import InvoiceStage
from daemon.stages.payments import verifying


class BalancesStage(InvoiceStage):
    """Invoices that are queued, and the customers that they name."""

    def begin(self) -> InvoiceSync:
        return self.begin_at(Step.REREAD)

    def conclude(self) -> None:
        """Check the balances that our payments should have left."""
        verifying.verify(self.session, self.now)
