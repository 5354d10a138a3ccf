"""What goes out to a billing platform: what waits for another record has its turn when it may."""

from __future__ import annotations

import pytest

from shared.models.platforms import outbox
from shared.models.platforms.outbox import Standing
from shared.rules.connectors import SendState
from shared.rules.values import RecordKind
from tests.models.builders import NOON, Books, later

CUSTOMER = (RecordKind.CUSTOMER, "80-1", "Fern")
INVOICE = (RecordKind.INVOICE, "1A-1", "1042")
PAYMENT = (RecordKind.PAYMENT, "7E-1", "pay_1")


@pytest.fixture
def books(store):
    return Books(store)


def due(books: Books) -> list[str]:
    with books.store.reading():
        return [one.name for one in outbox.due(books.id, later(seconds=1), 10)]


def one_of(books: Books, object_id: str):
    [found] = outbox.get(books.id, object_id)
    return found


@pytest.mark.parametrize(
    ("awaited", "state", "has_its_turn"),
    [
        (INVOICE, SendState.NOT_NEEDED, True),
        (INVOICE, SendState.SENT, True),
        (INVOICE, SendState.LEFT_ALONE, True),
        (INVOICE, SendState.REFUSED, False),
        (CUSTOMER, SendState.SENT, True),
        (CUSTOMER, SendState.LEFT_ALONE, False),
        (CUSTOMER, SendState.REFUSED, False),
    ],
    ids=lambda value: value[0].value if isinstance(value, tuple) else str(value),
)
def test_what_was_found_to_wait_while_the_other_one_ended_has_its_turn(
    books, awaited, state, has_its_turn
):
    kind, object_id, _ = awaited
    with books.store.transaction():
        outbox.want(books.id, [awaited, PAYMENT], NOON)
        payment = one_of(books, "7E-1")
        outbox.stands(books.id, one_of(books, object_id), Standing(state), NOON)
        waiting = Standing(SendState.WAITING, "It waits.", waits_for=f"{kind.value}/{object_id}")
        outbox.stands(books.id, payment, waiting, NOON)
    assert due(books) == (["payment/7E-1"] if has_its_turn else [])


def test_what_waits_has_its_turn_once_the_other_one_ends(books):
    with books.store.transaction():
        outbox.want(books.id, [INVOICE, PAYMENT], NOON)
        waiting = Standing(SendState.WAITING, "It waits.", waits_for="invoice/1A-1")
        outbox.stands(books.id, one_of(books, "7E-1"), waiting, NOON)
    assert due(books) == ["invoice/1A-1"]
    with books.store.transaction():
        outbox.stands(books.id, one_of(books, "1A-1"), Standing(SendState.NOT_NEEDED), NOON)
    assert due(books) == ["payment/7E-1"]
