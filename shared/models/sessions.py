"""Sessions of the Web Connector and the exchanges in them; enough to go on after a crash.

A ticket is never kept, only its hash. Functions that find a session in order to change it
lock its row on PostgreSQL, so two daemons serve the same ticket one after the other.
"""

from __future__ import annotations

import zlib
from datetime import datetime
from hashlib import sha256
from typing import Any

from peewee import JOIN, fn

from shared.models import tables as t
from shared.models.convert import millis
from shared.models.mapper import Mapper
from shared.models.rows import APPLICATION, CONNECTION
from shared.models.statements import Statement, insert_row, locking, slot, slots, update_columns
from shared.rules.values import Application, Connection, Exchange, Session
from shared.structs import replace

_EXCHANGE = Mapper(Exchange, t.Exchange, request=fn.COALESCE(t.ExchangeRequest.text, b""))
_SESSION = Mapper(
    Session,
    t.Session,
    application=APPLICATION,
    connection=CONNECTION,
    exchange=_EXCHANGE,
    stop_requested_by=fn.COALESCE(t.Sync.stop_requested_by, ""),
)
_DIGEST_DIGITS = 16


def open_session(
    *,
    application: Application,
    connection: Connection,
    sync_id: int | None,
    ticket_hash: str,
    phase: str,
    plan: str,
    lease_expires_at: datetime,
    now: datetime,
    peer: str,
    error_code: str = "",
    error: str = "",
) -> Session:
    """Open a session for a ticket that was just given out."""
    id_ = _OPEN.value(
        application=application.id,
        connection=connection.id,
        sync=sync_id,
        ticket_hash=ticket_hash,
        phase=phase,
        plan=plan,
        opened_ms=millis(now),
        last_call_ms=millis(now),
        lease_expires_ms=millis(lease_expires_at),
        peer=peer,
        error_code=error_code,
        error=error,
    )
    session = by_id(id_)
    assert session is not None
    return session


_OPEN = insert_row(t.Session)


def by_ticket(ticket_hash: str) -> Session | None:
    """Find the session of a ticket, open or ended, and lock it."""
    row = _BY_TICKET.one(ticket_hash=ticket_hash)
    return None if row is None else _SESSION.read(row)


_BY_TICKET = Statement(lambda: locking(_select().where(t.Session.has("ticket_hash")), t.Session))


def by_id(session_id: int) -> Session | None:
    """Find a session by its number, and lock it."""
    row = _BY_ID.one(id=session_id)
    return None if row is None else _SESSION.read(row)


_BY_ID = Statement(lambda: locking(_select().where(t.Session.has("id")), t.Session))


def unended(connection_id: int) -> list[Session]:
    """Return the connection's sessions that have not ended, and lock them."""
    return [_SESSION.read(row) for row in _UNENDED.all(connection=connection_id)]


_UNENDED = Statement(
    lambda: locking(
        _select().where(t.Session.has("connection", ended_ms=None)).order_by(t.Session.id),
        t.Session,
    )
)


def silent_since(since: datetime) -> list[Session]:
    """Return sessions of all connections that have not ended and not called since, locked."""
    return [_SESSION.read(row) for row in _SILENT.all(since_ms=millis(since))]


_SILENT = Statement(
    lambda: locking(
        _select()
        .where((t.Session.last_call_ms < slot("since_ms")) & t.Session.ended_ms.is_null())
        .order_by(t.Session.id),
        t.Session,
    )
)


def is_live_ticket(ticket_hash: str) -> bool:
    """Tell whether a session with this ticket has not ended, whatever its lease."""
    return bool(_IS_LIVE.all(ticket_hash=ticket_hash))


_IS_LIVE = Statement(
    lambda: t.Session.select("id").where(t.Session.has("ticket_hash", ended_ms=None))
)


def save(session: Session) -> None:
    """Write everything of a session that may change; one that has ended needs no plan."""
    if session.ended_at is None:
        columns = _SESSION.stored(session, but=_NEVER_CHANGED | {"ended_at"})
    else:
        columns = _SESSION.stored(session, but=_NEVER_CHANGED) | {"plan": ""}
    update_columns(t.Session, id=session.id, **columns)


# An indexed column that is written costs a page of its index, also where it stays as it is.
_NEVER_CHANGED = frozenset({"id", "sync_id", "opened_at", "peer", "stop_requested_by"})


def add_exchange(
    session: Session, *, step: str, request_id: str, request: bytes, now: datetime
) -> Exchange:
    """Note a request, byte for byte, before it is handed out for the first time.

    Raises ValueError for a session without a sync: it has nothing to ask.
    """
    if session.sync_id is None:
        raise ValueError(f"session {session.id} has no sync")
    exchange = Exchange(
        id=0,
        session_id=session.id,
        sync_id=session.sync_id,
        sequence=_COUNT_EXCHANGE.value(id=session.id),
        step=step,
        request_id=request_id,
        request=request,
        request_bytes=len(request),
        request_digest=sha256(request).hexdigest()[:_DIGEST_DIGITS],
        sent_at=now,
        handed_out=1,
        answered_at=None,
        digest="",
        answer=0,
        hresult="",
        status_code=None,
        response_bytes=0,
    )
    id_ = _ADD_EXCHANGE.value(**_EXCHANGE.stored(exchange, but=("id", "request")))
    _ADD_REQUEST.run(exchange=id_, text=request)
    return replace(exchange, id=id_)


_COUNT_EXCHANGE = Statement(
    lambda: (
        t.Session.update(exchanges=t.Session.exchanges + 1)
        .where(t.Session.has("id"))
        .returning(t.Session.exchanges)
    )
)
_ADD_EXCHANGE = insert_row(t.Exchange)
_ADD_REQUEST = Statement(lambda: t.ExchangeRequest.insert(**slots("exchange", "text")))


def save_exchange(exchange: Exchange) -> None:
    """Write what came of a request; the request itself never changes."""
    columns = _EXCHANGE.stored(exchange, but=_NEVER_CHANGED_IN_EXCHANGE)
    update_columns(t.Exchange, id=exchange.id, **columns)


_NEVER_CHANGED_IN_EXCHANGE = (
    *("id", "session_id", "sync_id", "sequence", "step", "sent_at"),
    *("request_id", "request", "request_bytes", "request_digest"),
)


def forget_requests(sync_id: int) -> None:
    """Keep only size and digest of what a sync asked: it went well, so nobody will read it."""
    _FORGET_REQUESTS.run(sync=sync_id)


_FORGET_REQUESTS = Statement(
    lambda: t.ExchangeRequest.delete().where(
        t.ExchangeRequest.exchange.in_(t.Exchange.select("id").where(t.Exchange.has("sync")))
    )
)


def exchange_by_id(exchange_id: int) -> Exchange | None:
    """Find an exchange by its number."""
    row = _EXCHANGE_BY_ID.one(id=exchange_id)
    return None if row is None else _EXCHANGE.read(row)


_EXCHANGE_BY_ID = Statement(lambda: _select_exchanges().where(t.Exchange.has("id")))


def exchange_by_request_id(session_id: int, request_id: str) -> Exchange | None:
    """Find the latest exchange of a session that carried this requestID."""
    row = _BY_REQUEST_ID.one(session=session_id, request_id=request_id)
    return None if row is None else _EXCHANGE.read(row)


_BY_REQUEST_ID = Statement(
    lambda: (
        _select_exchanges()
        .where(t.Exchange.has("session", "request_id"))
        .order_by(t.Exchange.sequence.desc())
        .limit(1)
    )
)


def exchanges(sync_id: int) -> list[Exchange]:
    """Return the exchanges of a sync in the order in which they were sent."""
    return [_EXCHANGE.read(row) for row in _EXCHANGES.all(sync=sync_id)]


_EXCHANGES = Statement(
    lambda: _select_exchanges().where(t.Exchange.has("sync")).order_by(t.Exchange.id)
)


def keep_response(exchange_id: int, text: str | bytes) -> None:
    """Keep an answer word for word, packed; for connections with ``debug`` on."""
    plain = text.encode() if isinstance(text, str) else text
    _KEEP.run(exchange=exchange_id, packed=zlib.compress(plain))


_KEEP = Statement(
    lambda: t.ExchangeText.insert(**slots("exchange", "packed")).on_conflict(
        conflict_target=[t.ExchangeText.exchange], preserve=[t.ExchangeText.packed]
    )
)


def exchange_text(exchange_id: int) -> str | None:
    """Return the kept answer, or None when it was not kept."""
    row = _TEXT.one(exchange=exchange_id)
    return None if row is None else zlib.decompress(row[0]).decode(errors="replace")


_TEXT = Statement(lambda: t.ExchangeText.select("packed").where(t.ExchangeText.has("exchange")))


def _select() -> Any:
    latest = t.Exchange.has(session=t.Session.id, sequence=t.Session.exchanges)
    return (
        t.Session.select(*_SESSION.fields)
        .join(t.Application, on=(t.Application.id == t.Session.application))
        .join(t.Connection, on=(t.Connection.id == t.Session.connection))
        .join(t.Sync, JOIN.LEFT_OUTER, on=(t.Sync.id == t.Session.sync))
        .join(t.Exchange, JOIN.LEFT_OUTER, on=latest)
        .join(t.ExchangeRequest, JOIN.LEFT_OUTER, on=_REQUEST_OF_EXCHANGE)
    )


def _select_exchanges() -> Any:
    return t.Exchange.select(*_EXCHANGE.fields).join(
        t.ExchangeRequest, JOIN.LEFT_OUTER, on=_REQUEST_OF_EXCHANGE
    )


_REQUEST_OF_EXCHANGE: Any = t.ExchangeRequest.exchange == t.Exchange.id
