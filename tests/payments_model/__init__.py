"""The posting protocol alone, against a QuickBooks, a line and people that are as bad as can be.

All of it is plain numbers: seconds, cents, and ids that count up. Nothing here reads or writes.
"""
