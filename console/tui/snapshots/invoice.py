"""What the detail of an invoice shows: both sides, its lines, the payments applied to it."""

from __future__ import annotations

from dataclasses import dataclass

from shared.models import ledger, problems
from shared.models.ledger import invoice_pages
from shared.models.ledger.invoice_pages import InvoiceSides
from shared.models.payments import queue
from shared.models.store import Store
from shared.rules.payments.values import Payment
from shared.rules.values import Invoice, Problem, ProblemState, RecordKind

_NOT_OVER = (ProblemState.OPEN, ProblemState.RETRY, ProblemState.ACKNOWLEDGED, ProblemState.SKIPPED)


@dataclass(frozen=True, slots=True)
class InvoiceDetail:
    """An invoice as QuickBooks has it, beside what became of it here."""

    sides: InvoiceSides
    invoice: Invoice
    payments: tuple[Payment, ...]
    problem: Problem | None


def read(_store: Store, connection_id: int, txn_id: str) -> InvoiceDetail:
    """Read an invoice; raises NotFound."""
    found = problems.about(connection_id, [txn_id])
    about = [one for one in found if one.kind is RecordKind.INVOICE and one.state in _NOT_OVER]
    return InvoiceDetail(
        sides=invoice_pages.get(connection_id, txn_id),
        invoice=ledger.invoice(connection_id, txn_id),
        payments=tuple(queue.of_invoice(connection_id, txn_id)),
        problem=about[0] if about else None,
    )
