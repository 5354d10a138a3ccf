"""Whose payments these are: what their tags in QuickBooks are worked out from."""

from __future__ import annotations

from typing import Any

from shared.models import tables as t
from shared.models.statements import Statement
from shared.rules.payments.tags import Origin


def origin(connection_id: int) -> Origin:
    """Return what tells the payments of a connection from those of all others, here or elsewhere.

    It is in the store, so it comes back with a backup.
    """
    [(installation, account)] = _origin.all(id=connection_id)
    return Origin(installation, account)


def token() -> str:
    """Return the random name of this store."""
    return str(_TOKEN.column()[0])


_TOKEN = Statement(lambda: t.Installation.select("token").limit(1))


def secret() -> str:
    """Return the key of the proofs of passwords, in hexadecimal; it never leaves the store."""
    return str(_SECRET.column()[0])


_SECRET = Statement(lambda: t.Installation.select("secret").limit(1))


@Statement
def _origin() -> Any:
    token = t.Installation.select("token").limit(1)
    return t.Connection.select(token, "platform_account").where(t.Connection.has("id"))
