"""Is all well? The checks of ``deskbridge doctor`` and of the console's Health screen.

Each finding is a ``Check``: what was looked at, how it ended, what to do. Nothing here prints,
and nothing changes anything.
"""
