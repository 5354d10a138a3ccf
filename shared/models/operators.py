"""Operators on file, and what they allow a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from shared.errors import NotFound
from shared.models import tables as t
from shared.models.convert import millis
from shared.models.mapper import Mapper
from shared.models.statements import Statement, insert_row, insert_rows
from shared.people import Person
from shared.rules.operators import Grants, OperatorEntry, Role, everything, granted

_ENTRY = Mapper(OperatorEntry, t.Operator, but=["connections"])


def add(
    name: str,
    role: Role,
    connection_ids: Collection[int] | None,
    *,
    user: str,
    group: str,
    who: str,
    now: datetime,
) -> None:
    """Keep an operator; ``connection_ids`` is None for all connections."""
    id_ = _ADD.value(
        name=name,
        role=role.value,
        user=user,
        group=group,
        every_connection=connection_ids is None,
        added_ms=millis(now),
        added_by=who,
    )
    _OPEN.many((id_, one) for one in sorted(connection_ids or ()))


_ADD = insert_row(t.Operator)
_OPEN = insert_rows(t.OperatorConnection)


def remove(name: str) -> None:
    """Forget an operator."""
    _REMOVE.run(name=name)


_REMOVE = Statement(lambda: t.Operator.delete().where(t.Operator.has("name")))


def get(name: str) -> OperatorEntry:
    """Find an operator by its name; raises NotFound."""
    found = [one for one in all_entries() if one.name == name]
    if not found:
        raise NotFound("operator", name)
    return found[0]


def all_entries() -> list[OperatorEntry]:
    """Return every operator, by name."""
    names: defaultdict[int, list[str]] = defaultdict(list)
    for operator_id, name in _NAMES.all():
        names[operator_id].append(name)
    return [_ENTRY.read(row[1:], connections=tuple(names[row[0]])) for row in _ALL.all()]


_ALL = Statement(lambda: t.Operator.select("id", *_ENTRY.fields).order_by(t.Operator.name))
_NAMES = Statement(
    lambda: (
        t.OperatorConnection.select(t.OperatorConnection.operator, t.Connection.name)
        .join(t.Connection)
        .order_by(t.Connection.name_key)
    )
)


def grants(person: Person) -> Grants:
    """Return what a person may do here; everything where no operator is on file.

    The rights of root and of the store's owner are no matter of the store.
    """
    rows = _GRANTS.all()
    if not rows:
        return everything(person.name)
    opened: defaultdict[int, set[int]] = defaultdict(set)
    for operator_id, connection_id in _OPENED.all():
        opened[operator_id].add(connection_id)
    return granted(
        person.name,
        [
            (name, Role(role), None if every else frozenset(opened[id_]))
            for id_, name, role, user, group, every in rows
            if (user and user == person.name) or group in person.groups
        ],
    )


_GRANTS = Statement(
    lambda: t.Operator.select("id", "name", "role", "user", "group", "every_connection").order_by(
        t.Operator.name
    )
)
_OPENED = Statement(lambda: t.OperatorConnection.select("operator", "connection"))
