"""Payments and the way they take: what came in, what is written to QuickBooks, what is there.

``receiving`` takes payments of the platform in and judges them, ``postings`` and ``sets`` follow
what is written for them, ``states`` writes what a person decided, ``incoming`` holds
the payments of QuickBooks, ``listing`` and ``reconciling`` show all of it. ``rules`` and
``lists`` tell which account and payment method a payment gets there.
"""
