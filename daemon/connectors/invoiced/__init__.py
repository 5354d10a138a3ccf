"""Invoiced: its client, and what QuickBooks and Invoiced call the same things."""
