"""The store: tables, repositories and two engines.

peewee imports psycopg wherever it is installed, which costs 9 MiB and half of a command's start.
It is therefore imported here first, with psycopg hidden; ``postgresql`` hands the driver over when
a store is opened that needs it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_psycopg() -> Iterator[None]:
    """Let what is imported meanwhile find no psycopg, unless somebody has loaded it before."""
    if "psycopg" in sys.modules:
        yield
        return
    sys.modules["psycopg"] = None  # type: ignore[assignment]  # as the import system says "none"
    try:
        yield
    finally:
        del sys.modules["psycopg"]


with without_psycopg():
    import peewee  # noqa: F401
