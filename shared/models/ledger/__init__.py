"""The ledger: the invoices and customers of each connection, as QuickBooks has them.

Invoices come in by ``incoming_invoices``; each one wants its customer (``wanted``), which
``incoming_customers`` asks for and brings, and that one its parent. ``settlement`` then works out
who is billed and what is left out: until it has looked at an invoice, no listing and no total
(``invoice_pages``) shows it.
"""
