"""Every way to a decision: the operations themselves, commands, keys, jumps.

``known`` lists the ways that there are; ``test_known`` fails as long as one of them is missing
there. ``test_guards`` goes through each of them to each decision that demands a confirmation.
"""
