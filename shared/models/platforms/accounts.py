"""The accounts of connections on billing platforms."""

from __future__ import annotations

from typing import Any

from shared.errors import NotFound
from shared.models import connections, events, outlets
from shared.models import tables as t
from shared.models.mapper import Mapper
from shared.models.statements import Statement, slot
from shared.rules.connectors import AccountState, ConvenienceFees, PlatformAccount
from shared.sealing import IN_STORE

_ACCOUNT = Mapper(
    PlatformAccount, t.PlatformAccount, connection=t.Connection.name, but=["connection_id"]
)


def outlet_name(connection_id: int) -> str:
    """The outlet that a connection's worker holds, and whose position says which events it has."""
    return f"connector/{connection_id}"


def add(account: PlatformAccount, sealed_key: bytes, position: int) -> None:
    """Connect an account; what happened up to event ``position`` is not for it."""
    kept = _ACCOUNT.stored(account, but=["connection", "name"])
    _ADD.run(connection=account.connection_id, sealed_key=sealed_key, **kept)
    outlets.open_outlet(outlet_name(account.connection_id), position)
    _tell(account, "connected")


def _tell(account: PlatformAccount, state: str) -> None:
    events.settings_changed(account.connection_id, f"{account.platform}-{state}", account.platform)


def set_key(account: PlatformAccount, sealed_key: bytes) -> None:
    """Open the same account with another key, or at another address, from now on."""
    _SET_KEY.run(
        connection=account.connection_id,
        url=account.url,
        sandbox=account.sandbox,
        key_source=account.key_source,
        sealed_key=sealed_key,
    )
    _tell(account, "key")


def remove(account: PlatformAccount) -> None:
    """Forget an account with what is on its way; which records are which is kept.

    So is how far what happened there was read, and what is watched: it is read on from there.
    """
    _REMOVE.run(connection=account.connection_id)
    _FORGET.run(connection=account.connection_id)
    outlets.remove(outlet_name(account.connection_id))
    _tell(account, "disconnected")


def find(connection_id: int) -> PlatformAccount | None:
    """Return the account of a connection; None where it has none."""
    row = _GET.one(connection=connection_id)
    return None if row is None else _read(row)


def get(connection_id: int, name: str) -> PlatformAccount:
    """As ``find``; raises NotFound, which names the connection."""
    account = find(connection_id)
    if account is None:
        raise NotFound("billing platform connected to", name)
    return account


def of(name: str) -> PlatformAccount:
    """The account of a connection on a billing platform. Raises NotFound."""
    held = connections.get(name)
    return get(held.id, held.name)


def every() -> list[PlatformAccount]:
    """Return all accounts."""
    return [_read(row) for row in _ALL.all()]


def with_identity(connection_id: int, identity: str) -> str:
    """Return which other connection has this account; empty: none."""
    names = _SHARING.column(connection=connection_id, identity=identity)
    return next(iter(names), "")


_SHARING = Statement(
    lambda: (
        t.PlatformAccount.select(t.Connection.name)
        .join(t.Connection)
        .where(
            t.PlatformAccount.connection != slot("connection"), t.PlatformAccount.has("identity")
        )
    )
)


def seals_keys() -> bool:
    """Whether the key of any account is kept in the store, encrypted."""
    return bool(_SEALED.all(source=IN_STORE))


_SEALED = Statement(
    lambda: (
        t.PlatformAccount.select("connection")
        .where(t.PlatformAccount.key_source == slot("source"))
        .limit(1)
    )
)


def sealed_key(connection_id: int) -> bytes:
    """Return the encrypted key; empty where the key is not in the store."""
    return bytes(_KEY.value(connection=connection_id))


def set_state(account: PlatformAccount, state: AccountState) -> None:
    """Let records go out and come in, or not."""
    _STATE.run(connection=account.connection_id, state=state.value)
    _tell(account, state.value)


def set_convenience_fees(account: PlatformAccount, fees: ConvenienceFees) -> None:
    """Set what becomes of the convenience fees of payments that come in from now on."""
    _FEES.run(connection=account.connection_id, convenience_fees=fees.value)
    _tell(account, "fees")


def set_looking(connection_id: int, *, is_looking: bool) -> None:
    """Ask for a dry run, or say that it was made."""
    _LOOKING.run(connection=connection_id, is_looking=is_looking)


def told(
    connection_id: int, *, identity: str, company: str, currency: str, time_zone: str, warning: str
) -> None:
    """Keep what the platform said of the account itself."""
    _TOLD.run(
        connection=connection_id,
        identity=identity,
        company=company,
        currency=currency,
        time_zone=time_zone,
        warning=warning,
    )


def _read(row: Any) -> PlatformAccount:
    return _ACCOUNT.read(row[1:], connection_id=row[0])


def _select() -> Any:
    fields = (t.PlatformAccount.connection, *_ACCOUNT.fields)
    return t.PlatformAccount.select(*fields).join(t.Connection)


def _update(*names: str) -> Statement:
    def build() -> Any:
        columns = {getattr(t.PlatformAccount, name): slot(name) for name in names}
        return t.PlatformAccount.update(columns).where(t.PlatformAccount.has("connection"))

    return Statement(build)


def _of_connection(table: Any) -> Statement:
    return Statement(lambda: table.delete().where(table.connection == slot("connection")))


_ADD = Statement(
    lambda: t.PlatformAccount.insert(
        {one: slot(one.name) for one in t.PlatformAccount._meta.sorted_fields}
    )
)
_REMOVE = _of_connection(t.PlatformAccount)
_FORGET = _of_connection(t.Outgoing)
_GET = Statement(lambda: _select().where(t.PlatformAccount.has("connection")))
_ALL = Statement(lambda: _select().order_by(t.Connection.name_key))
_KEY = Statement(
    lambda: t.PlatformAccount.select("sealed_key").where(t.PlatformAccount.has("connection"))
)
_STATE = _update("state")
_FEES = _update("convenience_fees")
_LOOKING = _update("is_looking")
_SET_KEY = _update("url", "sandbox", "key_source", "sealed_key")
_TOLD = _update("identity", "company", "currency", "time_zone", "warning")
