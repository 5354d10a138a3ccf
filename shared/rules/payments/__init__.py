"""Rules of payments that need no row and no clock: pure functions of frozen values.

What may come in, whether it may go out, how it is split over QuickBooks payments, under which
tags, and into which account.
"""
