"""The problems of an account as a whole: nothing goes through, or nothing comes in.

What passes by itself soon is no problem; one that is there closes when it goes through again.
"""

from __future__ import annotations

from datetime import timedelta

from shared.models import problems
from shared.models.statements import unit_time
from shared.rules.connectors import PlatformAccount
from shared.rules.values import RecordKind

ALL, RECEIVING = "platform-stopped", "platform-not-received"
PATIENCE_ATTEMPTS = 8
"""So many tries in a row are no news: twenty minutes in all."""
PATIENCE = timedelta(minutes=20)


def tell(account: PlatformAccount, code: str, reason: str) -> None:
    """Open the problem of an account with which this does not work, for this reason."""
    about = (RecordKind.PLATFORM, account.platform, account.platform.capitalize())
    trouble = problems.trouble(code, *about, reason=reason.rstrip("."), basis=reason)
    problems.report(account.connection_id, None, [trouble], unit_time())


def settle(account: PlatformAccount, *codes: str) -> None:
    """Close these problems of an account: it works again, or there is none any more."""
    about = (account.connection_id, RecordKind.PLATFORM, [account.platform])
    problems.resolve(*about, codes, unit_time())
