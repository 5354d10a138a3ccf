"""The first store: every table, as ``shared.models.tables`` declares them.

No store has been released yet. The first release freezes a copy of the tables in here; from then
on each change of them is a step of its own, with a higher number.
"""

from typing import Any

from shared.models.tables import TABLES


def up(_migrator: Any, db: Any) -> None:
    """Create all tables and indices of an empty database."""
    with db.bind_ctx(TABLES):
        db.create_tables(TABLES, safe=False)
