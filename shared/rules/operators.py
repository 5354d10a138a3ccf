"""Operators: who may look, run or manage, and in which connections."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeAlias

from shared.structs import Value, field

Scope: TypeAlias = frozenset[int] | None
"""The numbers of connections; None for all, also those that are added later."""


class Role(StrEnum):
    """What an operator may do; each role includes those before it."""

    LOOK = "look"
    RUN = "run"
    MANAGE = "manage"

    def includes(self, other: Role) -> bool:
        """Whether whoever has this role may do what the other one allows."""
        roles = list(Role)
        return roles.index(self) >= roles.index(other)


class OperatorEntry(Value):
    """An operator on file: a user, or a group of users, of the operating system."""

    name: Annotated[str, "its name"]
    role: Annotated[Role, "`look`, `run` or `manage`"]
    user: Annotated[str, "the operating-system user; empty for a group"]
    group: Annotated[str, "the operating-system group; empty for a user"]
    every_connection: Annotated[bool, "whether it is for all connections, including later ones"]
    connections: Annotated[tuple[str, ...], "the connections, when not all"]
    added_at: Annotated[datetime, "when it was added"]
    added_by: Annotated[str, "by whom"]


class Grants(Value):
    """What a person may do, and where. ``names`` are the operators that the person is.

    A role that is not in ``scopes`` is allowed nowhere. The scope of a role includes that of every
    higher one.
    """

    who: str
    names: tuple[str, ...] = ()
    scopes: Mapping[Role, Scope] = field(default_factory=dict)

    @property
    def highest(self) -> Role | None:
        """The highest role that the person has anywhere."""
        return max(self.scopes, key=list(Role).index, default=None)

    def allows(self, role: Role, *, everywhere: bool = False) -> bool:
        """Whether the person has a role: in all connections, or at least in one."""
        return role in self.scopes and (not everywhere or self.scopes[role] is None)

    def are_alike(self, one: Role, other: Role) -> bool:
        """Whether both roles are allowed in the same connections."""
        nowhere: Scope = frozenset()
        return self.scopes.get(one, nowhere) == self.scopes.get(other, nowhere)


def everything(who: str = "") -> Grants:
    """What root, the store's owner and the daemon may do, and everybody without operators."""
    return Grants(who, (), dict.fromkeys(Role))


def granted(who: str, entries: Collection[tuple[str, Role, Scope]]) -> Grants:
    """Put together what several entries allow one person."""
    scopes: dict[Role, Scope] = {}
    for role in Role:
        found = [scope for _, has, scope in entries if has.includes(role)]
        if None in found:
            scopes[role] = None
        elif found:
            scopes[role] = frozenset().union(*(one for one in found if one is not None))
    return Grants(who, tuple(name for name, _, _ in entries), scopes)
