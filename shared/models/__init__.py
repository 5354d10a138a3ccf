"""The store: tables, repositories and two engines.

peewee imports psycopg wherever it is installed, which costs 9 MiB and half of a command's start.
It is therefore imported here first, with psycopg hidden; ``postgresql`` hands the driver over when
a store is opened that needs it.
"""

from shared.imports import without

with without("psycopg"):
    import peewee  # noqa: F401
