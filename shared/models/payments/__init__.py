"""Payments and the way they take: what came in, what is written to QuickBooks, what is there.

``from_platform`` takes payments of the billing platform in, ``rejudging`` says which of them may go
out, ``postings`` and ``sets`` follow what is written for them, ``standing`` writes where each
stands, ``from_quickbooks`` holds the payments of QuickBooks, ``payment_pages`` and ``reconciling``
show all of it. ``account_rules`` and ``quickbooks_lists`` tell which account and payment method a
payment gets there.
"""
