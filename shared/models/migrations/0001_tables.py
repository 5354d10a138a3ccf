"""The first store: every table, as ``shared.models.tables`` declares them.

No store has been released yet. The first release freezes a copy of the tables in here; from then
on each change of them is a step of its own, with a higher number.
"""

from secrets import token_hex
from typing import Any
from uuid import uuid4

from shared.models.tables import TABLES, Installation


def up(_migrator: Any, db: Any) -> None:
    """Create all tables and indices of an empty database, and name it."""
    with db.bind_ctx(TABLES):
        db.create_tables(TABLES, safe=False)
        Installation.insert(token=uuid4().hex, secret=token_hex(32)).execute()
