"""Tokens: what lets a program in, to which connections, and what it may do there."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Annotated

from shared.structs import Value

PREFIX = "dbt_"
LONGEST = 100
"""No secret of ours is longer: what is, is not looked up."""
SEEN_EVERY = timedelta(minutes=10)
"""The use of a token is noted when the last note is that old."""


class Access(StrEnum):
    """What a token allows: to read, or to change as well."""

    READ = "read"
    WRITE = "write"


class Token(Value):
    """A token on file; its secret is kept nowhere."""

    id: Annotated[int, "number of the token"]
    label: Annotated[str, "its name"]
    access: Annotated[Access, "`read` or `write`"]
    every_connection: Annotated[
        bool, "whether it gives access to all connections, including later ones"
    ]
    connections: Annotated[tuple[str, ...], "the connections it gives access to, when not all"]
    created_at: Annotated[datetime, "when it was made"]
    created_by: Annotated[str, "by whom"]
    expires_at: Annotated[datetime | None, "when it expires; null: when it is revoked"]
    last_used_at: Annotated[datetime | None, "when it was last used, to ten minutes; null: never"]
    revoked_at: Annotated[datetime | None, "when it was revoked; null: it was not"]


class Caller(Value):
    """A program that showed a token which is good; ``connection_ids`` is None for all."""

    token_id: int
    label: str
    access: Access
    connection_ids: frozenset[int] | None
    is_news: bool

    def may(self, access: Access) -> bool:
        """Whether the token allows that much."""
        return access is Access.READ or self.access is Access.WRITE

    def opens(self, connection_id: int) -> bool:
        """Whether the token opens a connection."""
        return self.connection_ids is None or connection_id in self.connection_ids


def digest(secret: str) -> str:
    """What the store keeps of a secret of 256 random bits: nobody can guess at its digest."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
