"""What tests of single records do in QuickBooks, and to its answers."""

from __future__ import annotations

import re

from shared.models import connections
from simulator.company import acts
from tests.whole.rig import Rig


def owes(rig: Rig, number: str, cents: int, customer: str = "Larkspur Tile", day: str = "") -> str:
    """Write an invoice in QuickBooks; its TxnID."""
    books = rig.company.books
    txn_id = acts.add_invoice(books, customer, cents, number=number).object_id
    if day:
        books.invoices[txn_id] = books.invoices[txn_id]._replace(date=day)
    return txn_id


def changed(rig: Rig, **changes) -> None:
    with rig.store.transaction():
        connections.edit(connections.get("Larkspur").id, **changes)


def synced(rig: Rig, **options) -> Rig:
    rig.later(hours=1)
    outcome = rig.sync(**options)
    assert outcome.ok, outcome.status
    return rig


def left_out(rig: Rig) -> dict[str, str]:
    return {
        txn_id: row.left_out
        for txn_id, row in rig.invoices(include_left_out=True).items()
        if row.left_out
    }


def spoil(pattern: str, by: str):
    """A QuickBooks whose answers have something spoiled in them."""

    def alter(answer: str) -> str:
        return re.sub(pattern, by, answer, flags=re.DOTALL)

    return alter


def failing(times: int, status: int, message: str, only: str = "iterator="):
    """A QuickBooks that refuses a kind of request some times, then answers."""
    left = [times]

    def alter(answer: str, request: str) -> str:
        if only not in request or left[0] == 0:
            return answer
        left[0] -= 1
        head = re.search(r"<(\w+Rs) (requestID=\"[^\"]*\")", answer)
        assert head is not None
        return (
            f'<?xml version="1.0" ?><QBXML><QBXMLMsgsRs><{head[1]} {head[2]} statusCode="{status}"'
            f' statusSeverity="Error" statusMessage="{message}" /></QBXMLMsgsRs></QBXML>'
        )

    return alter


def refusing(name: str, status: int, times: int = 9, only: str = "iterator="):
    """A QuickBooks that refuses one part of a message set some times, and answers the others."""
    left = [times]

    def alter(answer: str, request: str) -> str:
        part = re.compile(f'<{name} [^>]*?(requestID="[^"]*")[^>]*?(/>|>.*?</{name}>)', re.DOTALL)
        if only not in request or not left[0] or not part.search(answer):
            return answer
        left[0] -= 1
        said = f'statusCode="{status}" statusSeverity="Error" statusMessage="Refused." />'
        return part.sub(rf"<{name} \1 {said}", answer)

    return alter
