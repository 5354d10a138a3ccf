"""Records whose turn it is, read beside those who write, with what is to become of each."""

from __future__ import annotations

from datetime import datetime

from twisted.logger import Logger

from daemon.connectors.platform import NotNow
from daemon.connectors.units import words
from shared.errors import StoreUnavailable
from shared.models import connections
from shared.models.platforms import accounts, copies, outbox
from shared.models.platforms.copies import Side
from shared.models.store import Store
from shared.rules.connectors import Change, Next, Outgoing, PaymentCopy, Stays

Planned = Next | NotNow | None
"""What is to become of a record; None: its bytes are on the way. NotNow: it cannot be read."""
Turn = tuple[Outgoing, Planned]
_log = Logger()


def batch(
    _store: Store, connection_id: int, now: datetime, limit: int, *, looking: bool
) -> list[Turn]:
    """Return records whose turn it is; ``looking``: for a dry run.

    Of payments that are counted as paid before an invoice was sent, one of each invoice: what is
    left of that for the next one is known once this is on file.
    """
    account = accounts.find(connection_id)
    if account is None:
        return []
    side = copies.Side(connections.by_id(connection_id), account, looking=looking)
    found: list[Turn] = []
    counted: set[str] = set()
    for one in outbox.due(connection_id, now, limit, looking=looking):
        after = None if one.request is not None else _planned(side, one)
        invoices = _counted_on(after)
        if looking or not invoices & counted:
            found.append((one, after))
            counted |= invoices
    return found


def _planned(side: Side, one: Outgoing) -> Next | NotNow:
    try:
        return side.next_of(one)
    except StoreUnavailable:
        raise
    except Exception as why:  # it waits alone, and the others go on
        _log.failure("{name} cannot be read from the ledger", name=one.name)
        return NotNow(words(why))


def _counted_on(after: Planned) -> set[str]:
    """The invoices in whose baseline something of a payment is."""
    held = after.copy if isinstance(after, Change) else after
    return (
        {txn_id for txn_id, _ in held.absorbed} if isinstance(held, PaymentCopy | Stays) else set()
    )
