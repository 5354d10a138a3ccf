"""Billing platforms: the seam that each of them fits, and what works through it."""
