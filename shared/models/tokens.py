"""Tokens of programs, and what each was answered under an ``Idempotency-Key``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from shared.errors import NotFound
from shared.models import events
from shared.models import tables as t
from shared.models.convert import millis, millis_or_none
from shared.models.events import Told
from shared.models.mapper import Mapper
from shared.models.statements import (
    Statement,
    insert_new_rows,
    insert_row,
    insert_rows,
    slot,
    slots,
    update_columns,
)
from shared.rules.events import EventKind
from shared.rules.tokens import SEEN_EVERY, Access, Caller, Token

_TOKEN = Mapper(Token, t.ApiToken, but=["connections"])


def add(
    label: str,
    digest: str,
    access: Access,
    connection_ids: Collection[int] | None,
    *,
    expires_at: datetime | None,
    who: str,
    now: datetime,
) -> Token:
    """Keep a new token by the digest of its secret; ``connection_ids`` is None for all."""
    id_ = _ADD.value(
        label=label,
        digest=digest,
        access=access.value,
        every_connection=connection_ids is None,
        created_ms=millis(now),
        created_by=who,
        expires_ms=millis_or_none(expires_at),
    )
    _OPEN.many((id_, one) for one in sorted(connection_ids or ()))
    _tell(id_, label, "added")
    return get(id_)


_ADD = insert_row(t.ApiToken)
_OPEN = insert_rows(t.TokenConnection)


def _tell(token_id: int, label: str, state: str) -> None:
    told = Told(str(token_id), label, state=f"token-{state}")
    events.record(events.NOBODY, EventKind.SETTINGS_CHANGED, [told])


def revoke(token: Token, now: datetime) -> None:
    """Let nobody in by a token any more."""
    update_columns(t.ApiToken, id=token.id, revoked_ms=millis(now))
    _tell(token.id, token.label, "revoked")


def get(token_id: int) -> Token:
    """Find a token by its number; raises NotFound."""
    found = [one for one in all_tokens() if one.id == token_id]
    if not found:
        raise NotFound("token", token_id)
    return found[0]


def all_tokens() -> list[Token]:
    """Return every token, also revoked ones, the newest first."""
    opened: defaultdict[int, list[str]] = defaultdict(list)
    for token_id, name in _OPENED.all():
        opened[token_id].append(name)
    return [_TOKEN.read(row[1:], connections=tuple(opened[row[0]])) for row in _ALL.all()]


_ALL = Statement(lambda: t.ApiToken.select("id", *_TOKEN.fields).order_by(t.ApiToken.id.desc()))
_OPENED = Statement(
    lambda: (
        t.TokenConnection.select(t.TokenConnection.token, t.Connection.name)
        .join(t.Connection)
        .order_by(t.Connection.name_key)
    )
)


def caller(digest: str, now: datetime) -> Caller | None:
    """Return whom the token of this digest lets in; None for one that is not good (any more)."""
    row = _CALLER.one(digest=digest, now_ms=millis(now))
    if row is None:
        return None
    token_id, label, access, every, used_ms = row
    ids = None if every else frozenset(_CONNECTIONS.column(token=token_id))
    is_news = used_ms is None or used_ms <= millis(now - SEEN_EVERY)
    return Caller(token_id, label, Access(access), ids, is_news)


_CALLER = Statement(
    lambda: t.ApiToken.select("id", "label", "access", "every_connection", "last_used_ms").where(
        t.ApiToken.has("digest", revoked_ms=None),
        t.ApiToken.expires_ms.is_null() | (t.ApiToken.expires_ms > slot("now_ms")),
    )
)
_CONNECTIONS = Statement(
    lambda: t.TokenConnection.select("connection").where(t.TokenConnection.has("token"))
)


def used(token_id: int, now: datetime) -> None:
    """Note that a token was used."""
    update_columns(t.ApiToken, id=token_id, last_used_ms=millis(now))


# Answers.


def begin_answer(token_id: int, key: str, request: str, now: datetime) -> tuple[str, int, bytes]:
    """Return what was answered under a key: the request that it was for, status and body.

    The status is 0 where nothing was yet: then ``keep_answer`` or ``drop_answer`` is to follow in
    the same transaction. Two at once wait for each other here.
    """
    _BEGIN.many([(token_id, key, request, 0, b"", millis(now))])
    held, status, body = _ANSWER.all(token=token_id, key=key)[0]
    return held, status, bytes(body)


def keep_answer(token_id: int, key: str, status: int, body: bytes) -> None:
    """Keep what a request with a key was answered."""
    _KEEP.run(token=token_id, key=key, status=status, body=body)


def drop_answer(token_id: int, key: str) -> None:
    """Keep nothing of a request with a key."""
    _DROP.run(token=token_id, key=key)


def forget_answers(before: datetime) -> int:
    """Forget answers from before that time; return how many."""
    return _FORGET.run(before=millis(before))


_BEGIN = insert_new_rows(t.ApiAnswer)


def _of_key(query: Any) -> Any:
    return query.where(t.ApiAnswer.has("token", "key"))


_ANSWER = Statement(lambda: _of_key(t.ApiAnswer.select("request", "status", "body")))
_KEEP = Statement(lambda: _of_key(t.ApiAnswer.update(**slots("status", "body"))))
_DROP = Statement(lambda: _of_key(t.ApiAnswer.delete()))
_FORGET = Statement(lambda: t.ApiAnswer.delete().where(t.ApiAnswer.at_ms < slot("before")))
