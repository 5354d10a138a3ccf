"""The stage before payments are judged: what they name, as QuickBooks has it now.

It is the end of Invoice Sync with another beginning. The invoices of retried payments are read by
TxnID and by number, then the customers that they name, and the customers that payments without
an invoice wait for. So nothing is refused by what we hold alone once a person has said retry, and
what fits now is posted in the same sync.
"""

from __future__ import annotations

from daemon.stages.invoices.plan import InvoiceSync, Step
from daemon.stages.invoices.stage import InvoiceStage
from shared.models.payments import asking


class RetriedStage(InvoiceStage):
    """Invoices and customers that retried payments name."""

    def begin(self) -> InvoiceSync:
        asking.begin(self.session.connection.id)
        return self.begin_at(Step.NAMED_CUSTOMERS)

    def may_end_early(self) -> bool:
        """Payments wait for what is read here; it is little."""
        return False

    def conclude(self) -> None:
        """What was read is known by now."""
