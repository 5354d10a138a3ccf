"""How files of payments of a connection are read, as people saved it."""

from __future__ import annotations

import json

from shared.models import tables as t
from shared.models.convert import millis, moment
from shared.models.statements import Statement, insert_rows
from shared.rules.payments.values import SavedProfile

_TOLD = (
    *(t.FileProfile.base, t.FileProfile.maps, t.FileProfile.date_order, t.FileProfile.time_zone),
    *(t.FileProfile.who, t.FileProfile.at_ms),
)


def of_connection(connection_id: int) -> list[SavedProfile]:
    """Return the profiles of a connection by label."""
    return [
        SavedProfile(label, base, tuple(json.loads(maps)), order, zone, who, moment(at_ms))
        for label, base, maps, order, zone, who, at_ms in _OF.all(connection=connection_id)
    ]


_OF = Statement(
    lambda: (
        t.FileProfile.select("label", *_TOLD)
        .where(t.FileProfile.has("connection"))
        .order_by(t.FileProfile.label)
    )
)


def put(connection_id: int, one: SavedProfile) -> None:
    """Save a profile; replaces the one of its label."""
    maps = json.dumps(one.maps, ensure_ascii=False)
    told = (one.base, maps, one.date_order, one.time_zone, one.who, millis(one.at))
    _PUT.many([(connection_id, one.label, *told)])


_PUT = insert_rows(
    t.FileProfile,
    [t.FileProfile.connection, t.FileProfile.label, *_TOLD],
    key=[t.FileProfile.connection, t.FileProfile.label],
    replace=_TOLD,
)


def drop(connection_id: int, label: str) -> bool:
    """Forget a profile; false where there is none of that label."""
    return _DROP.run(connection=connection_id, label=label) == 1


_DROP = Statement(lambda: t.FileProfile.delete().where(t.FileProfile.has("connection", "label")))
