"""The ledger: the invoices and customers of each connection, as QuickBooks has them.

Invoices come in by ``store_invoices``; each one wants its customer, which
``missing_customers`` asks for and ``store_customers`` brings, and that one its parent.
``settle`` then works out who is billed and what is left out: until it has looked at an
invoice, no listing and no total shows it.
"""

from __future__ import annotations

from shared.models.ledger.checked_customers import (
    compare_changed_customers,
    compare_customers,
    customers_gone,
    customers_to_check,
)
from shared.models.ledger.customer_pages import customers
from shared.models.ledger.incoming_customers import (
    StoredCustomers,
    mark_customers_deleted,
    mark_customers_missing,
    missing_customers,
    store_customers,
)
from shared.models.ledger.incoming_invoices import (
    IncomingInvoice,
    StoredInvoices,
    balances,
    compare_open,
    held,
    invoice,
    invoice_documents,
    mark_deleted,
    store_invoices,
)
from shared.models.ledger.invoice_pages import exported, invoices, totals
from shared.models.ledger.named import (
    customers_named,
    invoices_named,
    invoices_near,
    receivables_of,
)
from shared.models.ledger.rereads import (
    COMPARED,
    compare_next,
    newest_modified,
    next_reread,
    queue_reread,
    reread_done,
    set_watermark,
    watermark,
    watermarks,
)
from shared.models.ledger.seen import forget_seen, note_seen, queue_unseen, unseen_open
from shared.models.ledger.settlement import (
    CUSTOMER_MISSING,
    Part,
    Settled,
    Terms,
    in_cycle,
    settle,
    without_customer,
)
from shared.models.ledger.shared_numbers import SharedNumber, shared_numbers, sharing
from shared.models.ledger.wanted import want_customers_of, want_missing

__all__ = [
    "COMPARED",
    "CUSTOMER_MISSING",
    "IncomingInvoice",
    "Part",
    "Settled",
    "SharedNumber",
    "StoredCustomers",
    "StoredInvoices",
    "Terms",
    "balances",
    "compare_changed_customers",
    "compare_customers",
    "compare_next",
    "compare_open",
    "customers",
    "customers_gone",
    "customers_named",
    "customers_to_check",
    "exported",
    "forget_seen",
    "held",
    "in_cycle",
    "invoice",
    "invoice_documents",
    "invoices",
    "invoices_named",
    "invoices_near",
    "mark_customers_deleted",
    "mark_customers_missing",
    "mark_deleted",
    "missing_customers",
    "newest_modified",
    "next_reread",
    "note_seen",
    "queue_reread",
    "queue_unseen",
    "receivables_of",
    "reread_done",
    "set_watermark",
    "settle",
    "shared_numbers",
    "sharing",
    "store_customers",
    "store_invoices",
    "totals",
    "unseen_open",
    "want_customers_of",
    "want_missing",
    "watermark",
    "watermarks",
    "without_customer",
]
