"""What differs between the billing platform and the ledger is told, once it lasts.

The daemon compares the balances once a day. A payment may be on its way in either sync: so a
difference is told when a comparison some hours later finds the same, and closes once it is gone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice

from shared.models.convert import millis, moment
from shared.models.platforms import inbox, sending
from shared.models.statements import unit_time
from shared.models.store import Store
from shared.operations.platform_check import Beside
from shared.rules.connectors import PlatformAccount
from shared.structs import Value, field, to_builtins

EVERY, LASTS = timedelta(days=1), timedelta(hours=6)
MOST_KEPT = 1000
"""So many differences are kept from one comparison to the next; others have their turn later."""


class _Compared(Value):
    """The last comparison: when, by how much invoices differed by their TxnIDs, and which of them
    a person was told of."""

    at_ms: int = 0
    differing: Mapping[str, str] = field(default_factory=dict)
    told: tuple[str, ...] = ()


def view_is_due(_store: Store, account: PlatformAccount, now: datetime) -> bool:
    """Whether to compare: a day after the account was connected or the last comparison, and some
    hours after something new differed."""
    last = _last(account)
    wait = EVERY if len(last.told) == len(last.differing) else LASTS
    return now >= max(moment(last.at_ms), account.connected_at) + wait


def tell(account: PlatformAccount, found: Iterable[Beside]) -> None:
    """Tell what differs as it did before, close what does not, and keep the rest for next time."""
    now, last = unit_time(), _last(account)
    differing = {one.object_id: one for one in islice(found, MOST_KEPT)}
    lasting = [
        one for id_, one in differing.items() if last.differing.get(id_) == str(one.difference)
    ]
    for one in lasting:
        sending.tell_difference(
            account.connection_id, one.object_id, one.document, _reason(account, one), now
        )
    equal = [id_ for id_ in last.told if id_ not in differing]
    sending.settle_differences(account.connection_id, equal, now)
    amounts = {id_: str(one.difference) for id_, one in differing.items()}
    kept = _Compared(millis(now), amounts, tuple(one.object_id for one in lasting))
    inbox.set_cursor(account.connection_id, _feed(account), json.dumps(to_builtins(kept)))


def _last(account: PlatformAccount) -> _Compared:
    text = inbox.cursor(account.connection_id, _feed(account))
    return _Compared(**json.loads(text)) if text else _Compared()


def _feed(account: PlatformAccount) -> str:
    return f"compared/{account.identity}"


def _reason(account: PlatformAccount, one: Beside) -> str:
    coming = f", of which {one.coming_in:,.2f} is on its way" if one.coming_in else ""
    because = f" {one.because}" if one.because else ""
    return (
        f"QuickBooks has {one.quickbooks:,.2f} open{coming}, and {account.platform.capitalize()}"
        f" {one.platform:,.2f}.{because}"
    )
