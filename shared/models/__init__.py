"""The store: tables, repositories and two engines.

peewee imports psycopg wherever it is installed, which costs 9 MiB and half of a command's start.
While peewee is first imported, here, psycopg is therefore hidden from it; ``postgresql`` hands it
over when a store is opened that needs it.
"""

import sys

_absent = "psycopg" not in sys.modules
if _absent:
    sys.modules["psycopg"] = None  # type: ignore[assignment]  # as the import system says "none"
try:
    import peewee  # noqa: F401
finally:
    if _absent:
        del sys.modules["psycopg"]
