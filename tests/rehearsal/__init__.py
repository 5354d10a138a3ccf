"""The whole daemon against a random company and bad luck, from one seed: the same every time.

First chaos: each run allows some kinds of faults ("swarm") and lets people act in between.
Then quiet: whatever happened, every payment is in QuickBooks exactly once, or a person is told.
Where Invoiced is the third book, every invoice is owed there as in QuickBooks, or a person is told.
"""
