"""How files of payments of a connection are read, as people saved it."""

from __future__ import annotations

import json

from shared.models import tables as t
from shared.models.mapper import Mapper
from shared.models.statements import Statement, put_rows
from shared.rules.payments.values import SavedProfile

_PROFILE = Mapper(SavedProfile, t.FileProfile, but=["maps"])


def of_connection(connection_id: int) -> list[SavedProfile]:
    """Return the profiles of a connection by label."""
    return [
        _PROFILE.read(row[1:], maps=tuple(json.loads(row[0])))
        for row in _OF.all(connection=connection_id)
    ]


_OF = Statement(
    lambda: (
        t.FileProfile.select("maps", *_PROFILE.fields)
        .where(t.FileProfile.has("connection"))
        .order_by(t.FileProfile.label)
    )
)


def put(connection_id: int, one: SavedProfile) -> None:
    """Save a profile; replaces the one of its label."""
    maps = json.dumps(one.maps, ensure_ascii=False)
    _PUT.many([(connection_id, maps, *_PROFILE.row(one))])


_PUT = put_rows(t.FileProfile, "connection", "maps", *_PROFILE.names)


def drop(connection_id: int, label: str) -> bool:
    """Forget a profile; false where there is none of that label."""
    return _DROP.run(connection=connection_id, label=label) == 1


_DROP = Statement(lambda: t.FileProfile.delete().where(t.FileProfile.has("connection", "label")))
