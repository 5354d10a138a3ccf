"""Which connections belong to one company file: only one of them may.

QuickBooks gives a company file no ID. Its name, and the stamps that the Web Connector left in it
for each application, stand for it. Two connections on one file would both write to it, so the one
that came later is refused (``daemon.session.binding`` decides); a write to a file is the only one
whatever connection it goes through (``payments.sets``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shared.models import tables as t
from shared.models.applications import all_of
from shared.models.convert import moment_or_none
from shared.models.statements import Row, Statement, among, locking, slot
from shared.rules.company_files import Neighbor, plain


def hold() -> None:
    """Let nobody else bind a connection until the unit ends, on whichever daemon."""
    _HOLD.one()


_HOLD = Statement(lambda: locking(t.Installation.select("id"), t.Installation))


def neighbors(connection_id: int, company_name: str) -> list[Neighbor]:
    """Return the connections to tell this one from, by number.

    Without a ``company_name`` all that are bound: the name may be any of theirs.
    """
    rows = _others.all(connection=connection_id)
    return [_read(row) for row in rows if _may_be(row, company_name)]


def _may_be(row: Row, company_name: str) -> bool:
    theirs, bound_ms = row[2], row[4]
    return bound_ms is None or not company_name or plain(theirs) == plain(company_name)


def _read(row: Row) -> Neighbor:
    id_, name, _company, key, bound_ms = row
    stamps = tuple((one.owner_id, one.file_id) for one in all_of(id_))
    return Neighbor(id_, name, key, moment_or_none(bound_ms), stamps)


@Statement
def _others() -> Any:
    """Connections that are bound, or of which a write may still arrive."""
    open_sets = t.MessageSet.select("connection").where(t.MessageSet.phase != "closed")
    return (
        t.Connection.select("id", "name", "company_name", "company_key", "bound_ms")
        .where(
            (t.Connection.id != slot("connection"))
            & (t.Connection.bound_ms.is_null(False) | t.Connection.id.in_(open_sets))
        )
        .order_by(t.Connection.id)
    )


def share(connection_ids: Iterable[int], company_key: str) -> None:
    """Note that these belong to one file: one write at a time, and ``sharing`` tells of them."""
    if ids := list(connection_ids):
        _SHARE.run(ids=ids, key=company_key)


def look_again(connection_ids: Iterable[int]) -> None:
    """Have these shown again, with their next sync, to be alone on their company file."""
    share(connection_ids, "")


_SHARE = Statement(
    lambda: t.Connection.update(company_key=slot("key")).where(among(t.Connection.id, "ids"))
)


def bound_before(connection_id: int, company_key: str) -> str:
    """Return the name of the connection that was bound to this file first; empty if it is this."""
    first = _ON_FILE.one(key=company_key)
    return "" if first is None or first[0] == connection_id else str(first[1])


_ON_FILE = Statement(lambda: _bound(t.Connection.company_key == slot("key")))


def sharing() -> list[tuple[str, ...]]:
    """Return the names of connections that belong to one file, the one bound first in front."""
    files: dict[str, list[str]] = {}
    for _id, name, key in _ON_FILES.all():
        files.setdefault(key, []).append(name)
    return [tuple(names) for names in files.values() if len(names) > 1]


_ON_FILES = Statement(lambda: _bound(t.Connection.company_key != ""))


def _bound(condition: Any) -> Any:
    return (
        t.Connection.select("id", "name", "company_key")
        .where(t.Connection.bound_ms.is_null(False) & condition)
        .order_by(t.Connection.bound_ms, t.Connection.id)
    )
