"""What programs may ask and decide: who one is, which connections it sees, what changed since.

A connection that a token does not open is as unknown to its program as one that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from shared.errors import NotFound, NotPossible
from shared.models import connections, throttles, tokens
from shared.models.ledger import customer_pages, invoice_pages
from shared.models.payments import from_platform
from shared.models.store import Store
from shared.operations import events as happened
from shared.operations import payment_intake
from shared.operations.connections import ConnectionView
from shared.operations.connections import view_all as all_connections
from shared.operations.contracts.requests import NewPaymentBody, PaymentTerms, given
from shared.operations.payment_intake import AddPlan
from shared.rules.ledger import CustomerSides, InvoiceSides
from shared.rules.payments.correcting import as_taken
from shared.rules.payments.values import NewPayment, NewUse, PaymentStatus
from shared.rules.throttling import Lock, Source
from shared.rules.tokens import LONGEST, Access, Caller, digest
from shared.rules.values import Connection
from shared.structs import Value, replace

T = TypeVar("T")

ANSWERS_KEPT = timedelta(hours=24)
UNSETTLED = "unsettled"


class Unauthorized(Exception):
    """No token, or one that is not good."""


class Forbidden(Exception):
    """The token allows to read alone."""


class KeyReused(Exception):
    """The ``Idempotency-Key`` came with another request before."""


def caller(store: Store, secret: str, access: Access) -> Caller:
    """Who has this secret. Raises Unauthorized, or Forbidden where it does not allow so much."""
    found = tokens.caller(digest(secret), store.now()) if 0 < len(secret) <= LONGEST else None
    if found is None:
        raise Unauthorized
    if not found.may(access):
        raise Forbidden
    return found


def token_lock(store: Store, address: str) -> tuple[Lock | None, datetime]:
    """What wrong tokens of an address have locked, also if that is over; with the store's time."""
    now = store.now()
    return throttles.known(Source.TOKEN_ADDRESS, address, now), now


def lock_tokens(store: Store, address: str, guesses: int) -> None:
    """Lock an address that has sent so many wrong tokens."""
    throttles.lock(Source.TOKEN_ADDRESS, address, guesses, store.now())


def note_use(store: Store, token_id: int) -> None:
    """Note that a token is used."""
    tokens.used(token_id, store.now())


def connection(who: Caller, name: str) -> Connection:
    """The connection of that name. Raises NotFound, alike for one that is not opened."""
    try:
        found = connections.get(name)
    except NotFound:
        raise NotFound("connection", name) from None  # without a word about what is near
    if not who.opens(found.id):
        raise NotFound("connection", name)
    return found


def view_connections(store: Store, who: Caller) -> list[ConnectionView]:
    """The connections that a program sees, by name."""
    return [one for one in all_connections(store) if who.opens(one.connection.id)]


# What changed.


class Changed(Value, Generic[T]):
    """Records that changed after a cursor, as they are now, and the cursor to go on with."""

    rows: tuple[T, ...]
    cursor: int


def view_changed_invoices(
    store: Store, connection_id: int, cursor: int, limit: int
) -> Changed[InvoiceSides]:
    """What changed of invoices after a cursor; opens units of its own.

    Also those that were deleted or left out: their status or reason says so. Raises CursorLost.
    """
    found = _changed(store, connection_id, cursor, limit, "invoice", invoice_pages.owed)
    return replace(found, rows=tuple(one for one in found.rows if one.left_out != UNSETTLED))


def view_changed_customers(
    store: Store, connection_id: int, cursor: int, limit: int
) -> Changed[CustomerSides]:
    """What changed of customers after a cursor, also those that are gone, as their state says.

    Opens units of its own. Raises CursorLost.
    """
    return _changed(store, connection_id, cursor, limit, "customer", customer_pages.known)


def _changed(
    store: Store,
    connection_id: int,
    cursor: int,
    limit: int,
    kind: str,
    held_of: Callable[[int, list[str]], Mapping[str, T]],
) -> Changed[T]:
    happened.check_cursor(store, cursor)
    found = happened.view_after(
        store, cursor, connection_ids=[connection_id], kinds=[kind], limit=limit
    )
    ids = list(dict.fromkeys(event.object_id for event in found.events))
    with store.reading():
        held = held_of(connection_id, ids)
    return Changed(tuple(held[one] for one in ids if one in held), found.cursor)


def cursor_now(store: Store) -> int:
    """Where what happens from now on begins; opens units of its own."""
    return happened.end(store)


# Payments.


def plan_payment(store: Store, name: str, body: NewPaymentBody) -> AddPlan:
    """What taking in a payment would do; raises as ``payment_intake.plan_add``."""
    first = NewPayment(external_id=body.external_id, date=body.date, amount=body.amount, uses=())
    return payment_intake.plan_add(store, name, _with(first, body))


def plan_change(store: Store, held: Connection, external_id: str, body: PaymentTerms) -> AddPlan:
    """What other terms would do to a payment on file; raises NotFound, NotPossible."""
    found = from_platform.on_file(held.id, [external_id]).get(external_id)
    if found is None:
        raise NotFound("payment", external_id)
    if found.status is PaymentStatus.WITHDRAWN:
        raise NotPossible(
            f"{found.document} is withdrawn. Nothing was changed.", "To bring it back, add it."
        )
    return payment_intake.plan_add(store, held.name, _with(as_taken(found), body))


def number_of(held: Connection, external_id: str) -> int:
    """The number of a payment of the platform. Raises NotFound."""
    found = from_platform.ids(held.id, [external_id])
    if external_id not in found:
        raise NotFound("payment", external_id)
    return found[external_id]


_NAMES = {"processed": "charged", "applied": "uses"}


def _with(payment: NewPayment, body: PaymentTerms) -> NewPayment:
    said: Mapping[str, Any] = given(body)
    terms = {_NAMES.get(name, name): value for name, value in said.items()}
    if body.applied is not None:
        terms["uses"] = tuple(NewUse(one.invoice, one.amount) for one in body.applied)
    return replace(payment, **terms)


# Asking again.

_REFUSALS = 400
"""From this status on, an answer says that nothing was done."""


class Kept(Value):
    """What was answered before."""

    status: int
    body: bytes


def answered_before(store: Store, who: Caller, key: str, request: str) -> Kept | None:
    """What a request of this digest was answered under a key; None: it is the first time.

    ``keep_answer`` is to follow in the same transaction. Raises KeyReused.
    """
    tokens.forget_answers(store.now() - ANSWERS_KEPT)
    held, status, body = tokens.begin_answer(who.token_id, key, request, store.now())
    if held != request:
        raise KeyReused
    return Kept(status, body) if status else None


def keep_answer(who: Caller, key: str, status: int, body: bytes) -> None:
    """Keep what was answered under a key, but for a refusal: what it was about may be put right,
    here or in the request, and is then decided anew.
    """
    if status < _REFUSALS:
        tokens.keep_answer(who.token_id, key, status, body)
    else:
        tokens.drop_answer(who.token_id, key)
